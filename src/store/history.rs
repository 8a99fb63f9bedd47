//! What the record says of a stretch of time, read in one snapshot.
//!
//! Entries have no index by time: they are written in the order of time, so whoever wants those since a moment reads
//! back from the newest until a whole stretch of them is older. An import is the exception, because it writes what is
//! old behind what is new; where one is met, everything is read.

use anyhow::Result;
use rusqlite::{Row, params};

use super::Read;
use crate::domain::agent::OPERATOR;
use crate::domain::lock::PathKey;
use crate::domain::message::{Priority, State};
use crate::domain::metrics::{Fact, History, Letter, Span};
use crate::domain::setting::RETENTION_ACTIVITY;

/// Most entries that are read; what is older is outside the window then.
pub const MOST_ENTRIES: usize = 200_000;
/// Most messages that are read, counted once for each recipient.
pub const MOST_LETTERS: usize = 20_000;
/// Most decisions that are read.
const MOST_DECISIONS: u32 = 500;
/// How many entries are read in one go.
const STRETCH: usize = 2_000;
/// The longest beginning of a message that is read, in characters.
const BEGINNING: u32 = 500;

const LETTERS: &str = "SELECT m.id, m.sender_id, r.agent_id, substr(m.body, 1, ?3), m.priority, r.directed, m.created_at,
         coalesce(d.state, 'delivered'), coalesce(d.state_at, m.created_at),
         nullif(min(coalesce(d.delivered_at, 9e18), coalesce(r.read_at, 9e18), coalesce(r.acked_at, 9e18)), 9e18),
         d.offered_at
     FROM message m CROSS JOIN recipient r ON r.message_id = m.id
     LEFT JOIN delivery d ON d.message_id = r.message_id AND d.agent_id = r.agent_id
     WHERE m.created_at >= ?1 ORDER BY m.created_at DESC LIMIT ?2";

const ENTRIES: &str = "SELECT seq, created_at, agent_id, event, body, tool, tree, path FROM activity
     WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";

fn fact(row: &Row<'_>) -> rusqlite::Result<(i64, Fact)> {
    let tree: Option<String> = row.get(6)?;
    let path: Option<String> = row.get(7)?;
    let fact = Fact {
        at: row.get(1)?,
        agent: row.get(2)?,
        event: row.get(3)?,
        body: row.get(4)?,
        tool: row.get(5)?,
        place: path.map(|path| PathKey {
            tree: tree.unwrap_or_default(),
            path,
        }),
    };
    Ok((row.get(0)?, fact))
}

fn letter(row: &Row<'_>) -> rusqlite::Result<Letter> {
    Ok(Letter {
        id: row.get(0)?,
        sender: row.get(1)?,
        recipient: row.get(2)?,
        body: row.get(3)?,
        priority: Priority::parse(&row.get::<_, String>(4)?),
        is_directed: row.get(5)?,
        sent_at: row.get(6)?,
        state: State::parse(&row.get::<_, String>(7)?),
        state_at: row.get(8)?,
        seen_at: row.get(9)?,
        offered_at: row.get(10)?,
    })
}

