//! How leases begin and are renewed: everything that was asked for, or nothing.

use anyhow::Result;
use rusqlite::params;

use super::super::Write;
use super::{columns, distinct};
use crate::domain::agent::Kin;
use crate::domain::lock::{Conflict, Key, Lock, Mode, Wanted};
use crate::domain::time::Moment;
use crate::domain::wait::{Line, Wish};

/// What an agent wants to lock: everything or nothing.
#[derive(Debug, Clone)]
pub struct Acquisition<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// What.
    pub keys: &'a [Wanted],
    /// Whether others may share it.
    pub mode: Mode,
    /// Why, in its own words.
    pub reason: Option<&'a str>,
    /// The task it is for.
    pub task: Option<&'a str>,
    /// For how long, in milliseconds.
    pub ttl: i64,
    /// Its place in the line, where it waits.
    pub ticket: Option<i64>,
}

impl<'a> Acquisition<'a> {
    /// An exclusive lease without a reason by somebody who does not wait.
    #[must_use]
    pub const fn new(agent: Kin<'a>, keys: &'a [Wanted], ttl: i64) -> Self {
        Self {
            agent,
            keys,
            mode: Mode::Exclusive,
            reason: None,
            task: None,
            ttl,
            ticket: None,
        }
    }

    const fn wish(&self) -> Wish<'a> {
        Wish {
            agent: self.agent,
            mode: self.mode,
            keys: self.keys,
            ticket: self.ticket,
        }
    }
}

impl Write<'_> {
    /// Takes every key or none, and nobody's turn: whoever waits for one of them already goes first. A lease
    /// that the agent already has is renewed: it keeps its start, its fence, and its reason and task unless
    /// new ones are given.
    ///
    /// # Errors
    /// When the store cannot be written. A conflict is a value, not an error.
    pub fn acquire(&self, wanted: &Acquisition<'_>) -> Result<Result<Vec<Lock>, Box<Conflict>>> {
        self.end_dead_locks()?;
        if let Some(conflict) = self.obstacle(&wanted.wish())? {
            return Ok(Err(Box::new(conflict)));
        }
        self.grant_all(wanted).map(Ok)
    }

    /// Takes every key whoever holds it: what stands in the way is ended, which is recorded and told to those
    /// who held it. Says what was taken, and from whom.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn acquire_by_force(&self, wanted: &Acquisition<'_>) -> Result<(Vec<Lock>, Vec<Lock>)> {
        self.end_dead_locks()?;
        let mut stolen = Vec::new();
        let locks = self.locks(false)?;
        while let Some(conflict) = (Line {
            locks: &locks
                .iter()
                .filter(|lock| !stolen.contains(*lock))
                .cloned()
                .collect::<Vec<_>>(),
            waiters: &[],
        })
        .obstacle(&wanted.wish())
        {
            let crate::domain::lock::Obstacle::Held(lock) = conflict.by else {
                break;
            };
            self.steal(wanted.agent.id, &lock)?;
            stolen.push(lock);
        }
        Ok((self.grant_all(wanted)?, stolen))
    }

    pub(super) fn grant_all(&self, wanted: &Acquisition<'_>) -> Result<Vec<Lock>> {
        distinct(wanted.keys)
            .into_iter()
            .map(|key| self.grant(wanted, key))
            .collect()
    }

    fn grant(&self, wanted: &Acquisition<'_>, what: &Wanted) -> Result<Lock> {
        let (namespace, tree, path) = columns(&what.key);
        let Moment { wall, uptime, boot } = self.world.now;
        // An edit's own lease becomes one on purpose: it begins now, with a fence of its own.
        self.execute(
            "DELETE FROM lock WHERE namespace = ?1 AND tree = ?2 AND path = ?3 AND agent_id = ?4 AND is_implicit = 1",
            [namespace, tree, path, wanted.agent.id],
        )?;
        let renewed = self.execute(
            "UPDATE lock SET leased_at = ?5, uptime = ?6, boot = ?7, ttl = ?8, mode = ?9,
                 is_pattern = max(is_pattern, ?10), is_directory = max(is_directory, ?11),
                 inode = coalesce(?12, inode), reason = coalesce(?13, reason), task_id = coalesce(?14, task_id)
             WHERE namespace = ?1 AND tree = ?2 AND path = ?3 AND agent_id = ?4",
            params![
                namespace,
                tree,
                path,
                wanted.agent.id,
                wall,
                uptime,
                boot,
                wanted.ttl,
                wanted.mode.as_str(),
                what.is_pattern,
                what.is_directory,
                what.inode,
                wanted.reason,
                wanted.task
            ],
        )?;
        if renewed == 0 {
            self.execute(
                "INSERT INTO lock (namespace, tree, path, is_directory, is_pattern, inode, mode, agent_id, reason,
                     task_id, acquired_at, leased_at, uptime, boot, ttl)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14)",
                params![
                    namespace,
                    tree,
                    path,
                    what.is_directory,
                    what.is_pattern,
                    what.inode,
                    wanted.mode.as_str(),
                    wanted.agent.id,
                    wanted.reason,
                    wanted.task,
                    wall,
                    uptime,
                    boot,
                    wanted.ttl
                ],
            )?;
        }
        let event = if renewed == 0 {
            "lock.acquired"
        } else {
            "lock.renewed"
        };
        self.record_lock(
            Some(wanted.agent.id),
            event,
            &what.key,
            wanted.reason.unwrap_or_default(),
        )?;
        self.own_lock(wanted.agent.id, &what.key)?
            .ok_or_else(|| anyhow::anyhow!("a lock vanished inside its transaction"))
    }

    /// Renews the agent's own live lease on `key` for `ttl` milliseconds from now; `None` when it has none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn renew(&self, agent: &str, key: &Key, ttl: i64) -> Result<Option<Lock>> {
        self.end_dead_locks()?;
        let Some(held) = self.own_lock(agent, key)? else {
            return Ok(None);
        };
        let kin = Kin {
            id: agent,
            parent: None,
        };
        let wanted = Acquisition {
            mode: held.mode,
            ..Acquisition::new(kin, &[], ttl)
        };
        self.grant(&wanted, &Wanted::plain(held.key)).map(Some)
    }

    /// Hands the live locks that `from` took for a task to `to`, each with a new fence: whoever holds the old
    /// one no longer may write. The line of those who wait stays as it is.
    pub(in super::super) fn hand_over_locks(&self, task: &str, from: &str, to: Kin<'_>) -> Result<Vec<Lock>> {
        let mut locks = self.locks_of(from)?;
        locks.retain(|lock| lock.task.as_deref() == Some(task));
        locks
            .iter()
            .map(|lock| {
                self.end_lock(
                    Some(to.id),
                    lock,
                    "lock.handed_over",
                    &format!("{from} to {}", to.id),
                )?;
                let wanted = Acquisition {
                    mode: lock.mode,
                    reason: lock.reason.as_deref(),
                    task: Some(task),
                    ..Acquisition::new(to, &[], lock.ttl)
                };
                let what = Wanted {
                    key: lock.key.clone(),
                    is_directory: lock.is_directory,
                    is_pattern: lock.is_pattern,
                    inode: lock.inode.clone(),
                };
                self.grant(&wanted, &what)
            })
            .collect()
    }
}
