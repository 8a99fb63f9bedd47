//! The policy in force, the record of what it did, and the calls that passed under its limits.
//!
//! Whether a limited or approved call passes is decided in the transaction that counts it, so that it holds for all
//! processes together.

mod requests;

use anyhow::{Context as _, Result};
use rusqlite::params;

use super::activity::activity;
use super::{Entry, Read, Write};
use crate::domain::activity::Activity;
use crate::domain::agent::Kin;
use crate::domain::hindrance::Ruling;
use crate::domain::policy::{Caller, Effect, InForce, Limit, OBSERVED, Passage, Policy, Rule};
use crate::domain::time::{MINUTE, Moment};
use crate::error::Refusal;

pub use requests::Answer;

/// For how long beyond its window a call is kept, in milliseconds: some caller may have read its clock a while ago.
const GRACE: i64 = MINUTE;

/// A policy to be put in force.
#[derive(Debug, Clone, Copy)]
pub struct NewPolicy<'a> {
    /// Its rules.
    pub policy: &'a Policy,
    /// The SHA-256 of the file, in hexadecimal.
    pub hash: &'a str,
    /// The file.
    pub source: &'a str,
}

/// Who calls what.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Whose call it is.
    pub agent: &'a str,
    /// The same as rules see it.
    pub caller: &'a Caller,
    /// The client's tool, if it is one.
    pub tool: Option<&'a str>,
    /// Names the call with its whole input.
    pub fingerprint: &'a str,
    /// The call in a line.
    pub what: &'a str,
}

impl Read<'_> {
    /// The rules in force, if there are any. Every call of a tool asks this.
    ///
    /// # Errors
    /// When the store cannot be read, or holds rules that this program does not understand.
    pub fn policy(&self) -> Result<Option<Policy>> {
        let compiled: Option<String> =
            self.row("SELECT compiled FROM policy WHERE id = 1", [], |row| row.get(0))?;
        compiled.map(|compiled| understood(&compiled)).transpose()
    }

    /// Who an agent is to the rules: its session and that session's role stand behind it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn caller(&self, kin: Kin<'_>) -> Result<Caller> {
        let mut caller = Caller::default();
        let (mut id, mut above) = (kin.id.to_owned(), kin.parent.map(str::to_owned));
        loop {
            let known = self.agent(&id)?;
            if let Some(agent) = known {
                caller.names.push(agent.name);
                let role = agent.role.map(|role| role.trim().to_lowercase());
                caller.role = caller.role.or(role.filter(|role| !role.is_empty()));
                above = above.or(agent.parent);
            }
            caller.names.push(id.clone());
            match above.take() {
                Some(parent) if !caller.names.contains(&parent) => id = parent,
                _ => break,
            }
        }
        caller.session = id;
        Ok(caller)
    }

    /// The policy in force with all that is known of it.
    ///
    /// # Errors
    /// When the store cannot be read, or holds rules that this program does not understand.
    pub fn policy_in_force(&self) -> Result<Option<InForce>> {
        let found: Option<(String, InForce)> = self.row(
            "SELECT p.compiled, p.hash, p.source, p.applied_by, a.name, p.applied_at
             FROM policy p JOIN agent a ON a.id = p.applied_by WHERE p.id = 1",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    InForce {
                        policy: Policy::empty(),
                        hash: row.get(1)?,
                        source: row.get(2)?,
                        applied_by: row.get(3)?,
                        applied_by_name: row.get(4)?,
                        applied_at: row.get(5)?,
                    },
                ))
            },
        )?;
        found
            .map(|(compiled, bare)| {
                Ok(InForce {
                    policy: understood(&compiled)?,
                    ..bare
                })
            })
            .transpose()
    }

    /// What policies did and what was done about them, the newest first, at most `limit`: since a moment in
    /// milliseconds since the epoch, and of one rule, if asked for.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn policy_log(&self, limit: u32, since: Option<i64>, rule: Option<&str>) -> Result<Vec<Activity>> {
        self.rows(
            "SELECT a.id, a.agent_id, g.name, a.event, a.body, a.tool, a.path, a.created_at
             FROM activity a LEFT JOIN agent g ON g.id = a.agent_id
             WHERE a.event GLOB 'policy.*' AND (?2 IS NULL OR a.created_at >= ?2)
               AND (?3 IS NULL OR substr(a.body, 1, length(?3) + 2) = ?3 || ': ')
             ORDER BY a.seq DESC LIMIT ?1",
            params![limit, since, rule],
            activity,
        )
    }

    /// How long until another call may pass under a limit, in milliseconds; 0 if it may now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn limit_free_in(&self, limit: Limit, bucket: &str) -> Result<i64> {
        let passed = self.rows(
            "SELECT wall, uptime, boot FROM policy_call WHERE bucket = ?1",
            [bucket],
            |row| {
                Ok(Moment {
                    wall: row.get(0)?,
                    uptime: row.get(1)?,
                    boot: row.get(2)?,
                })
            },
        )?;
        Ok(limit.free_in(&passed, &self.world.now))
    }
}

fn understood(compiled: &str) -> Result<Policy> {
    serde_json::from_str(compiled)
        .context("the policy in force is not understood; a newer agent-sync applied it")
}

