//! A prompt was submitted: the turn begins with what arrived since the last one.

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Reply};
use crate::domain::message::Message;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render;

/// How many messages are looked at for one push; more could never fit into it.
pub(super) const MOST: u32 = 40;

pub(super) fn submit(scene: &Scene<'_>) -> Result<Reply> {
    push(scene, false)
}

/// A reply that pushes what waits for the agent, or says nothing when nothing does.
pub(super) fn push(scene: &Scene<'_>, directed_only: bool) -> Result<Reply> {
    let (messages, waiting, mut effects) = scene.read(|read| {
        let due = scene.due(read)?;
        let messages = read.queued(&scene.me.id, directed_only, MOST)?;
        let waiting = if messages.is_empty() {
            0
        } else {
            read.queued_count(&scene.me.id, directed_only)?
        };
        Ok((messages, waiting, due))
    })?;
    if messages.is_empty() || !scene.can_record() {
        return Ok(Reply {
            answer: Answer::Silence,
            effects,
        });
    }
    let (text, shown) = framed(scene, &messages, waiting, PUSH_BUDGET)?;
    effects.offered = shown;
    Ok(Reply {
        answer: Answer::Context(text),
        effects,
    })
}

/// Messages in their frame, and the ids of those that are in it.
fn framed(
    scene: &Scene<'_>,
    messages: &[Message],
    waiting: usize,
    budget: usize,
) -> Result<(String, Vec<String>)> {
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, budget);
    let shown = render::push::messages(&mut frame, messages, &scene.world.now);
    let left = waiting.saturating_sub(shown.len());
    let text = frame.finish(render::push::overflow(left).as_deref());
    Ok((
        format!(
            "Messages for you arrived through agent-sync. `agent-sync send --to ID --message TEXT` answers one.\n{text}"
        ),
        shown,
    ))
}
