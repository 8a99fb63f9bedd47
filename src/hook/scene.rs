//! Where a hook finds itself: which project, which store, and for whom it speaks.
//!
//! A hook never creates a store. Without one it is inert: it opens nothing, writes nothing and says nothing.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::trouble::Trouble;
use super::{Effects, Hook, Input, Reply};
use crate::domain::lock::Key;
use crate::domain::message;
use crate::domain::presence::{Proof, Sighting, Turn, World};
use crate::domain::time::MINUTE;
use crate::env::{Env, Variable};
use crate::hook::wire::Answer;
use crate::identity::{self, Identity};
use crate::place::{Place, Unusable};
use crate::repo::{Located, Project};
use crate::store::{Purpose, Read, Store, Write};

/// Presence is written at most this often, in milliseconds, so that most hooks only read.
const SEEN_EVERY: i64 = MINUTE / 2;
/// That an event arrived is noted at most this often, in milliseconds.
const EVENT_EVERY: i64 = 10 * MINUTE;

/// A hook call with everything around it.
pub(super) struct Scene<'a> {
    pub(super) env: &'a Env,
    pub(super) hook: &'static Hook,
    pub(super) input: &'a Input,
    pub(super) world: World<'a>,
    pub(super) me: Identity,
    pub(super) cwd: PathBuf,
    place: Place,
    store: RefCell<Store>,
}

/// What came of looking around.
pub(super) enum Entered<'a> {
    /// There is a store, and somebody to speak for.
    Scene(Box<Scene<'a>>),
    /// There is nothing to do here.
    Inert,
}

