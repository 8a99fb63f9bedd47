//! Which tasks somebody wants to see.

use super::{Status, Task};

/// Whose tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's.
    Nobody,
    /// Those of the agent with this id.
    Agent(String),
}

/// What tasks have to be like; everything where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these states; empty for any.
    pub states: Vec<Status>,
    /// Whose.
    pub owner: Option<Owner>,
    /// With all of these labels.
    pub labels: Vec<String>,
    /// That want this role, in any case of letters.
    pub role: Option<String>,
    /// That could be claimed by somebody now.
    pub is_ready: bool,
}

impl Filter {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this task is meant.
    #[must_use]
    pub fn accepts(&self, task: &Task) -> bool {
        let is_owners = match &self.owner {
            None => true,
            Some(Owner::Nobody) => task.owner.is_none(),
            Some(Owner::Agent(id)) => task.owner.as_ref() == Some(id),
        };
        let wants_role = |role: &String| {
            let wanted = task.role.as_ref();
            wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case(role))
        };
        is_owners
            && (self.states.is_empty() || self.states.contains(&task.status))
            && self.labels.iter().all(|label| task.labels.contains(label))
            && self.role.as_ref().is_none_or(wants_role)
            && (!self.is_ready || task.is_ready())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_filter_counts() {
        let task = Task {
            owner: Some("agent-1".to_owned()),
            labels: vec!["api".to_owned(), "ui".to_owned()],
            role: Some("Tester".to_owned()),
            ..Task::named("t", "T")
        };
        let free = Filter::default();
        assert!(free.accepts(&task) && free.is_empty());
        let owned = |owner| Filter {
            owner: Some(owner),
            ..Filter::default()
        };
        let labelled = |labels: &[&str]| Filter {
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            ..Filter::default()
        };
        let wanting = |role: &str| Filter {
            role: Some(role.to_owned()),
            ..Filter::default()
        };
        let standing = |states: &[Status], is_ready| Filter {
            states: states.to_vec(),
            is_ready,
            ..Filter::default()
        };
        for (filter, expected) in [
            (owned(Owner::Agent("agent-1".to_owned())), true),
            (owned(Owner::Agent("agent-2".to_owned())), false),
            (owned(Owner::Nobody), false),
            (labelled(&["ui", "api"]), true),
            (labelled(&["ui", "db"]), false),
            (wanting("tester"), true),
            (wanting("test"), false),
            (standing(&[Status::Done, Status::Pending], true), true),
            (standing(&[Status::Done], false), false),
        ] {
            assert_eq!(filter.accepts(&task), expected, "{filter:?}");
        }
    }
}
