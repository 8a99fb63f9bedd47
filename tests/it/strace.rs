//! Running the program under strace, which sees its calls and makes them fail.

use std::process::{Command, Stdio};

use crate::env::search_path;

/// Whether strace is there. It may be missing only where that was said to be fine, and then loudly.
pub(crate) fn has_strace(what: &str) -> bool {
    let is_there = search_path()
        .split(':')
        .any(|directory| std::path::Path::new(directory).join("strace").exists());
    if !is_there {
        let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some_and(|value| value == "1");
        assert!(
            is_optional,
            "strace is missing: install the package strace, or set AGENT_SYNC_OPTIONAL_TOOLS=1"
        );
        eprintln!("SKIPPED: {what}, because strace is missing");
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
