//! Policies and what they refuse, as people, agents and programs read them. The rules are the human's words; the
//! calls that they are about are other people's.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::table::{Cell, Table};
use super::time::{duration, relative, rfc3339};
use crate::domain::policy::{
    Difference, Effect, FieldTest, InForce, Judgement, Match, Miss, Passage, Policy, Rule, Standing,
};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// Why a call did not pass, and what its agent can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// One sentence without a full stop.
    pub message: String,
    /// What to do next.
    pub next: String,
}

/// Milliseconds as a length of time in words.
fn span(milliseconds: i64) -> String {
    let milliseconds = u64::try_from(milliseconds.max(0)).unwrap_or_default();
    duration(Duration::from_millis(milliseconds))
}

/// A wait, rounded up, so that who waits so long does not come too early.
fn wait(milliseconds: i64) -> String {
    span(milliseconds.saturating_add(999) / 1_000 * 1_000)
}

/// The words of a command.
#[must_use]
pub fn command(words: &str) -> Clean {
    clean(words, Field::Title)
}

fn reason(rule: &Rule) -> String {
    let reason = rule.reason.as_deref().map(|reason| clean(reason, Field::Message));
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// What is said of a call that a rule did not let pass.
#[must_use]
pub fn refusal(rule: &Rule, passage: &Passage, now: &Moment) -> Said {
    let name = clean(&rule.name, Field::Title);
    let said = |what: &str| format!("{what} (policy rule {name}{})", reason(rule));
    let show = "`agent-sync policy show` shows the rules, which the human alone changes";
    match passage {
        Passage::Passes | Passage::Denied => Said {
            message: said("the policy of this repository refuses this"),
            next: format!("do without it; {show}"),
        },
        Passage::Asked => Said {
            message: said("the policy leaves this to the human"),
            next: "ask the human to run it".to_owned(),
        },
        Passage::Unasked => Said {
            message: said("this waits for an approval, which a call asks for"),
            next: "make the call, and go on with something else".to_owned(),
        },
        Passage::Limited(free_in) => Said {
            message: said(&format!("this is one more than {}", effect(&rule.effect))),
            next: format!("the next one may pass in {}", wait(*free_in)),
        },
        Passage::Waits(request) => {
            let id = clean(&request.id, Field::Name);
            let by = clean(&request.approvers_in_words(), Field::Path);
            if let Standing::Rejected { lasts } = request.standing(now) {
                let who = request.answerer_name.as_deref().unwrap_or_default();
                let why = request.reason.as_deref();
                let why = why.map(|why| format!(": {}", clean(why, Field::Message)));
                return Said {
                    message: said(&format!(
                        "{} rejected this request ({id}{})",
                        clean(who, Field::Name),
                        why.unwrap_or_default()
                    )),
                    next: format!("do without it; the answer stands for {}", wait(lasts)),
                };
            }
            Said {
                message: said(&format!(
                    "this waits for an approval: request {id}, to be answered by {by}"
                )),
                next: format!(
                    "go on with something else; you are told when `agent-sync approve {id}` was run, and then the \
                     same call passes"
                ),
            }
        }
    }
}

/// What is said of a call that could not be counted or looked up.
#[must_use]
pub fn uncounted(rule: &Rule) -> Said {
    Said {
        message: format!(
            "the store could not be written, so nobody can tell whether this may pass (policy rule {})",
            clean(&rule.name, Field::Title)
        ),
        next: "try again in a moment; `agent-sync doctor` says what is wrong if it stays so".to_owned(),
    }
}

/// What becomes of a call, in words.
#[must_use]
pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Limit { limit, per } => {
            let whose = match per.as_str() {
                "agent" => "each agent",
                "role" => "each role",
                _ => "all together",
            };
            format!("{} in {} for {whose}", limit.count, span(limit.window))
        }
        Effect::Approve { by } => format!("approved by {}", joined(by, Field::Name)),
        other => other.as_str().to_owned(),
    }
}

