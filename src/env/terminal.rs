//! Waiting at a terminal for whoever sits there.

use std::io;
use std::time::Duration;

/// What came of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing, or a signal.
    Nothing,
    /// Something can be read.
    Something,
    /// The terminal is gone: nobody will ever type anything.
    Gone,
}

#[cfg(unix)]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that knows the streams"
)]
pub(super) fn wait(longest: Duration) -> io::Result<Input> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    let input = io::stdin();
    let longest = Timespec::try_from(longest).map_err(io::Error::other)?;
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    match poll(&mut watched, Some(&longest)) {
        Err(Errno::INTR) | Ok(0) => return Ok(Input::Nothing),
        ready => ready?,
    };
    let told = watched[0].revents();
    let is_gone = told.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
    Ok(if is_gone { Input::Gone } else { Input::Something })
}

/// Elsewhere nothing tells; whoever asks has to look for itself.
#[cfg(not(unix))]
pub(super) fn wait(longest: Duration) -> io::Result<Input> {
    std::thread::sleep(longest.min(Duration::from_millis(20)));
    Ok(Input::Nothing)
}
