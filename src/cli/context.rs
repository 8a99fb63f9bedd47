//! What every command needs: the project, the store, who is acting, and where to print.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::Global;
use super::gate::Gate;
use super::session::Session;
use super::spoken::Spoken;
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{Key, Wanted};
use crate::env::{Env, Variable};
use crate::error::Refusal;
use crate::frame::{Frame, HARD_BUDGET, SENTENCE};
use crate::identity::{self, Identity, Source};
use crate::place::{self, Place};
use crate::render::{self, json};
use crate::repo::{Located, Project};
use crate::store::{Purpose, Read, Store, Write};

/// What every command needs.
pub struct Context<'a> {
    /// The outside world.
    pub env: &'a Env,
    /// The options that every command takes.
    pub global: &'a Global,
    pub(super) cwd: PathBuf,
    pub(super) place: Place,
    pub(super) gate: Gate,
    is_work: bool,
}

impl<'a> Context<'a> {
    /// Finds the project around the working directory, or the one that `--root` or `AGENT_SYNC_ROOT` names.
    ///
    /// # Errors
    /// When there is no working directory any more.
    pub fn new(env: &'a Env, global: &'a Global) -> Result<Self> {
        let cwd = env.cwd().context("the working directory is gone")?;
        let root = match &global.root {
            Some(root) => Some(cwd.join(root)),
            None => env.root().map(|root| cwd.join(root)),
        };
        let project = match root {
            Some(root) => Project::rooted(&root),
            None => Project::discover(&cwd, env.home().as_deref()).unwrap_or_else(|| Project::rooted(&cwd)),
        };
        Ok(Self {
            env,
            global,
            cwd,
            place: Place::new(env, project),
            gate: Gate::default(),
            is_work: false,
        })
    }

    /// The same for somebody who typed this, which the policy in force is asked about before anything is done.
    #[must_use]
    pub(super) fn speaking(mut self, spoken: Option<Spoken>) -> Self {
        self.gate = Gate::new(spoken);
        self
    }

    /// Asks the policy in force about a command that acts otherwise than through the store, if there is one.
    ///
    /// # Errors
    /// [`Refusal`] when a rule says no.
    pub(super) fn admit(&self) -> Result<()> {
        let Ok(store) = self.place.open(self.env, Purpose::Command) else {
            // Where there is no store, or none that can be used, there are no rules.
            return Ok(());
        };
        let identity = self.identity(&store, false)?;
        self.admit_to(&store, &identity)
    }

    /// Asks the policy in force about somebody who only looks: nothing is written where no rule says anything.
    fn admit_to(&self, store: &Store, me: &Identity) -> Result<()> {
        let world = self.env.world();
        if store.read(&world, |read| self.gate.concerns(self, read, me))? {
            self.act(|_, _| Ok(()))?;
        }
        Ok(())
    }

    /// For a command that is refused where the store was closed.
    #[must_use]
    pub fn at_work(self, is_work: bool) -> Self {
        Self { is_work, ..self }
    }

    /// The project.
    #[must_use]
    pub const fn project(&self) -> &Project {
        self.place.project()
    }

    /// The project, its store and whether it may be trusted.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The working directory.
    #[must_use]
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// Finds the file that somebody typed.
    #[must_use]
    pub fn locate(&self, typed: &Path) -> Located {
        self.project().locate(&self.cwd, typed)
    }

    /// What somebody typed, for a lock: a file or directory, or a pattern where it holds glob characters and
    /// there is no such file.
    ///
    /// # Errors
    /// [`Refusal`] when it is a pattern that nothing could be compared with.
    pub fn wanted(&self, typed: &Path) -> Result<Wanted> {
        let pattern = self
            .project()
            .locate_pattern(&self.cwd, typed)
            .map_err(|invalid| Refusal::usage(invalid.to_string()))?;
        if let Some(key) = pattern {
            return Ok(Wanted {
                is_pattern: true,
                ..Wanted::plain(Key::Path(key))
            });
        }
        let located = self.locate(typed);
        Ok(Wanted {
            is_directory: located.is_directory,
            inode: located.inode,
            ..Wanted::plain(Key::Path(located.key))
        })
    }

    /// Looks at the store in one snapshot, as whoever is acting. Where there is no store yet, an empty one is
    /// looked at and nothing is left behind.
    ///
    /// # Errors
    /// When the store cannot be used, or what `body` fails with.
    pub fn look<T>(&self, body: impl FnOnce(&Read<'_>, &Identity) -> Result<T>) -> Result<T> {
        let (session, is_missing) = self.onlooker()?;
        if is_missing && !self.global.quiet {
            self.note("nothing is set up here yet; `agent-sync init` does it");
        }
        let value = session.look(body)?;
        session.leave();
        Ok(value)
    }

    /// The store, opened for as long as somebody only looks, and whether it is an empty one because there is none
    /// yet. Nothing is left behind.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn onlooker(&self) -> Result<(Session<'_>, bool)> {
        let (store, is_missing) = match self.place.open_for_command(self.env) {
            Err(place::Unusable::Missing) => (Store::empty()?, true),
            opened => (opened.map_err(|unusable| unusable.refusal(&self.place))?, false),
        };
        let identity = self.identity(&store, false)?;
        self.admit_to(&store, &identity)?;
        let session = Session {
            context: self,
            store,
            identity,
        };
        Ok((session, is_missing))
    }

