//! Where the policy in force is asked about a command: after it is known who acts, before anything is done, and in
//! the very transaction in which it is done. What the command then fails with takes back what was counted.
//!
//! The human is not asked about: rules are for those who act as agents.

use anyhow::Result;

use super::Context;
use super::spoken::Spoken;
use crate::domain::agent::OPERATOR;
use crate::domain::policy::Passage;
use crate::error::Refusal;
use crate::identity::{Identity, Source};
use crate::policy::Asked;
use crate::render;
use crate::store::{Asker, Read, Write};

/// What the policy has to know of a command.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// What was typed; nothing where no rule could be about it.
    spoken: Option<Spoken>,
    /// Whether it has passed already. A command that waits acts many times, and is one call.
    has_passed: std::cell::Cell<bool>,
}

impl Gate {
    pub(super) fn new(spoken: Option<Spoken>) -> Self {
        Self {
            spoken,
            ..Self::default()
        }
    }

    /// Notes that what was decided holds, for it was committed.
    pub(super) fn passed(&self) {
        self.has_passed.set(true);
    }

    /// What is to be asked about, if anything still is.
    fn spoken(&self, context: &Context<'_>, me: &Identity) -> Option<&Spoken> {
        let is_agent = context.env.is_agent_shell() || me.source != Source::File && me.id != OPERATOR;
        self.spoken
            .as_ref()
            .filter(|_| is_agent && !self.has_passed.get())
    }

    /// Whether a rule has something to say about a command that only looks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) fn concerns(&self, context: &Context<'_>, read: &Read<'_>, me: &Identity) -> Result<bool> {
        let Some(spoken) = self.spoken(context, me) else {
            return Ok(false);
        };
        let Some(policy) = read.policy()? else {
            return Ok(false);
        };
        let find_paths = || paths(context, spoken);
        let call = Asked::new(spoken.subject(), read.caller(me.kin())?, &find_paths);
        Ok(!call.judged(&policy)?.is_nothing())
    }

    /// Asks the policy, and puts down what it said. A refusal is a value: that it was one stays on record.
    ///
    /// # Errors
    /// When the store cannot be written, or the policy is not understood.
    pub(super) fn ask(
        &self,
        context: &Context<'_>,
        write: &Write<'_>,
        me: &Identity,
    ) -> Result<Option<Refusal>> {
        let Some(spoken) = self.spoken(context, me) else {
            return Ok(None);
        };
        let Some(policy) = write.policy()? else {
            return Ok(None);
        };
        let find_paths = || paths(context, spoken);
        let subject = spoken.subject();
        let call = Asked::new(subject, write.caller(me.kin())?, &find_paths);
        let judgement = call.judged(&policy)?;
        if judgement.is_nothing() {
            return Ok(None);
        }
        let (fingerprint, what) = (subject.fingerprint(), subject.in_words());
        let asker = Asker {
            agent: &me.id,
            caller: call.by(),
            tool: None,
            fingerprint: &fingerprint,
            what: &what,
        };
        if let Some(rule) = judgement.observed {
            write.watch_rule(rule, &asker)?;
        }
        let Some(rule) = judgement.decided else {
            return Ok(None);
        };
        let passage = write.pass_rule(rule, &asker)?;
        if passage == Passage::Passes {
            return Ok(None);
        }
        let said = render::policy::refusal(rule, &passage, &context.env.now());
        let message = format!("`{}`: {}", render::policy::command(&spoken.command), said.message);
        Ok(Some(Refusal::refused(message).hint(said.next)))
    }
}

/// The files of a command, as rules know them.
fn paths(context: &Context<'_>, spoken: &Spoken) -> Vec<String> {
    let paths = spoken.paths.iter();
    paths.map(|path| context.locate(path).key.path).collect()
}
