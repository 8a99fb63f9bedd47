//! Clearing what is older than the repository keeps it.
//!
//! Little at a time, so that no hook waits for it. What a living agent may still need stays: mail that it has
//! not seen or has to acknowledge, what it was told, its sessions. Numbers that only ever grow (fences, tickets,
//! entries) are never given again, because their tables remember the highest.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use rusqlite::named_params;

use super::{Entry, Purpose, Read, Store, Write};
use crate::domain::presence::World;
use crate::domain::retention::{BATCH, Removed, is_due};
use crate::domain::setting::{RETENTION_ACTIVITY, RETENTION_MESSAGES, Setting};
use crate::domain::time::Moment;

/// How long to keep out of the way between two batches: long enough that whoever waits for a turn gets it.
const PAUSE: Duration = Duration::from_millis(15);
/// The fact under which it is noted when everything old had been cleared.
const CLEARED: &str = "cleared_at";

/// What counts a row towards which number of [`Removed`].
#[derive(Clone, Copy)]
enum Part {
    Messages,
    Activity,
    Traces,
}

/// A kind of row that is cleared.
struct Rule {
    part: Part,
    /// How long it is kept.
    keep: &'static Setting,
    table: &'static str,
    /// What tells its rows apart.
    key: &'static str,
    /// Which rows are old: with `:now`, `:uptime` and `:boot`, and `:keep` for how long they are kept.
    condition: &'static str,
}

/// Whether nothing was heard of the agent of a row for as long as things are kept.
macro_rules! gone {
    () => {
        "agent_id IN (SELECT p.agent_id FROM presence p WHERE p.turn = 'ended'
             AND CASE WHEN p.boot <> 0 AND p.boot = :boot THEN :uptime - p.uptime ELSE :now - p.seen_at END >= :keep)"
    };
}

/// Everything that is cleared, in this order: what a row refers to goes after it.
const RULES: [Rule; 11] = [
    Rule {
        part: Part::Messages,
        keep: &RETENTION_MESSAGES,
        table: "message",
        key: "id",
        condition:
            "created_at <= :now - :keep
             AND (boot = 0 OR boot <> :boot OR :uptime - uptime >= :keep)
             AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message_id = message.id AND (
                 d.awaits_ack = 1 OR d.state_at > :now - :keep
                 OR (d.state IN ('queued', 'offered') AND (ttl IS NULL OR created_at + ttl > :now - :keep))))",
    },
    // Looked for among the first only, so that it is seen at once when none is old.
    Rule {
        part: Part::Activity,
        keep: &RETENTION_ACTIVITY,
        table: "activity",
        key: "seq",
        condition: "seq IN (SELECT seq FROM activity ORDER BY seq LIMIT 10 * :limit) AND created_at <= :now - :keep",
    },
    // Nobody asks for changes as old as that.
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "touch",
        key: "path, tree, agent_id",
        condition: "touched_at <= :now - :keep",
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "told",
        key: "agent_id, subject",
        condition: gone!(),
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "lost_lock",
        key: "fence",
        condition: gone!(),
    },
    // An edit renews its lease, and none lasts for a day.
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "lock",
        key: "fence",
        condition: "is_implicit = 1 AND leased_at <= :now - :keep",
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "session",
        key: "id",
        condition: concat!(
            "ended_at <= :now - :keep OR bound_at <= :now - :keep AND ",
            gone!()
        ),
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "append_intent",
        key: "agent_id, tree, path",
        condition: "begun_at <= :now - :keep",
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "policy_call",
        key: "seq",
        condition: "wall <= :now - :keep AND wall <= :now - keep",
    },
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "policy_request",
        key: "id",
        condition: "asked_at <= :now - :keep AND (answered_at IS NULL OR answered_at + ttl <= :now)",
    },
    // Locked files are compared with what they looked like for as long as they are locked.
    Rule {
        part: Part::Traces,
        keep: &RETENTION_ACTIVITY,
        table: "file_state",
        key: "tree, path",
        condition: "seen_at <= :now - :keep
             AND NOT EXISTS (SELECT 1 FROM touch t
                 WHERE t.path = file_state.path AND t.tree = file_state.tree AND t.touched_at > :now - :keep)
             AND NOT EXISTS (SELECT 1 FROM lock l WHERE l.namespace = 'path'
                 AND (l.path = file_state.path OR l.is_directory = 1 OR l.is_pattern = 1))",
    },
];

