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
use crate::domain::awareness::{EDIT_LEASE, EditLease};
use crate::domain::lock::PathKey;
use crate::domain::presence::World;
use crate::domain::time::Moment;

const COLUMNS: &str =
    "l.tree, l.path, l.fence, l.acquired_at, l.leased_at, l.uptime, l.boot, l.ttl, l.is_implicit,
     l.agent_id, coalesce(a.name, l.agent_id), a.parent_id, k.id, k.title";
/// What a lease `l` is joined with.
const JOINS: &str = "JOIN agent a ON a.id = l.agent_id LEFT JOIN presence p ON p.agent_id = l.agent_id
     LEFT JOIN task k ON k.id = a.current_task_id";

fn lease(row: &Row<'_>, world: &World<'_>) -> rusqlite::Result<EditLease> {
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
        peer: peer(row, 9, world)?,
    })
}

impl Read<'_> {
    /// The leases that edits hold on this path, whatever its checkout, or on another name of the same file
    /// (`inode`), and what `agent` itself holds on it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn edit_leases(&self, agent: &str, path: &str, inode: Option<&str>) -> Result<Vec<EditLease>> {
        // The checkouts first, one step each, because there are few of them and many locks.
        let sql = format!(
            "WITH RECURSIVE checkout (tree) AS (
                 SELECT min(tree) FROM lock WHERE namespace = 'path'
                 UNION ALL
                 SELECT (SELECT min(tree) FROM lock WHERE namespace = 'path' AND tree > checkout.tree)
                 FROM checkout WHERE checkout.tree IS NOT NULL
             )
             SELECT {COLUMNS}, {SIGHTING}
             FROM checkout CROSS JOIN lock l ON l.namespace = 'path' AND l.tree = checkout.tree AND l.path = ?2
             {JOINS} WHERE l.is_implicit = 1 OR l.agent_id = ?1"
        );
        let mut leases = self.rows(&sql, [agent, path], |row| lease(row, self.world))?;
        if let Some(inode) = inode {
            let sql = format!(
                "SELECT {COLUMNS}, {SIGHTING} FROM lock l {JOINS}
                 WHERE l.inode = ?1 AND l.path <> ?2 AND l.is_implicit = 1"
            );
            leases.extend(self.rows(&sql, [inode, path], |row| lease(row, self.world))?);
        }
        Ok(leases)
    }

    /// Whether an agent's edits hold any lease.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_edit_leases(&self, agent: &str) -> Result<bool> {
        let found = self.row(
            "SELECT 1 FROM lock WHERE agent_id = ?1 AND is_implicit = 1",
            [agent],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }
}

impl Write<'_> {
    /// Takes or renews the lease of an edit. A lock that the agent has on the file stays what it is; others'
    /// leases that have run out are removed on the way.
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
             VALUES ('path', ?1, ?2, ?3, ?4, NULL, 1, ?5, ?5, ?6, ?7, ?8)
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
