//! Leaderships: leases on reserved resources, held by one agent each, and the fence that writes are bound to.

use anyhow::Result;
use rusqlite::params;

use super::{Acquisition, Read, Write};
use crate::domain::agent::Kin;
use crate::domain::leader::{self, Fenced, Fencing};
use crate::domain::lock::{Conflict, Lock, Obstacle, Wanted};
use crate::domain::time::Moment;

/// What somebody wants who campaigns.
#[derive(Debug, Clone, Copy)]
pub struct Campaign<'a> {
    /// Who.
    pub agent: Kin<'a>,
    /// In which role.
    pub role: &'a str,
    /// Why, in its own words.
    pub reason: Option<&'a str>,
    /// For how long, in milliseconds, unless it does something meanwhile.
    pub ttl: i64,
    /// Its place in the line, where it waits.
    pub ticket: Option<i64>,
}

impl Read<'_> {
    /// Who leads, role by role.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leaders(&self) -> Result<Vec<Lock>> {
        let mut locks = self.locks(false)?;
        locks.retain(|lock| leader::role_of(&lock.key).is_some());
        locks.sort_by(|one, other| leader::role_of(&one.key).cmp(&leader::role_of(&other.key)));
        Ok(locks)
    }

    /// Who leads in this role, if anybody does.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn leader(&self, role: &str) -> Result<Option<Lock>> {
        Ok(self.locks_covering(&leader::key(role), None)?.into_iter().next())
    }

    /// Whether `actor` may not write under this fence: then why.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn fenced(&self, fence: i64, actor: Kin<'_>) -> Result<Option<Fenced>> {
        let lock = self.lock_with_fence(fence)?;
        let lock = lock.map(|lock| {
            let fencing = leader::fencing(&lock, actor, &self.world.now);
            (Box::new(lock), fencing)
        });
        if matches!(lock, Some((_, Fencing::Holds))) {
            return Ok(None);
        }
        let lost = self.lost_lock_with_fence(fence)?;
        let key = lock.as_ref().map(|(lock, _)| &lock.key);
        let role = key
            .or(lost.as_ref().map(|lost| &lost.key))
            .map(|key| leader::role_of(key).unwrap_or_default().to_owned());
        let mut leaders = self.leaders()?;
        leaders.retain(|lock| {
            lock.fence != fence
                && role
                    .as_deref()
                    .is_none_or(|role| leader::role_of(&lock.key) == Some(role))
        });
        Ok(Some(Fenced {
            fence,
            lock,
            lost,
            leaders,
        }))
    }
}

impl Write<'_> {
    /// Makes an agent the leader in a role, unless somebody else leads there or has been waiting for it. Whoever
    /// leads already keeps its fence and begins its time anew.
    ///
    /// # Errors
    /// When the store cannot be written. A conflict is a value, not an error.
    pub fn campaign(&self, wanted: Campaign<'_>) -> Result<Result<Lock, Box<Conflict>>> {
        let key = leader::key(wanted.role);
        // A subagent passes under the locks of its session, but there is one leader.
        if let Some(lock) = self
            .leader(wanted.role)?
            .filter(|lock| lock.holder != wanted.agent.id)
        {
            return Ok(Err(Box::new(Conflict {
                wanted: key,
                by: Obstacle::Held(lock),
                behind: None,
            })));
        }
        let keys = [Wanted::plain(key)];
        let acquired = self.acquire(&Acquisition {
            reason: wanted.reason,
            ticket: wanted.ticket,
            ..Acquisition::new(wanted.agent, &keys, wanted.ttl)
        })?;
        match acquired {
            Ok(locks) => Ok(Ok(locks
                .into_iter()
                .next()
                .ok_or_else(|| anyhow::anyhow!("a lease was granted and is not there"))?)),
            Err(conflict) => Ok(Err(conflict)),
        }
    }

    /// Lets the time of every leadership that an agent still has begin anew.
    pub(super) fn renew_leaderships(&self, agent: &str) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        self.execute(
            "UPDATE lock SET leased_at = ?2, uptime = ?3, boot = ?4
             WHERE agent_id = ?1 AND namespace = 'resource' AND path GLOB 'leader:*'
               AND CASE WHEN boot <> 0 AND boot = ?4 THEN max(?3 - uptime, 0) ELSE abs(?2 - leased_at) END < ttl",
            params![agent, wall, uptime, boot],
        )?;
        Ok(())
    }
}
