//! Plans: tasks that are read from a file, checked as a whole, and only then put on the board.
//!
//! A plan is written by people and models, so everything in it may be wrong. Whatever form it had ([`markdown`],
//! [`document`]), it becomes the same [`Plan`], and [`Plan::inspect`] finds every fault before anything happens. One that
//! others are to agree to first is a [`proposal`]: it is kept in the one form that [`Plan::settled`] gives it, so that
//! agreement is to a content and not to a way of writing it.

mod check;
pub mod difference;
pub mod document;
pub mod markdown;
mod marks;
pub mod proposal;
mod remarks;
mod settled;
pub mod terms;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::task::{Kind, Results, Shape, Status, Task};

pub use check::MAX_ITEMS;
pub use terms::Terms;

/// Where in a file something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Place {
    /// Nowhere in particular.
    #[default]
    Whole,
    /// On this line, counted from 1.
    Line(usize),
    /// In this element of `tasks`, counted from 0.
    Element(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(out, "line {line}"),
            Self::Element(index) => write!(out, "tasks[{index}]"),
        }
    }
}

/// Why a file is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong, in one sentence without a full stop; it holds text of the file.
    pub why: String,
    /// What can be done about it.
    pub hint: Option<&'static str>,
}

impl Fault {
    fn new(place: Place, why: impl Into<String>) -> Self {
        Self {
            place,
            why: why.into(),
            hint: None,
        }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }
}

/// The other task of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// A reference, a title or an id that was not looked up yet.
    Named(String),
    /// The task with this index in the plan.
    Item(usize),
    /// Not in the plan: a task that should be on the board already.
    Board(String),
}

/// What a task of a plan asks of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The other task.
    pub on: On,
    /// What has to become of it.
    pub kind: Kind,
    /// Where the plan says so.
    pub place: Place,
}

/// A task of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it stands.
    pub place: Place,
    /// The titles above it and its own: what it is known by where it has no reference.
    pub path: String,
    /// A name that is unique in the plan.
    pub reference: Option<String>,
    /// One line.
    pub title: String,
    /// Any text.
    pub description: Option<String>,
    /// Paths as they are written, from the top of a checkout.
    pub files: Vec<String>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// The role that an agent must have to be handed it.
    pub role: Option<String>,
    /// Higher is handed out earlier.
    pub priority: i64,
    /// When it counts as done.
    pub acceptance: Option<String>,
    /// A command that succeeds when it is done.
    pub acceptance_command: Option<String>,
    /// How many attempts may end with their agent gone.
    pub max_attempts: Option<u32>,
    /// Whether it has ended, and how; what somebody works on elsewhere begins anew here.
    pub status: Status,
    /// Why it failed or was cancelled.
    pub reason: Option<String>,
    /// What came of it.
    pub results: Results,
    /// What it asks of others.
    pub asks: Vec<Ask>,
}

impl Item {
    fn new(place: Place, title: &str) -> Self {
        Self {
            place,
            path: title.to_owned(),
            reference: None,
            title: title.to_owned(),
            description: None,
            files: Vec::new(),
            labels: Vec::new(),
            role: None,
            priority: 0,
            acceptance: None,
            acceptance_command: None,
            max_attempts: None,
            status: Status::Pending,
            reason: None,
            results: Results::new(),
            asks: Vec::new(),
        }
    }

    /// The title, shortened, and the place, or the reference where that is all there is: how a fault names a task.
    fn shown(&self) -> String {
        let title: String = self.title.chars().take(60).collect();
        match (self.place, &self.reference) {
            (Place::Whole, Some(reference)) => format!("'{title}' ({reference})"),
            (place, _) => format!("'{title}' ({place})"),
        }
    }
}

/// Tasks and what they ask of each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The tasks in the order of the file.
    pub items: Vec<Item>,
    /// Who shall work at them, and within which bounds.
    pub terms: Terms,
}

impl Plan {
    /// The plan that these tasks of a board are: what comes first first, each known by its id.
    #[must_use]
    pub fn of(tasks: &[Task], results: &HashMap<String, Results>) -> Self {
        let order = Shape::new(tasks).order();
        let place: HashMap<&str, usize> = order
            .iter()
            .enumerate()
            .map(|(at, &task)| (tasks[task].id.as_str(), at))
            .collect();
        let items = order.iter().enumerate().map(|(at, &task)| {
            let task = &tasks[task];
            let asks = task.dependencies.iter().map(|one| Ask {
                on: match place.get(one.on.as_str()) {
                    Some(&at) => On::Item(at),
                    None => On::Board(one.on.clone()),
                },
                kind: one.kind.clone(),
                place: Place::Element(at),
            });
            Item {
                reference: Some(task.id.clone()),
                description: task.description.clone(),
                files: task.files.clone(),
                labels: task.labels.clone(),
                role: task.role.clone(),
                priority: task.priority,
                acceptance: task.acceptance.clone(),
                acceptance_command: task.acceptance_command.clone(),
                max_attempts: task.max_attempts,
                status: if task.status.is_open() {
                    Status::Pending
                } else {
                    task.status
                },
                reason: task.end_reason.clone(),
                results: results.get(&task.id).cloned().unwrap_or_default(),
                asks: asks.collect(),
                ..Item::new(Place::Element(at), &task.title)
            }
        });
        Self {
            items: items.collect(),
            terms: Terms::default(),
        }
    }

    /// What each task is remembered by, so that the same plan can be read again: unique within `source`.
    #[must_use]
    pub fn origins(&self, source: &str) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        self.items
            .iter()
            .map(|item| {
                let name = match &item.reference {
                    Some(reference) => format!("{source}#{reference}"),
                    None => format!("{source}/{}", item.path.to_lowercase()),
                };
                let count = seen.entry(name.clone()).or_default();
                *count += 1;
                if *count == 1 {
                    name
                } else {
                    format!("{name} ({count})")
                }
            })
            .collect()
    }

    /// The shape of the plan.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let is_open = self.items.iter().map(|item| item.status.is_open()).collect();
        let edges = self.items.iter().enumerate().flat_map(|(at, item)| {
            let on = item.asks.iter().filter_map(|ask| match ask.on {
                On::Item(on) => Some(on),
                On::Named(_) | On::Board(_) => None,
            });
            on.map(move |on| (at, on)).collect::<Vec<_>>()
        });
        Shape::from_edges(is_open, edges)
    }
}

#[cfg(test)]
mod tests;
