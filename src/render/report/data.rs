//! The timeline as the page's script reads it: short rows of numbers, texts only once.
//!
//! A page that holds everything helps nobody once there is a lot, so single edits become groups, lanes are given to
//! the busiest, and of everything else the newest is kept. What is left out is counted and said.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};

use super::Report;
use super::html::plain;
use super::sections::{length, place};
use crate::domain::agent::{OPERATOR, SYSTEM};
use crate::domain::key::PathKey;
use crate::domain::message::State;
use crate::domain::metrics::{HoldEnd, Span, TurnEnd, WaitEnd, first_shown, letters};
use crate::frame::{Field, clean};

/// Most lanes.
const MOST_LANES: usize = 60;
/// Most items of each kind.
const MOST_ITEMS: usize = 20_000;
/// Into how many groups the edits of a lane are put at most, once there are more than [`MOST_ITEMS`] of all.
const GROUPS: i64 = 300;

/// The words for how things end; the numbers in items point into them.
const ENDS: [&str; 20] = [
    "ended",
    "vanished",
    "goes on",
    "given back",
    "handed over",
    "lapsed",
    "its holder was gone",
    "taken by force",
    "its end is not known",
    "granted",
    "given up",
    "would never have ended",
    "not shown yet",
    "shown",
    "seen",
    "read",
    "acknowledged",
    "expired",
    "undeliverable",
    "",
];

/// What the script reads.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// The moment from which all others are counted, in milliseconds since the epoch.
    from: i64,
    /// How many milliseconds the window has.
    length: i64,
    lanes: Vec<Lane>,
    places: Vec<String>,
    ends: [&'static str; 20],
    /// Where each kind of item begins, and where the last one ends.
    starts: [usize; 6],
    /// `[kind, lane, from, to, how, other, text]`, sorted by kind, lane and beginning.
    items: Vec<Value>,
    /// What was left out, in sentences.
    #[serde(skip)]
    pub(super) left_out: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Lane {
    name: String,
    role: String,
    /// Whether it is a subagent.
    sub: bool,
}

/// Items of one kind before they are sorted: lane, beginning and the row.
type Rows = Vec<(usize, i64, Value)>;

struct Maker<'a> {
    report: &'a Report<'a>,
    lanes: HashMap<&'a str, usize>,
    places: BTreeMap<String, usize>,
    names: Vec<String>,
}

impl Data {
    /// How many agents have a lane.
    pub(super) fn lane_count(&self) -> usize {
        self.lanes.len()
    }

    /// The timeline of a report.
    pub(super) fn new(report: &Report<'_>) -> Self {
        let (lanes, without_lane) = lanes(report);
        let mut left_out = Vec::new();
        if without_lane > 0 {
            left_out.push(format!(
                "{without_lane} more agents did least and have no lane; the numbers and tables count them."
            ));
        }
        let ids: HashMap<&str, usize> = lanes.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let mut maker = Maker {
            report,
            lanes: ids,
            places: BTreeMap::new(),
            names: Vec::new(),
        };
        let kinds = [
            ("turns", maker.turns()),
            ("locks", maker.holds()),
            ("waits", maker.waits()),
            ("groups of edits", maker.edits(&mut left_out)),
            ("messages", maker.messages()),
        ];
        let (mut items, mut starts) = (Vec::new(), [0; 6]);
        for (at, (name, mut rows)) in kinds.into_iter().enumerate() {
            let more = rows.len().saturating_sub(MOST_ITEMS);
            if more > 0 {
                rows.sort_by_key(|row| row.1);
                rows.drain(..more);
                left_out.push(format!(
                    "The timeline shows the newest {MOST_ITEMS} {name}; {more} older ones are left out of it."
                ));
            }
            rows.sort_by_key(|row| (row.0, row.1));
            items.extend(rows.into_iter().map(|(_, _, row)| row));
            starts[at + 1] = items.len();
        }
        let window = report.history.window;
        Self {
            from: window.from,
            length: window.length(),
            lanes: lanes.into_iter().map(|(_, lane)| lane).collect(),
            places: maker.names,
            ends: ENDS,
            starts,
            items,
            left_out,
        }
    }
}

