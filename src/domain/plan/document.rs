//! The JSON form of a plan: what `task export` writes and `task import` reads.
//!
//! It says everything, so that a board can move from one repository to another. Keys that are not known are
//! refused rather than lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::terms::{self, Budget, Seats, Terms};
use super::{Ask, Fault, Item, On, Place, Plan};
use crate::domain::task::{Condition, Kind, Status, Value};

/// What the file says it is.
pub const FORMAT: &str = "agent-sync-tasks";
/// The newest version of the form.
pub const VERSION: u32 = 1;

/// A plan as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// At most [`VERSION`].
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sessions: Vec<Seats>,
    #[serde(default, skip_serializing_if = "BudgetEntry::is_empty")]
    budget: BudgetEntry,
    tasks: Vec<Entry>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BudgetEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turns: Option<u32>,
    /// A length of time such as `1h30m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restarts: Option<u32>,
}

impl BudgetEntry {
    const fn is_empty(&self) -> bool {
        self.turns.is_none() && self.time.is_none() && self.restarts.is_none()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "ref", default)]
    reference: Option<String>,
    title: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default = "pending")]
    status: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    priority: i64,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    acceptance: Option<String>,
    #[serde(default)]
    acceptance_command: Option<String>,
    #[serde(default)]
    max_attempts: Option<u32>,
    #[serde(default)]
    results: BTreeMap<String, ResultEntry>,
    #[serde(default)]
    dependencies: Vec<DependencyEntry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultEntry {
    kind: String,
    value: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DependencyEntry {
    on: String,
    #[serde(default = "after")]
    kind: String,
    #[serde(default)]
    condition: Option<String>,
}

fn pending() -> String {
    Status::Pending.as_str().to_owned()
}

fn after() -> String {
    Kind::After.as_str().to_owned()
}

impl Document {
    /// The JSON form of a plan that was checked.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let name = |on: &On| match on {
            On::Item(at) => {
                let item = &plan.items[*at];
                item.reference.clone().unwrap_or_else(|| item.title.clone())
            }
            On::Named(name) | On::Board(name) => name.clone(),
        };
        let entry = |item: &Item| Entry {
            reference: item.reference.clone(),
            title: item.title.clone(),
            description: item.description.clone(),
            status: item.status.as_str().to_owned(),
            reason: item.reason.clone(),
            priority: item.priority,
            role: item.role.clone(),
            labels: item.labels.clone(),
            files: item.files.clone(),
            acceptance: item.acceptance.clone(),
            acceptance_command: item.acceptance_command.clone(),
            max_attempts: item.max_attempts,
            results: item
                .results
                .iter()
                .map(|(key, value)| {
                    let (kind, value) = (value.kind().to_owned(), value.text().to_owned());
                    (key.clone(), ResultEntry { kind, value })
                })
                .collect(),
            dependencies: item
                .asks
                .iter()
                .map(|ask| DependencyEntry {
                    on: name(&ask.on),
                    kind: ask.kind.as_str().to_owned(),
                    condition: Some(ask.kind.condition()).filter(|condition| !condition.is_empty()),
                })
                .collect(),
        };
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            title: plan.terms.title.clone(),
            sessions: plan.terms.sessions.clone(),
            budget: BudgetEntry {
                turns: plan.terms.budget.turns,
                time: plan.terms.budget.time.map(terms::span_in_words),
                restarts: plan.terms.budget.restarts,
            },
            tasks: plan.items.iter().map(entry).collect(),
        }
    }

    /// The plan that this is, not checked yet.
    ///
    /// # Errors
    /// [`Fault`] when a word in it is not known.
    pub fn plan(self) -> Result<Plan, Fault> {
        let (plan, faults) = self.plan_with_faults();
        faults.into_iter().next().map_or(Ok(plan), Err)
    }

    /// The plan that this is, not checked yet, and every task in it of which a word is not known.
    #[must_use]
    pub fn plan_with_faults(self) -> (Plan, Vec<Fault>) {
        let mut faults = Vec::new();
        if self.format != FORMAT || self.version > VERSION {
            let why = format!(
                "it is '{}' version {}, not {FORMAT} version {VERSION}",
                self.format, self.version
            );
            faults.push(Fault::new(Place::Whole, why).hint("a newer agent-sync may read it"));
            return (Plan::default(), faults);
        }
        let time = self.budget.time.as_deref().and_then(|time| {
            let span = terms::span(time);
            if span.is_none() {
                let why = format!("'{time}' is no time of a budget");
                faults
                    .push(Fault::new(Place::Whole, why).hint("a length of time is written 90m, 2h or 1h30m"));
            }
            span
        });
        let mut terms = Terms {
            title: self.title,
            sessions: self.sessions,
            budget: Budget {
                turns: self.budget.turns,
                time,
                restarts: self.budget.restarts,
            },
        };
        faults.extend(terms.tidy());
        let items = self.tasks.into_iter().enumerate().map(|(at, entry)| {
            let place = Place::Element(at);
            let title = entry.title.clone();
            entry.item(place).unwrap_or_else(|fault| {
                faults.push(fault);
                Item::new(place, &title)
            })
        });
        let items = items.collect();
        (Plan { items, terms }, faults)
    }
}

impl Entry {
    fn item(self, place: Place) -> Result<Item, Fault> {
        let status = Status::parse(&self.status)
            .ok_or_else(|| Fault::new(place, format!("'{}' is no state of a task", self.status)))?;
        let asks: Result<Vec<Ask>, Fault> = self.dependencies.into_iter().map(|one| one.ask(place)).collect();
        let results = self.results.into_iter().map(|(key, result)| {
            let value = Value::stored(&result.kind, result.value);
            let is_true = value.kind() == result.kind && Value::from_word(value.text()).kind() == result.kind;
            if is_true || result.kind == "text" {
                Ok((key, value))
            } else {
                Err(Fault::new(
                    place,
                    format!("the result '{key}' is no {}", result.kind),
                ))
            }
        });
        Ok(Item {
            reference: self.reference,
            description: self.description,
            files: self.files,
            labels: self.labels,
            role: self.role,
            priority: self.priority,
            acceptance: self.acceptance,
            acceptance_command: self.acceptance_command,
            max_attempts: self.max_attempts,
            status: if status.is_open() { Status::Pending } else { status },
            reason: self.reason,
            results: results.collect::<Result<_, Fault>>()?,
            asks: asks?,
            ..Item::new(place, &self.title)
        })
    }
}

impl DependencyEntry {
    fn ask(self, place: Place) -> Result<Ask, Fault> {
        let kind = match (self.kind.as_str(), self.condition.as_deref()) {
            ("when", Some(condition)) => {
                let read = Condition::parse(condition);
                Kind::When(
                    read.map_err(|why| Fault::new(place, format!("the condition '{condition}' {why}")))?,
                )
            }
            ("when", None) => return Err(Fault::new(place, "a dependency 'when' has no condition")),
            (_, Some(_)) => return Err(Fault::new(place, "only a dependency 'when' has a condition")),
            (word @ ("after" | "on_failure" | "always"), None) => Kind::stored(word, ""),
            (word, None) => {
                return Err(Fault::new(place, format!("'{word}' is no kind of dependency"))
                    .hint("it is after, on_failure, always or when"));
            }
        };
        Ok(Ask {
            on: On::Named(self.on),
            kind,
            place,
        })
    }
}
