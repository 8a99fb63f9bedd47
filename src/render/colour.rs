//! The few colours there are.
//!
//! A colour stands for a meaning, not for a taste, and never carries it alone: the words say the same.
//! Text is always wrapped here and `anstream` takes the codes out again wherever they do not belong (no
//! terminal, `NO_COLOR`, `--color never`), so no renderer has to ask where its text is going.

use anstyle::{AnsiColor, Style};

/// All is well, or it is free, or it is done.
pub const OK: Style = AnsiColor::Green.on_default();

/// Worth a look.
pub const WARN: Style = AnsiColor::Yellow.on_default();

/// Refused or failed.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();

/// Beside the point: ages, hints, what is gone.
pub const DIM: Style = Style::new().dimmed();

/// Above a list or a column.
pub const HEADING: Style = Style::new().bold();

/// `text` as [`OK`].
#[must_use]
pub fn ok(text: &(impl AsRef<str> + ?Sized)) -> String {
    paint(OK, text.as_ref())
}

/// `text` as [`WARN`].
#[must_use]
pub fn warn(text: &(impl AsRef<str> + ?Sized)) -> String {
    paint(WARN, text.as_ref())
}

/// `text` as [`ERROR`].
#[must_use]
pub fn error(text: &(impl AsRef<str> + ?Sized)) -> String {
    paint(ERROR, text.as_ref())
}

/// `text` as [`DIM`].
#[must_use]
pub fn dim(text: &(impl AsRef<str> + ?Sized)) -> String {
    paint(DIM, text.as_ref())
}

/// `text` as [`HEADING`].
#[must_use]
pub fn heading(text: &(impl AsRef<str> + ?Sized)) -> String {
    paint(HEADING, text.as_ref())
}

/// `text` in `style`; without any codes when the style is plain or there is nothing to paint.
#[must_use]
pub fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Clean, Field, clean};

    #[test]
    fn a_style_is_taken_back_after_the_text() {
        assert_eq!(ok("free"), "\x1b[32mfree\x1b[0m");
        assert_eq!(error(&Clean::literal("error:")), "\x1b[1m\x1b[31merror:\x1b[0m");
    }

    #[test]
    fn plain_or_empty_text_gets_no_codes() {
        assert_eq!(paint(Style::new(), "text"), "text");
        assert_eq!(dim(""), "");
    }

    #[test]
    fn without_its_codes_the_text_is_what_it_was() {
        let name = clean("a <b>", Field::Name);
        for painted in [ok(&name), warn(&name), error(&name), dim(&name), heading(&name)] {
            assert_eq!(
                anstream::adapter::strip_str(&painted).to_string(),
                name.to_string()
            );
        }
    }
}
