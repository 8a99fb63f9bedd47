//! What a key prepares: the command for what is chosen, at the prompt, to be completed and entered.

use std::path::{Path, PathBuf};

use super::keys::Action;
use super::pane::Pane;
use super::snapshot::Snapshot;
use super::words::quote;
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{EVERYWHERE, Key, Lock, OUTSIDE};

/// Where the worktrees are, to type paths that are in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Where the commands run.
    pub(super) cwd: PathBuf,
    /// The name of every worktree and its top.
    pub(super) trees: Vec<(String, PathBuf)>,
}

/// The line that an action puts at the prompt.
///
/// # Errors
/// Why it means nothing for what is chosen.
pub(super) fn line(
    action: Action,
    pane: Pane,
    chosen: Option<&str>,
    seen: &Snapshot,
    places: &Places,
) -> Result<String, &'static str> {
    let task = || chosen.filter(|_| pane == Pane::Tasks).ok_or("no task is chosen");
    let message = || {
        let id = chosen.filter(|_| pane == Pane::Messages);
        id.and_then(|id| seen.message(id)).ok_or("no message is chosen")
    };
    let lock = || {
        let key = chosen.filter(|_| pane == Pane::Locks);
        let fence = key.and_then(|key| key.split(' ').next());
        fence
            .and_then(|fence| seen.lock(fence))
            .ok_or("no lock is chosen")
    };
    Ok(match action {
        Action::Send => match correspondent(pane, chosen, seen) {
            Some(name) => format!("message send --to {} -- ", quote(&name)),
            None => "message send --to ".to_owned(),
        },
        Action::Direct => "directive all ".to_owned(),
        Action::Reply => {
            let message = message()?;
            if message.sender == OPERATOR {
                return Err("that message is your own");
            }
            format!("message send --reply-to {} -- ", quote(&message.id))
        }
        Action::Acknowledge => {
            let message = message()?;
            if message.progress.is_none() {
                return Err("that message is not to you");
            }
            format!("message ack {}", quote(&message.id))
        }
        Action::NewTask => "task create -- ".to_owned(),
        Action::Done => format!("task done {}", quote(task()?)),
        Action::Block => format!("task block {} --reason ", quote(task()?)),
        Action::Unblock => format!("task unblock {}", quote(task()?)),
        Action::Assign => format!("task assign {} ", quote(task()?)),
        Action::HandOff => format!("task handoff {} --to ", quote(task()?)),
        Action::Cancel => format!("task cancel {}", quote(task()?)),
        Action::Lock => "lock acquire ".to_owned(),
        Action::Release => format!("lock release {}", target(lock()?, places)?),
        Action::Force => format!("lock release {} --force", target(lock()?, places)?),
        Action::Decide => "decision add -- ".to_owned(),
        Action::Find => "search ".to_owned(),
    })
}

/// Whom somebody who looks at this would write to.
fn correspondent(pane: Pane, chosen: Option<&str>, seen: &Snapshot) -> Option<String> {
    let chosen = chosen?;
    let id = match pane {
        Pane::Agents => chosen,
        Pane::Tasks => seen.task(chosen)?.owner.as_deref()?,
        Pane::Locks => match chosen.split_once(' ') {
            None => &seen.lock(chosen)?.holder,
            Some((_, ticket)) => {
                let waiters = &mut seen.waiters.iter();
                &waiters.find(|waiter| waiter.ticket.to_string() == ticket)?.agent
            }
        },
        Pane::Messages => &seen.message(chosen)?.sender,
        Pane::Decisions => &seen.decisions.iter().find(|one| one.id == chosen)?.agent,
        Pane::Activity => {
            let entry = seen.activity.iter().find(|entry| entry.id == chosen)?;
            entry.agent.as_deref()?
        }
    };
    if id == OPERATOR {
        return None;
    }
    // A name says more, but only an id is somebody who is not here.
    let agent = seen.agent(id).filter(|agent| agent.presence.is_living());
    Some(agent.map_or_else(|| id.to_owned(), |agent| agent.name.clone()))
}