/// The agents that did most, in the order in which they came, subagents behind their parents; and how many others did
/// anything.
fn lanes<'a>(report: &'a Report<'_>) -> (Vec<(&'a str, Lane)>, usize) {
    let history = report.history;
    // How much each did, and when and in which order it came.
    let mut acts: HashMap<&str, (usize, i64, usize)> = HashMap::new();
    let mut count = |id: &'a str, at: i64| {
        let order = acts.len();
        if id != SYSTEM {
            let one = acts.entry(id).or_insert((0, at, order));
            one.0 += 1;
            one.1 = one.1.min(at);
        }
    };
    for turn in &report.timeline.turns {
        count(&turn.agent, turn.span.from);
    }
    for hold in &report.timeline.holds {
        count(&hold.agent, hold.span.from);
    }
    for wait in &report.timeline.waits {
        count(&wait.agent, wait.span.from);
    }
    for fact in history.facts.iter().filter(|fact| fact.event == "edit") {
        if let Some(agent) = &fact.agent {
            count(agent, fact.at);
        }
    }
    for letter in letters(history) {
        count(&letter.sender, letter.sent_at);
        count(&letter.recipient, letter.sent_at);
    }
    let mut busiest: Vec<&str> = acts.keys().copied().collect();
    busiest.sort_by_key(|id| (std::cmp::Reverse(acts[id].0), *id));
    let without = busiest.len().saturating_sub(MOST_LANES);
    busiest.truncate(MOST_LANES);
    let known = |id: &str| history.agents.iter().find(|agent| agent.id == id);
    busiest.sort_by_key(|id| {
        let (_, first, order) = acts[id];
        let parent = known(id).and_then(|agent| agent.parent.as_deref());
        let root = parent.and_then(|parent| acts.get(parent));
        let before = root.map_or((first, order), |root| (root.1, root.2));
        (*id == OPERATOR, before, root.is_some(), first, order)
    });
    let lanes = busiest.into_iter().map(|id| {
        let agent = known(id);
        let role = agent.and_then(|agent| agent.role.as_deref()).unwrap_or_default();
        let lane = Lane {
            name: plain(clean(history.name_of(id), Field::Name)),
            role: plain(clean(role, Field::Name)),
            sub: agent.is_some_and(|agent| agent.parent.is_some()),
        };
        (id, lane)
    });
    (lanes.collect(), without)
}

