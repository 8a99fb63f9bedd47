//! Waiting until a file is written to.
//!
//! Where the system tells of changes (Linux), a waiter sleeps until there is one and costs nothing meanwhile.
//! Elsewhere it sleeps for a moment and has to look for itself. In either case a return says only that looking
//! may be worth it.

use std::path::Path;
use std::time::Duration;

/// How long to sleep where the system does not tell of changes.
const PAUSE: Duration = Duration::from_millis(8);

/// How often to look there while waiting for something else, too.
#[cfg(unix)]
const LOOKS_EVERY: Duration = Duration::from_millis(250);

/// A file that is watched.
#[derive(Debug)]
pub struct Watch {
    #[cfg(target_os = "linux")]
    events: Option<std::os::fd::OwnedFd>,
}

impl Watch {
    /// Watches a file that exists; one that cannot be watched is looked at often.
    #[must_use]
    pub fn new(file: &Path) -> Self {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
            let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok();
            let events = events.filter(|events| add_watch(events, file, WatchFlags::MODIFY).is_ok());
            Self { events }
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _unwatched = file;
            Self {}
        }
    }

    /// Sleeps until the file was written to since the last call, or this long.
    pub fn wait(&self, longest: Duration) {
        #[cfg(target_os = "linux")]
        if let Some(events) = &self.events {
            use rustix::event::{PollFd, PollFlags, Timespec, poll};
            let longest = Timespec::try_from(longest).ok();
            let mut watched = [PollFd::new(events, PollFlags::IN)];
            if poll(&mut watched, longest.as_ref()).is_ok_and(|ready| ready > 0) {
                let _looked_at_in_any_case = was_told(events);
            }
            return;
        }
        std::thread::sleep(PAUSE.min(longest));
    }
}

/// Takes all that the system has told since the last call, and says whether that was anything.
#[cfg(target_os = "linux")]
fn was_told(events: &std::os::fd::OwnedFd) -> bool {
    let mut told = [0; 4096];
    let mut is_anything = false;
    while rustix::io::read(events, &mut told).is_ok_and(|count| count > 0) {
        is_anything = true;
    }
    is_anything
}

#[cfg(unix)]
impl Watch {
    /// Like [`Self::wait`], and until one of these can be read, too. Says whether the file was written to; where the
    /// system does not tell, whether some time has passed.
    #[must_use]
    pub fn wait_beside(&self, others: &[std::os::fd::BorrowedFd<'_>], longest: Duration) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut watched: Vec<PollFd<'_>> = others
            .iter()
            .map(|other| PollFd::new(other, PollFlags::IN))
            .collect();
        #[cfg(target_os = "linux")]
        if let Some(events) = &self.events {
            watched.push(PollFd::new(events, PollFlags::IN));
            let longest = Timespec::try_from(longest).ok();
            let _interrupted = poll(&mut watched, longest.as_ref());
            return was_told(events);
        }
        let longest = Timespec::try_from(LOOKS_EVERY.min(longest)).ok();
        poll(&mut watched, longest.as_ref()).is_ok_and(|ready| ready == 0)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test of waiting looks at the clock")]
mod tests {
    use std::io::Write as _;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_write_ends_the_wait_and_nothing_else_does() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let watch = Watch::new(file.path());
        file.write_all(b"x").unwrap();
        let began = Instant::now();
        watch.wait(Duration::from_secs(60));
        assert!(began.elapsed() < Duration::from_secs(30));
        if cfg!(target_os = "linux") {
            let began = Instant::now();
            watch.wait(Duration::from_millis(50));
            assert!(began.elapsed() >= Duration::from_millis(50));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_wait_ends_for_something_else_too_and_says_what_it_was() {
        use std::os::fd::AsFd as _;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let watch = Watch::new(file.path());
        let (end, other) = rustix::pipe::pipe().unwrap();
        rustix::io::write(&other, b"x").unwrap();
        let began = Instant::now();
        assert!(!watch.wait_beside(&[end.as_fd()], Duration::from_secs(60)));
        assert!(began.elapsed() < Duration::from_secs(30));
        file.write_all(b"x").unwrap();
        if cfg!(target_os = "linux") {
            assert!(watch.wait_beside(&[], Duration::from_secs(60)));
        }
    }

    #[test]
    fn what_cannot_be_watched_is_no_reason_to_sleep_on() {
        let watch = Watch::new(Path::new("/nowhere/at/all"));
        let began = Instant::now();
        watch.wait(Duration::from_secs(60));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
