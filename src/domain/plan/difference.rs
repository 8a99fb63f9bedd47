//! What one revision of a plan changed about another: tasks that are new, gone or different, field by field.
//!
//! Tasks are the same where their references are. Both plans have to be [`settled`](Plan::settled).

use std::collections::HashMap;

use super::{Item, On, Plan};
use crate::domain::task::Kind;

/// Another value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name, as Markdown and JSON have it.
    pub field: &'static str,
    /// What it was; empty where there was nothing.
    pub old: String,
    /// What it is; empty where there is nothing.
    pub new: String,
}

/// A task that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed<'a> {
    /// What it is now.
    pub item: &'a Item,
    /// What is different about it.
    pub changes: Vec<Change>,
}

/// What one plan has that another has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference<'a> {
    /// Title, sessions and budget.
    pub terms: Vec<Change>,
    /// The tasks that are new, in the order of the new plan.
    pub added: Vec<&'a Item>,
    /// The tasks that are gone, in the order of the old plan.
    pub removed: Vec<&'a Item>,
    /// The tasks that are different, in the order of the new plan.
    pub changed: Vec<Changed<'a>>,
    /// Whether nothing but the order of the tasks is different.
    pub is_reordered: bool,
}

impl Difference<'_> {
    /// Whether both plans are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
            && self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && !self.is_reordered
    }
}

/// What `new` changes about `old`.
#[must_use]
pub fn difference<'a>(old: &'a Plan, new: &'a Plan) -> Difference<'a> {
    let old_at: HashMap<&str, usize> = index(old);
    let new_at: HashMap<&str, usize> = index(new);
    let mut difference = Difference {
        terms: changes(terms(old), terms(new)),
        ..Difference::default()
    };
    for (at, item) in new.items.iter().enumerate() {
        match old_at.get(item.key()) {
            None => difference.added.push(item),
            Some(&was) => {
                let changes = changes(fields(old, was), fields(new, at));
                if !changes.is_empty() {
                    difference.changed.push(Changed { item, changes });
                }
            }
        }
    }
    let is_gone = |item: &&Item| !new_at.contains_key(item.key());
    difference.removed.extend(old.items.iter().filter(is_gone));
    let same = |plan: &'a Plan, other: &HashMap<&str, usize>| {
        let keys = plan.items.iter().map(Item::key);
        keys.filter(|key| other.contains_key(key)).collect::<Vec<_>>()
    };
    difference.is_reordered = same(old, &new_at) != same(new, &old_at);
    difference
}

fn index(plan: &Plan) -> HashMap<&str, usize> {
    let items = plan.items.iter().enumerate();
    items.map(|(at, item)| (item.key(), at)).collect()
}

type Fields = Vec<(&'static str, String)>;

fn changes(old: Fields, new: Fields) -> Vec<Change> {
    let pairs = old.into_iter().zip(new).filter(|((_, old), (_, new))| old != new);
    let changes = pairs.map(|((field, old), (_, new))| Change { field, old, new });
    changes.collect()
}

fn terms(plan: &Plan) -> Fields {
    vec![
        ("title", plan.terms.title.clone().unwrap_or_default()),
        ("sessions", plan.terms.sessions_in_words()),
        ("budget", plan.terms.budget.in_words()),
    ]
}

/// Every field of a task, in one order.
fn fields(plan: &Plan, at: usize) -> Fields {
    let item = &plan.items[at];
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let asks = item.asks.iter().map(|ask| {
        let on = match &ask.on {
            On::Item(on) => plan.items[*on].key(),
            On::Named(name) | On::Board(name) => name,
        };
        match &ask.kind {
            Kind::After => format!("after {on}"),
            Kind::OnFailure => format!("on failure of {on}"),
            Kind::Always => format!("always after {on}"),
            Kind::When(condition) => format!("when {on}.{condition}"),
        }
    });
    let results = item.results.iter().map(|(key, value)| format!("{key}={value}"));
    vec![
        ("title", item.title.clone()),
        ("description", text(&item.description)),
        ("dependencies", asks.collect::<Vec<_>>().join(", ")),
        ("files", item.files.join(", ")),
        ("role", text(&item.role)),
        ("labels", item.labels.join(", ")),
        ("priority", item.priority.to_string()),
        ("acceptance", text(&item.acceptance)),
        ("check", text(&item.acceptance_command)),
        (
            "attempts",
            item.max_attempts
                .map_or_else(String::new, |most| most.to_string()),
        ),
        ("status", item.status.as_str().to_owned()),
        ("reason", text(&item.reason)),
        ("results", results.collect::<Vec<_>>().join(", ")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::markdown;

    fn plan(text: &str) -> Plan {
        markdown::read(text).and_then(Plan::check).unwrap().settled()
    }

    #[test]
    fn tasks_are_compared_by_reference_and_field_by_field() {
        let old = plan("- [ ] A\n- [ ] B (after: A)\n- [ ] C\n");
        let new = plan("- [ ] A !2 @api\n- [ ] B\n- [ ] D\n");
        let found = difference(&old, &new);
        assert_eq!(found.added[0].key(), "d");
        assert_eq!(found.removed[0].key(), "c");
        let changes: Vec<String> = (found.changed.iter())
            .flat_map(|one| one.changes.iter().map(move |change| (one, change)))
            .map(|(one, change)| {
                format!(
                    "{} {} {:?} {:?}",
                    one.item.key(),
                    change.field,
                    change.old,
                    change.new
                )
            })
            .collect();
        assert_eq!(
            changes,
            [
                "a role \"\" \"api\"",
                "a priority \"0\" \"2\"",
                "b dependencies \"after a\" \"\""
            ]
        );
        assert!(difference(&old, &old).is_empty());
    }

    #[test]
    fn another_order_of_the_same_tasks_is_a_difference() {
        let (old, new) = (plan("- [ ] A\n- [ ] B\n"), plan("- [ ] B\n- [ ] A\n"));
        let found = difference(&old, &new);
        assert!(found.is_reordered && found.changed.is_empty() && !found.is_empty());
    }
}
