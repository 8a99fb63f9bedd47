//! How tones look. The sixteen colours of the terminal, so that a light background is as good as a dark one; and
//! where there are no colours, bold, faint and reversed letters say as much.

use ratatui::style::{Color, Modifier, Style};

use super::layout::Said;
use super::rows::Tone;

/// How tones look on this terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Theme {
    pub(super) is_coloured: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.is_coloured {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// A piece of a row.
    pub(super) fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Good => self.colour(Color::Green),
            Tone::Warning => self.colour(Color::Yellow).add_modifier(Modifier::BOLD),
            Tone::Bad => self.colour(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Faint => Style::new().add_modifier(Modifier::DIM),
            Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// The row that is chosen: in the list that has the focus, for no other one is meant by any key.
    pub(super) fn chosen(has_focus: bool) -> Style {
        if has_focus {
            Style::new()
                .add_modifier(Modifier::REVERSED)
                .remove_modifier(Modifier::DIM)
        } else {
            Style::new()
        }
    }

    /// The border and the title of a place.
    pub(super) fn border(self, has_focus: bool) -> Style {
        if has_focus {
            self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    /// A key in the line at the foot or in the help.
    pub(super) fn key(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// A line above the foot.
    pub(super) fn said(self, said: Said) -> Style {
        match said {
            Said::Question => self.tone(Tone::Warning),
            Said::Notice => self.tone(Tone::Plain),
            Said::Done => self.tone(Tone::Good),
            Said::Failed => self.tone(Tone::Bad),
        }
    }
}
