//! Votes as people and programs read them. Who chose what in a secret vote is not told before it is closed.

use std::fmt::Write as _;

use serde::Serialize;

use super::message::body;
use super::table::{Cell, Table};
use super::time::{relative, rfc3339, when};
use crate::domain::plan::proposal::short;
use crate::domain::time::Moment;
use crate::domain::vote::{Effect, Member, State, Vote};
use crate::frame::{Clean, Field, clean};

/// A vote as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    question: &'a str,
    description: Option<&'a str>,
    state: &'static str,
    winner: Option<&'a str>,
    quorum: String,
    needed: usize,
    voted: usize,
    secret: bool,
    options: Vec<OptionJson<'a>>,
    members: Vec<MemberJson<'a>>,
    opened_by: &'a str,
    opened_by_name: &'a str,
    opened_at: String,
    closes_at: String,
    closed_at: Option<String>,
    records_decision: bool,
    decision_id: Option<&'a str>,
    /// The plan that passing it approves, and the hash of what it said at the opening.
    approves_plan: Option<&'a str>,
    approves_hash: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct OptionJson<'a> {
    option: &'a str,
    /// Null while it is secret.
    ballots: Option<usize>,
}

#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    agent_id: &'a str,
    name: &'a str,
    status: &'static str,
    voted: bool,
    /// Null while it is secret.
    option: Option<&'a str>,
    locked_in: bool,
    cast_at: Option<String>,
    changes: usize,
    equivocated: bool,
    /// What else it chose after it had locked in something; empty while it is secret.
    equivocations: Vec<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of `vote` as `me` may see it.
    #[must_use]
    pub fn new(vote: &'a Vote, me: &str, now: &Moment) -> Self {
        let count = vote.count();
        let is_revealed = vote.is_revealed();
        let options = vote.options.iter().zip(&count.ballots);
        Self {
            id: &vote.id,
            question: &vote.question,
            description: vote.description.as_deref(),
            state: vote.state.as_str(),
            winner: vote.winner.and_then(|winner| label(vote, winner)),
            quorum: vote.quorum.to_text(),
            needed: vote.needed,
            voted: count.cast(),
            secret: vote.is_secret,
            options: options
                .map(|(option, ballots)| OptionJson {
                    option,
                    ballots: is_revealed.then_some(*ballots),
                })
                .collect(),
            members: vote
                .members
                .iter()
                .map(|member| member_json(vote, member, me))
                .collect(),
            opened_by: &vote.opener,
            opened_by_name: &vote.opener_name,
            opened_at: rfc3339(vote.opened.wall),
            closes_at: rfc3339(vote.closes_at(now)),
            closed_at: vote.closed_at.map(rfc3339),
            records_decision: vote.records_decision,
            decision_id: vote.decision.as_deref(),
            approves_plan: vote.approves.as_ref().map(|approves| approves.plan.as_str()),
            approves_hash: vote.approves.as_ref().map(|approves| approves.hash.as_str()),
        }
    }
}

fn member_json<'a>(vote: &'a Vote, member: &'a Member, me: &str) -> MemberJson<'a> {
    let standing = member.standing();
    let may_see = may_see(vote, member, me);
    let equivocations = member.ballots.iter().filter(|ballot| ballot.is_equivocation);
    MemberJson {
        agent_id: &member.agent,
        name: &member.name,
        status: member.presence.as_str(),
        voted: standing.is_some(),
        option: standing
            .filter(|_| may_see)
            .and_then(|ballot| label(vote, ballot.option)),
        locked_in: standing.is_some_and(|ballot| ballot.is_final),
        cast_at: standing.map(|ballot| rfc3339(ballot.cast_at)),
        changes: changes(member),
        equivocated: equivocations.clone().next().is_some(),
        equivocations: equivocations
            .filter(|_| may_see)
            .filter_map(|ballot| label(vote, ballot.option))
            .collect(),
    }
}

/// How often a member has chosen something else.
fn changes(member: &Member) -> usize {
    let counted: Vec<usize> = (member.ballots.iter())
        .filter(|ballot| !ballot.is_equivocation)
        .map(|ballot| ballot.option)
        .collect();
    counted.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Whether `me` may see what a member chose; its own ballot everybody may.
fn may_see(vote: &Vote, member: &Member, me: &str) -> bool {
    vote.is_revealed() || member.agent == me
}

fn label(vote: &Vote, option: usize) -> Option<&str> {
    vote.options.get(option).map(String::as_str)
}

/// One option of a vote.
#[must_use]
pub fn option(vote: &Vote, option: usize) -> Clean {
    clean(label(vote, option).unwrap_or_default(), Field::Title)
}

/// The options of a vote, with commas.
#[must_use]
pub fn options(vote: &Vote) -> String {
    let options: Vec<String> = (0..vote.options.len())
        .map(|at| option(vote, at).to_string())
        .collect();
    options.join(", ")
}

/// What came of a closed vote.
#[must_use]
pub fn result(vote: &Vote) -> Clean {
    clean(&vote.result(), Field::Path)
}

/// What is said of a vote that was opened.
#[must_use]
pub fn opened(vote: &Vote, now: &Moment) -> String {
    format!(
        "Opened vote `{}` [{}]: {} of {} have to agree, closes {}\n",
        clean(&vote.id, Field::Name),
        options(vote),
        vote.needed,
        vote.members.len(),
        relative(now.wall, vote.closes_at(now))
    )
}

/// What is said of a ballot that counts.
#[must_use]
pub fn cast(vote: &Vote, effect: Effect, me: &str) -> String {
    let standing = vote.member(me).and_then(Member::standing);
    let chosen = standing.map_or_else(Clean::default, |ballot| option(vote, ballot.option));
    let id = clean(&vote.id, Field::Name);
    let what = match effect {
        Effect::First if standing.is_some_and(|ballot| ballot.is_final) => "You voted for good",
        Effect::First => "You voted",
        Effect::Changed => "You changed your vote",
        Effect::LockedIn => "You locked in your vote",
        Effect::Same | Effect::Equivocation => "Your vote stays",
    };
    let mut text = format!("{what} in `{id}`: {chosen}\n");
    if vote.state != State::Open {
        text.push_str(&closed(vote));
    }
    text
}

/// What is said of a vote that is closed.
#[must_use]
pub fn closed(vote: &Vote) -> String {
    let mut text = format!("Vote `{}` {}\n", clean(&vote.id, Field::Name), result(vote));
    if let Some(decision) = &vote.decision {
        let _infallible = writeln!(text, "  recorded as decision `{}`", clean(decision, Field::Name));
    }
    text
}

/// A line for each vote.
#[must_use]
pub fn table(votes: &[Vote], me: &str, now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["ID", "STATE", "CLOSES", "VOTED", "YOU", "QUESTION"]);
    for vote in votes {
        let count = vote.count();
        let you = match vote.member(me).map(Member::standing) {
            None => "",
            Some(Some(_)) => "voted",
            Some(None) if vote.state == State::Open => "asked",
            Some(None) => "absent",
        };
        table.row([
            Cell::from(clean(&vote.id, Field::Name)),
            Cell::from(Clean::literal(vote.state.as_str())),
            Cell::from(when(now, vote.closed_at.unwrap_or_else(|| vote.closes_at(now)))),
            Cell::from(clean(
                &format!("{} of {}", count.cast(), count.members),
                Field::Name,
            )),
            Cell::from(you),
            Cell::from(clean(&vote.question, Field::Message)),
        ]);
    }
    table.render(width)
}

