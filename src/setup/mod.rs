//! What agent-sync writes into a project, and how it takes it out again.
//!
//! A settings file belongs to its owner: their permissions and other tools' hooks live in it.
//! So this room works on the text of the file, changes only what is agent-sync's own, refuses what it does
//! not understand before it has touched anything, and leaves the file as it was when it goes.
//!
//! Everything here is a plain function of texts and paths. Which files these are, and what to tell the user,
//! is decided by the commands.

mod command;
pub mod file;
mod json;
mod layout;
mod merge;
pub mod plugin;
mod reader;
pub mod settings;
pub mod skill;
