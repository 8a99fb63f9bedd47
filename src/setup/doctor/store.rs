//! Whether the store is there, whole, ours and out of git's sight.

use super::permissions;
use crate::domain::backup::{DAILY, is_due};
use crate::env::Env;
use crate::error::Refusal;
use crate::frame::{neutralise, shell_word};
use crate::place::{Place, Unusable};
use crate::render::check::Check;
use crate::render::time::relative;
use crate::render::words;
use crate::setup::site::shown;
use crate::store::{Purpose, Store, Unopened, VERSION};

/// Whether the store can be used, and the store if it can.
pub(super) fn open(env: &Env, place: &Place) -> (Check, Option<Store>) {
    let name = "store";
    let database = shown(&place.project().database());
    match place.open(env, Purpose::Command) {
        Ok(store) => {
            let contents = store.contents(&env.world());
            let check = match contents {
                Ok(contents) => {
                    let contents = words::contents(&contents);
                    Check::ok(name, format!("{database}, version {VERSION}: {contents}"))
                }
                Err(error) => failed(&format!("{database} cannot be read"), &error),
            };
            (check, Some(store))
        }
        Err(unusable) => (unusable_store(place, unusable), None),
    }
}

fn unusable_store(place: &Place, unusable: Unusable) -> Check {
    let database = shown(&place.project().database());
    match unusable {
        Unusable::Missing => Check::problem("store", "there is none here").fix("agent-sync init"),
        Unusable::Unopened(Unopened::Predecessor) => {
            Check::problem("store", format!("{database} is of 0.4.0")).fix("agent-sync init")
        }
        other => failed("", &other.refusal(place)),
    }
}

/// An error in its own words and with its own hint.
fn failed(what: &str, error: &anyhow::Error) -> Check {
    let separator = if what.is_empty() { "" } else { ": " };
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => {
            let check = Check::problem(
                "store",
                format!("{what}{separator}{}", neutralise(&refusal.message)),
            );
            match refusal.hint.as_deref() {
                Some("agent-sync doctor") | None => check.fix(DAMAGED),
                Some(hint) => check.fix(neutralise(hint)),
            }
        }
        None => Check::problem(
            "store",
            format!("{what}{separator}{}", neutralise(&format!("{error:#}"))),
        ),
    }
}

const DAMAGED: &str = "agent-sync doctor --repair";

/// Says so when the store can only be read from here.
pub(super) fn writable(place: &Place, store: &Store) -> Option<Check> {
    let database = shown(&place.project().database());
    store.is_read_only().then(|| {
        let finding = format!("{database} can be read but not written from here");
        Check::problem("access", finding).fix("make it and its directory writable, or leave the sandbox")
    })
}

/// Whether the database is whole.
pub(super) fn integrity(env: &Env, store: &Store) -> Check {
    let name = "integrity";
    match store.damage(&env.world()) {
        Ok(damage) if damage.is_empty() => Check::ok(name, "the database is whole"),
        Ok(damage) => {
            let damage: Vec<String> = damage.iter().map(|line| neutralise(line)).collect();
            Check::problem(name, damage.join("; ")).fix(DAMAGED)
        }
        Err(error) => Check::problem(name, neutralise(&format!("{error:#}"))).fix(DAMAGED),
    }
}

/// How many copies there are, and how old the newest is.
pub(super) fn copies(env: &Env, place: &Place, store: &Store) -> Check {
    let name = "copies";
    let now = env.now().wall;
    let copies = place.copies();
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let made_at = store.read(&env.world(), |read| read.made_at()).unwrap_or(now);
    let newest = copies.first().map_or(made_at, |(_, copy)| copy.made_at);
    let finding = match copies.first() {
        None => "there is none yet; one is made every day".to_owned(),
        Some((path, copy)) => format!(
            "{}, the newest of {}: {}",
            match copies.len() {
                1 => "1 copy".to_owned(),
                count => format!("{count} copies"),
            },
            relative(now, copy.made_at),
            shown(path)
        ),
    };
    if is_due(newest, now, 3 * DAILY) && !store.is_read_only() {
        return Check::hint(name, finding).fix("agent-sync backup");
    }
    Check::ok(name, finding)
}

/// Whether other users are kept out.
pub(super) fn closed(place: &Place) -> Option<Check> {
    let project = place.project();
    if project.state_directory().symlink_metadata().is_err() {
        return None;
    }
    let names = permissions::names(project);
    if names > 1 {
        let database = shown(&project.database());
        let finding = format!("{database} has {names} names, and whoever uses another one damages it");
        let check = Check::problem("permissions", finding);
        return Some(match shell_word(&project.database().to_string_lossy()) {
            Some(word) => check.fix(format!("find / -xdev -samefile {word}, and remove the other one")),
            None => check,
        });
    }
    let open = permissions::too_open(project);
    if open.is_empty() {
        return Some(Check::ok("permissions", "only you can read and write the store"));
    }
    let paths: Vec<String> = open.iter().map(|(path, _)| shown(path)).collect();
    let finding = format!("other users may use {}", paths.join(", "));
    Some(Check::problem("permissions", finding).fix("agent-sync init"))
}

/// Whether git leaves the store alone.
pub(super) fn unseen_by_git(place: &Place) -> Option<Check> {
    let name = "git";
    let project = place.project();
    let directory = project.state_directory();
    project.common.as_ref()?;
    if directory.symlink_metadata().is_err() {
        return None;
    }
    if project.is_tracked(&directory) {
        let finding = format!("git tracks files in {}", shown(&directory));
        let check = Check::problem(name, finding);
        return Some(match shell_word(&directory.to_string_lossy()) {
            Some(word) => check.fix(format!("git rm -r --cached {word}")),
            None => check,
        });
    }
    Some(match project.is_ignored(&project.database()) {
        Some(false) if !project.is_bare() => {
            let ignore = shown(&directory.join(".gitignore"));
            Check::problem(name, "git would commit the store").fix(format!("put a line with * into {ignore}"))
        }
        _ => Check::ok(name, "git neither tracks nor sees the store"),
    })
}
