//! Plans for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::task::Json as TaskJson;
use super::super::time::rfc3339;
use crate::domain::plan::document::Document;
use crate::domain::plan::proposal::{Launched, Proposal, Requirement, Revision, Speaker, Voice};
use crate::domain::task::Task;

/// A plan as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    id: &'a str,
    title: &'a str,
    state: &'static str,
    proposed_by: &'a str,
    proposed_by_name: &'a str,
    proposed_at: String,
    revision: u32,
    revisions: u32,
    hash: &'a str,
    author: &'a str,
    author_name: &'a str,
    revised_at: String,
    /// How many agents have to agree; null where the human has to.
    approvals_needed: Option<u32>,
    /// What was said about the newest revision.
    voices: Vec<VoiceJson<'a>>,
    launched: Option<LaunchJson<'a>>,
    /// How many tasks are in which state.
    progress: BTreeMap<&'static str, usize>,
    /// The tasks on the board; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Vec<PlanTaskJson<'a>>>,
    /// What is worth knowing; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    remarks: Option<Vec<String>>,
    /// What it says, as `plan propose` takes it; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Document>,
}

#[derive(Debug, Serialize)]
struct VoiceJson<'a> {
    agent_id: Option<&'a str>,
    agent_name: Option<&'a str>,
    vote_id: Option<&'a str>,
    approves: bool,
    reason: Option<&'a str>,
    said_at: String,
}

#[derive(Debug, Serialize)]
struct LaunchJson<'a> {
    revision: u32,
    agent_id: &'a str,
    agent_name: &'a str,
    launched_at: String,
}

#[derive(Debug, Serialize)]
struct PlanTaskJson<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    task_id: &'a str,
    title: &'a str,
    status: &'static str,
    owner_id: Option<&'a str>,
    role: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of a plan as it is now.
    #[must_use]
    pub fn new(proposal: &'a Proposal) -> Self {
        Self::of_revision(proposal, &proposal.newest)
    }

    /// The JSON form of one revision of a plan.
    #[must_use]
    pub fn of_revision(proposal: &'a Proposal, revision: &'a Revision) -> Self {
        let tasks = proposal.tasks.iter().map(|(key, task)| PlanTaskJson {
            reference: key,
            task_id: &task.id,
            title: &task.title,
            status: task.status.as_str(),
            owner_id: task.owner.as_deref(),
            role: task.role.as_deref(),
        });
        let remarks = revision.plan.remarks().into_iter().map(|remark| remark.why);
        Self {
            revision: revision.number,
            hash: &revision.hash,
            author: &revision.author,
            author_name: &revision.author_name,
            revised_at: rfc3339(revision.created_at),
            tasks: Some(tasks.collect()),
            remarks: Some(remarks.collect()),
            plan: Some(Document::new(&revision.plan)),
            ..Self::in_short(proposal)
        }
    }

    /// The same without the tasks.
    #[must_use]
    pub fn in_short(proposal: &'a Proposal) -> Self {
        let newest = &proposal.newest;
        Self {
            id: &proposal.id,
            title: &proposal.title,
            state: proposal.state().as_str(),
            proposed_by: &proposal.proposer,
            proposed_by_name: &proposal.proposer_name,
            proposed_at: rfc3339(proposal.proposed_at),
            revision: newest.number,
            revisions: newest.number,
            hash: &newest.hash,
            author: &newest.author,
            author_name: &newest.author_name,
            revised_at: rfc3339(newest.created_at),
            approvals_needed: match proposal.requirement {
                Requirement::Human => None,
                Requirement::Agents(count) => Some(count),
            },
            voices: proposal.voices.iter().map(voice).collect(),
            launched: proposal.launch.as_ref().map(|launch| LaunchJson {
                revision: launch.revision,
                agent_id: &launch.agent,
                agent_name: &launch.agent_name,
                launched_at: rfc3339(launch.launched_at),
            }),
            progress: (proposal.tally().into_iter())
                .map(|(status, count)| (status.as_str(), count))
                .collect(),
            tasks: None,
            remarks: None,
            plan: None,
        }
    }
}

fn voice(voice: &Voice) -> VoiceJson<'_> {
    let (agent, vote) = match &voice.speaker {
        Speaker::Agent { id, name, .. } => (Some((id.as_str(), name.as_str())), None),
        Speaker::Vote(vote) => (None, Some(vote.as_str())),
    };
    VoiceJson {
        agent_id: agent.map(|(id, _)| id),
        agent_name: agent.map(|(_, name)| name),
        vote_id: vote,
        approves: voice.approves,
        reason: voice.reason.as_deref(),
        said_at: rfc3339(voice.said_at),
    }
}

/// What came of a launch as JSON.
#[derive(Debug, Serialize)]
pub struct LaunchedJson<'a> {
    /// Whether something was done.
    new: bool,
    plan: Json<'a>,
    created: Vec<TaskJson<'a>>,
    changed: Vec<TaskJson<'a>>,
    cancelled: Vec<TaskJson<'a>>,
    kept: Vec<TaskJson<'a>>,
}

impl<'a> LaunchedJson<'a> {
    /// The JSON form of `launched`.
    #[must_use]
    pub fn new(launched: &'a Launched) -> Self {
        let tasks = |tasks: &'a [Task]| tasks.iter().map(TaskJson::new).collect();
        Self {
            new: launched.is_new,
            plan: Json::new(&launched.proposal),
            created: tasks(&launched.created),
            changed: tasks(&launched.changed),
            cancelled: tasks(&launched.cancelled),
            kept: tasks(&launched.kept),
        }
    }
}
