//! Awareness: what an agent is told about others' work on the file that it is about to edit.
//!
//! Refusing every edit of a file that somebody else has touched would make agents route around the tool, and
//! saying the same thing twice costs context. So an agent is told, not stopped, and once for each change: each
//! note has a subject and a mark, and what has been told of a subject up to a mark is not told again.

use super::agent::{Kin, is_stopped_by};
use super::lock::{OUTSIDE, PathKey};
use super::presence::Presence;
use super::time::{HOUR, MINUTE, Moment};

/// How long an edit's own lease lasts, in milliseconds.
pub const EDIT_LEASE: i64 = 10 * MINUTE;
/// A lease is written anew at most this often, in milliseconds, so that most edits only read.
pub const RENEW_EVERY: i64 = MINUTE;
/// Changes older than this, in milliseconds, are no news to anybody.
pub const RECENT: i64 = 24 * HOUR;

/// What becomes of an edit of a file that another agent is editing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// It passes, and its agent is told.
    #[default]
    Warn,
    /// It is refused, as if the file were locked.
    Block,
    /// It passes without a word, and leaves no lease.
    Off,
}

impl Guard {
    /// The words for it, the default first.
    pub const WORDS: [&'static str; 3] = ["warn", "block", "off"];

    /// Reads one of [`Self::WORDS`]; anything else is the default.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "block" => Self::Block,
            "off" => Self::Off,
            _ => Self::Warn,
        }
    }
}

/// Another agent, as far as a note tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The agent whose session it is part of.
    pub parent: Option<String>,
    /// How present it is.
    pub presence: Presence,
    /// The id and the title of the task that it works on.
    pub task: Option<(String, String)>,
}

impl Peer {
    /// The agent and its parent.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.id,
            parent: self.parent.as_deref(),
        }
    }

    /// Whether its work is anything to `me`: it lives, and is neither `me` nor the session that `me` is part of.
    #[must_use]
    pub fn concerns(&self, me: Kin<'_>) -> bool {
        self.presence.is_living() && is_stopped_by(me, self.kin())
    }
}

/// The last change that an agent made to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The file.
    pub key: PathKey,
    /// Who.
    pub peer: Peer,
    /// Rises with every change and never repeats.
    pub change: i64,
    /// Milliseconds since the epoch.
    pub touched_at: i64,
    /// Lines added and removed since somebody else last changed the file, where that is known.
    pub lines: Option<(i64, i64)>,
    /// Whether it was seen after a shell command rather than made by an editing tool.
    pub is_shell: bool,
}

/// That an agent is editing a file now: taken by the edit itself, gone when the turn ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditLease {
    /// The file.
    pub key: PathKey,
    /// Who.
    pub peer: Peer,
    /// Rises with every lease and never repeats.
    pub fence: i64,
    /// Since when, in milliseconds since the epoch.
    pub acquired_at: i64,
    /// When it began or was last renewed.
    pub leased: Moment,
    /// How long it lasts from then, in milliseconds.
    pub ttl: i64,
    /// Whether an edit took it; one's own lock counts as one's own lease.
    pub is_implicit: bool,
}

impl EditLease {
    /// Whether it still says anything.
    #[must_use]
    pub fn is_live(&self, now: &Moment) -> bool {
        now.since(&self.leased) < self.ttl && self.peer.presence.is_living()
    }

    /// Whether it need not be written anew.
    #[must_use]
    pub fn is_fresh(&self, now: &Moment) -> bool {
        !self.is_implicit || now.since(&self.leased) < RENEW_EVERY
    }
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Somebody changed the file.
    Changed(Touch),
    /// Somebody is editing the file and has not changed it yet.
    Editing(EditLease),
    /// Somebody is changing the same path in another checkout.
    Elsewhere(Touch),
    /// The file lies in another checkout than the one the session works in.
    WrongTree {
        /// The file.
        file: PathKey,
        /// The session's checkout.
        home: String,
    },
}

/// How far an agent has been told of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of what.
    pub subject: String,
    /// Up to here.
    pub mark: i64,
}

/// The subject of changes to a file. The store builds the same text.
#[must_use]
pub fn edit_subject(file: &PathKey) -> String {
    format!("edit:{}:{}", file.tree, file.path)
}

