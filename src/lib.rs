//! agent-sync: coordination of parallel coding agents in one git repository.

pub mod cli;
pub mod domain;
pub mod env;
pub mod error;
pub mod frame;
pub mod hook;
pub mod identity;
pub mod place;
pub mod render;
pub mod repo;
pub mod setup;
pub mod store;
