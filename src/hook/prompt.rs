//! A prompt was submitted: the turn begins with what arrived since the last one.

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Reply, awareness, own_task};
use crate::domain::message::Message;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render;

/// How many messages are looked at for one push; more could never fit into it.
pub(super) const MOST: u32 = 40;

pub(super) fn submit(scene: &Scene<'_>) -> Result<Reply> {
    push(scene, false)
}

/// A reply that pushes what waits for the agent, or says nothing when nothing does.
///
/// What is addressed to the agent alone is worth going on with a turn; others' work on its files is not.
pub(super) fn push(scene: &Scene<'_>, directed_only: bool) -> Result<Reply> {
    let (messages, waiting, notes, news, mut effects) = scene.read(|read| {
        let due = scene.due(read)?;
        let messages = read.queued(&scene.me.id, directed_only, MOST)?;
        let waiting = if messages.is_empty() {
            0
        } else {
            read.queued_count(&scene.me.id, directed_only)?
        };
        let (notes, news) = if directed_only {
            (Vec::new(), Vec::new())
        } else {
            (awareness::overtaken(scene, read)?, read.task_news(&scene.me.id)?)
        };
        Ok((messages, waiting, notes, news, due))
    })?;
    // What cannot be recorded as told would be told for ever.
    let is_silent = messages.is_empty() && notes.is_empty() && news.is_empty();
    let can_record = !is_silent && scene.can_record();
    let mut texts = Vec::new();
    if !messages.is_empty() && can_record {
        let (text, shown) = framed(scene, &messages, waiting, PUSH_BUDGET)?;
        effects.offered = shown;
        texts.push(text);
    }
    if !notes.is_empty() && can_record {
        let (text, told) = awareness::framed(
            scene,
            "agent-sync: others changed files that this session works on.",
            &notes,
        )?;
        effects.told = told;
        texts.push(text);
    }
    if !news.is_empty() && can_record {
        let (text, told) = own_task::framed(scene, &news)?;
        effects.told.extend(told);
        texts.push(text);
    }
    let answer = if texts.is_empty() {
        Answer::Silence
    } else {
        Answer::Context(texts.concat())
    };
    Ok(Reply { answer, effects })
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
