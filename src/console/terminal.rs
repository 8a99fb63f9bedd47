//! The terminal: taken when the console begins, and given back as it was however the console ends.
//!
//! The program may end without its values being dropped: a panic aborts a released program, and a signal ends any. So
//! giving back is a function of its own that may be called at any time and does something once: by the guard's end,
//! by the panic hook before it reports, and before the program stops or ends by a signal.

use std::io::{self, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Terminal as Drawing;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, poll, read};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};

use super::input::{self, Event};
use super::state::State;
use super::theme::Theme;
use crate::env::{Env, Input};

/// Whether the terminal is taken.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that is taken; given back when this is dropped.
pub(super) struct Terminal {
    drawing: Drawing<CrosstermBackend<io::Stdout>>,
}

impl Terminal {
    /// Takes the terminal.
    pub(super) fn take() -> io::Result<Self> {
        give_back_before_a_panic_is_told();
        let taken = enter().and_then(|()| {
            // From its first question on the library hears of the terminal's new sizes.
            poll(Duration::ZERO)?;
            Drawing::new(CrosstermBackend::new(stdout()))
        });
        match taken {
            Ok(drawing) => Ok(Self { drawing }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Its size in columns and rows.
    pub(super) fn size() -> (u16, u16) {
        size().unwrap_or((80, 24))
    }

    /// Draws the console where it looks different than before.
    pub(super) fn draw(&mut self, state: &mut State, theme: Theme) -> io::Result<()> {
        self.drawing
            .draw(|frame| super::draw::draw(frame, state, theme))?;
        Ok(())
    }

    /// Draws everything anew the next time.
    pub(super) fn forget(&mut self) -> io::Result<()> {
        self.drawing.clear()
    }

    /// What happened at the terminal, waiting at most so long for it.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn events(env: &Env, longest: Duration) -> io::Result<Vec<Event>> {
        // The library would read the end of a terminal for ever.
        if env.wait_for_input(longest)? == Input::Gone {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the terminal is gone",
            ));
        }
        let mut events = Vec::new();
        while poll(Duration::ZERO)? {
            events.extend(input::events(read()?));
        }
        Ok(events)
    }

    /// Gives the terminal back, stops this process, and takes the terminal again when it goes on.
    pub(super) fn suspend(&mut self, stop: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        give_back();
        stop()?;
        self.resume()
    }

    /// Takes the terminal again after this process stood still.
    pub(super) fn resume(&mut self) -> io::Result<()> {
        give_back();
        enter()?;
        self.forget()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    IS_TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// Gives the terminal back as it was; a second time there is nothing to do. That it has gone is nobody's trouble.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _gone = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _gone = disable_raw_mode();
}

/// A panic is told on a terminal that can show it.
fn give_back_before_a_panic_is_told() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        tell(panic);
    }));
}