impl Removed {
    fn count(&mut self, part: Part, rows: usize) {
        *match part {
            Part::Messages => &mut self.messages,
            Part::Activity => &mut self.activity,
            Part::Traces => &mut self.traces,
        } += rows;
    }
}

impl Read<'_> {
    /// How much is older than it is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overdue(&self) -> Result<Removed> {
        let mut overdue = Removed::default();
        for rule in &RULES {
            if let Some(keep) = self.limit_of(rule.keep)? {
                let sql = format!("SELECT count(*) FROM {} WHERE {}", rule.table, rule.condition);
                overdue.count(rule.part, self.old_rows(&sql, keep, i64::from(u32::MAX))?);
            }
        }
        Ok(overdue)
    }

    /// The number that a statement about old rows comes to.
    fn old_rows(&self, sql: &str, keep: i64, limit: i64) -> Result<usize> {
        let mut statement = self.connection.prepare(sql)?;
        let Moment { wall, uptime, boot } = self.world.now;
        for (name, value) in [
            (":now", wall),
            (":uptime", uptime),
            (":boot", boot),
            (":keep", keep),
            (":limit", limit),
        ] {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        if statement.readonly() {
            let count = statement
                .raw_query()
                .next()?
                .map(|row| row.get::<_, i64>(0))
                .transpose()?;
            return Ok(usize::try_from(count.unwrap_or_default()).unwrap_or_default());
        }
        Ok(statement.raw_execute()?)
    }
}

/// Whether a day has passed since everything old was cleared.
fn is_clearing_due(read: &Read<'_>) -> Result<bool> {
    let cleared = read.row(
        "SELECT value FROM meta WHERE key IN (:cleared, 'created_at') ORDER BY key = :cleared DESC",
        named_params! { ":cleared": CLEARED },
        |row| row.get::<_, String>(0),
    )?;
    let cleared = cleared.and_then(|at| at.parse().ok()).unwrap_or_default();
    Ok(is_due(&Moment::at_wall(cleared), &read.world.now))
}

/// Removes at most [`BATCH`] old rows and says how many of what.
fn clear(write: &Write<'_>) -> Result<Removed> {
    let mut removed = Removed::default();
    for rule in &RULES {
        let room = BATCH - removed.total();
        let Some(keep) = write.limit_of(rule.keep)?.filter(|_| room > 0) else {
            continue;
        };
        let Rule {
            table,
            key,
            condition,
            ..
        } = rule;
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT :limit)"
        );
        removed.count(rule.part, write.old_rows(&sql, keep, i64::try_from(room)?)?);
    }
    if removed.total() > 0 {
        let Removed {
            messages,
            activity,
            traces,
        } = removed;
        write.record(Entry {
            event: "store.cleared",
            body: &format!("{messages} messages, {activity} entries, {traces} traces"),
            ..Entry::default()
        })?;
    }
    if removed.total() == 0 {
        write.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [CLEARED, &write.now().to_string()],
        )?;
    }
    Ok(removed)
}

impl Store {
    /// Removes everything that is older than it is kept, little by little.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_old(&mut self, world: &World<'_>) -> Result<Removed> {
        let mut removed = Removed::default();
        loop {
            let batch = self.write_as(Purpose::Hook, world, clear)?;
            removed += batch;
            if batch.total() == 0 {
                return Ok(removed);
            }
            self.fold_log("PASSIVE", super::CHECKPOINT_FROM);
            thread::sleep(PAUSE);
        }
    }

    /// Removes a little of what is old, once a day until nothing is left: nobody calls `gc` by hand.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_a_little(&mut self, world: &World<'_>) -> Result<()> {
        if self.read(world, is_clearing_due)? {
            self.write_as(Purpose::Hook, world, clear)?;
        }
        Ok(())
    }
}
