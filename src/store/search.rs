//! Finding messages, decisions and tasks by their words.
//!
//! The index is kept by triggers (migration 5), not by those who write; here it is only asked. It knows words,
//! not texts, so what is shown of a find is read where it lies.

use anyhow::Result;
use rusqlite::params;

use super::Read;
use crate::domain::agent::OPERATOR;
use crate::domain::search::{Found, Hit, Kind, excerpt, expression};

impl Read<'_> {
    /// What holds all these words, the best first and of equals the newest, at most `limit`, optionally of one
    /// kind. A message is found by its sender, its recipients and the human alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn search(&self, reader: &str, words: &[&str], kind: Option<Kind>, limit: u32) -> Result<Found> {
        let Some(expression) = expression(words) else {
            return Ok(Found::default());
        };
        // A word in a title says more than one in a text.
        let places: Vec<(String, String, u32)> = self.rows(
            "WITH find (number, badness) AS MATERIALIZED (
                 SELECT rowid, bm25(search_words, 4.0, 1.0) FROM search_words WHERE search_words MATCH ?1)
             SELECT d.kind, d.id, count(*) OVER ()
             FROM find f JOIN search_document d ON d.number = f.number
             LEFT JOIN message m ON d.kind = 'message' AND m.id = d.id
             LEFT JOIN decision c ON d.kind = 'decision' AND c.id = d.id
             LEFT JOIN task t ON d.kind = 'task' AND t.id = d.id
             WHERE (?2 IS NULL OR d.kind = ?2) AND (d.kind <> 'message' OR ?3 = ?4 OR m.sender_id = ?3
                 OR EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = d.id AND r.agent_id = ?3))
             ORDER BY f.badness, coalesce(m.created_at, c.created_at, t.created_at) DESC, d.id LIMIT ?5",
            params![expression, kind.map(Kind::as_str), reader, OPERATOR, limit],
            |row| {
                let (kind, id, total) = (row.get::<_, String>(0)?, row.get(1)?, row.get(2)?);
                Ok((kind, id, total))
            },
        )?;
        let mut found = Found::default();
        for (kind, id, total) in places {
            found.total = usize::try_from(total).unwrap_or(usize::MAX);
            if let Some(kind) = Kind::parse(&kind) {
                found.hits.extend(self.hit(kind, &id, words)?);
            }
        }
        Ok(found)
    }

    /// What is shown of a find.
    fn hit(&self, kind: Kind, id: &str, words: &[&str]) -> Result<Option<Hit>> {
        let sql = match kind {
            Kind::Message => {
                "SELECT '', m.body, m.sender_id, a.name, m.created_at
                 FROM message m LEFT JOIN agent a ON a.id = m.sender_id WHERE m.id = ?1"
            }
            Kind::Decision => {
                "SELECT '', d.body, d.agent_id, a.name, d.created_at
                 FROM decision d LEFT JOIN agent a ON a.id = d.agent_id WHERE d.id = ?1"
            }
            Kind::Task => {
                "SELECT s.title, s.body, t.created_by, a.name, t.created_at
                 FROM search_task s JOIN task t ON t.id = s.id LEFT JOIN agent a ON a.id = t.created_by
                 WHERE s.id = ?1"
            }
        };
        self.row(sql, [id], |row| {
            let title: String = row.get(0)?;
            let body: String = row.get(1)?;
            Ok(Hit {
                kind,
                title: (!title.is_empty()).then_some(title),
                excerpt: excerpt(&body, words),
                agent: row.get(2)?,
                agent_name: row.get(3)?,
                created_at: row.get(4)?,
                id: id.to_owned(),
            })
        })
    }
}
