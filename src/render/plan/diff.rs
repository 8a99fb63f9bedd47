//! What changed between two revisions of a plan.

use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::plan::Item;
use crate::domain::plan::difference::{Change, Difference};
use crate::frame::{Field, clean};

/// A difference as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    terms: Vec<ChangeJson<'a>>,
    added: Vec<ItemJson<'a>>,
    removed: Vec<ItemJson<'a>>,
    changed: Vec<ChangedJson<'a>>,
    reordered: bool,
}

#[derive(Debug, Serialize)]
struct ItemJson<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    title: &'a str,
}

#[derive(Debug, Serialize)]
struct ChangedJson<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    title: &'a str,
    changes: Vec<ChangeJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangeJson<'a> {
    field: &'static str,
    old: &'a str,
    new: &'a str,
}

impl<'a> Json<'a> {
    /// The JSON form of `difference`.
    #[must_use]
    pub fn new(difference: &'a Difference<'a>) -> Self {
        let item = |item: &&'a Item| ItemJson {
            reference: item.key(),
            title: &item.title,
        };
        let changed = difference.changed.iter().map(|one| ChangedJson {
            reference: one.item.key(),
            title: &one.item.title,
            changes: changes(&one.changes),
        });
        Self {
            terms: changes(&difference.terms),
            added: difference.added.iter().map(item).collect(),
            removed: difference.removed.iter().map(item).collect(),
            changed: changed.collect(),
            reordered: difference.is_reordered,
        }
    }
}

fn changes(changes: &[Change]) -> Vec<ChangeJson<'_>> {
    let changes = changes.iter().map(|change| ChangeJson {
        field: change.field,
        old: &change.old,
        new: &change.new,
    });
    changes.collect()
}

/// A difference as lines; both names are clean.
#[must_use]
pub fn text(difference: &Difference<'_>, old: &str, new: &str) -> String {
    let mut text = format!("--- {old}\n+++ {new}\n");
    if difference.is_empty() {
        text.push_str("Nothing is different\n");
        return text;
    }
    for change in &difference.terms {
        text.push_str(&line("", change));
    }
    let mut items = |sign: char, items: &[&Item]| {
        for item in items {
            let (key, title) = (clean(item.key(), Field::Name), clean(&item.title, Field::Title));
            let _infallible = writeln!(text, "{sign} {key}: {title}");
        }
    };
    items('-', &difference.removed);
    items('+', &difference.added);
    for one in &difference.changed {
        let (key, title) = (
            clean(one.item.key(), Field::Name),
            clean(&one.item.title, Field::Title),
        );
        let _infallible = writeln!(text, "~ {key}: {title}");
        for change in &one.changes {
            text.push_str(&line("    ", change));
        }
    }
    if difference.is_reordered {
        text.push_str("The tasks are in another order\n");
    }
    text
}

fn line(indent: &str, change: &Change) -> String {
    let shown = |value: &str| {
        if value.is_empty() {
            "nothing".to_owned()
        } else {
            format!("'{}'", clean(value, Field::Path))
        }
    };
    let sign = if indent.is_empty() { "~ " } else { "" };
    format!(
        "{indent}{sign}{}: {} -> {}\n",
        change.field,
        shown(&change.old),
        shown(&change.new)
    )
}
