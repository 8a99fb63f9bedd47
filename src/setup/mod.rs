//! What agent-sync writes into a project, and how it takes it out again.
//!
//! A settings file belongs to its owner: their permissions and other tools' hooks live in it.
//! So this room works on the text of the file, changes only what is agent-sync's own, refuses what it does
//! not understand before it has touched anything, and leaves the file as it was when it goes.
//!
//! What merges is a plain function of texts and paths; `init`, `uninstall` and `doctor` apply it to the files
//! of a project, and say what they did or found. How that looks is decided elsewhere.

mod command;
pub mod doctor;
pub mod file;
pub mod git_hooks;
pub mod init;
mod json;
mod layout;
mod merge;
pub mod plugin;
mod program;
pub mod reach;
mod reader;
mod record;
pub mod settings;
pub mod site;
pub mod skill;
pub mod uninstall;
