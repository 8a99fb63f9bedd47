//! Who is here: decided from proof first and from timers only where there is no proof.
//!
//! A session may be killed without a goodbye, and a session may be silent for an hour because a build runs.
//! A timer confuses the two. The process itself does not: a pid together with its start time, the boot and
//! the pid namespace names one process for ever.

use std::ops::RangeInclusive;
use std::path::Path;

use serde::Serialize;

use super::time::{MINUTE, Moment};

/// Names one process beyond doubt, as long as the observer shares its boot and its pid namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// Process id as seen in `namespace`.
    pub pid: i64,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub started: i64,
    /// The boot it was seen in.
    pub boot: i64,
    /// Inode number of the pid namespace.
    pub namespace: i64,
}

/// What the process table says of a [`Proof`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// That very process runs.
    Running,
    /// That process is no more.
    Gone,
    /// It cannot be seen from here: no proof was recorded, or another pid namespace.
    Unknown,
}

/// A process as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id, as seen from here.
    pub pid: i64,
    /// What it calls itself; anybody may have chosen it.
    pub name: String,
}

/// Looks processes up; the outside world implements it.
pub trait ProcessTable {
    /// Whether the process that `proof` names still runs.
    fn life(&self, proof: &Proof) -> Life;

    /// A process that keeps all others from one of these bytes of a file, where the system tells.
    fn keeper(&self, _file: &Path, _bytes: RangeInclusive<u64>) -> Option<Process> {
        None
    }
}

/// Where a session says it stands in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// In the middle of a turn.
    Active,
    /// The turn ended; it waits for a person.
    Idle,
    /// It said goodbye.
    Ended,
}

impl Turn {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Ended => "ended",
        }
    }

    /// Reads the word in the store; anything unknown counts as active, and the timers decide.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "idle" => Self::Idle,
            "ended" => Self::Ended,
            _ => Self::Active,
        }
    }
}

/// How present an agent is, seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Works: in the middle of a turn.
    Active,
    /// Is there, and waits for a prompt.
    Idle,
    /// Has given no proof of life and has been quiet for long.
    Stale,
    /// Gone: its process ended, it said goodbye, or it was quiet for very long.
    Offline,
}

impl Presence {
    /// Everybody but the offline: their locks and tasks are theirs.
    #[must_use]
    pub const fn is_living(self) -> bool {
        !matches!(self, Self::Offline)
    }

    /// The word people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Stale => "stale",
            Self::Offline => "offline",
        }
    }
}

/// After how much silence an agent without proof of life decays, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// From here on it is stale.
    pub stale: i64,
    /// From here on it is offline.
    pub offline: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            stale: 15 * MINUTE,
            offline: 120 * MINUTE,
        }
    }
}

/// What the store knows of one agent's presence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What it last said of its turn.
    pub turn: Turn,
    /// When it was last seen.
    pub seen: Moment,
    /// Its process, where one is known.
    pub proof: Option<Proof>,
}

/// Everything outside that a rule may ask about: the time, the thresholds, the processes.
pub struct World<'a> {
    /// Now.
    pub now: Moment,
    /// When silence becomes absence.
    pub thresholds: Thresholds,
    /// The processes of this machine.
    pub processes: &'a dyn ProcessTable,
}

/// A world in which nothing is known of any process.
struct NoProcesses;

impl ProcessTable for NoProcesses {
    fn life(&self, _: &Proof) -> Life {
        Life::Unknown
    }
}

impl World<'static> {
    /// The world as somebody sees it who knows only the time on the wall, in milliseconds since the epoch: nothing
    /// of processes, and the usual thresholds.
    #[must_use]
    pub fn at_wall(wall: i64) -> Self {
        Self {
            now: Moment::at_wall(wall),
            thresholds: Thresholds::default(),
            processes: &NoProcesses,
        }
    }
}

impl World<'_> {
    /// How present the agent of this sighting is now.
    #[must_use]
    pub fn presence(&self, sighting: &Sighting) -> Presence {
        if sighting.turn == Turn::Ended {
            return Presence::Offline;
        }
        let said = match sighting.turn {
            Turn::Idle => Presence::Idle,
            _ => Presence::Active,
        };
        let life = sighting
            .proof
            .as_ref()
            .map_or(Life::Unknown, |proof| self.processes.life(proof));
        match life {
            Life::Running => said,
            Life::Gone => Presence::Offline,
            Life::Unknown => match self.now.since(&sighting.seen) {
                age if age >= self.thresholds.offline => Presence::Offline,
                age if age >= self.thresholds.stale => Presence::Stale,
                _ => said,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::HOUR;

    struct Says(Life);
    impl ProcessTable for Says {
        fn life(&self, _: &Proof) -> Life {
            self.0
        }
    }

    fn presence(turn: Turn, minutes_ago: i64, life: Life) -> Presence {
        let now = Moment {
            wall: 10 * HOUR,
            uptime: 10 * HOUR,
            boot: 1,
        };
        let seen = Moment {
            uptime: now.uptime - minutes_ago * MINUTE,
            ..now
        };
        let proof = Some(Proof {
            pid: 1,
            started: 1,
            boot: 1,
            namespace: 1,
        });
        World {
            now,
            thresholds: Thresholds::default(),
            processes: &Says(life),
        }
        .presence(&Sighting { turn, seen, proof })
    }

    #[test]
    fn a_running_process_keeps_a_long_quiet_build_active() {
        assert_eq!(presence(Turn::Active, 300, Life::Running), Presence::Active);
        assert_eq!(presence(Turn::Idle, 300, Life::Running), Presence::Idle);
    }

    #[test]
    fn a_process_that_is_gone_is_offline_at_once() {
        assert_eq!(presence(Turn::Active, 0, Life::Gone), Presence::Offline);
    }

    #[test]
    fn without_proof_the_timers_decide() {
        assert_eq!(presence(Turn::Active, 14, Life::Unknown), Presence::Active);
        assert_eq!(presence(Turn::Active, 15, Life::Unknown), Presence::Stale);
        assert_eq!(presence(Turn::Idle, 119, Life::Unknown), Presence::Stale);
        assert_eq!(presence(Turn::Idle, 120, Life::Unknown), Presence::Offline);
    }

    #[test]
    fn a_goodbye_outweighs_a_process_that_still_runs() {
        assert_eq!(presence(Turn::Ended, 0, Life::Running), Presence::Offline);
    }
}
