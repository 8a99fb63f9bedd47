//! How it goes, in a word, and why.

use super::{Kind, Matter, Picture, Urgency};
use crate::domain::presence::Presence;

/// How it goes, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Agents work, and nothing guards their edits.
    Unprotected,
    /// Somebody waits for the person, or only a person can decide.
    NeedsYou,
    /// Somebody or something goes no further.
    Stuck,
    /// Agents are in the middle of their turns, and nothing keeps them.
    Busy,
    /// Nobody is at work, and nothing waits for anybody.
    Quiet,
}

impl Health {
    /// Every one, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Unprotected,
        Self::NeedsYou,
        Self::Stuck,
        Self::Busy,
        Self::Quiet,
    ];

    /// The word on the screen and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::NeedsYou => "needs you",
            Self::Stuck => "stuck",
            Self::Busy => "busy",
            Self::Quiet => "quiet",
        }
    }
}

/// How it goes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The word.
    pub health: Health,
    /// What speaks for it, the most urgent first, and how often: nothing where all is well.
    pub because: Vec<(Kind, usize)>,
}

/// Weighs the matters: the most urgent decides the word, and all that is more than a notice is told as the reason.
pub(super) fn assess(picture: &Picture, matters: &[Matter<'_>]) -> Assessment {
    let now = picture.now.wall;
    let mut because: Vec<(Kind, usize)> = Vec::new();
    let mut worst = Urgency::Notice;
    for matter in matters {
        let urgency = matter.urgency(now);
        if urgency == Urgency::Notice {
            continue;
        }
        worst = worst.min(urgency);
        let kind = matter.kind();
        match because.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => because.push((kind, 1)),
        }
    }
    let unread = picture.letter_count.saturating_sub(picture.letters.len());
    if unread > 0 {
        match because.iter_mut().find(|(kind, _)| *kind == Kind::Message) {
            Some((_, count)) => *count += unread,
            None => because.push((Kind::Message, unread)),
        }
    }
    let health = match worst {
        Urgency::Danger => Health::Unprotected,
        Urgency::You => Health::NeedsYou,
        Urgency::Stuck => Health::Stuck,
        Urgency::Notice if picture.count(Presence::Active) > 0 => Health::Busy,
        Urgency::Notice => Health::Quiet,
    };
    Assessment { health, because }
}
