//! Refusals: what went wrong in words the caller can act on, with an exit status scripts can rely on.
//!
//! Inside the program `anyhow` carries errors. A [`Refusal`] is the kind that the caller caused or can mend;
//! it travels inside `anyhow` and is found again at the top, where it becomes `error:` and `hint:` lines.

use std::fmt;

/// The exit statuses of every command but `hook`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The program or its surroundings failed.
    Internal = 1,
    /// The words of the command do not fit.
    Usage = 2,
    /// A rule says no: a held lock, an owned task, not yours.
    Refused = 3,
    /// There is no such thing.
    Missing = 4,
    /// Time ran out while waiting.
    TimedOut = 5,
}

/// A refusal with what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The exit status.
    pub exit: Exit,
    /// One sentence without a final full stop; text of others in it is already neutralised.
    pub message: String,
    /// What the caller can do, if anything.
    pub hint: Option<String>,
    /// Whether the same may work in a moment, without anybody doing anything.
    pub is_passing: bool,
}

impl Refusal {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hint: None,
            is_passing: false,
        }
    }

    /// Something in the surroundings failed in a way that has a remedy.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Exit::Internal, message)
    }

    /// The command's words do not fit.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A rule says no.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// There is no such thing.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Exit::Missing, message)
    }

    /// Time ran out.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(Exit::TimedOut, message)
    }

    /// Says that the same may work in a moment.
    #[must_use]
    pub const fn passing(mut self) -> Self {
        self.is_passing = true;
        self
    }

    /// Whether `error` is a refusal that may not be one in a moment.
    #[must_use]
    pub fn is_only_passing(error: &anyhow::Error) -> bool {
        error
            .downcast_ref::<Self>()
            .is_some_and(|refusal| refusal.is_passing)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

/// The end of a command that has itself said what is wrong; only the exit status is left to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told(pub Exit);

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ended with status {}", self.0 as u8)
    }
}

impl std::error::Error for Told {}
