//! Those who stand in line for a lock.
//!
//! A waiter is a process, not an agent: it is named by the process that waits, so that a wait which was killed
//! or interrupted holds nobody up, although it left its ticket behind. Whoever takes a lock next clears it.

use anyhow::Result;
use rusqlite::{Row, params};

use super::agents::{SIGHTING, sighting};
use super::locks::{columns, key};
use super::{Read, Write};
use crate::domain::lock::{Conflict, Key, Mode, Obstacle, Wanted};
use crate::domain::presence::{Life, Proof, World};
use crate::domain::time::Moment;
use crate::domain::wait::{Line, Link, Waiter, Wish};

/// How long a waiter counts as there that cannot be seen from here and was not heard of, in milliseconds.
const HEARD_OF: i64 = 90_000;

/// The matter under which an agent is noted to have been told of waiters, up to a ticket.
const TOLD: &str = "waiter";

/// A row of `waiter`, and whether somebody still waits behind it.
fn waiter(row: &Row<'_>, world: &World<'_>) -> rusqlite::Result<(Waiter, bool)> {
    let proof = match row.get::<_, Option<i64>>(7)? {
        Some(pid) => Some(Proof {
            pid,
            started: row.get(8)?,
            boot: row.get(9)?,
            namespace: row.get(10)?,
        }),
        None => None,
    };
    let seen = Moment {
        wall: row.get(4)?,
        uptime: row.get(5)?,
        boot: row.get(6)?,
    };
    let life = proof.map_or(Life::Unknown, |proof| world.processes.life(&proof));
    let is_there = match life {
        Life::Running => true,
        Life::Gone => false,
        Life::Unknown => world.now.since(&seen) < HEARD_OF,
    };
    // What a dead agent would be given would be lost at once.
    let is_live = is_there && world.presence(&sighting(row, 13)?).is_living();
    let waiter = Waiter {
        ticket: row.get(0)?,
        agent: row.get(1)?,
        agent_name: row.get(11)?,
        agent_parent: row.get(12)?,
        mode: Mode::parse(&row.get::<_, String>(2)?),
        since: row.get(3)?,
        keys: Vec::new(),
    };
    Ok((waiter, is_live))
}

impl Read<'_> {
    /// Those who still wait, in the order of their tickets.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiters(&self) -> Result<Vec<Waiter>> {
        let mut waiters = self.tickets()?;
        waiters.retain(|(_, is_live)| *is_live);
        let mut waiters: Vec<Waiter> = waiters.into_iter().map(|(waiter, _)| waiter).collect();
        if waiters.is_empty() {
            return Ok(waiters);
        }
        let keys = self.rows(
            "SELECT ticket, namespace, tree, path, is_pattern, inode FROM waiter_key ORDER BY ticket",
            [],
            |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    Wanted {
                        key: key(&row.get::<_, String>(1)?, row.get(2)?, row.get(3)?),
                        is_directory: false,
                        is_pattern: row.get(4)?,
                        inode: row.get(5)?,
                    },
                ))
            },
        )?;
        for (ticket, key) in keys {
            if let Ok(at) = waiters.binary_search_by_key(&ticket, |waiter| waiter.ticket) {
                waiters[at].keys.push(key);
            }
        }
        Ok(waiters)
    }

    fn tickets(&self) -> Result<Vec<(Waiter, bool)>> {
        if !self.any("SELECT 1 FROM waiter LIMIT 1", [])? {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT w.ticket, w.agent_id, w.mode, w.since, w.seen_at, w.uptime, w.boot, w.pid, w.started,
                 w.pid_boot, w.namespace, a.name, a.parent_id, {SIGHTING}
             FROM waiter w JOIN agent a ON a.id = w.agent_id LEFT JOIN presence p ON p.agent_id = w.agent_id
             ORDER BY w.ticket"
        );
        self.rows(&sql, [], |row| waiter(row, self.world))
    }

    /// The circle of waits in which this ticket is the youngest, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn circle(&self, ticket: i64) -> Result<Option<Vec<Link>>> {
        let (locks, waiters) = (self.locks(false)?, self.waiters()?);
        let line = Line {
            locks: &locks,
            waiters: &waiters,
        };
        Ok(line.circle(ticket))
    }

    /// Those who wait and of whom this agent has not been told.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn waiters_untold(&self, agent: &str) -> Result<Vec<Waiter>> {
        let told: i64 = self
            .row(
                "SELECT mark FROM told WHERE agent_id = ?1 AND subject = ?2",
                [agent, TOLD],
                |row| row.get(0),
            )?
            .unwrap_or(0);
        let mut waiters = self.waiters()?;
        waiters.retain(|waiter| waiter.ticket > told);
        Ok(waiters)
    }
}

