//! The live console: the whole repository at a glance, and a prompt at which the human acts.
//!
//! Data flows one way. Keys and changes of the store become events; the state makes of an event what is shown and
//! what is asked of the world, and touches neither (`state`, with `view`, `prompt`, `command`, `action`); what is
//! shown is drawn from the state alone (`draw`, `layout`, `rows`). Only the loop below, the line to the store
//! (`link`), the runner of commands and the terminal's guard touch the world.
//!
//! Nothing is changed here but what the human has seen of its mail: whatever is entered runs as an ordinary command.

mod action;
mod command;
mod confirm;
mod detail;
mod draw;
mod input;
mod keys;
mod layout;
mod link;
mod pane;
mod prompt;
mod rows;
mod runner;
#[cfg(test)]
mod sample;
mod signals;
mod snapshot;
mod state;
mod terminal;
mod theme;
mod tree;
mod view;
mod words;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::action::Places;
use self::command::Plan;
use self::input::{Event, Key};
use self::link::Link;
use self::runner::Runner;
use self::signals::Signals;
use self::snapshot::Snapshot;
use self::state::{Effect, State};
use self::terminal::Terminal;
use self::theme::Theme;
use crate::domain::lock::{EVERYWHERE, Key as LockKey};
use crate::env::Env;
use crate::frame::{Field, clean};
use crate::place::Place;
use crate::repo::Project;

/// How long to wait for a key before the store is asked for news: what happens is shown within a quarter second.
const PAUSE: Duration = Duration::from_millis(100);
/// The same while a command runs, whose end is waited for.
const SHORT_PAUSE: Duration = Duration::from_millis(15);

/// What the console needs.
pub struct Setup<'a> {
    /// The outside world.
    pub env: &'a Env,
    /// The project and its store, which is there.
    pub place: &'a Place,
    /// Where commands run.
    pub cwd: &'a Path,
    /// The project that was named on the command line, for the commands.
    pub root: Option<PathBuf>,
    /// What stands before the prompt.
    pub name: &'a str,
}

/// How the console ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The human left, holding so many locks still.
    Left(usize),
    /// This signal came. [`end_by`] ends the process by it.
    Signal(i32),
}

/// Shows the repository until the human leaves or a signal comes. The terminal is given back before this returns.
///
/// # Errors
/// When the terminal is gone.
pub fn run(setup: &Setup<'_>) -> Result<Ended> {
    let signals = Signals::watch().context("watching for signals")?;
    let mut session = Session::new(setup);
    session.link.refresh(&mut session.state);
    let mut terminal = Terminal::take().context("taking the terminal")?;
    let ended = session.show(&mut terminal, &signals);
    let held = session.link.leave();
    drop(terminal);
    Ok(match ended? {
        Some(signal) => Ended::Signal(signal),
        None => Ended::Left(held),
    })
}

/// Ends this process as the signal would have.
///
/// # Errors
/// When the system does not let it.
pub fn end_by(signal: i32) -> std::io::Result<()> {
    signals::end_by(signal)
}

/// The keys and commands as the help shows them.
#[must_use]
pub fn help() -> String {
    draw::help()
}

/// The console while it is shown.
struct Session<'a> {
    setup: &'a Setup<'a>,
    state: State,
    link: Link<'a>,
    runner: Runner<'a>,
    theme: Theme,
}

impl<'a> Session<'a> {
    fn new(setup: &'a Setup<'a>) -> Self {
        let project = setup.place.project();
        let project_name = project.root.file_name().unwrap_or_default().to_string_lossy();
        let names = (
            clean(&project_name, Field::Name).to_string(),
            clean(setup.name, Field::Name).to_string(),
        );
        let seen = Snapshot::empty(setup.env.now());
        Self {
            setup,
            state: State::new(seen, places(project, setup.cwd), names, Terminal::size()),
            link: Link::new(setup.env, setup.place, setup.cwd.to_string_lossy().into_owned()),
            runner: Runner::new(setup.env, setup.root.clone()),
            theme: Theme {
                is_coloured: setup.env.is_output_coloured(),
            },
        }
    }

    /// Shows and does until it is over; the signal that ended it, if one did.
    fn show(&mut self, terminal: &mut Terminal, signals: &Signals) -> Result<Option<i32>> {
        let mut is_news = true;
        loop {
            if is_news {
                terminal.draw(&mut self.state, self.theme).context("drawing")?;
                let shown = self.state.newly_shown();
                self.link.shown(&mut self.state, shown);
            }
            let pause = if self.runner.is_busy() { SHORT_PAUSE } else { PAUSE };
            let events = Terminal::events(self.setup.env, pause);
            if let Some(signal) = signals.ending() {
                return Ok(Some(signal));
            }
            if signals.is_stopping() {
                terminal.suspend(signals::stop)?;
            }
            is_news = false;
            if signals.has_continued() {
                terminal.resume()?;
                is_news = true;
            }
            for event in events? {
                is_news = true;
                if let Event::Key(key) = event
                    && self.press(&key, terminal)?
                {
                    return Ok(None);
                }
            }
            if let Some((status, text)) = self.runner.poll() {
                self.state.end(status, text);
                self.link.look_again();
                is_news = true;
            }
            is_news |= self.link.refresh(&mut self.state);
        }
    }

    /// Does what a key means; says whether it ends the console.
    fn press(&mut self, key: &Key, terminal: &mut Terminal) -> Result<bool> {
        self.link.proved();
        for effect in self.state.press(key) {
            match effect {
                Effect::Quit => return Ok(true),
                Effect::Suspend => terminal.suspend(signals::stop)?,
                Effect::Redraw => terminal.forget()?,
                Effect::Look => self.link.explain(&mut self.state),
                Effect::Open(message) => self.link.open(&message),
                Effect::Run(plan) => self.consider(plan),
                Effect::Go(plan) => self.go(&plan),
                Effect::Stop => {
                    if let Some((status, text)) = self.runner.stop() {
                        self.state.end(status, text);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Runs commands, or asks first where somebody else would lose something by them.
    fn consider(&mut self, plan: Plan) {
        #[cfg(debug_assertions)]
        test_door(&plan);
        let setup = self.setup;
        let key = |typed: &str, is_everywhere: bool| {
            let mut key = setup.place.project().locate(setup.cwd, Path::new(typed)).key;
            if is_everywhere {
                EVERYWHERE.clone_into(&mut key.tree);
            }
            LockKey::Path(key)
        };
        match confirm::question(&plan, &self.state.seen, &key) {
            Some(question) => self.state.ask(question, plan),
            None => self.go(&plan),
        }
    }

    fn go(&mut self, plan: &Plan) {
        self.state.begin(plan.shown());
        self.runner.start(plan);
    }
}

/// In builds for tests a word that is no command of anybody's shows what a defect would do to the terminal.
#[cfg(debug_assertions)]
fn test_door(plan: &Plan) {
    assert!(plan.commands != [["panic-in-a-test"]], "asked for by a test");
}

/// Where the worktrees are.
fn places(project: &Project, cwd: &Path) -> Places {
    let mut trees = vec![(project.tree.clone(), project.worktree.clone())];
    if !project.tree.is_empty() && !project.is_bare() {
        trees.push((String::new(), project.root.clone()));
    }
    for top in project.linked_worktrees() {
        if let Some(checkout) = project.checkout(&top) {
            trees.push((checkout.tree, checkout.worktree));
        }
    }
    Places {
        cwd: cwd.to_owned(),
        trees,
    }
}
