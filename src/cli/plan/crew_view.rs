//! How a crew is shown while it works: a page on a terminal, lines elsewhere, lines of JSON for programs.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;

use super::super::Context;
use crate::crew::Face;
use crate::domain::crew::{Picture, State};
use crate::env::Watch;
use crate::env::screen::{Screen, Wake};
use crate::env::signals::Signals;
use crate::render;

/// Where a crew is shown.
pub(super) struct Page<'a> {
    context: &'a Context<'a>,
    stage: Stage,
}

enum Stage {
    /// A terminal that is drawn on anew; what it shows.
    Screen(Screen, String),
    /// Lines about what has changed: the state and the task of each session as they were told.
    Lines(Signals, HashMap<String, (State, u32, Option<String>)>),
    /// A line of JSON for every change; the last one.
    Json(Signals, String),
    /// Nothing.
    Quiet(Signals),
}

impl<'a> Page<'a> {
    /// Takes the terminal, where standard output is one.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn open(context: &'a Context<'a>) -> Result<Self> {
        let stage = if context.global.json {
            Stage::Json(Signals::watch()?, String::new())
        } else if context.global.quiet {
            Stage::Quiet(Signals::watch()?)
        } else if let Some(screen) = Screen::open()? {
            Stage::Screen(screen, String::new())
        } else {
            Stage::Lines(Signals::watch()?, HashMap::new())
        };
        Ok(Self { context, stage })
    }
}

impl Face for Page<'_> {
    fn show(&mut self, picture: &Picture) {
        let context = self.context;
        match &mut self.stage {
            Stage::Quiet(_) => {}
            Stage::Screen(screen, shown) => {
                let (width, height) = screen.size();
                let page = render::crew::page(picture, &context.env.now(), Some(width));
                let lines: Vec<&str> = page.lines().take(height).collect();
                let page = lines.join("\n");
                if page != *shown {
                    let _nobody_looks = screen.draw(&page);
                    *shown = page;
                }
            }
            Stage::Lines(_, told) => {
                for shown in &picture.sessions {
                    let session = &shown.session;
                    let task = shown.task.as_ref().map(|(id, _)| id.clone());
                    let now = (session.state, session.starts, task);
                    let before = told.get(&session.name);
                    // That a task is finished is told by the next one, or by the end.
                    let is_between = now.2.is_none()
                        && before.is_some_and(|before| (before.0, before.1) == (now.0, now.1));
                    if before != Some(&now) && !is_between {
                        let _nobody_reads = context.print(&render::crew::change(shown));
                        told.insert(session.name.clone(), now);
                    }
                }
            }
            Stage::Json(_, last) => {
                let line = render::json::to_line(&render::crew::Json::new(picture)) + "\n";
                if line != *last {
                    let _nobody_reads = context.print(&line);
                    *last = line;
                }
            }
        }
    }

    fn wait(&mut self, watch: &Watch, longest: Duration) -> Result<Option<i32>> {
        match &mut self.stage {
            Stage::Lines(signals, _) | Stage::Json(signals, _) | Stage::Quiet(signals) => {
                Ok(signals.wait(watch, longest))
            }
            Stage::Screen(screen, shown) => match screen.wait(watch, longest)? {
                Wake::Signal(signal) => Ok(Some(signal)),
                Wake::Redraw => {
                    shown.clear();
                    Ok(None)
                }
                Wake::Key(_) | Wake::Written | Wake::Late => Ok(None),
            },
        }
    }
}