impl Write<'_> {
    /// Puts a policy in force in the place of the one with the hash `instead_of`, if there is one. What is in force
    /// already stays as it is; says whether anything changed.
    ///
    /// # Errors
    /// [`Refusal`] when another one than that is in force by now.
    pub fn apply_policy(&self, agent: &str, new: &NewPolicy<'_>, instead_of: Option<&str>) -> Result<bool> {
        let hash = self.policy_hash()?;
        if hash.as_deref() == Some(new.hash) {
            return Ok(false);
        }
        require_same(hash.as_deref(), instead_of)?;
        self.execute(
            "INSERT INTO policy (id, hash, source, compiled, applied_by, applied_at) VALUES (1, ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, source = excluded.source,
                 compiled = excluded.compiled, applied_by = excluded.applied_by, applied_at = excluded.applied_at",
            params![
                new.hash,
                new.source,
                serde_json::to_string(new.policy)?,
                agent,
                self.now()
            ],
        )?;
        self.record(Entry {
            agent: Some(agent),
            event: "policy.applied",
            body: &format!("{} {} rules", new.hash, new.policy.rules.len()),
            ..Entry::default()
        })?;
        Ok(true)
    }

    /// Takes the policy with the hash `instead_of` out of force; says whether there was one.
    ///
    /// # Errors
    /// [`Refusal`] when another one than that is in force by now.
    pub fn remove_policy(&self, agent: &str, instead_of: Option<&str>) -> Result<bool> {
        let Some(hash) = self.policy_hash()? else {
            return Ok(false);
        };
        require_same(Some(&hash), instead_of)?;
        self.execute("DELETE FROM policy WHERE id = 1", [])?;
        self.record(Entry {
            agent: Some(agent),
            event: "policy.removed",
            body: &hash,
            ..Entry::default()
        })?;
        Ok(true)
    }

    fn policy_hash(&self) -> Result<Option<String>> {
        self.row("SELECT hash FROM policy WHERE id = 1", [], |row| row.get(0))
    }

    /// Decides what becomes of a call that a rule is about, counts it where it passes, and puts down where it does
    /// not.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn pass_rule(&self, rule: &Rule, asker: &Asker<'_>) -> Result<Passage> {
        let passage = match &rule.effect {
            Effect::Allow => Passage::Passes,
            Effect::Deny => Passage::Denied,
            Effect::Ask => Passage::Asked,
            Effect::Limit { limit, per } => {
                let free_in = self.count_call(*limit, &rule.bucket(*per, asker.caller))?;
                if free_in == 0 {
                    Passage::Passes
                } else {
                    Passage::Limited(free_in)
                }
            }
            Effect::Approve { by } => return self.pass_approved(rule, by, asker),
        };
        let ruling = match passage {
            Passage::Passes | Passage::Unasked | Passage::Waits(_) => return Ok(passage),
            Passage::Denied => Ruling::Denied,
            Passage::Asked => Ruling::Asked,
            Passage::Limited(_) => Ruling::Limited,
        };
        self.record_ruling(ruling.event(), rule, asker, asker.what)?;
        Ok(passage)
    }

    /// Puts down what a rule that only watches would have done; a call that it would have let pass is counted.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn watch_rule(&self, rule: &Rule, asker: &Asker<'_>) -> Result<()> {
        let would_pass = match &rule.effect {
            Effect::Allow => true,
            Effect::Limit { limit, per } => self.count_call(*limit, &rule.bucket(*per, asker.caller))? == 0,
            Effect::Deny | Effect::Ask | Effect::Approve { .. } => false,
        };
        if would_pass {
            return Ok(());
        }
        let body = format!("would {}: {}", rule.effect.as_str(), asker.what);
        self.record_ruling(OBSERVED, rule, asker, &body)
    }

    /// Counts a call if it may pass now; else says in how many milliseconds one may.
    fn count_call(&self, limit: Limit, bucket: &str) -> Result<i64> {
        let free_in = self.limit_free_in(limit, bucket)?;
        if free_in > 0 {
            return Ok(free_in);
        }
        let Moment { wall, uptime, boot } = self.world.now;
        self.execute(
            "DELETE FROM policy_call WHERE bucket = ?1
               AND CASE WHEN boot <> 0 AND boot = ?4 THEN ?3 - uptime ELSE abs(?2 - wall) END >= max(keep, ?5)",
            params![bucket, wall, uptime, boot, limit.window.saturating_add(GRACE)],
        )?;
        self.execute(
            "INSERT INTO policy_call (bucket, wall, uptime, boot, keep) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![bucket, wall, uptime, boot, limit.window.saturating_add(GRACE)],
        )?;
        Ok(0)
    }

    /// Puts down what a rule did: the name of the rule comes first.
    fn record_ruling(&self, event: &str, rule: &Rule, asker: &Asker<'_>, text: &str) -> Result<()> {
        self.record(Entry {
            agent: Some(asker.agent),
            event,
            body: &format!("{}: {text}", rule.name),
            tool: asker.tool,
            place: None,
        })?;
        Ok(())
    }
}

fn require_same(hash: Option<&str>, expected: Option<&str>) -> Result<()> {
    if hash == expected {
        return Ok(());
    }
    Err(
        Refusal::refused("somebody else has changed the policy meanwhile; nothing was changed")
            .hint("look at the difference again: run the same command once more")
            .into(),
    )
}
