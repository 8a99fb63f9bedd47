//! The picture in a few lines, for an agent that starts.
//!
//! Every line costs context, so there are only those that change what the reader would do next.

use super::agent;
use super::lock::key;
use super::status::Overview;
use crate::domain::agent::Agent;
use crate::domain::presence::Presence;
use crate::domain::task::{Status, Task};
use crate::frame::{Field, clean};

/// Most things named in one line.
const MOST: usize = 5;

/// The picture in a few lines, without bullets.
#[must_use]
pub fn text(seen: &Overview) -> String {
    let name = match &seen.agent {
        Some(agent) => clean(&agent.name, Field::Name).to_string(),
        None => format!("{} (not registered yet)", clean(&seen.me, Field::Title)),
    };
    let mut lines = vec![format!(
        "you: {name} | active agents: {} | open tasks: {} | locks: {} | unread: {}",
        seen.active(),
        seen.open_tasks().count(),
        seen.locks.len(),
        seen.unread
    )];
    let is_other = |agent: &&Agent| agent.id != seen.me && agent.presence == Presence::Active;
    let others = seen.agents.iter().filter(is_other).map(agent::title);
    let locked = seen
        .locks
        .iter()
        .map(|lock| format!("{} by {}", key(&lock.key), clean(&lock.holder_name, Field::Name)));
    let worked_on = seen.tasks.iter().filter(|task| task.status == Status::InProgress);
    let worked_on = worked_on.map(|task| {
        let owner = task.owner_name.as_deref().unwrap_or("nobody");
        format!(
            "{} (by {})",
            clean(&task.title, Field::Title),
            clean(owner, Field::Name)
        )
    });
    let ready = seen.tasks.iter().filter(|task| task.is_ready());
    let ready = ready.map(|task: &Task| format!("{} `{}`", clean(&task.title, Field::Title), task.id));
    lines.extend(line("other active", ", ", others, ""));
    lines.extend(line("locked", ", ", locked, ""));
    lines.extend(line("in progress", "; ", worked_on, ""));
    lines.extend(line(
        "available to claim",
        "; ",
        ready,
        " — `agent-sync task next` takes the first",
    ));
    if lines.len() == 1 {
        lines.push("no other active agents, locks, or tasks to pick up".to_owned());
    }
    if seen.unread > 0 {
        lines.push(format!(
            "{} unread: `agent-sync inbox` shows your mail",
            seen.unread
        ));
    }
    lines.join("\n") + "\n"
}

/// `label: a, b, c (+2 more)` and what follows; `None` where there is nothing to name.
fn line(label: &str, between: &str, values: impl Iterator<Item = String>, after: &str) -> Option<String> {
    let values: Vec<String> = values.collect();
    let left = values.len().saturating_sub(MOST);
    let more = if left > 0 {
        format!(" (+{left} more)")
    } else {
        String::new()
    };
    let named = values[..values.len() - left].join(between);
    (!named.is_empty()).then(|| format!("{label}: {named}{more}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_few_and_counts_the_rest() {
        let values = || (1..=7).map(|number| number.to_string());
        assert_eq!(
            line("seen", ", ", values(), "!").as_deref(),
            Some("seen: 1, 2, 3, 4, 5 (+2 more)!")
        );
        assert_eq!(line("seen", ", ", std::iter::empty(), "!"), None);
    }
}