/// A whole vote: what is asked, where it stands and why, who voted, who is missing.
#[must_use]
pub fn page(vote: &Vote, me: &str, now: &Moment, width: Option<usize>) -> String {
    let mut text = format!(
        "vote:     {}\nquestion: {}\nopened:   by {} ({}), {}\n",
        clean(&vote.id, Field::Name),
        clean(&vote.question, Field::Message),
        clean(&vote.opener_name, Field::Name),
        clean(&vote.opener, Field::Title),
        relative(now.wall, vote.opened.wall),
    );
    let _infallible = writeln!(
        text,
        "quorum:   {}: {} of {} have to agree{}",
        clean(&vote.quorum.to_text(), Field::Name),
        vote.needed,
        vote.members.len(),
        if vote.is_secret {
            "; secret until closed"
        } else {
            ""
        }
    );
    let _infallible = writeln!(text, "state:    {}", standing(vote, now));
    if let Some(approves) = &vote.approves {
        let (plan, hash) = (&approves.plan, short(&approves.hash));
        let _infallible = writeln!(
            text,
            "approves: {}, content {}",
            clean(plan, Field::Name),
            clean(hash, Field::Name)
        );
    }
    if let Some(decision) = &vote.decision {
        let _infallible = writeln!(text, "decision: {}", clean(decision, Field::Name));
    }
    text.push('\n');
    if let Some(description) = &vote.description {
        text.push_str(&body(description));
        text.push('\n');
    }
    text.push_str(&members(vote, me, now, width));
    text
}

/// Where it stands, and what is missing.
fn standing(vote: &Vote, now: &Moment) -> String {
    if vote.state != State::Open {
        let closed = vote.closed_at.unwrap_or_default();
        return format!("{} ({})", result(vote), relative(now.wall, closed));
    }
    let count = vote.count();
    let mut text = format!(
        "open, closes {}; {} of {} voted",
        relative(now.wall, vote.closes_at(now)),
        count.cast(),
        count.members
    );
    if vote.is_revealed() {
        let lacks = count.ballots.iter().enumerate().map(|(at, ballots)| {
            let lacks = vote.needed.saturating_sub(*ballots);
            format!("{} has {ballots} and needs {lacks} more", option(vote, at))
        });
        let _infallible = write!(text, ": {}", lacks.collect::<Vec<_>>().join(", "));
    }
    text
}

fn members(vote: &Vote, me: &str, now: &Moment, width: Option<usize>) -> String {
    let mut table = Table::with_headings(["MEMBER", "IS", "VOTED", "BALLOT"]);
    for member in &vote.members {
        let ballot = member.standing();
        table.row([
            Cell::from(clean(&member.name, Field::Name)),
            Cell::from(Clean::literal(member.presence.as_str())),
            ballot.map_or_else(
                || Cell::from("missing"),
                |ballot| Cell::from(when(now, ballot.cast_at)),
            ),
            Cell::from(clean(&said(vote, member, me), Field::Path)),
        ]);
    }
    table.render(width)
}

/// What a member chose, how often it chose something else, and what it tried after a lock-in.
fn said(vote: &Vote, member: &Member, me: &str) -> String {
    let Some(standing) = member.standing() else {
        return String::new();
    };
    let may_see = may_see(vote, member, me);
    let mut said = if may_see {
        label(vote, standing.option).unwrap_or_default().to_owned()
    } else {
        "secret".to_owned()
    };
    if standing.is_final {
        said.push_str(", locked in");
    }
    let changes = changes(member);
    if changes > 0 {
        let _infallible = write!(said, ", changed {changes}x");
    }
    let tried: Vec<&str> = (member.ballots.iter())
        .filter(|ballot| ballot.is_equivocation)
        .filter_map(|ballot| label(vote, ballot.option))
        .collect();
    if !tried.is_empty() {
        said.push_str(", EQUIVOCATED");
        if may_see {
            let _infallible = write!(said, ": then tried {}", tried.join(", "));
        }
    }
    said
}
