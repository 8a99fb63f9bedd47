//! The graph of tasks for programs: Graphviz, Mermaid and JSON.
//!
//! These are languages, so a title is escaped a second time for each: whatever stands in it stays the text of
//! one label. Edges lead from what comes first to what waits for it.

use std::fmt::Write as _;

use serde::Serialize;

use super::Json;
use super::graph::Graph;
use crate::domain::task::{Status, Verdict};
use crate::frame::{Field, clean};
use crate::render::label::{dot_label, mermaid_label};

/// The graph as JSON.
#[derive(Debug, Serialize)]
pub struct GraphJson<'a> {
    /// In topological order.
    tasks: Vec<NodeJson<'a>>,
    edges: Vec<EdgeJson<'a>>,
    order: Vec<&'a str>,
    critical_path: Vec<&'a str>,
    orphans: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct NodeJson<'a> {
    #[serde(flatten)]
    task: Json<'a>,
    depth: usize,
    critical: bool,
}

/// An edge as JSON.
#[derive(Debug, Serialize)]
struct EdgeJson<'a> {
    task_id: &'a str,
    depends_on_id: &'a str,
    kind: &'static str,
    condition: Option<String>,
    verdict: &'static str,
    why: Option<&'a str>,
}

impl<'a> GraphJson<'a> {
    /// The JSON form of `graph`.
    #[must_use]
    pub fn new(graph: &'a Graph<'a>) -> Self {
        let (order, depths) = (graph.shape.order(), graph.shape.depths());
        let ids = |tasks: &[usize]| tasks.iter().map(|&task| graph.tasks[task].id.as_str()).collect();
        let tasks = order.iter().map(|&task| NodeJson {
            task: Json::new(&graph.tasks[task]),
            depth: depths[task],
            critical: graph.critical.contains(&task),
        });
        let edges = order.iter().flat_map(|&task| {
            let task = &graph.tasks[task];
            task.dependencies.iter().map(|one| EdgeJson {
                task_id: &task.id,
                depends_on_id: &one.on,
                kind: one.kind.as_str(),
                condition: Some(one.kind.condition()).filter(|condition| !condition.is_empty()),
                verdict: one.verdict.as_str(),
                why: match &one.verdict {
                    Verdict::Never(why) => Some(why),
                    Verdict::Holds | Verdict::Waits => None,
                },
            })
        });
        Self {
            tasks: tasks.collect(),
            edges: edges.collect(),
            critical_path: ids(&graph.critical),
            orphans: ids(&graph.shape.orphans()),
            order: ids(&order),
        }
    }
}

/// The graph in the language of Graphviz.
#[must_use]
pub fn dot(graph: &Graph<'_>) -> String {
    let mut text =
        "digraph tasks {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\"];\n".to_owned();
    for (index, task) in graph.tasks.iter().enumerate() {
        let bold = if graph.critical.contains(&index) {
            ", penwidth=3"
        } else {
            ""
        };
        let _infallible = writeln!(
            text,
            "  t{index} [label=\"{}\\n{}\\n{}\", fillcolor={}{bold}];",
            dot_label(&clean(&task.id, Field::Name)),
            dot_label(&clean(&task.title, Field::Title)),
            task.status.as_str(),
            fill(task.status),
        );
    }
    for (task, on) in edges(graph) {
        let asks = graph.asks(task, on);
        let style = match (is_critical(graph, task, on), asks.is_empty()) {
            (true, true) => " [penwidth=3]".to_owned(),
            (true, false) => format!(" [penwidth=3, label=\"{}\"]", dot_label(&asks)),
            (false, true) => String::new(),
            (false, false) => format!(" [style=dashed, label=\"{}\"]", dot_label(&asks)),
        };
        let _infallible = writeln!(text, "  t{on} -> t{task}{style};");
    }
    text + "}\n"
}

