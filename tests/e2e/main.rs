//! End-to-end tests: the real Claude Code client against a scripted Messages API.
//!
//! A hook protocol is only what the client does with it. Payload fixtures and documents age; these
//! tests run the client itself, let a script play the model, and look at the requests that the model
//! would have got. Nothing leaves the machine (see [`network`]) and nothing of the user's own
//! configuration takes part (see [`project`]).
//!
//! The client is large and is not part of the repository: `tests/e2e/install-client.sh` installs the
//! pinned version. `AGENT_SYNC_E2E_CLIENT` names another one, `AGENT_SYNC_E2E=optional` turns a
//! missing one into a skip.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test harness reads its own environment and clock, and fails by panicking, loudly"
)]

mod api;
mod awareness;
mod bash;
mod client;
mod commit;
mod faults;
mod gate;
mod guarded;
mod hooks;
mod locks;
mod messages;
mod network;
mod plugin;
mod project;
mod servers;
mod sessions;
mod setup;
mod subagents;
mod swarm;
mod tasks;
mod trouble;
mod wake;
