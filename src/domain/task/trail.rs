//! What was said of a task and shown for it, and its hand-over.

/// Most bytes that are kept of what an acceptance command printed last.
pub const MAX_TAIL: usize = 4096;

/// What an entry of a task's trail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailKind {
    /// Somebody's remark.
    Comment,
    /// What was said when the task changed hands or state.
    Note,
    /// Something that shows that the task is done, in words.
    Evidence,
    /// A commit that shows it.
    Commit,
    /// A run of the acceptance command: the end of what it printed.
    Check,
}

impl TrailKind {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Note => "note",
            Self::Evidence => "evidence",
            Self::Commit => "commit",
            Self::Check => "check",
        }
    }

    /// Reads [`Self::as_str`] back; what it does not know is a comment.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        [Self::Note, Self::Evidence, Self::Commit, Self::Check]
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .unwrap_or(Self::Comment)
    }
}

/// An entry of a task's trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// What it is.
    pub kind: TrailKind,
    /// Who wrote it; nobody when the tool itself did.
    pub author: Option<String>,
    /// The author's name now.
    pub author_name: Option<String>,
    /// The text; of a check, the end of what the command printed.
    pub body: String,
    /// How the command ended: its exit status, or 128 and the number of the signal. Only of a check.
    pub exit: Option<i32>,
    /// How long the command ran, in milliseconds. Only of a check.
    pub took: Option<i64>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

/// A task that its owner offers to another agent, who has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The task.
    pub task: String,
    /// Who offers it: its owner.
    pub from: String,
    /// That agent's name.
    pub from_name: String,
    /// Who may accept it.
    pub to: String,
    /// That agent's name.
    pub to_name: String,
    /// What the owner says about it.
    pub note: Option<String>,
    /// Milliseconds since the epoch.
    pub offered_at: i64,
}
