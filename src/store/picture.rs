//! The facts of a [`Picture`], read in one snapshot.
//!
//! What is looked at grows with what is open and who is here, never with what has ever happened: messages and the
//! record of what happened are asked for by index and up to a bound.

use std::collections::HashMap;

use anyhow::Result;
use rusqlite::params;

use super::Read;
use super::activity::activity;
use crate::domain::activity::Activity;
use crate::domain::agent::{Agent, OPERATOR, SYSTEM};
use crate::domain::lock::PathKey;
use crate::domain::picture::{COLLIDES_WITHIN, Change, FAILURE_MATTERS, Picture};

/// Most undelivered messages, letters to the human and unacknowledged messages that are read in full.
const MESSAGES: u32 = 100;
/// Most entries of the record that are shown.
const ENTRIES: u32 = 20;
/// Most decisions that are shown.
const DECISIONS: u32 = 10;
/// Most open votes that are shown.
const VOTES: u32 = 20;
/// How many of the newest entries of the record are looked through for what each agent did last.
const LOOKED_THROUGH: u32 = 2_000;
/// Most changes of files that are compared.
const CHANGES: u32 = 2_000;

/// The newest entries of the record, for what each agent did last.
const NEWEST: &str = "SELECT a.id, a.agent_id, g.name, a.event, a.body, a.tool, a.path, a.created_at
     FROM activity a JOIN agent g ON g.id = a.agent_id ORDER BY a.seq DESC LIMIT ?1";
/// What was changed lately: the checkouts first, one step each, because there are few of them.
const CHANGED: &str = "WITH RECURSIVE checkout (tree) AS (
         SELECT min(tree) FROM touch
         UNION ALL
         SELECT (SELECT min(tree) FROM touch WHERE tree > checkout.tree) FROM checkout
         WHERE checkout.tree IS NOT NULL
     )
     SELECT t.tree, t.path, t.agent_id, t.touched_at
     FROM checkout CROSS JOIN touch t ON t.tree = checkout.tree AND t.touched_at >= ?1
     ORDER BY t.touched_at DESC LIMIT ?2";

impl Read<'_> {
    /// Everything that a person who looks as `me` wants to know at a glance.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn picture(&self, me: &str) -> Result<Picture> {
        let now = self.world.now;
        let mut agents = self.living()?;
        agents.retain(|agent| agent.id != OPERATOR && agent.id != SYSTEM);
        let (mut locks, mut leases) = (Vec::new(), Vec::new());
        for lock in self.locks(true)? {
            if lock.is_live(&now) {
                let kind = if lock.is_implicit { &mut leases } else { &mut locks };
                kind.push(lock);
            }
        }
        let waiting = self.waiting_mail(usize::try_from(MESSAGES)?)?;
        let (letters, letter_count) = self.letters(OPERATOR, MESSAGES)?;
        let everybody = self.row(
            "SELECT count(*) FROM agent WHERE id NOT IN (?1, ?2)",
            [OPERATOR, SYSTEM],
            |row| row.get::<_, i64>(0),
        )?;
        let everybody = usize::try_from(everybody.unwrap_or_default())?;
        Ok(Picture {
            now,
            me: me.to_owned(),
            agent: self.agent(me)?,
            unread: self.unread_count(me)?,
            drain: self.swarm()?,
            gone: everybody.saturating_sub(agents.len()),
            acts: self.last_acts(&agents)?,
            agents,
            locks,
            leases,
            waiters: self.waiters()?,
            tasks: self.open_tasks()?,
            tally: self.tally()?,
            failed: self.failed_for_good(now.wall.saturating_sub(FAILURE_MATTERS))?,
            offers: self.offers_to(OPERATOR)?,
            letters,
            letter_count,
            unacknowledged: self.unacknowledged(MESSAGES)?,
            queues: waiting.queues,
            undelivered: waiting.newest,
            undelivered_count: waiting.count,
            changes: self.changes(now.wall.saturating_sub(COLLIDES_WITHIN))?,
            decisions: self.decisions(DECISIONS, false)?,
            decision_count: self.decision_count()?,
            topology: self.topology_in_sight()?,
            votes: self.votes(VOTES, false)?,
            activity: self.activity(ENTRIES, None, None)?,
            hook_seen: self.hooks_seen()?.into_iter().map(|(_, at)| at).max(),
        })
    }

    /// What each of these agents did last, by its id, as far as that is among the newest entries of the record.
    fn last_acts(&self, agents: &[Agent]) -> Result<HashMap<String, Activity>> {
        let mut acts: HashMap<String, Activity> = HashMap::new();
        let mut statement = self.connection.prepare(NEWEST)?;
        let mut rows = statement.query([LOOKED_THROUGH])?;
        while acts.len() < agents.len()
            && let Some(row) = rows.next()?
        {
            let entry = activity(row)?;
            let is_wanted =
                |id: &String| !acts.contains_key(id) && agents.iter().any(|agent| agent.id == *id);
            if let Some(agent) = entry.agent.clone().filter(is_wanted)
                && entry.is_act()
            {
                acts.insert(agent, entry);
            }
        }
        Ok(acts)
    }

    /// What was changed since `since` (milliseconds since the epoch) in any checkout, the newest first.
    fn changes(&self, since: i64) -> Result<Vec<Change>> {
        self.rows(CHANGED, params![since, CHANGES], |row| {
            Ok(Change {
                key: PathKey {
                    tree: row.get(0)?,
                    path: row.get(1)?,
                },
                agent: row.get(2)?,
                at: row.get(3)?,
            })
        })
    }

    /// How many decisions stand.
    fn decision_count(&self) -> Result<usize> {
        self.count("SELECT count(*) FROM decision WHERE superseded_by IS NULL", [])
    }
}

