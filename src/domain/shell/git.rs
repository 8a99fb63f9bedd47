//! What a call of git would do.
//!
//! git decides some things by what exists, such as whether `git checkout x` means a branch or a file. That
//! is said as it is here, for the reader who can look.

use super::GitKind;
use super::git_revisions::{checkout, reset, starts_elsewhere, stash};
use super::options::{NO_VALUES, Options, Syntax};
use super::words::{Field, HOLE};

/// A call of git: the directories of `-C`, what it does, and whether that is all.
pub(super) struct Call {
    pub(super) directories: Vec<Field>,
    pub(super) kind: Option<GitKind>,
    pub(super) is_complete: bool,
}

impl Call {
    fn nothing(is_complete: bool) -> Self {
        Self {
            directories: Vec::new(),
            kind: None,
            is_complete,
        }
    }
}

pub(super) fn call(arguments: &[Field]) -> Call {
    let global = Options::read(
        arguments,
        Syntax {
            valued: "Cc",
            long: &[
                "git-dir",
                "work-tree",
                "namespace",
                "config-env",
                "super-prefix",
                "attr-source",
            ],
            stops_early: true,
            ..NO_VALUES
        },
    );
    let is_elsewhere = global.has(&["git-dir", "work-tree"])
        || global
            .values(&["c"])
            .any(|value| value.text.to_ascii_lowercase().starts_with("core.worktree"));
    let Some((name, rest)) = global.operands.split_first() else {
        return Call::nothing(true);
    };
    let asks = |field: &Field| matches!(field.text.as_str(), "--help" | "-h");
    if is_elsewhere || !name.is_known {
        return Call::nothing(false);
    }
    if READING.contains(&name.text.as_str()) || rest.iter().any(asks) {
        return Call::nothing(true);
    }
    let options = Options::read(rest, syntax(&name.text));
    if options.names().any(|option| option.contains(HOLE)) {
        return Call::nothing(false);
    }
    let mut is_complete = options.operands.iter().all(|operand| operand.is_known);
    let kind = operation(&name.text, options).unwrap_or_else(|Untold| {
        is_complete = false;
        None
    });
    is_complete &= !matches!(kind, Some(GitKind::Other { .. }));
    Call {
        directories: global.values(&["C"]).cloned().collect(),
        kind,
        is_complete,
    }
}

/// Subcommands that leave the working tree and the index alone.
const READING: &[&str] = &[
    "annotate",
    "archive",
    "blame",
    "branch",
    "bundle",
    "cat-file",
    "check-attr",
    "check-ignore",
    "cherry",
    "config",
    "count-objects",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-tree",
    "fetch",
    "for-each-ref",
    "fsck",
    "gc",
    "grep",
    "hash-object",
    "help",
    "init",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "merge-base",
    "name-rev",
    "notes",
    "push",
    "range-diff",
    "reflog",
    "remote",
    "rev-list",
    "rev-parse",
    "shortlog",
    "show",
    "show-branch",
    "show-ref",
    "status",
    "symbolic-ref",
    "tag",
    "update-ref",
    "var",
    "verify-commit",
    "verify-tag",
    "version",
    "whatchanged",
];

fn syntax(name: &str) -> Syntax {
    let (valued, attached, long): (_, _, &'static [&'static str]) = match name {
        "add" | "stage" => ("", "", &["chmod", "pathspec-from-file"]),
        "commit" => (
            "mFCct",
            "Su",
            &[
                "message",
                "file",
                "author",
                "date",
                "template",
                "reuse-message",
                "reedit-message",
                "fixup",
                "squash",
                "cleanup",
                "trailer",
                "pathspec-from-file",
            ],
        ),
        "checkout" => ("bB", "", &["orphan", "conflict", "pathspec-from-file"]),
        "switch" => ("cC", "", &["create", "force-create", "orphan", "conflict"]),
        "restore" => ("s", "", &["source", "conflict", "pathspec-from-file"]),
        "stash" => ("m", "", &["message", "pathspec-from-file"]),
        "clean" => ("e", "", &["exclude"]),
        "reset" | "rm" => ("", "", &["pathspec-from-file"]),
        "apply" => ("Cp", "", &["exclude", "include", "directory", "whitespace"]),
        _ => ("", "", &[]),
    };
    Syntax {
        valued,
        attached,
        long,
        stops_early: false,
    }
}

