//! Locks: how long a lease holds, whom it excludes, and how it may end.

use super::agent::{Kin, is_stopped_by};
use super::glob::Glob;
use super::presence::Presence;
use super::time::{HOUR, MINUTE, Moment};
use super::wait::Waiter;

pub use super::key::{EVERYWHERE, Extent, Key, OUTSIDE, PathKey, Wanted};

/// How long a lease lasts when nobody says otherwise, in milliseconds.
pub const DEFAULT_TTL: i64 = 60 * MINUTE;
/// The longest lease, in milliseconds.
pub const MAX_TTL: i64 = 24 * HOUR;

/// Who may have a lease beside this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody else.
    Exclusive,
    /// Others that share, too. While anybody else does, nobody edits.
    Shared,
}

impl Mode {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
        }
    }

    /// Reads the word in the store; what it does not know protects most.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        if word == "shared" {
            Self::Shared
        } else {
            Self::Exclusive
        }
    }
}

/// A lease as the store knows it, with what is known of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Rises with every lease that is granted and never repeats.
    pub fence: i64,
    /// What is locked.
    pub key: Key,
    /// Whether the path was a directory when it was locked.
    pub is_directory: bool,
    /// Whether the path is a pattern.
    pub is_pattern: bool,
    /// Names the file itself where it had several names.
    pub inode: Option<String>,
    /// Whether others may share it.
    pub mode: Mode,
    /// Whether an edit took it by itself: then it tells others, and stops nobody.
    pub is_implicit: bool,
    /// Id of the holder.
    pub holder: String,
    /// Name of the holder.
    pub holder_name: String,
    /// The holder's parent, if it is a subagent.
    pub holder_parent: Option<String>,
    /// How present the holder is.
    pub presence: Presence,
    /// Why, in the holder's words.
    pub reason: Option<String>,
    /// The task it was taken for.
    pub task: Option<String>,
    /// Since when the holder has had it, in milliseconds since the epoch.
    pub acquired_at: i64,
    /// When the lease began or was last renewed.
    pub leased: Moment,
    /// How long it lasts from then, in milliseconds.
    pub ttl: i64,
}

impl Lock {
    /// The holder and its parent.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.holder,
            parent: self.holder_parent.as_deref(),
        }
    }

    /// What it covers.
    #[must_use]
    pub fn extent(&self) -> Extent<'_> {
        Extent {
            key: &self.key,
            is_pattern: self.is_pattern,
            inode: self.inode.as_deref(),
        }
    }

    /// Whether a file or resource lies in it.
    #[must_use]
    pub fn covers(&self, key: &Key) -> bool {
        self.extent().covers(key)
    }

    /// Whether it stops `agent` from taking a lease of this mode where they overlap.
    #[must_use]
    pub fn excludes(&self, agent: Kin<'_>, mode: Mode) -> bool {
        !self.is_implicit
            && is_stopped_by(agent, self.kin())
            && !(self.mode == Mode::Shared && mode == Mode::Shared)
    }

    /// Milliseconds until it lapses; zero or less when it has.
    #[must_use]
    pub fn remaining(&self, now: &Moment) -> i64 {
        remaining(&self.leased, self.ttl, now)
    }

    /// Whether it still protects anything: not lapsed, and its holder not gone.
    ///
    /// A holder that is merely quiet keeps its lease until it lapses.
    #[must_use]
    pub fn is_live(&self, now: &Moment) -> bool {
        self.remaining(now) > 0 && self.presence.is_living()
    }

    /// When it lapses by today's wall clock, in milliseconds since the epoch.
    #[must_use]
    pub fn expires_at(&self, now: &Moment) -> i64 {
        now.wall.saturating_add(self.remaining(now))
    }
}

/// What stands in the way of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What was wanted.
    pub wanted: Key,
    /// What stands in the way.
    pub by: Obstacle,
    /// The nearest earlier ticket in the line that has to be served first.
    pub behind: Option<i64>,
}

/// Somebody who stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody else's live lock.
    Held(Lock),
    /// Somebody who has been waiting for longer.
    Awaited(Waiter),
}

/// Why a lease ended although its holder had not given it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Its time was over.
    Expired,
    /// Somebody took it by force.
    Stolen,
    /// Its holder was gone.
    HolderGone,
}

impl Loss {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Stolen => "stolen",
            Self::HolderGone => "holder_gone",
        }
    }

    /// Reads the word in the store.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "stolen" => Self::Stolen,
            "holder_gone" => Self::HolderGone,
            _ => Self::Expired,
        }
    }
}

/// A lease that ended without its holder's doing, and of which it has not been told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLock {
    /// Its fence.
    pub fence: i64,
    /// What it was on.
    pub key: Key,
    /// Why it ended.
    pub why: Loss,
    /// Id of whoever took it.
    pub by: Option<String>,
    /// That agent's name now.
    pub by_name: Option<String>,
    /// When it ended, in milliseconds since the epoch.
    pub lost_at: i64,
}

impl LostLock {
    /// Whether it covered what `other` covers. Whether it was a pattern is no longer known, so it counts as
    /// one where it could be.
    #[must_use]
    pub fn covered(&self, other: Extent<'_>) -> bool {
        let is_pattern = matches!(&self.key, Key::Path(key) if Glob::parse(&key.path).is_ok_and(|glob| !glob.is_literal()));
        let extent = Extent {
            key: &self.key,
            is_pattern,
            inode: None,
        };
        extent.overlaps(other)
    }
}

/// What came of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It was the agent's own.
    Own,
    /// It was somebody else's, and taken by force; their ids.
    Forced(String),
    /// There was none.
    Nothing,
    /// It is somebody else's, and stays.
    Foreign(Box<Lock>),
}
/// Milliseconds until a lease of `ttl` milliseconds, taken or renewed at `leased`, lapses; zero or less when it has.
#[must_use]
pub fn remaining(leased: &Moment, ttl: i64, now: &Moment) -> i64 {
    ttl.saturating_sub(now.since(leased))
}
