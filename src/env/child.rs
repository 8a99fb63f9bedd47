//! A child process that somebody waits for without standing still.
//!
//! What it prints is collected by a thread of its own, up to a limit: whoever asked keeps drawing meanwhile, and
//! looks now and then whether it has ended.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// A child process that runs, or has just ended. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    reader: JoinHandle<()>,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Running {
    /// Starts a program with nothing on its standard input.
    pub(super) fn start(program: &Path, arguments: &[String], most: usize) -> io::Result<Self> {
        let (mut output, input) = io::pipe()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(input.try_clone()?)
            .stderr(input);
        // What a terminal's keys send to everybody in the foreground is not meant for it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        // It holds the writing end, and would keep the reader waiting.
        drop(command);
        let printed = Arc::new(Mutex::new(Vec::new()));
        let reader = thread::spawn({
            let printed = Arc::clone(&printed);
            move || {
                let mut buffer = [0; 8192];
                while let Ok(count @ 1..) = output.read(&mut buffer) {
                    let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = most.saturating_sub(printed.len());
                    printed.extend_from_slice(&buffer[..count.min(room)]);
                }
            }
        });
        Ok(Self {
            child,
            reader,
            printed,
        })
    }

    /// Its exit status once it has ended and all that it printed has been read; a signal counts as 128.
    ///
    /// # Errors
    /// When the system does not know it.
    pub fn ended(&mut self) -> io::Result<Option<i32>> {
        if !self.reader.is_finished() {
            return Ok(None);
        }
        let status = self.child.try_wait()?;
        Ok(status.map(|status| status.code().unwrap_or(128)))
    }

    /// What it has printed so far to either stream, as text.
    #[must_use]
    pub fn printed(&self) -> String {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&printed).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ran(script: &str, most: usize) -> (i32, String) {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let mut running = Running::start(Path::new("/bin/sh"), &arguments, most).unwrap();
        loop {
            if let Some(status) = running.ended().unwrap() {
                return (status, running.printed());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_child_ends_with_its_status_and_the_beginning_of_both_its_streams() {
        assert_eq!(ran("echo a; echo b >&2; exit 3", 100), (3, "a\nb\n".to_owned()));
        assert_eq!(ran("seq 1 100000", 4), (0, "1\n2\n".to_owned()));
        assert_eq!(ran("cat; kill -9 $$", 100), (128, String::new()));
    }

    #[test]
    fn a_child_that_is_no_longer_wanted_is_killed() {
        let arguments = ["-c".to_owned(), "sleep 60".to_owned()];
        let running = Running::start(Path::new("/bin/sh"), &arguments, 10).unwrap();
        let pid = running.child.id();
        drop(running);
        assert!(!Path::new(&format!("/proc/{pid}/exe")).exists());
    }
}
