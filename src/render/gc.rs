//! What was cleared, as people and programs read it.

use serde::Serialize;

use crate::domain::retention::Removed;

/// What was cleared, as JSON: the keys of 0.4.0, then ours.
#[derive(Debug, Serialize)]
pub struct Json {
    agents: usize,
    locks: usize,
    tasks: usize,
    messages: usize,
    activity: usize,
    traces: usize,
    dry_run: bool,
}

impl Json {
    /// The JSON form of what was cleared, or, in a rehearsal, would be.
    #[must_use]
    pub const fn new(
        agents: usize,
        locks: usize,
        tasks: usize,
        removed: Removed,
        is_rehearsal: bool,
    ) -> Self {
        Self {
            agents,
            locks,
            tasks,
            messages: removed.messages,
            activity: removed.activity,
            traces: removed.traces,
            dry_run: is_rehearsal,
        }
    }
}

/// What was cleared, or, in a rehearsal, would be; what is old only where there was any.
#[must_use]
pub fn summary(agents: usize, locks: usize, tasks: usize, removed: Removed, is_rehearsal: bool) -> String {
    let Removed {
        messages,
        activity,
        traces,
    } = removed;
    let old = format!(
        "{messages} message(s), {activity} entries of the record of what happened, {traces} trace(s) of agents"
    );
    let has_old = removed.total() > 0;
    match (is_rehearsal, has_old) {
        (false, false) => {
            format!(
                "GC complete: {agents} agent(s) re-statused, {locks} expired lock(s) removed, {tasks} abandoned task(s) taken back.\n"
            )
        }
        (false, true) => format!(
            "GC complete: {agents} agent(s) re-statused, {locks} expired lock(s) removed, {tasks} abandoned task(s) taken back.\nToo old and removed: {old}.\n"
        ),
        (true, _) => format!(
            "GC would re-status {agents} agent(s), remove {locks} expired lock(s) and take {tasks} abandoned task(s) back.\nToo old and would be removed: {old}.\n"
        ),
    }
}
