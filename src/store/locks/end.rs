//! How leases end: given back, lapsed, left behind by the dead, or taken by force.
//!
//! A lease that ended without its holder's doing leaves a note behind until the holder has been told, because
//! a holder that does not know goes on editing what it no longer holds.

use anyhow::Result;
use rusqlite::params;

use super::super::agents::SIGHTING;
use super::super::{Entry, Read, Write};
use super::{COLUMNS, TABLES, columns, key, lock};
use crate::domain::lock::{Key, Lock, Loss, LostLock, Released, remaining};
use crate::domain::time::Moment;

impl Read<'_> {
    /// The leases that an agent lost without its doing and has not been told of, the earliest first. One that
    /// has lapsed is among them even if nobody has cleared it yet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lost_locks(&self, agent: &str) -> Result<Vec<LostLock>> {
        let mut lost = self.lost_where("l.agent_id = ?1", agent)?;
        lost.extend(self.lapsed(&self.kept_by(agent)?));
        Ok(lost)
    }

    /// Whether there may be anything to tell an agent of its locks: that it lost one, or that somebody waits. Three
    /// looks at the most, and a single one at what it holds where it holds nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn may_have_lock_news(&self, agent: &str) -> Result<bool> {
        if self.any("SELECT 1 FROM lost_lock WHERE agent_id = ?1", [agent])? {
            return Ok(true);
        }
        let now = &self.world.now;
        let remaining = self.rows(
            "SELECT leased_at, uptime, boot, ttl FROM lock WHERE agent_id = ?1 AND is_implicit = 0",
            [agent],
            |row| {
                let leased = Moment {
                    wall: row.get(0)?,
                    uptime: row.get(1)?,
                    boot: row.get(2)?,
                };
                Ok(remaining(&leased, row.get(3)?, now))
            },
        )?;
        Ok(remaining.iter().any(|left| *left <= 0)
            || (!remaining.is_empty() && self.any("SELECT 1 FROM waiter LIMIT 1", [])?))
    }

    /// What an agent lost and has not been told of, and the leases it still holds: all that its hooks have to
    /// know of its locks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lost_and_kept(&self, agent: &str) -> Result<(Vec<LostLock>, Vec<Lock>)> {
        let mut lost = self.lost_where("l.agent_id = ?1", agent)?;
        let mut kept = self.kept_by(agent)?;
        lost.extend(self.lapsed(&kept));
        kept.retain(|lock| lock.remaining(&self.world.now) > 0);
        Ok((lost, kept))
    }

    /// What is known of a lease with this fence that ended without its holder's doing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn lost_lock_with_fence(&self, fence: i64) -> Result<Option<LostLock>> {
        Ok(self.lost_where("l.fence = ?1", fence)?.into_iter().next())
    }

    fn lost_where(&self, condition: &'static str, value: impl rusqlite::ToSql) -> Result<Vec<LostLock>> {
        let sql = format!(
            "SELECT l.fence, l.namespace, l.tree, l.path, l.why, l.by_id, a.name, l.lost_at
             FROM lost_lock l LEFT JOIN agent a ON a.id = l.by_id WHERE {condition} ORDER BY l.fence"
        );
        self.rows(&sql, params![value], |row| {
            Ok(LostLock {
                fence: row.get(0)?,
                key: key(&row.get::<_, String>(1)?, row.get(2)?, row.get(3)?),
                why: Loss::parse(&row.get::<_, String>(4)?),
                by: row.get(5)?,
                by_name: row.get(6)?,
                lost_at: row.get(7)?,
            })
        })
    }

    fn lapsed<'a>(&'a self, locks: &'a [Lock]) -> impl Iterator<Item = LostLock> + 'a {
        let now = &self.world.now;
        locks
            .iter()
            .filter(|lock| lock.remaining(now) <= 0)
            .map(|lock| LostLock {
                fence: lock.fence,
                key: lock.key.clone(),
                why: Loss::Expired,
                by: None,
                by_name: None,
                lost_at: lock.expires_at(now),
            })
    }
}

