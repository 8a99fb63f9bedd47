//! Files in the repository that are made from the code, and kept equal to it by tests.
//!
//! A page that somebody writes by hand about a table is wrong soon. So the table writes the page; whoever changes
//! the one is told to make the other anew: `AGENT_SYNC_REGENERATE=1 cargo test --lib generated`.

use std::fs;
use std::path::Path;

/// Expects a file of the repository to hold `text`; writes it first where the environment asks for that.
#[track_caller]
pub(crate) fn expect_file(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever changes a table asks for its files that way"
    )]
    if std::env::var_os("AGENT_SYNC_REGENERATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap_or_default() == text,
        "{name} is of an older day: run `AGENT_SYNC_REGENERATE=1 cargo test --lib generated`"
    );
}
