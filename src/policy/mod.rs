//! What stands between the rules of a policy and the world: calls as JSON, regular expressions, the file.
//!
//! The rules in `domain` ask a call questions; here are the answers, for a tool's call before a hook and for a
//! command alike, so that one rule means the same in both places.

mod call;
mod file;

pub use call::{Asked, Subject, digest};
pub use file::{Catalogue, Fault, MAX_FILE, read};

/// The name of a policy's file where nobody says another.
pub const FILE: &str = "agent-sync.policy.toml";
