//! Texts that people and agents type, held to the limits of their fields.

use anyhow::Result;

use crate::domain::text::{self, Unfit};
use crate::error::Refusal;

/// A title on one line.
pub(super) fn title(what: &str, text: &str) -> Result<String> {
    Ok(text::title(text).map_err(|why| refusal(what, why))?.to_owned())
}

/// A reason, a note or a role, made one line.
pub(super) fn remark(what: &str, text: &str) -> Result<String> {
    Ok(text::remark(text).map_err(|why| refusal(what, why))?)
}

/// A text of any number of lines.
pub(super) fn body(what: &str, text: &str) -> Result<String> {
    Ok(text::body(text).map_err(|why| refusal(what, why))?.to_owned())
}

fn refusal(what: &str, why: Unfit) -> Refusal {
    match why {
        Unfit::Empty => Refusal::usage(format!("the {what} is empty")),
        Unfit::SeveralLines => Refusal::usage(format!("the {what} has more than one line"))
            .hint("keep it to one line; more goes into the description"),
        Unfit::TooLong { length, limit, unit } => Refusal::refused(format!(
            "the {what} is {length} {unit} long; the limit is {limit}"
        ))
        .hint("say it shorter, or put the long part into a file and name its path"),
    }
}
