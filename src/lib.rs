//! agent-sync: coordination of parallel coding agents in one git repository.

pub mod domain;
pub mod error;
pub mod frame;
pub mod hook;
pub mod render;
pub mod store;
