//! Integration tests: the program as agents, the client's hooks and people run it.
//!
//! One binary, so that it links once. Every test starts the real program in a project of its own, with an
//! environment of its own and a clock that stands still (see [`env`]), and looks at what a user sees: exit
//! status, standard output, standard error, and the files that changed.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests read their own clock and environment, and fail by panicking, loudly"
)]

mod activity;
mod agent;
mod append;
mod awareness;
mod backup;
mod bash;
mod binary;
mod check;
mod commit;
mod completions;
#[cfg(feature = "console")]
mod console;
mod crash;
mod crew;
mod decision;
mod defects;
mod demo;
mod disk;
mod doctor;
mod document;
mod durable;
mod env;
mod environment;
mod git_hooks;
mod help;
mod histories;
mod hook;
mod hostile;
mod leader;
mod lock;
mod man;
mod message;
mod metrics;
mod network;
mod packaging;
mod payload;
mod ping;
mod plan;
mod plans;
mod policy;
mod race;
mod refused;
mod repair;
mod report;
mod retention;
mod rooms;
mod search;
mod setup;
mod status;
mod strace;
mod stuck;
mod swarm;
mod task;
mod time;
mod topology;
mod trust;
mod upkeep;
mod vote;
mod wake;