impl Maker<'_> {
    /// Counted from the beginning of the window.
    fn offset(&self, at: i64) -> i64 {
        at.saturating_sub(self.report.history.window.from)
    }

    fn span(&self, span: Span) -> (i64, i64) {
        (self.offset(span.from), self.offset(span.to))
    }

    fn place(&mut self, key: &PathKey) -> usize {
        let name = plain(place(key));
        if let Some(at) = self.places.get(&name) {
            return *at;
        }
        self.places.insert(name.clone(), self.names.len());
        self.names.push(name);
        self.names.len() - 1
    }

    fn turns(&self) -> Rows {
        let turns = self.report.timeline.turns.iter();
        let rows = turns.filter_map(|turn| {
            let lane = *self.lanes.get(turn.agent.as_str())?;
            let (from, to) = self.span(turn.span);
            let end = match turn.end {
                TurnEnd::Ended => 0,
                TurnEnd::Vanished => 1,
                TurnEnd::GoesOn => 2,
            };
            Some((lane, from, json!([0, lane, from, to, end, -1, ""])))
        });
        rows.collect()
    }

    fn holds(&mut self) -> Rows {
        let mut rows = Rows::new();
        for hold in &self.report.timeline.holds {
            let Some(&lane) = self.lanes.get(hold.agent.as_str()) else {
                continue;
            };
            let (from, to) = self.span(hold.span);
            let end = match hold.end {
                HoldEnd::Released => 3,
                HoldEnd::HandedOver => 4,
                HoldEnd::Lapsed => 5,
                HoldEnd::HolderGone => 6,
                HoldEnd::Stolen => 7,
                HoldEnd::Unknown => 8,
                HoldEnd::GoesOn => 2,
            };
            let place = self.place(&hold.place);
            let reason = plain(clean(&hold.reason, Field::Reason));
            rows.push((lane, from, json!([1, lane, from, to, end, place, reason])));
        }
        rows
    }

    fn waits(&mut self) -> Rows {
        let mut rows = Rows::new();
        for wait in &self.report.timeline.waits {
            let (Some(&lane), Some(first)) = (self.lanes.get(wait.agent.as_str()), wait.places.iter().next())
            else {
                continue;
            };
            let (from, to) = self.span(wait.span);
            let end = match wait.end {
                WaitEnd::Granted => 9,
                WaitEnd::GivenUp => 10,
                WaitEnd::Circle => 11,
                WaitEnd::Unknown => 8,
                WaitEnd::GoesOn => 2,
            };
            let place = self.place(first);
            rows.push((lane, from, json!([2, lane, from, to, end, place, ""])));
        }
        rows
    }

    /// Edits one by one, or in groups where there are very many.
    fn edits(&mut self, left_out: &mut Vec<String>) -> Rows {
        let history = self.report.history;
        let edits = history.facts.iter().filter(|fact| fact.event == "edit");
        let edits: Vec<_> = edits
            .filter_map(|fact| {
                let lane = *self.lanes.get(fact.agent.as_deref()?)?;
                Some((lane, fact))
            })
            .collect();
        if edits.len() <= MOST_ITEMS {
            let mut rows = Rows::new();
            for (lane, fact) in edits {
                let at = self.offset(fact.at);
                let place = fact
                    .place
                    .as_ref()
                    .map_or(-1, |key| i64::try_from(self.place(key)).unwrap_or(-1));
                rows.push((lane, at, json!([3, lane, at, null, 1, place, ""])));
            }
            return rows;
        }
        let width = (history.window.length() / GROUPS).max(1);
        let mut groups: BTreeMap<(usize, i64), (i64, i64, u64)> = BTreeMap::new();
        let count = edits.len();
        for (lane, fact) in edits {
            let at = self.offset(fact.at);
            let group = groups.entry((lane, at / width)).or_insert((at, at, 0));
            *group = (group.0.min(at), group.1.max(at), group.2 + 1);
        }
        left_out.push(format!(
            "{count} edits are shown as {} groups, each of one agent in {}.",
            groups.len(),
            length(width)
        ));
        let rows = groups.into_iter().map(|((lane, _), (from, to, count))| {
            (
                lane,
                from,
                json!([3, lane, from, to, count, -1, "in several files"]),
            )
        });
        rows.collect()
    }

    fn messages(&self) -> Rows {
        let history = self.report.history;
        let shown = first_shown(history);
        let mut rows = Rows::new();
        for letter in letters(history) {
            let Some(&lane) = self.lanes.get(letter.sender.as_str()) else {
                continue;
            };
            let other = self.lanes.get(letter.recipient.as_str());
            let other = other.map_or(-1, |at| i64::try_from(*at).unwrap_or(-1));
            let shown_at = shown.get(&(letter.recipient.as_str(), letter.id.as_str()));
            let arrived = shown_at.copied().into_iter().chain(letter.seen_at).min();
            let end = match letter.state {
                State::Queued => 12,
                State::Offered => 13,
                State::Delivered => 14,
                State::Read => 15,
                State::Acknowledged => 16,
                State::Expired => 17,
                State::Undeliverable => 18,
            };
            let from = self.offset(letter.sent_at);
            let to = arrived.map(|at| self.offset(at).max(from));
            let body = plain(clean(&letter.body, Field::Reason));
            rows.push((lane, from, json!([4, lane, from, to, end, other, body])));
        }
        rows
    }
}
