//! From the old tables into the new ones.
//!
//! Nothing is lost: what has a place goes there, and a row of which anything has none is kept whole in
//! `leftover`, with the reason. The order of the steps is what they need of each other; references are not
//! checked while rows go in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Result;
use rusqlite::{Connection, Statement, params};

use super::Counts;
use super::agents::Agents;
use super::old::{self, Instant, OBJECTS, Row, Table, each};
use super::rules;
use crate::domain::lock::DEFAULT_TTL;
use crate::domain::message::{EVERYONE, State};
use crate::domain::task::{Status, cycle};
use crate::domain::time::HOUR;
use crate::store::tasks;

/// An unread broadcast older than this is not pushed to anybody any more.
const BROADCAST_LIFE: i64 = 24 * HOUR;

/// The indexes that 0.4.0 made.
const OLD_INDEXES: [&str; 5] = [
    "idx_task_files_task",
    "idx_task_deps_task",
    "idx_messages_recipient",
    "idx_activity_created",
    "idx_deliveries_agent",
];

/// Copies every row of `old` into `new`, whose tables are ours and empty.
///
/// `root` is the directory that relative paths start from, if it is known.
pub(super) fn transfer(old: &Connection, new: &Connection, root: Option<&str>, now: i64) -> Result<Counts> {
    let mut transfer = Transfer {
        old,
        root,
        now,
        new,
        keep: new.prepare("INSERT INTO leftover (source, body) VALUES (?1, ?2)")?,
        agents: Agents::default(),
        tasks: HashMap::new(),
        counts: Counts::default(),
    };
    let agents = transfer.meet_agents()?;
    transfer.tasks()?;
    transfer.agents(agents)?;
    transfer.task_files()?;
    transfer.task_dependencies()?;
    new.execute_batch(tasks::REBUILD)?;
    transfer.locks()?;
    transfer.messages()?;
    transfer.deliveries()?;
    transfer.decisions()?;
    transfer.activity()?;
    transfer.objects()?;
    Ok(transfer.counts)
}

pub(super) struct Transfer<'a> {
    pub(super) old: &'a Connection,
    pub(super) new: &'a Connection,
    pub(super) root: Option<&'a str>,
    pub(super) now: i64,
    pub(super) keep: Statement<'a>,
    pub(super) agents: Agents,
    /// The owner and the status of each task.
    pub(super) tasks: HashMap<String, (Option<String>, Status)>,
    pub(super) counts: Counts,
}

impl<'a> Transfer<'a> {
    /// Shows every row of `table` to `body` and keeps those of which something has no place.
    fn each(&mut self, table: &Table, mut body: impl FnMut(&mut Self, &mut Row) -> Result<()>) -> Result<()> {
        each(self.old, table, |row| {
            body(self, row)?;
            self.keep_noted(table, row)
        })
    }

    /// Keeps a row of which something has no place.
    pub(super) fn keep_noted(&mut self, table: &Table, row: &Row) -> Result<()> {
        if row.is_noted() {
            self.keep.execute([table.name, &row.to_json()])?;
            self.counts.leftovers += 1;
        }
        Ok(())
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Statement<'a>> {
        Ok(self.new.prepare(sql)?)
    }

    fn tasks(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO task (id, title, description, status, owner_id, priority, blocked_reason, created_at,
                 updated_at, completed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
        )?;
        self.each(&old::TASKS, |this, row| {
            let Some(id) = row.id("id") else { return Ok(()) };
            let title = row.required("title");
            let description = row.text("description");
            let word = row.required("status");
            let owner = row.text("owner_agent_id").map(|owner| this.agents.id(owner));
            let status = match rules::status(&word) {
                Status::InProgress if owner.is_none() => Status::Pending,
                status => status,
            };
            if status.as_str() != word {
                row.note(format!("status became {}", status.as_str()));
            }
            if status == Status::Pending && owner.is_some() {
                row.note("a pending task has no owner");
            }
            let owner = owner.filter(|_| status != Status::Pending);
            let reason = description
                .as_deref()
                .filter(|_| status == Status::Blocked)
                .and_then(rules::blocked_reason);
            let priority = row.number("priority");
            let created_at = row.required_moment("created_at", this.now);
            let updated_at = row.required_moment("updated_at", this.now);
            let mut completed_at = row.moment("completed_at").optional(this.now);
            if status.is_open() && completed_at.take().is_some() {
                row.note("it is not completed");
            }
            let inserted = insert.execute(params![
                id,
                title,
                description,
                status.as_str(),
                owner,
                priority,
                reason,
                created_at,
                updated_at,
                completed_at
            ])?;
            if inserted == 0 {
                row.note("id is taken");
                return Ok(());
            }
            this.tasks.insert(id, (owner, status));
            this.counts.tasks += 1;
            Ok(())
        })
    }

