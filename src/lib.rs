//! agent-sync: coordination of parallel coding agents in one git repository.

pub mod frame;
pub mod render;
