//! A reading in one line.

use super::super::{GitKind, GitOperation, Reach, Reading, ResetMode, Stash, Write, WriteKind};

pub(super) fn render(reading: &Reading) -> String {
    let mut items: Vec<String> = reading.writes.iter().map(write).collect();
    items.extend(reading.git.iter().map(operation));
    if !reading.is_complete {
        items.push("…".to_owned());
    }
    items.join("; ")
}

fn write(write: &Write) -> String {
    let kind = match write.kind {
        WriteKind::Create => "create",
        WriteKind::Append => "append",
        WriteKind::Edit => "edit",
        WriteKind::Remove => "remove",
        WriteKind::MoveFrom => "move",
        WriteKind::MoveTo => "to",
        WriteKind::Unknown => "write",
    };
    let glob = if write.is_glob { "glob:" } else { "" };
    let reach = match write.reach {
        Reach::File => "",
        Reach::Tree => "/**",
        Reach::Somewhere => "/?",
    };
    let inside = write
        .inside
        .as_ref()
        .map_or(String::new(), |name| format!("(/{name})"));
    format!(
        "{kind} {glob}{}{inside}{reach}{}",
        write.path,
        at(write.directory.as_deref())
    )
}

fn at(directory: Option<&str>) -> String {
    directory.map_or(String::new(), |directory| format!(" @{directory}"))
}

fn operation(operation: &GitOperation) -> String {
    let flag = |is_set: bool, name: &'static str| is_set.then(|| name.to_owned());
    let list = |paths: &[String]| (!paths.is_empty()).then(|| format!("[{}]", paths.join(" ")));
    let name = |name: &str| Some(name.to_owned());
    let parts: Vec<Option<String>> = match &operation.kind {
        GitKind::Add { all, update, paths } => {
            vec![name("add"), flag(*all, "-A"), flag(*update, "-u"), list(paths)]
        }
        GitKind::Commit {
            all,
            amend,
            include,
            paths,
        } => vec![
            name("commit"),
            flag(*all, "-a"),
            flag(*amend, "--amend"),
            flag(*include, "-i"),
            list(paths),
        ],
        GitKind::CheckoutPaths { paths } => vec![name("checkout"), list(paths)],
        GitKind::CheckoutName { name: either, force } => {
            vec![name("checkout?"), flag(*force, "-f"), Some(either.clone())]
        }
        GitKind::RestorePaths {
            paths,
            staged,
            worktree,
        } => vec![
            name("restore"),
            flag(*staged, "-S"),
            flag(*worktree, "-W"),
            list(paths),
        ],
        GitKind::SwitchBranch {
            force,
            create,
            starts_elsewhere,
        } => vec![
            name("switch"),
            flag(*force, "-f"),
            flag(*create, "-c"),
            flag(*starts_elsewhere, "away"),
        ],
        GitKind::Reset { mode } => vec![name(match mode {
            ResetMode::Soft => "reset --soft",
            ResetMode::Mixed => "reset --mixed",
            ResetMode::Hard => "reset --hard",
            ResetMode::Merge => "reset --merge",
            ResetMode::Keep => "reset --keep",
        })],
        GitKind::ResetPaths { paths } => vec![name("reset"), list(paths)],
        GitKind::Stash(Stash::Push {
            untracked,
            staged,
            paths,
        }) => vec![
            name("stash push"),
            flag(*untracked, "-u"),
            flag(*staged, "-S"),
            list(paths),
        ],
        GitKind::Stash(other) => vec![name("stash"), Some(format!("{other:?}").to_lowercase())],
        GitKind::Clean {
            force,
            directories,
            ignored,
            paths,
        } => vec![
            name("clean"),
            flag(*force, "-f"),
            flag(*directories, "-d"),
            flag(*ignored, "-x"),
            list(paths),
        ],
        GitKind::Apply { cached } => vec![name("apply"), flag(*cached, "--cached")],
        GitKind::Rm { cached, paths } => vec![name("rm"), flag(*cached, "--cached"), list(paths)],
        GitKind::Mv { from, to } => vec![name("mv"), list(from), name(to)],
        GitKind::Other { name: other } => vec![name("other"), Some(other.clone())],
        GitKind::Rebase
        | GitKind::Merge
        | GitKind::Pull
        | GitKind::CherryPick
        | GitKind::Revert
        | GitKind::Am => vec![Some(format!("{:?}", operation.kind).to_lowercase())],
    };
    let text: Vec<String> = parts.into_iter().flatten().collect();
    format!("git {}{}", text.join(" "), at(operation.directory.as_deref()))
}