    fn task_files(&mut self) -> Result<()> {
        let mut insert =
            self.prepare("INSERT INTO task_file (task_id, path) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
        self.each(&old::TASK_FILES, |this, row| {
            let task = row.required("task_id");
            let typed = row.required("file_path");
            let (_, path) = rules::place(this.root, &typed);
            if !this.tasks.contains_key(&task) {
                row.note("there is no such task");
            } else if path.is_empty() {
                row.note("file_path is empty");
            } else {
                if path != typed {
                    row.note(format!("file_path became {path}"));
                }
                insert.execute([task, path])?;
            }
            Ok(())
        })
    }

    fn task_dependencies(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO task_dependency (task_id, depends_on_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?;
        let mut graph: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.each(&old::TASK_DEPENDENCIES, |this, row| {
            let task = row.required("task_id");
            let first = row.required("depends_on_id");
            if !this.tasks.contains_key(&task) || !this.tasks.contains_key(&first) {
                row.note("there is no such task");
            } else if cycle(&graph, &task, &first).is_some() {
                row.note("it would close a cycle");
            } else if insert.execute([&task, &first])? > 0 {
                graph.entry(task).or_default().push(first);
            }
            Ok(())
        })
    }

    fn locks(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO lock (namespace, tree, path, agent_id, reason, task_id, acquired_at, leased_at, ttl)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8
             WHERE NOT EXISTS (SELECT 1 FROM lock WHERE namespace = ?1 AND tree = ?2 AND path = ?3)",
        )?;
        self.each(&old::LOCKS, |this, row| {
            let key = row.required("file_path");
            let kind = row.text("kind");
            let (namespace, (tree, path)) = match kind.as_deref() {
                Some("resource") => ("resource", ("", key.clone())),
                _ => ("path", rules::place(this.root, &key)),
            };
            if !matches!(kind.as_deref(), None | Some("file" | "resource")) {
                row.note("kind is unknown; it became file");
            }
            if path != key {
                row.note(format!("file_path became {path}"));
            }
            let owner = row.required("owner_agent_id");
            let owner = this.agents.id(owner);
            let reason = row.text("reason");
            let leased_at = row.required_moment("created_at", this.now);
            let ttl = match row.moment("expires_at") {
                Instant::At(expires_at) => expires_at.saturating_sub(leased_at),
                // Nobody can tell when it ends: it must not be taken for one that has ended.
                Instant::Unreadable | Instant::Missing => {
                    row.note("it got the usual time to live");
                    DEFAULT_TTL
                }
            };
            if path.is_empty() {
                row.note("file_path is empty");
                return Ok(());
            }
            if ttl <= 0 {
                row.note("it had lapsed when it was made");
                return Ok(());
            }
            let task = reason
                .as_deref()
                .and_then(|reason| reason.strip_prefix("task "))
                .filter(|task| {
                    this.tasks
                        .get(*task)
                        .is_some_and(|(of, status)| of.as_ref() == Some(&owner) && status.is_open())
                });
            let inserted = insert.execute(params![
                namespace, tree, path, owner, reason, task, leased_at, ttl
            ])?;
            if inserted == 0 {
                row.note("another spelling of this path is locked already");
            }
            this.counts.locks += inserted;
            Ok(())
        })
    }

    /// What was not pushed yet is queued only where somebody still waits for it: unread, from somebody else,
    /// and addressed to the recipient in particular or a broadcast of the last 24 hours. 0.4.0 pushed every
    /// broadcast ever sent to every newcomer; an upgrade must not do that to a whole team at once. All mail
    /// stays in the inbox.
    fn messages(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO message (id, sender_id, address, body, reply_to, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?;
        let mut receive = self.prepare(
            "INSERT INTO recipient (agent_id, message_id, created_at, directed, read_at, acked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut deliver = self.prepare(
            "INSERT INTO delivery (agent_id, message_id, state, state_at) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let nobody = BTreeSet::new();
        self.each(&old::MESSAGES, |this, row| {
            let Some(id) = row.id("id") else { return Ok(()) };
            let sender = row.required("sender_agent_id");
            let sender = this.agents.id(sender);
            let address = row.required("recipient");
            let body = row.required("body");
            let reply_to = row.text("reply_to");
            let sent = row.moment("created_at");
            let created_at = row.required_moment("created_at", this.now);
            let read_at = row.moment("read_at").optional(this.now);
            let acked_at = row.moment("acked_at").optional(this.now);
            if insert.execute(params![id, sender, address, body, reply_to, created_at])? == 0 {
                row.note("id is taken");
                return Ok(());
            }
            this.counts.messages += 1;
            let is_broadcast = address == EVERYONE;
            let recipients = if is_broadcast {
                &this.agents.known
            } else {
                this.agents.mailboxes.get(&address).unwrap_or(&nobody)
            };
            let is_recent =
                matches!(sent, Instant::At(sent) if this.now.abs_diff(sent) < BROADCAST_LIFE.unsigned_abs());
            for agent in recipients
                .iter()
                .filter(|agent| !is_broadcast || **agent != sender)
            {
                let state = match (acked_at, read_at) {
                    (Some(_), _) => State::Acknowledged,
                    (None, Some(_)) => State::Read,
                    // The sender's own copy needs no push.
                    (None, None) if *agent == sender => State::Delivered,
                    (None, None) if is_broadcast && !is_recent => State::Expired,
                    (None, None) => State::Queued,
                };
                receive.execute(params![agent, id, created_at, !is_broadcast, read_at, acked_at])?;
                deliver.execute(params![agent, id, state.as_str(), created_at])?;
            }
            Ok(())
        })
    }

    fn deliveries(&mut self) -> Result<()> {
        let mut offer = self.prepare(
            "UPDATE delivery SET offers = 1, delivered_at = ?3, state_at = ?3,
                 state = CASE WHEN state IN ('read', 'acknowledged') THEN state ELSE 'delivered' END
             WHERE message_id = ?1 AND agent_id = ?2",
        )?;
        self.each(&old::DELIVERIES, |this, row| {
            let message = row.required("message_id");
            let agent = row.required("agent_id");
            let agent = this.agents.id(agent);
            let delivered_at = row.required_moment("delivered_at", this.now);
            if offer.execute(params![message, agent, delivered_at])? == 0 {
                row.note("the agent is not a recipient of the message");
            }
            Ok(())
        })
    }

    fn decisions(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO decision (id, agent_id, body, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        )?;
        self.each(&old::DECISIONS, |this, row| {
            let Some(id) = row.id("id") else { return Ok(()) };
            let agent = row.required("agent_id");
            let agent = this.agents.id(agent);
            let body = row.required("body");
            let created_at = row.required_moment("created_at", this.now);
            let inserted = insert.execute(params![id, agent, body, created_at])?;
            if inserted == 0 {
                row.note("id is taken");
            }
            this.counts.decisions += inserted;
            Ok(())
        })
    }

    fn activity(&mut self) -> Result<()> {
        let mut insert = self.prepare(
            "INSERT INTO activity (id, agent_id, event, body, tool, tree, path, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?;
        self.each(&old::ACTIVITY, |this, row| {
            let Some(id) = row.id("id") else { return Ok(()) };
            let agent = row.text("agent_id").map(|agent| this.agents.id(agent));
            let event = row.required("event_type");
            let body = row.required("body");
            let tool = row.text("tool_name");
            // A record of the past stays as it was written; only its checkout has to be told.
            let path = row.text("file_path");
            let tree = path
                .as_deref()
                .map(|path| if path.starts_with('/') { "/" } else { "" });
            let created_at = row.required_moment("created_at", this.now);
            let inserted = insert.execute(params![id, agent, event, body, tool, tree, path, created_at])?;
            if inserted == 0 {
                row.note("id is taken");
            }
            this.counts.activity += inserted;
            Ok(())
        })
    }

    /// Keeps the text of strangers' indexes, triggers and views that went away with the old tables.
    fn objects(&mut self) -> Result<()> {
        let mut find =
            self.prepare("SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2 AND sql = ?3")?;
        self.each(&OBJECTS, |_, row| {
            let kind = row.required("type");
            let name = row.required("name");
            if let Some(sql) = row.text("sql")
                && kind != "table"
                && !OLD_INDEXES.contains(&name.as_str())
                && !find.exists([kind, name, sql])?
            {
                row.note("it went away with an old table");
            }
            Ok(())
        })
    }
}
