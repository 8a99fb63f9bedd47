//! Leases that edits take by themselves.
//!
//! They lie in the table of locks, so that one file has one place, but they are no locks: they tell, and stop
//! nobody unless the repository has decided so. Nobody asked for them either, so their coming and going is not
//! recorded.

use anyhow::Result;
use rusqlite::{Row, params};

use super::agents::SIGHTING;
use super::touches::peer;
use super::{Read, Write};
use crate::domain::awareness::{EDIT_LEASE, EditLease, Peer};
use crate::domain::lock::PathKey;
use crate::domain::presence::Presence;
use crate::domain::time::Moment;

const COLUMNS: &str = "tree, path, fence, acquired_at, leased_at, uptime, boot, ttl, is_implicit, agent_id";

impl Read<'_> {
    /// The leases that edits hold on this path, whatever its checkout, or on another name of the same file
    /// (`inode`), and what `agent` itself holds on it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn edit_leases(&self, agent: &str, path: &str, inode: Option<&str>) -> Result<Vec<EditLease>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM lock
             WHERE path = ?2 AND namespace = 'path' AND (is_implicit = 1 OR agent_id = ?1) ORDER BY fence"
        );
        let mut leases = self.rows(&sql, [agent, path], lease)?;
        if let Some(inode) = inode {
            let sql = format!(
                "SELECT {COLUMNS} FROM lock WHERE inode = ?1 AND path <> ?2 AND is_implicit = 1 ORDER BY fence"
            );
            leases.extend(self.rows(&sql, [inode, path], lease)?);
        }
        self.introduce(agent, &mut leases)?;
        Ok(leases)
    }

    /// Completes what is known of the holders. Mostly there is nobody but the agent itself, and who that is
    /// it knows.
    fn introduce(&self, agent: &str, leases: &mut [EditLease]) -> Result<()> {
        let mut seen = Vec::new();
        for at in 0..leases.len() {
            if leases[at].peer.id == agent {
                continue;
            }
            let id = leases[at].peer.id.clone();
            let known = leases[..at].iter().find(|lease| lease.peer.id == id);
            if let Some(known) = known {
                leases[at].peer = known.peer.clone();
                continue;
            }
            let sql = format!(
                "SELECT a.id, a.name, a.parent_id, k.id, k.title, {SIGHTING} FROM agent a
                 LEFT JOIN presence p ON p.agent_id = a.id LEFT JOIN task k ON k.id = a.current_task_id
                 WHERE a.id = ?1"
            );
            let peer = self.row(&sql, [&id], |row| peer(row, 0, self.world, &mut seen))?;
            leases[at].peer = peer.unwrap_or_else(|| leases[at].peer.clone());
        }
        Ok(())
    }

    /// Whether an agent's edits hold any lease.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_edit_leases(&self, agent: &str) -> Result<bool> {
        self.any(
            "SELECT 1 FROM lock WHERE agent_id = ?1 AND is_implicit = 1",
            [agent],
        )
    }
}

impl Write<'_> {
    /// Takes or renews the lease of an edit. A lock that the agent has on the file stays what it is; others'
    /// leases that have run out are removed on the way. In a closed store there is no lease, and the edit is free.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn take_edit_lease(&self, agent: &str, file: &PathKey, inode: Option<&str>) -> Result<()> {
        let Moment { wall, uptime, boot } = self.world.now;
        for lease in self.edit_leases(agent, &file.path, None)? {
            if lease.is_implicit && lease.key == *file && !lease.is_live(&self.world.now) {
                self.execute("DELETE FROM lock WHERE fence = ?1", [lease.fence])?;
            }
        }
        self.execute(
            "INSERT INTO lock (namespace, tree, path, inode, agent_id, task_id, is_implicit,
                 acquired_at, leased_at, uptime, boot, ttl)
             SELECT 'path', ?1, ?2, ?3, ?4, NULL, 1, ?5, ?5, ?6, ?7, ?8
             WHERE NOT EXISTS (SELECT 1 FROM swarm WHERE id = 1 AND stage <> 'draining')
             ON CONFLICT (namespace, tree, path, agent_id) DO UPDATE SET
                 leased_at = excluded.leased_at, uptime = excluded.uptime, boot = excluded.boot,
                 inode = excluded.inode
             WHERE is_implicit = 1",
            params![file.tree, file.path, inode, agent, wall, uptime, boot, EDIT_LEASE],
        )?;
        Ok(())
    }

    /// Drops every lease of an agent's edits: its turn is over.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn drop_edit_leases(&self, agent: &str) -> Result<()> {
        self.execute(
            "DELETE FROM lock WHERE agent_id = ?1 AND is_implicit = 1",
            [agent],
        )?;
        Ok(())
    }
}

/// A lease with no more of its holder than the id.
fn lease(row: &Row<'_>) -> rusqlite::Result<EditLease> {
    let holder: String = row.get(9)?;
    Ok(EditLease {
        key: PathKey {
            tree: row.get(0)?,
            path: row.get(1)?,
        },
        fence: row.get(2)?,
        acquired_at: row.get(3)?,
        leased: Moment {
            wall: row.get(4)?,
            uptime: row.get(5)?,
            boot: row.get(6)?,
        },
        ttl: row.get(7)?,
        is_implicit: row.get(8)?,
        peer: Peer {
            name: holder.clone(),
            id: holder,
            parent: None,
            presence: Presence::Active,
            task: None,
        },
    })
}
