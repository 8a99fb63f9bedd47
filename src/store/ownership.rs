//! Whose files these are: the facts for the rule in `domain::commit`, looked up path by path.

use std::collections::BTreeSet;

use anyhow::Result;
use rusqlite::params;

use super::Read;
use crate::domain::awareness::RECENT;
use crate::domain::commit::{Family, Foreign, claim};
use crate::domain::lock::{Lock, PathKey};

impl Read<'_> {
    /// Those of these files that another agent outside `family` has locked or was the last to change. Changes
    /// of more than a day ago count for nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn foreign_files(&self, family: &Family, files: &[PathKey]) -> Result<Vec<Foreign>> {
        let trees: BTreeSet<&str> = files.iter().map(|file| file.tree.as_str()).collect();
        let mut locks = Vec::new();
        for tree in trees {
            locks.extend(self.foreign_locks(family, tree)?);
        }
        let since = self.now().saturating_sub(RECENT);
        // Prepared once: a commit may hold thousands of files, and nobody has touched most of them. The plus keeps
        // SQLite from reading all that was touched lately instead of one path.
        let mut newest = self
            .connection
            .prepare("SELECT max(change) FROM touch WHERE path = ?1 AND tree = ?2 AND +touched_at >= ?3")?;
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
        if !self.foreign_locks(family, tree)?.is_empty() {
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

    fn foreign_locks(&self, family: &Family, tree: &str) -> Result<Vec<Lock>> {
        let mut locks = self.locks_in(tree)?;
        locks.retain(|lock| !family.has(&lock.holder, lock.holder_parent.as_deref()));
        Ok(locks)
    }
}