/// What a lock is on, as arguments of the lock commands.
fn target(lock: &Lock, places: &Places) -> Result<String, &'static str> {
    let key = match &lock.key {
        Key::Resource(name) => return Ok(format!("--resource {}", quote(name))),
        Key::Path(key) => key,
    };
    let typed = |path: &Path| match path.strip_prefix(&places.cwd) {
        Ok(below) if !below.as_os_str().is_empty() => quote(&below.to_string_lossy()),
        _ => quote(&path.to_string_lossy()),
    };
    let is_here = |(tree, top): &&(String, PathBuf)| match key.tree.as_str() {
        EVERYWHERE => places.cwd.starts_with(top),
        wanted => tree == wanted,
    };
    match places.trees.iter().find(is_here) {
        _ if key.tree == OUTSIDE => Ok(typed(Path::new(&key.path))),
        Some((_, top)) if key.tree == EVERYWHERE => {
            Ok(format!("--all-worktrees {}", typed(&top.join(&key.path))))
        }
        Some((_, top)) => Ok(typed(&top.join(&key.path))),
        None => Err("that worktree was not there when the console began: use `lock` there"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{lock, path, snapshot};
    use super::*;

    fn seen() -> Snapshot {
        let mut seen = snapshot();
        seen.locks = vec![
            lock(1, path("", "src/it's.rs"), "b"),
            lock(2, path("feature", "a.rs"), "b"),
            lock(3, path(OUTSIDE, "/etc/hosts"), "b"),
            lock(4, path(EVERYWHERE, "b.rs"), "b"),
            lock(5, Key::Resource("the db".to_owned()), "b"),
            lock(6, path("new", "a.rs"), "b"),
        ];
        seen
    }

    fn prepared(action: Action, pane: Pane, chosen: Option<&str>) -> Result<String, &'static str> {
        let places = Places {
            cwd: PathBuf::from("/repo"),
            trees: vec![
                (String::new(), PathBuf::from("/repo")),
                ("feature".to_owned(), PathBuf::from("/trees/feature")),
            ],
        };
        line(action, pane, chosen, &seen(), &places)
    }

    #[test]
    fn a_lock_is_typed_as_it_can_be_reached_from_here() {
        let forced = |fence| prepared(Action::Force, Pane::Locks, Some(fence));
        assert_eq!(forced("1").unwrap(), "lock release 'src/it'\\''s.rs' --force");
        assert_eq!(forced("2").unwrap(), "lock release /trees/feature/a.rs --force");
        assert_eq!(forced("3").unwrap(), "lock release /etc/hosts --force");
        assert_eq!(forced("4").unwrap(), "lock release --all-worktrees b.rs --force");
        assert_eq!(
            forced("5 17").unwrap(),
            "lock release --resource 'the db' --force"
        );
        assert!(forced("6").is_err());
    }

    #[test]
    fn what_is_chosen_is_in_the_command_and_what_fits_nothing_says_so() {
        assert_eq!(
            prepared(Action::Done, Pane::Tasks, Some("task-free")).unwrap(),
            "task done task-free"
        );
        assert_eq!(
            prepared(Action::Send, Pane::Locks, Some("1")).unwrap(),
            "message send --to b-name -- "
        );
        assert_eq!(
            prepared(Action::Send, Pane::Tasks, Some("task-free")).unwrap(),
            "message send --to "
        );
        assert!(prepared(Action::Done, Pane::Tasks, None).is_err());
        assert!(prepared(Action::Release, Pane::Locks, None).is_err());
        assert_eq!(
            prepared(Action::Reply, Pane::Messages, Some("msg-3")).unwrap(),
            "message send --reply-to msg-3 -- "
        );
        assert!(prepared(Action::Reply, Pane::Messages, Some("msg-1")).is_err());
        assert!(prepared(Action::Acknowledge, Pane::Messages, Some("msg-2")).is_err());
    }
}
