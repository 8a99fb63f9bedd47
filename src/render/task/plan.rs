//! Plans as they are printed: as a Markdown checklist that can be read again, and what came of an import.

use std::fmt::Write as _;

use super::graph::mark;
use super::title;
use crate::domain::plan::markdown::MARKS;
use crate::domain::plan::terms::UNTITLED;
use crate::domain::plan::{Item, On, Plan};
use crate::domain::task::{Kind, Task, Value};
use crate::frame::{Field, clean, clean_lines, neutralise};

/// How many tasks are named that an import created or found.
const MOST: usize = 50;

/// The plan as a Markdown checklist. What would be no part of a title is escaped.
#[must_use]
pub fn markdown(plan: &Plan) -> String {
    let title = plan.terms.title.as_deref().unwrap_or(UNTITLED);
    let mut text = format!("# {}\n\n", neutralise(title));
    for (key, value) in [
        ("sessions", plan.terms.sessions_in_words()),
        ("budget", plan.terms.budget.in_words()),
    ] {
        if !value.is_empty() {
            let _infallible = writeln!(text, "{key}: {}\n", neutralise(&value));
        }
    }
    for item in &plan.items {
        let reference = item.reference.as_ref();
        let reference = reference.map_or_else(String::new, |reference| format!(" {{#{reference}}}"));
        let _infallible = writeln!(
            text,
            "- {} {}{reference}",
            mark(item.status),
            escaped(&neutralise(&item.title))
        );
        let mut field = |key: &str, value: &str| {
            let _infallible = writeln!(text, "  {key}: {}", neutralise(value));
        };
        for ask in &item.asks {
            let on = match &ask.on {
                On::Item(at) => name(&plan.items[*at]),
                On::Named(name) | On::Board(name) => name,
            };
            match &ask.kind {
                Kind::After => field("after", &quoted(on)),
                Kind::OnFailure => field("on failure", &quoted(on)),
                Kind::Always => field("always", &quoted(on)),
                Kind::When(condition) => field("when", &format!("{}.{condition}", quoted(on))),
            }
        }
        for file in &item.files {
            field("file", file);
        }
        if !item.labels.is_empty() {
            field("labels", &item.labels.join(", "));
        }
        if item.priority != 0 {
            field("priority", &item.priority.to_string());
        }
        for (key, value) in [
            ("role", &item.role),
            ("accept", &item.acceptance),
            ("check", &item.acceptance_command),
            ("reason", &item.reason),
        ] {
            if let Some(value) = value {
                field(key, value);
            }
        }
        if let Some(count) = item.max_attempts {
            field("attempts", &count.to_string());
        }
        for (key, value) in &item.results {
            let value = match value {
                Value::Text(text) => format!("\"{text}\""),
                Value::Number(_) | Value::Bool(_) => value.text().to_owned(),
            };
            field("result", &format!("{key} = {value}"));
        }
        for line in item
            .description
            .iter()
            .flat_map(|description| clean_lines(description, usize::MAX))
        {
            let _infallible = writeln!(text, "{}", format!("  > {line}").trim_end());
        }
    }
    text
}

/// What a task of a plan is called by others.
fn name(item: &Item) -> &str {
    item.reference.as_deref().unwrap_or(&item.title)
}

/// A name in quotes, where it would be read as several or as something else.
fn quoted(name: &str) -> String {
    let is_plain = |one: char| one.is_alphanumeric() || "-_. ".contains(one);
    if name.chars().all(is_plain) {
        name.to_owned()
    } else if name.contains('"') {
        format!("'{name}'")
    } else {
        format!("\"{name}\"")
    }
}

