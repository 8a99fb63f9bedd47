//! Running the program under strace, which sees its calls and makes them fail.

use std::process::{Command, Stdio};

use crate::env::has;

/// Whether strace is there, see [`has`].
pub(crate) fn has_strace(what: &str) -> bool {
    let is_there = has("strace", "strace");
    if !is_there {
        eprintln!("SKIPPED: {what}");
    }
    is_there
}

/// A command under strace with these options; its standard input has to be given still.
pub(crate) fn under_strace(inner: &Command, options: &[&str]) -> Command {
    let mut command = Command::new("strace");
    // Only the calls that are asked about stop the program.
    command.args(["-f", "-qq", "--seccomp-bpf"]).args(options);
    command.arg(inner.get_program()).args(inner.get_args());
    command.current_dir(inner.get_current_dir().unwrap());
    command
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
