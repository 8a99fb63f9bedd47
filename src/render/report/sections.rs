//! The parts of the page that need no script: numbers, contention, talks, tasks, decisions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::html::{Cell, table};
use super::{Report, graph};
use crate::domain::key::{Key, PathKey};
use crate::domain::metrics::{Metrics, Spread, contention, talks};
use crate::domain::task::{Status, Task};
use crate::frame::{Field, clean};
use crate::render;
use crate::render::metrics::rule_in_words;
use crate::render::task::graph::Graph;
use crate::render::time::rfc3339;
use crate::render::words::counted;

/// Most rows of a table.
const MOST_ROWS: usize = 100;
/// Most tasks in the table of tasks.
const MOST_TASKS: usize = 300;
/// Most agents in the matrix.
const MOST_TALKERS: usize = 20;
/// Most characters of a decision.
const MOST_OF_DECISION: usize = 4_000;

const UNKNOWN: &str = "<span class=\"unknown\">unknown</span>";

/// A length of time in words.
pub(super) fn length(milliseconds: i64) -> String {
    render::time::duration(Duration::from_millis(
        u64::try_from(milliseconds).unwrap_or_default(),
    ))
}

/// A moment, to the second, in UTC.
pub(super) fn moment(at: i64) -> String {
    let whole = rfc3339(at);
    let shown = whole.get(..19).unwrap_or(&whole).replace('T', " ");
    format!("<time datetime=\"{whole}\">{shown}</time>")
}

/// What a place of the record is called, clean.
pub(super) fn place(key: &PathKey) -> String {
    render::lock::key(&Key::Path(key.clone()))
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| UNKNOWN.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn spread(spread: Option<Spread>) -> String {
    spread.map_or_else(
        || UNKNOWN.to_owned(),
        |spread| {
            format!(
                "p50 {}, p90 {}, p99 {}",
                length(spread.p50_ms),
                length(spread.p90_ms),
                length(spread.p99_ms)
            )
        },
    )
}

fn card(name: &str, value: &str, details: &[String]) -> String {
    let mut text = format!("<div class=\"card\"><dt>{name}</dt><dd class=\"big\">{value}</dd>");
    for detail in details {
        let _infallible = write!(text, "<dd>{detail}</dd>");
    }
    text.push_str("</div>\n");
    text
}

/// The numbers.
pub(super) fn numbers(report: &Report<'_>) -> String {
    let numbers = report.metrics;
    let (waiting, mail) = (&numbers.waiting, &numbers.messages);
    let prevented = &numbers.prevented;
    let mut text = String::from("<dl class=\"cards\">\n");
    text.push_str(&card(
        "Time waiting for locks",
        &share(waiting.share),
        &[
            "of the time in turns".to_owned(),
            format!(
                "{}, {} all together",
                counted(waiting.count as u64, "wait"),
                length(waiting.time_ms)
            ),
            format!("until granted: {}", spread(waiting.granted_after)),
        ],
    ));
    text.push_str(&card(
        "Time inside agent-sync",
        &share(numbers.share_in_agent_sync),
        &["of the time in turns; how long hooks take is not recorded".to_owned()],
    ));
    text.push_str(&card(
        "Messages",
        &mail.sent.to_string(),
        &[
            format!(
                "to {}: {} seen, {} open, {} lost",
                counted(mail.recipients as u64, "recipient"),
                mail.seen,
                mail.open,
                mail.lost
            ),
            format!("sent to shown: {}", spread(mail.shown_after)),
            format!("shown to seen: {}", spread(mail.proved_after)),
        ],
    ));
    text.push_str(&card(
        "Conflicts prevented",
        &prevented.known().to_string(),
        &[
            format!("{} refused at once", counted(prevented.refused, "lock")),
            format!("{} in line, {} in a circle", prevented.queued, prevented.circles),
            format!("{} of others' work on a file", counted(prevented.told, "notice")),
            format!(
                "{} of an edit, a command or a commit by a hook",
                counted(prevented.refused_by_hooks, "refusal")
            ),
        ],
    ));
    text.push_str(&card(
        "Work reclaimed",
        &counted(numbers.reclaimed.tasks, "task"),
        &[format!(
            "{} of agents that were gone",
            counted(numbers.reclaimed.locks as u64, "lock")
        )],
    ));
    text.push_str(&card(
        "Turns",
        &numbers.turns.count.to_string(),
        &[
            format!("{} all together", length(numbers.turns.time_ms)),
            format!("{} did something", counted(numbers.agents as u64, "agent")),
        ],
    ));
    text.push_str(&card(
        "Edits",
        &numbers.edits.to_string(),
        &[format!("in {}", counted(numbers.files_edited as u64, "file"))],
    ));
    let queues = &numbers.queues;
    text.push_str(&card(
        "Queues now",
        &format!("{} / {}", queues.mail_now, queues.line_now),
        &[
            "messages for the fullest inbox / agents in line for locks".to_owned(),
            format!("at most {} / {}", queues.mail_deepest, queues.line_deepest),
            format!("{} ready to be taken", counted(queues.ready_tasks as u64, "task")),
        ],
    ));
    text.push_str("</dl>\n");
    refusals(numbers, &mut text);
    text.push_str("<h3>What the record cannot tell</h3>\n<ul>");
    for what in numbers.unknown {
        let _infallible = write!(text, "<li>{what}</li>");
    }
    text.push_str("</ul>\n");
    text
}

fn refusals(numbers: &Metrics, text: &mut String) {
    text.push_str("<h3>Refusals by rule</h3>\n");
    let rows: Vec<Vec<Cell>> = numbers
        .refusals
        .iter()
        .map(|(rule, count)| {
            vec![
                Cell::Text(rule_in_words(rule).to_owned()),
                Cell::Number(count.to_string()),
            ]
        })
        .collect();
    text.push_str(&table(
        "How often which rule refused something",
        &[("Rule", false), ("Refused", true)],
        &rows,
    ));
}

/// Which files, directories, patterns and resources were contended.
pub(super) fn contended(report: &Report<'_>) -> String {
    let found = contention(report.history, &report.timeline.holds, &report.timeline.waits);
    let shared: Vec<_> = found.iter().filter(|(_, place)| place.is_shared()).collect();
    if shared.is_empty() {
        return "<p>No two agents had to do with the same file.</p>\n".to_owned();
    }
    let rows: Vec<Vec<Cell>> = shared
        .iter()
        .take(MOST_ROWS)
        .map(|(key, one)| {
            vec![
                Cell::Text(place(key)),
                Cell::Number(one.agents.to_string()),
                Cell::Number(one.holds.to_string()),
                Cell::Number(length(one.held)),
                Cell::Number(one.waits.to_string()),
                Cell::Number(length(one.waited)),
                Cell::Number(one.deepest.to_string()),
                Cell::Number((one.refused + one.stolen).to_string()),
                Cell::Number(one.told.to_string()),
                Cell::Number(one.edits.to_string()),
            ]
        })
        .collect();
    let headings = [
        ("File or resource", false),
        ("Agents", true),
        ("Locks", true),
        ("Held for", true),
        ("Waits", true),
        ("Waited for", true),
        ("In line at most", true),
        ("Refused or forced", true),
        ("Told", true),
        ("Edits", true),
    ];
    let mut text = table(
        "What more than one agent had to do with, the costliest first",
        &headings,
        &rows,
    );
    text.push_str(&more(shared.len(), MOST_ROWS, "agent-sync report --json"));
    text
}

/// That so many rows are missing, and where they are.
fn more(count: usize, shown: usize, command: &str) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        left => format!("<p class=\"small\">{left} more: <code>{command}</code></p>\n"),
    }
}

