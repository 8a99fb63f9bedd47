//! What is wrong with a topology, by name, and how to mend it.

use serde::Serialize;

use crate::domain::topology::{Definition, Faults, MAX_PLACES, MAX_WORD, Shape, Unsound, Who};
use crate::frame::{Clean, Field, clean, shell_word};

/// A fault.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// Which kind it is, one word.
    kind: &'static str,
    /// What is so.
    text: String,
    /// What helps.
    mend: String,
}

/// What came of looking, as JSON.
#[derive(Debug, Serialize)]
pub struct Json {
    sound: bool,
    faults: Vec<Fault>,
    /// Places for which nobody is here, which is no fault.
    empty: Vec<String>,
}

impl Json {
    /// The JSON form of these faults.
    #[must_use]
    pub fn new(faults: &[Fault], empty: &[Who]) -> Self {
        Self {
            sound: faults.is_empty(),
            faults: faults.to_vec(),
            empty: empty.iter().map(Who::to_text).collect(),
        }
    }
}

fn shown(who: &Who) -> Clean {
    clean(&who.to_text(), Field::Name)
}

fn typed(text: &str) -> Clean {
    clean(text, Field::Name)
}

/// What does not hold together in a definition.
#[must_use]
pub fn unsound(wrong: &[Unsound]) -> Vec<Fault> {
    wrong.iter().map(one).collect()
}

fn one(wrong: &Unsound) -> Fault {
    let (kind, text, mend) = match wrong {
        Unsound::NoPlace(text) => (
            "place",
            format!("'{}' is nobody's place", typed(text)),
            "a place is a name, an id or @role; the human is in no topology".to_owned(),
        ),
        Unsound::NoTeamName(text) => (
            "team",
            format!("'{}' cannot be the name of a team", typed(text)),
            format!("a name is 1 to {MAX_WORD} characters on one line without , = @"),
        ),
        Unsound::Senseless(shape, what) => (
            "senseless",
            format!("the topology {} has no {what}", shape.as_str()),
            match shape {
                Shape::Mesh => "leave it out: in a mesh everybody writes to everybody".to_owned(),
                Shape::Star => "a star has --hub and --deputy".to_owned(),
                Shape::Hierarchical => "a hierarchy has --chief, --team, --parent and --deputy".to_owned(),
            },
        ),
        Unsound::NoHub => (
            "head",
            "a star needs a hub".to_owned(),
            "--hub NAME, or --hub @role".to_owned(),
        ),
        Unsound::NoChief => (
            "head",
            "nobody is the chief".to_owned(),
            "--chief NAME, or --chief @role".to_owned(),
        ),
        Unsound::Chiefs(chiefs) => (
            "connected",
            format!("not connected: {} have no parent each", several(chiefs)),
            format!(
                "name the chief, and the others hang below it: --chief {}",
                chiefs.first().map_or_else(Clean::default, shown)
            ),
        ),
        Unsound::ChiefBelow(chief, parent) => (
            "cycle",
            format!(
                "{} is the chief and has the parent {}",
                shown(chief),
                shown(parent)
            ),
            format!(
                "leave out --parent {}={}, or name another chief",
                shown(chief),
                shown(parent)
            ),
        ),
        Unsound::Cycle(cycle) => {
            let mut way: Vec<String> = cycle.iter().map(|who| shown(who).to_string()).collect();
            way.extend(way.first().cloned());
            (
                "cycle",
                format!("a cycle of parents: {}", way.join(" -> ")),
                "give one of them a parent outside of it".to_owned(),
            )
        }
        Unsound::TwoParents(who, one, other) => (
            "parents",
            format!(
                "{} has two parents: {} and {}",
                shown(who),
                shown(one),
                shown(other)
            ),
            "leave one out; whom else it works with goes into a --team".to_owned(),
        ),
        Unsound::NoMember(team) => (
            "team",
            format!("nobody is in the team {}", typed(team)),
            format!("--team {}=NAME,@role, or leave it out", typed(team)),
        ),
        Unsound::TooMany(count) => (
            "places",
            format!("{count} places, and there can be {MAX_PLACES}"),
            "let roles stand for many: @role".to_owned(),
        ),
    };
    Fault { kind, text, mend }
}

/// What does not hold now, among those who are here.
#[must_use]
pub fn faults(definition: &Definition, faults: &Faults) -> Vec<Fault> {
    let mut found = Vec::new();
    let word = definition.shape.head();
    if let Some((who, stand_in)) = &faults.dead_head {
        let meanwhile = match stand_in {
            Some(name) => format!("{} stands in", typed(name)),
            None => "nobody else is here either".to_owned(),
        };
        let other = stand_in.as_deref().and_then(shell_word);
        let instead = match (definition.shape, other) {
            (Shape::Star, Some(name)) => format!(", or `agent-sync topology set star --hub {name}`"),
            (Shape::Hierarchical, Some(_)) => format!(", or set the topology with another {word}"),
            _ => String::new(),
        };
        found.push(Fault {
            kind: "dead_head",
            text: format!("dead {word}: {} is not here; {meanwhile}", shown(who)),
            mend: format!("start {}{instead}", shown(who)),
        });
    }
    for (name, parent, above) in &faults.orphans {
        let above: Vec<String> = above.iter().map(|name| typed(name).to_string()).collect();
        found.push(Fault {
            kind: "orphan",
            text: format!(
                "orphan: {} is not here, the parent of {}; meanwhile that is {}",
                shown(parent),
                typed(name),
                above.join(", ")
            ),
            mend: format!("start {}, or give {} another parent", shown(parent), typed(name)),
        });
    }
    found
}

/// Two lines for each fault: what is so, and what helps.
#[must_use]
pub fn list(faults: &[Fault]) -> String {
    let lines = faults
        .iter()
        .map(|fault| format!("{}\n  {}\n", fault.text, fault.mend));
    lines.collect()
}

/// What is wrong as one sentence, and what helps against the first of it.
#[must_use]
pub fn refusal(faults: &[Fault]) -> (String, String) {
    let texts: Vec<&str> = faults.iter().map(|fault| fault.text.as_str()).collect();
    let mend = faults.first().map(|fault| fault.mend.clone()).unwrap_or_default();
    (texts.join("; "), mend)
}

/// Places for which nobody is here, as a remark; empty where there are none.
#[must_use]
pub fn empty(whom: &[Who]) -> String {
    if whom.is_empty() {
        return String::new();
    }
    format!("nobody is here yet for {}\n", several(whom))
}

fn several(whom: &[Who]) -> Clean {
    super::listed(whom)
}
