//! Questions that only git itself can answer, put so that no repository can turn them against the asker.
//!
//! A repository's own configuration can name programs that git starts on the way, and an inherited
//! environment can send git to another repository. So the programs are switched off and whatever leads
//! astray is taken out. Only commands have time for a process; a hook comes here when
//! a command is about to run that could throw away somebody's work, and never otherwise.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Most bytes that are read of an answer.
const MOST: u64 = 64 * 1024 * 1024;

/// What git takes from its environment to find a repository or to change what it does there.
const INHERITED: [&str; 30] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_DIR",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_WORK_TREE",
];

/// Where git looks for the hooks of the checkout at `directory`; `None` where it does not say.
#[must_use]
pub fn hooks_directory(directory: &Path) -> Option<PathBuf> {
    let mut git = Command::new("git");
    for variable in INHERITED {
        git.env_remove(variable);
    }
    git.arg("-C")
        .arg(directory)
        .args(["rev-parse", "--git-path", "hooks"]);
    git.stdin(Stdio::null()).stderr(Stdio::null());
    let mut answer = git.output().ok().filter(|output| output.status.success())?.stdout;
    answer.pop_if(|last| *last == b'\n');
    (!answer.is_empty()).then(|| directory.join(path_of(&answer)))
}

/// A git command in `directory` that starts nothing a repository could name and says nothing. Where there is
/// no git, running it fails.
#[must_use]
pub fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    for variable in INHERITED {
        git.env_remove(variable);
    }
    tame(&mut git);
    git.arg("-C").arg(directory);
    git
}

/// The same inside a hook that git itself runs, where its environment and the working directory say which
/// repository and which index are meant.
pub(super) fn git_in_hook() -> Command {
    let mut git = Command::new("git");
    tame(&mut git);
    git
}

fn tame(git: &mut Command) {
    git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    git.arg("--no-pager")
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    git.stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
}

/// The full name of the commit that `revision` means; `None` where there is none.
pub(super) fn commit(directory: &Path, revision: &str) -> Option<String> {
    let mut git = git(directory);
    git.args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
        .arg(format!("{revision}^{{commit}}"));
    let output = git.stdout(Stdio::piped()).output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?;
    let name = name.trim();
    let is_name = name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (output.status.success() && is_name).then(|| name.to_owned())
}

/// Whether git tracks `file`, or anything below it.
pub(super) fn is_tracked(directory: &Path, file: &Path) -> bool {
    let mut git = git(directory);
    git.args(["--literal-pathspecs", "ls-files", "--error-unmatch", "--"])
        .arg(file);
    git.status().is_ok_and(|status| status.success())
}

/// Whether git would leave `file` out of a commit; `None` where git cannot say.
pub(super) fn is_ignored(directory: &Path, file: &Path) -> Option<bool> {
    let mut git = git(directory);
    git.args(["check-ignore", "--quiet", "--"]).arg(file);
    match git.status().ok()?.code()? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

/// A path as git prints it.
#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path as git prints it.
#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Runs a command that must not take longer than `limit`: whether it succeeded, and what it printed.
pub(super) fn within(limit: Duration, mut command: Command) -> Result<(bool, Vec<u8>)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting git")?;
    let output = child.stdout.take().context("git's output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let outcome = output.take(MOST + 1).read_to_end(&mut answer);
        let _nobody_waits_any_more = sender.send(outcome.map(|_| answer));
    });
    let Ok(answer) = receiver.recv_timeout(limit) else {
        let _it_may_be_over = child.kill();
        let _ = child.wait();
        bail!("git took longer than {} s", limit.as_secs_f32());
    };
    let answer = answer.context("reading what git says")?;
    if answer.len() as u64 > MOST {
        let _it_may_be_over = child.kill();
        let _ = child.wait();
        bail!("git says more than {MOST} bytes");
    }
    // Its output has ended, and so does it.
    Ok((child.wait().context("waiting for git")?.success(), answer))
}
