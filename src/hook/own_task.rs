//! The task that this agent works on: told when others changed it, and once more when it is about to be left
//! lying.
//!
//! What the agent did to its task itself it knows. A reminder at the end of a turn makes the turn go on, which costs
//! the person money, so it comes only when locks are kept from others meanwhile, and for the same task not again
//! until an hour has passed or another lock was taken.

use anyhow::Result;

use super::scene::Scene;
use crate::domain::awareness::Told;
use crate::domain::lock::Lock;
use crate::domain::task::{Filter, Owner, Status, Task};
use crate::domain::time::HOUR;
use crate::frame::{Field, Frame, PUSH_BUDGET, SENTENCE, clean};
use crate::render;
use crate::store::{Read, TaskNews};

/// How many changes are told in one go; the rest is told by the next hook.
const MOST: usize = 5;

/// What others did to this agent's tasks in their frame, and what has been told with it.
pub(super) fn framed(scene: &Scene<'_>, news: &[TaskNews]) -> Result<(String, Vec<Told>)> {
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let shown = news.iter().take(MOST);
    let shown = shown
        .take_while(|news| frame.push(&render::brief::changed(&news.task, &news.last, &scene.world.now)))
        .count();
    let text = format!(
        "agent-sync: others changed a task of this session.\n{}",
        frame.finish(None)
    );
    Ok((text, told(&news[..shown])))
}

/// That an agent was told of these changes.
pub(super) fn told(news: &[TaskNews]) -> Vec<Told> {
    news.iter()
        .map(|news| Told {
            subject: format!("task:{}", news.task.id),
            mark: news.seq,
        })
        .collect()
}

/// A reminder that a task is in progress and locks are held, with what has been told with it; `None` where there
/// is nothing to be reminded of.
pub(super) fn reminder(scene: &Scene<'_>) -> Result<Option<(String, Told)>> {
    let Some((task, locks)) = scene.read(|read| unfinished(scene, read))? else {
        return Ok(None);
    };
    if !scene.can_record() {
        return Ok(None);
    }
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let _fits = frame.push(&render::brief::own(&task));
    let _fits = frame.push(&render::brief::locked_by_you(&locks));
    let id = clean(&task.id, Field::Name);
    let text = format!(
        "agent-sync: this session's task is still in progress, and its locks keep others out. `agent-sync task done {id}` \
         and `agent-sync task release {id}` give them back; nothing is lost by going on later.\n{}",
        frame.finish(None)
    );
    let told = Told {
        subject: subject(&task),
        mark: scene.world.now.wall,
    };
    Ok(Some((text, told)))
}

fn subject(task: &Task) -> String {
    format!("unfinished:{}", task.id)
}

/// The task in progress and the locks that this agent should be reminded of.
fn unfinished(scene: &Scene<'_>, read: &Read<'_>) -> Result<Option<(Task, Vec<Lock>)>> {
    let locks = read.locks_of(&scene.me.id)?;
    if locks.is_empty() {
        return Ok(None);
    }
    let mut tasks = read.tasks_like(&Filter {
        owner: Some(Owner::Agent(scene.me.id.clone())),
        states: vec![Status::InProgress],
        ..Filter::default()
    })?;
    tasks.sort_by_key(|task| std::cmp::Reverse(task.claimed_at));
    let Some(task) = tasks.into_iter().next() else {
        return Ok(None);
    };
    let subject = subject(&task);
    let last = read.told(&scene.me.id, std::iter::once(subject.as_str()))?;
    let is_new = last.iter().all(|last| {
        let newest = locks
            .iter()
            .map(|lock| lock.acquired_at)
            .chain(task.claimed_at)
            .max();
        newest > Some(last.mark) || scene.world.now.wall - last.mark >= HOUR
    });
    Ok(is_new.then_some((task, locks)))
}
