//! Signals: noted when they come, so that a wait ends, and acted upon by whoever waits.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
use rustix::pipe::pipe;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

use super::Watch;

/// Signals that are noted for as long as this lives, in place of what the system would do.
#[derive(Debug)]
pub struct Signals {
    wakes: OwnedFd,
    flags: Vec<(i32, Arc<AtomicBool>)>,
    ids: Vec<SigId>,
}

impl Signals {
    /// Begins to note those that want a program to end.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn watch() -> io::Result<Self> {
        Self::of(&[SIGINT, SIGTERM, SIGHUP])
    }

    /// Begins to note these.
    pub(super) fn of(noted: &[i32]) -> io::Result<Self> {
        let (wakes, wake) = pipe()?;
        for end in [&wakes, &wake] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
            ioctl_fionbio(end, true)?;
        }
        let mut signals = Self {
            wakes,
            flags: Vec::new(),
            ids: Vec::new(),
        };
        for &signal in noted {
            let is_raised = Arc::new(AtomicBool::new(false));
            signals.ids.push(flag::register(signal, Arc::clone(&is_raised))?);
            signals
                .ids
                .push(low_level::pipe::register(signal, wake.try_clone()?)?);
            signals.flags.push((signal, is_raised));
        }
        Ok(signals)
    }

    /// Waits until a signal comes or the watched file is written to, at most this long. Says which signal came.
    #[must_use]
    pub fn wait(&self, watch: &Watch, longest: Duration) -> Option<i32> {
        let _written_or_not = watch.wait_beside(&[self.wakes()], longest);
        self.next()
    }

    /// What can be read from once a signal has come.
    pub(super) fn wakes(&self) -> BorrowedFd<'_> {
        self.wakes.as_fd()
    }

    /// A signal that has come and that nobody was told of yet.
    pub(super) fn next(&self) -> Option<i32> {
        let mut told = [0; 64];
        while rustix::io::read(&self.wakes, &mut told).is_ok_and(|count| count > 0) {}
        let raised = self
            .flags
            .iter()
            .find(|(_, is_raised)| is_raised.swap(false, Ordering::SeqCst));
        raised.map(|(signal, _)| *signal)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}
