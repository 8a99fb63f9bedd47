//! The file that somebody names for an output.

use std::path::Path;

use anyhow::Result;

use crate::error::Refusal;
use crate::render::care;

/// The directory in which a file is to be made.
///
/// # Errors
/// [`Refusal`] when there is no such directory: none is made for a name that may be a slip.
pub(super) fn directory(file: &Path) -> Result<&Path> {
    let directory = file.parent().unwrap_or(file);
    if directory.is_dir() {
        return Ok(directory);
    }
    Err(
        Refusal::missing(format!("there is no directory {}", care::path(directory)))
            .hint("make it first, or name a file elsewhere")
            .into(),
    )
}
