//! How 0.4.0's values read today. Pure, and with an answer for every text: what 0.4.0 wrote was checked by
//! nobody.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::agent::OPERATOR;
use crate::domain::lock::OUTSIDE;
use crate::domain::name::{MAX_NAME, Unusable, made_up, normalise};
use crate::domain::path::{absolute, relative};
use crate::domain::task::Status;

/// The moment that `text` names in milliseconds since the epoch; what is smaller is dropped.
///
/// 0.4.0 wrote UTC with microseconds, none when they were zero, and read `Z`, any offset, and times without
/// one as UTC; people who edit by hand write a blank for the `T` or a date alone.
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.timestamp_millis());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(zoned) = DateTime::parse_from_str(text, format) {
            return Some(zoned.timestamp_millis());
        }
    }
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    for format in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(naive) = NaiveDateTime::parse_from_str(text, format) {
            return Some(naive.and_utc().timestamp_millis());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

/// The reason of a blocked task: what follows the last line's `[blocked] `, to the end.
pub(super) fn blocked_reason(description: &str) -> Option<&str> {
    const MARK: &str = "[blocked] ";
    let start = match description.rfind(&format!("\n{MARK}")) {
        Some(at) => at + 1,
        None if description.starts_with(MARK) => 0,
        None => return None,
    };
    let reason = &description[start + MARK.len()..];
    (!reason.trim().is_empty()).then_some(reason)
}

/// The checkout and the path in it that 0.4.0's `typed` path means; it joined every path to `root`.
///
/// Without a known root only text that stays inside it can be tidied. The empty path stays empty.
pub(super) fn place(root: Option<&str>, typed: &str) -> (&'static str, String) {
    if typed.is_empty() {
        return ("", String::new());
    }
    match root {
        Some(root) => {
            let path = absolute(root, typed);
            match relative(root, &path) {
                Some(inside) => ("", inside.to_owned()),
                None => (OUTSIDE, path),
            }
        }
        None if typed.starts_with('/') => (OUTSIDE, absolute("/", typed)),
        None if climbs(typed) => ("", typed.to_owned()),
        None => {
            let path = absolute("/", typed);
            ("", relative("/", &path).unwrap_or(".").to_owned())
        }
    }
}

/// Whether a relative path leaves the place it starts from.
fn climbs(path: &str) -> bool {
    let mut depth = 0i64;
    path.split('/').any(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

/// The status that `word` means; for one that 0.4.0 did not know, the board where nothing is overlooked.
pub(super) fn status(word: &str) -> Status {
    Status::parse(&word.trim().to_ascii_lowercase()).unwrap_or(Status::Pending)
}

/// The names that were given so far.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// From which number on a name that several share is looked for: without a name, 0.4.0 called every
    /// session of a repository the same, and counting from the start for each of thousands takes long.
    next: HashMap<String, u32>,
}

impl Names {
    /// Gives the agent `id`, which was called `wanted`, a name that nobody else has.
    pub(super) fn give(&mut self, wanted: &str, id: &str) -> String {
        let base = usable(wanted, id);
        if self.taken.insert(base.clone()) {
            return base;
        }
        let number = self.next.entry(base.clone()).or_insert(2);
        loop {
            let suffix = format!("-{number}");
            let head: String = base.chars().take(MAX_NAME - suffix.len()).collect();
            let name = head + &suffix;
            *number += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// What the agent `id` is to be called if it was called `wanted` and nobody else is.
pub(super) fn usable(wanted: &str, id: &str) -> String {
    match normalise(wanted) {
        Ok(name) => name,
        Err(Unusable::Reserved) if id == OPERATOR => OPERATOR.to_owned(),
        Err(_) => made_up(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_one_moment_reads_as_that_moment() {
        for text in [
            "2026-11-21T01:25:54.549018+00:00",
            "2026-11-21T01:25:54.549018Z",
            "2026-11-21T01:25:54.549018",
            "2026-11-21 01:25:54.549018+00:00",
            "2026-11-21 01:25:54.549",
            "2026-11-21T02:25:54.549999+01:00",
            "2026-11-20T20:25:54.549-0500",
            " 2026-11-21T01:25:54.549018+00:00\n",
        ] {
            assert_eq!(milliseconds(text), Some(1_795_224_354_549), "{text}");
        }
        assert_eq!(milliseconds("2026-11-21T01:25:54+00:00"), Some(1_795_224_354_000));
        assert_eq!(milliseconds("2026-11-21T01:25:54"), Some(1_795_224_354_000));
        assert_eq!(milliseconds("2026-11-21T01:25"), Some(1_795_224_300_000));
        assert_eq!(milliseconds("2026-11-21"), Some(1_795_219_200_000));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "soon",
            "1795224354549",
            "2026-13-01T00:00:00Z",
            "2026-11-21T",
            "日本",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_reason_of_a_blocked_task_counts_with_all_its_lines() {
        assert_eq!(
            blocked_reason("old importer\n[blocked] waiting on ops\n[blocked] still waiting"),
            Some("still waiting")
        );
        assert_eq!(
            blocked_reason("[blocked] first\nand second line"),
            Some("first\nand second line")
        );
        assert_eq!(blocked_reason("not [blocked] here"), None);
        assert_eq!(blocked_reason("x\n[blocked]  "), None);
        assert_eq!(blocked_reason(""), None);
    }

    #[test]
    fn a_path_has_one_place() {
        let at = |typed| place(Some("/r"), typed);
        for typed in ["./src/../src/a.py", "src//a.py", "src/a.py/", "/r/src/a.py"] {
            assert_eq!(at(typed), ("", "src/a.py".to_owned()), "{typed}");
        }
        assert_eq!(at("."), ("", ".".to_owned()));
        assert_eq!(at("../o.py"), (OUTSIDE, "/o.py".to_owned()));
        assert_eq!(at("/abs/./o.py"), (OUTSIDE, "/abs/o.py".to_owned()));
        assert_eq!(at(""), ("", String::new()));
    }

    #[test]
    fn without_a_root_a_path_that_leaves_it_stays_as_it_is() {
        assert_eq!(place(None, "./src/../src/a.py"), ("", "src/a.py".to_owned()));
        assert_eq!(place(None, "../o.py"), ("", "../o.py".to_owned()));
        assert_eq!(place(None, "src/.."), ("", ".".to_owned()));
        assert_eq!(place(None, "/abs//o.py"), (OUTSIDE, "/abs/o.py".to_owned()));
    }

    #[test]
    fn names_are_kept_mended_or_made_up_but_never_shared() {
        let mut names = Names::default();
        assert_eq!(names.give("frontend", "a"), "frontend");
        assert_eq!(names.give("frontend-2", "b"), "frontend-2");
        assert_eq!(names.give("frontend", "c"), "frontend-3");
        assert_eq!(names.give("Front\nEnd", "d"), "front-end");
        assert_eq!(names.give("all", "e"), made_up("e"));
        assert_eq!(names.give("", "f"), made_up("f"));
        assert_eq!(names.give("operator", "g"), made_up("g"));
        assert_eq!(names.give("operator", OPERATOR), OPERATOR);
        let long = "x".repeat(MAX_NAME);
        assert_eq!(names.give(&long, "h"), long);
        assert_eq!(names.give(&long, "i"), format!("{}-2", &long[2..]));
    }

    #[test]
    fn a_status_nobody_knows_is_pending() {
        assert_eq!(status(" Done"), Status::Done);
        assert_eq!(status("finished"), Status::Pending);
    }
}
