//! What an agent should know at a glance, read in one snapshot.

use anyhow::Result;

use super::Read;
use crate::domain::agent::OPERATOR;
use crate::domain::overview::Overview;

/// How many decisions an overview holds.
const DECISIONS: u32 = 10;

impl Read<'_> {
    /// The state of the repository as agent `me` needs it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn overview(&self, me: &str) -> Result<Overview> {
        let mut others = self.living()?;
        others.retain(|agent| agent.id != me && agent.id != OPERATOR);
        Ok(Overview {
            me: self.agent(me)?,
            others,
            locks: self.locks(false)?,
            tasks: self.open_tasks()?,
            decisions: self.decisions(DECISIONS, false)?,
            unread: self.unread_count(me)?,
        })
    }
}
