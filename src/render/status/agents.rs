//! Who is here: in which state, at which task, doing what last, holding how much, and where.

use std::collections::HashMap;

use super::{View, more};
use crate::domain::agent::Agent;
use crate::domain::picture::Seat;
use crate::domain::presence::Presence;
use crate::frame::{Clean, Field, clean};
use crate::render::colour::DIM;
use crate::render::table::{Cell, Column, Table};
use crate::render::time::when;
use crate::render::{activity, agent};

const COLUMNS: [Column; 9] = [
    Column::new("AGENT").least(10),
    Column::new("STATE"),
    Column::new("TASK").least(18),
    Column::new("LAST ACT").least(16).leaves(3),
    Column::new("WHEN").leaves(2),
    Column::new("LOCKS").leaves(4),
    Column::new("MAIL").leaves(6),
    Column::new("WHERE").least(8).leaves(5),
    Column::new("ROLE").least(8).leaves(7),
];

pub(super) fn section(view: &View<'_>, width: Option<usize>, most: usize) -> String {
    let picture = view.picture;
    let (holdings, mail) = (picture.holdings(), mail(view));
    let mut agents: Vec<&Agent> = picture.agents.iter().collect();
    // Those at work first; within one state whoever was seen last.
    agents.sort_by_key(|agent| match agent.presence {
        Presence::Active => 0,
        Presence::Stale => 1,
        Presence::Idle => 2,
        Presence::Offline => 3,
    });
    let mut table = Table::of_columns(&COLUMNS);
    for agent in agents.iter().take(most) {
        let number = |count: Option<usize>| {
            let count = count.map_or_else(String::new, |count| count.to_string());
            Cell::from(clean(&count, Field::Name))
        };
        let act = picture.acts.get(&agent.id);
        let seen = act.map_or(agent.sighting.seen.wall, |act| act.created_at);
        table.row([
            Cell::from(clean(&name(agent, &picture.me), Field::Title)),
            agent::presence(agent.presence),
            task(view, agent),
            Cell::from(act.map_or_else(Clean::default, |act| clean(&activity::phrase(act), Field::Reason))),
            Cell::styled(when(&picture.now, seen), DIM),
            number(holdings.get(agent.id.as_str()).copied()),
            number(mail.get(agent.id.as_str()).copied()),
            Cell::from(seat(view.seats.get(&agent.id))),
            Cell::from(clean(agent::role(agent).unwrap_or_default(), Field::Title)),
        ]);
    }
    let mut text = if agents.is_empty() {
        String::new()
    } else {
        table.render(width)
    };
    text.push_str(&more(
        agents.len().saturating_sub(most),
        "agent",
        "agent list",
        width,
    ));
    if picture.gone > 0 && !agents.is_empty() {
        let left = crate::render::words::counted(u64::try_from(picture.gone).unwrap_or(u64::MAX), "agent");
        let line = format!("… {left} gone: agent-sync agent list --all");
        text.push_str(&super::head::line(&line, width, crate::render::colour::dim));
    }
    text
}

/// How much mail each agent has not been shown.
fn mail<'a>(view: &View<'a>) -> HashMap<&'a str, usize> {
    let queues = view.picture.queues.iter();
    queues
        .map(|queue| {
            (
                queue.agent.as_str(),
                usize::try_from(queue.waiting).unwrap_or(usize::MAX),
            )
        })
        .collect()
}

fn name(agent: &Agent, me: &str) -> String {
    let you = if agent.id == me { " (you)" } else { "" };
    format!("{}{you}", agent.name)
}

/// The title of the task that an agent works on, or its id where it is not open any more.
fn task(view: &View<'_>, agent: &Agent) -> Cell {
    let Some(id) = &agent.current_task else {
        return Cell::from("-");
    };
    let title = view.picture.task(id).map(|task| task.title.as_str());
    Cell::from(clean(title.unwrap_or(id), Field::Title))
}

/// Branch and worktree, said once where they are called alike.
fn seat(seat: Option<&Seat>) -> Clean {
    let Some(Seat { tree, branch }) = seat else {
        return Clean::default();
    };
    let text = match (branch.as_deref(), tree.as_str()) {
        (Some(branch), "") => branch.to_owned(),
        (Some(branch), tree) if branch == tree => format!("[{tree}]"),
        (Some(branch), tree) => format!("{branch} [{tree}]"),
        (None, "") => String::new(),
        (None, tree) => format!("[{tree}]"),
    };
    clean(&text, Field::Title)
}