/// The text does not tell what the subcommand does.
pub(super) struct Untold;

/// What a subcommand does, if anything.
pub(super) type Answer = Result<Option<GitKind>, Untold>;

/// What the subcommand does.
fn operation(name: &str, options: Options) -> Answer {
    if options.has(&["pathspec-from-file"]) {
        return Err(Untold);
    }
    let is_dry = options.has(&["dry-run"])
        || options.has(&["n"]) && matches!(name, "add" | "stage" | "clean" | "rm" | "mv");
    if is_dry {
        return Ok(None);
    }
    let kind = match name {
        "add" | "stage" => GitKind::Add {
            all: options.has(&["A", "all", "no-ignore-removal"]),
            update: options.has(&["u", "update"]),
            paths: paths(&options.operands)?,
        },
        "commit" => GitKind::Commit {
            all: options.has(&["a", "all"]),
            amend: options.has(&["amend"]),
            include: options.has(&["i", "include"]),
            paths: paths(&options.operands)?,
        },
        "checkout" => return checkout(&options),
        "switch" => {
            let orphan = options.has(&["orphan"]);
            let create = orphan || options.has(&["c", "C", "create", "force-create"]);
            let is_named = create || !options.operands.is_empty();
            if !is_named {
                return Ok(None);
            }
            GitKind::SwitchBranch {
                force: options.has(&["f", "force", "discard-changes"]),
                create,
                starts_elsewhere: orphan || starts_elsewhere(&options.operands),
            }
        }
        "restore" => {
            if options.operands.is_empty() {
                return Ok(None);
            }
            let staged = options.has(&["S", "staged"]);
            GitKind::RestorePaths {
                paths: paths(&options.operands)?,
                staged,
                worktree: !staged || options.has(&["W", "worktree"]),
            }
        }
        "reset" => reset(&options)?,
        "stash" => return stash(options),
        "clean" => GitKind::Clean {
            force: options.has(&["f", "force"]),
            directories: options.has(&["d"]),
            ignored: options.has(&["x", "X"]),
            paths: paths(&options.operands)?,
        },
        "rebase" => GitKind::Rebase,
        "merge" => GitKind::Merge,
        "pull" => GitKind::Pull,
        "cherry-pick" => GitKind::CherryPick,
        "revert" => GitKind::Revert,
        "am" => GitKind::Am,
        "apply" => {
            if options.has(&["check", "stat", "numstat", "summary"]) && !options.has(&["apply"]) {
                return Ok(None);
            }
            GitKind::Apply {
                cached: options.has(&["cached"]),
            }
        }
        "rm" => GitKind::Rm {
            cached: options.has(&["cached"]),
            paths: paths(&options.operands)?,
        },
        "mv" => {
            let (to, from) = options.operands.split_last().ok_or(Untold)?;
            GitKind::Mv {
                from: paths(from)?,
                to: to.is_known.then(|| to.text.clone()).ok_or(Untold)?,
            }
        }
        "worktree" if is_first(&options, "list") => return Ok(None),
        "submodule" if is_first(&options, "status") => return Ok(None),
        _ => GitKind::Other {
            name: name.to_owned(),
        },
    };
    Ok(Some(kind))
}

fn is_first(options: &Options, name: &str) -> bool {
    options.operands.first().is_some_and(|first| first.text == name)
}

/// The paths that are known, unless there are paths and none of them is.
pub(super) fn paths(operands: &[Field]) -> Result<Vec<String>, Untold> {
    let known: Vec<String> = operands
        .iter()
        .filter(|operand| operand.is_known)
        .map(|operand| operand.text.clone())
        .collect();
    if known.is_empty() && !operands.is_empty() {
        return Err(Untold);
    }
    Ok(known)
}
