//! Whose files these are: the facts for the rule in `domain::commit`, looked up path by path.

use anyhow::Result;
use rusqlite::params;

use super::Read;
use crate::domain::awareness::RECENT;
use crate::domain::commit::{Family, Foreign, claim};
use crate::domain::lock::{EVERYWHERE, Key, Lock, PathKey};

impl Read<'_> {
    /// Those of these files that another agent outside `family` has locked or was the last to change. Changes
    /// of more than a day ago count for nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn foreign_files(&self, family: &Family, files: &[PathKey]) -> Result<Vec<Foreign>> {
        let locks = self.foreign_locks(family)?;
        let since = self.now().saturating_sub(RECENT);
        // Prepared once: a commit may hold thousands of files, and nobody has touched most of them.
        let mut newest = self
            .connection
            .prepare("SELECT max(change) FROM touch WHERE path = ?1 AND tree = ?2 AND touched_at >= ?3")?;
        let mut foreign = Vec::new();
        for file in files {
            let change: Option<i64> =
                newest.query_row(params![file.path, file.tree, since], |row| row.get(0))?;
            let last = match change {
                Some(change) => self.touch_of(file, change)?,
                None => None,
            };
            foreign.extend(claim(file, &locks, last.as_ref(), family).map(|claim| Foreign {
                file: file.clone(),
                claim,
            }));
        }
        Ok(foreign)
    }

    /// Whether any agent outside `family` has a lock or a recent change in this checkout, so that it is worth
    /// asking which files.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_shared(&self, family: &Family, tree: &str) -> Result<bool> {
        let is_here =
            |lock: &Lock| matches!(&lock.key, Key::Path(key) if key.tree == tree || key.tree == EVERYWHERE);
        if self.foreign_locks(family)?.iter().any(is_here) {
            return Ok(true);
        }
        for agent in self.living()? {
            if family.has(&agent.id, agent.parent.as_deref()) {
                continue;
            }
            let touched = self.row(
                "SELECT 1 FROM touch WHERE agent_id = ?1 AND tree = ?2 AND touched_at >= ?3",
                params![agent.id, tree, self.now().saturating_sub(RECENT)],
                |_| Ok(()),
            )?;
            if touched.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn foreign_locks(&self, family: &Family) -> Result<Vec<Lock>> {
        let mut locks = self.locks(false)?;
        locks.retain(|lock| !family.has(&lock.holder, lock.holder_parent.as_deref()));
        Ok(locks)
    }
}
