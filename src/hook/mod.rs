//! Claude Code's hooks: what is wired, and what each one answers.
//!
//! A hook stands between a session and its next step, so it cannot hurt: any internal trouble ends in exit
//! status 0 and silence towards the model. Exit status 2 means one thing, a proven conflict.

mod table;

pub use table::{HOOKS, Hook};