fn joined(texts: &[String], field: Field) -> String {
    let texts: Vec<String> = texts.iter().map(|text| clean(text, field).to_string()).collect();
    texts.join(", ")
}

/// Which calls a rule is about, in words.
#[must_use]
pub fn matching(matches: &Match) -> String {
    let mut parts = Vec::new();
    for (what, patterns) in [
        ("tool", &matches.tools),
        ("command", &matches.commands),
        ("path", &matches.paths),
        ("agent", &matches.agents),
        ("role", &matches.roles),
    ] {
        if !patterns.is_empty() {
            parts.push(format!("{what} {}", joined(patterns, Field::Path)));
        }
    }
    parts.extend(matches.fields.iter().map(test));
    if parts.is_empty() {
        "every call".to_owned()
    } else {
        parts.join("; ")
    }
}

fn test(field: &FieldTest) -> String {
    let mut words = clean(&field.field, Field::Title).to_string();
    for (word, pattern) in [("is like", &field.glob), ("holds", &field.regex)] {
        if let Some(pattern) = pattern {
            let _infallible = write!(words, " {word} {}", clean(pattern, Field::Path));
        }
    }
    for (word, size) in [("at least", field.min_bytes), ("at most", field.max_bytes)] {
        if let Some(size) = size {
            let _infallible = write!(words, " has {word} {size} bytes");
        }
    }
    words
}

/// A rule on one line: what becomes of which calls, and how it is meant.
fn summary(policy: &Policy, rule: &Rule) -> String {
    format!(
        "{}: {} - {}{} ({})",
        clean(&rule.name, Field::Title),
        effect(&rule.effect),
        matching(&rule.matches),
        reason(rule),
        policy.mode_of(rule).as_str()
    )
}

/// What becomes of a call in the end.
#[must_use]
pub fn verdict(judgement: &Judgement<'_>, said: Option<&Said>) -> String {
    let mut text = match (judgement.decided, said) {
        (_, Some(said)) => format!(
            "does not pass: {}
next: {}\n",
            said.message, said.next
        ),
        (Some(rule), None) => format!(
            "passes: {} {}\n",
            clean(&rule.name, Field::Title),
            effect(&rule.effect)
        ),
        (None, None) => "passes: no rule decides\n".to_owned(),
    };
    if let Some(rule) = judgement.observed.filter(|rule| rule.effect != Effect::Allow) {
        let _infallible = writeln!(
            text,
            "noted: {}, which only watches, would {} it",
            clean(&rule.name, Field::Title),
            rule.effect.as_str()
        );
    }
    text
}

/// What is new, gone and changed, a line each.
#[must_use]
pub fn difference(old: &Policy, new: &Policy, found: &Difference<'_>) -> String {
    let mut text = String::new();
    if let Some((before, after)) = found.mode {
        let _infallible = writeln!(text, "  mode: {} -> {}", before.as_str(), after.as_str());
    }
    let mut line = |sign: &str, policy: &Policy, name: &str| {
        if let Some(rule) = policy.rule(name) {
            let _infallible = writeln!(text, "{sign} {}", summary(policy, rule));
        }
    };
    for name in &found.removed {
        line("-", old, name);
    }
    for name in &found.changed {
        line("-", old, name);
        line("+", new, name);
    }
    for name in &found.added {
        line("+", new, name);
    }
    if found.is_reordered {
        let names: Vec<&str> = new.rules.iter().map(|rule| rule.name.as_str()).collect();
        let _infallible = writeln!(text, "  order: {}", clean(&names.join(", "), Field::Message));
    }
    text
}

/// A policy in force, as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    sha256: &'a str,
    applied_at: String,
    applied_by: &'a str,
    applied_by_name: &'a str,
    #[serde(flatten)]
    policy: &'a Policy,
    source: &'a str,
}

