//! What `doctor` finds, as people and programs read it.
//!
//! A finding says what is so, its remedy what to do about it, and the last line whether sessions here are
//! protected. The word carries the meaning, the colour repeats it.

use std::fmt::Write as _;

use anstyle::Style;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::colour::{DIM, ERROR, OK, WARN, paint};
use super::wrap::hanging;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// All is well.
    Ok,
    /// Worth knowing; nothing is wrong.
    Hint,
    /// Something is wrong.
    Problem,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Hint => "hint",
            Self::Problem => "problem",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✓ ",
            Self::Hint => "! ",
            Self::Problem => "✗ ",
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Ok => OK,
            Self::Hint => WARN,
            Self::Problem => ERROR,
        }
    }
}

/// One thing that was looked at. Its texts are neutralised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in one word that never changes.
    #[serde(rename = "check")]
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What is so.
    pub finding: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self::new(name, State::Ok, finding)
    }

    /// Worth knowing.
    pub fn hint(name: &'static str, finding: impl Into<String>) -> Self {
        Self::new(name, State::Hint, finding)
    }

    /// Something is wrong.
    pub fn problem(name: &'static str, finding: impl Into<String>) -> Self {
        Self::new(name, State::Problem, finding)
    }

    fn new(name: &'static str, state: State, finding: impl Into<String>) -> Self {
        Self {
            name,
            state,
            finding: finding.into(),
            fix: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// The checks as lines, each remedy below its finding. On a terminal of this `width` each has a mark, too, and long
/// findings go on below where they began.
#[must_use]
pub fn list(checks: &[Check], width: Option<usize>) -> String {
    let states = checks.iter().map(|check| check.state.word().width());
    let names = checks.iter().map(|check| check.name.width());
    let (states, names) = (states.max().unwrap_or(0), names.max().unwrap_or(0));
    let mut text = String::new();
    for check in checks {
        let mark = width.map(|_| check.state.mark()).unwrap_or_default();
        let state = format!("{mark}{:states$}", check.state.word());
        let indent = mark.width() + states + names + 4;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {:names$}  {}",
            paint(check.state.style(), &state),
            check.name,
            hanging(&check.finding, indent, width)
        );
        if let Some(fix) = &check.fix {
            let fix = hanging(&format!("fix: {fix}"), indent, width);
            let _ = writeln!(text, "{:indent$}{}", "", paint(DIM, &fix));
        }
    }
    text
}

/// What to do first: the remedy of the first problem that has one.
#[must_use]
pub fn next_step(checks: &[Check]) -> Option<&str> {
    let mut problems = checks.iter().filter(|check| check.state == State::Problem);
    problems.find_map(|check| check.fix.as_deref())
}

/// Whether sessions here are protected, and how many problems there are, in one line.
#[must_use]
pub fn summary(checks: &[Check], unprotected: Option<&str>) -> String {
    let problems = checks
        .iter()
        .filter(|check| check.state == State::Problem)
        .count();
    let count = match problems {
        0 => "no problems".to_owned(),
        1 => "1 problem".to_owned(),
        _ => format!("{problems} problems"),
    };
    match unprotected {
        None => format!("protected: {count}"),
        Some(why) => format!("not protected: {why} ({count})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_there_are_marks_and_no_line_runs_over_its_edge() {
        let checks = [
            Check::ok("store", "is there and holds a good many things"),
            Check::problem("hooks", "are not").fix("agent-sync init"),
        ];
        let text = list(&checks, Some(40));
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "✓ ok       store  is there and holds a\n                  good many things\n\
             ✗ problem  hooks  are not\n                  fix: agent-sync init\n"
        );
        assert_eq!(next_step(&checks), Some("agent-sync init"));
        assert_eq!(next_step(&checks[..1]), None);
    }

    #[test]
    fn findings_are_aligned_and_remedies_stand_below_them() {
        let checks = [
            Check::ok("store", "is there"),
            Check::problem("hooks", "are not").fix("agent-sync init"),
        ];
        let text = list(&checks, None);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "ok       store  is there\nproblem  hooks  are not\n                fix: agent-sync init\n"
        );
        assert_eq!(summary(&checks[..1], None), "protected: no problems");
        assert_eq!(
            summary(&checks, Some("no hooks")),
            "not protected: no hooks (1 problem)"
        );
    }
}
