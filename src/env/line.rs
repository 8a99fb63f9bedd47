//! A line that a person types when asked something.

use std::io::{self, BufRead as _, Read as _};

use super::Env;

impl Env {
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
}
