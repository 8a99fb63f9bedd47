//! Requests: calls that wait for an approval, how they are answered, and how an approval is used up.

use anyhow::Result;
use rusqlite::{Row, params};

use super::Asker;
use crate::domain::agent::{Kin, OPERATOR};
use crate::domain::hindrance::Ruling;
use crate::domain::id::Noun;
use crate::domain::policy::{HUMAN, Passage, Refused, Request, Rule, Standing, Verdict, may_answer};
use crate::domain::time::Moment;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::store::{Entry, Read, Write};

const COLUMNS: &str =
    "r.id, r.agent_id, a.name, a.parent_id, r.rule, r.fingerprint, r.what, r.approvers, r.asked_at,
     r.state, r.answered_by, b.name, r.answered_at, r.uptime, r.boot, r.ttl, r.uses, r.used, r.reason";
const TABLES: &str =
    "policy_request r JOIN agent a ON a.id = r.agent_id LEFT JOIN agent b ON b.id = r.answered_by";

/// An answer to a request.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Who answers.
    pub agent: Kin<'a>,
    /// The agent in whose session the answer is given, whoever it says it is.
    pub session: Option<&'a str>,
    /// Whether it is the human.
    pub is_human: bool,
    /// Whether the call may pass.
    pub is_approved: bool,
    /// How often it may.
    pub uses: u32,
    /// How long the answer holds, in milliseconds.
    pub ttl: i64,
    /// Why.
    pub reason: Option<&'a str>,
}

/// Reads [`COLUMNS`].
fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    let approvers: String = row.get(7)?;
    let (uptime, boot) = (row.get(13)?, row.get(14)?);
    let answered: Option<i64> = row.get(12)?;
    Ok(Request {
        id: row.get(0)?,
        agent: row.get(1)?,
        agent_name: row.get(2)?,
        parent: row.get(3)?,
        rule: row.get(4)?,
        fingerprint: row.get(5)?,
        what: row.get(6)?,
        by: approvers.split(',').map(str::to_owned).collect(),
        asked_at: row.get(8)?,
        verdict: Verdict::parse(&row.get::<_, String>(9)?),
        answerer: row.get(10)?,
        answerer_name: row.get(11)?,
        answered: answered.map(|wall| Moment { wall, uptime, boot }),
        ttl: row.get(15)?,
        uses: row.get(16)?,
        used: row.get(17)?,
        reason: row.get(18)?,
    })
}

impl Read<'_> {
    /// The newest requests first, at most `limit`; only those that wait for an answer unless `answered_too`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn requests(&self, limit: u32, answered_too: bool) -> Result<Vec<Request>> {
        let sql = if answered_too {
            format!("SELECT {COLUMNS} FROM {TABLES} ORDER BY r.asked_at DESC, r.id LIMIT ?1")
        } else {
            format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE r.state = 'open' ORDER BY r.asked_at DESC, r.id LIMIT ?1"
            )
        };
        self.rows(&sql, [limit], request)
    }

    /// The request with this id or unique beginning of one.
    ///
    /// # Errors
    /// [`Refusal`] when there is none or there are several.
    pub fn request(&self, text: &str) -> Result<Request> {
        let id = self.one(Noun::Request, "request", text)?;
        self.request_with_id(&id)
    }

    fn request_with_id(&self, id: &str) -> Result<Request> {
        let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE r.id = ?1");
        let found = self.row(&sql, [id], request)?;
        Ok(found.ok_or_else(|| Refusal::missing("no such request"))?)
    }

    /// How a request stands at this moment.
    #[must_use]
    pub fn standing(&self, request: &Request) -> Standing {
        request.standing(&self.world.now)
    }

    /// The request of this very call that has not been followed by another.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn request_of(&self, agent: &str, rule: &str, fingerprint: &str) -> Result<Option<Request>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLES}
             WHERE r.agent_id = ?1 AND r.rule = ?2 AND r.fingerprint = ?3 AND r.state <> 'over'"
        );
        self.row(&sql, [agent, rule, fingerprint], request)
    }
}

