//! Leases on paths and resources.

use std::collections::BTreeSet;

use anyhow::Result;
use rusqlite::{Row, params};

use super::agents::{SIGHTING, sighting};
use super::{Entry, Read, Write};
use crate::domain::agent::{Kin, is_stopped_by};
use crate::domain::lock::{Conflict, Key, Lock, PathKey, Released};
use crate::domain::presence::World;
use crate::domain::time::Moment;

/// What an agent wants to lock: everything or nothing.
#[derive(Debug, Clone)]
pub struct Acquisition<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// What, each with whether it is a directory and its inode where it has several names.
    pub keys: &'a [(Key, bool, Option<String>)],
    /// Why, in its own words.
    pub reason: Option<&'a str>,
    /// The task it is for.
    pub task: Option<&'a str>,
    /// For how long, in milliseconds.
    pub ttl: i64,
}

const COLUMNS: &str = "l.fence, l.namespace, l.tree, l.path, l.is_directory, l.agent_id,
     coalesce(a.name, l.agent_id), a.parent_id, l.reason, l.task_id, l.acquired_at, l.leased_at, l.uptime, l.boot,
     l.ttl";
/// The leases that edits take by themselves are none of these: see the room `edit_leases`.
const TABLES: &str = "lock l JOIN agent a ON a.id = l.agent_id AND l.is_implicit = 0
     LEFT JOIN presence p ON p.agent_id = l.agent_id";

fn lock(row: &Row<'_>, world: &World<'_>) -> rusqlite::Result<Lock> {
    let namespace: String = row.get(1)?;
    let path: String = row.get(3)?;
    let key = if namespace == "resource" {
        Key::Resource(path)
    } else {
        Key::Path(PathKey {
            tree: row.get(2)?,
            path,
        })
    };
    Ok(Lock {
        fence: row.get(0)?,
        key,
        is_directory: row.get(4)?,
        holder: row.get(5)?,
        holder_name: row.get(6)?,
        holder_parent: row.get(7)?,
        reason: row.get(8)?,
        task: row.get(9)?,
        acquired_at: row.get(10)?,
        leased: Moment {
            wall: row.get(11)?,
            uptime: row.get(12)?,
            boot: row.get(13)?,
        },
        ttl: row.get(14)?,
        presence: world.presence(&sighting(row, 15)?),
    })
}

fn columns(key: &Key) -> (&'static str, &str, &str) {
    match key {
        Key::Path(PathKey { tree, path }) => ("path", tree, path),
        Key::Resource(name) => ("resource", "", name),
    }
}

impl Read<'_> {
    /// Every lease in order of acquisition; those that no longer hold only on request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks(&self, dead_too: bool) -> Result<Vec<Lock>> {
        let sql = format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} ORDER BY l.acquired_at, l.fence");
        let mut locks = self.rows(&sql, [], |row| lock(row, self.world))?;
        locks.retain(|lock| dead_too || lock.is_live(&self.world.now));
        Ok(locks)
    }

    /// The leases an agent holds, live ones only.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_of(&self, agent: &str) -> Result<Vec<Lock>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.agent_id = ?1 ORDER BY l.acquired_at, l.fence"
        );
        let mut locks = self.rows(&sql, [agent], |row| lock(row, self.world))?;
        locks.retain(|lock| lock.is_live(&self.world.now));
        Ok(locks)
    }

    /// The live leases that cover a path or resource: on itself, on a directory above it, or on another
    /// name of the same file (`inode`). This is what stops an edit.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_covering(&self, key: &Key, inode: Option<&str>) -> Result<Vec<Lock>> {
        let (namespace, tree, path) = columns(key);
        let mut locks = Vec::new();
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.namespace = ?1 AND l.tree = ?2 AND l.path = ?3"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let paths: Vec<&str> = match key {
            Key::Path(key) => key.covering().collect(),
            Key::Resource(_) => vec![path],
        };
        for covering in paths {
            let found = statement.query_map([namespace, tree, covering], |row| lock(row, self.world))?;
            for lock in found {
                locks.push(lock?);
            }
        }
        if let Some(inode) = inode {
            let sql = format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.inode = ?1");
            for lock in self.rows(&sql, [inode], |row| lock(row, self.world))? {
                if !locks.contains(&lock) {
                    locks.push(lock);
                }
            }
        }
        locks.retain(|lock| lock.is_live(&self.world.now));
        Ok(locks)
    }

    /// The live leases that a new lease on `key` would overlap: those that cover it and those below it.
    fn locks_overlapping(&self, key: &Key, inode: Option<&str>) -> Result<Vec<Lock>> {
        let mut locks = self.locks_covering(key, inode)?;
        if let Key::Path(path) = key {
            let (from, to) = path
                .below()
                .unwrap_or_else(|| (String::new(), "\u{10ffff}".to_owned()));
            let sql = format!(
                "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES}
                 WHERE l.namespace = 'path' AND l.tree = ?1 AND l.path >= ?2 AND l.path < ?3"
            );
            for lock in self.rows(&sql, [&path.tree, &from, &to], |row| lock(row, self.world))? {
                if lock.is_live(&self.world.now) && !locks.contains(&lock) {
                    locks.push(lock);
                }
            }
        }
        Ok(locks)
    }

    /// The first live lease of somebody else that an edit of `key` by `agent` would violate.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_against(&self, agent: Kin<'_>, key: &Key, inode: Option<&str>) -> Result<Option<Lock>> {
        let locks = self.locks_covering(key, inode)?;
        Ok(locks.into_iter().find(|lock| is_stopped_by(agent, lock.kin())))
    }
}

