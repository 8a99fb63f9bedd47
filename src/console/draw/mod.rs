//! The screen: what stands in each place. Everything drawn is harmless text; the buffer lets no control through.

mod list;
mod text;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr as _;

use super::keys::{BINDINGS, COMMANDS, MOVES};
use super::layout::{Area, Layout, Slot, layout, words};
use super::pane::Pane;
use super::prompt::Line;
use super::rows::Tone;
use super::state::{Mode, State};
use super::theme::Theme;
use crate::domain::presence::Presence;
use crate::domain::task::Status;
use crate::frame::conceal;
use crate::render;
use crate::render::table::cut;
use crate::render::words::counted;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State, theme: Theme) {
    let area = frame.area();
    state.resize((area.width, area.height));
    state.fit();
    let parts = layout(state.size(), state);
    let cursor = Screen {
        buffer: frame.buffer_mut(),
        theme,
    }
    .draw(state, &parts);
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// What is drawn on.
struct Screen<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
}

impl Screen<'_> {
    fn draw(&mut self, state: &mut State, parts: &Layout) -> Option<Position> {
        self.head(state, parts.head);
        self.tabs(state, parts.tabs);
        match state.mode {
            Mode::Help(_) => self.page(state, parts.body, "Keys and commands", &help()),
            Mode::Output(_) => {
                let output = state.output.clone().unwrap_or_default();
                self.page(
                    state,
                    parts.body,
                    &format!("agent-sync {}", output.command),
                    &output.text,
                );
            }
            Mode::Page(_) => {
                let title = format!("{}: {}", state.focus.title(), name_of(state));
                let text = state.detail.text.clone();
                self.page(state, parts.body, &title, &text);
            }
            _ => {
                for (slot, area) in &parts.slots {
                    match slot {
                        Slot::List(pane) => self.list(state, *pane, *area),
                        Slot::Details => self.details(state, *area),
                    }
                }
            }
        }
        for (row, (said, line)) in parts.words.rows().zip(words(state)) {
            self.put(row, &conceal(&line), self.theme.said(said));
        }
        self.foot(state, parts.foot)
    }

    /// Puts text at the beginning of a row, cut to it, and returns what is left of the row.
    fn put(&mut self, row: Rect, text: &str, style: Style) -> Rect {
        let room = usize::from(row.width);
        if room == 0 || row.height == 0 {
            return row;
        }
        let text = cut(text, room);
        let (end, _) = self.buffer.set_stringn(row.x, row.y, &text, room, style);
        Rect {
            x: end,
            width: row.right().saturating_sub(end),
            ..row
        }
    }

    /// A border with a title in it.
    fn border(&mut self, area: Area, title: &str, has_focus: bool) {
        let style = self.theme.border(has_focus);
        let Rect { x, y, width, height } = area.0;
        if width < 2 || height < 2 {
            return;
        }
        let line = "─".repeat(usize::from(width - 2));
        let (right, bottom) = (x + width - 1, y + height - 1);
        self.buffer.set_string(x, y, format!("┌{line}┐"), style);
        self.buffer.set_string(x, bottom, format!("└{line}┘"), style);
        for row in y + 1..bottom {
            self.buffer.set_string(x, row, "│", style);
            self.buffer.set_string(right, row, "│", style);
        }
        let room = Rect::new(x + 2, y, width.saturating_sub(4), 1);
        self.put(room, &format!(" {title} "), style);
    }

    /// How much there is of everything, and how it stands.
    fn head(&mut self, state: &State, row: Rect) {
        let seen = &state.seen;
        let strong = self.theme.tone(Tone::Strong);
        let mut row = self.put(row, &format!("agent-sync {} ", state.names.0), strong);
        if let Some(trouble) = &state.trouble {
            let text = format!(" NO NEWS: {} (looking for it) ", conceal(trouble));
            let style = self.theme.tone(Tone::Bad).add_modifier(Modifier::REVERSED);
            self.put(row, &text, style);
            return;
        }
        let here = seen.agents.iter().filter(|agent| agent.presence.is_living());
        let working = here
            .clone()
            .filter(|agent| agent.presence == Presence::Active)
            .count();
        let open = seen.count(Status::is_open);
        let all = seen.count(|status| status != Status::Cancelled);
        let blocked = seen.count(|status| status == Status::Blocked);
        let failed = seen.count(|status| status == Status::Failed);
        let for_you = seen.for_the_human().count();
        let done = seen.count(|status| status == Status::Done);
        let mut parts = vec![
            (for_you > 0).then(|| (format!("{for_you} for you"), Tone::Warning)),
            Some((format!("{} here, {working} working", here.count()), Tone::Plain)),
            Some((format!("{open} open, {done}/{all} done"), Tone::Plain)),
            (blocked > 0).then(|| (format!("{blocked} blocked"), Tone::Bad)),
            (failed > 0).then(|| (format!("{failed} failed"), Tone::Bad)),
            Some((counted(seen.locks.len() as u64, "lock"), Tone::Plain)),
        ];
        let waiting = seen.waiters.len();
        parts.push((waiting > 0).then(|| (format!("{waiting} waiting"), Tone::Warning)));
        for (text, tone) in parts.into_iter().flatten() {
            if usize::from(row.width) < text.width() + 2 {
                break;
            }
            row = self.put(row, "· ", self.theme.tone(Tone::Faint));
            row = self.put(row, &format!("{text} "), self.theme.tone(tone));
        }
    }

    /// The names of the lists, where one is shown at a time.
    fn tabs(&mut self, state: &State, mut row: Rect) {
        for pane in Pane::ALL {
            let is_here = pane == state.focus;
            let (shown, all) = state.view(pane).counts();
            let count = if shown == all {
                all.to_string()
            } else {
                format!("{shown}/{all}")
            };
            let text = format!("{} {} {count}", pane.index() + 1, pane.title());
            let style = if is_here {
                Theme::chosen(true)
            } else {
                Style::new()
            };
            row = self.put(row, &text, style);
            row = skip(row, 2);
        }
    }

    /// The prompt where somebody types, and else the keys that do something now.
    fn foot(&mut self, state: &State, row: Rect) -> Option<Position> {
        match &state.mode {
            Mode::Prompt(line) => return self.prompt(row, &format!("{}> ", state.names.1), line),
            Mode::Filter(line) => return self.prompt(row, "filter: ", line),
            _ => {}
        }
        let mut keys: Vec<(String, &str)> = match state.mode {
            Mode::Confirm { .. } => vec![("y".to_owned(), "yes"), ("n".to_owned(), "no")],
            Mode::Help(_) | Mode::Output(_) | Mode::Page(_) => {
                vec![("↑↓ PgUp PgDn".to_owned(), "scroll"), ("Esc".to_owned(), "back")]
            }
            _ => vec![
                ("?".to_owned(), "help"),
                (":".to_owned(), "command"),
                ("/".to_owned(), "filter"),
                ("q".to_owned(), "quit"),
            ],
        };
        if matches!(state.mode, Mode::Browse | Mode::Page(_)) {
            let here = BINDINGS
                .iter()
                .filter(|binding| binding.pane == Some(state.focus));
            let everywhere = BINDINGS.iter().filter(|binding| binding.pane.is_none());
            keys.extend(
                here.chain(everywhere)
                    .map(|binding| (binding.key.to_string(), binding.short)),
            );
        }
        let mut row = row;
        for (key, what) in keys {
            if usize::from(row.width) < key.width() + what.width() + 1 {
                break;
            }
            row = skip(self.put(row, &key, self.theme.key()), 1);
            row = skip(self.put(row, what, self.theme.tone(Tone::Faint)), 2);
        }
        None
    }

    fn prompt(&mut self, row: Rect, label: &str, line: &Line) -> Option<Position> {
        let room = self.put(row, label, self.theme.key());
        let (text, column) = line.window(usize::from(room.width));
        self.put(room, &text, Style::new());
        let column = u16::try_from(column).unwrap_or(0);
        (room.width > 0).then(|| Position::new(room.x + column.min(room.width - 1), room.y))
    }
}

