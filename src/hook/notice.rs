//! What an agent has to know of its own locks: that one ended without its doing, and that somebody waits for
//! one.
//!
//! A holder that does not know of a loss goes on editing what others may have taken meanwhile. So it is told at
//! its next hook, and if that is an edit of the very file, the edit is held up once. What was told is noted
//! when the answer has left, and is not told again.

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Reply};
use crate::domain::hindrance::{Hindrance, Rule};
use crate::domain::lock::{Extent, Key, Lock, LostLock};
use crate::domain::wait::Waiter;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE, shell_word};
use crate::render;
use crate::repo::{Located, is_too_long};

/// The hooks that put something before the model without a change of what it does.
const TELLING: [&str; 3] = ["user-prompt-submit", "pre-tool-use", "post-tool-batch"];

/// What there is to tell.
#[derive(Default)]
pub(super) struct Notices {
    /// Names the frame around it.
    nonce: u64,
    lost: Vec<LostLock>,
    /// Each with the lock that it waits for.
    waiters: Vec<(Waiter, Lock)>,
}

/// Adds what there is to tell to a reply, where it can carry it.
pub(super) fn attach(scene: &Scene<'_>, mut reply: Reply, notices: &Notices) -> Reply {
    // A changed tool call carries no text; the next hook tells.
    if notices.is_empty() || matches!(reply.answer, Answer::Rewrite(_) | Answer::Warning(_)) {
        return reply;
    }
    let unguarded = unguarded(scene, &notices.lost);
    if let Some(file) = &unguarded {
        // The edit does not happen now.
        reply.effects.leases.clear();
        reply.effects.refused.get_or_insert_with(|| Hindrance {
            rule: Rule::EditUnguarded,
            file: file.key.clone(),
            by: Vec::new(),
        });
    }
    let mut frame = Frame::new(notices.nonce, SENTENCE, PUSH_BUDGET);
    let now = &scene.world.now;
    for lost in &notices.lost {
        if frame.push(&render::lock::lost(lost, now)) {
            reply.effects.lost_locks.push(lost.fence);
        }
    }
    for (waiter, lock) in &notices.waiters {
        if frame.push(&render::lock::awaited(lock, waiter, now)) {
            reply.effects.waiters = reply.effects.waiters.max(Some(waiter.ticket));
        }
    }
    let told = frame.finish(None);
    reply.answer = match (reply.answer, unguarded) {
        (Answer::Deny(reason), _) => Answer::Deny(format!("{reason}\nAbout your own locks:\n{told}")),
        (Answer::Context(text), Some(file)) => Answer::Deny(format!("{}\n{text}", held_up(&file, &told))),
        (_, Some(file)) => Answer::Deny(held_up(&file, &told)),
        (Answer::Context(text), None) => Answer::Context(format!("{}\n{text}", about(&told))),
        (_, None) => Answer::Context(about(&told)),
    };
    reply
}

impl Notices {
    const fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.waiters.is_empty()
    }
}

/// What there is to tell at this hook. Where it could not be noted that it was told, nothing is: it would be for ever.
pub(super) fn collect(scene: &Scene<'_>) -> Result<Notices> {
    if !TELLING.contains(&scene.hook.name) || scene.is_read_only() {
        return Ok(Notices::default());
    }
    let me = scene.me.id.as_str();
    let (lost, kept, waiters) = scene.read(|read| {
        if !read.may_have_lock_news(me)? {
            return Ok((Vec::new(), Vec::new(), Vec::new()));
        }
        let (lost, kept) = read.lost_and_kept(me)?;
        let waiters = if kept.is_empty() {
            Vec::new()
        } else {
            read.waiters_untold(me)?
        };
        Ok((lost, kept, waiters))
    })?;
    let waiters: Vec<(Waiter, Lock)> = waiters
        .into_iter()
        .filter_map(|waiter| {
            let lock = kept
                .iter()
                .find(|lock| lock.excludes(waiter.kin(), waiter.mode) && waiter.wants(lock.extent()))?;
            let lock = lock.clone();
            Some((waiter, lock))
        })
        .collect();
    let nonce = if lost.is_empty() && waiters.is_empty() {
        0
    } else {
        scene.env.random()?
    };
    Ok(Notices { nonce, lost, waiters })
}

/// The file that the tool is about to write although its lock was lost, if it is one.
fn unguarded(scene: &Scene<'_>, lost: &[LostLock]) -> Option<Located> {
    if scene.hook.name != "pre-tool-use" || lost.is_empty() {
        return None;
    }
    let files = scene.input.written_files().into_iter();
    files
        .map(|file| scene.locate(file))
        .filter(|file| !is_too_long(&file.absolute))
        .find(|file| {
            let key = Key::Path(file.key.clone());
            let extent = Extent {
                key: &key,
                is_pattern: false,
                inode: file.inode.as_deref(),
            };
            lost.iter().any(|lost| lost.covered(extent))
        })
}

fn about(told: &str) -> String {
    format!("News of your locks from agent-sync.\n{told}")
}

fn held_up(file: &Located, told: &str) -> String {
    let next = shell_word(&file.absolute.to_string_lossy())
        .map(|path| format!("Next: agent-sync lock acquire {path}"))
        .unwrap_or_default();
    format!(
        "agent-sync: a lock of yours on this file ended without your doing, so the file was left unchanged this \
         once. Others may have changed it since; the same edit passes when it is tried again.\n{told}{next}"
    )
}