impl<'a> Scene<'a> {
    /// Finds the project and opens its store.
    ///
    /// # Errors
    /// [`Trouble`] when there is a store that should protect this session and cannot.
    pub(super) fn enter(env: &'a Env, hook: &'static Hook, input: &'a Input) -> Result<Entered<'a>, Trouble> {
        let cwd = input
            .cwd
            .as_ref()
            .map(PathBuf::from)
            .filter(|cwd| cwd.is_absolute());
        let cwd = cwd
            .or_else(|| env.cwd().ok())
            .unwrap_or_else(|| PathBuf::from("/"));
        let world = env.world();
        for place in places(env, input, &cwd) {
            let directory = place.project().state_directory();
            let trouble =
                |error: &anyhow::Error| Trouble::new(directory.clone(), hook, error, world.now.wall);
            let store = match place.open(env, Purpose::Hook) {
                Ok(store) => store,
                // An untrusted store must not even be able to make noise.
                Err(Unusable::Missing | Unusable::Untrusted(_)) => continue,
                Err(unusable) => return Err(trouble(&unusable.refusal(&place))),
            };
            let bound = |session: &str| store.read(&world, |read| read.session_agent(session));
            let me = identity::of_hook(
                env,
                input.session_id.as_deref(),
                input.agent_id.as_deref(),
                &bound,
            )
            .map_err(|error| trouble(&error))?;
            let Some(me) = me else { return Ok(Entered::Inert) };
            return Ok(Entered::Scene(Box::new(Self {
                env,
                hook,
                input,
                world,
                me,
                cwd,
                place,
                store: RefCell::new(store),
            })));
        }
        Ok(Entered::Inert)
    }

    /// The place of the store.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// The project.
    pub(super) const fn project(&self) -> &Project {
        self.place.project()
    }

    /// The key of a file that the client names.
    pub(super) fn locate(&self, file: &str) -> Located {
        self.project().locate(&self.cwd, Path::new(file))
    }

    /// The client's process.
    pub(super) fn proof(&self) -> Option<Proof> {
        let pid: i64 = self.env.variable(Variable::ClaudePid)?.parse().ok()?;
        self.env.processes().proof(pid)
    }

    /// The client's session, as mail that is put before it is noted under; empty where there is none.
    pub(super) fn session(&self) -> &str {
        let named = self.input.session_id.as_deref().map(str::trim);
        named.or(self.me.session.as_deref()).unwrap_or_default()
    }

    /// What this hook says of the turn that it belongs to.
    pub(super) fn stage(&self) -> message::Hook {
        match self.hook.event {
            "SessionStart" | "SubagentStart" => message::Hook::Begins,
            "SessionEnd" | "FileChanged" => message::Hook::Ends,
            _ => message::Hook::GoesOn,
        }
    }

    /// Whether nothing can be recorded here; then nothing is pushed either, or it would be pushed for ever.
    pub(super) fn is_read_only(&self) -> bool {
        self.store.borrow().is_read_only()
    }

    /// Looks at the store.
    pub(super) fn read<T>(&self, body: impl FnOnce(&Read<'_>) -> Result<T>) -> Result<T> {
        self.store.borrow().read(&self.world, body)
    }

    /// Changes the store in one transaction.
    pub(super) fn write<T>(&self, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        let mut store = self.store.borrow_mut();
        let value = store.write(&self.world, body)?;
        self.place.raise_flags(self.env, &store.take_sleepers());
        Ok(value)
    }

    /// Like [`Self::write`], and waits longer for other writers: what is not counted would not be limited.
    pub(super) fn write_patiently<T>(&self, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        self.store.borrow_mut().wait_to_count()?;
        self.write(body)
    }

    /// Whether something can be recorded now. A push that could not be recorded would be repeated.
    pub(super) fn can_record(&self) -> bool {
        self.store.borrow().can_write()
    }

    /// The first live lock of somebody else on a file.
    pub(super) fn lock_against(
        &self,
        read: &Read<'_>,
        file: &Located,
    ) -> Result<Option<crate::domain::lock::Lock>> {
        read.lock_against(self.me.kin(), &Key::Path(file.key.clone()), file.inode.as_deref())
    }

    /// What is due to be recorded whatever the hook answers: that the agent is here and works, and that this
    /// event arrived.
    pub(super) fn due(&self, read: &Read<'_>) -> Result<Effects> {
        if self.is_read_only() {
            return Ok(Effects::default());
        }
        let me = read.sighting(&self.me.id)?;
        let is_event_due = read
            .hook_seen(self.hook.event)?
            .is_none_or(|seen| !(0..EVENT_EVERY).contains(&(self.world.now.wall.saturating_sub(seen))));
        Ok(Effects {
            register: me.is_none_or(|(seen, is_asked)| is_asked || self.is_due(&seen)),
            saw: is_event_due,
            // A tool that was refused or interrupted leaves its lease behind until the turn ends.
            drop_leases: matches!(self.hook.event, "UserPromptSubmit" | "Stop")
                && read.has_edit_leases(&self.me.id)?,
            proved: read.proved_by(&self.me.id, self.session(), self.stage())?,
            ..Effects::default()
        })
    }

    /// Whether the agent is to be noted as being here. Whoever calls this hook lives, so it is enough to see that
    /// it was seen lately and is still the same process.
    fn is_due(&self, seen: &Sighting) -> bool {
        seen.turn != Turn::Active
            || self.world.now.since(&seen.seen) >= SEEN_EVERY
            || self
                .proof()
                .is_some_and(|proof| seen.proof.as_ref() != Some(&proof))
    }

    /// A reply that says nothing and records what is due.
    pub(super) fn silence(&self) -> Result<Reply> {
        let effects = self.read(|read| self.due(read))?;
        Ok(Reply {
            answer: Answer::Silence,
            effects,
        })
    }

    /// Ends the snapshot in which everything was read so far; what is read later is as others have left it by then.
    pub(super) fn let_go(&self) {
        let _reading_goes_on_or_says_why = self.store.borrow().let_go();
    }

    /// Ends with this process, and tidies up unless a session waits for it.
    pub(super) fn leave(self) {
        let is_hurried = !matches!(
            self.hook.event,
            "SessionStart" | "SessionEnd" | "Stop" | "SubagentStop" | "FileChanged"
        );
        self.store.into_inner().leave(is_hurried);
    }

    /// Trouble in this place.
    pub(super) fn trouble(&self, error: &anyhow::Error) -> Trouble {
        Trouble::new(
            self.project().state_directory(),
            self.hook,
            error,
            self.world.now.wall,
        )
    }
}

/// The places a store may be in, the most fitting first and each once, found one by one because the first is
/// mostly the one: `AGENT_SYNC_ROOT` alone if it is set; else the project of the file that is edited, the session's
/// project, and the working directory's.
fn places<'a>(env: &'a Env, input: &Input, cwd: &Path) -> impl Iterator<Item = Place> + use<'a> {
    let root = env.root().map(|root| cwd.join(root));
    let edited = input
        .written_files()
        .first()
        .and_then(|file| cwd.join(file).parent().map(Path::to_owned));
    // Git's hooks have no payload, and are about the checkout that git works in.
    let session = env
        .variable(Variable::ClaudeProject)
        .filter(|_| input.is_from_client)
        .map(PathBuf::from);
    let mut starts = if root.is_some() {
        Vec::new()
    } else {
        [edited, session, Some(cwd.to_owned())]
            .into_iter()
            .flatten()
            .collect()
    };
    starts.dedup();
    let home = env.home();
    let mut known: Vec<PathBuf> = Vec::new();
    let found = starts
        .into_iter()
        .filter_map(move |start| Project::discover(&start, home.as_deref()));
    let found = found.filter(move |project| {
        let is_new = !known.contains(&project.root);
        known.push(project.root.clone());
        is_new
    });
    let rooted = root.map(|root| Project::rooted(&root));
    rooted
        .into_iter()
        .chain(found)
        .map(|project| Place::new(env, project))
}
