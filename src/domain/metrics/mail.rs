//! How long messages took to be shown and seen, who wrote to whom, and how much waited for whom.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{History, Letter, Span, Spread, deepest};
use crate::domain::agent::SYSTEM;
use crate::domain::message::State;

/// What became of the messages of the window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// How many were sent, those of agent-sync itself left out.
    pub sent: usize,
    /// To how many recipients all together.
    pub recipients: usize,
    /// How many of those have seen theirs.
    pub seen: usize,
    /// How many have not yet.
    pub open: usize,
    /// How many never will.
    pub lost: usize,
    /// From sending to the first time that a message was put before its recipient.
    pub shown_after: Option<Spread>,
    /// From there to the proof that it was seen.
    pub proved_after: Option<Spread>,
    /// From sending to that proof.
    pub seen_after: Option<Spread>,
}

/// When each message was first put before its recipient, by recipient and message: what the record says, or else
/// the message itself.
#[must_use]
pub fn first_shown(history: &History) -> HashMap<(&str, &str), i64> {
    let mut shown = HashMap::new();
    for fact in &history.facts {
        if let ("message.offered", Some(agent)) = (fact.event.as_str(), fact.agent.as_deref()) {
            shown.entry((agent, fact.body.as_str())).or_insert(fact.at);
        }
    }
    for letter in &history.letters {
        let is_shown = !matches!(letter.state, State::Queued | State::Expired);
        if let Some(at) = letter.offered_at.filter(|_| is_shown) {
            shown
                .entry((letter.recipient.as_str(), letter.id.as_str()))
                .or_insert(at);
        }
    }
    shown
}

/// The messages of agents and people; agent-sync's own notices are no conversation.
pub fn letters(history: &History) -> impl Iterator<Item = &Letter> {
    history.letters.iter().filter(|letter| letter.sender != SYSTEM)
}

/// What became of the messages of the window.
#[must_use]
pub fn mail(history: &History) -> Mail {
    let shown = first_shown(history);
    let mut mail = Mail::default();
    let (mut shown_after, mut proved_after, mut seen_after) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids: Vec<&str> = Vec::new();
    for letter in letters(history) {
        ids.push(&letter.id);
        mail.recipients += 1;
        match (letter.seen_at, letter.state) {
            (Some(_), _) => mail.seen += 1,
            (None, State::Expired | State::Undeliverable) => mail.lost += 1,
            (None, _) => mail.open += 1,
        }
        let shown_at = shown.get(&(letter.recipient.as_str(), letter.id.as_str()));
        let since = |from: i64, to: i64| to.saturating_sub(from).max(0);
        if let Some(&at) = shown_at {
            shown_after.push(since(letter.sent_at, at));
            // Whoever asks for a message by its id proves nothing of a push.
            if let Some(seen) = letter.seen_at.filter(|&seen| seen >= at) {
                proved_after.push(since(at, seen));
            }
        }
        seen_after.extend(letter.seen_at.map(|seen| since(letter.sent_at, seen)));
    }
    ids.sort_unstable();
    ids.dedup();
    mail.sent = ids.len();
    mail.shown_after = Spread::of(shown_after);
    mail.proved_after = Spread::of(proved_after);
    mail.seen_after = Spread::of(seen_after);
    mail
}

/// How many messages went from whom to whom.
#[must_use]
pub fn talks(history: &History) -> BTreeMap<(&str, &str), u64> {
    let mut talks = BTreeMap::new();
    for letter in letters(history) {
        *talks
            .entry((letter.sender.as_str(), letter.recipient.as_str()))
            .or_default() += 1;
    }
    talks
}

/// The most that ever waited for one recipient at once in the window.
#[must_use]
pub fn deepest_queue(history: &History) -> u64 {
    let shown = first_shown(history);
    let mut queues: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for letter in &history.letters {
        let shown_at = shown
            .get(&(letter.recipient.as_str(), letter.id.as_str()))
            .copied();
        let ended_at =
            matches!(letter.state, State::Expired | State::Undeliverable).then_some(letter.state_at);
        let left = [shown_at, letter.seen_at, ended_at].into_iter().flatten().min();
        let to = left.unwrap_or(history.window.to).max(letter.sent_at);
        let from = letter.sent_at;
        queues
            .entry(&letter.recipient)
            .or_default()
            .push(Span { from, to });
    }
    queues.into_values().map(deepest).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fact, history, letter};
    use super::super::{Fact, Letter};
    use super::*;

    fn offered(at: i64, agent: &str, id: &str) -> Fact {
        Fact {
            body: id.to_owned(),
            ..fact(at, agent, "message.offered")
        }
    }

    #[test]
    fn the_first_showing_counts_however_often_it_was_repeated() {
        let facts = vec![offered(150, "b", "m"), offered(900, "b", "m")];
        let mut history = history(facts, Vec::new());
        history.letters = vec![Letter {
            state: State::Delivered,
            seen_at: Some(170),
            offered_at: Some(900),
            ..letter("m", "a", "b", 100)
        }];
        let mail = mail(&history);
        assert_eq!(mail.shown_after.unwrap().p50_ms, 50);
        assert_eq!(mail.proved_after.unwrap().p50_ms, 20);
        assert_eq!(mail.seen_after.unwrap().p50_ms, 70);
    }

    #[test]
    fn what_was_never_shown_has_no_delay_and_is_not_counted_as_none() {
        let mut history = history(Vec::new(), Vec::new());
        history.letters = vec![
            letter("m", "a", "b", 100),
            Letter {
                state: State::Undeliverable,
                ..letter("m", "a", "c", 100)
            },
        ];
        let mail = mail(&history);
        assert_eq!((mail.shown_after, mail.seen_after), (None, None));
        assert_eq!((mail.sent, mail.recipients), (1, 2));
        assert_eq!((mail.seen, mail.open, mail.lost), (0, 1, 1));
    }

    #[test]
    fn a_notice_of_the_tool_itself_is_no_conversation_but_waits_like_any_other() {
        let mut history = history(vec![offered(400, "b", "n")], Vec::new());
        history.letters = vec![letter("m", "a", "b", 100), letter("n", SYSTEM, "b", 150)];
        assert_eq!(talks(&history), BTreeMap::from([(("a", "b"), 1)]));
        assert_eq!(mail(&history).sent, 1);
        assert_eq!(deepest_queue(&history), 2);
    }
}