/// The graph in the language of Mermaid.
#[must_use]
pub fn mermaid(graph: &Graph<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (index, task) in graph.tasks.iter().enumerate() {
        let _infallible = writeln!(
            text,
            "  t{index}[\"{}<br/>{}\"]:::{}",
            mermaid_label(&clean(&task.id, Field::Name)),
            mermaid_label(&clean(&task.title, Field::Title)),
            task.status.as_str(),
        );
    }
    for (task, on) in edges(graph) {
        let asks = mermaid_label(&graph.asks(task, on));
        let line = if is_critical(graph, task, on) {
            "==>"
        } else {
            "-->"
        };
        let asks = if asks.is_empty() {
            String::new()
        } else {
            format!("|\"{asks}\"|")
        };
        let _infallible = writeln!(text, "  t{on} {line}{asks} t{task}");
    }
    for status in Status::ALL {
        if graph.tasks.iter().any(|task| task.status == status) {
            let _infallible = writeln!(text, "  classDef {} fill:{}", status.as_str(), fill(status));
        }
    }
    text
}

/// Every pair of a task and one that it depends on.
fn edges(graph: &Graph<'_>) -> Vec<(usize, usize)> {
    let of = |task| graph.shape.before(task).iter().map(move |&on| (task, on));
    (0..graph.tasks.len()).flat_map(of).collect()
}

fn is_critical(graph: &Graph<'_>, task: usize, on: usize) -> bool {
    graph.critical.windows(2).any(|pair| pair == [on, task])
}

/// A colour that both languages know.
const fn fill(status: Status) -> &'static str {
    match status {
        Status::InProgress => "lightblue",
        Status::Blocked => "orange",
        Status::Pending => "white",
        Status::Failed => "salmon",
        Status::Done => "lightgreen",
        Status::Cancelled => "lightgray",
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::task::{Dependency, Kind, Task};

    fn pair(title: &str, kind: Kind) -> Vec<Task> {
        let second = Task {
            dependencies: vec![Dependency {
                on: "task-1".to_owned(),
                kind,
                verdict: Verdict::Waits,
            }],
            ..Task::named("task-2", title)
        };
        vec![Task::named("task-1", "First"), second]
    }

    #[test]
    fn both_languages_show_states_edges_and_the_critical_path() {
        let mut tasks = pair("\"];\nend", Kind::OnFailure);
        tasks[0].status = Status::Failed;
        let graph = Graph::new(&tasks);
        assert_snapshot!(dot(&graph), @r#"
        digraph tasks {
          rankdir=LR;
          node [shape=box, style="rounded,filled"];
          t0 [label="task-1\nFirst\nfailed", fillcolor=salmon];
          t1 [label="task-2\n\"]; end\npending", fillcolor=white, penwidth=3];
          t0 -> t1 [style=dashed, label="on failure"];
        }
        "#);
        assert_snapshot!(mermaid(&graph), @r##"
        flowchart LR
          t0["task-1<br/>First"]:::failed
          t1["task-2<br/>#34;#93;#59; end"]:::pending
          t0 -->|"on failure"| t1
          classDef pending fill:white
          classDef failed fill:salmon
        "##);
    }

    /// A line of Graphviz with its quoted strings taken out.
    fn without_strings(line: &str) -> String {
        let mut outside = String::new();
        let mut is_inside = false;
        let mut characters = line.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => is_inside = !is_inside,
                '\\' if is_inside => drop(characters.next()),
                _ if !is_inside => outside.push(character),
                _ => {}
            }
        }
        assert!(!is_inside, "{line}");
        outside
    }

    proptest! {
        #[test]
        fn no_title_and_no_condition_leaves_its_label(title in any::<String>(), other in "[\"\\\\`#|;<>&\\[\\]\n%{} a]{0,20}") {
            let plain = pair("x", Kind::stored("when", "a == \"x\""));
            let condition = |text: &str| Kind::stored("when", &format!("a == {}", crate::domain::task::Value::Text(text.to_owned())));
            let hostile = pair(&title, condition(&other));
            let mixed = pair(&other, condition(&title));
            let outline = |text: &str| text.lines().map(without_strings).collect::<Vec<_>>();
            let expected = (outline(&dot(&Graph::new(&plain))), outline(&mermaid(&Graph::new(&plain))));
            for tasks in [hostile, mixed] {
                let graph = Graph::new(&tasks);
                prop_assert_eq!(&outline(&dot(&graph)), &expected.0);
                let text = mermaid(&graph);
                prop_assert_eq!(&outline(&text), &expected.1);
                for label in text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)) {
                    prop_assert!(!label.replace("<br/>", "").contains(['<', '>', '`', '|', '[', ']', '\\', '&']), "{}", label);
                }
            }
        }
    }
}
