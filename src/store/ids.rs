//! New ids, and ids shortened to a prefix.

use anyhow::Result;
use rusqlite::Statement;

use super::{Read, Write};
use crate::domain::id::Noun;

/// Ids that a shortened one may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matching {
    /// Exactly this.
    One(String),
    /// None.
    None,
    /// Several.
    Several(Vec<String>),
}

impl Read<'_> {
    /// Ids of `noun` that begin with `text`, where `text` may leave the prefix (`task-`) out.
    pub(super) fn matching_ids(&self, noun: Noun, text: &str) -> Result<Matching> {
        let sql = match noun {
            Noun::Task => "SELECT id FROM task WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Message => "SELECT id FROM message WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Decision => "SELECT id FROM decision WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Activity => "SELECT id FROM activity WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Vote => "SELECT id FROM vote WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Request => "SELECT id FROM policy_request WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
            Noun::Plan => "SELECT id FROM plan WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 6",
        };
        for begin in [text.to_owned(), format!("{}-{text}", noun.prefix())] {
            if begin.is_empty() || begin.len() > 64 {
                continue;
            }
            let after = format!("{begin}\u{10ffff}");
            let mut found: Vec<String> = self.rows(sql, [&begin, &after], |row| row.get(0))?;
            if found.contains(&begin) {
                return Ok(Matching::One(begin));
            }
            match found.len() {
                0 => {}
                1 => return Ok(Matching::One(found.remove(0))),
                _ => return Ok(Matching::Several(found)),
            }
        }
        Ok(Matching::None)
    }
}

/// Ids that nothing has yet, one after another.
pub(super) struct NewIds<'a> {
    noun: Noun,
    random: Statement<'a>,
    taken: Statement<'a>,
}

impl NewIds<'_> {
    /// The next one.
    pub(super) fn next(&mut self) -> Result<String> {
        loop {
            let random: [u8; 5] = self.random.query_row([], |row| row.get(0))?;
            let id = self.noun.id(random);
            if !self.taken.exists([&id])? {
                return Ok(id);
            }
        }
    }
}

impl Write<'_> {
    /// An id that nothing has yet.
    pub(super) fn new_id(&self, noun: Noun) -> Result<String> {
        self.new_ids(noun)?.next()
    }

    /// Many ids of one kind.
    pub(super) fn new_ids(&self, noun: Noun) -> Result<NewIds<'_>> {
        let taken = match noun {
            Noun::Task => "SELECT 1 FROM task WHERE id = ?1",
            Noun::Message => "SELECT 1 FROM message WHERE id = ?1",
            Noun::Decision => "SELECT 1 FROM decision WHERE id = ?1",
            Noun::Activity => "SELECT 1 FROM activity WHERE id = ?1",
            Noun::Vote => "SELECT 1 FROM vote WHERE id = ?1",
            Noun::Request => "SELECT 1 FROM policy_request WHERE id = ?1",
            Noun::Plan => "SELECT 1 FROM plan WHERE id = ?1",
        };
        Ok(NewIds {
            noun,
            random: self.connection.prepare("SELECT randomblob(5)")?,
            taken: self.connection.prepare(taken)?,
        })
    }
}
