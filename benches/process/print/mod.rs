//! Results as Markdown, ratios first.

mod others;
mod own;
mod targets;

pub(crate) use others::{CROWD_HEAD, against, against_head, beside_a_writer, cleared, crowd, growth};
pub(crate) use own::{floors, head, line, logs};
pub(crate) use targets::targets;
