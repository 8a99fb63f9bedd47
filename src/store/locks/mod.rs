//! Leases on paths and resources: how they are read. How they begin is in `grant`, how they end in `end`.
//!
//! Checks of edits happen before every tool call, so they ask for the few rows that can cover a path: those
//! of the path and the directories above it, by index, and the patterns of its tree, of which there are few.
//! Taking a lease is rarer and compares with all of them.

mod dead;
mod end;
mod grant;

use anyhow::Result;
use rusqlite::{Row, params};

use super::Read;
use super::agents::{SIGHTING, sighting};
use crate::domain::agent::{Kin, is_stopped_by};
use crate::domain::lock::{Conflict, EVERYWHERE, Extent, Key, Lock, Mode, OUTSIDE, PathKey, Wanted};
use crate::domain::presence::World;
use crate::domain::time::Moment;
use crate::domain::wait::{Line, Wish};

pub use grant::Acquisition;

const COLUMNS: &str = "l.fence, l.namespace, l.tree, l.path, l.is_directory, l.agent_id,
     coalesce(a.name, l.agent_id), a.parent_id, l.reason, l.task_id, l.acquired_at, l.leased_at, l.uptime, l.boot,
     l.ttl, l.is_pattern, l.inode, l.mode, l.is_implicit";
const TABLES: &str =
    "lock l JOIN agent a ON a.id = l.agent_id LEFT JOIN presence p ON p.agent_id = l.agent_id";

fn lock(row: &Row<'_>, world: &World<'_>) -> rusqlite::Result<Lock> {
    let namespace: String = row.get(1)?;
    Ok(Lock {
        fence: row.get(0)?,
        key: key(&namespace, row.get(2)?, row.get(3)?),
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
        is_pattern: row.get(15)?,
        inode: row.get(16)?,
        mode: Mode::parse(&row.get::<_, String>(17)?),
        is_implicit: row.get(18)?,
        presence: world.presence(&sighting(row, 19)?),
    })
}

/// A lease on paths, as much of it as has to be known where there may be hundreds.
#[derive(Debug)]
pub struct Outline {
    /// The number under which all of it is found.
    pub fence: i64,
    /// The file, directory or pattern.
    pub path: String,
    /// Whether it is a directory or a pattern.
    pub is_of_many: bool,
    holder: String,
    holder_parent: Option<String>,
}

impl Outline {
    /// Whose it is.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.holder,
            parent: self.holder_parent.as_deref(),
        }
    }
}

/// The columns in which a key is kept.
pub(super) fn columns(key: &Key) -> (&'static str, &str, &str) {
    match key {
        Key::Path(PathKey { tree, path }) => ("path", tree, path),
        Key::Resource(name) => ("resource", "", name),
    }
}

/// The key that is kept in these columns.
pub(super) fn key(namespace: &str, tree: String, path: String) -> Key {
    if namespace == "resource" {
        Key::Resource(path)
    } else {
        Key::Path(PathKey { tree, path })
    }
}

