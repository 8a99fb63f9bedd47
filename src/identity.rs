//! Who is acting.
//!
//! An id is asserted, not verified: everything here runs as one user. What matters is that the same session
//! always gets the same id, from its hooks and from its shell alike, and that a subagent gets one of its own.

use std::fmt;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::domain::agent::{Kin, MAX_ID, OPERATOR, is_subagent_of, is_valid_id};
use crate::domain::name::RESERVED;
use crate::env::{Env, Variable};
use crate::error::Refusal;
use crate::frame::{Field, clean};

/// Where an id came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `--as ID`.
    Flag,
    /// `AGENT_SYNC_ID`.
    Variable,
    /// The client's session.
    Session,
    /// The file `current-agent` of this repository.
    File,
}

impl Source {
    /// The words 0.4.0 used in `whoami`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "--as",
            Self::Variable => "AGENT_SYNC_ID env var",
            Self::Session => "Claude Code session id",
            Self::File => "per-repo local file",
        }
    }
}

/// Who is acting, and how we know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The agent's id.
    pub id: String,
    /// The agent whose session it is part of.
    pub parent: Option<String>,
    /// Where the id came from.
    pub source: Source,
    /// The client's session, where it is this very agent.
    pub session: Option<String>,
}

impl Identity {
    /// The id and its parent.
    #[must_use]
    pub fn kin(&self) -> Kin<'_> {
        Kin {
            id: &self.id,
            parent: self.parent.as_deref(),
        }
    }
}

/// Finds the agent that a session is bound to.
pub type Bound<'a> = &'a dyn Fn(&str) -> Result<Option<String>>;

/// Who runs a command: `--as`, `AGENT_SYNC_ID`, the session, the repository's own file; the first there is.
/// An id that is made up for want of all these is kept in that file if it shall be remembered.
///
/// # Errors
/// [`Refusal`] when an id cannot be one, or an agent's shell wants to be the human.
pub fn of_command(
    env: &Env,
    flag: Option<&str>,
    bound: Bound<'_>,
    state_directory: &Path,
    remember: bool,
) -> Result<Identity> {
    let session = session_variable(env);
    let agent_of_session = session
        .as_deref()
        .map(|session| of_session(session, bound))
        .transpose()?;
    let explicit = match (flag, env.variable(Variable::Id)) {
        (Some(flag), _) => Some((flag.trim().to_owned(), Source::Flag)),
        (None, Some(id)) => Some((id, Source::Variable)),
        (None, None) => None,
    };
    if let Some((id, source)) = explicit {
        require_valid(env, &id, source)?;
        let is_session_itself = agent_of_session.as_deref() == Some(id.as_str());
        let parent = agent_of_session
            .filter(|_| !is_session_itself)
            .filter(|_| id != OPERATOR);
        let parent = parent.filter(|parent| source == Source::Variable || is_subagent_of(&id, parent));
        let session = session.filter(|_| is_session_itself);
        return Ok(Identity {
            id,
            parent,
            source,
            session,
        });
    }
    if let Some(id) = agent_of_session {
        return Ok(Identity {
            id,
            parent: None,
            source: Source::Session,
            session,
        });
    }
    let id = of_file(env, &state_directory.join("current-agent"), remember)?;
    Ok(Identity {
        id,
        parent: None,
        source: Source::File,
        session: None,
    })
}

/// Who a hook speaks for: `AGENT_SYNC_ID`, else the payload's session, and within it the subagent. `None`
/// when nothing says.
///
/// # Errors
/// When the store cannot be read.
pub fn of_hook(
    env: &Env,
    session: Option<&str>,
    subagent: Option<&str>,
    bound: Bound<'_>,
) -> Result<Option<Identity>> {
    let chosen = env
        .variable(Variable::Id)
        .filter(|id| is_valid_id(id) && id.len() <= MAX_ID && !RESERVED.contains(&id.as_str()));
    let session = session
        .map(str::trim)
        .filter(|session| !session.is_empty())
        .map(str::to_owned);
    let session = session.or_else(|| session_variable(env));
    let (id, source) = match (chosen, &session) {
        (Some(id), _) => (id, Source::Variable),
        (None, Some(session)) => (of_session(session, bound)?, Source::Session),
        (None, None) => return Ok(None),
    };
    Ok(Some(
        match subagent.map(str::trim).filter(|subagent| !subagent.is_empty()) {
            None => Identity {
                id,
                parent: None,
                source,
                session,
            },
            Some(subagent) => Identity {
                id: of_subagent(&id, subagent),
                parent: Some(id),
                source,
                session: None,
            },
        },
    ))
}

fn session_variable(env: &Env) -> Option<String> {
    env.variable(Variable::ClaudeSession)
        .or_else(|| env.variable(Variable::FormerClaudeSession))
}

/// The agent of the session whose shell this is, whoever a command in it says to be; `None` in a shell of no session.
///
/// # Errors
/// When the store cannot be read.
pub fn of_shell(env: &Env, bound: Bound<'_>) -> Result<Option<String>> {
    let session = session_variable(env);
    session.map(|session| of_session(&session, bound)).transpose()
}

/// The agent of a session: the one it is bound to, else the one it would be.
///
/// # Errors
/// When the store cannot be read.
pub fn of_session(session: &str, bound: Bound<'_>) -> Result<String> {
    Ok(bound(session)?.unwrap_or_else(|| session_id(session)))
}

