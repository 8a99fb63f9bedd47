//! What files that matter to somebody looked like when they were last looked at.
//!
//! A shell command says nothing of what it changes. What it changed is seen afterwards, by comparing the files
//! that others have locked or changed lately with what is remembered of them here.

use anyhow::Result;
use rusqlite::params;

use super::{Read, Write};
use crate::domain::file_state::FileState;
use crate::domain::lock::PathKey;

impl Read<'_> {
    /// What is remembered of each of these files.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn file_states<'f>(
        &self,
        files: impl Iterator<Item = &'f PathKey>,
    ) -> Result<Vec<Option<FileState>>> {
        let mut statement = self
            .connection
            .prepare("SELECT size, modified, inode, digest FROM file_state WHERE tree = ?1 AND path = ?2")?;
        let mut state = |file: &PathKey| {
            let mut rows = statement.query([&file.tree, &file.path])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(FileState {
                size: row.get(0)?,
                modified: row.get(1)?,
                inode: row.get(2)?,
                digest: row.get(3)?,
            }))
        };
        files.map(&mut state).collect()
    }

    /// Files below a directory of which something is remembered, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn known_below(&self, directory: &PathKey, limit: u32) -> Result<Vec<PathKey>> {
        let (from, to) = directory.below();
        self.rows(
            "SELECT tree, path FROM file_state WHERE tree = ?1 AND path >= ?2 AND path < ?3 LIMIT ?4",
            params![directory.tree, from, to, limit],
            |row| {
                Ok(PathKey {
                    tree: row.get(0)?,
                    path: row.get(1)?,
                })
            },
        )
    }
}

impl Write<'_> {
    /// Remembers what a file looks like now.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn remember_file(&self, file: &PathKey, state: &FileState) -> Result<()> {
        self.execute(
            "INSERT INTO file_state (tree, path, size, modified, inode, digest, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (tree, path) DO UPDATE SET size = excluded.size, modified = excluded.modified,
                 inode = excluded.inode, digest = excluded.digest, seen_at = excluded.seen_at",
            params![
                file.tree,
                file.path,
                state.size,
                state.modified,
                state.inode,
                state.digest,
                self.now()
            ],
        )?;
        Ok(())
    }
}
