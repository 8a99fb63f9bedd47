//! What went wrong in claude-agent-sync 0.4.0, row by row: each test bears the number of a row of the list of
//! its defects and tries what was observed there.

mod lock;
mod message;
mod place;
mod robustness;
mod task;
mod text;
pub(crate) mod trouble;
mod trust;
