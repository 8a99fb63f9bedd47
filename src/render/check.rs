//! What `doctor` finds, as people and programs read it.
//!
//! A finding says what is so, its remedy what to do about it, and the last line whether sessions here are
//! protected. The word carries the meaning, the colour repeats it.

use std::fmt::Write as _;

use anstyle::Style;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::colour::{DIM, ERROR, OK, WARN, paint};

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

/// The checks as lines, each remedy below its finding.
#[must_use]
pub fn list(checks: &[Check]) -> String {
    let states = checks.iter().map(|check| check.state.word().width());
    let names = checks.iter().map(|check| check.name.width());
    let (states, names) = (states.max().unwrap_or(0), names.max().unwrap_or(0));
    let mut text = String::new();
    for check in checks {
        let state = format!("{:states$}", check.state.word());
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {:names$}  {}",
            paint(check.state.style(), &state),
            check.name,
            check.finding
        );
        if let Some(fix) = &check.fix {
            let indent = states + names + 4;
            let _ = writeln!(text, "{:indent$}{}", "", paint(DIM, &format!("fix: {fix}")));
        }
    }
    text
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
    fn findings_are_aligned_and_remedies_stand_below_them() {
        let checks = [
            Check::ok("store", "is there"),
            Check::problem("hooks", "are not").fix("agent-sync init"),
        ];
        let text = list(&checks);
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