impl Write<'_> {
    /// Takes every key or none. A lease that the agent already has is renewed: it keeps its start, its fence,
    /// and its reason and task unless new ones are given.
    ///
    /// # Errors
    /// When the store cannot be written. A conflict is a value, not an error.
    pub fn acquire(&self, wanted: &Acquisition<'_>) -> Result<Result<Vec<Lock>, Box<Conflict>>> {
        self.end_dead_locks()?;
        for (key, _, inode) in wanted.keys {
            let locks = self.locks_overlapping(key, inode.as_deref())?;
            if let Some(held) = locks
                .into_iter()
                .find(|lock| is_stopped_by(wanted.agent, lock.kin()))
            {
                return Ok(Err(Box::new(Conflict {
                    wanted: key.clone(),
                    held,
                })));
            }
        }
        let mut taken = Vec::with_capacity(wanted.keys.len());
        let distinct: BTreeSet<&(Key, bool, Option<String>)> = wanted.keys.iter().collect();
        for (key, is_directory, inode) in distinct {
            taken.push(self.grant(wanted, key, *is_directory, inode.as_deref())?);
        }
        Ok(Ok(taken))
    }

    fn grant(
        &self,
        wanted: &Acquisition<'_>,
        key: &Key,
        is_directory: bool,
        inode: Option<&str>,
    ) -> Result<Lock> {
        let (namespace, tree, path) = columns(key);
        let Moment { wall, uptime, boot } = self.world.now;
        // What an edit took by itself gives way to what the agent asks for.
        self.execute(
            "DELETE FROM lock WHERE namespace = ?1 AND tree = ?2 AND path = ?3 AND agent_id = ?4 AND is_implicit = 1",
            [namespace, tree, path, wanted.agent.id],
        )?;
        let renewed = self.execute(
            "UPDATE lock SET leased_at = ?5, uptime = ?6, boot = ?7, ttl = ?8, inode = ?9,
                 reason = coalesce(?10, reason), task_id = coalesce(?11, task_id)
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
                inode,
                wanted.reason,
                wanted.task
            ],
        )?;
        if renewed == 0 {
            self.execute(
                "INSERT INTO lock (namespace, tree, path, is_directory, inode, agent_id, reason, task_id,
                     acquired_at, leased_at, uptime, boot, ttl)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12)",
                params![
                    namespace,
                    tree,
                    path,
                    is_directory,
                    inode,
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
            key,
            wanted.reason.unwrap_or_default(),
        )?;
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES}
             WHERE l.namespace = ?1 AND l.tree = ?2 AND l.path = ?3 AND l.agent_id = ?4"
        );
        self.row(&sql, [namespace, tree, path, wanted.agent.id], |row| {
            lock(row, self.world)
        })?
        .ok_or_else(|| anyhow::anyhow!("a lock vanished inside its transaction"))
    }

    /// Renews the agent's own live lease on `key` for `ttl` milliseconds from now; `None` when it has none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn renew(&self, agent: &str, key: &Key, ttl: i64) -> Result<Option<Lock>> {
        self.end_dead_locks()?;
        let held = self
            .locks_covering(key, None)?
            .into_iter()
            .find(|lock| lock.holder == agent && lock.key == *key);
        let Some(held) = held else { return Ok(None) };
        let wanted = Acquisition {
            agent: Kin {
                id: agent,
                parent: None,
            },
            keys: &[],
            reason: None,
            task: None,
            ttl,
        };
        self.grant(&wanted, key, held.is_directory, None).map(Some)
    }

    /// Gives a lease back. Somebody else's live lease stays unless `force` says so, which is recorded; one
    /// that has lapsed may be cleared by anybody.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release(&self, agent: &str, key: &Key, force: bool) -> Result<Released> {
        let (namespace, tree, path) = columns(key);
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.namespace = ?1 AND l.tree = ?2 AND l.path = ?3"
        );
        let locks = self.rows(&sql, [namespace, tree, path], |row| lock(row, self.world))?;
        if let Some(own) = locks.iter().find(|lock| lock.holder == agent) {
            self.end_lock(Some(agent), own, "lock.released", "")?;
            return Ok(Released::Own);
        }
        let Some(foreign) = locks.into_iter().next() else {
            return Ok(Released::Nothing);
        };
        if !foreign.is_live(&self.world.now) {
            self.end_dead_locks()?;
            return Ok(Released::Nothing);
        }
        if !force {
            return Ok(Released::Foreign(foreign));
        }
        self.end_lock(
            Some(agent),
            &foreign,
            "lock.stolen",
            &format!("by force from {}", foreign.holder),
        )?;
        Ok(Released::Forced(foreign.holder))
    }

    /// Gives back everything an agent holds, and says how much that was.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release_all(&self, agent: &str, why: &str) -> Result<usize> {
        let locks = self.every_lock("l.agent_id = ?1", agent)?;
        for lock in &locks {
            self.end_lock(Some(agent), lock, "lock.released", why)?;
        }
        Ok(locks.len())
    }

    /// Gives back every lock that was taken for a task.
    pub(super) fn release_for_task(&self, agent: &str, task: &str) -> Result<usize> {
        let locks = self.every_lock("l.task_id = ?1", task)?;
        for lock in &locks {
            self.end_lock(Some(agent), lock, "lock.released", &format!("with {task}"))?;
        }
        Ok(locks.len())
    }

    /// Ends every lease that no longer holds, and says how many there were.
    pub(super) fn end_dead_locks(&self) -> Result<usize> {
        let locks = self.locks(true)?;
        let mut ended = 0;
        for lock in locks.iter().filter(|lock| !lock.is_live(&self.world.now)) {
            let (event, body) = if lock.presence.is_living() {
                ("lock.expired", String::new())
            } else {
                ("lock.expired", format!("its holder {} is gone", lock.holder))
            };
            self.end_lock(None, lock, event, &body)?;
            ended += 1;
        }
        Ok(ended)
    }

    fn every_lock(&self, condition: &'static str, value: &str) -> Result<Vec<Lock>> {
        let sql = format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE {condition} ORDER BY l.fence");
        self.rows(&sql, [value], |row| lock(row, self.world))
    }

    fn end_lock(&self, agent: Option<&str>, lock: &Lock, event: &str, body: &str) -> Result<()> {
        self.execute("DELETE FROM lock WHERE fence = ?1", [lock.fence])?;
        self.record_lock(agent, event, &lock.key, body)
    }

    fn record_lock(&self, agent: Option<&str>, event: &str, key: &Key, body: &str) -> Result<()> {
        let (_, tree, path) = columns(key);
        self.record(Entry {
            agent,
            event,
            body,
            tool: None,
            place: Some((tree, path)),
        })?;
        Ok(())
    }
}
