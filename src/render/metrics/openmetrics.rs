//! The numbers in the text format of `OpenMetrics` 1.0.
//!
//! A counter counts what is on the record since the moment that its `_created` says: the beginning of the window. When
//! old entries are cleared, or another window is asked for, that moment moves, which is how the format says that a
//! counter began anew. A family of which nothing is known is left out.

use std::fmt::Write as _;

use crate::domain::metrics::{History, Metrics, Spread};
use crate::frame::{Clean, Field, clean};

/// The names and values of a sample's labels.
type Labels = Vec<(&'static str, Clean)>;

struct Page {
    text: String,
    created: String,
}

/// Milliseconds as seconds.
fn seconds(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let size = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

/// The name of a sample with its labels.
fn series(name: &str, labels: &Labels) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| {
            let value = value
                .as_str()
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            format!("{label}=\"{value}\"")
        })
        .collect();
    format!("{name}{{{}}}", labels.join(","))
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _infallible = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _infallible = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _infallible = writeln!(self.text, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &Labels, value: &str) {
        let _infallible = writeln!(self.text, "{} {value}", series(name, labels));
    }

    /// A counter with a sample for each of these.
    fn counters(&mut self, name: &str, unit: &str, help: &str, samples: Vec<(Labels, String)>) {
        self.family(name, "counter", unit, help);
        let created = self.created.clone();
        for (labels, value) in samples {
            self.sample(&format!("{name}_total"), &labels, &value);
            self.sample(&format!("{name}_created"), &labels, &created);
        }
    }

    fn counter(&mut self, name: &str, help: &str, value: &impl ToString) {
        self.counters(name, "", help, vec![(Vec::new(), value.to_string())]);
    }

    fn gauge(&mut self, name: &str, unit: &str, help: &str, value: &impl ToString) {
        self.family(name, "gauge", unit, help);
        self.sample(name, &Vec::new(), &value.to_string());
    }

    /// How long something took; nothing where nothing is known.
    fn summary(&mut self, name: &str, help: &str, spread: Option<Spread>) {
        let Some(spread) = spread else { return };
        self.family(name, "summary", "seconds", help);
        for (quantile, value) in [
            ("0.5", spread.p50_ms),
            ("0.9", spread.p90_ms),
            ("0.99", spread.p99_ms),
            ("1.0", spread.max_ms),
        ] {
            let labels = vec![("quantile", Clean::literal(quantile))];
            self.sample(name, &labels, &seconds(value));
        }
        self.sample(&format!("{name}_count"), &Vec::new(), &spread.count.to_string());
        let created = self.created.clone();
        self.sample(&format!("{name}_created"), &Vec::new(), &created);
    }
}

/// The numbers as `OpenMetrics` text.
#[must_use]
pub fn openmetrics(history: &History, numbers: &Metrics, version: &'static str) -> String {
    let mut page = Page {
        text: String::new(),
        created: seconds(history.window.from),
    };
    page.family("agent_sync_build", "info", "", "The program that counted.");
    let version = vec![("version", Clean::literal(version))];
    page.sample("agent_sync_build_info", &version, "1");
    page.gauge(
        "agent_sync_window_seconds",
        "seconds",
        "How long the stretch of the record is that was counted.",
        &seconds(history.window.length()),
    );
    time(&mut page, numbers);
    messages(&mut page, history, numbers);
    conflicts(&mut page, numbers);
    page.gauge(
        "agent_sync_tasks_ready",
        "",
        "Tasks that somebody could take now.",
        &numbers.queues.ready_tasks,
    );
    page.text.push_str("# EOF\n");
    page.text
}

fn time(page: &mut Page, numbers: &Metrics) {
    let waiting = &numbers.waiting;
    page.gauge(
        "agent_sync_agents",
        "",
        "Agents that did anything in the window.",
        &numbers.agents,
    );
    page.counter("agent_sync_turns", "Turns of agents.", &numbers.turns.count);
    page.counters(
        "agent_sync_turn_seconds",
        "seconds",
        "How long agents were in turns, all together.",
        vec![(Vec::new(), seconds(numbers.turns.time_ms))],
    );
    page.counter("agent_sync_waits", "Waits for locks.", &waiting.count);
    page.counters(
        "agent_sync_waiting_seconds",
        "seconds",
        "How long agents waited for locks, all together.",
        vec![(Vec::new(), seconds(waiting.time_ms))],
    );
    let ratios = [
        (
            "agent_sync_waiting_ratio",
            "Waiting for locks within turns as a share of the time in turns.",
            waiting.share,
        ),
        (
            "agent_sync_overhead_ratio",
            "Time inside agent-sync as a share of the time in turns.",
            numbers.share_in_agent_sync,
        ),
    ];
    for (name, help, share) in ratios {
        if let Some(share) = share {
            page.gauge(name, "ratio", help, &share);
        }
    }
    page.summary(
        "agent_sync_lock_wait_seconds",
        "Waits for locks that ended with the lock.",
        waiting.granted_after,
    );
    page.gauge(
        "agent_sync_waiters",
        "",
        "Agents that stand in line for locks now.",
        &numbers.queues.line_now,
    );
    page.counter("agent_sync_edits", "Edits.", &numbers.edits);
}

fn messages(page: &mut Page, history: &History, numbers: &Metrics) {
    let mail = &numbers.messages;
    page.counter("agent_sync_messages", "Messages that were sent.", &mail.sent);
    page.summary(
        "agent_sync_message_shown_seconds",
        "From sending to the first time that a message was put before its recipient.",
        mail.shown_after,
    );
    page.summary(
        "agent_sync_message_proved_seconds",
        "From the first time that a message was put before its recipient to the proof that it was seen.",
        mail.proved_after,
    );
    page.summary(
        "agent_sync_message_seen_seconds",
        "From sending to the proof that a message was seen.",
        mail.seen_after,
    );
    page.family(
        "agent_sync_mail_waiting",
        "gauge",
        "",
        "Messages that wait for each recipient that has any.",
    );
    for (id, count) in &history.queued {
        let labels = vec![
            ("agent_id", clean(id, Field::Name)),
            ("agent", clean(history.name_of(id), Field::Name)),
        ];
        page.sample("agent_sync_mail_waiting", &labels, &count.to_string());
    }
}

fn conflicts(page: &mut Page, numbers: &Metrics) {
    let prevented = &numbers.prevented;
    let kinds = [
        ("lock_refused", prevented.refused),
        ("queued", prevented.queued),
        ("told", prevented.told),
        ("hook_refused", prevented.refused_by_hooks),
    ];
    page.counters(
        "agent_sync_conflicts_prevented",
        "",
        "What did not happen because agents were told in time.",
        kinds
            .into_iter()
            .map(|(kind, count)| (vec![("kind", Clean::literal(kind))], count.to_string()))
            .collect(),
    );
    page.counters(
        "agent_sync_refusals",
        "",
        "What was refused, by rule.",
        numbers
            .refusals
            .iter()
            .map(|(rule, count)| (vec![("rule", Clean::literal(rule))], count.to_string()))
            .collect(),
    );
    page.counter(
        "agent_sync_tasks_reclaimed",
        "Tasks that came back to the board because their agent was gone.",
        &numbers.reclaimed.tasks,
    );
    page.counter(
        "agent_sync_locks_reclaimed",
        "Locks that were freed because their holder was gone.",
        &numbers.reclaimed.locks,
    );
}
