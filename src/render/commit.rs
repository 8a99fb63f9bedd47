//! A commit that was refused: whose files it held, and the command that commits the rest.

use std::path::PathBuf;

use super::{awareness, lock};
use crate::domain::commit::{Claim, Foreign};
use crate::domain::lock::Key;
use crate::domain::time::Moment;
use crate::frame::{Clean, Frame, shell_word};

/// Most paths in a suggested command.
const MOST_PATHS: usize = 24;
/// Most bytes of them.
const MOST_BYTES: usize = 1_500;

/// What was about to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A commit.
    Commit,
    /// A commit that ends a merge; git does not let such a one be made in part.
    Merge,
    /// Files were about to be put into the index.
    Add,
}

/// What was refused, and what of it was the caller's own.
#[derive(Debug)]
pub struct Refused<'a> {
    /// What was about to happen.
    pub act: Act,
    /// Others' files, at least one.
    pub foreign: &'a [Foreign],
    /// The caller's own, from the top of the checkout.
    pub own: &'a [PathBuf],
    /// Those of them that git does not track yet, so that they have to be added before they are committed.
    pub new: &'a [PathBuf],
    /// Where the caller stands.
    pub stand: &'a Stand,
}

/// Where the caller stands, seen from the checkout: it decides how a file is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stand {
    /// At its top.
    AtTop,
    /// Somewhere below.
    Inside,
    /// Somewhere else; the top.
    Outside(PathBuf),
}

impl Stand {
    /// `git`, sent to the checkout where it would not run there; `None` when that cannot be said.
    fn git(&self) -> Option<String> {
        match self {
            Self::AtTop | Self::Inside => Some("git".to_owned()),
            Self::Outside(top) => Some(format!("git -C {}", shell_word(top.to_str()?)?)),
        }
    }
}

/// The whole text of a refusal: others' files within `frame`, and one next step.
#[must_use]
pub fn refusal(refused: &Refused<'_>, mut frame: Frame, now: &Moment) -> String {
    let (what, result) = match refused.act {
        Act::Commit | Act::Merge => ("this commit would take in", "nothing was committed"),
        Act::Add => ("this would stage", "nothing was staged"),
    };
    let shown = refused
        .foreign
        .iter()
        .take_while(|foreign| frame.push(&line(foreign, now)))
        .count();
    let left = refused.foreign.len() - shown;
    let overflow = (left > 0).then(|| format!("{left} more files of others"));
    format!(
        "agent-sync: {what} files that another agent has locked or was the last to change, so {result}.\n{}{}\n",
        frame.finish(overflow.as_deref()),
        next(refused)
    )
}

/// One sentence without a full stop.
fn line(foreign: &Foreign, now: &Moment) -> String {
    match &foreign.claim {
        Claim::Locked(held) => lock::held(&Key::Path(foreign.file.clone()), held, now),
        Claim::Changed(touch) => awareness::changed(touch, now),
    }
}

fn next(refused: &Refused<'_>) -> String {
    let ask = || match refused.foreign.first().map(|foreign| &foreign.claim) {
        Some(Claim::Locked(held)) => lock::next_command(held),
        Some(Claim::Changed(touch)) => awareness::ask(&touch.peer, &touch.key),
        None => String::new(),
    };
    if refused.own.is_empty() {
        return format!("No file of yours is among them. Next: {}", ask());
    }
    if refused.act == Act::Merge {
        return format!("Git commits no part of a merge. Next: {}", ask());
    }
    let (own, left) = words(refused.own, refused.stand);
    let Some(git) = refused.stand.git().filter(|_| !own.is_empty()) else {
        return format!("The names of your files fit no command. Next: {}", ask());
    };
    let more = if left > 0 {
        format!(" (and {left} more files of yours)")
    } else {
        String::new()
    };
    let command = match refused.act {
        Act::Add => format!("{git} add -- {own}"),
        _ => match words(refused.new, refused.stand).0 {
            new if new.is_empty() => format!("{git} commit -- {own}"),
            new => format!("{git} add -- {new} && {git} commit -- {own}"),
        },
    };
    format!("Next: {command}{more}")
}

/// As many files as fit a command, as its last words, and how many do not.
fn words(files: &[PathBuf], stand: &Stand) -> (String, usize) {
    let mut text = String::new();
    let mut count = 0;
    for file in files {
        let Some(word) = file.to_str().and_then(|file| word(file, *stand != Stand::Inside)) else {
            continue;
        };
        if count == MOST_PATHS || text.len() + word.as_str().len() >= MOST_BYTES {
            break;
        }
        if count > 0 {
            text.push(' ');
        }
        text.push_str(word.as_str());
        count += 1;
    }
    (text, files.len() - count)
}

/// A file as git takes it on a command line, wherever below the top that is typed.
fn word(file: &str, is_at_top: bool) -> Option<Clean> {
    let is_plain = file.starts_with(|first: char| first.is_alphanumeric() || "._".contains(first))
        && !file.contains(['*', '?', '[', '\\']);
    if !is_plain {
        // Git would read a pattern, or a mark such as the `:` itself.
        shell_word(&format!(":(top,literal){file}"))
    } else if is_at_top {
        shell_word(file)
    } else {
        shell_word(&format!(":/{file}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(files: &[&str], is_at_top: bool) -> (String, usize) {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        words(&files, if is_at_top { &Stand::AtTop } else { &Stand::Inside })
    }

    #[test]
    fn every_path_is_one_word_that_names_it_and_nothing_else() {
        assert_eq!(
            shown(&["src/a.rs", "b c"], true),
            ("src/a.rs 'b c'".to_owned(), 0)
        );
        assert_eq!(
            shown(&["src/a.rs", "b c"], false),
            (":/src/a.rs ':/b c'".to_owned(), 0)
        );
        assert_eq!(
            shown(&["*.rs", ":x", "$(id)"], true),
            (
                "':(top,literal)*.rs' ':(top,literal):x' ':(top,literal)$(id)'".to_owned(),
                0
            )
        );
        assert_eq!(
            shown(&[":x", "-x", "!x"], false),
            (
                "':(top,literal):x' ':(top,literal)-x' ':(top,literal)!x'".to_owned(),
                0
            )
        );
    }

    #[test]
    fn what_cannot_be_shown_or_does_not_fit_is_counted() {
        assert_eq!(shown(&["a\nb", "c"], true), ("c".to_owned(), 1));
        let many: Vec<String> = (0..100).map(|number| format!("file{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (text, left) = shown(&many, true);
        assert_eq!((text.split(' ').count(), left), (24, 76));
        let long = "d/".repeat(200);
        let (text, left) = shown(&[&long, &long, &long, &long, &long], true);
        assert!(text.len() < MOST_BYTES && left > 0);
    }
}
