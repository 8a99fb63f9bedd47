//! The report: what happened, as one page that needs nothing but a browser.
//!
//! It is read by people who were not there and opened from a disk or an attachment, so it asks nobody for anything:
//! style, script and data are in it, and a policy in its head forbids all else by naming what these two hold. Texts of
//! agents and of the repository are clean text in tables and data in the script; neither can become markup.

mod data;
mod graph;
mod html;
mod json;
mod sections;

use std::fmt::Write as _;

use crate::domain::metrics::{History, Metrics, Timeline};
use crate::frame::{Clean, Field, clean};
use data::Data;
use html::{embedded, fingerprint};
use sections::{length, moment};

pub use json::Json;

/// What the first bytes of a page hold that this program wrote, so that it knows its own again.
pub const MARK: &str = "<meta name=\"generator\" content=\"agent-sync report\">";

const STYLE: &str = include_str!("style.css");
const TIMELINE: &str = include_str!("timeline.js");
const TABLE: &str = include_str!("table.js");

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What the project is called.
    pub project: &'a str,
    /// What is known.
    pub history: &'a History,
    /// Stretches of time in it.
    pub timeline: &'a Timeline,
    /// Its numbers.
    pub metrics: &'a Metrics,
}

/// The parts of the page: their anchors and headings.
const PARTS: [(&str, &str); 6] = [
    ("numbers", "Numbers"),
    ("timeline", "Timeline"),
    ("contention", "Contention"),
    ("talk", "Who wrote to whom"),
    ("tasks", "Tasks"),
    ("decisions", "Decisions"),
];

/// The page.
#[must_use]
pub fn page(report: &Report<'_>) -> String {
    let data = Data::new(report);
    let mut text = head(report);
    text.push_str("<nav aria-label=\"Parts of the report\"><ul>");
    for (anchor, heading) in PARTS {
        let _infallible = write!(text, "<li><a href=\"#{anchor}\">{heading}</a></li>");
    }
    text.push_str("</ul></nav>\n<main>\n");
    for (anchor, heading) in PARTS {
        let part = match anchor {
            "numbers" => sections::numbers(report),
            "timeline" => timeline(&data),
            "contention" => sections::contended(report),
            "talk" => sections::talked(report),
            "tasks" => sections::tasks(report),
            _ => sections::decisions(report),
        };
        let _infallible = writeln!(
            text,
            "<section id=\"{anchor}\" aria-labelledby=\"{anchor}-heading\"><h2 id=\"{anchor}-heading\">{heading}</h2>\n{part}</section>"
        );
    }
    let _infallible = write!(
        text,
        "</main>\n<footer>Made by agent-sync {} at {} UTC. Nothing is fetched or sent when this file is opened.</footer>\n\
         <script type=\"application/json\" id=\"data\">{}</script>\n<script>{TIMELINE}</script>\n<script>{TABLE}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        moment(report.history.window.to),
        embedded(&data)
    );
    text
}

fn head(report: &Report<'_>) -> String {
    let window = report.history.window;
    let project: Clean = clean(report.project, Field::Path);
    let scripts = [TIMELINE, TABLE].map(fingerprint).join(" ");
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n{MARK}\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {scripts}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>agent-sync report: {project}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#numbers\">Skip to the numbers</a>\n\
         <header><h1>agent-sync report: {project}</h1>\n<p>From {} to {} UTC, {}.</p>\n",
        fingerprint(STYLE),
        moment(window.from),
        moment(window.to),
        length(window.length())
    );
    for note in notes(report.history) {
        let _infallible = writeln!(text, "<p class=\"note\">{note}</p>");
    }
    text.push_str("</header>\n");
    text
}

/// What the reader must know of what is missing.
fn notes(history: &History) -> Vec<String> {
    let mut notes = Vec::new();
    if history.window.from > history.asked_from {
        notes.push(format!(
            "There is too much since {} for one page: this one begins later.",
            moment(history.asked_from)
        ));
    }
    match history.oldest {
        None => notes.push("Nothing has been recorded yet.".to_owned()),
        Some(oldest) if oldest > history.asked_from => {
            let kept = history.kept_for.map_or_else(
                || "nothing is cleared".to_owned(),
                |kept| format!("what is older than {} is cleared", length(kept)),
            );
            notes.push(format!(
                "The record begins at {}, later than was asked for; {kept} (<code>retention.activity</code>).",
                moment(oldest)
            ));
        }
        Some(_) => {}
    }
    if history.lacks_letters {
        notes.push(format!(
            "There were more than {} deliveries of messages: the oldest are not counted.",
            history.letters.len()
        ));
    }
    notes
}

