//! Windows of tmux that processes run in, for people who want to look over a session's shoulder and type into it.
//!
//! The windows of one crew are those of a tmux server of their own: it has the environment of whoever launched the
//! crew, which a server that has long been running has not, and it ends with its last window.

use std::io;
use std::process::{Command, Stdio};

use super::group::Launch;

/// What waits at the gate. Unlike a process with a log, it may be typed to afterwards.
const GATE: &str = r#"IFS= read -r go || exit 75; exec "$@""#;
/// The only tmux session of such a server.
const SESSION: &str = "crew";

/// A process in a window, that waits at the gate.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) pid: i64,
    server: String,
    pane: String,
}

impl Window {
    /// Starts a process in a window of this name that does nothing before Enter is typed there.
    pub(super) fn open(launch: &Launch<'_>, server: &str, name: &str) -> io::Result<Self> {
        let mut words: Vec<String> = vec!["env".to_owned()];
        words.extend(
            launch
                .removed
                .iter()
                .flat_map(|name| ["-u".to_owned(), (*name).to_owned()]),
        );
        words.extend(launch.set.iter().map(|(name, value)| format!("{name}={value}")));
        words.extend(["/bin/sh", "-c", GATE, "sh"].map(str::to_owned));
        words.extend(launch.words.iter().cloned());
        let is_there = began(launch, server, &["has-session", "-t", SESSION]).is_ok();
        let mut command: Vec<String> = if is_there {
            vec!["new-window".to_owned(), "-t".to_owned(), format!("{SESSION}:")]
        } else {
            vec!["new-session".to_owned(), "-s".to_owned(), SESSION.to_owned()]
        };
        let directory = launch.directory.to_string_lossy().replace('#', "##");
        command.extend(
            [
                "-d",
                "-n",
                name,
                "-c",
                &directory,
                "-P",
                "-F",
                "#{pane_pid} #{pane_id}",
            ]
            .map(str::to_owned),
        );
        command.extend(words.iter().map(|word| whole(word)));
        let said = began(launch, server, &command)?;
        let (pid, pane) = said.trim().split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            pid: pid.parse().map_err(io::Error::other)?,
            server: server.to_owned(),
            pane: pane.to_owned(),
        })
    }

    /// Lets it begin.
    pub(super) fn go(&self) -> io::Result<()> {
        let typed = ["send-keys", "-t", &self.pane, "Enter"];
        ran(&client(&self.server, &typed).output()?).map(drop)
    }
}

/// What tmux says to this, in the environment of what is launched: a server that begins now keeps it.
fn began<S: AsRef<str>>(launch: &Launch<'_>, server: &str, words: &[S]) -> io::Result<String> {
    let mut command = client(server, words);
    for variable in launch.removed {
        command.env_remove(variable);
    }
    ran(&command.output()?)
}

fn client<S: AsRef<str>>(server: &str, words: &[S]) -> Command {
    let mut command = Command::new("tmux");
    command
        .args(["-L", server])
        .args(words.iter().map(AsRef::as_ref))
        .env_remove("TMUX")
        .stdin(Stdio::null());
    command
}

fn ran(output: &std::process::Output) -> io::Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

/// The word as tmux takes it: a semicolon at the end would begin another of its commands.
fn whole(word: &str) -> String {
    word.strip_suffix(';')
        .map_or_else(|| word.to_owned(), |begin| format!("{begin}\\;"))
}