impl Write<'_> {
    /// Lets a call pass that was approved, and uses the approval; else asks for one.
    pub(super) fn pass_approved(&self, rule: &Rule, by: &[String], asker: &Asker<'_>) -> Result<Passage> {
        let known = self.request_of(asker.agent, &rule.name, asker.fingerprint)?;
        if let Some(known) = known {
            match known.standing(&self.world.now) {
                Standing::Usable { .. } => {
                    self.execute(
                        "UPDATE policy_request SET used = used + 1 WHERE id = ?1",
                        [&known.id],
                    )?;
                    let text = format!("{} {}", known.id, asker.what);
                    self.record_ruling("policy.passed", rule, asker, &text)?;
                    return Ok(Passage::Passes);
                }
                Standing::Waiting | Standing::Rejected { .. } => {
                    return Ok(Passage::Waits(Box::new(known)));
                }
                Standing::Spent | Standing::Lapsed => {
                    self.execute(
                        "UPDATE policy_request SET state = 'over' WHERE id = ?1",
                        [&known.id],
                    )?;
                }
            }
        }
        let id = self.new_id(Noun::Request)?;
        self.execute(
            "INSERT INTO policy_request (id, agent_id, rule, fingerprint, what, approvers, asked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                asker.agent,
                rule.name,
                asker.fingerprint,
                asker.what,
                by.join(","),
                self.now()
            ],
        )?;
        let text = format!("{id} {}", asker.what);
        self.record_ruling(Ruling::Requested.event(), rule, asker, &text)?;
        let request = self.request_with_id(&id)?;
        self.tell_approvers(&request)?;
        Ok(Passage::Waits(Box::new(request)))
    }

    /// Tells those who may answer, the human among them, that they are asked.
    fn tell_approvers(&self, request: &Request) -> Result<()> {
        let text = format!(
            "A call waits for an approval ({}, rule {}): {} - agent-sync approve {} lets it pass once, --reject refuses it",
            request.id, request.rule, request.what, request.id
        );
        self.ensure_mentioned(OPERATOR)?;
        self.let_know(&request.agent, OPERATOR, &text)?;
        if request.by.iter().all(|by| by == HUMAN) {
            return Ok(());
        }
        for agent in self.living()? {
            let kin = Kin {
                id: &agent.id,
                parent: agent.parent.as_deref(),
            };
            let may = may_answer(request, kin, agent.role.as_deref(), false).is_ok();
            if may && agent.id != OPERATOR {
                self.let_know(&request.agent, &agent.id, &text)?;
            }
        }
        Ok(())
    }

    /// Answers a request, and tells whoever asked. One that is answered so already stays as it is, as long as the
    /// answer holds.
    ///
    /// # Errors
    /// [`Refusal`] when there is no such request, or it is not theirs to answer.
    pub fn answer_request(&self, text: &str, answer: &Answer<'_>) -> Result<Request> {
        let request = self.request(text)?;
        self.require_answerer(&request, answer)?;
        match request.standing(&self.world.now) {
            Standing::Usable { .. } if answer.is_approved => return Ok(request),
            Standing::Rejected { .. } if !answer.is_approved => return Ok(request),
            _ if request.verdict == Verdict::Over => {
                return Err(Refusal::refused(format!(
                    "{} is over: the same call was made again after it",
                    clean(&request.id, Field::Name)
                ))
                .hint("agent-sync approve list")
                .into());
            }
            _ => {}
        }
        let verdict = if answer.is_approved {
            Verdict::Approved
        } else {
            Verdict::Rejected
        };
        let uses = if answer.is_approved { answer.uses } else { 0 };
        let Moment { wall, uptime, boot } = self.world.now;
        self.execute(
            "UPDATE policy_request SET state = ?2, answered_by = ?3, answered_at = ?4, uptime = ?5, boot = ?6, ttl = ?7,
                 uses = ?8, used = 0, reason = ?9 WHERE id = ?1",
            params![
                request.id,
                verdict.as_str(),
                answer.agent.id,
                wall,
                uptime,
                boot,
                answer.ttl,
                uses,
                answer.reason
            ],
        )?;
        let event = if answer.is_approved {
            "policy.approved"
        } else {
            "policy.rejected"
        };
        self.record(Entry {
            agent: Some(answer.agent.id),
            event,
            body: &format!("{}: {} of {}", request.rule, request.id, request.agent),
            ..Entry::default()
        })?;
        let request = self.request_with_id(&request.id)?;
        self.let_know_until(
            answer.agent.id,
            &request.agent,
            &request.answer_in_words(),
            answer.ttl,
        )?;
        Ok(request)
    }

    fn require_answerer(&self, request: &Request, answer: &Answer<'_>) -> Result<()> {
        let role = self.agent(answer.agent.id)?.and_then(|agent| agent.role);
        let of_session = answer.session.map(|id| Kin { id, parent: None });
        let may = may_answer(request, answer.agent, role.as_deref(), answer.is_human).and_then(|()| {
            // Whatever name it takes for a command, a session stays who it is.
            of_session.map_or(Ok(()), |session| {
                may_answer(request, session, role.as_deref(), answer.is_human)
            })
        });
        let id = clean(&request.id, Field::Name);
        let by = clean(&request.approvers_in_words(), Field::Path);
        match may {
            Ok(()) if answer.is_human => Ok(()),
            Ok(()) => self.require_above(answer.agent.id, &request.agent),
            Err(Refused::Own) => Err(Refusal::refused(format!(
                "{id} is of your own session, and nobody answers its own requests"
            ))
            .hint(format!("it waits for {by}; go on with something else meanwhile"))
            .into()),
            Err(Refused::Role) => Err(Refusal::refused(format!("{id} is answered by {by}"))
                .hint("`agent-sync agent list` shows who is here in which role")
                .into()),
        }
    }
}
