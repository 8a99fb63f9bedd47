//! The turn is about to end: what is addressed to this very agent is pushed first, or that its task is still in
//! progress, and the turn goes on.
//!
//! Each message is pushed once, and never to a turn that goes on because of a push already, so two chatty
//! sessions cannot keep each other from ever stopping.

use anyhow::Result;

use super::scene::Scene;
use super::{Answer, Reply, own_task, prompt};
use crate::domain::presence::Turn;

pub(super) fn stop(scene: &Scene<'_>) -> Result<Reply> {
    let mut reply = if scene.input.stop_hook_active {
        scene.silence()?
    } else {
        let mut reply = prompt::push(scene, true)?;
        if reply.answer == Answer::Silence
            && let Some((text, told)) = own_task::reminder(scene)?
        {
            reply.answer = Answer::Context(text);
            reply.effects.told.push(told);
        }
        reply
    };
    if reply.answer == Answer::Silence {
        reply.effects.turn = Some(Turn::Idle);
    }
    Ok(reply)
}
