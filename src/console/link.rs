//! The line to the store: it notices changes, survives the store's absence, and writes what the human has seen.
//!
//! One connection is kept. Whether anything was committed is asked many times a second, which costs next to nothing;
//! only then all is read again, and every other second because agents die and leases lapse without a word.

use anyhow::Result;

use super::detail::Detail;
use super::snapshot::Snapshot;
use super::state::State;
use crate::domain::agent::OPERATOR;
use crate::domain::message::State as Delivery;
use crate::domain::presence::Turn;
use crate::domain::time::Moment;
use crate::env::Env;
use crate::error::Refusal;
use crate::place::Place;
use crate::store::{Purpose, Registration, Store, Write};

/// How often all is read again although nothing was committed, in milliseconds.
const LOOKS_EVERY: i64 = 2_000;
/// How often a store that is not there is looked for, in milliseconds.
const TRIES_EVERY: i64 = 500;
/// The name under which what is shown here is noted as offered.
const CHANNEL: &str = "console";

/// The line to the store.
pub(super) struct Link<'a> {
    env: &'a Env,
    place: &'a Place,
    cwd: String,
    store: Option<Store>,
    looked: Option<Moment>,
    tried: Option<Moment>,
    seen_alive: Option<Moment>,
    /// Messages that were shown and of which nobody has proved yet that somebody saw them.
    offered: Vec<String>,
}

impl<'a> Link<'a> {
    /// A line that is not open yet.
    pub(super) fn new(env: &'a Env, place: &'a Place, cwd: String) -> Self {
        Self {
            env,
            place,
            cwd,
            store: None,
            looked: None,
            tried: None,
            seen_alive: None,
            offered: Vec::new(),
        }
    }

    /// Brings the console up to date where anything may have changed, and says whether it did.
    pub(super) fn refresh(&mut self, state: &mut State) -> bool {
        let now = self.env.now();
        match self.try_refresh(state, &now) {
            Ok(is_new) => {
                let was_in_trouble = is_new && state.trouble.take().is_some();
                is_new || was_in_trouble
            }
            Err(error) => {
                self.store = None;
                self.looked = None;
                let said = match error.downcast_ref::<Refusal>() {
                    Some(refusal) => refusal.message.clone(),
                    None => format!("{error:#}"),
                };
                let is_new = state.trouble.as_deref() != Some(said.as_str());
                state.trouble = Some(said);
                is_new
            }
        }
    }

    fn try_refresh(&mut self, state: &mut State, now: &Moment) -> Result<bool> {
        let is_due = |last: Option<Moment>, every| last.is_none_or(|last| now.since(&last) >= every);
        if self.store.is_none() {
            if !is_due(self.tried, TRIES_EVERY) {
                return Ok(false);
            }
            self.tried = Some(*now);
            let opened = self.place.open(self.env, Purpose::Hook);
            self.store = Some(opened.map_err(|unusable| unusable.refusal(self.place))?);
            self.seen_alive = None;
        }
        let is_due = is_due(self.looked, LOOKS_EVERY);
        let Some(store) = &mut self.store else {
            return Ok(false);
        };
        // Asked before the look, so that no change falls between the two.
        let has_changed = store.has_changed()?;
        if is_due && !store.is_in_place() {
            return Err(Refusal::missing("the store is not where it was any more").into());
        }
        if !has_changed && !is_due {
            return Ok(false);
        }
        self.look(state)?;
        self.stay_alive();
        Ok(true)
    }

    /// Reads all of it, and about what is chosen, in one snapshot.
    fn look(&mut self, state: &mut State) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        self.env.processes().forget();
        let world = self.env.world();
        let now = world.now;
        store.read(&world, |read| {
            state.renew(Snapshot::read(read, now)?);
            let detail = Detail::read(read, &state.seen, state.chosen())?;
            state.explain(detail);
            Ok(())
        })?;
        self.looked = Some(now);
        Ok(())
    }

    /// Reads about what is chosen now. Where that fails, the next refresh says why.
    pub(super) fn explain(&self, state: &mut State) {
        let Some(store) = &self.store else { return };
        let detail = store.read(&self.env.world(), |read| {
            Detail::read(read, &state.seen, state.chosen())
        });
        if let Ok(detail) = detail {
            state.explain(detail);
        }
    }

    /// Reads everything at the next refresh, whatever has changed.
    pub(super) const fn look_again(&mut self) {
        self.looked = None;
    }

    /// Shows that the human is there, well before the timers would doubt it.
    fn stay_alive(&mut self) {
        let now = self.env.now();
        let every = self.env.thresholds().stale / 3;
        if self.seen_alive.is_some_and(|seen| now.since(&seen) < every) {
            return;
        }
        self.seen_alive = Some(now);
        let cwd = self.cwd.clone();
        self.write(|write| {
            write.register(&Registration {
                id: OPERATOR,
                cwd: Some(&cwd),
                ..Registration::default()
            })?;
            Ok(())
        });
    }

    /// Notes that these messages stand on the screen.
    pub(super) fn shown(&mut self, state: &mut State, messages: Vec<String>) {
        if messages.is_empty() {
            return;
        }
        if self.write(|write| write.shown(OPERATOR, CHANNEL, &messages)) {
            self.look_again();
        } else {
            // It cannot be noted now; it is still on the screen, and is not tried again for every frame.
            for message in &mut state.seen.messages {
                if let Some(progress) = message
                    .progress
                    .as_mut()
                    .filter(|_| messages.contains(&message.id))
                {
                    progress.state = Delivery::Offered;
                }
            }
        }
        self.offered.extend(messages);
    }

    /// Notes that somebody has pressed a key: what stood on the screen was seen.
    pub(super) fn proved(&mut self) {
        let offered = std::mem::take(&mut self.offered);
        if !offered.is_empty() && self.write(|write| write.proved(OPERATOR, &offered)) {
            self.look_again();
        }
    }

    /// Notes that the human has opened a message.
    pub(super) fn open(&mut self, message: &str) {
        if self.write(|write| write.read_message(OPERATOR, message).map(|_| ())) {
            self.look_again();
        }
    }

    /// Says that the human looks elsewhere now, and how many locks they still hold.
    pub(super) fn leave(&mut self) -> usize {
        self.write(|write| write.set_turn(OPERATOR, Turn::Idle));
        let Some(store) = &self.store else { return 0 };
        let held = store.read(&self.env.world(), |read| read.locks_of(OPERATOR));
        held.map_or(0, |locks| locks.len())
    }

    /// Writes what a power cut may take back; says whether it could.
    fn write(&mut self, body: impl FnOnce(&Write<'_>) -> Result<()>) -> bool {
        let Some(store) = self.store.as_mut().filter(|store| !store.is_read_only()) else {
            return false;
        };
        let is_written = store.write_as(Purpose::Hook, &self.env.world(), body).is_ok();
        let sleepers = store.take_sleepers();
        self.place.raise_flags(self.env, &sleepers);
        is_written
    }
}
