//! What a swarm came to, as the files of its checkpoint say it.

use std::fmt::Write as _;

use serde_json::{Value, json as value};

use super::super::json::to_string;
use super::super::time::rfc3339;
use super::super::{decision, message, task};
use super::json::Returns;
use crate::domain::drain::{Returned, Summary};
use crate::domain::plan::proposal::Proposal;
use crate::domain::task::{Status, Task};
use crate::domain::time::Moment;
use crate::frame::{Field, HARD_BUDGET, clean, clean_lines};

/// The states in the order in which they are written down, under their headings.
const SECTIONS: [(Status, &str); 6] = [
    (Status::Done, "Done"),
    (Status::InProgress, "In progress"),
    (Status::Blocked, "Blocked"),
    (Status::Pending, "Open"),
    (Status::Failed, "Failed"),
    (Status::Cancelled, "Cancelled"),
];

/// The summary as Markdown.
#[must_use]
pub fn markdown(summary: &Summary, sha256: &str, now: &Moment) -> String {
    let drain = &summary.drain;
    let mut text = format!(
        "# Checkpoint of {}\n\nClosed by {}",
        rfc3339(now.wall),
        clean(&drain.by_name, Field::Name)
    );
    if let Some(reason) = &drain.reason {
        let _infallible = write!(text, ": {}", clean(reason, Field::Reason));
    }
    let _infallible = write!(
        text,
        ".\n\nThe whole store is in `state.sqlite` (SHA-256 `{}`); `agent-sync restore` puts it back.\n",
        clean(sha256, Field::Title)
    );
    for (status, heading) in SECTIONS {
        let tasks: Vec<&Task> = summary
            .tasks
            .iter()
            .filter(|task| task.status == status)
            .collect();
        if tasks.is_empty() {
            continue;
        }
        let _infallible = writeln!(text, "\n## {heading} ({})\n", tasks.len());
        for one in tasks {
            let why = one.blocked_reason.as_ref().or(one.end_reason.as_ref());
            let why = why.map_or_else(String::new, |why| format!(" — {}", clean(why, Field::Reason)));
            let _infallible = writeln!(text, "- {}{why}", task::title(one));
        }
    }
    text += &held(summary);
    if !summary.plans.is_empty() {
        let _infallible = writeln!(text, "\n## Plans ({})\n", summary.plans.len());
        for one in &summary.plans {
            let _infallible = writeln!(
                text,
                "- `{}`: {} ({} of {} tasks done)",
                clean(&one.id, Field::Name),
                clean(&one.title, Field::Title),
                done(one),
                one.tasks.len()
            );
        }
    }
    if !summary.decisions.is_empty() {
        let _infallible = writeln!(text, "\n## Decisions ({})\n", summary.decisions.len());
        for one in &summary.decisions {
            let _infallible = writeln!(
                text,
                "- `{}` by {}: {}",
                clean(&one.id, Field::Name),
                clean(&one.agent_name, Field::Name),
                clean(&one.body, Field::Message)
            );
        }
    }
    if !summary.votes.is_empty() {
        let _infallible = writeln!(text, "\n## Open votes ({})\n", summary.votes.len());
        for one in &summary.votes {
            let question = clean(&one.question, Field::Title);
            let _infallible = writeln!(text, "- `{}`: {question}", clean(&one.id, Field::Name));
        }
    }
    text + &unread(summary)
}

/// How many tasks of a plan are done.
fn done(plan: &Proposal) -> usize {
    let is_done = |(_, task): &&(String, Task)| task.status == Status::Done;
    plan.tasks.iter().filter(is_done).count()
}

/// Who held what before, and what they say to whoever goes on.
fn held(summary: &Summary) -> String {
    let mut text = String::new();
    let members = summary.drain.members.iter();
    for member in members.filter(|member| !member.returned.is_empty() || member.note.is_some()) {
        let how = member.answer.map_or("missing", |(answer, _)| answer.as_str());
        let _infallible = writeln!(text, "- {} ({how})", clean(&member.name, Field::Name));
        for one in &member.returned {
            let _infallible = match one {
                Returned::Task(id, title) => writeln!(
                    text,
                    "  - task `{}`: {}",
                    clean(id, Field::Name),
                    clean(title, Field::Title)
                ),
                Returned::Lock(what) => writeln!(text, "  - lock on {}", clean(what, Field::Path)),
            };
        }
        let note = member.note.as_deref().unwrap_or_default();
        for line in clean_lines(note, HARD_BUDGET) {
            let _infallible = writeln!(text, "  > {line}");
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("\n## Who held what\n\n{text}")
}

fn unread(summary: &Summary) -> String {
    if summary.queues.is_empty() {
        return String::new();
    }
    let mut text = "\n## Unread messages\n\n".to_owned();
    for (name, queue) in &summary.queues {
        let _infallible = writeln!(text, "- {}: {}", clean(name, Field::Name), queue.waiting);
    }
    text.push('\n');
    for one in &summary.unread {
        let _infallible = writeln!(
            text,
            "- `{}` from {} to {}: {}",
            clean(&one.id, Field::Name),
            clean(&one.sender, Field::Title),
            clean(&one.address, Field::Title),
            clean(&one.body, Field::Message)
        );
    }
    text
}

/// The summary as JSON.
#[must_use]
pub fn json(summary: &Summary, sha256: &str, now: &Moment) -> String {
    let drain = &summary.drain;
    let members = drain.members.iter().map(|member| {
        value!({
            "agent_id": member.agent,
            "name": member.name,
            "answer": member.answer.map(|(answer, _)| answer.as_str()),
            "note": member.note,
            "held": Returns::new(&member.returned),
        })
    });
    let queues = summary.queues.iter().map(|(name, queue)| {
        value!({
            "agent_id": queue.agent,
            "name": name,
            "waiting": queue.waiting,
            "since": rfc3339(queue.since),
        })
    });
    let votes = summary.votes.iter();
    let votes = votes.map(|vote| value!({"id": vote.id, "question": vote.question}));
    let plans = summary.plans.iter().map(
        |plan| value!({"id": plan.id, "title": plan.title, "tasks": plan.tasks.len(), "done": done(plan)}),
    );
    to_string(&value!({
        "made_at": rfc3339(now.wall),
        "by": drain.by,
        "reason": drain.reason,
        "store": "state.sqlite",
        "sha256": sha256,
        "tasks": summary.tasks.iter().map(task::Json::new).collect::<Vec<_>>(),
        "agents": members.collect::<Vec<Value>>(),
        "plans": plans.collect::<Vec<Value>>(),
        "decisions": summary.decisions.iter().map(decision::Json::new).collect::<Vec<_>>(),
        "votes": votes.collect::<Vec<Value>>(),
        "unread": queues.collect::<Vec<Value>>(),
        "messages": summary.unread.iter().map(|one| message::Json::new(one, now)).collect::<Vec<_>>(),
    }))
}
