//! Runs a program and prints how much memory it had at most, in bytes.
//!
//! A process inherits the high-water mark of whoever started it, so only a starter that is smaller than
//! anything measured can tell: this one is.

use std::io::Write as _;
use std::process::{Command, Stdio};

use wait4::Wait4 as _;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mut command = Command::new(arguments.next().unwrap_or_default());
    let mut child = command.args(arguments).stdout(Stdio::null()).spawn()?;
    let used = child.wait4()?.rusage;
    writeln!(std::io::stdout(), "{}", used.maxrss)
}
