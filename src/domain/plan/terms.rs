//! What a plan asks for besides its tasks: which sessions shall work at it, and within which bounds.
//!
//! In Markdown these are lines before the first task (`sessions: 2 rust, 1 docs`, `budget: 50 turns, 2h`), in JSON the
//! keys `title`, `sessions` and `budget`. They are part of what is agreed to.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::markdown::{fence, heading, is_item};
use super::{Fault, Place};
use crate::domain::text;
use crate::domain::time::{HOUR, MINUTE};

/// Most sessions of a plan, all roles together.
pub const MAX_SESSIONS: u32 = 64;
/// Most turns that a session may be granted.
pub const MAX_TURNS: u32 = 10_000;
/// Most restarts that a session may be granted.
pub const MAX_RESTARTS: u32 = 100;
/// The longest that the work may be granted, in milliseconds.
pub const MAX_TIME: i64 = 7 * 24 * HOUR;

/// The heading of a checklist of tasks that are no plan with a title of its own.
pub const UNTITLED: &str = "Tasks";

const SECOND: i64 = 1_000;
const DAY: i64 = 24 * HOUR;

/// What a plan asks for besides its tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What it is called.
    pub title: Option<String>,
    /// Which sessions shall work at it; each role once, in alphabetical order.
    pub sessions: Vec<Seats>,
    /// The bounds of the work.
    pub budget: Budget,
}

/// So many sessions in one role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    /// The role; without one they take what asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How many.
    pub count: u32,
}

/// The bounds of the work. What is not said is not bounded by the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budget {
    /// Most turns of one session.
    pub turns: Option<u32>,
    /// How long all of it may take, in milliseconds.
    pub time: Option<i64>,
    /// How often one session may be started again.
    pub restarts: Option<u32>,
}

impl Terms {
    /// How many sessions the plan asks for.
    #[must_use]
    pub fn session_count(&self) -> u32 {
        let counts = self.sessions.iter().map(|seats| seats.count);
        counts.fold(0, u32::saturating_add)
    }

