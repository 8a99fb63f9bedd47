//! When which agent was in the middle of a turn, worked out from what it said of itself.
//!
//! A session that is killed says nothing. Its turn then counts as long as something is known of it, not until
//! somebody noticed that it was gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{History, Span};
use crate::domain::activity::{TURN_BEGAN, TURN_ENDED};
use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::presence::Turn as Said;

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnEnd {
    /// The agent said so, or said goodbye.
    Ended,
    /// The agent vanished; the end is the last that was heard of it.
    Vanished,
    /// Not yet.
    GoesOn,
}

/// A turn of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub agent: String,
    /// As much of it as lies in the window.
    pub span: Span,
    /// How it ended.
    pub end: TurnEnd,
}

/// What is known of an agent while the record is read.
#[derive(Default)]
struct Known {
    /// When the turn began that goes on.
    began: Option<i64>,
    /// Whether anything was said of its turns yet.
    was_heard: bool,
    last: i64,
}

/// Who says when its turns end: sessions of the client, by themselves or as their record shows, and their subagents.
/// Of a person and of whoever else has only a shell nothing is known.
fn speakers(history: &History) -> BTreeSet<&str> {
    let subagents = history.agents.iter().filter(|agent| agent.parent.is_some());
    let heard = history
        .facts
        .iter()
        .filter(|fact| [TURN_BEGAN, TURN_ENDED].contains(&fact.event.as_str()));
    let mut speakers: BTreeSet<&str> = history.in_sessions.iter().map(String::as_str).collect();
    speakers.extend(subagents.map(|agent| agent.id.as_str()));
    speakers.extend(heard.filter_map(|fact| fact.agent.as_deref()));
    speakers.retain(|id| ![OPERATOR, SYSTEM].contains(id));
    speakers
}

/// The turns of the window, in the order of their ends; those that took no time are left out.
#[must_use]
pub fn turns(history: &History) -> Vec<Turn> {
    let (window, speakers) = (history.window, speakers(history));
    let mut known: BTreeMap<&str, Known> = BTreeMap::new();
    let mut turns = Vec::new();
    let mut add = |agent: &str, from: i64, to: i64, end: TurnEnd| {
        if from < to {
            turns.push(Turn {
                agent: agent.to_owned(),
                span: Span { from, to },
                end,
            });
        }
    };
    for fact in &history.facts {
        let Some(agent) = fact.agent.as_deref().filter(|id| speakers.contains(id)) else {
            continue;
        };
        let seen = known.entry(agent).or_default();
        match fact.event.as_str() {
            "agent.joined" | "agent.returned" | TURN_BEGAN => {
                if let Some(began) = seen.began {
                    add(agent, began, seen.last, TurnEnd::Vanished);
                }
                seen.began = Some(fact.at);
                seen.was_heard = true;
            }
            "agent.changed" if seen.began.is_none() && seen.was_heard => seen.began = Some(fact.at),
            TURN_ENDED | "agent.left" => {
                let is_first = !seen.was_heard;
                if let Some(began) = seen.began.take().or(is_first.then_some(window.from)) {
                    add(agent, began, fact.at, TurnEnd::Ended);
                }
                seen.was_heard = true;
            }
            "agent.gone" => {
                let is_first = !seen.was_heard;
                if let Some(began) = seen.began.take().or(is_first.then_some(window.from)) {
                    add(agent, began, seen.last.max(began), TurnEnd::Vanished);
                }
                seen.was_heard = true;
            }
            _ => {}
        }
        if fact.event != "agent.gone" {
            seen.last = seen.last.max(fact.at);
        }
    }
    for agent in &history.agents {
        if !speakers.contains(agent.id.as_str()) {
            continue;
        }
        let seen = known.remove(agent.id.as_str()).unwrap_or_default();
        let is_active = agent.sighting.turn == Said::Active;
        // Nothing was said in the window: it has gone on since before.
        let silent = (!seen.was_heard && is_active).then_some(window.from.max(agent.created_at));
        let Some(began) = seen.began.or(silent) else {
            continue;
        };
        if is_active && agent.presence.is_living() {
            add(&agent.id, began, window.to, TurnEnd::GoesOn);
        } else {
            let last = seen.last.max(agent.sighting.seen.wall);
            add(&agent.id, began, last.min(window.to), TurnEnd::Vanished);
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::super::tests::{agent, fact, history};
    use super::*;
    use crate::domain::presence::Presence;

    fn shown(history: &History) -> Vec<(i64, i64, TurnEnd)> {
        turns(history)
            .iter()
            .map(|turn| (turn.span.from, turn.span.to, turn.end))
            .collect()
    }

    #[test]
    fn a_turn_goes_from_a_prompt_to_its_stop() {
        let facts = vec![
            fact(100, "a", "agent.joined"),
            fact(100, "a", TURN_ENDED),
            fact(200, "a", TURN_BEGAN),
            fact(500, "a", TURN_ENDED),
            fact(700, "a", TURN_BEGAN),
            fact(800, "a", "agent.left"),
        ];
        let history = history(facts, vec![agent("a", Said::Ended, Presence::Offline)]);
        assert_eq!(
            shown(&history),
            [(200, 500, TurnEnd::Ended), (700, 800, TurnEnd::Ended)]
        );
    }

    #[test]
    fn one_that_began_before_the_window_counts_from_its_edge() {
        let ended = history(vec![fact(300, "a", TURN_ENDED)], Vec::new());
        assert_eq!(shown(&ended), [(0, 300, TurnEnd::Ended)]);
        let silent = history(Vec::new(), vec![agent("a", Said::Active, Presence::Active)]);
        assert_eq!(shown(&silent), [(0, 1_000, TurnEnd::GoesOn)]);
        let idle = history(Vec::new(), vec![agent("a", Said::Idle, Presence::Idle)]);
        assert_eq!(shown(&idle), []);
    }

    #[test]
    fn whoever_vanishes_counts_until_it_was_last_heard_of() {
        let facts = vec![
            fact(100, "a", TURN_BEGAN),
            fact(250, "a", "edit"),
            fact(900, "a", "agent.gone"),
        ];
        assert_eq!(
            shown(&history(facts, Vec::new())),
            [(100, 250, TurnEnd::Vanished)]
        );
        let facts = vec![
            fact(100, "a", TURN_BEGAN),
            fact(150, "a", "edit"),
            fact(400, "a", "agent.returned"),
        ];
        let back = history(facts, vec![agent("a", Said::Active, Presence::Active)]);
        assert_eq!(
            shown(&back),
            [(100, 150, TurnEnd::Vanished), (400, 1_000, TurnEnd::GoesOn)]
        );
    }

    #[test]
    fn of_whoever_has_only_a_shell_no_turn_is_known() {
        let facts = vec![fact(100, OPERATOR, "agent.joined")];
        let operator = agent(OPERATOR, Said::Active, Presence::Active);
        assert_eq!(shown(&history(facts, vec![operator])), []);
        let mut shell = history(vec![fact(100, "a", "agent.joined")], Vec::new());
        assert_eq!(shown(&shell), [], "nobody would ever say that its turn is over");
        shell.agents = vec![agent("a", Said::Active, Presence::Active)];
        assert_eq!(shown(&shell), []);
        shell.in_sessions.insert("a".to_owned());
        assert_eq!(shown(&shell), [(100, 1_000, TurnEnd::GoesOn)]);
    }
}