impl Write<'_> {
    /// Notes that an agent knows of the loss of these leases.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn told_of_lost_locks(&self, agent: &str, fences: &[i64]) -> Result<()> {
        if fences.is_empty() {
            return Ok(());
        }
        self.end_dead_locks()?;
        for fence in fences {
            self.execute(
                "DELETE FROM lost_lock WHERE fence = ?1 AND agent_id = ?2",
                params![fence, agent],
            )?;
        }
        Ok(())
    }

    /// Gives a lease back. Somebody else's live lease stays unless `force` says so, which is recorded; one
    /// that has lapsed may be cleared by anybody. Where several share it, force takes it from all of them.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release(&self, agent: &str, key: &Key, force: bool) -> Result<Released> {
        if let Some(own) = self.own_lock(agent, key)? {
            self.end_lock(Some(agent), &own, "lock.released", "")?;
            return Ok(Released::Own);
        }
        self.end_dead_locks()?;
        let (namespace, tree, path) = columns(key);
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM {TABLES}
             WHERE l.namespace = ?1 AND l.tree = ?2 AND l.path = ?3 AND l.is_implicit = 0 ORDER BY l.fence"
        );
        let locks = self.rows(&sql, [namespace, tree, path], |row| lock(row, self.world))?;
        let Some(foreign) = locks.first() else {
            return Ok(Released::Nothing);
        };
        if !force {
            return Ok(Released::Foreign(Box::new(foreign.clone())));
        }
        for lock in &locks {
            self.steal(agent, lock)?;
        }
        let holders: Vec<&str> = locks.iter().map(|lock| lock.holder.as_str()).collect();
        Ok(Released::Forced(holders.join(", ")))
    }

    /// Gives back everything an agent holds, and says how much of that it took on purpose.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn release_all(&self, agent: &str, why: &str) -> Result<usize> {
        self.end_dead_locks()?;
        self.drop_edit_leases(agent)?;
        let locks = self.kept_by(agent)?;
        for lock in &locks {
            self.end_lock(Some(agent), lock, "lock.released", why)?;
        }
        Ok(locks.len())
    }

    /// Takes back everything that an agent holds, and leaves a note for it of each lock that it took on purpose.
    pub(in super::super) fn take_locks_back(&self, by: &str, agent: &str) -> Result<()> {
        self.end_dead_locks()?;
        self.drop_edit_leases(agent)?;
        for lock in &self.kept_by(agent)? {
            self.steal(by, lock)?;
        }
        Ok(())
    }

    /// Gives back every lock that was taken for a task.
    pub(in super::super) fn release_for_task(&self, agent: &str, task: &str) -> Result<usize> {
        let locks = self.taken_for(task)?;
        for lock in &locks {
            self.end_lock(Some(agent), lock, "lock.released", &format!("with {task}"))?;
        }
        Ok(locks.len())
    }

    /// Ends every lease that no longer holds and clears the tickets of the dead; says how many leases that
    /// somebody took on purpose there were.
    pub(in super::super) fn end_dead_locks(&self) -> Result<usize> {
        self.clear_dead_waiters()?;
        let mut ended = 0;
        for lock in &self.dead_locks()? {
            let lapsed = lock.remaining(&self.world.now) <= 0;
            let loss = if lapsed { Loss::Expired } else { Loss::HolderGone };
            let over_for = lapsed.then(|| lock.remaining(&self.world.now).saturating_neg());
            let body = crate::domain::metrics::expiry(lock.fence, &lock.holder, over_for);
            self.end_lock(None, lock, "lock.expired", &body)?;
            self.note_loss(lock, loss, None)?;
            ended += 1;
        }
        Ok(ended)
    }

    /// Ends somebody else's lease, and leaves a note for them.
    pub(super) fn steal(&self, agent: &str, lock: &Lock) -> Result<()> {
        let body = format!("by force from {}", lock.holder);
        self.end_lock(Some(agent), lock, "lock.stolen", &body)?;
        self.note_loss(lock, Loss::Stolen, Some(agent))
    }

    fn note_loss(&self, lock: &Lock, why: Loss, by: Option<&str>) -> Result<()> {
        let (namespace, tree, path) = columns(&lock.key);
        let lost_at = match why {
            Loss::Expired => lock.expires_at(&self.world.now),
            Loss::Stolen | Loss::HolderGone => self.now(),
        };
        self.execute(
            "INSERT OR REPLACE INTO lost_lock (fence, agent_id, namespace, tree, path, why, by_id, lost_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                lock.fence,
                lock.holder,
                namespace,
                tree,
                path,
                why.as_str(),
                by,
                lost_at
            ],
        )?;
        Ok(())
    }

    pub(super) fn end_lock(&self, agent: Option<&str>, lock: &Lock, event: &str, body: &str) -> Result<()> {
        self.execute("DELETE FROM lock WHERE fence = ?1", [lock.fence])?;
        self.record_lock(agent, event, &lock.key, body)
    }

    pub(in super::super) fn record_lock(
        &self,
        agent: Option<&str>,
        event: &str,
        key: &Key,
        body: &str,
    ) -> Result<()> {
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