    /// Changes the store in one transaction in which the acting agent is also seen.
    ///
    /// # Errors
    /// When the store cannot be used, or what `body` fails with; nothing is changed then.
    pub fn act<T>(&self, body: impl FnOnce(&Write<'_>, &Identity) -> Result<T>) -> Result<T> {
        self.act_named(None, None, body)
    }

    /// Like [`Self::act`]; the acting agent also takes this name and role.
    ///
    /// # Errors
    /// Like [`Self::act`], and when the name cannot be one.
    pub fn act_named<T>(
        &self,
        name: Option<&str>,
        role: Option<&str>,
        body: impl FnOnce(&Write<'_>, &Identity) -> Result<T>,
    ) -> Result<T> {
        let mut session = self.session()?;
        let value = session.act_named(name, role, body)?;
        session.keep_copy();
        session.leave();
        Ok(value)
    }

    /// The store, opened for as long as somebody waits, and whoever is acting.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn session(&self) -> Result<Session<'_>> {
        let store = self
            .place
            .open_or_create(self.env)
            .map_err(|unusable| unusable.refusal(&self.place))?;
        let identity = self.identity(&store, true)?;
        Ok(Session {
            context: self,
            store,
            identity,
        })
    }

    /// Who is acting, as far as the store lets that be known.
    #[must_use]
    pub fn acting_id(&self) -> Option<String> {
        let store = self.place.open_for_command(self.env).ok()?;
        Some(self.identity(&store, false).ok()?.id)
    }

    /// Whether somebody is in a shell that belongs to no session, and names nobody to act as.
    pub(super) fn is_human(&self, me: &Identity) -> bool {
        me.source == Source::File && !self.env.is_agent_shell()
    }

    /// The id under which somebody decides: whoever is in a shell that belongs to no session and names nobody is the
    /// human.
    #[must_use]
    pub fn decider(&self, me: &Identity) -> String {
        if self.is_human(me) {
            OPERATOR.to_owned()
        } else {
            me.id.clone()
        }
    }

    /// The client's process, where this command really runs below it.
    pub(super) fn proof(&self, identity: &Identity) -> Option<crate::domain::presence::Proof> {
        if identity.source == Source::File {
            return None;
        }
        let pid: i64 = self.env.variable(Variable::ClaudePid)?.parse().ok()?;
        let processes = self.env.processes();
        processes
            .descends_from(pid)
            .then(|| processes.proof(pid))
            .flatten()
    }

    /// Refuses to go on where the store was closed, or where `--fence` names a lease that no longer holds.
    pub(super) fn require_leave(&self, write: &Write<'_>, me: &Identity) -> Result<()> {
        if self.is_work {
            write.require_open()?;
        }
        let Some(fence) = self.global.fence else {
            return Ok(());
        };
        match write.fenced(fence, me.kin())? {
            None => Ok(()),
            Some(fenced) => Err(Refusal::refused(render::leader::fenced(&fenced, &self.env.now()))
                .hint("nothing was changed; `agent-sync leader show` says who leads")
                .into()),
        }
    }

    fn identity(&self, store: &Store, remember: bool) -> Result<Identity> {
        let world = self.env.world();
        let bound = |session: &str| store.read(&world, |read| read.session_agent(session));
        identity::of_command(
            self.env,
            self.global.identity.as_deref(),
            &bound,
            &self.project().state_directory(),
            remember,
        )
    }

    /// Prints what was asked for.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print(&self, text: &str) -> Result<()> {
        Ok(self.env.write_output(text)?)
    }

    /// Prints what was done, unless `--quiet`.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn say(&self, text: &str) -> Result<()> {
        if self.global.quiet {
            Ok(())
        } else {
            self.print(text)
        }
    }

    /// Prints a value as JSON.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_json(&self, value: &impl Serialize) -> Result<()> {
        self.print(&json::to_string(value))
    }

    /// Prints lines that hold other people's text: framed as data where a model reads them.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_data(&self, text: &str, more: &str) -> Result<()> {
        if !self.env.is_agent_shell() {
            return self.print(text);
        }
        let mut frame = Frame::new(self.env.random()?, SENTENCE, HARD_BUDGET);
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut lines = plain.lines();
        let left = lines
            .by_ref()
            .find(|line| !line.is_empty() && !frame.push(line))
            .map_or(0, |_| lines.count() + 1);
        let overflow = (left > 0).then(|| format!("{left} more lines: {more}"));
        self.print(&frame.finish(overflow.as_deref()))
    }

    /// Like [`Self::print_data`], but all of it, in as many frames as it takes.
    ///
    /// # Errors
    /// When nobody reads it.
    pub fn print_all_data(&self, text: &str) -> Result<()> {
        if !self.env.is_agent_shell() {
            return self.print(text);
        }
        let plain = anstream::adapter::strip_str(text).to_string();
        let mut lines = plain.lines().filter(|line| !line.is_empty()).peekable();
        while lines.peek().is_some() {
            let mut frame = Frame::new(self.env.random()?, SENTENCE, HARD_BUDGET);
            while lines
                .next_if(|line| frame.push(line) || frame.is_empty())
                .is_some()
            {}
            self.print(&frame.finish(None))?;
        }
        Ok(())
    }

    /// A remark on standard error.
    pub fn note(&self, text: &str) {
        self.env.write_error(&format!("note: {text}\n"));
    }

    /// The text of an argument, or of standard input when the argument is `-`.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub fn text_or_input(&self, argument: &str) -> Result<String> {
        if argument != "-" {
            return Ok(argument.to_owned());
        }
        let bytes = self.env.read_input().context("reading standard input")?;
        let text =
            String::from_utf8(bytes).map_err(|_| Refusal::usage("standard input is not UTF-8 text"))?;
        Ok(text
            .strip_suffix('\n')
            .map_or(text.as_str(), |line| line)
            .to_owned())
    }
}
