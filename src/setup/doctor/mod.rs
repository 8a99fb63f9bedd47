//! Looking a project over: is it protected, and if not, why?
//!
//! Every way in which hooks can be silently without effect has cost somebody work: a settings file that the
//! session does not read, a program that is not on its `PATH`, a store that is not trusted. A check finds
//! each of them, says what is so, and what to do. It repairs nothing, and runs nothing of the repository.

mod hooks;
mod life;
pub mod permissions;
mod store;

use super::reach::Reach;
use super::site::{Site, shown};
use super::skill::{self, Skill};
use crate::env::Env;
use crate::frame::{Field, clean, neutralise};
use crate::place::Place;
use crate::render::check::{Check, State};

pub use life::Event;

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Every check, in the order in which to read them.
    pub checks: Vec<Check>,
    /// When each hook event last arrived.
    pub events: Vec<Event>,
    /// Why sessions here are not protected; nothing when they are.
    pub unprotected: Option<String>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.checks.iter().all(|check| check.state != State::Problem)
    }
}

/// Looks a project over, as seen from the checkout one stands in.
#[must_use]
pub fn run(env: &Env, place: &Place) -> Report {
    let project = place.project();
    let reach = Reach::of(env, project);
    let (store_check, store) = store::open(env, place);
    let mut checks = vec![store_check];
    let mut events = Vec::new();
    checks.extend(store.as_ref().map(|store| store::integrity(env, store)));
    checks.extend(store.as_ref().map(|store| store::copies(env, place, store)));
    checks.extend(store.as_ref().and_then(|store| store::writable(place, store)));
    checks.extend(store::closed(place));
    checks.extend(store::unseen_by_git(place));
    checks.extend(hooks::wired(&reach, project));
    checks.extend(hooks::worktrees(env, project));
    checks.extend(hooks::programs(env, project, &reach, true));
    checks.extend(skill(place));
    if let Some(store) = &store {
        match life::events(env, store) {
            Ok((check, seen)) => {
                checks.push(check);
                events = seen;
            }
            Err(error) => checks.push(unreadable("events", &error)),
        }
    }
    checks.extend(life::trouble(env, place));
    if let Some(store) = &store {
        checks.push(life::agents(env, store).unwrap_or_else(|error| unreadable("agents", &error)));
    }
    let is_read_only = store.as_ref().is_some_and(crate::store::Store::is_read_only);
    checks.extend(hooks::sandbox(env, place, &reach, is_read_only));
    let unprotected = unprotected(&checks);
    Report {
        checks,
        events,
        unprotected,
    }
}

/// Why hooks would do nothing here, if they would.
fn unprotected(checks: &[Check]) -> Option<String> {
    let vital = [
        ("store", "the store cannot be used"),
        ("hooks", "the hooks are not all in effect"),
        ("program", "hooks run no agent-sync of this version"),
    ];
    vital.into_iter().find_map(|(name, why)| {
        let mut problems = checks
            .iter()
            .filter(|check| check.name == name && check.state == State::Problem);
        problems.next().map(|_| why.to_owned())
    })
}

fn unreadable(name: &'static str, error: &anyhow::Error) -> Check {
    Check::problem(name, neutralise(&format!("{error:#}")))
}

/// Whether the skill is there and of this version.
fn skill(place: &Place) -> Option<Check> {
    let name = "skill";
    let site = Site::of(place.project()).ok()?;
    let path = shown(&skill::path(site.directory()));
    Some(match skill::inspect(site.directory()) {
        Ok(Skill::Absent) => Check::hint(name, format!("{path} is not there")).fix("agent-sync init"),
        Ok(Skill::Ours { is_current: true, .. }) => Check::ok(name, format!("{path} is of this version")),
        Ok(Skill::Ours { version, .. }) => {
            let finding = format!("{path} is of version {}", clean(&version, Field::Name));
            Check::hint(name, finding).fix("agent-sync init")
        }
        Ok(Skill::Edited) => Check::hint(name, format!("{path} was changed by somebody and is left alone")),
        Ok(Skill::Foreign) => Check::hint(name, format!("{path} is not ours and is left alone")),
        Err(error) => unreadable(name, &error),
    })
}

/// What somebody who has just set a project up should know, in sentences. When that was only tried, what
/// would be different afterwards is left out.
#[must_use]
pub fn remarks(env: &Env, place: &Place, site: &Site, dry_run: bool) -> Vec<String> {
    let project = place.project();
    let reach = Reach::of(env, project);
    let mut remarks = Vec::new();
    if project.worktree != site.directory() {
        remarks.push(format!(
            "this is a linked worktree; what is set up is that of the main worktree {}",
            shown(site.directory())
        ));
    }
    let mut checks = hooks::programs(env, project, &reach, false);
    checks.extend(store::unseen_by_git(place));
    checks.extend(hooks::sandbox(env, place, &reach, false));
    if !dry_run {
        checks.extend(hooks::wired(&reach, project));
        checks.extend(hooks::worktrees(env, project));
    }
    checks.retain(|check| check.state != State::Ok);
    remarks.extend(checks.into_iter().map(|check| match check.fix {
        Some(fix) => format!("{}: {} ({fix})", check.name, check.finding),
        None => format!("{}: {}", check.name, check.finding),
    }));
    remarks
}
