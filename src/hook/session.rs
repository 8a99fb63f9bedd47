//! Sessions and subagents come and go.

use anyhow::Result;

use super::effects::{Effects, register};
use super::scene::Scene;
use super::{Answer, Reply, trouble};
use super::{mail, own_task};
use crate::domain::presence::Turn;
use crate::domain::task::Status;
use crate::domain::time::HOUR;
use crate::env::Variable;
use crate::error::Refusal;
use crate::frame::{Field, Frame, PUSH_BUDGET, SENTENCE, SESSION_START_BUDGET, clean};
use crate::identity::Source;
use crate::render;
use crate::store::{Request, Write};

/// How far back a newcomer is told of what was said to everybody, in milliseconds.
const LATELY: i64 = 24 * HOUR;

pub(super) fn start(scene: &mut Scene<'_>) -> Result<Reply> {
    adopt_predecessor(scene)?;
    let claimed = record(scene, |write| {
        register(scene, write)?;
        // Compaction happens within a turn; every other start waits for a prompt.
        if scene.input.source.as_deref() != Some("compact") {
            write.set_turn(&scene.me.id, Turn::Idle)?;
        }
        write.sweep()?;
        write.drop_edit_leases(&scene.me.id)?;
        write.saw_hook(scene.hook.event)?;
        auto_claim(scene, write)
    })?;
    let claimed = claimed.map(|id| {
        format!(
            "agent-sync took the next free task for this session: {}. It is in progress.\n",
            clean(&id, Field::Name)
        )
    });
    brief(scene, SESSION_START_BUDGET, &claimed.unwrap_or_default())
}

pub(super) fn start_subagent(scene: &Scene<'_>) -> Result<Reply> {
    if scene.me.parent.is_none() {
        return scene.silence();
    }
    record(scene, |write| {
        register(scene, write)?;
        write.saw_hook(scene.hook.event)?;
        Ok(None)
    })?;
    brief(scene, PUSH_BUDGET, "")
}

/// Writes down who has come, where anything can be written. While others write, whoever comes is told what can be
/// read all the same; its next hook makes up for the rest.
fn record(
    scene: &Scene<'_>,
    body: impl FnOnce(&Write<'_>) -> Result<Option<String>>,
) -> Result<Option<String>> {
    if scene.is_read_only() {
        return Ok(None);
    }
    match scene.write(body) {
        Err(error) if Refusal::is_only_passing(&error) => {
            trouble::log(&scene.trouble(&error));
            Ok(None)
        }
        recorded => recorded,
    }
}

/// After /clear the same process goes on under a new session id: it stays the agent it was. A fork runs
/// elsewhere and is somebody new.
fn adopt_predecessor(scene: &mut Scene<'_>) -> Result<()> {
    let goes_on = matches!(scene.input.source.as_deref(), Some("clear" | "compact"));
    let Some(session) = scene
        .me
        .session
        .clone()
        .filter(|_| goes_on && scene.me.source == Source::Session)
    else {
        return Ok(());
    };
    let Some(proof) = scene.proof() else { return Ok(()) };
    let predecessor = scene.read(|read| match read.session_agent(&session)? {
        Some(_) => Ok(None),
        None => read.agent_of_process(&proof),
    })?;
    if let Some(id) = predecessor {
        scene.me.id = id;
    }
    Ok(())
}

/// With `AGENT_SYNC_AUTO_CLAIM` a session that has no task takes the next one.
fn auto_claim(scene: &Scene<'_>, write: &Write<'_>) -> Result<Option<String>> {
    if !scene.env.is_set(Variable::AutoClaim) {
        return Ok(None);
    }
    if write
        .agent(&scene.me.id)?
        .is_some_and(|me| me.current_task.is_some())
    {
        return Ok(None);
    }
    let out = write.next_task(&Request {
        agent: scene.me.kin(),
        tree: &scene.project().tree,
        lock: false,
        role: None,
        labels: &[],
        another: false,
    })?;
    let claimed = out.claimed.filter(|_| !out.is_own);
    Ok(claimed.map(|claimed| claimed.task.id))
}

/// Who is here, what is locked, what there is to do, and what waits for this agent, inside a budget.
fn brief(scene: &Scene<'_>, budget: usize, preface: &str) -> Result<Reply> {
    let since = scene.world.now.wall.saturating_sub(LATELY);
    let (overview, has_mail, missed, mut news) = scene.read(|read| {
        Ok((
            read.overview(&scene.me.id)?,
            mail::is_there(scene, read, false)?,
            read.missed_count(&scene.me.id, since)?,
            read.task_news(&scene.me.id)?,
        ))
    })?;
    if render::brief::is_empty(&overview) && !has_mail && missed == 0 && preface.is_empty() {
        return Ok(Reply {
            answer: Answer::Silence,
            effects: Effects::default(),
        });
    }
    // Tasks in progress are among the lines.
    news.retain(|news| news.task.status == Status::InProgress);
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, budget);
    let mut lines = render::brief::lines(&overview, &scene.world.now);
    lines.extend(render::brief::missed(missed));
    let left = lines.iter().skip_while(|line| frame.push(line)).count();
    let mut overflow = (left > 0).then(|| format!("{left} more: agent-sync status --compact"));
    let mut effects = Effects {
        told: own_task::told(&news),
        ..Effects::default()
    };
    if has_mail && !scene.is_read_only() {
        let offer = mail::offer(scene, false, &mut frame)?;
        effects.offered = offer.ids;
        let lines = [overflow.take(), offer.left];
        overflow = lines
            .into_iter()
            .flatten()
            .reduce(|left, right| format!("{left}; {right}"));
    }
    let text = format!("{preface}{}", frame.finish(overflow.as_deref()));
    Ok(Reply {
        answer: Answer::Context(text),
        effects,
    })
}

pub(super) fn stop_subagent(scene: &Scene<'_>) -> Result<Reply> {
    let is_known = scene.me.parent.is_some() && scene.read(|read| read.agent(&scene.me.id))?.is_some();
    if is_known && !scene.is_read_only() {
        scene.write(|write| {
            write.release_all(&scene.me.id, "with its subagent")?;
            write.drop_edit_leases(&scene.me.id)?;
            write.set_turn(&scene.me.id, Turn::Ended)?;
            write.saw_hook(scene.hook.event)
        })?;
    }
    Ok(Reply {
        answer: Answer::Silence,
        effects: Effects::default(),
    })
}

/// A goodbye. After /clear the process goes on and says hello again at once, so nothing ends then.
pub(super) fn end(scene: &Scene<'_>) -> Result<Reply> {
    let reply = Reply {
        answer: Answer::Silence,
        effects: Effects::default(),
    };
    if scene.is_read_only() || scene.read(|read| read.agent(&scene.me.id))?.is_none() {
        return Ok(reply);
    }
    let id = scene.me.id.as_str();
    if let Some(session) = &scene.me.session {
        scene.place().remove_flag(session);
    }
    scene.write(|write| {
        write.saw_hook(scene.hook.event)?;
        write.drop_edit_leases(id)?;
        let is_last = match &scene.me.session {
            Some(session) => write.end_session(session, id)?,
            None => true,
        };
        if !is_last || scene.input.reason.as_deref() == Some("clear") {
            return Ok(());
        }
        if scene.env.is_set(Variable::AutoReleaseLocks) {
            write.release_all(id, "with its session")?;
        }
        write.end_subagents(id)?;
        write.set_turn(id, Turn::Ended)
    })?;
    Ok(reply)
}