impl Read<'_> {
    /// Every lease that somebody took on purpose, in order of acquisition. On request also those that no
    /// longer hold and those that edits took by themselves.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks(&self, all: bool) -> Result<Vec<Lock>> {
        let sql = format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} ORDER BY l.acquired_at, l.fence");
        let mut locks = self.rows(&sql, [], |row| lock(row, self.world))?;
        locks.retain(|lock| all || (!lock.is_implicit && lock.is_live(&self.world.now)));
        Ok(locks)
    }

    /// The leases that an agent took on purpose and still holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_of(&self, agent: &str) -> Result<Vec<Lock>> {
        let mut locks = self.kept_by(agent)?;
        locks.retain(|lock| lock.is_live(&self.world.now));
        Ok(locks)
    }

    /// The leases that an agent took on purpose, those that have lapsed but were not cleared yet, too.
    fn kept_by(&self, agent: &str) -> Result<Vec<Lock>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.agent_id = ?1 AND l.is_implicit = 0
             ORDER BY l.acquired_at, l.fence"
        );
        self.rows(&sql, [agent], |row| lock(row, self.world))
    }

    /// The newest leases that others took on purpose on paths of a checkout, or of every one, at most so many, whether
    /// or not they still hold.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn outlines_of_others(&self, agent: &str, tree: &str, limit: u32) -> Result<Vec<Outline>> {
        let mut statement = self.connection.prepare(
            "SELECT l.fence, l.path, l.is_directory OR l.is_pattern, l.agent_id, a.parent_id
             FROM lock l JOIN agent a ON a.id = l.agent_id
             WHERE l.tree = ?1 AND l.namespace = 'path' AND l.is_implicit = 0 AND l.agent_id <> ?2
             ORDER BY l.fence DESC LIMIT ?3",
        )?;
        let mut outlines = Vec::new();
        for tree in [tree, EVERYWHERE] {
            let mut rows = statement.query(params![tree, agent, limit])?;
            while let Some(row) = rows.next()? {
                outlines.push(Outline {
                    fence: row.get(0)?,
                    path: row.get(1)?,
                    is_of_many: row.get(2)?,
                    holder: row.get(3)?,
                    holder_parent: row.get(4)?,
                });
            }
        }
        outlines.sort_by_key(|outline| std::cmp::Reverse(outline.fence));
        outlines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(outlines)
    }

    /// How many leases that somebody took on purpose hold.
    pub(in crate::store) fn lock_count(&self) -> Result<usize> {
        let all = self.count("SELECT count(*) FROM lock WHERE is_implicit = 0", [])?;
        Ok(all.saturating_sub(self.dead_locks()?.len()))
    }

    /// The earliest leases that others took on purpose and that hold, at most so many.
    pub(in crate::store) fn first_locks_of_others(&self, agent: &str, limit: usize) -> Result<Vec<Lock>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES}
             WHERE l.is_implicit = 0 AND l.agent_id <> ?1 ORDER BY l.fence"
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query([agent])?;
        let mut locks = Vec::new();
        while locks.len() < limit
            && let Some(row) = rows.next()?
        {
            locks.push(lock(row, self.world)?);
            if locks
                .last()
                .is_some_and(|lock: &Lock| !lock.is_live(&self.world.now))
            {
                locks.pop();
            }
        }
        Ok(locks)
    }

    /// The live leases that somebody took on purpose on paths of a checkout, or of every one, in order of
    /// acquisition.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_in(&self, tree: &str) -> Result<Vec<Lock>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES}
             WHERE l.tree IN (?1, ?2) AND l.namespace = 'path' AND l.is_implicit = 0"
        );
        let everywhere = if tree == OUTSIDE { tree } else { EVERYWHERE };
        let mut locks = self.rows(&sql, [tree, everywhere], |row| lock(row, self.world))?;
        locks.retain(|lock| lock.is_live(&self.world.now));
        locks.sort_by_key(|lock| (lock.acquired_at, lock.fence));
        Ok(locks)
    }

    /// The leases that were taken for a task on purpose, live or not.
    fn taken_for(&self, task: &str) -> Result<Vec<Lock>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.task_id = ?1 AND l.is_implicit = 0 ORDER BY l.fence"
        );
        self.rows(&sql, [task], |row| lock(row, self.world))
    }

    /// The live leases that were taken for a task on purpose, in order of acquisition.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_for_task(&self, task: &str) -> Result<Vec<Lock>> {
        let mut locks = self.taken_for(task)?;
        locks.retain(|lock| lock.is_live(&self.world.now));
        locks.sort_by_key(|lock| (lock.acquired_at, lock.fence));
        Ok(locks)
    }

    /// The lease with this fence, whether or not it still holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_with_fence(&self, fence: i64) -> Result<Option<Lock>> {
        let sql =
            format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.fence = ?1 AND l.is_implicit = 0");
        self.row(&sql, [fence], |row| lock(row, self.world))
    }

    /// The live leases that cover a path or resource and that somebody took on purpose: on itself, on a
    /// directory above it, by a pattern, or on another name of the same file (`inode`). This is what stops an
    /// edit.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn locks_covering(&self, key: &Key, inode: Option<&str>) -> Result<Vec<Lock>> {
        let is_other_name = |lock: &Lock| inode.is_some() && lock.inode.as_deref() == inode;
        let mut locks = self.locks_with_fences(&self.fences_around(key, inode)?)?;
        locks.retain(|lock| {
            (!lock.is_pattern || lock.covers(key) || is_other_name(lock)) && lock.is_live(&self.world.now)
        });
        Ok(locks)
    }

    /// The numbers of the leases on a path itself, on the directories above it and on other names of the same file,
    /// and of all patterns of its tree.
    fn fences_around(&self, key: &Key, inode: Option<&str>) -> Result<Vec<i64>> {
        let (namespace, tree, path) = columns(key);
        let everywhere = everywhere(key);
        let mut fences: Vec<i64> = Vec::new();
        let mut statement = self.connection.prepare(
            "SELECT fence FROM lock WHERE path = ?1 AND namespace = ?2 AND tree IN (?3, ?4) AND is_implicit = 0
             ORDER BY fence",
        )?;
        let paths: Vec<&str> = match key {
            Key::Path(key) => key.covering().collect(),
            Key::Resource(_) => vec![path],
        };
        for covering in paths {
            let found = statement.query_map([covering, namespace, tree, everywhere], |row| row.get(0))?;
            for fence in found {
                fences.push(fence?);
            }
        }
        if namespace == "path" {
            fences.extend(self.rows(
                "SELECT fence FROM lock WHERE is_pattern = 1 AND tree IN (?1, ?2) AND is_implicit = 0",
                [tree, everywhere],
                |row| row.get::<_, i64>(0),
            )?);
        }
        if let Some(inode) = inode {
            fences.extend(self.rows(
                "SELECT fence FROM lock WHERE inode = ?1 AND is_implicit = 0",
                [inode],
                |row| row.get::<_, i64>(0),
            )?);
        }
        Ok(fences)
    }

    /// The leases with these numbers, each once. What surrounds a lease is read only here, after its row was found:
    /// mostly there is none.
    fn locks_with_fences(&self, fences: &[i64]) -> Result<Vec<Lock>> {
        let mut locks: Vec<Lock> = Vec::with_capacity(fences.len());
        if fences.is_empty() {
            return Ok(locks);
        }
        let sql = format!("SELECT {COLUMNS}, {SIGHTING} FROM {TABLES} WHERE l.fence = ?1");
        let mut statement = self.connection.prepare(&sql)?;
        for fence in fences {
            if locks.iter().all(|lock| lock.fence != *fence) {
                locks.push(statement.query_row([fence], |row| lock(row, self.world))?);
            }
        }
        Ok(locks)
    }

    /// The first live lease of somebody else, taken on purpose, that an edit of `key` by `agent` would
    /// violate. A shared lease is one, too: while others share a file, nobody edits it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_against(&self, agent: Kin<'_>, key: &Key, inode: Option<&str>) -> Result<Option<Lock>> {
        let locks = self.locks_covering(key, inode)?;
        Ok(locks.into_iter().find(|lock| is_stopped_by(agent, lock.kin())))
    }

    /// The first live lease of somebody else, taken on purpose, on anything that this covers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lock_within(&self, agent: Kin<'_>, extent: Extent<'_>) -> Result<Option<Lock>> {
        let mut locks = match extent.key {
            Key::Path(key) if !extent.is_pattern && key.tree != EVERYWHERE => {
                let mut fences = self.fences_around(extent.key, extent.inode)?;
                let (from, to) = key.below();
                fences.extend(self.rows(
                    "SELECT fence FROM lock WHERE namespace = 'path' AND tree IN (?1, ?2)
                         AND path >= ?3 AND path < ?4 AND is_implicit = 0",
                    [&key.tree, everywhere(extent.key), &from, &to],
                    |row| row.get::<_, i64>(0),
                )?);
                self.locks_with_fences(&fences)?
            }
            // A pattern may meet any other.
            _ => self.locks(false)?,
        };
        locks.sort_by_key(|lock| (lock.acquired_at, lock.fence));
        Ok(locks.into_iter().find(|lock| {
            is_stopped_by(agent, lock.kin())
                && lock.extent().overlaps(extent)
                && lock.is_live(&self.world.now)
        }))
    }

    /// What would stand in the way of this wish now, if anything would.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn obstacle(&self, wish: &Wish<'_>) -> Result<Option<Conflict>> {
        let (locks, waiters) = (self.locks(false)?, self.waiters()?);
        let line = Line {
            locks: &locks,
            waiters: &waiters,
        };
        Ok(line.obstacle(wish))
    }

    /// Whether what stood in a wish's way is still there: the next in line, or else the lock. Cheap, and right
    /// until somebody dies or a lease lapses, which leaves its row behind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_still_there(&self, conflict: &Conflict) -> Result<bool> {
        let (sql, number) = match (conflict.behind, &conflict.by) {
            (Some(ticket), _) => ("SELECT 1 FROM waiter WHERE ticket = ?1", ticket),
            (None, crate::domain::lock::Obstacle::Held(lock)) => {
                ("SELECT 1 FROM lock WHERE fence = ?1", lock.fence)
            }
            (None, crate::domain::lock::Obstacle::Awaited(waiter)) => {
                ("SELECT 1 FROM waiter WHERE ticket = ?1", waiter.ticket)
            }
        };
        self.any(sql, params![number])
    }

    /// The rows of one agent on one key.
    fn own_lock(&self, agent: &str, key: &Key) -> Result<Option<Lock>> {
        let (namespace, tree, path) = columns(key);
        let fence = self.row(
            "SELECT fence FROM lock WHERE namespace = ?1 AND tree = ?2 AND path = ?3 AND agent_id = ?4
             AND is_implicit = 0",
            [namespace, tree, path, agent],
            |row| row.get(0),
        )?;
        fence.map_or(Ok(None), |fence| self.lock_with_fence(fence))
    }
}

/// The tree whose leases count for this key besides those of its own.
fn everywhere(key: &Key) -> &str {
    match key {
        Key::Path(key) if key.tree != OUTSIDE => EVERYWHERE,
        Key::Path(key) => &key.tree,
        Key::Resource(_) => "",
    }
}

/// The keys in one order whoever names them, each once.
fn distinct(keys: &[Wanted]) -> Vec<&Wanted> {
    let mut keys: Vec<&Wanted> = keys.iter().collect();
    keys.sort();
    keys.dedup_by(|one, other| one.key == other.key);
    keys
}
