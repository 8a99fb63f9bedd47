//! The agent-sync program.

fn main() {}
