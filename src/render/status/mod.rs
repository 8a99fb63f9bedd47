//! The whole picture, for a person at a terminal and for programs.
//!
//! The page is read from the top by somebody who has two seconds: how it goes in a word and why, what needs them or
//! goes no further, who is here and does what; then locks, tasks, decisions and mail. Long lists are cut, and a
//! line counts what is left and names the command that shows it.

mod agents;
mod head;
mod json;
mod lists;
mod matters;
mod order;
#[cfg(test)]
mod tests;
mod work;

use std::collections::HashMap;

use super::colour::dim;
use super::words::counted;
use crate::domain::agent::Agent;
use crate::domain::picture::{Assessment, Matter, Picture, Seat, matters as matters_of};
use crate::domain::task::Task;

pub use json::Json;

/// Most lines of a section; the rest becomes a count and the command that shows it.
const MOST: usize = 10;
/// Most lines of the sections that a person looks for: what matters, and who is here.
const MOST_LOOKED_FOR: usize = 15;
/// Most lines of what is only good to know.
const MOST_BESIDE: usize = 5;

/// A picture and all that follows from it.
#[derive(Debug)]
pub struct View<'a> {
    picture: &'a Picture,
    matters: Vec<Matter<'a>>,
    assessment: Assessment,
    seats: &'a HashMap<String, Seat>,
}

impl<'a> View<'a> {
    /// What there is to show of `picture`; `seats` says where agents work, by their ids, as far as that is known.
    #[must_use]
    pub fn new(picture: &'a Picture, seats: &'a HashMap<String, Seat>) -> Self {
        let matters = matters_of(picture);
        Self {
            picture,
            assessment: picture.assess(&matters),
            matters,
            seats,
        }
    }

    /// The picture as JSON, with every agent and every task there ever was.
    #[must_use]
    pub fn json(&'a self, everybody: &'a [Agent], every_task: &'a [Task]) -> Json<'a> {
        Json::new(self, everybody, every_task)
    }

    /// The picture for a person. With a `width`, in terminal columns, no line is wider; with `all` nothing is cut.
    #[must_use]
    pub fn page(&self, width: Option<usize>, all: bool) -> String {
        let most = |most: usize| if all { usize::MAX } else { most };
        let sections = [
            head::head(self, width),
            order::section(self, width, most(MOST_BESIDE)),
            matters::section(self, width, most(MOST_LOOKED_FOR)),
            agents::section(self, width, most(MOST_LOOKED_FOR)),
            work::section(self, width, most(MOST)),
            lists::locks(self, width, most(MOST)),
            lists::decisions(self, width, most(MOST_BESIDE)),
            lists::mail(self, width, most(MOST_BESIDE)),
            lists::activity(self, width, most(MOST_BESIDE)),
        ];
        let shown: Vec<String> = sections
            .into_iter()
            .filter(|section| !section.is_empty())
            .collect();
        shown.join("\n")
    }
}

/// The line that counts what of a list was left out, and says what shows it; nothing where nothing was.
fn more(left: usize, noun: &str, command: &str, width: Option<usize>) -> String {
    if left == 0 {
        return String::new();
    }
    let left = counted(u64::try_from(left).unwrap_or(u64::MAX), &format!("more {noun}"));
    head::line(&format!("… {left}: agent-sync {command}"), width, dim)
}
