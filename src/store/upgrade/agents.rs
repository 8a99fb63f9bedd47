//! Who there was: the agents of the old database, and those whom only its other rows mention.
//!
//! 0.4.0 took any id and any name, several times if need be, and let every row refer to anybody. Here every
//! reference leads to a row, names are unique, and whom a message is for is settled by who had which name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use rusqlite::params;

use super::old::{self, Row, each};
use super::rules;
use super::transfer::Transfer;
use crate::domain::presence::Turn;
use crate::domain::task::Status;

/// Everybody that the old rows know or mention.
#[derive(Default)]
pub(super) struct Agents {
    /// Those who had a row.
    pub(super) known: BTreeSet<String>,
    /// Those whom only other rows mention, and when first and last.
    mentioned: BTreeMap<String, (i64, i64)>,
    /// Whose mail an address was: the rule of 0.4.0, an id, a name or a role, spelled exactly so.
    pub(super) mailboxes: HashMap<String, BTreeSet<String>>,
    /// What became of the empty id, which no agent can have any more.
    blank: String,
}

impl Agents {
    /// The id that `old` has now.
    pub(super) fn id(&self, old: String) -> String {
        if old.is_empty() { self.blank.clone() } else { old }
    }
}

/// An old row of an agent, with what decides its name.
pub(super) struct Meeting {
    row: Row,
    id: String,
    name: String,
    seen_at: i64,
}

impl Transfer<'_> {
    /// Learns who there is, before anything refers to somebody.
    pub(super) fn meet_agents(&mut self) -> Result<Vec<Meeting>> {
        let mut meetings = Vec::new();
        let mut mentioned: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        each(self.old, &old::AGENTS, |row| {
            let seen_at = row.required_moment("last_seen", self.now);
            let meeting = Meeting {
                id: row.text("id").unwrap_or_default(),
                name: row.required("name"),
                row: std::mem::take(row),
                seen_at,
            };
            meetings.push(meeting);
            Ok(())
        })?;
        for (table, agent, time) in [
            (old::TASKS, "owner_agent_id", "updated_at"),
            (old::LOCKS, "owner_agent_id", "created_at"),
            (old::MESSAGES, "sender_agent_id", "created_at"),
            (old::DECISIONS, "agent_id", "created_at"),
        ] {
            each(self.old, &table, |row| {
                let agent = match row.text(agent) {
                    None if table.name == old::TASKS.name => return Ok(()),
                    agent => agent.unwrap_or_default(),
                };
                let at = row.moment(time).or(self.now);
                mentioned
                    .entry(agent)
                    .and_modify(|(first, last)| {
                        *first = at.min(*first);
                        *last = at.max(*last);
                    })
                    .or_insert((at, at));
                Ok(())
            })?;
        }
        "agent-blank".clone_into(&mut self.agents.blank);
        while mentioned.contains_key(&self.agents.blank)
            || meetings.iter().any(|meeting| meeting.id == self.agents.blank)
        {
            self.agents.blank.push('-');
        }
        for meeting in &mut meetings {
            let id = self.agents.id(meeting.id.clone());
            let role = meeting.row.text("role").filter(|role| !role.is_empty());
            let addresses = [Some(meeting.id.clone()), Some(meeting.name.clone()), role];
            for address in addresses.into_iter().flatten() {
                let mailbox = self.agents.mailboxes.entry(address).or_default();
                mailbox.insert(id.clone());
            }
            self.agents.known.insert(id);
        }
        for (old, times) in mentioned {
            let id = self.agents.id(old.clone());
            if !self.agents.known.contains(&id) {
                self.agents.mailboxes.entry(old).or_default().insert(id.clone());
                self.agents.mentioned.insert(id, times);
            }
        }
        Ok(meetings)
    }

    /// Gives everybody a row, those whom only other rows mention as somebody who has left.
    pub(super) fn agents(&mut self, mut meetings: Vec<Meeting>) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO agent (id, name, role, current_task_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?;
        let mut see = self.prepare(
            "INSERT INTO presence (agent_id, turn, seen_at, cwd) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?;
        let mut bind = self.prepare(
            "INSERT INTO session (id, agent_id, bound_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        let mut names = rules::Names::default();
        // Whoever has a usable name keeps it before any is mended to the same, and the last seen keeps what
        // several share.
        meetings.sort_by_cached_key(|meeting| {
            let is_usable = rules::usable(&meeting.name, &meeting.id) == meeting.name;
            (!is_usable, std::cmp::Reverse(meeting.seen_at))
        });
        for Meeting {
            mut row,
            id: old_id,
            name: old_name,
            seen_at,
        } in meetings
        {
            if old_id.is_empty() {
                row.note("id is empty");
            }
            let id = self.agents.id(old_id);
            let role = row.text("role").filter(|role| !role.is_empty());
            let task = row.text("current_task_id").filter(|task| !task.is_empty());
            let is_current = task.as_ref().is_some_and(|task| {
                self.tasks.get(task).is_some_and(|(owner, status)| {
                    owner.as_ref() == Some(&id) && *status == Status::InProgress
                })
            });
            if task.is_some() && !is_current {
                row.note("current_task_id is no task that this agent works on");
            }
            let created_at = row.required_moment("created_at", self.now);
            let name = names.give(&old_name, &id);
            if name != old_name {
                row.note(format!("name became {name}"));
            }
            let task = task.filter(|_| is_current);
            if insert.execute(params![id, name, role, task, created_at])? == 0 {
                row.note("id is taken");
                self.keep_noted(&old::AGENTS, &row)?;
                continue;
            }
            self.counts.agents += 1;
            let turn = match row.required("status").as_str() {
                "active" => Turn::Active,
                "offline" => Turn::Ended,
                // A stale one may still be there; how long it was quiet tells.
                "idle" | "stale" => Turn::Idle,
                _ => {
                    row.note("status is unknown");
                    Turn::Idle
                }
            };
            see.execute(params![id, turn.as_str(), seen_at, row.text("cwd")])?;
            let session = row.text("session_id").filter(|session| !session.is_empty());
            if let Some(session) = session
                && bind.execute(params![session, id, seen_at])? == 0
            {
                row.note("session_id belongs to an agent that was seen later");
            }
            self.keep_noted(&old::AGENTS, &row)?;
        }
        for (id, (first, last)) in &self.agents.mentioned {
            let name = names.give("", id);
            insert.execute(params![id, name, None::<&str>, None::<&str>, first])?;
            see.execute(params![id, Turn::Ended.as_str(), last, None::<&str>])?;
        }
        Ok(())
    }
}