/// A title whose words are no marks.
fn escaped(title: &str) -> String {
    let words = title.split(' ').map(|word| {
        if word.starts_with(MARKS) {
            format!("\\{word}")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What would become of a plan, or what became of it.
#[must_use]
pub fn imported(created: &[Task], existing: &[Task], is_rehearsal: bool) -> String {
    let mut text = String::new();
    let count = created.len();
    let what = if is_rehearsal { "Would create" } else { "Created" };
    let plural = if count == 1 { "" } else { "s" };
    let _infallible = writeln!(text, "{what} {count} task{plural}");
    for task in created.iter().take(MOST) {
        let id = if is_rehearsal {
            String::new()
        } else {
            format!("{} ", clean(&task.id, Field::Name))
        };
        let mut marks = String::new();
        if let Some(role) = &task.role {
            let _infallible = write!(marks, " @{}", clean(role, Field::Name));
        }
        if task.priority != 0 {
            let _infallible = write!(marks, " !{}", task.priority);
        }
        for label in &task.labels {
            let _infallible = write!(marks, " #{}", clean(label, Field::Name));
        }
        let _infallible = writeln!(
            text,
            "  {} {id}{}{}{}",
            mark(task.status),
            clean(&task.title, Field::Title),
            marks,
            waits(task, created, existing)
        );
    }
    if count > MOST {
        let _infallible = writeln!(text, "  … and {} more: agent-sync task list", count - MOST);
    }
    if !existing.is_empty() {
        let _infallible = writeln!(
            text,
            "{} exist already and stay as they are; --again creates them anew",
            existing.len()
        );
        for task in existing.iter().take(MOST) {
            let _infallible = writeln!(text, "  {} {}", mark(task.status), title(task));
        }
    }
    text
}

/// What a new task depends on, by title.
fn waits(task: &Task, created: &[Task], existing: &[Task]) -> String {
    let mut on = task.depends_on();
    // In the order of the plan: ids are random.
    on.sort_by_key(|id| created.iter().chain(existing).position(|task| task.id == **id));
    let titles: Vec<String> = on
        .into_iter()
        .map(|id| {
            let known = created.iter().chain(existing).find(|task| task.id == id);
            known.map_or_else(
                || clean(id, Field::Name).to_string(),
                |known| clean(&known.title, Field::Name).to_string(),
            )
        })
        .collect();
    if titles.is_empty() {
        String::new()
    } else {
        format!(" [after {}]", titles.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::plan::Place;
    use crate::domain::plan::markdown::read;
    use crate::domain::task::{Dependency, Results, Status, Verdict};

    #[test]
    fn a_title_full_of_marks_stays_a_title() {
        for title in [
            "Fix #include @types !1",
            "(after: x)",
            "a (after: x) b (when: y)",
            "{#x}",
            "\\#x \\",
            "[x] 1. - > <b> & &lt;",
        ] {
            let task = Task::named("task-1", title);
            let text = markdown(&Plan::of(&[task], &HashMap::new()));
            let plan = read(&text).and_then(Plan::check).unwrap();
            assert_eq!(plan.items[0].title, title, "{text}");
            assert_eq!(plan.items[0].reference.as_deref(), Some("task-1"));
        }
    }

    fn text() -> impl Strategy<Value = String> {
        "[a-z#@!(){}:,;'\"`>&<*_.0-9\\\\é\\[\\]-]{1,8}( [a-z#@!(){}:;&<\\\\.-]{1,6}){0,3}"
    }

    prop_compose! {
        fn task()(
            title in text(),
            description in proptest::option::of(" {0,6}[a-z#>\\[\\]`:&<-]{1,9}( [a-z#>:]{1,4})?(\n\n? {0,6}[a-z#>\\[\\]`:&<-]{1,9}( [a-z#>:]{1,4})?){0,3}"),
            file in "[a-z]([a-z/,;]{0,5} ?[a-z])?",
            role in proptest::option::of(text()),
            acceptance in proptest::option::of(text()),
            priority in -5..5_i64,
            kinds in proptest::collection::vec((0..6_usize, 0..4_usize), 0..4),
            status in 0..4_usize,
            value in text(),
        ) -> (Task, Vec<(usize, usize)>, Value) {
            let status = [Status::Pending, Status::Done, Status::Failed, Status::Cancelled][status];
            let task = Task { description, files: vec![file], role, acceptance, priority, status, ..Task::named("", &title) };
            (task, kinds, Value::Text(value))
        }
    }

    proptest! {
        #[test]
        fn a_board_that_is_written_as_markdown_reads_back(made in proptest::collection::vec(task(), 1..6)) {
            let mut results = HashMap::new();
            let tasks: Vec<Task> = made.into_iter().enumerate().map(|(at, (mut task, kinds, value))| {
                task.id = format!("task-{at}");
                for (on, kind) in kinds.into_iter().filter(|(on, _)| *on < at) {
                    let kind = [Kind::After, Kind::OnFailure, Kind::Always, Kind::stored("when", "a > 1")][kind].clone();
                    let one = Dependency { on: format!("task-{on}"), kind, verdict: Verdict::Waits };
                    if !task.dependencies.contains(&one) {
                        task.dependencies.push(one);
                    }
                }
                results.insert(task.id.clone(), Results::from([("key".to_owned(), value)]));
                task
            }).collect();
            let plan = Plan::of(&tasks, &results);
            let text = markdown(&plan);
            let back = read(&text).and_then(Plan::check);
            let bare = |plan: Plan| plan.items.into_iter().map(|item| Item {
                place: Place::default(),
                path: String::new(),
                asks: item.asks.into_iter().map(|ask| crate::domain::plan::Ask { place: Place::default(), ..ask }).collect(),
                ..item
            }).collect::<Vec<_>>();
            prop_assert_eq!(back.map(bare), plan.check().map(bare), "{}", text);
        }
    }
}
