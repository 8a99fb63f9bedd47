//! How much anybody may write into which field.
//!
//! Whatever is stored is shown to others again and again, and each reader pays for it. So a value is bounded
//! where it is written; what is too much is refused rather than cut, because its author can still mend it.

/// Most characters of a task's title.
pub const MAX_TITLE: usize = 200;
/// Most characters of a reason, a note or a role.
pub const MAX_REMARK: usize = 500;
/// Most bytes of a description, a decision or an entry of the activity log.
pub const MAX_BODY: usize = 16 * 1024;

/// Why a value does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// There is nothing in it.
    Empty,
    /// It has more than one line.
    SeveralLines,
    /// It is longer than the field allows.
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
        /// What both count.
        unit: &'static str,
    },
}

/// A title: one line of at most [`MAX_TITLE`] characters, blanks at its ends left out.
///
/// # Errors
/// [`Unfit`] says why it is none.
pub fn title(text: &str) -> Result<&str, Unfit> {
    let text = text.trim();
    if text.contains(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        return Err(Unfit::SeveralLines);
    }
    short(text, MAX_TITLE)
}

/// A reason, a note or a role: at most [`MAX_REMARK`] characters, every run of white space made one space.
///
/// # Errors
/// [`Unfit`] says why it is none.
pub fn remark(text: &str) -> Result<String, Unfit> {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    short(&folded, MAX_REMARK).map(str::to_owned)
}

/// A text of any number of lines and at most [`MAX_BODY`] bytes, kept as it is.
///
/// # Errors
/// [`Unfit`] says why it is none.
pub fn body(text: &str) -> Result<&str, Unfit> {
    if text.trim().is_empty() {
        Err(Unfit::Empty)
    } else if text.len() > MAX_BODY {
        Err(Unfit::TooLong {
            length: text.len(),
            limit: MAX_BODY,
            unit: "bytes",
        })
    } else {
        Ok(text)
    }
}

fn short(text: &str, limit: usize) -> Result<&str, Unfit> {
    let length = text.chars().count();
    match length {
        0 => Err(Unfit::Empty),
        _ if length > limit => Err(Unfit::TooLong {
            length,
            limit,
            unit: "characters",
        }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_is_not_empty() {
        assert_eq!(title("  Fix it \n"), Ok("Fix it"));
        assert_eq!(title(" \t\n"), Err(Unfit::Empty));
        assert_eq!(title("a\nb"), Err(Unfit::SeveralLines));
        assert_eq!(title("a\u{2028}b"), Err(Unfit::SeveralLines));
        assert!(title(&"ä".repeat(MAX_TITLE)).is_ok());
        assert!(matches!(
            title(&"ä".repeat(MAX_TITLE + 1)),
            Err(Unfit::TooLong { length: 201, .. })
        ));
    }

    #[test]
    fn a_remark_becomes_one_line() {
        assert_eq!(
            remark(" waits for\n\tan answer "),
            Ok("waits for an answer".to_owned())
        );
        assert_eq!(remark("\n"), Err(Unfit::Empty));
        assert!(remark(&"x".repeat(MAX_REMARK + 1)).is_err());
    }

    #[test]
    fn a_body_keeps_its_lines_and_is_bounded_in_bytes() {
        assert_eq!(body("a\n  b\n"), Ok("a\n  b\n"));
        assert_eq!(body(" \n "), Err(Unfit::Empty));
        assert!(body(&"ä".repeat(MAX_BODY / 2)).is_ok());
        assert!(body(&"ä".repeat(MAX_BODY / 2 + 1)).is_err());
    }
}