/// What is left of a row behind so many columns.
fn skip(row: Rect, columns: u16) -> Rect {
    let columns = columns.min(row.width);
    Rect {
        x: row.x + columns,
        width: row.width - columns,
        ..row
    }
}

/// What is chosen, in a word.
fn name_of(state: &State) -> String {
    let Some((pane, key)) = state.chosen() else {
        return String::new();
    };
    let seen = &state.seen;
    let name = match pane {
        Pane::Agents => seen.agent(key).map(|agent| agent.name.clone()),
        Pane::Locks => {
            let lock = key.split(' ').next().and_then(|fence| seen.lock(fence));
            lock.map(|lock| render::lock::name(lock).to_string())
        }
        Pane::Tasks | Pane::Messages | Pane::Decisions | Pane::Activity => None,
    };
    conceal(name.as_deref().unwrap_or(key))
}

/// The help: every key and every word that the prompt takes.
pub(super) fn help() -> String {
    let mut text = String::from("MOVING ABOUT\n");
    let line = |keys: &str, what: &str| {
        format!(
            "  {keys}{}{what}\n",
            " ".repeat(24_usize.saturating_sub(keys.width()))
        )
    };
    for (keys, what) in MOVES {
        text.push_str(&line(keys, what));
    }
    text.push_str("\nDOING SOMETHING: the key writes the command for you, Enter runs it\n");
    for binding in BINDINGS {
        let only = binding
            .pane
            .map(|pane| format!("  ({})", pane.title()))
            .unwrap_or_default();
        text.push_str(&line(&format!("{}{only}", binding.key), binding.what));
    }
    text.push_str("\nAT THE PROMPT: what follows -- or --reason needs no quotes\n");
    for (command, what) in COMMANDS {
        text.push_str(&line(command, what));
    }
    text.push_str(
        "\nMARKS\n  * not read yet   ? to be acknowledged by you   + acknowledged   └ stands below, or waits for\n",
    );
    text
}

#[cfg(test)]
mod tests;
