//! Where the console stands, and what a key makes of it. Nothing here touches a terminal or the store.

use super::action::{self, Places};
use super::command::{Plan, Typed, parse};
use super::detail::Detail;
use super::input::Key;
use super::keys::{Action, action as bound};
use super::layout::{Slot, is_wide, layout};
use super::pane::Pane;
use super::prompt::{History, Line};
use super::rows::rows;
use super::snapshot::Snapshot;
use super::view::View;
use crate::domain::message::State as Delivery;

/// What somebody is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// Looks at the lists.
    Browse,
    /// Types what to filter for.
    Filter(Line),
    /// Types a command.
    Prompt(Line),
    /// Is asked whether this is meant.
    Confirm { question: String, plan: Plan },
    /// Reads the help, from this line on.
    Help(usize),
    /// Reads what the last command said, from this line on.
    Output(usize),
    /// Reads all about what is chosen, from this line on.
    Page(usize),
}

/// What the last command said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Output {
    /// The command.
    pub(super) command: String,
    /// How it ended; not yet where there is nothing.
    pub(super) status: Option<i32>,
    /// What it printed.
    pub(super) text: String,
}

/// What a key asks the world for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    Quit,
    Suspend,
    Redraw,
    /// Read about what is chosen now.
    Look,
    /// Note that the human has opened this message.
    Open(String),
    /// Run these, after a question where somebody would lose something.
    Run(Plan),
    /// Run these: the question was answered.
    Go(Plan),
    /// Stop the command that runs.
    Stop,
}

/// Most lines of what a command said that are shown at the foot; more open a page of their own.
pub(super) const MOST_AT_FOOT: usize = 3;

/// Where the console stands.
pub(super) struct State {
    pub(super) seen: Snapshot,
    pub(super) focus: Pane,
    /// Which of decisions and activity is shown where there is room for one.
    pub(super) record: Pane,
    views: [View; 6],
    pub(super) mode: Mode,
    pub(super) output: Option<Output>,
    /// Whether nobody has pressed a key since it was said.
    pub(super) is_just_said: bool,
    pub(super) detail: Detail,
    pub(super) detail_top: usize,
    /// A word of the console's own.
    pub(super) notice: Option<String>,
    /// Why there is nothing new.
    pub(super) trouble: Option<String>,
    history: History,
    places: Places,
    /// The project, and what stands before the prompt.
    pub(super) names: (String, String),
    size: (u16, u16),
}

impl State {
    /// The console of a project with nothing in it yet.
    pub(super) fn new(seen: Snapshot, places: Places, names: (String, String), size: (u16, u16)) -> Self {
        Self {
            seen,
            focus: Pane::Agents,
            record: Pane::Activity,
            views: std::array::from_fn(|_| View::default()),
            mode: Mode::Browse,
            output: None,
            is_just_said: false,
            detail: Detail::default(),
            detail_top: 0,
            notice: None,
            trouble: None,
            history: History::default(),
            places,
            names,
            size,
        }
    }

    /// The list, as somebody looks at it.
    pub(super) const fn view(&self, pane: Pane) -> &View {
        &self.views[pane.index()]
    }

    /// What is chosen: in which list, and by which key it is found.
    pub(super) fn chosen(&self) -> Option<(Pane, &str)> {
        let row = self.view(self.focus).chosen()?;
        Some((self.focus, row.key.as_str()))
    }

    /// Takes over what was read.
    pub(super) fn renew(&mut self, seen: Snapshot) {
        self.seen = seen;
        for pane in Pane::ALL {
            self.views[pane.index()].renew(rows(pane, &self.seen));
        }
    }

    /// Takes over what was read about what is chosen.
    pub(super) fn explain(&mut self, detail: Detail) {
        if detail.about != self.detail.about {
            self.detail_top = 0;
        }
        self.detail = detail;
    }