impl<'a> Json<'a> {
    /// The JSON form of a policy.
    #[must_use]
    pub fn new(policy: &'a InForce) -> Self {
        Self {
            sha256: &policy.hash,
            applied_at: rfc3339(policy.applied_at),
            applied_by: &policy.applied_by,
            applied_by_name: &policy.applied_by_name,
            policy: &policy.policy,
            source: &policy.source,
        }
    }
}

/// A whole policy: since when, by whom, and its rules in order.
#[must_use]
pub fn page(policy: &InForce, now: &Moment, width: Option<usize>) -> String {
    let mut text = format!(
        "policy:  {}\napplied: {} by {} ({})\nmode:    {}\n\n",
        clean(&policy.hash, Field::Title),
        relative(now.wall, policy.applied_at),
        clean(&policy.applied_by_name, Field::Name),
        clean(&policy.applied_by, Field::Title),
        policy.policy.mode.as_str(),
    );
    let mut table = Table::with_headings(["RULE", "MODE", "EFFECT", "IS ABOUT", "REASON"]);
    for rule in &policy.policy.rules {
        table.row([
            Cell::from(clean(&rule.name, Field::Title)),
            Cell::from(Clean::literal(policy.policy.mode_of(rule).as_str())),
            Cell::from(clean(&effect(&rule.effect), Field::Title)),
            Cell::from(clean(&matching(&rule.matches), Field::Message)),
            Cell::from(clean(rule.reason.as_deref().unwrap_or_default(), Field::Message)),
        ]);
    }
    text.push_str(&table.render(width));
    text
}

/// What became of asking one rule about a call.
#[derive(Debug, Serialize)]
pub struct Asked<'a> {
    rule: &'a str,
    mode: &'static str,
    effect: &'static str,
    matches: bool,
    /// What did not fit: `kind`, `agent`, `role`, `path` or `field`.
    missed: Option<&'static str>,
    field: Option<&'a str>,
    decides: bool,
}

impl<'a> Asked<'a> {
    /// The rule, what of the call did not fit it, and what was judged of the call.
    #[must_use]
    pub fn new(policy: &Policy, rule: &'a Rule, miss: Option<Miss<'a>>, judgement: &Judgement<'_>) -> Self {
        let (missed, field) = match miss {
            None => (None, None),
            Some(Miss::Kind) => (Some("kind"), None),
            Some(Miss::Agent) => (Some("agent"), None),
            Some(Miss::Role) => (Some("role"), None),
            Some(Miss::Path) => (Some("path"), None),
            Some(Miss::Field(field)) => (Some("field"), Some(field)),
        };
        Self {
            rule: &rule.name,
            mode: policy.mode_of(rule).as_str(),
            effect: rule.effect.as_str(),
            matches: miss.is_none(),
            missed,
            field,
            decides: judgement.decided.is_some_and(|decided| decided.name == rule.name),
        }
    }

    /// The answer in words.
    fn in_words(&self) -> String {
        match (self.missed, self.field) {
            (_, Some(field)) => format!("no: {field} is not like that"),
            (Some("kind"), _) => "no: it is about other calls".to_owned(),
            (Some("agent"), _) => "no: it is about other agents".to_owned(),
            (Some("role"), _) => "no: it is about other roles".to_owned(),
            (Some(_), _) => "no: it is about other files".to_owned(),
            (None, _) if self.decides => "yes, and decides".to_owned(),
            (None, _) if self.mode == "observe" => "yes, and would have decided".to_owned(),
            (None, _) => "yes, but a rule above decides".to_owned(),
        }
    }
}

/// A line for each rule that was asked about a call.
#[must_use]
pub fn asked(rules: &[Asked<'_>], width: Option<usize>) -> String {
    let mut table = Table::with_headings(["RULE", "MODE", "EFFECT", "MATCHES"]);
    for rule in rules {
        table.row([
            Cell::from(clean(rule.rule, Field::Title)),
            Cell::from(Clean::literal(rule.mode)),
            Cell::from(Clean::literal(rule.effect)),
            Cell::from(clean(&rule.in_words(), Field::Reason)),
        ]);
    }
    table.render(width)
}
