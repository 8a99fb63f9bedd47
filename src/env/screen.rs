//! A terminal that the program has to itself for a while.
//!
//! Whoever takes the screen has to give it back as it was, whatever ends the program: its own will, an error, a
//! panic (which aborts in a released program), a signal. So there is one guard that takes and gives back, signals
//! are waited for beside everything else, and what only the system can do with them is left to it afterwards.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::low_level;

use super::Watch;
use super::signals::Signals;

/// Another screen, and no cursor on it; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// A frame is shown as a whole where the terminal can do that.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[J\x1b[?2026l";

/// What ends a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// The watched file was written to.
    Written,
    /// Nothing happened for as long as was asked for.
    Late,
    /// The terminal was resized, or the program goes on after a stop: draw anew.
    Redraw,
    /// A key was pressed.
    Key(u8),
    /// A signal wants the program to end.
    Signal(i32),
}

/// How the terminal was before it was taken, while it is taken.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);
static HOOK: Once = Once::new();

#[derive(Clone)]
struct Before {
    input: Option<Termios>,
}

/// The terminal, for as long as this lives.
#[derive(Debug)]
pub struct Screen {
    signals: Signals,
    has_keys: bool,
}

impl Screen {
    /// Takes the terminal that standard output is; `None` where it is none.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn open() -> io::Result<Option<Self>> {
        if !io::stdout().is_terminal() {
            return Ok(None);
        }
        let signals = Signals::of(&[SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH])?;
        let mut screen = Self {
            signals,
            has_keys: false,
        };
        HOOK.call_once(|| {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                leave();
                usual(panic);
            }));
        });
        screen.has_keys = enter()?;
        Ok(Some(screen))
    }

    /// How many columns and lines the terminal has.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(io::stdout()).ok();
        let size = size.filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or((80, 24), |size| {
            (usize::from(size.ws_col), usize::from(size.ws_row))
        })
    }

    /// Shows these lines, each no wider than the terminal and not more than it has, and nothing else.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        let choice = anstream::AutoStream::choice(&output);
        let plain;
        let text = if choice == anstream::ColorChoice::Never {
            plain = anstream::adapter::strip_str(text).to_string();
            &plain
        } else {
            text
        };
        let lines: Vec<String> = text.lines().map(|line| format!("{line}\x1b[K")).collect();
        write!(output, "{BEGIN}{}{END}", lines.join("\r\n"))?;
        output.flush()
    }

    /// Waits until something is worth another look, at most this long. Stops with the program where the person at
    /// the terminal wants it to.
    ///
    /// # Errors
    /// When the terminal cannot be taken again after a stop.
    pub fn wait(&self, watch: &Watch, longest: Duration) -> io::Result<Wake> {
        let input = self.has_keys.then(stdin);
        let mut others: Vec<BorrowedFd<'_>> = vec![self.signals.wakes()];
        others.extend(input.as_ref().map(std::os::fd::AsFd::as_fd));
        let is_written = watch.wait_beside(&others, longest);
        match self.signals.next() {
            None => {}
            Some(SIGWINCH) => return Ok(Wake::Redraw),
            Some(SIGTSTP) => {
                leave();
                low_level::emulate_default_handler(SIGTSTP)?;
                enter()?;
                return Ok(Wake::Redraw);
            }
            Some(signal) => return Ok(Wake::Signal(signal)),
        }
        if let Some(input) = &input
            && let Some(key) = key(input.as_fd())
        {
            return Ok(Wake::Key(key));
        }
        Ok(if is_written { Wake::Written } else { Wake::Late })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Ends the program as the system does when nobody waits for this signal.
///
/// # Errors
/// When the system refuses.
pub fn end_by(signal: i32) -> io::Result<()> {
    low_level::emulate_default_handler(signal)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that knows the streams"
)]
fn stdin() -> io::Stdin {
    io::stdin()
}

/// A key that was pressed, if one was.
fn key(input: BorrowedFd<'_>) -> Option<u8> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let at_once = Timespec::try_from(Duration::ZERO).ok();
    let mut ready = [PollFd::new(&input, PollFlags::IN)];
    if poll(&mut ready, at_once.as_ref()).is_ok_and(|ready| ready == 0) {
        return None;
    }
    let mut keys = [0; 64];
    let count = rustix::io::read(input, &mut keys).ok()?;
    // Nobody is at the other end any more: as if they had gone by themselves.
    Some(if count == 0 { b'q' } else { keys[0] })
}

/// Takes the screen, and keys one by one and unseen where standard input is the terminal; says whether it is.
fn enter() -> io::Result<bool> {
    let input = stdin();
    let before = tcgetattr(&input).ok();
    let has_keys = before.is_some();
    if let Some(before) = &before {
        let mut taken = before.clone();
        taken.local_modes -= LocalModes::ECHO | LocalModes::ICANON;
        tcsetattr(&input, OptionalActions::Now, &taken)?;
    }
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Before { input: before });
    let mut output = io::stdout();
    output.write_all(ENTER.as_bytes())?;
    output.flush()?;
    Ok(has_keys)
}

/// Gives the terminal back as it was; nothing where it was not taken.
fn leave() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Before { input }) = before else { return };
    let mut output = io::stdout();
    let _nobody_looks = output.write_all(LEAVE.as_bytes());
    let _nobody_looks = output.flush();
    if let Some(input) = input {
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &input);
    }
}
