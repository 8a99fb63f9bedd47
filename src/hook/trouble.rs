//! Trouble of our own: kept from the model, noted in a log, told to the human now and then.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use super::Hook;
use crate::domain::time::MINUTE;
use crate::env::Env;
use crate::frame::{Field, clean};
use crate::render::time::rfc3339;

/// The log is begun anew at this size in bytes; the one before is kept.
const LOG_SIZE: u64 = 256 * 1024;
/// How long the human is left alone after a warning, in milliseconds.
const TELL_EVERY: i64 = 10 * MINUTE;

/// Something that went wrong inside a hook.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The directory of the log; it exists, or nothing is logged.
    pub(super) directory: PathBuf,
    /// Which hook.
    pub(super) hook: &'static str,
    /// What went wrong, in one safe line.
    pub(super) why: String,
    /// When, in milliseconds since the epoch.
    pub(super) at: i64,
}

impl Trouble {
    pub(super) fn new(directory: PathBuf, hook: &Hook, error: &anyhow::Error, at: i64) -> Self {
        let hint = error
            .downcast_ref::<crate::error::Refusal>()
            .and_then(|refusal| refusal.hint.clone());
        let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let why = clean(&format!("{error:#}{hint}"), Field::Message).to_string();
        Self {
            directory,
            hook: hook.name,
            why,
            at,
        }
    }
}

/// A panic, too, ends in success and tells the model nothing: the client must go on. Where it was is said on
/// standard error, which the client keeps for whoever looks for trouble; what it said may be somebody else's text.
pub(super) fn survive_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        Env::real().write_error(&format!(
            "agent-sync: stopped by an error of its own at {place}\n"
        ));
        #[expect(
            clippy::disallowed_methods,
            reason = "a panicking hook has no way left to return"
        )]
        std::process::exit(0)
    }));
}

/// Adds a line to the log.
pub(super) fn log(trouble: &Trouble) {
    let file = trouble.directory.join("hook.log");
    let is_link = |file: &PathBuf| fs::symlink_metadata(file).is_ok_and(|entry| entry.is_symlink());
    if !trouble.directory.is_dir() || is_link(&trouble.directory) || is_link(&file) {
        return;
    }
    if fs::metadata(&file).is_ok_and(|log| log.len() > LOG_SIZE) {
        let _best_effort = fs::rename(&file, trouble.directory.join("hook.log.1"));
    }
    let line = format!("{} {}: {}\n", rfc3339(trouble.at), trouble.hook, trouble.why);
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _best_effort = options
        .open(&file)
        .and_then(|mut log| log.write_all(line.as_bytes()));
}

/// Whether the human may be told now: at most every ten minutes. Where that cannot be remembered, only at the
/// start of a session and with a prompt.
pub(super) fn may_tell(env: &Env, hook: &Hook, trouble: &Trouble) -> bool {
    let stamp = trouble.directory.join("hook.told");
    let told = fs::read_to_string(&stamp)
        .ok()
        .and_then(|text| text.trim().parse::<i64>().ok());
    if told.is_some_and(|told| (0..TELL_EVERY).contains(&(env.now().wall.saturating_sub(told)))) {
        return false;
    }
    let is_link = fs::symlink_metadata(&stamp).is_ok_and(|entry| entry.is_symlink());
    let remembered = !is_link && fs::write(&stamp, format!("{}\n", trouble.at)).is_ok();
    remembered || matches!(hook.name, "session-start" | "user-prompt-submit")
}
