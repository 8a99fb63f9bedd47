//! Every environment variable that the program reads, in one place.

/// A variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// Who acts, whatever the session says.
    Id,
    /// Where the project is, whatever the working directory says.
    Root,
    /// After how many quiet minutes an agent without proof of life is stale.
    StaleMinutes,
    /// After how many quiet minutes it is offline.
    OfflineMinutes,
    /// Whether a starting session takes the next task.
    AutoClaim,
    /// Whether an ending session gives its locks back at once.
    AutoReleaseLocks,
    /// Whether a commit passes although it holds files of others.
    Bypass,
    /// Where below the top of the checkout git was called, inside its hooks.
    GitPrefix,
    /// The client's session, in Bash and in hooks.
    ClaudeSession,
    /// The same under its former name.
    FormerClaudeSession,
    /// The client's process.
    ClaudePid,
    /// The project as the client sees it, in hooks only.
    ClaudeProject,
    /// How the client was started: `cli` in a terminal.
    ClaudeEntrypoint,
    /// Set in every shell of Claude Code.
    ClaudeCode,
    /// Names the client and its version.
    AiAgent,
    /// The person's home.
    Home,
    /// Where programs keep their state for a person.
    StateHome,
    /// Where programs are found.
    Path,
    /// The terminal's width, as some shells tell it.
    Columns,
    /// The clock of tests, in builds with debug assertions only.
    TestClock,
    /// The file in which tests find the statements that were run, in builds with debug assertions only.
    TestStatements,
}

impl Variable {
    /// Its name in the environment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "AGENT_SYNC_ID",
            Self::Root => "AGENT_SYNC_ROOT",
            Self::StaleMinutes => "AGENT_SYNC_STALE_MINUTES",
            Self::OfflineMinutes => "AGENT_SYNC_OFFLINE_MINUTES",
            Self::AutoClaim => "AGENT_SYNC_AUTO_CLAIM",
            Self::AutoReleaseLocks => "AGENT_SYNC_AUTO_RELEASE_LOCKS",
            Self::Bypass => "AGENT_SYNC_BYPASS",
            Self::GitPrefix => "GIT_PREFIX",
            Self::ClaudeSession => "CLAUDE_CODE_SESSION_ID",
            Self::FormerClaudeSession => "CLAUDE_SESSION_ID",
            Self::ClaudePid => "CLAUDE_PID",
            Self::ClaudeProject => "CLAUDE_PROJECT_DIR",
            Self::ClaudeEntrypoint => "CLAUDE_CODE_ENTRYPOINT",
            Self::ClaudeCode => "CLAUDECODE",
            Self::AiAgent => "AI_AGENT",
            Self::Home => "HOME",
            Self::StateHome => "XDG_STATE_HOME",
            Self::Path => "PATH",
            Self::Columns => "COLUMNS",
            Self::TestClock => "AGENT_SYNC_TEST_CLOCK",
            Self::TestStatements => "AGENT_SYNC_TEST_STATEMENTS",
        }
    }
}
