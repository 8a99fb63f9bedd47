//! The agent-sync program.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent_sync::cli::run()
}
