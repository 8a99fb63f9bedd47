//! The standard streams: what is read, what is printed, and whether a person sits there.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::time::Duration;

#[cfg(feature = "console")]
use super::Input;
#[cfg(feature = "console")]
use super::terminal;
use super::{Env, Variable, process};

/// Largest standard input that is read, in bytes.
const MAX_INPUT: u64 = 64 * 1024 * 1024;

impl Env {
    /// All of standard input, up to 64 MiB.
    ///
    /// # Errors
    /// When it cannot be read, or is larger.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that reads standard input"
    )]
    pub fn read_input(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_INPUT {
            return Err(too_large());
        }
        Ok(bytes)
    }

    /// What arrives on standard input before it ends or `patience` is over, up to 64 MiB.
    ///
    /// # Errors
    /// Like [`Self::read_input`].
    #[cfg(unix)]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that reads standard input and the clock"
    )]
    pub fn read_input_within(&self, patience: Duration) -> io::Result<Vec<u8>> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::{Errno, read};
        let began = std::time::Instant::now();
        let input = io::stdin();
        let (mut bytes, mut piece) = (Vec::new(), vec![0; 8 * 1024]);
        loop {
            let left = patience.saturating_sub(began.elapsed());
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            let ready = match poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&timeout)) {
                Err(Errno::INTR) => continue,
                ready => ready?,
            };
            if ready == 0 || left.is_zero() {
                return Ok(bytes);
            }
            let count = match read(&input, &mut piece) {
                Err(Errno::INTR | Errno::AGAIN) => continue,
                count => count?,
            };
            bytes.extend_from_slice(&piece[..count]);
            if bytes.len() as u64 > MAX_INPUT {
                return Err(too_large());
            }
            if count == 0 {
                return Ok(bytes);
            }
        }
    }

    /// Elsewhere nobody gives up waiting.
    ///
    /// # Errors
    /// Like [`Self::read_input`].
    #[cfg(not(unix))]
    pub fn read_input_within(&self, _: Duration) -> io::Result<Vec<u8>> {
        self.read_input()
    }

    /// Writes to standard output and makes sure that it has left this process.
    ///
    /// # Errors
    /// When nobody reads it or the disk behind it is full.
    pub fn write_output(&self, text: &str) -> io::Result<()> {
        let mut output = anstream::AutoStream::auto(io::stdout().lock());
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    /// Writes to standard output as it is, without looking for a terminal.
    ///
    /// # Errors
    /// When nobody reads it or the disk behind it is full.
    pub fn write_raw_output(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    }

    /// Writes to standard error; that it cannot be written is nobody's trouble.
    pub fn write_error(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        let _nobody_listens = anstream::AutoStream::auto(io::stderr().lock()).write_all(text.as_bytes());
    }

    /// The width of the terminal that standard output is, if it is one.
    #[must_use]
    pub fn output_width(&self) -> Option<usize> {
        if !io::stdout().is_terminal() {
            return None;
        }
        process::terminal_width().or_else(|| self.variable(Variable::Columns)?.parse().ok())
    }

    /// Whether standard output is a terminal.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn is_output_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Waits until something can be read from the terminal that standard input is, at most so long. A signal ends
    /// the wait.
    ///
    /// # Errors
    /// When the system cannot tell.
    #[cfg(feature = "console")]
    pub fn wait_for_input(&self, longest: Duration) -> io::Result<Input> {
        terminal::wait(longest)
    }

    /// Whether standard output may be coloured: `NO_COLOR`, `--color` and what else says so.
    #[cfg(feature = "console")]
    #[must_use]
    pub fn is_output_coloured(&self) -> bool {
        anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
    }

    /// One line that a person types, at most 1 KiB of it.
    ///
    /// # Errors
    /// When standard input cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that reads standard input"
    )]
    pub fn read_line(&self) -> io::Result<String> {
        let mut line = String::new();
        io::stdin().lock().take(1_024).read_line(&mut line)?;
        Ok(line)
    }

    /// Whether a person sits at standard input.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that knows the streams"
    )]
    pub fn is_interactive(&self) -> bool {
        io::stdin().is_terminal()
    }
}

fn too_large() -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        "standard input is larger than 64 MiB",
    )
}
