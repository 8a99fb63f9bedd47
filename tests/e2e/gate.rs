//! A gate holds one session's model back until another session has done something: this is how a
//! test puts the steps of parallel sessions in one certain order without sleeping.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Long enough for a slow session beside others on two cores, short enough to fail the test itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Closed at first; once open it stays open. Clones are the same gate.
#[derive(Clone)]
pub(crate) struct Gate {
    name: &'static str,
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl Gate {
    /// `name` says what the gate waits for; it is what a failing test prints.
    pub(crate) fn closed(name: &'static str) -> Self {
        Self {
            name,
            state: Arc::default(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn open(&self) {
        let (open, changed) = &*self.state;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits at most [`PATIENCE`]; false when the gate never opened.
    #[must_use]
    pub(crate) fn wait(&self) -> bool {
        let (open, changed) = &*self.state;
        let guard = open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(guard, PATIENCE, |open| !*open);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
