//! What a live view of the whole repository reads: a page of everything, the same work however much there is.
//!
//! A view is read again after every change, so nothing here looks at all rows of a table that grows with time.

use anyhow::Result;
use rusqlite::params;

use super::Read;
use crate::domain::agent::OPERATOR;
use crate::domain::task::Status;

/// The ids of the tasks in one state, in the order in which the board shows them.
pub(super) const IN_STATE: &str = "SELECT t.id FROM task t WHERE t.status = ?1
     ORDER BY t.waits, t.priority DESC, t.rank DESC, t.created_at, t.id LIMIT ?2";

/// How many tasks there are in each state.
pub(super) const COUNTS: &str = "SELECT status, count(*) FROM task GROUP BY status";

/// The ids of the newest messages of all.
pub(super) const NEWEST_MESSAGES: &str = "SELECT id FROM message ORDER BY created_at DESC, id DESC LIMIT ?1";

/// The ids of the newest messages that one recipient has not read.
pub(super) const UNREAD: &str = "SELECT message_id FROM recipient INDEXED BY recipient_unread
     WHERE agent_id = ?1 AND read_at IS NULL ORDER BY created_at DESC LIMIT ?2";

impl Read<'_> {
    /// How many tasks there are in each state, in the order of [`Status::ALL`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_counts(&self) -> Result<[u32; Status::ALL.len()]> {
        let mut counts = [0; Status::ALL.len()];
        let rows = self.rows(COUNTS, [], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        for (word, count) in rows {
            let at = Status::ALL.iter().position(|status| status.as_str() == word);
            if let Some(at) = at {
                counts[at] = count;
            }
        }
        Ok(counts)
    }

    /// The ids of at most `limit` tasks in these states, state by state; ready ones before those that wait.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn task_ids(&self, states: &[Status], limit: usize) -> Result<Vec<String>> {
        let mut ids: Vec<String> = Vec::new();
        for state in states {
            let left = i64::try_from(limit.saturating_sub(ids.len())).unwrap_or(i64::MAX);
            if left == 0 {
                break;
            }
            ids.extend(self.rows(IN_STATE, params![state.as_str(), left], |row| row.get(0))?);
        }
        Ok(ids)
    }

    /// The ids of the newest messages of everybody, and of what the human has not read, at most `limit` of each.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn feed_ids(&self, limit: u32) -> Result<Vec<String>> {
        let mut ids: Vec<String> = self.rows(NEWEST_MESSAGES, [limit], |row| row.get(0))?;
        ids.extend(self.rows(UNREAD, params![OPERATOR, limit], |row| row.get::<_, String>(0))?);
        ids.sort();
        ids.dedup();
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::World;
    use crate::store::{NewTask, Purpose, Registration, Sending, Store, create};

    fn store() -> (tempfile::TempDir, Store) {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("coordination/state.sqlite");
        create(&database, 1, |_| Ok(())).unwrap();
        (place, Store::open(&database, Purpose::Hook).unwrap())
    }

    fn plan(store: &Store, sql: &str) -> Vec<String> {
        store
            .read(&World::at_wall(1), |read| {
                let mut statement = read.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let nothing = vec![rusqlite::types::Null; statement.parameter_count()];
                let rows = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    #[test]
    fn a_page_is_read_along_an_index_and_nothing_is_sorted() {
        let (_place, store) = store();
        let plans = [
            (IN_STATE, "SEARCH t USING INDEX task_by_status (status=?)"),
            (COUNTS, "SCAN task USING COVERING INDEX task_by_status"),
            (
                NEWEST_MESSAGES,
                "SCAN message USING COVERING INDEX message_by_time",
            ),
            (
                UNREAD,
                "SEARCH recipient USING INDEX recipient_unread (agent_id=?)",
            ),
        ];
        for (sql, expected) in plans {
            let found = plan(&store, sql);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            let plain = found[0].replace("COVERING INDEX", "INDEX");
            assert_eq!(plain, expected.replace("COVERING INDEX", "INDEX"), "{sql}");
        }
    }

    #[test]
    fn a_page_holds_no_more_than_it_may_and_the_most_urgent_first() {
        let (_place, mut store) = store();
        let ids = store
            .write(&World::at_wall(5), |write| {
                write.register(&Registration {
                    id: "a",
                    ..Registration::default()
                })?;
                let make = |title, priority| {
                    let new = NewTask {
                        title,
                        priority,
                        ..NewTask::default()
                    };
                    write.create_task("a", &new).map(|task| task.id)
                };
                Ok([make("low", 0)?, make("high", 9)?, make("middle", 4)?])
            })
            .unwrap();
        store
            .read(&World::at_wall(6), |read| {
                let page = read.task_ids(&[Status::InProgress, Status::Pending], 2)?;
                assert_eq!(page, [ids[1].clone(), ids[2].clone()]);
                assert_eq!(read.task_counts()?, [0, 0, 3, 0, 0, 0]);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn what_the_human_has_not_read_is_in_the_feed_however_old_it_is() {
        let (_place, mut store) = store();
        let send = |store: &mut Store, wall: i64, to: &str| {
            store
                .write(&World::at_wall(wall), |write| {
                    for id in ["a", "b"] {
                        write.register(&Registration {
                            id,
                            ..Registration::default()
                        })?;
                    }
                    let sending = Sending {
                        sender: "a",
                        addresses: &[to.to_owned()],
                        body: "text",
                        reply_to: None,
                        priority: crate::domain::message::Priority::Normal,
                        ttl: None,
                        wants_ack: false,
                        keep: false,
                    };
                    Ok(write.send(sending)?.map(|sent| sent.id).unwrap())
                })
                .unwrap()
        };
        let first = send(&mut store, 10, "operator");
        let others: Vec<String> = (11..14).map(|wall| send(&mut store, wall, "b")).collect();
        store
            .read(&World::at_wall(20), |read| {
                let feed = read.feed_ids(2)?;
                assert!(feed.contains(&first) && feed.contains(&others[2]));
                assert!(!feed.contains(&others[0]));
                assert_eq!(read.messages_with(&feed)?.len(), 3);
                Ok(())
            })
            .unwrap();
    }
}
