//! The log of decisions.

use anyhow::Result;
use rusqlite::{Row, params};

use super::ids::Matching;
use super::{Entry, Read, Write};
use crate::domain::decision::Decision;
use crate::domain::id::Noun;
use crate::error::Refusal;

const COLUMNS: &str = "d.id, d.agent_id, coalesce(g.name, d.agent_id), d.body, d.created_at, d.superseded_by";

fn decision(row: &Row<'_>) -> rusqlite::Result<Decision> {
    Ok(Decision {
        id: row.get(0)?,
        agent: row.get(1)?,
        agent_name: row.get(2)?,
        body: row.get(3)?,
        created_at: row.get(4)?,
        superseded_by: row.get(5)?,
    })
}

impl Read<'_> {
    /// The newest decisions first, at most `limit`; those that were superseded only on request.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn decisions(&self, limit: u32, superseded_too: bool) -> Result<Vec<Decision>> {
        self.rows(
            &format!(
                "SELECT {COLUMNS} FROM decision d LEFT JOIN agent g ON g.id = d.agent_id
                 WHERE ?2 OR d.superseded_by IS NULL ORDER BY d.created_at DESC, d.id LIMIT ?1"
            ),
            params![limit, superseded_too],
            decision,
        )
    }

    /// The decision with this id or unique beginning of one.
    ///
    /// # Errors
    /// [`Refusal`] when there is none or there are several.
    pub fn decision(&self, text: &str) -> Result<Decision> {
        let id = self.one(Noun::Decision, "decision", text)?;
        self.row(
            &format!(
                "SELECT {COLUMNS} FROM decision d LEFT JOIN agent g ON g.id = d.agent_id WHERE d.id = ?1"
            ),
            [id],
            decision,
        )?
        .ok_or_else(|| Refusal::missing("no such decision").into())
    }

    /// The one id of `noun` that `text` stands for.
    ///
    /// # Errors
    /// [`Refusal`] when there is none or there are several.
    pub(super) fn one(&self, noun: Noun, word: &str, text: &str) -> Result<String> {
        let shown = crate::frame::clean(text, crate::frame::Field::Title);
        match self.matching_ids(noun, text)? {
            Matching::One(id) => Ok(id),
            Matching::None => Err(Refusal::missing(format!("no {word} '{shown}'"))
                .hint(match noun {
                    Noun::Message => "`agent-sync inbox --all` shows yours".to_owned(),
                    _ => format!("`agent-sync {word} list` shows them"),
                })
                .into()),
            Matching::Several(ids) => {
                Err(Refusal::usage(format!("'{shown}' begins several ids: {}", ids.join(", "))).into())
            }
        }
    }
}

impl Write<'_> {
    /// Records a decision, optionally in place of an older one, and returns its id.
    ///
    /// # Errors
    /// [`Refusal`] when the older one does not exist or was superseded already.
    pub fn decide(&self, agent: &str, body: &str, supersedes: Option<&str>) -> Result<String> {
        let old = supersedes.map(|text| self.decision(text)).transpose()?;
        if let Some(newer) = old.as_ref().and_then(|old| old.superseded_by.as_deref()) {
            return Err(
                Refusal::refused(format!("that decision was already superseded by {newer}"))
                    .hint(format!("agent-sync decision show {newer}"))
                    .into(),
            );
        }
        let id = self.new_id(Noun::Decision)?;
        self.execute(
            "INSERT INTO decision (id, agent_id, body, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![id, agent, body, self.now()],
        )?;
        if let Some(old) = old {
            self.execute(
                "UPDATE decision SET superseded_by = ?1 WHERE id = ?2",
                [&id, &old.id],
            )?;
            self.record(Entry {
                agent: Some(agent),
                event: "decision.superseded",
                body: &format!("{} by {id}", old.id),
                ..Entry::default()
            })?;
        }
        self.record(Entry {
            agent: Some(agent),
            event: "decision.recorded",
            body: &id,
            ..Entry::default()
        })?;
        Ok(id)
    }
}