/// The checkout and the path of a subject that is about others' work on one file; `None` for any other subject.
/// Where the work is in another checkout it is said of the main one.
#[must_use]
pub fn told_of_file(subject: &str) -> Option<(&str, &str)> {
    let mut parts = subject.splitn(3, ':');
    let (kind, second, path) = (parts.next()?, parts.next()?, parts.next()?);
    match kind {
        "edit" | "lease" => Some((second, path)),
        "merge" => Some(("", path)),
        _ => None,
    }
}

impl Note {
    /// What telling it means.
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Self::Changed(touch) => Told {
                subject: edit_subject(&touch.key),
                mark: touch.change,
            },
            Self::Editing(lease) => Told {
                subject: format!("lease:{}:{}", lease.key.tree, lease.key.path),
                mark: lease.fence,
            },
            Self::Elsewhere(touch) => Told {
                subject: format!("merge:{}:{}", touch.peer.id, touch.key.path),
                mark: 1,
            },
            Self::WrongTree { file, .. } => Told {
                subject: format!("tree:{}", file.tree),
                mark: 1,
            },
        }
    }

    /// Whether it goes beyond what has been told.
    #[must_use]
    pub fn is_new(&self, told: &[Told]) -> bool {
        let own = self.told();
        !told
            .iter()
            .any(|known| known.subject == own.subject && known.mark >= own.mark)
    }
}

/// What `me` could be told before it edits `file`, the newest first, whether it has been told or not.
///
/// `touches` are of this path in every checkout, `leases` too; those of `me` itself are among them. `home` is
/// the checkout that the session works in, `None` where it stands outside.
#[must_use]
pub fn notes(
    me: Kin<'_>,
    file: &PathKey,
    home: Option<&str>,
    touches: &[Touch],
    leases: &[EditLease],
    now: &Moment,
) -> Vec<Note> {
    let own_change = touches
        .iter()
        .filter(|touch| touch.peer.id == me.id && touch.key == *file)
        .map(|touch| touch.change)
        .max()
        .unwrap_or(0);
    let mut notes = Vec::new();
    for touch in touches.iter().filter(|touch| touch.peer.concerns(me)) {
        if touch.key != *file {
            notes.push(Note::Elsewhere(touch.clone()));
        } else if touch.change > own_change {
            notes.push(Note::Changed(touch.clone()));
        }
    }
    for lease in leases
        .iter()
        .filter(|lease| lease.is_implicit && lease.peer.concerns(me) && lease.is_live(now))
    {
        let has_changed = |touch: &&Touch| {
            touch.peer.id == lease.peer.id && touch.key == lease.key && touch.touched_at >= lease.acquired_at
        };
        if touches.iter().any(|touch| has_changed(&touch)) {
            continue;
        }
        if lease.key.tree == file.tree {
            notes.push(Note::Editing(lease.clone()));
        } else if !notes
            .iter()
            .any(|note| matches!(note, Note::Elsewhere(touch) if touch.peer.id == lease.peer.id))
        {
            notes.push(Note::Elsewhere(begun(lease)));
        }
    }
    if let Some(home) = home.filter(|home| *home != file.tree && *home != OUTSIDE && file.tree != OUTSIDE) {
        notes.push(Note::WrongTree {
            file: file.clone(),
            home: home.to_owned(),
        });
    }
    notes
}

