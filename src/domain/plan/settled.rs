//! The one form of a plan: whatever way it was written in, the same content comes out the same.
//!
//! Agreement is pinned to the hash of this form, so nothing may depend on formatting, on the order of keys, or on whether
//! a task was named by its title or its reference. Each task has a reference, which is also its key when a later
//! revision is compared with this one.

use std::collections::HashSet;

use super::check::MAX_REFERENCE;
use super::{Ask, Item, On, Place, Plan};
use crate::domain::task::Dependency;
use crate::domain::task::{Task, Verdict};

impl Plan {
    /// A plan that was checked, in the form in which it is kept: every task has a reference, dependencies are in order,
    /// and where something stood in a file is forgotten.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let mut taken: HashSet<String> = self
            .items
            .iter()
            .filter_map(|item| item.reference.clone())
            .collect();
        for item in &mut self.items {
            if item.reference.is_none() {
                item.reference = Some(free(&made_up(&item.path), &mut taken));
            }
        }
        let keys: Vec<String> = self.items.iter().map(|item| item.key().to_owned()).collect();
        for item in &mut self.items {
            item.place = Place::Whole;
            item.path.clone_from(&item.title);
            for ask in &mut item.asks {
                ask.place = Place::Whole;
            }
            item.asks.sort_by_cached_key(|ask| {
                let on = match &ask.on {
                    On::Item(on) => keys[*on].clone(),
                    On::Named(name) | On::Board(name) => name.clone(),
                };
                (on, ask.kind.as_str(), ask.kind.condition())
            });
        }
        self
    }

    /// The tasks that this plan would put on an empty board, with their keys as ids.
    #[must_use]
    pub fn tasks(&self) -> Vec<Task> {
        let name = |ask: &Ask| match &ask.on {
            On::Item(on) => self.items[*on].key().to_owned(),
            On::Named(name) | On::Board(name) => name.clone(),
        };
        let tasks = self.items.iter().map(|item| Task {
            description: item.description.clone(),
            status: item.status,
            priority: item.priority,
            role: item.role.clone(),
            labels: item.labels.clone(),
            files: item.files.clone(),
            dependencies: item
                .asks
                .iter()
                .map(|ask| Dependency {
                    on: name(ask),
                    kind: ask.kind.clone(),
                    verdict: Verdict::Waits,
                })
                .collect(),
            ..Task::named(item.key(), &item.title)
        });
        tasks.collect()
    }
}

impl Item {
    /// What the task is known by: its reference, or its title where it has none.
    #[must_use]
    pub fn key(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.title)
    }
}

/// A reference made of the titles above a task and its own. What of them cannot be in one is replaced by a mark that
/// depends on all of it, so that the same titles lead to the same reference whatever stands around them.
fn made_up(path: &str) -> String {
    let mut made = String::new();
    let mut is_whole = true;
    for character in path.to_lowercase().chars() {
        let is_gap = made.is_empty() || made.ends_with(['-', '.']);
        match character {
            'a'..='z' | '0'..='9' => made.push(character),
            '/' => {
                made.truncate(made.trim_end_matches(['-', '.']).len());
                if !made.is_empty() {
                    made.push('.');
                }
            }
            _ if character.is_alphanumeric() => is_whole = false,
            _ if !is_gap => made.push('-'),
            _ => {}
        }
    }
    made.truncate(made.trim_end_matches(['-', '.']).len());
    if is_whole && !made.is_empty() && made.len() <= MAX_REFERENCE {
        return made;
    }
    made.truncate(MAX_REFERENCE - 12);
    let mark = path.to_lowercase().bytes().fold(0x811c_9dc5_u32, |mark, byte| {
        (mark ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let stem = if made.is_empty() { "task" } else { &made };
    format!("{stem}-{mark:08x}")
}

/// The reference, with a number behind it where others have it.
fn free(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut reference = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(reference.clone()) {
        let end = format!("-{number}");
        reference = format!("{}{end}", &wanted[..wanted.len().min(MAX_REFERENCE - end.len())]);
        number += 1;
    }
    reference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::markdown;

    fn keys(text: &str) -> Vec<String> {
        let plan = markdown::read(text).and_then(Plan::check).unwrap().settled();
        plan.items.iter().map(|item| item.key().to_owned()).collect()
    }

    #[test]
    fn a_task_without_a_reference_is_known_by_the_titles_above_it_and_its_own() {
        assert_eq!(
            keys("- [ ] Build it!\n  - [ ] Test\n- [ ] Docs {#docs}\n  - [ ] Test\n- [ ] build it\n"),
            ["build-it", "build-it.test", "docs", "docs.test", "build-it-2"]
        );
    }

    #[test]
    fn titles_that_cannot_be_references_have_a_mark_that_depends_on_them_alone() {
        let text = format!("- [ ] Prüfen\n- [ ] 試す\n- [ ] {}\n", "long ".repeat(30));
        let found = keys(&text);
        assert_eq!(found, keys(&text));
        assert!(
            found[0].starts_with("prfen-") && found[1].starts_with("task-"),
            "{found:?}"
        );
        assert!(found.iter().all(|key| key.len() <= MAX_REFERENCE), "{found:?}");
        assert_eq!(keys("- [ ] Other\n- [ ] 試す\n")[1], found[1]);
    }
}
