//! What came of asking agents for a sign of life.

use std::time::Duration;

use serde::Serialize;

use super::colour::{OK, WARN};
use super::table::{Cell, Table};
use super::time::{duration, rfc3339, when};
use crate::domain::ping::{Outcome, Ping};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// A question as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    agent_id: &'a str,
    name: &'a str,
    outcome: Outcome,
    status: &'static str,
    asked_at: String,
    answered_at: Option<String>,
    took_ms: Option<i64>,
    last_seen: String,
}

impl<'a> Json<'a> {
    /// The JSON form of a question.
    #[must_use]
    pub fn new(ping: &'a Ping) -> Self {
        Self {
            agent_id: &ping.agent.id,
            name: &ping.agent.name,
            outcome: ping.outcome(),
            status: ping.agent.presence.as_str(),
            asked_at: rfc3339(ping.asked_at),
            answered_at: ping.answered_at.map(rfc3339),
            took_ms: ping.took(),
            last_seen: rfc3339(ping.agent.sighting.seen.wall),
        }
    }
}

fn about(ping: &Ping) -> Clean {
    match (ping.outcome(), ping.took()) {
        (Outcome::Answered, Some(took)) => {
            let took = duration(Duration::from_millis(u64::try_from(took).unwrap_or_default()));
            clean(&format!("after {took}"), Field::Title)
        }
        (Outcome::Answered, None) => Clean::default(),
        (Outcome::Asked, _) => Clean::literal("in the middle of a turn: its next hook or command answers"),
        (Outcome::Idle, _) => Clean::literal("is there and waits for its human: its next turn answers"),
        (Outcome::Suspected, _) => Clean::literal("quiet for long, and no process of it can be seen"),
        (Outcome::Gone, _) => {
            Clean::literal("its process ended, it said goodbye, or it was quiet for very long")
        }
    }
}

/// Questions and what came of them.
#[must_use]
pub fn table(pings: &[Ping], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["WHO", "SIGN OF LIFE", "SEEN", "ABOUT"]);
    for ping in pings {
        let outcome = ping.outcome();
        let style = if outcome.is_alive() { OK } else { WARN };
        table.row([
            Cell::from(clean(&ping.agent.name, Field::Name)),
            Cell::styled(Clean::literal(outcome.as_str()), style),
            Cell::from(when(now, ping.agent.sighting.seen.wall)),
            Cell::from(about(ping)),
        ]);
    }
    table.render(width)
}

/// The names of those who have not given a sign of life.
#[must_use]
pub fn missing(pings: &[Ping]) -> String {
    let names: Vec<String> = pings
        .iter()
        .filter(|ping| !ping.outcome().is_alive())
        .map(|ping| clean(&ping.agent.name, Field::Name).to_string())
        .collect();
    names.join(", ")
}