    /// The sessions as a line of Markdown says them; empty where none are asked for.
    #[must_use]
    pub fn sessions_in_words(&self) -> String {
        let parts = self.sessions.iter().map(|seats| match &seats.role {
            Some(role) => format!("{} {role}", seats.count),
            None => seats.count.to_string(),
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// The lines before the first task of a plan in Markdown, and what cannot be read of them.
    #[must_use]
    pub fn of_markdown(text: &str) -> (Self, Vec<Fault>) {
        let (mut terms, mut faults) = (Self::default(), Vec::new());
        let mut end_of_code: Option<String> = None;
        for (index, line) in text.lines().enumerate() {
            let content = line.trim();
            if let Some(end) = &end_of_code {
                if content == end {
                    end_of_code = None;
                }
                continue;
            }
            end_of_code = fence(content);
            if is_item(content) {
                break;
            }
            if let Some((1, title)) = heading(content)
                && terms.title.is_none()
                && !title.is_empty()
            {
                terms.title = Some(title.to_owned()).filter(|title| title != UNTITLED);
                continue;
            }
            let bare = content.trim_start_matches(['-', '*', '+', ' ']).replace('*', "");
            let Some((key, value)) = bare.split_once(':') else {
                continue;
            };
            let place = Place::Line(index + 1);
            let read = match key.trim().to_ascii_lowercase().as_str() {
                "title" => {
                    terms.title = Some(value.trim().trim_matches('"').to_owned());
                    Ok(())
                }
                "sessions" => terms.read_sessions(value),
                "budget" => terms.budget.read(value),
                _ => Ok(()),
            };
            faults.extend(read.err().map(|fault| Fault { place, ..fault }));
        }
        faults.extend(terms.tidy());
        (terms, faults)
    }

    /// Reads `2 rust, 1 docs`, or a bare number of sessions without a role.
    fn read_sessions(&mut self, value: &str) -> Result<(), Fault> {
        for part in value
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let count = part[..digits].parse().map_err(|_| {
                Fault::new(Place::Whole, format!("'{part}' is no number of sessions"))
                    .hint("for example: sessions: 2 rust, 1 docs")
            })?;
            let rest = part[digits..].trim();
            let role = rest
                .strip_prefix(['x', 'X', '\u{d7}'])
                .filter(|role| role.starts_with(' '));
            let role = role.unwrap_or(rest).trim().trim_start_matches('@');
            self.sessions.push(Seats {
                role: Some(role.to_owned()).filter(|role| !role.is_empty()),
                count,
            });
        }
        Ok(())
    }

    /// Brings the terms into the form in which they are kept, and says what is wrong with them.
    pub(super) fn tidy(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |why: String| faults.push(Fault::new(Place::Whole, why));
        if let Some(title) = self.title.take() {
            match text::title(&title) {
                Ok(title) => self.title = Some(title.to_owned()),
                Err(text::Unfit::Empty) => {}
                Err(_) => fault(format!(
                    "the title of a plan is one line of at most {} characters",
                    text::MAX_TITLE
                )),
            }
        }
        let mut sessions: Vec<Seats> = Vec::new();
        for mut seats in std::mem::take(&mut self.sessions) {
            seats.role = match seats.role.map(|role| text::remark(&role)) {
                Some(Ok(role)) => Some(role),
                Some(Err(text::Unfit::Empty)) | None => None,
                Some(Err(_)) => {
                    fault("a role of the sessions is too long".to_owned());
                    None
                }
            };
            match sessions.iter_mut().find(|known| known.role == seats.role) {
                Some(known) => known.count = known.count.saturating_add(seats.count),
                None => sessions.push(seats),
            }
        }
        sessions.retain(|seats| seats.count > 0);
        sessions.sort();
        self.sessions = sessions;
        if self.session_count() > MAX_SESSIONS {
            fault(format!(
                "{} sessions are too many for one plan; the limit is {MAX_SESSIONS}",
                self.session_count()
            ));
        }
        let Budget {
            turns,
            time,
            restarts,
        } = self.budget;
        if turns.is_some_and(|turns| !(1..=MAX_TURNS).contains(&turns)) {
            fault(format!("the turns of a budget are from 1 to {MAX_TURNS}"));
        }
        if restarts.is_some_and(|restarts| restarts > MAX_RESTARTS) {
            fault(format!("the restarts of a budget are at most {MAX_RESTARTS}"));
        }
        if time.is_some_and(|time| !(SECOND..=MAX_TIME).contains(&time)) {
            fault(format!(
                "the time of a budget is from 1s to {}",
                span_in_words(MAX_TIME)
            ));
        }
        faults
    }
}

impl Budget {
    /// The budget as a line of Markdown says it; empty where nothing is bounded.
    #[must_use]
    pub fn in_words(&self) -> String {
        let turns = self.turns.map(|turns| format!("{turns} turns"));
        let restarts = self.restarts.map(|restarts| format!("{restarts} restarts"));
        let parts = [turns, self.time.map(span_in_words), restarts];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Reads `50 turns, 2h, 3 restarts`.
    fn read(&mut self, value: &str) -> Result<(), Fault> {
        for part in value
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let unclear = || {
                Fault::new(Place::Whole, format!("'{part}' is no part of a budget"))
                    .hint("for example: budget: 50 turns, 2h, 3 restarts")
            };
            let (first, rest) = part.split_once(' ').unwrap_or((part, ""));
            match (first.parse::<u32>(), rest.trim()) {
                (Ok(count), "turn" | "turns") => self.turns = Some(count),
                (Ok(count), "restart" | "restarts") => self.restarts = Some(count),
                _ => self.time = Some(span(part).ok_or_else(unclear)?),
            }
        }
        Ok(())
    }
}

/// The length of time in milliseconds that `2h`, `1h 30m`, `90 minutes` or `2d` are.
#[must_use]
pub(super) fn span(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total = 0_i64;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match &rest[..letters] {
            "s" | "sec" | "second" | "seconds" => SECOND,
            "m" | "min" | "minute" | "minutes" => MINUTE,
            "h" | "hour" | "hours" => HOUR,
            "d" | "day" | "days" => DAY,
            _ => return None,
        };
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = rest[letters..].trim_start();
        if rest.is_empty() {
            return Some(total);
        }
    }
}

/// A length of time in whole seconds, as [`span`] reads it.
#[must_use]
pub(super) fn span_in_words(milliseconds: i64) -> String {
    let mut left = milliseconds;
    let mut words = String::new();
    for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")] {
        if left >= unit {
            let _infallible = write!(words, "{}{name}", left / unit);
            left %= unit;
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        let (terms, faults) = Terms::of_markdown(text);
        if let Some(fault) = faults.first() {
            return format!("{}: {}", fault.place, fault.why);
        }
        format!(
            "{} | {} | {}",
            terms.title.as_deref().unwrap_or("-"),
            terms.sessions_in_words(),
            terms.budget.in_words()
        )
    }

    #[test]
    fn the_lines_before_the_first_task_say_who_works_and_how_long() {
        for (text, said) in [
            (
                "# Release 2\n\nsessions: 2 rust, 1 docs\nbudget: 50 turns, 2h, 3 restarts\n\n- [ ] a\nsessions: 9\n",
                "Release 2 | 1 docs, 2 rust | 50 turns, 2h, 3 restarts",
            ),
            (
                "---\ntitle: \"T\"\nSessions: 3 x @api, 1, 2 api\n- **Budget:** 1h 30 minutes\n---\n",
                "T | 1, 5 api | 1h30m",
            ),
            ("```\nsessions: 2\n```\nno sessions here\n", "- |  | "),
            ("\nsessions: some", "line 2: 'some' is no number of sessions"),
            ("budget: 3 cows", "line 1: '3 cows' is no part of a budget"),
            (
                "sessions: 65",
                ": 65 sessions are too many for one plan; the limit is 64",
            ),
            ("budget: 0 turns", ": the turns of a budget are from 1 to 10000"),
            ("budget: 8d", ": the time of a budget is from 1s to 7d"),
        ] {
            assert_eq!(read(text), said, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_length_of_time_reads_back(seconds in 1..MAX_TIME / SECOND) {
            prop_assert_eq!(span(&span_in_words(seconds * SECOND)), Some(seconds * SECOND));
        }

        #[test]
        fn whatever_stands_before_the_tasks_is_read_without_failing(text in "(sessions|budget|title|# |```|\n|:|,| |[0-9]{1,11}|[a-z]{1,3}|\\*|é){0,30}") {
            let (terms, faults) = Terms::of_markdown(&text);
            if faults.is_empty() {
                let mut again = terms.clone();
                prop_assert!(again.tidy().is_empty());
                prop_assert_eq!(again, terms);
            }
        }
    }
}