/// Who wrote to whom.
pub(super) fn talked(report: &Report<'_>) -> String {
    let talks = talks(report.history);
    if talks.is_empty() {
        return "<p>Nobody wrote to anybody.</p>\n".to_owned();
    }
    let mut weight: BTreeMap<&str, u64> = BTreeMap::new();
    for ((from, to), count) in &talks {
        *weight.entry(from).or_default() += count;
        *weight.entry(to).or_default() += count;
    }
    let mut ids: Vec<&str> = weight.keys().copied().collect();
    ids.sort_by_key(|id| (std::cmp::Reverse(weight[id]), *id));
    let all = ids.len();
    ids.truncate(MOST_TALKERS);
    let name = |id: &str| clean(report.history.name_of(id), Field::Name);
    let most = talks.values().copied().max().unwrap_or(1);
    let caption = "Messages from the agent of the row to the agent of the column";
    let mut text = format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table class=\"matrix\"><caption>{caption}</caption><thead><tr><td></td>"
    );
    for id in &ids {
        let _infallible = write!(text, "<th scope=\"col\">{}</th>", name(id));
    }
    text.push_str("<th scope=\"col\">all</th></tr></thead><tbody>\n");
    for from in &ids {
        let _infallible = write!(text, "<tr><th scope=\"row\">{}</th>", name(from));
        for to in &ids {
            match talks.get(&(*from, *to)) {
                Some(count) => {
                    let heat = 1 + (count * 4).div_ceil(most).clamp(1, 4) - 1;
                    let _infallible = write!(text, "<td class=\"h{heat}\">{count}</td>");
                }
                None => text.push_str("<td class=\"none\">·</td>"),
            }
        }
        let all: u64 = talks
            .iter()
            .filter(|((one, _), _)| one == from)
            .map(|(_, count)| count)
            .sum();
        let _infallible = writeln!(text, "<td>{all}</td></tr>");
    }
    text.push_str("</tbody></table></div>\n");
    text.push_str(&more(all, MOST_TALKERS, "agent-sync report --json"));
    text
}

