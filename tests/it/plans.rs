//! How SQLite answers every statement that the program runs, and that the work of a hook does not grow with the
//! store.
//!
//! No list of statements is kept: the program writes down what it runs (`store::trace`) while everything below is
//! played, and a statement of the source that nothing of it reaches fails the build, as does a command that is not
//! played. What may look at a whole table is in [`exceptions`], with its reason.

mod commands;
mod exceptions;
mod growth;
mod hooks;
mod query;
mod recording;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use exceptions::{CARE, Exception, SCANS, SCANS_OF_HOOKS, SORTS_OF_HOOKS};
use query::Planner;

/// Everything that was run, and whether a hook ran it.
struct Played {
    /// Each statement, and the first that ran it.
    by: BTreeMap<String, String>,
    /// Those that a hook ran.
    by_hooks: BTreeSet<String>,
    /// Those that something else than care for the whole store ran.
    at_work: BTreeSet<String>,
}

/// Plays every command and every hook.
fn played(planner: &Planner) -> Played {
    let mut by = BTreeMap::new();
    let (mut by_hooks, mut at_work) = (BTreeSet::new(), BTreeSet::new());
    for (name, run) in commands::play().into_iter().chain(hooks::play()) {
        let words = name.rsplit(": ").next().unwrap_or_default();
        let begins_with = |care: &&str| {
            words
                .strip_prefix(care)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let is_care = CARE.iter().any(begins_with);
        let is_hook = name.starts_with("hook ");
        for statement in run.statements {
            let statement = query::plain(&statement);
            if !planner.is_explained(&statement) {
                continue;
            }
            if is_hook {
                by_hooks.insert(statement.clone());
            }
            if is_hook || !is_care {
                at_work.insert(statement.clone());
            }
            by.entry(statement).or_insert_with(|| name.clone());
        }
    }
    Played {
        by,
        by_hooks,
        at_work,
    }
}

/// What is found where nothing in the list excuses it; notes which of the list did excuse something.
fn unexcused(
    found: Vec<String>,
    statement: &str,
    exceptions: &'static [Exception],
    used: &mut BTreeSet<&'static str>,
) -> Vec<String> {
    let excuse = exceptions
        .iter()
        .find(|exception| statement.contains(exception.part));
    match excuse {
        Some(exception) if !found.is_empty() => {
            used.insert(exception.part);
            Vec::new()
        }
        _ => found,
    }
}

#[test]
fn every_statement_finds_what_it_wants_without_reading_a_table_that_grows() {
    let planner = Planner::new();
    let played = played(&planner);
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (statement, by) in &played.by {
        let plan = planner.plan(statement);
        let mut found = Vec::new();
        if played.by_hooks.contains(statement) {
            found.extend(unexcused(plan.scans(), statement, SCANS_OF_HOOKS, &mut used));
            found.extend(unexcused(plan.sorts(), statement, SORTS_OF_HOOKS, &mut used));
        } else if played.at_work.contains(statement) {
            found.extend(unexcused(plan.scans(), statement, SCANS, &mut used));
        }
        if !found.is_empty() {
            wrong.push(format!("{by}: {statement}\n    {}", found.join("\n    ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        played.by.len(),
        wrong.join("\n")
    );
    let unused: Vec<&str> = SCANS
        .iter()
        .chain(SCANS_OF_HOOKS)
        .chain(SORTS_OF_HOOKS)
        .map(|exception| exception.part)
        .filter(|part| !used.contains(part))
        .collect();
    assert!(unused.is_empty(), "excused, but nothing does it: {unused:#?}");
    assert!(
        played.by.len() >= 200 && played.by_hooks.len() >= 80,
        "only {} statements, {} of them of hooks",
        played.by.len(),
        played.by_hooks.len()
    );
    let missed = source::unreached(&played.by, &planner);
    assert!(
        missed.is_empty(),
        "{} statements that nothing here runs:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn every_command_and_hook_is_played() {
    let missing = commands::missing();
    assert!(missing.is_empty(), "play these in `commands`: {missing:?}");
    let played: Vec<&str> = hooks::OUTCOMES.iter().map(hooks::Outcome::hook).collect();
    for hook in agent_sync::hook::HOOKS {
        assert!(played.contains(&hook.name), "play {} in `hooks`", hook.name);
    }
}
