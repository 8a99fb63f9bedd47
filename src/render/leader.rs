//! Leaders as people and programs read them.

use std::time::Duration;

use serde::Serialize;

use super::lock::{awaiting, lapses, lost, no_longer_holds};
use super::table::{Cell, Table};
use super::time::{duration, relative, rfc3339, when};
use crate::domain::leader::{Fenced, Fencing, role_of};
use crate::domain::lock::Lock;
use crate::domain::time::Moment;
use crate::domain::wait::Waiter;
use crate::frame::{Clean, Field, clean};

/// A leader as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    role: &'a str,
    agent_id: &'a str,
    name: &'a str,
    status: &'static str,
    fence: i64,
    since: String,
    expires_at: String,
    ttl_ms: i64,
    reason: Option<&'a str>,
    waiters: Vec<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of a leadership as it stands now, with the ids of those who wait for it.
    #[must_use]
    pub fn new(leader: &'a Lock, waiters: &'a [Waiter], now: &Moment) -> Self {
        Self {
            role: role_of(&leader.key).unwrap_or_default(),
            agent_id: &leader.holder,
            name: &leader.holder_name,
            status: leader.presence.as_str(),
            fence: leader.fence,
            since: rfc3339(leader.acquired_at),
            expires_at: rfc3339(leader.expires_at(now)),
            ttl_ms: leader.ttl,
            reason: leader.reason.as_deref(),
            waiters: awaiting(leader, waiters)
                .map(|waiter| waiter.agent.as_str())
                .collect(),
        }
    }
}

fn role(leader: &Lock) -> Clean {
    clean(role_of(&leader.key).unwrap_or_default(), Field::Name)
}

/// What is said to whoever leads now.
#[must_use]
pub fn leads(leader: &Lock) -> String {
    let lasts = Duration::from_millis(u64::try_from(leader.ttl).unwrap_or_default());
    format!(
        "You lead in the role {} for {} after your last act (fence {fence})\n  with `--fence {fence}` a command changes something only while that holds\n",
        role(leader),
        duration(lasts),
        fence = leader.fence,
    )
}

/// One sentence without a full stop: who leads in a role, how alive it is, since when, until when, why.
#[must_use]
pub fn led(leader: &Lock, now: &Moment) -> String {
    let reason = leader.reason.as_deref().map_or_else(String::new, |reason| {
        format!(": {}", clean(reason, Field::Reason))
    });
    format!(
        "{} ({}, {}) leads in the role {} with fence {}, since {}, lapses {}{reason}",
        clean(&leader.holder_name, Field::Name),
        clean(&leader.holder, Field::Title),
        leader.presence.as_str(),
        role(leader),
        leader.fence,
        relative(now.wall, leader.acquired_at),
        lapses(leader, now),
    )
}

/// A line for each leader.
#[must_use]
pub fn table(leaders: &[Lock], waiters: &[Waiter], now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings([
        "ROLE", "LEADER", "IS", "FENCE", "SINCE", "LAPSES", "WAITING", "WHY",
    ]);
    for leader in leaders {
        let waiting: Vec<String> = awaiting(leader, waiters)
            .map(|waiter| clean(&waiter.agent_name, Field::Name).to_string())
            .collect();
        table.row([
            Cell::from(role(leader)),
            Cell::from(clean(&leader.holder_name, Field::Name)),
            Cell::from(Clean::literal(leader.presence.as_str())),
            Cell::from(clean(&leader.fence.to_string(), Field::Name)),
            Cell::from(when(now, leader.acquired_at)),
            Cell::from(when(now, leader.expires_at(now))),
            Cell::from(clean(&waiting.join(", "), Field::Title)),
            Cell::from(clean(leader.reason.as_deref().unwrap_or_default(), Field::Reason)),
        ]);
    }
    table.render(width)
}

/// Why nothing is written under a fence, and who leads now.
#[must_use]
pub fn fenced(fenced: &Fenced, now: &Moment) -> String {
    let why = match (&fenced.lock, &fenced.lost) {
        (Some((lock, Fencing::Foreign | Fencing::Holds)), _) => format!(
            "fence {} is not yours but that of {} ({})",
            fenced.fence,
            clean(&lock.holder_name, Field::Name),
            clean(&lock.holder, Field::Title)
        ),
        (Some((lock, Fencing::Over)), _) => no_longer_holds(lock, now),
        (None, Some(loss)) => lost(loss, now),
        (None, None) => format!("there is no lease with fence {} any more", fenced.fence),
    };
    let leaders: Vec<String> = fenced.leaders.iter().map(|leader| led(leader, now)).collect();
    if leaders.is_empty() {
        why
    } else {
        format!("{why}; now {}", leaders.join("; "))
    }
}
