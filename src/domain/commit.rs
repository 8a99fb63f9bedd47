//! Whose files a commit would take in.
//!
//! The index of a checkout is shared by everybody in it, so a plain `git add -A && git commit` sweeps up what
//! others are in the middle of. A file is another's when another agent that lives has a lock on it, or was the
//! last to change it. What nobody is known to have changed belongs to whoever commits it.

use super::agent::is_subagent_of;
use super::awareness::Touch;
use super::lock::{Key, Lock, PathKey};

/// A session with everybody in it: the agent, its other names, its subagents.
///
/// A shell inside a subagent does not know whose it is and commits as the session, so within a session nobody
/// is a stranger here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family(Vec<String>);

impl Family {
    /// The family of all these ids.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = String>) -> Self {
        Self(ids.into_iter().collect())
    }

    /// Whether an agent is part of it.
    #[must_use]
    pub fn has(&self, id: &str, parent: Option<&str>) -> bool {
        self.0
            .iter()
            .any(|member| member == id || parent == Some(member) || is_subagent_of(id, member))
    }
}

/// Why a file is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// They have a lock on it, or on a directory above it.
    Locked(Lock),
    /// They were the last to change it.
    Changed(Touch),
}

impl Claim {
    /// Id of the agent whose it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        match self {
            Self::Locked(lock) => &lock.holder,
            Self::Changed(touch) => &touch.peer.id,
        }
    }
}

/// A file of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// The file.
    pub file: PathKey,
    /// Why.
    pub claim: Claim,
}

/// Why `file` is another's, if it is: `locks` are live ones, some of which may cover it, `last` is the newest
/// change of it by anybody.
#[must_use]
pub fn claim(file: &PathKey, locks: &[Lock], last: Option<&Touch>, family: &Family) -> Option<Claim> {
    let lock = locks.iter().find(|lock| {
        !lock.is_implicit
            && !family.has(&lock.holder, lock.holder_parent.as_deref())
            && lock.covers(&Key::Path(file.clone()))
    });
    if let Some(lock) = lock {
        return Some(Claim::Locked(lock.clone()));
    }
    let touch = last?;
    let peer = &touch.peer;
    (peer.presence.is_living() && !family.has(&peer.id, peer.parent.as_deref()))
        .then(|| Claim::Changed(touch.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::awareness::Peer;
    use crate::domain::lock::Mode;
    use crate::domain::presence::Presence;
    use crate::domain::time::Moment;

    fn key(tree: &str, path: &str) -> PathKey {
        PathKey {
            tree: tree.to_owned(),
            path: path.to_owned(),
        }
    }

    fn lock(holder: &str, parent: Option<&str>, path: PathKey) -> Lock {
        Lock {
            fence: 1,
            key: Key::Path(path),
            is_directory: false,
            is_pattern: false,
            inode: None,
            mode: Mode::Exclusive,
            is_implicit: false,
            holder: holder.to_owned(),
            holder_name: holder.to_owned(),
            holder_parent: parent.map(str::to_owned),
            presence: Presence::Active,
            reason: None,
            task: None,
            acquired_at: 0,
            leased: Moment::at_wall(0),
            ttl: 1000,
        }
    }

    fn touch(who: &str, parent: Option<&str>, presence: Presence) -> Touch {
        Touch {
            key: key("", "src/a"),
            peer: Peer {
                id: who.to_owned(),
                name: who.to_owned(),
                parent: parent.map(str::to_owned),
                presence,
                task: None,
            },
            change: 1,
            touched_at: 0,
            lines: None,
            is_shell: false,
        }
    }

    fn me() -> Family {
        Family::of(["me".to_owned()])
    }

    fn whose(locks: &[Lock], last: Option<&Touch>) -> Option<String> {
        claim(&key("", "src/a"), locks, last, &me()).map(|claim| claim.owner().to_owned())
    }

    #[test]
    fn a_file_is_anothers_when_they_locked_it_or_a_directory_above_it_in_this_checkout() {
        assert_eq!(whose(&[], None), None);
        for path in ["src/a", "src", "."] {
            assert_eq!(
                whose(&[lock("a", None, key("", path))], None).as_deref(),
                Some("a"),
                "{path}"
            );
        }
        for other in [key("", "src/ab"), key("", "src/a/b"), key("feature", "src/a")] {
            assert_eq!(whose(&[lock("a", None, other)], None), None);
        }
    }

    #[test]
    fn a_file_is_whose_who_lives_and_changed_it_last() {
        assert_eq!(
            whose(&[], Some(&touch("a", None, Presence::Idle))).as_deref(),
            Some("a")
        );
        assert_eq!(whose(&[], Some(&touch("a", None, Presence::Offline))), None);
        assert_eq!(whose(&[], Some(&touch("me", None, Presence::Active))), None);
        let locks = [lock("b", None, key("", "src/a"))];
        assert_eq!(
            whose(&locks, Some(&touch("me", None, Presence::Active))).as_deref(),
            Some("b"),
            "a lock outweighs one's own change"
        );
    }

    #[test]
    fn nobody_of_the_same_session_is_a_stranger() {
        for (id, parent) in [("me", None), ("me.1f", Some("me")), ("alias", Some("me"))] {
            assert_eq!(whose(&[lock(id, parent, key("", "src/a"))], None), None, "{id}");
            assert_eq!(
                whose(&[], Some(&touch(id, parent, Presence::Active))),
                None,
                "{id}"
            );
        }
        let subagent = Family::of(["me.1".to_owned(), "me".to_owned()]);
        assert!(subagent.has("me.2", Some("me")) && subagent.has("me", None));
        assert!(
            !subagent.has("you", None) && !subagent.has("you.1", Some("you")) && !subagent.has("meow", None)
        );
    }
}