    /// The terminal has this size now.
    pub(super) const fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
    }

    /// Scrolls every list so that what is chosen is seen.
    pub(super) fn fit(&mut self) {
        for (slot, area) in layout(self.size, self).slots {
            if let Slot::List(pane) = slot {
                self.views[pane.index()].fit(area.rows());
            }
        }
    }

    /// The messages to the human that stand on the screen and have not been before.
    pub(super) fn newly_shown(&self) -> Vec<String> {
        let is_new = |id: &str| {
            let message = self.seen.message(id);
            message.is_some_and(|message| message.state(&self.seen.now) == Some(Delivery::Queued))
        };
        let lists = matches!(
            self.mode,
            Mode::Browse | Mode::Filter(_) | Mode::Prompt(_) | Mode::Confirm { .. }
        );
        let slots = layout(self.size, self).slots;
        let area = slots.iter().find(|(slot, _)| *slot == Slot::List(Pane::Messages));
        let Some((_, area)) = area.filter(|_| lists) else {
            return Vec::new();
        };
        let rows = self.view(Pane::Messages).seen(area.rows());
        rows.map(|(row, _)| row.key.clone())
            .filter(|id| is_new(id))
            .collect()
    }

    /// Asks whether this is meant.
    pub(super) fn ask(&mut self, question: String, plan: Plan) {
        self.mode = Mode::Confirm { question, plan };
    }

    /// A command has begun.
    pub(super) fn begin(&mut self, command: String) {
        self.output = Some(Output {
            command,
            ..Output::default()
        });
    }

    /// A command has ended.
    pub(super) fn end(&mut self, status: i32, text: String) {
        let is_long = text.lines().count() > MOST_AT_FOOT;
        if let Some(output) = &mut self.output {
            output.status = Some(status);
            output.text = text;
        }
        self.is_just_said = true;
        if is_long && self.mode == Mode::Browse {
            self.mode = Mode::Output(0);
        }
    }

    /// Does what a key means.
    pub(super) fn press(&mut self, key: &Key) -> Vec<Effect> {
        match key {
            Key::Control('c') => return self.interrupt(),
            Key::Control('z') => return vec![Effect::Suspend],
            Key::Control('l') => return vec![Effect::Redraw],
            _ => {}
        }
        let before = self.chosen().map(|(pane, key)| (pane, key.to_owned()));
        self.notice = None;
        self.is_just_said = false;
        let mut effects = match std::mem::replace(&mut self.mode, Mode::Browse) {
            Mode::Browse => self.browse(key),
            Mode::Filter(line) => self.type_filter(key, line),
            Mode::Prompt(line) => self.type_command(key, line),
            Mode::Confirm { question, plan } => match key {
                Key::Char('y' | 'Y') => vec![Effect::Go(plan)],
                Key::Char('n' | 'N' | 'q') | Key::Escape => {
                    self.notice = Some("not done".to_owned());
                    Vec::new()
                }
                _ => {
                    self.mode = Mode::Confirm { question, plan };
                    Vec::new()
                }
            },
            Mode::Help(top) => self.read(key, top, Mode::Help),
            Mode::Output(top) => self.read(key, top, Mode::Output),
            Mode::Page(top) => self.read(key, top, Mode::Page),
        };
        if self.chosen().map(|(pane, key)| (pane, key.to_owned())) != before {
            effects.push(Effect::Look);
        }
        effects
    }

    /// Ctrl-C leaves what one is in the middle of, and else the console.
    fn interrupt(&mut self) -> Vec<Effect> {
        if self.is_running() {
            return vec![Effect::Stop];
        }
        match self.mode {
            Mode::Filter(_) | Mode::Prompt(_) | Mode::Confirm { .. } => {
                self.mode = Mode::Browse;
                Vec::new()
            }
            _ => vec![Effect::Quit],
        }
    }

    /// Whether a command runs.
    pub(super) fn is_running(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.status.is_none())
    }

    fn browse(&mut self, key: &Key) -> Vec<Effect> {
        let page = isize::try_from(self.page().max(2) - 1).unwrap_or(isize::MAX);
        match key {
            Key::Char('q') => return vec![Effect::Quit],
            Key::Char('?') => self.mode = Mode::Help(0),
            Key::Char('o') if self.output.is_some() => self.mode = Mode::Output(0),
            Key::Char('o') => self.notice = Some("no command was run yet".to_owned()),
            Key::Char(':') => self.open_prompt(""),
            Key::Char('/') => self.mode = Mode::Filter(Line::new(self.view(self.focus).filter())),
            Key::Char(digit @ '1'..='6') => {
                let index = digit.to_digit(10).unwrap_or(1) as usize - 1;
                self.go_to(Pane::ALL[index]);
            }
            Key::Tab | Key::Right => self.go_to(self.beside(1)),
            Key::BackTab | Key::Left => self.go_to(self.beside(Pane::ALL.len() - 1)),
            Key::Down | Key::Char('j') => self.go(1),
            Key::Up | Key::Char('k') => self.go(-1),
            Key::PageDown | Key::Control('f') => self.go(page),
            Key::PageUp | Key::Control('b') => self.go(-page),
            Key::Home | Key::Char('g') => self.go(isize::MIN),
            Key::End | Key::Char('G') => self.go(isize::MAX),
            Key::Char('J') => self.detail_top = self.detail_top.saturating_add(1),
            Key::Char('K') => self.detail_top = self.detail_top.saturating_sub(1),
            Key::Enter => return self.open(),
            Key::Escape if self.is_running() => return vec![Effect::Stop],
            Key::Escape => self.filter(""),
            _ => {
                if let Some(action) = bound(key, self.focus) {
                    self.prepare(action);
                }
            }
        }
        Vec::new()
    }

    /// How many rows the list that has the focus shows.
    fn page(&self) -> usize {
        let slots = layout(self.size, self).slots;
        let mut areas = slots.iter().filter(|(slot, _)| *slot == Slot::List(self.focus));
        areas.next().map_or(1, |(_, area)| area.rows())
    }

    fn beside(&self, by: usize) -> Pane {
        Pane::ALL[(self.focus.index() + by) % Pane::ALL.len()]
    }

    fn go_to(&mut self, pane: Pane) {
        self.focus = pane;
        if matches!(pane, Pane::Decisions | Pane::Activity) {
            self.record = pane;
        }
    }

    fn go(&mut self, by: isize) {
        self.views[self.focus.index()].go(by);
    }

    fn filter(&mut self, words: &str) {
        let view = &mut self.views[self.focus.index()];
        view.set_filter(words);
        view.renew(rows(self.focus, &self.seen));
    }

    fn open(&mut self) -> Vec<Effect> {
        let Some((pane, key)) = self.chosen() else {
            return Vec::new();
        };
        let opened = (pane == Pane::Messages).then(|| Effect::Open(key.to_owned()));
        self.mode = Mode::Page(0);
        opened.into_iter().collect()
    }

    fn open_prompt(&mut self, text: &str) {
        self.history.reset();
        self.mode = Mode::Prompt(Line::new(text));
    }

    fn prepare(&mut self, action: Action) {
        let chosen = self.chosen().map(|(_, key)| key);
        match action::line(action, self.focus, chosen, &self.seen, &self.places) {
            Ok(line) => self.open_prompt(&line),
            Err(why) => self.notice = Some(why.to_owned()),
        }
    }

    fn type_filter(&mut self, key: &Key, mut line: Line) -> Vec<Effect> {
        match key {
            Key::Enter => {}
            Key::Escape => self.filter(""),
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => {
                self.mode = Mode::Filter(line);
                let page = isize::try_from(self.page()).unwrap_or(isize::MAX);
                self.go(match key {
                    Key::Up => -1,
                    Key::Down => 1,
                    Key::PageUp => -page,
                    _ => page,
                });
            }
            Key::Backspace if line.text().is_empty() => {}
            _ => {
                line.edit(key);
                self.filter(&line.text());
                self.mode = Mode::Filter(line);
            }
        }
        Vec::new()
    }

    fn type_command(&mut self, key: &Key, mut line: Line) -> Vec<Effect> {
        match key {
            Key::Enter => return self.enter(&line.text()),
            Key::Escape => return Vec::new(),
            // As everywhere, the end of input at an empty prompt is the end.
            Key::Control('d') if line.text().is_empty() => return vec![Effect::Quit],
            Key::Backspace if line.text().is_empty() => return Vec::new(),
            Key::Up | Key::Down | Key::Control('p' | 'n') => {
                let is_back = matches!(key, Key::Up | Key::Control('p'));
                if let Some(text) = self.history.step(is_back, &line.text()) {
                    line = Line::new(&text);
                }
            }
            _ => {
                line.edit(key);
            }
        }
        self.mode = Mode::Prompt(line);
        Vec::new()
    }

    fn enter(&mut self, text: &str) -> Vec<Effect> {
        self.history.push(text);
        match parse(text, &self.seen) {
            Typed::Nothing => {}
            Typed::Quit => return vec![Effect::Quit],
            Typed::Help => self.mode = Mode::Help(0),
            Typed::Show(pane) => self.go_to(pane),
            Typed::Run(_) if self.is_running() => {
                self.notice = Some("one command at a time: Esc stops the one that runs".to_owned());
                self.mode = Mode::Prompt(Line::new(text));
            }
            Typed::Run(plan) => return vec![Effect::Run(plan)],
            Typed::Trouble(why) => {
                self.notice = Some(why);
                self.mode = Mode::Prompt(Line::new(text));
            }
        }
        Vec::new()
    }

    /// Scrolls a page of text, or leaves it.
    fn read(&mut self, key: &Key, top: usize, mode: fn(usize) -> Mode) -> Vec<Effect> {
        let page = usize::from(self.size.1.saturating_sub(6)).max(1);
        let top = match key {
            Key::Down | Key::Char('j') | Key::Enter => top.saturating_add(1),
            Key::Up | Key::Char('k') => top.saturating_sub(1),
            Key::PageDown | Key::Char(' ') | Key::Control('f') => top.saturating_add(page),
            Key::PageUp | Key::Control('b') => top.saturating_sub(page),
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => usize::MAX,
            Key::Escape | Key::Char('q' | '?' | 'o') => return Vec::new(),
            Key::Char(':') => {
                self.open_prompt("");
                return Vec::new();
            }
            _ => {
                // What acts on what is chosen does so here, too.
                if let Some(action) = bound(key, self.focus).filter(|_| mode(0) == Mode::Page(0)) {
                    self.prepare(action);
                    return Vec::new();
                }
                top
            }
        };
        self.mode = mode(top);
        Vec::new()
    }

    /// Keeps a page of text from being scrolled beyond its end: `lines` long, `height` of them shown.
    pub(super) fn bound_page(&mut self, lines: usize, height: usize) {
        let last = lines.saturating_sub(height);
        if let Mode::Help(top) | Mode::Output(top) | Mode::Page(top) = &mut self.mode {
            *top = (*top).min(last);
        }
    }

    /// Whether all lists are shown at once.
    pub(super) const fn is_wide(&self) -> bool {
        is_wide(self.size)
    }

    /// The size of the terminal.
    pub(super) const fn size(&self) -> (u16, u16) {
        self.size
    }
}

#[cfg(test)]
mod tests;
