//! How things look: JSON for programs, tables and short phrases for people.
//!
//! Everything that is printed gets its looks here and nowhere else, so that two commands cannot show the
//! same fact in two ways, and so that the rule about untrusted text has one place to be enforced:
//! renderers for people take [`Clean`](crate::frame::Clean) text, JSON leaves nothing for a terminal or a
//! normaliser to act on because it is plain ASCII.

pub mod activity;
pub mod agent;
pub mod awareness;
pub mod brief;
pub mod care;
pub mod check;
pub mod colour;
pub mod commit;
pub mod config;
pub mod crew;
pub mod decision;
pub mod demo;
pub mod gc;
pub mod json;
mod label;
pub mod leader;
pub mod lock;
pub mod message;
pub mod metrics;
pub mod ping;
pub mod plan;
pub mod policy;
pub mod push;
pub mod report;
pub mod request;
pub mod search;
pub mod status;
pub mod step;
pub mod swarm;
pub mod table;
pub mod task;
pub mod time;
pub mod topology;
pub mod vote;
pub mod words;
pub mod wrap;
