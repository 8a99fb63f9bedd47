//! agent-sync: coordination of parallel coding agents in one git repository.
//!
//! # The rooms
//!
//! Data flows one way: a command or a hook asks the rules, the rules speak about facts from the store, and
//! what came of it is rendered.
//!
//! | room | what it is for | what it may use |
//! |---|---|---|
//! | [`cli`] | commands: one file per noun, arguments in, outcome out | everything below |
//! | `console` | the live console, a feature of its own: keys and news in, a screen out | everything below but `hook` and `setup` |
//! | [`hook`] | Claude Code's hooks: payload in, answer out, then effects | everything below |
//! | [`crew`] | the processes of a plan's sessions: started, looked after, ended | env, repo, identity, place, store |
//! | [`setup`] | what is written into a project and taken out again | everything below |
//! | [`place`] | where a project's store is, whether it may be trusted, and the flags that wake sessions | env, repo, identity, store |
//! | [`identity`] | who is acting | domain, env |
//! | [`policy`] | calls as the rules of a policy ask about them, and the file that the rules come from | domain |
//! | [`repo`] | which project, which checkout, which file | domain |
//! | [`env`] | clock, variables, working directory, streams, processes; nobody else reads them | domain |
//! | [`render`] | how things look: text, tables, JSON | domain, frame |
//! | [`store`] | the one SQLite file; SQL lives here and nowhere else | domain, frame |
//! | [`frame`] | other people's text made harmless, cut and framed | nothing |
//! | [`error`] | refusals: message, hint, exit status | nothing |
//! | [`domain`] | rules and state machines; pure, they take the moment as an argument | nothing |
//!
//! Nothing uses `cli`, `console`, `hook`, `setup` or `crew` but the dispatch in [`cli::run`]. `tests/it/rooms.rs` keeps it so.

pub mod cli;
#[cfg(feature = "console")]
pub mod console;
pub mod crew;
pub mod domain;
pub mod env;
pub mod error;
pub mod frame;
pub mod hook;
pub mod identity;
pub mod place;
pub mod policy;
pub mod render;
pub mod repo;
pub mod setup;
pub mod store;