/// The id of a session that is bound to nobody: `agent-` and 12 hexadecimal digits of its SHA-256.
#[must_use]
pub fn session_id(session: &str) -> String {
    format!("agent-{}", digest(session.trim(), 6))
}

/// The id of a subagent: its parent's, a dot, and 8 hexadecimal digits of the SHA-256 of the client's own id
/// for it, so that hooks that know nothing of each other come to the same one.
#[must_use]
pub fn of_subagent(parent: &str, subagent: &str) -> String {
    format!("{parent}.{}", digest(subagent, 4))
}

/// The first `bytes` bytes of the SHA-256 of `text`, in hexadecimal.
fn digest(text: &str, bytes: usize) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(bytes)
        .fold(String::new(), |mut digits, byte| {
            let _infallible = fmt::Write::write_fmt(&mut digits, format_args!("{byte:02x}"));
            digits
        })
}

fn require_valid(env: &Env, id: &str, source: Source) -> Result<()> {
    // Only a hook gives longer ones, and it gives them through the flag.
    if !is_valid_id(id) || (source != Source::Flag && id.len() > MAX_ID) {
        return Err(
            Refusal::usage(format!("'{}' cannot be an agent's id", clean(id, Field::Name)))
                .hint("an id is 1 to 64 of A-Z a-z 0-9 . _ : @ -, and does not begin with a dash")
                .into(),
        );
    }
    if id != OPERATOR && RESERVED.contains(&id) {
        return Err(
            Refusal::refused(format!("'{id}' is no agent's id: it is reserved"))
                .hint("choose another one")
                .into(),
        );
    }
    if id == OPERATOR && env.is_agent_shell() {
        return Err(
            Refusal::refused("'operator' is the human; an agent's shell cannot act as it")
                .hint("leave AGENT_SYNC_ID and --as out: your session has an id of its own")
                .into(),
        );
    }
    Ok(())
}

/// The id kept in a file of this repository, for shells that belong to no session. A new one is kept only
/// when it shall be remembered: whoever just looks leaves nothing behind.
fn of_file(env: &Env, file: &Path, remember: bool) -> Result<String> {
    if let Some(id) = read_id(file)? {
        return Ok(id);
    }
    let id = format!("agent-{:012x}", env.random()? >> 16);
    let directory = file.parent().filter(|_| remember);
    // A place that cannot be written still deserves an answer; it is just not remembered.
    let Some(Ok(mut draft)) = directory.map(NamedTempFile::new_in) else {
        return Ok(id);
    };
    draft
        .write_all(format!("{id}\n").as_bytes())
        .context("writing current-agent")?;
    match draft.persist_noclobber(file) {
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
            read_id(file)?.ok_or_else(|| unusable(file))
        }
        _ => Ok(id),
    }
}

fn read_id(file: &Path) -> Result<Option<String>> {
    match fs::symlink_metadata(file) {
        Ok(entry) if !entry.is_file() => return Err(unusable(file)),
        Ok(_) => {}
        Err(_) => return Ok(None),
    }
    let mut bytes = Vec::new();
    fs::File::open(file)?
        .take(4096)
        .read_to_end(&mut bytes)
        .with_context(|| format!("reading {}", file.display()))?;
    let id = String::from_utf8_lossy(&bytes).trim().to_owned();
    if is_valid_id(&id) && !RESERVED.contains(&id.as_str()) {
        Ok(Some(id))
    } else {
        Err(unusable(file))
    }
}

fn unusable(file: &Path) -> anyhow::Error {
    Refusal::internal(format!("{} does not hold an agent's id", file.display()))
        .hint("remove that file, or say who you are with --as ID")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_always_gets_the_same_id() {
        assert_eq!(session_id("abc"), "agent-ba7816bf8f01");
        assert_eq!(session_id("  abc\n"), session_id("abc"));
        assert!(is_valid_id(&session_id("日本")));
    }

    #[test]
    fn a_subagent_gets_an_id_below_its_parents() {
        let id = of_subagent("agent-ba7816bf8f01", "amate1-9c08dac675aaeac4");
        assert!(is_subagent_of(&id, "agent-ba7816bf8f01"), "{id}");
        assert!(is_valid_id(&id));
        assert_ne!(id, of_subagent("agent-ba7816bf8f01", "abe0dce3a96d02514"));
    }

    #[test]
    fn the_file_keeps_its_id_and_is_never_followed_as_a_link() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("current-agent");
        let id = of_file(&Env::real(), &file, true).unwrap();
        assert_eq!(of_file(&Env::real(), &file, true).unwrap(), id);
        let target = place.path().join("victim");
        fs::write(&target, "").unwrap();
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(&target, &file).unwrap();
        assert!(of_file(&Env::real(), &file, true).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"");
    }

    #[test]
    fn a_file_with_something_else_in_it_is_refused() {
        let place = tempfile::tempdir().unwrap();
        for content in ["two words\n", "a\nb\n", "\u{1b}[31m", "", "operator"] {
            let file = place.path().join("current-agent");
            fs::write(&file, content).unwrap();
            assert!(of_file(&Env::real(), &file, true).is_err(), "{content:?}");
        }
    }
}
