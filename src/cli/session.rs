//! How a command looks at the store and changes it: as whom, in one snapshot or one transaction, or for as long as
//! somebody waits.

use anyhow::Result;

use super::Context;
use crate::domain::agent::OPERATOR;
use crate::domain::presence::Proof;
use crate::domain::retention::Removed;
use crate::env::{Variable, Watch};
use crate::error::Refusal;
use crate::identity::{self, Identity, Source};
use crate::place;
use crate::render;
use crate::store::{Purpose, Read, Registration, Store, Write};

impl Context<'_> {
    /// Looks at the store in one snapshot, as whoever is acting. Where there is no store yet, an empty one is
    /// looked at and nothing is left behind. The connection is left to the system: who lives on for long, or does
    /// this again and again, takes an [`Self::onlooker`].
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

    /// Changes the store in one transaction in which the acting agent is also seen. The connection is left to the
    /// system: who lives on for long, or does this again and again, takes a [`Self::session`].
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
    fn is_human(&self, me: &Identity) -> bool {
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
    fn proof(&self, identity: &Identity) -> Option<Proof> {
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
    fn require_leave(&self, write: &Write<'_>, me: &Identity) -> Result<()> {
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
}

/// An open store and whoever acts in it, for one change or, while somebody waits, for many.
pub struct Session<'a> {
    context: &'a Context<'a>,
    store: Store,
    identity: Identity,
}

impl Session<'_> {
    /// Like [`Context::look`].
    ///
    /// # Errors
    /// When the store cannot be read, or what `body` fails with.
    pub fn look<T>(&self, body: impl FnOnce(&Read<'_>, &Identity) -> Result<T>) -> Result<T> {
        let env = self.context.env;
        env.processes().forget();
        self.store.read(&env.world(), |read| body(read, &self.identity))
    }

    /// Makes the daily copy of the store when it is due. That it failed is no trouble of the command that was
    /// to be done: `doctor` says how old the newest copy is.
    pub fn keep_copy(&self) {
        let _doctor_tells = self.context.place.keep_copy(self.context.env, &self.store);
    }

    /// Ends it with the command, which has hardly anything left to do; the system tidies up what it would have to.
    pub fn leave(self) {
        self.store.leave(false);
    }

    /// Like [`Context::act`].
    ///
    /// # Errors
    /// When the store cannot be written, or what `body` fails with; nothing is changed then.
    pub fn act<T>(&mut self, body: impl FnOnce(&Write<'_>, &Identity) -> Result<T>) -> Result<T> {
        self.act_named(None, None, body)
    }

    /// Changes the store in one transaction that a power cut may take back, like what a hook notes. The acting
    /// agent has to have been seen in this session already.
    ///
    /// # Errors
    /// When the store cannot be written, or what `body` fails with; nothing is changed then.
    pub fn note<T>(&mut self, body: impl FnOnce(&Write<'_>, &Identity) -> Result<T>) -> Result<T> {
        let Self {
            context,
            store,
            identity,
        } = self;
        let world = context.env.world();
        store.write_as(Purpose::Hook, &world, |write| {
            context.require_leave(write, identity)?;
            body(write, identity)
        })
    }

    /// Watches for changes that others make.
    #[must_use]
    pub fn watch(&self) -> Watch {
        self.context.env.watch(&self.store.log())
    }

    fn act_named<T>(
        &mut self,
        name: Option<&str>,
        role: Option<&str>,
        body: impl FnOnce(&Write<'_>, &Identity) -> Result<T>,
    ) -> Result<T> {
        let Self {
            context,
            store,
            identity,
        } = self;
        context.env.processes().forget();
        let cwd = context.cwd.to_string_lossy();
        let registration = Registration {
            id: &identity.id,
            name,
            role,
            parent: identity.parent.as_deref(),
            cwd: Some(&cwd),
            proof: context.proof(identity),
            session: identity.session.as_deref(),
            is_human: context.is_human(identity),
        };
        let value = store.write(&context.env.world(), |write| {
            write.register(&registration)?;
            context.require_leave(write, identity)?;
            match context.gate.ask(context, write, identity)? {
                Some(refusal) => Ok(Err(refusal)),
                None => body(write, identity).map(Ok),
            }
        })?;
        context.place.raise_flags(context.env, &store.take_sleepers());
        let value = value?;
        context.gate.passed();
        // The command has done its work; what is old can wait for the next one.
        let _another_time = store.clear_a_little(&context.env.world());
        Ok(value)
    }

    /// Removes everything that is older than the repository keeps it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn clear_old(&mut self) -> Result<Removed> {
        self.store.clear_old(&self.context.env.world())
    }

    /// Does something in one transaction and takes all of it back.
    ///
    /// # Errors
    /// When the store cannot be written, or what `body` fails with.
    pub fn rehearse<T>(&self, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        self.store.rehearse(&self.context.env.world(), body)
    }

    /// Whoever is acting.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether another process has changed anything since this was last asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_changed(&mut self) -> Result<bool> {
        self.store.has_changed()
    }
}
