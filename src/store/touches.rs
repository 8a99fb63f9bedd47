//! Who changed which file last, and who has been told of it.

use anyhow::Result;
use rusqlite::{Row, params};

use super::agents::{SIGHTING, sighting};
use super::{Entry, Read, Write};
use crate::domain::awareness::{Peer, Told, Touch, told_of_file};
use crate::domain::lock::PathKey;
use crate::domain::presence::{Presence, World};

/// How many changes are looked at in one go; more could never be told in one go.
const MOST: u32 = 40;

/// A change that is to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewTouch<'a> {
    /// Who made it.
    pub agent: &'a str,
    /// The file.
    pub file: &'a PathKey,
    /// The client's tool.
    pub tool: &'a str,
    /// Lines added and removed, where that is known.
    pub lines: Option<(i64, i64)>,
}

const COLUMNS: &str = "t.tree, t.path, t.change, t.touched_at, t.added, t.removed, v.tool, t.agent_id,
     coalesce(a.name, t.agent_id), a.parent_id, k.id, k.title";
/// What a touch `t` is joined with.
const JOINS: &str = "JOIN agent a ON a.id = t.agent_id LEFT JOIN presence p ON p.agent_id = t.agent_id
     LEFT JOIN activity v ON v.seq = t.change LEFT JOIN task k ON k.id = t.task_id";

/// Agents whose presence was found out already: many changes are of few agents, and each look is at a process.
type Seen = Vec<(String, Presence)>;

fn touch(row: &Row<'_>, world: &World<'_>, seen: &mut Seen) -> rusqlite::Result<Touch> {
    let tool: Option<String> = row.get(6)?;
    let added: Option<i64> = row.get(4)?;
    let removed: Option<i64> = row.get(5)?;
    Ok(Touch {
        key: PathKey {
            tree: row.get(0)?,
            path: row.get(1)?,
        },
        change: row.get(2)?,
        touched_at: row.get(3)?,
        lines: added.zip(removed),
        is_shell: tool.as_deref() == Some("Bash"),
        peer: peer(row, 7, world, seen)?,
    })
}

/// Reads id, name, parent, the task's id and title, and the columns of [`SIGHTING`], from column `at` on.
pub(super) fn peer(row: &Row<'_>, at: usize, world: &World<'_>, seen: &mut Seen) -> rusqlite::Result<Peer> {
    let id: String = row.get(at)?;
    let task: Option<String> = row.get(at + 3)?;
    let title: Option<String> = row.get(at + 4)?;
    let known = seen.iter().find(|(other, _)| *other == id);
    let presence = if let Some((_, presence)) = known {
        *presence
    } else {
        let presence = world.presence(&sighting(row, at + 5)?);
        seen.push((id.clone(), presence));
        presence
    };
    Ok(Peer {
        id,
        name: row.get(at + 1)?,
        parent: row.get(at + 2)?,
        task: task.zip(title),
        presence,
    })
}

