//! Signals: noted when they come, acted upon between two frames.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[cfg(unix)]
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

/// The signals that came.
#[derive(Debug, Default)]
pub(super) struct Signals {
    ending: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
    continued: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to note them.
    #[cfg(unix)]
    pub(super) fn watch() -> io::Result<Self> {
        use signal_hook::flag::{register, register_usize};
        let signals = Self::default();
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            let number = usize::try_from(signal).unwrap_or_default();
            register_usize(signal, Arc::clone(&signals.ending), number)?;
        }
        register(SIGTSTP, Arc::clone(&signals.stopping))?;
        register(SIGCONT, Arc::clone(&signals.continued))?;
        Ok(signals)
    }

    /// Elsewhere the terminal's own keys are all there is.
    #[cfg(not(unix))]
    pub(super) fn watch() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// The signal that ends this process, if one came.
    pub(super) fn ending(&self) -> Option<i32> {
        i32::try_from(self.ending.load(Ordering::SeqCst))
            .ok()
            .filter(|signal| *signal != 0)
    }

    /// Whether this process was asked to stand still since this was last asked.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.swap(false, Ordering::SeqCst)
    }

    /// Whether it goes on after it stood still, since this was last asked.
    pub(super) fn has_continued(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
    }
}

/// Stands still until somebody lets this process go on.
#[cfg(unix)]
pub(super) fn stop() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(SIGTSTP)
}

#[cfg(not(unix))]
pub(super) fn stop() -> io::Result<()> {
    Ok(())
}

/// Ends this process as the signal would have, so that whoever sent it sees that.
#[cfg(unix)]
pub(super) fn end_by(signal: i32) -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal)
}

#[cfg(not(unix))]
pub(super) fn end_by(_: i32) -> io::Result<()> {
    Ok(())
}
