//! Shell commands, read far enough to know which files they write and what they have git do.
//!
//! An agent is stopped before a command that overwrites somebody's work, and only then: a command is refused
//! on what its text proves, never on what it might do. So whatever only a running shell knows (variables,
//! the output of other commands, programs that are not in the tables) is left out and `is_complete` says so;
//! what happened after all is found out afterwards, by looking at the files.
//!
//! `lexer`, `expansions`, `grammar` and `compounds` make a tree of the text, `words` makes arguments of words, `walk` follows the
//! directory through the tree, `wrappers` finds the command behind `sudo`, `xargs` and the like, and the
//! tables (`commands`, `editors`, `transfer`, `git`, `git_revisions`) say what each program does with its arguments.

mod calls;
mod commands;
mod compounds;
mod editors;
mod effects;
mod expansions;
mod git;
mod git_revisions;
mod grammar;
mod identity;
mod lexer;
mod options;
mod place;
#[cfg(test)]
mod tests;
mod transfer;
mod tree;
mod walk;
mod words;
mod wrappers;

pub use identity::with_identity;

/// Longer texts, in bytes, are not read.
pub const LONGEST: usize = 64 * 1024;

/// What a command would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// In the order of the text. Paths that git operations name are not repeated here.
    pub writes: Vec<Write>,
    /// In the order of the text.
    pub git: Vec<GitOperation>,
    /// Whether nothing else is written: no unknown program, no target that only the running shell knows.
    pub is_complete: bool,
}

/// A file that a command would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The path after quote removal, relative to `directory`.
    pub path: String,
    /// Relative to the shell's working directory unless absolute; `None` is that directory itself.
    pub directory: Option<String>,
    /// What happens to the file.
    pub kind: WriteKind,
    /// Whether `path` is a pattern of the shell; then `\` precedes what is meant literally.
    pub is_glob: bool,
    /// How much of `path` is meant.
    pub reach: Reach,
    /// When `path` turns out to be a directory, this name in it is what is written (`cp a b`).
    pub inside: Option<String>,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// It is made new, replaced or emptied.
    Create,
    /// Text is added at its end.
    Append,
    /// It is changed in place.
    Edit,
    /// It is removed.
    Remove,
    /// It is moved away.
    MoveFrom,
    /// Another file is moved to it.
    MoveTo,
    /// One of these.
    Unknown,
}

/// How much of a path is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The file.
    File,
    /// The file, or all that is below the directory.
    Tree,
    /// Some files below the directory, not known which: a hint, never a proof.
    Somewhere,
}

/// Something git is told to do to the working tree or the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitOperation {
    /// What it does.
    pub kind: GitKind,
    /// Like [`Write::directory`].
    pub directory: Option<String>,
}

/// What git is told to do. `paths` are pathspecs relative to the operation's directory; when only some of
/// them are known, those are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitKind {
    /// `git add`; neither `all` nor `update` nor paths means that nothing is added.
    Add {
        /// `-A`
        all: bool,
        /// `-u`
        update: bool,
        /// What is added.
        paths: Vec<String>,
    },
    /// `git commit`; without paths the index is committed.
    Commit {
        /// `-a`
        all: bool,
        /// `--amend`
        amend: bool,
        /// `-i`: the index is committed besides the paths.
        include: bool,
        /// What alone is committed.
        paths: Vec<String>,
    },
    /// `git checkout [REVISION] -- PATH…`
    CheckoutPaths {
        /// What is replaced. The first may be a revision when the command has no `--`.
        paths: Vec<String>,
    },
    /// `git checkout NAME`: a switch to the branch if there is one, else the file is replaced.
    CheckoutName {
        /// A branch, another revision or a path.
        name: String,
        /// `-f`: changes are thrown away.
        force: bool,
    },
    /// `git restore`
    RestorePaths {
        /// What is replaced.
        paths: Vec<String>,
        /// In the index.
        staged: bool,
        /// In the working tree.
        worktree: bool,
    },
    /// `git switch`, `git checkout` of a branch.
    SwitchBranch {
        /// Changes are thrown away.
        force: bool,
        /// A new branch is made.
        create: bool,
        /// Whether it may lead to another commit than the current one.
        starts_elsewhere: bool,
    },
    /// `git reset` without paths.
    Reset {
        /// How far it goes.
        mode: ResetMode,
    },
    /// `git reset PATH…`, which changes the index only.
    ResetPaths {
        /// What is reset. One that stands alone may be a revision.
        paths: Vec<String>,
    },
    /// `git stash`
    Stash(Stash),
    /// `git clean`
    Clean {
        /// `-f`
        force: bool,
        /// `-d`
        directories: bool,
        /// `-x` or `-X`
        ignored: bool,
        /// Where; empty for everywhere.
        paths: Vec<String>,
    },
    /// `git rebase`, also to continue or abort one.
    Rebase,
    /// `git merge`, also to continue or abort one.
    Merge,
    /// `git pull`
    Pull,
    /// `git cherry-pick`
    CherryPick,
    /// `git revert`
    Revert,
    /// `git apply`
    Apply {
        /// `--cached`: only the index changes.
        cached: bool,
    },
    /// `git am`
    Am,
    /// `git rm`
    Rm {
        /// `--cached`: the files stay.
        cached: bool,
        /// What is removed.
        paths: Vec<String>,
    },
    /// `git mv`
    Mv {
        /// What is moved.
        from: Vec<String>,
        /// The new name or the directory.
        to: String,
    },
    /// Another subcommand that may write, or an alias.
    Other {
        /// The subcommand.
        name: String,
    },
}

/// How far `git reset` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetMode {
    /// The branch moves.
    Soft,
    /// The index, too.
    Mixed,
    /// The working tree, too; all changes are lost.
    Hard,
    /// The working tree, too; staged changes are lost.
    Merge,
    /// The working tree, too; git refuses to lose changes.
    Keep,
}

/// What `git stash` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stash {
    /// Changes are put away.
    Push {
        /// Untracked files, too.
        untracked: bool,
        /// Only what is staged.
        staged: bool,
        /// Which; empty for all.
        paths: Vec<String>,
    },
    /// They come back and the stash goes.
    Pop,
    /// They come back.
    Apply,
    /// A stash goes.
    Drop,
    /// All go.
    Clear,
    /// They come back on a new branch.
    Branch,
}

/// What `command` would do, as far as its text tells. Never fails: what cannot be understood reads as
/// nothing, and incomplete.
#[must_use]
pub fn read(command: &str) -> Reading {
    walk::read(command)
}