#[cfg(test)]
mod tests {
    use super::super::messages::survey;
    use super::*;
    use crate::domain::message::Priority;
    use crate::domain::picture::{Kind, matters};
    use crate::domain::presence::World;
    use crate::store::{Purpose, Registration, Sending, Store, create};

    fn store() -> (tempfile::TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("coordination/state.sqlite");
        create(&database, 1, |_| Ok(())).unwrap();
        let store = Store::open(&database, Purpose::Command).unwrap();
        (place, store)
    }

    /// The steps in which a statement is answered.
    fn plan(sql: &str) -> Vec<String> {
        let (_place, store) = store();
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        store
            .read(&World::at_wall(1), |read| {
                let mut statement = read.connection.prepare(&sql)?;
                let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
                let rows = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    #[test]
    fn no_picture_reads_all_messages_or_all_that_ever_happened() {
        for sql in [
            survey::QUEUED.to_owned(),
            survey::some_queued(),
            survey::letters(),
            survey::unacknowledged(),
            CHANGED.to_owned(),
        ] {
            let steps = plan(&sql);
            let scans: Vec<&String> = steps
                .iter()
                .filter(|step| step.starts_with("SCAN"))
                // An index of what is open, the checkouts, and ids that were given.
                .filter(|step| !step.contains("INDEX delivery_queued"))
                .filter(|step| !step.contains("INDEX delivery_awaited"))
                .filter(|step| !step.starts_with("SCAN checkout") && !step.starts_with("SCAN json_each"))
                .collect();
            assert!(scans.is_empty(), "{sql}: {steps:?}");
        }
        // From the end, and up to a bound.
        let steps = plan(NEWEST);
        assert_eq!(steps[0], "SCAN a", "{steps:?}");
        assert!(
            !steps.iter().any(|step| step.contains("TEMP B-TREE")),
            "{steps:?}"
        );
    }

    #[test]
    fn a_picture_holds_what_everybody_did_last_and_what_waits_for_whom() {
        let (_place, mut store) = store();
        store
            .write(&World::at_wall(1_000), |write| {
                for id in ["a", "b", OPERATOR] {
                    write.register(&Registration {
                        id,
                        ..Registration::default()
                    })?;
                }
                for to in ["b", OPERATOR] {
                    let sent = write.send(Sending {
                        sender: "a",
                        addresses: &[to.to_owned()],
                        body: "Shall I?",
                        reply_to: None,
                        priority: Priority::Normal,
                        ttl: None,
                        wants_ack: false,
                        keep: false,
                    })?;
                    assert!(sent.is_ok(), "{sent:?}");
                }
                Ok(())
            })
            .unwrap();
        let picture = store
            .read(&World::at_wall(2_000), |read| read.picture("a"))
            .unwrap();
        assert_eq!(picture.agents.len(), 2);
        assert_eq!(picture.acts["a"].event, "message.sent");
        assert_eq!(picture.acts["b"].event, "agent.joined");
        let queues: Vec<(&str, u32)> = picture
            .queues
            .iter()
            .map(|queue| (queue.agent.as_str(), queue.waiting))
            .collect();
        assert_eq!(queues, [("b", 1), (OPERATOR, 1)]);
        assert_eq!((picture.undelivered_count, picture.letter_count), (2, 1));
        let kinds: Vec<Kind> = matters(&picture)
            .iter()
            .map(crate::domain::picture::Matter::kind)
            .collect();
        assert_eq!(kinds, [Kind::Unguarded, Kind::Question]);
    }
}
