//! New ids, and ids shortened to a prefix.

use anyhow::Result;

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

impl Write<'_> {
    /// An id that nothing has yet.
    pub(super) fn new_id(&self, noun: Noun) -> Result<String> {
        let taken = match noun {
            Noun::Task => "SELECT 1 FROM task WHERE id = ?1",
            Noun::Message => "SELECT 1 FROM message WHERE id = ?1",
            Noun::Decision => "SELECT 1 FROM decision WHERE id = ?1",
            Noun::Activity => "SELECT 1 FROM activity WHERE id = ?1",
        };
        loop {
            let random: [u8; 5] = self
                .connection
                .query_row("SELECT randomblob(5)", [], |row| row.get(0))?;
            let id = noun.id(random);
            if self.row(taken, [&id], |_| Ok(()))?.is_none() {
                return Ok(id);
            }
        }
    }
}
