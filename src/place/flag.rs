//! The flags that wake idle sessions.
//!
//! Nothing of ours runs while a session waits for its human, but its client watches a file for us: one flag
//! for each session, in the shared git directory. A session that has a flag can be woken; whoever leaves it
//! something raises it, and the client's hook does the rest.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use super::Place;
use crate::env::Env;
use crate::identity::session_id;

impl Place {
    /// Makes a session's flag, lowered, and says where it is; `None` where there is no private directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make_flag(&self, session: &str) -> io::Result<Option<PathBuf>> {
        let Some(flag) = self.flag(session) else {
            return Ok(None);
        };
        if let Some(directory) = flag.parent() {
            fs::create_dir_all(directory)?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&flag)
            .map(|_| Some(flag))
    }

    /// Raises the flags of those sessions that have one. One that cannot be raised wakes nobody, which is no
    /// reason to fail: what waits for the session is there at its next step all the same.
    pub fn raise_flags(&self, env: &Env, sessions: &[String]) {
        for flag in sessions.iter().filter_map(|session| self.flag(session)) {
            if let Ok(mut flag) = OpenOptions::new().write(true).truncate(true).open(flag) {
                let _best_effort = writeln!(flag, "{}", env.random().unwrap_or_default());
            }
        }
    }

    /// Takes a session's flag away; there may be none.
    pub fn remove_flag(&self, session: &str) {
        if let Some(flag) = self.flag(session) {
            let _best_effort = fs::remove_file(flag);
        }
    }

    /// Takes away the flags of all sessions but these: a killed session leaves its flag behind. Where there is
    /// no git the flags of other projects lie beside ours, and all stay.
    pub fn keep_flags(&self, sessions: &[String]) {
        if self.project().common.is_none() {
            return;
        }
        let kept: HashSet<OsString> = sessions
            .iter()
            .map(|session| session_id(session).into())
            .collect();
        let entries = self.flags().and_then(|directory| fs::read_dir(directory).ok());
        for entry in entries.into_iter().flatten().flatten() {
            if !kept.contains(&entry.file_name()) {
                let _best_effort = fs::remove_file(entry.path());
            }
        }
    }

    /// Where a session's flag is, if it has one; `None` where there is no private directory.
    #[must_use]
    pub fn flag(&self, session: &str) -> Option<PathBuf> {
        Some(self.flags()?.join(session_id(session)))
    }

    fn flags(&self) -> Option<PathBuf> {
        Some(self.private_directory()?.join("wake"))
    }
}