/// An edit that has begun, as a change that has not come yet.
fn begun(lease: &EditLease) -> Touch {
    Touch {
        key: lease.key.clone(),
        peer: lease.peer.clone(),
        change: 0,
        touched_at: lease.leased.wall,
        lines: None,
        is_shell: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment {
        wall: 100 * HOUR,
        uptime: 100 * HOUR,
        boot: 1,
    };
    const ME: Kin<'static> = Kin {
        id: "me",
        parent: None,
    };

    fn key(tree: &str) -> PathKey {
        PathKey {
            tree: tree.to_owned(),
            path: "src/a.rs".to_owned(),
        }
    }

    fn peer(id: &str) -> Peer {
        Peer {
            id: id.to_owned(),
            name: id.to_owned(),
            parent: id.rsplit_once('.').map(|(parent, _)| parent.to_owned()),
            presence: Presence::Active,
            task: None,
        }
    }

    fn touch(id: &str, tree: &str, change: i64) -> Touch {
        Touch {
            key: key(tree),
            peer: peer(id),
            change,
            touched_at: NOW.wall - MINUTE,
            lines: Some((1, 0)),
            is_shell: false,
        }
    }

    fn lease(id: &str, tree: &str, minutes_ago: i64) -> EditLease {
        let leased = Moment {
            wall: NOW.wall - minutes_ago * MINUTE,
            uptime: NOW.uptime - minutes_ago * MINUTE,
            boot: 1,
        };
        EditLease {
            key: key(tree),
            peer: peer(id),
            fence: 7,
            acquired_at: leased.wall,
            leased,
            ttl: EDIT_LEASE,
            is_implicit: true,
        }
    }

    fn subjects(me: Kin<'_>, touches: &[Touch], leases: &[EditLease]) -> Vec<String> {
        let notes = notes(me, &key(""), Some(""), touches, leases, &NOW);
        notes.iter().map(|note| note.told().subject).collect()
    }

    #[test]
    fn a_change_by_another_agent_is_told_until_one_has_changed_the_file_oneself() {
        assert_eq!(subjects(ME, &[touch("bob", "", 5)], &[]), ["edit::src/a.rs"]);
        assert_eq!(
            subjects(ME, &[touch("bob", "", 5), touch("me", "", 4)], &[]).len(),
            1
        );
        assert!(subjects(ME, &[touch("bob", "", 5), touch("me", "", 6)], &[]).is_empty());
    }

    #[test]
    fn each_change_is_told_once() {
        let told = [Told {
            subject: edit_subject(&key("")),
            mark: 5,
        }];
        assert!(!Note::Changed(touch("bob", "", 5)).is_new(&told));
        assert!(Note::Changed(touch("bob", "", 6)).is_new(&told));
    }

    #[test]
    fn a_lease_is_told_while_it_lasts_and_no_change_speaks_for_it() {
        assert_eq!(subjects(ME, &[], &[lease("bob", "", 2)]), ["lease::src/a.rs"]);
        assert!(subjects(ME, &[], &[lease("bob", "", 10)]).is_empty());
        let changed = touch("bob", "", 5);
        assert_eq!(
            subjects(ME, &[changed], &[lease("bob", "", 2)]),
            ["edit::src/a.rs"]
        );
    }

    #[test]
    fn ones_own_lock_is_a_lease_that_is_always_fresh() {
        assert!(lease("me", "", 0).is_fresh(&NOW));
        assert!(!lease("me", "", 1).is_fresh(&NOW));
        let lock = EditLease {
            is_implicit: false,
            ..lease("me", "", 30)
        };
        assert!(lock.is_fresh(&NOW));
        assert!(
            subjects(
                Kin {
                    id: "bob",
                    parent: None
                },
                &[],
                &[lock]
            )
            .is_empty()
        );
    }

    #[test]
    fn a_sessions_own_subagents_hear_of_each_other_and_not_of_their_parent() {
        let child = Kin {
            id: "me.1",
            parent: Some("me"),
        };
        assert!(subjects(child, &[touch("me", "", 5)], &[]).is_empty());
        assert_eq!(subjects(child, &[touch("me.2", "", 5)], &[]).len(), 1);
        assert_eq!(subjects(ME, &[touch("me.2", "", 5)], &[]).len(), 1);
    }

    #[test]
    fn the_dead_are_not_spoken_of() {
        let mut gone = touch("bob", "", 5);
        gone.peer.presence = Presence::Offline;
        assert!(subjects(ME, &[gone], &[]).is_empty());
    }

    #[test]
    fn the_same_path_in_another_checkout_is_told_once_for_each_agent() {
        let elsewhere = [touch("bob", "feature", 5), touch("eve", "feature", 6)];
        assert_eq!(
            subjects(
                ME,
                &elsewhere,
                &[lease("bob", "feature", 0), lease("ann", "other", 0)]
            ),
            ["merge:bob:src/a.rs", "merge:eve:src/a.rs", "merge:ann:src/a.rs"]
        );
    }

    #[test]
    fn a_file_in_another_checkout_than_the_sessions_is_remarked_upon() {
        let told = |file: &str, home| {
            notes(ME, &key(file), home, &[], &[], &NOW)
                .iter()
                .map(|note| note.told().subject)
                .collect::<Vec<_>>()
        };
        assert_eq!(told("feature", Some("")), ["tree:feature"]);
        assert_eq!(told("", Some("feature")), ["tree:"]);
        assert!(told("", Some("")).is_empty());
        assert!(told("feature", None).is_empty());
        assert!(told(OUTSIDE, Some("")).is_empty());
        assert!(told("feature", Some(OUTSIDE)).is_empty());
    }
}
