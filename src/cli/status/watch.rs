//! `agent-sync status --watch`: the picture for as long as somebody looks at it.
//!
//! It is drawn anew when something has been written to the store, and now and then because time passes: nobody
//! writes that a session has been killed. Between two looks the program sleeps. The store is opened for each
//! picture, so that one that was restored or made meanwhile is looked at, too.

use std::time::Duration;

use anyhow::Result;

use super::super::Context;
use super::super::session::Session;
use super::{Everything, page};
use crate::env::screen::{Screen, Wake, end_by};
use crate::error::Refusal;
use crate::frame::neutralise;
use crate::render;
use crate::render::colour::dim;

/// How soon after something was written its writer is through with it, and how long the picture stays at least.
const SETTLES: Duration = Duration::from_millis(100);
/// How often something that was written to is looked at until it has changed.
const LOOKS: u32 = 50;
/// The shortest time between two pictures of which nothing says that they differ.
const SHORTEST: Duration = Duration::from_millis(200);

pub(super) fn run(context: &Context<'_>, interval: Duration) -> Result<()> {
    let interval = interval.max(SHORTEST);
    if context.env.is_agent_shell() {
        return Err(
            Refusal::refused("--watch never ends by itself, so it is for people")
                .hint("`agent-sync status` shows it once, `agent-sync inbox --wait` waits for mail")
                .into(),
        );
    }
    if context.global.json {
        return stream(context, interval);
    }
    // What cannot be shown at all is told as everywhere.
    let me = context.onlooker()?.0.identity().id.clone();
    let Some(screen) = Screen::open()? else {
        return Err(
            Refusal::usage("--watch draws on a terminal, and standard output is none")
                .hint("add --json to get a line for every change, or leave --watch out")
                .into(),
        );
    };
    let end = draw_on(context, &screen, &me, interval);
    drop(screen);
    if let Some(signal) = end? {
        end_by(signal)?;
    }
    Ok(())
}

/// Draws until a key or a signal ends it; says which signal.
fn draw_on(context: &Context<'_>, screen: &Screen, me: &str, interval: Duration) -> Result<Option<i32>> {
    let mut shown = String::new();
    loop {
        let mut opened = context.onlooker().map(|(session, _)| session);
        let size = screen.size();
        let seen = opened.as_mut().map(|session| picture(context, session, me, size));
        let text = match seen {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => trouble(&error, size),
            Err(error) => trouble(error, size),
        };
        if text != shown {
            screen.draw(&text)?;
            shown = text;
        }
        match wait(context, screen, opened.ok(), interval)? {
            Wake::Signal(signal) => return Ok(Some(signal)),
            Wake::Key(b'q' | b'Q' | 0x1b) => return Ok(None),
            // After a resize or a stop the terminal shows something else.
            Wake::Redraw => shown.clear(),
            Wake::Key(_) | Wake::Written | Wake::Late => {}
        }
    }
}

/// One picture as `me` sees it, who may have no name yet; as much of it as the terminal holds.
fn picture(
    context: &Context<'_>,
    session: &mut Session<'_>,
    me: &str,
    (width, height): (usize, usize),
) -> Result<String> {
    // Asked before the look, so that no change falls between the two.
    session.has_changed()?;
    let picture = session.look(|read, _| read.picture(me))?;
    Ok(fitted(&page(context, &picture, Some(width), false), height))
}

/// The first lines of a text, and a last one that says how it ends and what does not fit.
fn fitted(text: &str, height: usize) -> String {
    let room = height.saturating_sub(1).max(1);
    let lines: Vec<&str> = text.lines().collect();
    let left = lines.len().saturating_sub(room);
    let more = match left {
        0 => String::new(),
        left => format!(
            " · {} below",
            render::words::counted(u64::try_from(left).unwrap_or(u64::MAX), "more line")
        ),
    };
    let mut shown = lines[..lines.len().min(room)].join("\n");
    if height > 1 {
        shown.push('\n');
        shown.push_str(&dim(&format!("q ends it{more}")));
    }
    shown
}

/// What is shown instead of a picture that could not be read; it is tried again.
fn trouble(error: &anyhow::Error, (width, _): (usize, usize)) -> String {
    let text = neutralise(&format!("{error:#}"));
    let short: String = text.chars().take(width.saturating_sub(1)).collect();
    format!(
        "agent-sync: nothing can be shown now\n{short}\n{}",
        dim("q ends it")
    )
}

/// Waits until another picture is worth drawing.
fn wait(
    context: &Context<'_>,
    screen: &Screen,
    session: Option<Session<'_>>,
    interval: Duration,
) -> Result<Wake> {
    let Some(mut session) = session else {
        let watch = context.env.watch(&context.place().project().database());
        return Ok(screen.wait(&watch, interval)?);
    };
    let watch = session.watch();
    let began = context.env.now();
    let mut looks = 0;
    if session.has_changed()? {
        // Where something happens all the time, a picture stays for a moment all the same.
        context.env.sleep(SETTLES);
        return Ok(Wake::Written);
    }
    loop {
        let passed = u64::try_from(context.env.now().since(&began)).unwrap_or(0);
        let left = interval.saturating_sub(Duration::from_millis(passed));
        if left.is_zero() {
            return Ok(Wake::Late);
        }
        // What was written may not have been committed yet.
        let longest = if looks > 0 { SETTLES.min(left) } else { left };
        let wake = screen.wait(&watch, longest)?;
        looks = match wake {
            Wake::Written => LOOKS,
            Wake::Late if longest == left => return Ok(Wake::Late),
            Wake::Late => looks.saturating_sub(1),
            other => return Ok(other),
        };
        if wake == Wake::Written {
            context.env.sleep(SETTLES);
        }
        if session.has_changed()? {
            return Ok(Wake::Written);
        }
    }
}

/// A line of JSON now and after every change, for programs.
fn stream(context: &Context<'_>, interval: Duration) -> Result<()> {
    loop {
        let (mut session, is_missing) = context.onlooker()?;
        if is_missing {
            return Err(
                Refusal::missing("nothing is set up here yet, so nothing can change")
                    .hint("agent-sync init")
                    .into(),
            );
        }
        let watch = session.watch();
        session.has_changed()?;
        let everything = session.look(Everything::read)?;
        let line = everything.with_json(context, |json| render::json::to_line(json));
        context.print(&(line + "\n"))?;
        'unchanged: loop {
            // What was written is seen only once it is on the disk.
            for _ in 0..LOOKS {
                if session.has_changed()? {
                    break 'unchanged;
                }
                context.env.sleep(SETTLES);
            }
            watch.wait(interval);
        }
    }
}
