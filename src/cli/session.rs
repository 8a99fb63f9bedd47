//! An open store and whoever acts in it: how a command looks and changes.

use anyhow::Result;

use super::Context;
use crate::domain::retention::Removed;
use crate::env::Watch;
use crate::identity::Identity;
use crate::store::{Purpose, Read, Registration, Store, Write};

/// An open store and whoever acts in it, for one change or, while somebody waits, for many.
pub struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) store: Store,
    pub(super) identity: Identity,
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

    /// Ends it with the command; the system tidies up what it would have to.
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

    pub(super) fn act_named<T>(
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