impl Read<'_> {
    /// The last change of each agent to this path in every checkout, the newest first, none from before
    /// `since` (milliseconds since the epoch); nothing where nobody but `agent` has changed it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn touches(&self, agent: &str, path: &str, since: i64) -> Result<Vec<Touch>> {
        let has_others = self.any(
            "SELECT 1 FROM touch WHERE path = ?1 AND touched_at >= ?2 AND agent_id <> ?3",
            params![path, since, agent],
        )?;
        if !has_others {
            return Ok(Vec::new());
        }
        let mut seen = Seen::new();
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM touch t {JOINS}
             WHERE t.path = ?1 AND t.touched_at >= ?2 ORDER BY t.change DESC LIMIT {MOST}"
        );
        self.rows(&sql, params![path, since], |row| {
            touch(row, self.world, &mut seen)
        })
    }

    /// The change with this number, if it is still the last one that its agent made to the file.
    pub(super) fn touch_of(&self, file: &PathKey, change: i64) -> Result<Option<Touch>> {
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM touch t {JOINS}
             WHERE t.path = ?1 AND t.tree = ?2 AND t.change = ?3"
        );
        self.row(&sql, params![file.path, file.tree, change], |row| {
            touch(row, self.world, &mut Seen::new())
        })
    }

    /// The newest changes that anybody made in a checkout since `since`, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn touches_in(&self, tree: &str, since: i64, limit: u32) -> Result<Vec<Touch>> {
        let mut seen = Seen::new();
        let sql = format!(
            "SELECT {COLUMNS}, {SIGHTING} FROM touch t {JOINS}
             WHERE t.tree = ?1 AND t.touched_at >= ?2 ORDER BY t.touched_at DESC LIMIT ?3"
        );
        self.rows(&sql, params![tree, since, limit], |row| {
            touch(row, self.world, &mut seen)
        })
    }

    /// Which files of a checkout were changed since `since`, by whose id and when, the newest first, of the newest
    /// `limit` changes those of agents that have not said goodbye. Found by indexes alone, because it is asked around
    /// every shell command.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn touched_in(&self, tree: &str, since: i64, limit: u32) -> Result<Vec<(PathKey, String, i64)>> {
        self.rows(
            "SELECT newest.path, newest.agent_id, newest.touched_at
             FROM (SELECT path, agent_id, touched_at FROM touch
                 WHERE tree = ?1 AND touched_at >= ?2 ORDER BY touched_at DESC LIMIT ?3) newest
             JOIN presence p ON p.agent_id = newest.agent_id AND p.turn IN ('active', 'idle')
             ORDER BY newest.touched_at DESC",
            params![tree, since, limit],
            |row| {
                let key = PathKey {
                    tree: tree.to_owned(),
                    path: row.get(0)?,
                };
                Ok((key, row.get(1)?, row.get(2)?))
            },
        )
    }

    /// Changes of others to files that `agent` changed, is editing or has locked, which came after its own and
    /// of which it has not been told; the newest first, none from before `since`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overtaken(&self, agent: &str, since: i64) -> Result<Vec<Touch>> {
        let mut seen = Seen::new();
        // Mostly nobody has changed what the agent changed or holds. The plus keeps SQLite from taking all locks on
        // paths for fewer than those of one agent.
        let may_be_overtaken = self.any(
            "SELECT 1 FROM touch m JOIN touch o ON o.path = m.path AND o.tree = m.tree AND o.change > m.change
             WHERE m.agent_id = ?1 AND m.touched_at >= ?2
             UNION ALL
             SELECT 1 FROM lock l JOIN touch o ON o.path = l.path AND o.tree = l.tree AND o.agent_id <> ?1
             WHERE l.agent_id = ?1 AND +l.namespace = 'path'
             UNION ALL
             SELECT 1 FROM lock WHERE agent_id = ?1 AND is_directory = 1 LIMIT 1",
            params![agent, since],
        )?;
        if !may_be_overtaken {
            return Ok(Vec::new());
        }
        let sql = format!(
            "WITH other (path, tree, agent_id) AS (
                 SELECT o.path, o.tree, o.agent_id
                 FROM touch m JOIN touch o ON o.path = m.path AND o.tree = m.tree AND o.change > m.change
                 WHERE m.agent_id = ?1 AND m.touched_at >= ?2
                 UNION
                 SELECT o.path, o.tree, o.agent_id
                 FROM lock l JOIN touch o ON o.path = l.path AND o.tree = l.tree AND o.touched_at >= l.acquired_at
                 WHERE l.agent_id = ?1 AND +l.namespace = 'path'
                 UNION
                 SELECT o.path, o.tree, o.agent_id
                 FROM lock l JOIN touch o ON o.tree = l.tree AND o.touched_at >= l.acquired_at
                 WHERE l.agent_id = ?1 AND +l.namespace = 'path' AND l.is_directory = 1
                   AND (l.path = '.' OR (o.path > l.path || '/' AND o.path < l.path || '0'))
             )
             SELECT {COLUMNS}, {SIGHTING}
             FROM other o JOIN touch t ON t.path = o.path AND t.tree = o.tree AND t.agent_id = o.agent_id {JOINS}
             WHERE t.agent_id <> ?1 AND t.touched_at >= ?2
               AND t.change > coalesce((SELECT m.change FROM touch m
                   WHERE m.path = t.path AND m.tree = t.tree AND m.agent_id = ?1), 0)
               AND t.change > coalesce((SELECT d.mark FROM told d
                   WHERE d.agent_id = ?1 AND d.subject = 'edit:' || t.tree || ':' || t.path), 0)
             ORDER BY t.change DESC LIMIT {MOST}"
        );
        self.rows(&sql, params![agent, since], |row| {
            touch(row, self.world, &mut seen)
        })
    }

    /// How far the agent has been told of each of these subjects.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn told<'s>(&self, agent: &str, subjects: impl Iterator<Item = &'s str>) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for subject in subjects {
            let mark = self.row(
                "SELECT mark FROM told WHERE agent_id = ?1 AND subject = ?2",
                [agent, subject],
                |row| row.get(0),
            )?;
            told.extend(mark.map(|mark| Told {
                subject: subject.to_owned(),
                mark,
            }));
        }
        Ok(told)
    }
}

impl Write<'_> {
    /// Records a change and returns its number. Lines add up until somebody else changes the file.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn touch(&self, new: &NewTouch<'_>) -> Result<i64> {
        let PathKey { tree, path } = new.file;
        self.record(Entry {
            agent: Some(new.agent),
            event: "edit",
            body: &format!("{} {path}", new.tool),
            tool: Some(new.tool),
            place: Some((tree, path)),
        })?;
        let change = self.connection.last_insert_rowid();
        let (added, removed) = new.lines.unzip();
        self.execute(
            "INSERT INTO touch (path, tree, agent_id, change, touched_at, added, removed, task_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (SELECT current_task_id FROM agent WHERE id = ?3))
             ON CONFLICT (path, tree, agent_id) DO UPDATE SET
                 added = excluded.added + CASE WHEN EXISTS (SELECT 1 FROM touch o
                     WHERE o.path = ?1 AND o.tree = ?2 AND o.change > touch.change) THEN 0 ELSE added END,
                 removed = excluded.removed + CASE WHEN EXISTS (SELECT 1 FROM touch o
                     WHERE o.path = ?1 AND o.tree = ?2 AND o.change > touch.change) THEN 0 ELSE removed END,
                 change = excluded.change, touched_at = excluded.touched_at, task_id = excluded.task_id",
            params![path, tree, new.agent, change, self.now(), added, removed],
        )?;
        Ok(change)
    }

    /// Notes that the agent has been told of these things.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn tell(&self, agent: &str, told: &[Told]) -> Result<()> {
        for Told { subject, mark } in told {
            self.execute(
                "INSERT INTO told (agent_id, subject, mark) VALUES (?1, ?2, ?3)
                 ON CONFLICT (agent_id, subject) DO UPDATE SET mark = max(mark, excluded.mark)",
                params![agent, subject, mark],
            )?;
            if let Some((tree, path)) = told_of_file(subject) {
                self.record(Entry {
                    agent: Some(agent),
                    event: "edit.told",
                    body: "told of others' work",
                    tool: None,
                    place: Some((tree, path)),
                })?;
            }
        }
        Ok(())
    }
}