/// A part of the legend, which switches its kind on and off.
fn key(kind: &str, label: &str, drawing: &str) -> String {
    format!(
        "<label class=\"key\"><input type=\"checkbox\" id=\"show-{kind}\" checked>\
         <svg viewBox=\"0 0 28 16\" aria-hidden=\"true\">{drawing}</svg>{label}</label>"
    )
}

fn timeline(data: &Data) -> String {
    if data.lane_count() == 0 {
        return "<p>Nobody did anything in this time.</p>\n".to_owned();
    }
    let keys = [
        key(
            "turn",
            "turns",
            "<rect x=\"1\" y=\"1\" width=\"26\" height=\"14\" fill=\"var(--turn)\" stroke=\"var(--turn-edge)\"/>",
        ),
        key(
            "lock",
            "locks",
            "<rect x=\"1\" y=\"5\" width=\"26\" height=\"6\" fill=\"var(--hold)\"/>",
        ),
        key(
            "wait",
            "waits",
            "<path d=\"M1 3h26v10H1zM3 13L9 3M10 13l6-10M17 13l6-10\" fill=\"none\" stroke=\"var(--wait)\" stroke-width=\"2\"/>",
        ),
        key(
            "edit",
            "edits",
            "<path d=\"M6 2v12M14 2v12M19 2v12\" stroke=\"var(--edit)\" stroke-width=\"3\"/>",
        ),
        key(
            "message",
            "messages (dashed: not shown yet)",
            "<path d=\"M2 14L24 3M24 3l-8 1M24 3l-5 6\" stroke=\"var(--message)\" stroke-width=\"2\" fill=\"none\"/>",
        ),
    ];
    let mut text = format!(
        "<noscript><p class=\"note\">The timeline and its table need the script in this file; all other parts do not.</p></noscript>\n\
         <div class=\"tools\" hidden><button type=\"button\" id=\"to-earlier\" aria-label=\"Earlier\">←</button>\
         <button type=\"button\" id=\"to-later\" aria-label=\"Later\">→</button>\
         <button type=\"button\" id=\"to-closer\" aria-label=\"Zoom in\">+</button>\
         <button type=\"button\" id=\"to-wider\" aria-label=\"Zoom out\">−</button>\
         <button type=\"button\" id=\"to-all\">All</button>\
         <fieldset><legend>What is drawn</legend>{}</fieldset></div>\n",
        keys.concat()
    );
    text.push_str(
        "<figure><div id=\"chart\"><canvas id=\"canvas\" tabindex=\"0\" role=\"application\" \
         aria-label=\"Timeline with a lane for each agent\" aria-describedby=\"keys\"></canvas><div id=\"tip\"></div></div>\n\
         <p id=\"drawn\" class=\"small\"></p><div id=\"said\" class=\"sr\" role=\"status\"></div>\n\
         <figcaption id=\"keys\">Times are UTC. Drag to move, double-click or <kbd>Ctrl</kbd> and wheel to zoom. With the \
         timeline in focus: <kbd>←</kbd> <kbd>→</kbd> move, <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>Home</kbd> all, \
         <kbd>↑</kbd> <kbd>↓</kbd> choose a lane, <kbd>n</kbd> <kbd>p</kbd> go from item to item, <kbd>Enter</kbd> zooms \
         to it, <kbd>Esc</kbd> lets go.</figcaption></figure>\n",
    );
    for sentence in &data.left_out {
        let _infallible = writeln!(text, "<p class=\"note\">{sentence}</p>");
    }
    text.push_str(
        "<h3>The same as a table</h3>\n\
         <div id=\"filters\" class=\"filters\" hidden><label>Agent <select id=\"by-agent\"><option value=\"\">all</option></select></label>\
         <label>Kind <select id=\"by-kind\"><option value=\"\">all</option></select></label>\
         <label>Words <input id=\"by-words\" type=\"search\"></label>\
         <button type=\"button\" id=\"page-back\">Previous rows</button><button type=\"button\" id=\"page-on\">Next rows</button>\
         <span id=\"count\" role=\"status\"></span></div>\n\
         <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline as a table\"><table><thead><tr>\
         <th scope=\"col\">When (UTC)</th><th scope=\"col\">Who</th><th scope=\"col\">What</th>\
         <th scope=\"col\">About</th><th scope=\"col\" class=\"number\">For</th></tr></thead><tbody id=\"rows\"></tbody></table></div>\n",
    );
    text
}

#[cfg(test)]
mod tests;
