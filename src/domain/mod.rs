//! The rules: what is allowed, what happens next, who counts as present.
//!
//! Everything here is pure. Functions take the moment and the facts as arguments, so that a rule can be
//! tested in a microsecond and two callers cannot see two different worlds.

pub mod activity;
pub mod agent;
pub mod awareness;
pub mod backup;
mod brace;
pub mod commit;
pub mod crew;
pub mod decision;
pub mod destruction;
pub mod drain;
pub mod file_state;
pub mod glob;
pub mod hindrance;
pub mod id;
pub mod key;
pub mod leader;
pub mod lock;
pub mod message;
pub mod metrics;
pub mod name;
pub mod overview;
pub mod path;
pub mod pattern;
pub mod picture;
pub mod ping;
pub mod plan;
pub mod policy;
pub mod presence;
pub mod retention;
pub mod search;
pub mod setting;
pub mod shell;
pub mod task;
pub mod text;
pub mod time;
pub mod topology;
pub mod vote;
pub mod wait;
pub mod wake;
