//! A prompt was submitted: the turn begins with what arrived since the last one.

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Reply, awareness, mail, own_task};
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};

/// What stands above messages.
const HEADING: &str =
    "Messages for you arrived through agent-sync. `agent-sync send --to ID --message TEXT` answers one.\n";

pub(super) fn submit(scene: &Scene<'_>) -> Result<Reply> {
    push(scene, false)
}

/// A reply that pushes what waits for the agent, or says nothing when nothing does.
///
/// What is addressed to the agent alone is worth going on with a turn; others' work on its files is not.
pub(super) fn push(scene: &Scene<'_>, directed_only: bool) -> Result<Reply> {
    let (has_mail, notes, news, mut effects) = scene.read(|read| {
        let due = scene.due(read)?;
        let has_mail = mail::is_there(scene, read, directed_only)?;
        let (notes, news) = if directed_only {
            (Vec::new(), Vec::new())
        } else {
            (awareness::overtaken(scene, read)?, read.task_news(&scene.me.id)?)
        };
        Ok((has_mail, notes, news, due))
    })?;
    let mut texts = Vec::new();
    if has_mail && !scene.is_read_only() {
        let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET - HEADING.len());
        let offer = mail::offer(scene, directed_only, &mut frame)?;
        if !offer.ids.is_empty() {
            texts.push(format!("{HEADING}{}", frame.finish(offer.left.as_deref())));
        }
        effects.offered = offer.ids;
    }
    // What cannot be recorded as told would be told for ever.
    let can_record = !(notes.is_empty() && news.is_empty()) && scene.can_record();
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
