//! Around a tool: an edit of a locked file is stopped, an edit is recorded, and messages get in between.

use anyhow::Result;

use super::awareness::Surroundings;
use super::effects::{Changed, Effects};
use super::scene::Scene;
use super::{Answer, Reply, awareness, bash, lines, prompt, watch};
use crate::domain::hindrance::{Hindrance, Rule};
use crate::domain::lock::{Key, Lock, PathKey};
use crate::domain::shell;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render;
use crate::repo::{Located, is_too_long, look};

pub(super) fn before(scene: &Scene<'_>) -> Result<Reply> {
    if let Some(command) = scene.input.command() {
        return bash::before(scene, command);
    }
    let files: Vec<_> = files(scene).collect();
    let home = if files.is_empty() {
        None
    } else {
        awareness::home(scene)
    };
    let (held, around, effects) = scene.read(|read| {
        let effects = scene.due(read)?;
        for file in &files {
            if let Some(lock) = scene.lock_against(read, file)? {
                return Ok((Some((file.key.clone(), lock)), Surroundings::default(), effects));
            }
        }
        let around = awareness::around(scene, read, &files, home.as_deref())?;
        Ok((None, around, effects))
    })?;
    if let Some((file, lock)) = held {
        return refuse(scene, Rule::EditLocked, file, &lock, effects);
    }
    awareness::decide(scene, around, effects)
}

/// Refuses to change a file that somebody else has locked.
pub(super) fn refuse(
    scene: &Scene<'_>,
    rule: Rule,
    file: PathKey,
    lock: &Lock,
    mut effects: Effects,
) -> Result<Reply> {
    effects.refused = Some(Hindrance {
        rule,
        file: file.clone(),
        by: vec![lock.holder.clone()],
    });
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let fits = frame.push(&render::lock::held(&Key::Path(file), lock, &scene.world.now));
    debug_assert!(fits, "a line of bounded fields fits an empty frame");
    let reason = format!(
        "agent-sync: another agent holds a lock on this file, so it was left unchanged.\n{}Next: {}",
        frame.finish(None),
        render::lock::next_command(lock)
    );
    Ok(Reply {
        answer: Answer::Deny(reason),
        effects,
    })
}

/// The files that the tool writes. A path that no file can have is none: the tool itself will fail on it.
fn files(scene: &Scene<'_>) -> impl Iterator<Item = Located> {
    let located = scene
        .input
        .written_files()
        .into_iter()
        .map(|file| scene.locate(file));
    located.filter(|file| !is_too_long(&file.absolute))
}

/// A subagent's shell does not know whose it is; its calls of agent-sync are told here.
pub(super) fn rewritten(scene: &Scene<'_>) -> Answer {
    let rewritten = scene
        .me
        .parent
        .as_ref()
        .and(scene.input.command())
        .and_then(|command| {
            let command = shell::with_identity(command, &scene.me.id)?;
            let mut input = scene.input.tool_input.clone();
            input.insert("command".to_owned(), command.into());
            Some(input)
        });
    rewritten.map_or(Answer::Silence, Answer::Rewrite)
}

pub(super) fn after(scene: &Scene<'_>) -> Result<Reply> {
    if let Some(command) = scene.input.command() {
        return watch::after(scene, command);
    }
    let mut files: Vec<Located> = files(scene).collect();
    files.dedup_by(|left, right| left.key == right.key);
    let lines = if files.len() == 1 {
        lines::changed(scene.input)
    } else {
        None
    };
    let looks = files.iter().map(|file| (file.key.clone(), look(&file.absolute)));
    // An edit is recorded under its agent, which therefore has to exist: what is due sees to it.
    let mut reply = scene.silence()?;
    reply.effects.looks = looks.collect();
    let changed = files.into_iter().map(|file| Changed {
        file: file.key,
        lines,
    });
    reply.effects.changed = changed.collect();
    Ok(reply)
}

pub(super) fn after_batch(scene: &Scene<'_>) -> Result<Reply> {
    prompt::push(scene, false)
}
