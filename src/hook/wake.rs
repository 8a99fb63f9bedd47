//! Waking a session that waits for its human, because something is addressed to it.
//!
//! The client watches the session's flag and runs this hook in the background when it was raised. What waits
//! is not told here: waking begins a turn, and its first hook pushes it like at every other turn. So the text
//! that wakes is our own, and nothing is shown twice.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Effects, Reply};
use crate::env::Variable;

/// What the client shows to the model of a session that was woken.
const TEXT: &str = "agent-sync: a message for this session arrived while it was idle. It is shown with this turn; \
     `agent-sync inbox` lists all that is unread.";

/// The flag that the client of a starting session shall watch: none where nobody could be woken, because a
/// script drives the session, or shall be.
pub(super) fn flag(scene: &Scene<'_>) -> Option<PathBuf> {
    let is_interactive = scene.env.variable(Variable::ClaudeEntrypoint).as_deref() == Some("cli");
    if scene.hook.name != "session-start" || !is_interactive || scene.is_read_only() {
        return None;
    }
    let session = scene.me.session.as_deref()?;
    let wakes = scene.read(|read| Ok(read.wakes_sessions()?.then_some(()))).ok()?;
    wakes.and_then(|()| scene.place().make_flag(session).ok()?)
}

/// A watched file changed. It may be one that somebody else's hook watches.
pub(super) fn changed(scene: &Scene<'_>) -> Result<Reply> {
    let silence = Reply {
        answer: Answer::Silence,
        effects: Effects::default(),
    };
    let session = scene.me.session.as_deref();
    let flag = session.and_then(|session| scene.place().flag(session));
    let changed = scene
        .input
        .file_path
        .as_deref()
        .and_then(|path| Path::new(path).file_name());
    if changed.is_none() || flag.as_deref().and_then(Path::file_name) != changed || scene.is_read_only() {
        return Ok(silence);
    }
    let me = scene.me.id.as_str();
    if !scene.read(|read| Ok(read.wakes_sessions()? && read.is_left_waiting(me)?))? {
        return Ok(silence);
    }
    let moment = scene.write(|write| {
        write.saw_hook(scene.hook.event)?;
        if write.is_left_waiting(me)? {
            write.take_wake(me)
        } else {
            Ok(None)
        }
    })?;
    let Some(moment) = moment else { return Ok(silence) };
    let pause = moment.saturating_sub(scene.world.now.wall);
    scene
        .env
        .sleep(Duration::from_millis(pause.try_into().unwrap_or_default()));
    // Its human may have gone on meanwhile.
    if scene.read(|read| read.is_left_waiting(me))? {
        return Ok(Reply {
            answer: Answer::Wake(TEXT),
            ..silence
        });
    }
    Ok(silence)
}
