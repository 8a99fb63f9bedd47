//! The report for programs: the same numbers and stretches of time, texts as they were written.

use serde::Serialize;
use serde_json::{Value, json};

use super::Report;
use crate::domain::metrics::{Metrics, contention, first_shown, letters, talks};
use crate::render::task::diagram::GraphJson;
use crate::render::task::graph::Graph;
use crate::render::time::rfc3339;

/// The report as JSON. Lengths of time end in `_ms`; what is not known is `null`.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    project: &'a str,
    asked_from: String,
    from: String,
    to: String,
    record_begins: Option<String>,
    kept_for_ms: Option<i64>,
    complete: bool,
    numbers: &'a Metrics,
    agents: Vec<Value>,
    turns: Vec<Value>,
    locks: Vec<Value>,
    waits: Vec<Value>,
    messages: Vec<Value>,
    contention: Vec<Value>,
    talks: Vec<Value>,
    decisions: Vec<Value>,
    tasks: Value,
}

impl<'a> Json<'a> {
    /// The JSON form of a report.
    #[must_use]
    pub fn new(report: &Report<'a>) -> Self {
        let (history, timeline) = (report.history, report.timeline);
        let shown = first_shown(history);
        let turns = timeline.turns.iter().map(|turn| {
            json!({"agent_id": turn.agent, "from": rfc3339(turn.span.from), "to": rfc3339(turn.span.to), "end": turn.end})
        });
        let locks = timeline.holds.iter().map(|hold| {
            json!({"agent_id": hold.agent, "worktree": hold.place.tree, "path": hold.place.path, "reason": hold.reason,
                "from": rfc3339(hold.span.from), "to": rfc3339(hold.span.to), "end": hold.end})
        });
        let waits = timeline.waits.iter().map(|wait| {
            let paths: Vec<Value> = wait
                .places
                .iter()
                .map(|place| json!({"worktree": place.tree, "path": place.path}))
                .collect();
            json!({"agent_id": wait.agent, "for": paths, "from": rfc3339(wait.span.from), "to": rfc3339(wait.span.to),
                "end": wait.end})
        });
        let messages = letters(history).map(|letter| {
            let first = shown.get(&(letter.recipient.as_str(), letter.id.as_str()));
            json!({"id": letter.id, "from": letter.sender, "to": letter.recipient, "priority": letter.priority.as_str(),
                "state": letter.state.as_str(), "sent_at": rfc3339(letter.sent_at),
                "shown_at": first.map(|at| rfc3339(*at)), "seen_at": letter.seen_at.map(rfc3339)})
        });
        let places = contention(history, &timeline.holds, &timeline.waits);
        let contention = places.iter().map(|(key, one)| {
            json!({"worktree": key.tree, "path": key.path, "agents": one.agents, "locks": one.holds, "held_ms": one.held,
                "waits": one.waits, "waited_ms": one.waited, "deepest": one.deepest, "refused": one.refused,
                "stolen": one.stolen, "told": one.told, "edits": one.edits})
        });
        let talks = talks(history);
        let talks = talks
            .iter()
            .map(|((from, to), count)| json!({"from": from, "to": to, "messages": count}));
        let decisions = history.decisions.iter().map(|decision| {
            json!({"id": decision.id, "agent_id": decision.agent, "decision": decision.body,
                "created_at": rfc3339(decision.created_at), "superseded_by": decision.superseded_by})
        });
        let agents = history.agents.iter().map(|agent| {
            json!({"id": agent.id, "name": agent.name, "role": agent.role, "parent_id": agent.parent,
                "presence": agent.presence})
        });
        let concerned = super::graph::concerned(&history.tasks, history.window);
        Self {
            project: report.project,
            asked_from: rfc3339(history.asked_from),
            from: rfc3339(history.window.from),
            to: rfc3339(history.window.to),
            record_begins: history.oldest.map(rfc3339),
            kept_for_ms: history.kept_for,
            complete: !history.is_incomplete(),
            numbers: report.metrics,
            agents: agents.collect(),
            turns: turns.collect(),
            locks: locks.collect(),
            waits: waits.collect(),
            messages: messages.collect(),
            contention: contention.collect(),
            talks: talks.collect(),
            decisions: decisions.collect(),
            tasks: serde_json::to_value(GraphJson::new(&Graph::new(&concerned))).unwrap_or(Value::Null),
        }
    }
}