/// The tasks: their graph, and all of them in a table.
pub(super) fn tasks(report: &Report<'_>) -> String {
    let tasks = graph::concerned(&report.history.tasks, report.history.window);
    if tasks.is_empty() {
        return "<p>There is no open task, and none ended in this time.</p>\n".to_owned();
    }
    let whole = Graph::new(&tasks);
    let mut text = format!(
        "<p>{} open or ended in this time; {}.{}</p>\n",
        counted(tasks.len() as u64, "task"),
        done_of(&report.history.tasks),
        match whole.critical.len() {
            0 | 1 => String::new(),
            long => format!(" The critical path (★) has {long} open tasks: nobody is through before it is."),
        }
    );
    if let Some((drawing, left_out)) = graph::drawing(&tasks) {
        let _infallible = writeln!(
            text,
            "<div class=\"scroll graph\" role=\"region\" tabindex=\"0\" aria-label=\"Graph of tasks\">{drawing}</div>"
        );
        if left_out > 0 {
            let _infallible = writeln!(
                text,
                "<p class=\"small\">{left_out} more are in no box: <code>agent-sync task graph</code></p>"
            );
        }
    }
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    let on_path = |task: usize| whole.critical.len() > 1 && whole.critical.contains(&task);
    order.sort_by_key(|&task| (!on_path(task), !tasks[task].status.is_open(), task));
    let rows: Vec<Vec<Cell>> = order
        .iter()
        .take(MOST_TASKS)
        .map(|&at| row_of(&tasks[at], on_path(at)))
        .collect();
    text.push_str("<h3>Tasks</h3>\n");
    text.push_str(&table(
        "Those on the critical path first, then what is open, then what has ended",
        &[
            ("Task", false),
            ("Title", false),
            ("State", false),
            ("Owner", false),
            ("Waits for", false),
            ("Changed", false),
        ],
        &rows,
    ));
    text.push_str(&more(order.len(), MOST_TASKS, "agent-sync task list"));
    text
}

fn done_of(tasks: &[Task]) -> String {
    let done = tasks.iter().filter(|task| task.status == Status::Done).count();
    format!("{done} of {} on the board done", tasks.len())
}

fn row_of(task: &Task, is_critical: bool) -> Vec<Cell> {
    let owner = task
        .owner_name
        .as_deref()
        .or(task.owner.as_deref())
        .unwrap_or_default();
    let waits: Vec<String> = task
        .waits_for()
        .iter()
        .take(8)
        .map(|id| clean(id, Field::Name).to_string())
        .collect();
    let unowned = Task {
        owner: None,
        owner_name: None,
        ..task.clone()
    };
    vec![
        Cell::clean(&clean(&task.id, Field::Name)),
        Cell::clean(&clean(&task.title, Field::Title)),
        Cell::Text(graph::state(&unowned, is_critical)),
        Cell::clean(&clean(owner, Field::Name)),
        Cell::Text(waits.join(", ")),
        Cell::When(moment(task.updated_at)),
    ]
}

/// The decisions of the window.
pub(super) fn decisions(report: &Report<'_>) -> String {
    let decisions = &report.history.decisions;
    if decisions.is_empty() {
        return "<p>Nothing was settled in this time.</p>\n".to_owned();
    }
    let mut text = String::from("<ol class=\"decisions\">\n");
    for decision in decisions {
        let class = if decision.superseded_by.is_some() {
            " class=\"superseded\""
        } else {
            ""
        };
        let lines = crate::frame::clean_lines(&decision.body, MOST_OF_DECISION);
        let lines: Vec<&str> = lines.iter().map(crate::frame::Clean::as_str).collect();
        let after = decision.superseded_by.as_deref().map_or_else(String::new, |by| {
            format!(" · superseded by {}", clean(by, Field::Name))
        });
        let _infallible = writeln!(
            text,
            "<li{class}><div>{}</div><div class=\"small\">{} · {} · {}{after}</div></li>",
            lines.join("<br>"),
            clean(&decision.id, Field::Name),
            clean(&decision.agent_name, Field::Name),
            moment(decision.created_at)
        );
    }
    text.push_str("</ol>\n");
    text
}
