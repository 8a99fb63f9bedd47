//! What may look at a whole table, or sort, and why.

/// Something that is not done otherwise.
pub(super) struct Exception {
    /// A part of the statement that no other has.
    pub(super) part: &'static str,
    /// Why it is right, or does not matter.
    #[expect(dead_code, reason = "for whoever reads the list")]
    pub(super) why: &'static str,
}

const fn excused(part: &'static str, why: &'static str) -> Exception {
    Exception { part, why }
}

/// Commands that care for the store as a whole, or show all of it, and so read all of it.
pub(super) const CARE: [&str; 11] = [
    "backup",
    "doctor",
    "export",
    "gc",
    "import",
    "init",
    "metrics",
    "report",
    "restore",
    "swarm shutdown",
    "uninstall",
];

/// Statements of other commands that read all of a table that grows.
pub(super) static SCANS: &[Exception] = &[
    excused(
        "FROM activity a JOIN agent g ON g.id = a.agent_id ORDER BY a.seq DESC LIMIT",
        "what was done last, read back from the end of the record",
    ),
    excused(
        "SELECT count(*) FROM agent WHERE id NOT IN",
        "everybody is counted",
    ),
    excused(
        "SELECT count(*) FROM decision WHERE superseded_by IS NULL",
        "all that stand are counted",
    ),
    excused(
        "SELECT d.agent_id, d.message_id, m.created_at, m.uptime, m.boot, m.ttl FROM delivery d",
        "an index of nothing but what waits",
    ),
    excused(
        "WHERE d.awaits_ack = 1 AND d.state IN ('delivered', 'read') ORDER BY m.created_at LIMIT",
        "an index of nothing but what is to be acknowledged",
    ),
    excused(
        "LEFT JOIN agent a ON a.id = v.opened_by ORDER BY v.opened_at DESC",
        "a page of the votes, read along an index",
    ),
    excused(
        "SELECT id FROM plan ORDER BY proposed_at DESC",
        "a page of the plans, read along an index",
    ),
    excused(
        "LEFT JOIN agent a ON a.id = v.opened_by WHERE v.state = 'open' ORDER BY v.opened_at DESC",
        "an index of nothing but the open votes",
    ),
    excused(
        "WHERE (?2 IS NULL OR a.agent_id = ?2) AND (a.event = ?3",
        "a page of the record, read back from its end until it is full",
    ),
    excused(
        "WHERE a.id NOT IN (?1, ?2) ORDER BY p.seen_at DESC",
        "everybody is listed",
    ),
    excused(
        "JOIN task_dependency d ON d.task_id = t.id WHERE 1",
        "all tasks are shown",
    ),
    excused(
        "JOIN task_file f ON f.task_id = t.id WHERE 1",
        "all tasks are shown",
    ),
    excused(
        "JOIN task_label l ON l.task_id = t.id WHERE 1",
        "all tasks are shown",
    ),
    excused(
        "LEFT JOIN agent c ON c.id = t.created_by WHERE 1",
        "all tasks are shown",
    ),
    excused(
        "FROM swarm_member m LEFT JOIN presence p",
        "everybody who was asked to come to an end is listed",
    ),
    excused(
        "FROM crew ORDER BY plan_id",
        "a row for each plan whose sessions somebody started, all of them shown or ended",
    ),
    excused("DELETE FROM swarm_member", "all are forgotten at once"),
    excused("DELETE FROM swarm_returned", "all are forgotten at once"),
    excused(
        "SELECT id FROM message ORDER BY created_at DESC, id DESC LIMIT",
        "a page of the console, read along an index until it is full",
    ),
    excused(
        "SELECT status, count(*) FROM task GROUP BY status",
        "counted along an index",
    ),
    excused(
        "FROM thread t CROSS JOIN",
        "the scan is of `thread`, what the statement itself found",
    ),
    excused(
        "DELETE FROM activity WHERE (seq) IN",
        "clearing, once in a while: the oldest so many",
    ),
    excused(
        "DELETE FROM policy_call WHERE (seq) IN",
        "clearing, once in a while",
    ),
    excused(
        "WHERE a.event GLOB 'policy.*' AND (?2 IS NULL",
        "a page of what rules did, read back along an index of nothing else",
    ),
    excused(
        "LEFT JOIN agent b ON b.id = r.answered_by ORDER BY r.asked_at DESC",
        "a page of the requests, read along an index",
    ),
    excused(
        "LEFT JOIN agent b ON b.id = r.answered_by WHERE r.state = 'open'",
        "an index of nothing but the requests that wait",
    ),
    excused("DELETE FROM file_state WHERE", "clearing, once in a while"),
    excused("DELETE FROM lock WHERE (fence) IN", "clearing, once in a while"),
    excused("DELETE FROM session WHERE", "clearing, once in a while"),
    excused(
        "DELETE FROM touch WHERE (path, tree, agent_id) IN",
        "clearing, once in a while",
    ),
];

/// Statements of hooks that read all of a table that grows: those of the overview that a newcomer gets.
pub(super) static SCANS_OF_HOOKS: &[Exception] = &[
    excused(
        "SELECT count(*) FROM lock WHERE is_implicit = 0",
        "the locks that are held now are counted along an index",
    ),
    excused(
        "WHERE l.is_implicit = 0 AND l.agent_id <> ?1 ORDER BY l.fence",
        "read in order until fifteen are found",
    ),
    excused(
        "FROM vote WHERE state = 'open' ORDER BY opened_at",
        "an index of nothing but the open votes",
    ),
    excused(
        "LEFT JOIN presence p ON p.agent_id = l.agent_id ORDER BY l.acquired_at, l.fence",
        "all locks that are held now, which are counted and told",
    ),
    excused(
        "OR d.superseded_by IS NULL ORDER BY d.created_at DESC",
        "ten decisions, read along an index until there are ten",
    ),
    excused(
        "FROM other o JOIN touch t",
        "the scan is of `other`, what the statement itself found",
    ),
];

/// Statements of hooks that sort: what they sort is little by nature.
pub(super) static SORTS_OF_HOOKS: &[Exception] = &[
    excused(
        "AND status = 'in_progress' ORDER BY priority DESC, created_at, id LIMIT",
        "the tasks that one agent works on",
    ),
    excused(
        "AND d.subject = 'task:' || t.id), 0) ORDER BY a.seq",
        "news of one agent's own tasks",
    ),
    excused(
        "p.turn IN ('active', 'idle') ORDER BY p.seen_at DESC",
        "those who are here now",
    ),
    excused(
        "a.parent_id IS NULL ORDER BY p.seen_at DESC",
        "the agents of one process",
    ),
    excused(
        "OR d.superseded_by IS NULL ORDER BY d.created_at DESC",
        "decisions of one and the same millisecond",
    ),
    excused(
        "ORDER BY t.change DESC LIMIT",
        "the changes of one path, or of one agent's paths",
    ),
    excused("ORDER BY owner_id, id", "tasks that somebody works on now"),
    excused(
        "ORDER BY l.acquired_at, l.fence",
        "the locks that one agent holds, or that are held now",
    ),
    excused(
        "ORDER BY m.created_at, m.id",
        "mail of one agent that is on its way",
    ),
    excused(
        "ORDER BY t.id IS a.current_task_id DESC",
        "tasks that one agent works on",
    ),
];