impl Write<'_> {
    /// Gives a process a place in the line, or notes that it is still there when it has one.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn stand_in_line(&self, wish: &Wish<'_>, proof: Option<Proof>) -> Result<i64> {
        let Moment { wall, uptime, boot } = self.world.now;
        if let Some(ticket) = wish.ticket {
            let seen = self.execute(
                "UPDATE waiter SET seen_at = ?2, uptime = ?3, boot = ?4 WHERE ticket = ?1",
                params![ticket, wall, uptime, boot],
            )?;
            if seen > 0 {
                return Ok(ticket);
            }
        }
        self.execute(
            "INSERT INTO waiter (agent_id, mode, since, seen_at, uptime, boot, pid, started, pid_boot, namespace)
             VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                wish.agent.id,
                wish.mode.as_str(),
                wall,
                uptime,
                boot,
                proof.map(|proof| proof.pid),
                proof.map(|proof| proof.started),
                proof.map(|proof| proof.boot),
                proof.map(|proof| proof.namespace),
            ],
        )?;
        let ticket = self.connection.last_insert_rowid();
        for wanted in wish.keys {
            let (namespace, tree, path) = columns(&wanted.key);
            self.execute(
                "INSERT OR IGNORE INTO waiter_key (ticket, namespace, tree, path, is_pattern, inode)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![ticket, namespace, tree, path, wanted.is_pattern, wanted.inode],
            )?;
            let body = format!("ticket {ticket}");
            self.record_lock(Some(wish.agent.id), "lock.awaited", &wanted.key, &body)?;
        }
        Ok(ticket)
    }

    /// Gives a place in the line up: it was served, or it waits no longer.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn leave_line(&self, ticket: i64) -> Result<()> {
        self.execute("DELETE FROM waiter WHERE ticket = ?1", [ticket])?;
        Ok(())
    }

    /// Gives a place in the line up without having been served, and records why.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn give_up(&self, agent: &str, ticket: i64, keys: &[Wanted], event: &str, why: &str) -> Result<()> {
        self.leave_line(ticket)?;
        keys.iter()
            .map(|wanted| &wanted.key)
            .collect::<std::collections::BTreeSet<&Key>>()
            .into_iter()
            .try_for_each(|key| self.record_lock(Some(agent), event, key, &format!("ticket {ticket}: {why}")))
    }

    /// Notes that an agent was refused a lock at once.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn refuse(&self, agent: &str, conflict: &Conflict) -> Result<()> {
        let body = match &conflict.by {
            Obstacle::Held(lock) => format!("held by {}", lock.holder),
            Obstacle::Awaited(waiter) => format!("awaited by {}", waiter.agent),
        };
        self.record_lock(Some(agent), "lock.refused", &conflict.wanted, &body)
    }

    /// Clears the tickets behind which nobody waits any more.
    pub(super) fn clear_dead_waiters(&self) -> Result<()> {
        for (waiter, _) in self.tickets()?.iter().filter(|(_, is_live)| !is_live) {
            let ticket = waiter.ticket;
            let keys = self.rows(
                "SELECT namespace, tree, path FROM waiter_key WHERE ticket = ?1",
                [ticket],
                |row| {
                    let key = key(&row.get::<_, String>(0)?, row.get(1)?, row.get(2)?);
                    Ok(Wanted::plain(key))
                },
            )?;
            self.give_up(
                &waiter.agent,
                ticket,
                &keys,
                "lock.given_up",
                "whoever waited is gone",
            )?;
        }
        Ok(())
    }

    /// Notes that an agent has been told of waiters up to this ticket.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn told_of_waiters(&self, agent: &str, ticket: i64) -> Result<()> {
        self.execute(
            "INSERT INTO told (agent_id, subject, mark) VALUES (?1, ?2, ?3)
             ON CONFLICT (agent_id, subject) DO UPDATE SET mark = max(mark, excluded.mark)",
            params![agent, TOLD, ticket],
        )?;
        Ok(())
    }
}
