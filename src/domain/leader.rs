//! Leaders: of those who do one kind of work, the one that decides now.
//!
//! A leadership is a lease on a reserved resource, so nothing about it has to be said twice: how it lapses, that it
//! ends with its holder's process, the fence that rises with every new holder, the line of those who wait, and
//! that whoever lost it is told. Of its own it has two rules: nobody shares it, not even with a subagent, and
//! it is renewed by whatever its holder does.

use super::agent::{Kin, is_stopped_by};
use super::lock::{Key, Lock, LostLock};
use super::time::Moment;

/// The role that is meant when nobody names one.
pub const DEFAULT_ROLE: &str = "main";
/// How the resources that are leaderships begin.
pub const PREFIX: &str = "leader:";

/// The resource that whoever leads in this role holds.
#[must_use]
pub fn key(role: &str) -> Key {
    Key::Resource(format!("{PREFIX}{role}"))
}

/// The role whose leadership this key is, if it is one.
#[must_use]
pub fn role_of(key: &Key) -> Option<&str> {
    match key {
        Key::Resource(name) => name.strip_prefix(PREFIX),
        Key::Path(_) => None,
    }
}

/// How a lease stands towards somebody who wants to write under its fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fencing {
    /// It holds, and is theirs.
    Holds,
    /// It holds, and is somebody else's.
    Foreign,
    /// It has lapsed, or its holder is gone.
    Over,
}

/// Whether `actor` may write under the fence of `lock`: only while the lease holds, and only its holder, the
/// holder's own aliases and subagents.
#[must_use]
pub fn fencing(lock: &Lock, actor: Kin<'_>, now: &Moment) -> Fencing {
    if !lock.is_live(now) {
        Fencing::Over
    } else if is_stopped_by(actor, lock.kin()) {
        Fencing::Foreign
    } else {
        Fencing::Holds
    }
}

/// Why nothing may be written under a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fenced {
    /// The fence.
    pub fence: i64,
    /// The lease with this fence, if there is still a row of it, and how it stands towards the writer.
    pub lock: Option<(Box<Lock>, Fencing)>,
    /// How it ended, where that is still known.
    pub lost: Option<LostLock>,
    /// Who leads now: in its role where that is known, in every one where it is not.
    pub leaders: Vec<Lock>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lock::Mode;
    use crate::domain::presence::Presence;

    fn lock(presence: Presence) -> Lock {
        Lock {
            fence: 7,
            key: key("api"),
            is_directory: false,
            is_pattern: false,
            inode: None,
            mode: Mode::Exclusive,
            is_implicit: false,
            holder: "a".to_owned(),
            holder_name: "a".to_owned(),
            holder_parent: None,
            presence,
            reason: None,
            task: None,
            acquired_at: 0,
            leased: Moment::at_wall(0),
            ttl: 1_000,
        }
    }

    fn asked(lock: &Lock, id: &str, parent: Option<&str>, at: i64) -> Fencing {
        fencing(lock, Kin { id, parent }, &Moment::at_wall(at))
    }

    #[test]
    fn a_role_is_found_in_its_key() {
        assert_eq!(role_of(&key("api")), Some("api"));
        assert_eq!(role_of(&Key::Resource("api".to_owned())), None);
    }

    #[test]
    fn only_the_leader_and_its_subagents_write_under_its_fence() {
        let lock = lock(Presence::Active);
        assert_eq!(asked(&lock, "a", None, 999), Fencing::Holds);
        assert_eq!(asked(&lock, "a.1", Some("a"), 999), Fencing::Holds);
        assert_eq!(asked(&lock, "b", None, 999), Fencing::Foreign);
    }

    #[test]
    fn a_lapsed_or_dead_leader_writes_no_more() {
        assert_eq!(asked(&lock(Presence::Active), "a", None, 1_000), Fencing::Over);
        assert_eq!(asked(&lock(Presence::Stale), "a", None, 0), Fencing::Holds);
        assert_eq!(asked(&lock(Presence::Offline), "a", None, 0), Fencing::Over);
    }
}