impl Read<'_> {
    /// All that is known since `since` (milliseconds since the epoch), or at all; less where there is too much.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn history(&self, since: Option<i64>) -> Result<History> {
        let now = self.world.now;
        let wanted = since.unwrap_or(i64::MIN).min(now.wall);
        let (facts, is_whole) = self.facts(wanted, MOST_ENTRIES)?;
        let first = facts.iter().map(|fact| fact.at).min();
        let from = match first {
            Some(first) if !is_whole || since.is_none() => first,
            Some(_) => wanted,
            None => since.map_or(now.wall, |_| wanted),
        };
        let limit = i64::try_from(MOST_LETTERS).unwrap_or(i64::MAX);
        let mut letters = self.rows(LETTERS, params![from, limit, BEGINNING], letter)?;
        letters.reverse();
        let mut agents = self.agents()?;
        agents.extend(self.agent(OPERATOR)?);
        let mut locks = self.locks(true)?;
        locks.retain(|lock| !lock.is_implicit);
        let mut decisions = self.decisions(MOST_DECISIONS, true)?;
        decisions.retain(|decision| decision.created_at >= from);
        Ok(History {
            asked_from: if is_whole { from } else { wanted },
            window: Span { from, to: now.wall },
            now,
            oldest: self.row(
                "SELECT created_at FROM activity ORDER BY seq LIMIT 1",
                [],
                |row| row.get(0),
            )?,
            kept_for: self.limit_of(&RETENTION_ACTIVITY)?,
            facts,
            lacks_letters: letters.len() == MOST_LETTERS,
            letters,
            agents,
            in_sessions: self
                .rows("SELECT DISTINCT agent_id FROM session", [], |row| row.get(0))?
                .into_iter()
                .collect(),
            locks,
            waiters: self.waiters()?,
            tasks: self.tasks()?,
            decisions,
            queued: self.rows(
                "SELECT agent_id, count(*) FROM delivery WHERE state = 'queued' GROUP BY agent_id",
                [],
                |row| Ok((row.get(0)?, u64::from(row.get::<_, u32>(1)?))),
            )?,
        })
    }

    /// The entries from `since` until now in the order in which they were written, the newest `most` of them, and
    /// whether these are all.
    fn facts(&self, since: i64, most: usize) -> Result<(Vec<Fact>, bool)> {
        let now = self.now();
        let mut facts: Vec<Fact> = Vec::new();
        let mut before = i64::MAX;
        let mut was_imported = false;
        let mut statement = self.connection.prepare(ENTRIES)?;
        loop {
            let rows = statement.query_map(params![before, i64::try_from(STRETCH)?], fact)?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let is_last = rows.len() < STRETCH;
            let known = facts.len();
            for (seq, fact) in rows {
                before = seq;
                was_imported |= fact.event == "store.imported";
                if (since..=now).contains(&fact.at) {
                    facts.push(fact);
                }
            }
            let is_over = facts.len() == known && !was_imported;
            if facts.len() > most {
                facts.truncate(most);
                facts.reverse();
                return Ok((facts, false));
            }
            if is_last || is_over {
                facts.reverse();
                return Ok((facts, true));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::World;
    use crate::store::{Entry, Purpose, Store, create};

    const NOW: i64 = 10_000_000;

    fn store() -> (tempfile::TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("coordination/state.sqlite");
        create(&database, 1, |_| Ok(())).unwrap();
        let store = Store::open(&database, Purpose::Command).unwrap();
        (place, store)
    }

    fn record(store: &mut Store, at: i64, event: &str, count: usize) {
        let entry = Entry {
            event,
            ..Entry::default()
        };
        store
            .write(&World::at_wall(at), |write| {
                (0..count).try_for_each(|_| write.record(entry).map(|_| ()))
            })
            .unwrap();
    }

    fn found(store: &Store, since: i64, most: usize) -> (Vec<i64>, bool) {
        let read = store.read(&World::at_wall(NOW), |read| read.facts(since, most));
        let (facts, is_whole) = read.unwrap();
        (facts.into_iter().map(|fact| fact.at).collect(), is_whole)
    }

    #[test]
    fn only_what_happened_since_is_read_in_the_order_in_which_it_happened() {
        let (_place, mut store) = store();
        record(&mut store, 100, "note", STRETCH * 2);
        record(&mut store, 200, "note", 1);
        record(&mut store, 300, "note", 1);
        assert_eq!(found(&store, 200, 10), (vec![200, 300], true));
        assert_eq!(found(&store, 301, 10), (vec![], true));
        assert_eq!(found(&store, 0, 3), (vec![100, 200, 300], false));
    }

    #[test]
    fn what_an_import_wrote_behind_it_hides_nothing() {
        let (_place, mut store) = store();
        record(&mut store, 500, "note", 1);
        record(&mut store, 100, "note", STRETCH * 2);
        record(&mut store, 600, "store.imported", 1);
        assert_eq!(found(&store, 500, 10).0, [500, 600]);
    }

    #[test]
    fn too_much_shortens_the_window_and_the_window_says_so() {
        let (_place, mut store) = store();
        record(&mut store, 100, "note", 2);
        let history = store
            .read(&World::at_wall(NOW), |read| read.history(Some(50)))
            .unwrap();
        assert_eq!((history.window.from, history.oldest), (50, Some(100)));
        assert!(history.is_incomplete(), "nothing is kept from before 100");
        let whole = store
            .read(&World::at_wall(NOW), |read| read.history(Some(100)))
            .unwrap();
        assert!(!whole.is_incomplete());
    }

    #[test]
    fn no_statement_looks_at_a_whole_table_for_a_stretch_of_time() {
        let (_place, store) = store();
        for (sql, expected) in [
            (LETTERS, "message_by_time (created_at>?)"),
            (ENTRIES, "USING INTEGER PRIMARY KEY (rowid<?)"),
        ] {
            let plan = store.plan(sql);
            assert!(plan.contains(expected) && !plan.contains("SCAN"), "{plan}");
        }
    }
}
