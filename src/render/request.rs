//! Requests for approvals, as people and programs read them: whoever approves a call has to see all of it.

use std::time::Duration;

use serde::Serialize;

use super::message::body;
use super::table::{Cell, Table};
use super::time::{duration, relative, rfc3339, when};
use crate::domain::policy::{Request, Standing};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// A request as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    state: &'static str,
    rule: &'a str,
    agent_id: &'a str,
    agent_name: &'a str,
    call: &'a str,
    fingerprint: &'a str,
    approvers: &'a [String],
    asked_at: String,
    answered_by: Option<&'a str>,
    answered_by_name: Option<&'a str>,
    answered_at: Option<String>,
    reason: Option<&'a str>,
    ttl_ms: i64,
    uses: u32,
    used: u32,
}

impl<'a> Json<'a> {
    /// The JSON form of a request as it stands now.
    #[must_use]
    pub fn new(request: &'a Request, now: &Moment) -> Self {
        Self {
            id: &request.id,
            state: request.standing(now).as_str(),
            rule: &request.rule,
            agent_id: &request.agent,
            agent_name: &request.agent_name,
            call: &request.what,
            fingerprint: &request.fingerprint,
            approvers: &request.by,
            asked_at: rfc3339(request.asked_at),
            answered_by: request.answerer.as_deref(),
            answered_by_name: request.answerer_name.as_deref(),
            answered_at: request.answered.map(|answered| rfc3339(answered.wall)),
            reason: request.reason.as_deref(),
            ttl_ms: request.ttl,
            uses: request.uses,
            used: request.used,
        }
    }
}

/// A line for each request.
#[must_use]
pub fn table(requests: &[Request], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["ID", "STATE", "ASKED", "BY", "RULE", "CALL"]);
    for request in requests {
        table.row([
            Cell::from(clean(&request.id, Field::Name)),
            Cell::from(Clean::literal(request.standing(now).as_str())),
            Cell::from(when(now, request.asked_at)),
            Cell::from(clean(&request.agent_name, Field::Name)),
            Cell::from(clean(&request.rule, Field::Title)),
            Cell::from(clean(&request.what, Field::Message)),
        ]);
    }
    table.render(width)
}

/// A whole request, with all of the call.
#[must_use]
pub fn page(request: &Request, now: &Moment) -> String {
    format!(
        "request: {}\nrule:    {}\nasked:   by {} ({}), {}\nanswer:  {}\n\n{}\n",
        clean(&request.id, Field::Name),
        clean(&request.rule, Field::Title),
        clean(&request.agent_name, Field::Name),
        clean(&request.agent, Field::Title),
        relative(now.wall, request.asked_at),
        standing(request, now),
        body(&request.what)
    )
}

/// Where a request stands, and why.
fn standing(request: &Request, now: &Moment) -> String {
    let who = clean(request.answerer_name.as_deref().unwrap_or_default(), Field::Name);
    let why = request.reason.as_deref().map(|why| clean(why, Field::Message));
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    match request.standing(now) {
        Standing::Waiting => format!(
            "missing; to be given by {}",
            clean(&request.approvers_in_words(), Field::Path)
        ),
        Standing::Usable { uses, lasts } => {
            format!(
                "approved by {who}{why}; passes {} within {}",
                often(uses),
                span(lasts)
            )
        }
        Standing::Spent => format!("approved by {who}{why}; used up"),
        Standing::Rejected { lasts } => format!("rejected by {who}{why}; stands for {}", span(lasts)),
        Standing::Lapsed => "lapsed; the same call asks anew".to_owned(),
    }
}

fn often(uses: u32) -> String {
    if uses == 1 {
        "once".to_owned()
    } else {
        format!("{uses} times")
    }
}

fn span(milliseconds: i64) -> String {
    let milliseconds = u64::try_from(milliseconds.max(0)).unwrap_or_default();
    duration(Duration::from_millis(milliseconds))
}

/// What is said of a request that was answered.
#[must_use]
pub fn answered(request: &Request, now: &Moment) -> String {
    let id = clean(&request.id, Field::Name);
    let name = clean(&request.agent_name, Field::Name);
    let call = clean(&request.what, Field::Message);
    match request.standing(now) {
        Standing::Usable { uses, lasts } => {
            format!(
                "Approved `{id}`: {name} may do this {} within {}: {call}\n",
                often(uses),
                span(lasts)
            )
        }
        _ => format!("Rejected `{id}` of {name} for {}: {call}\n", span(request.ttl)),
    }
}
