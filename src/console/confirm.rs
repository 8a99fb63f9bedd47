//! What a command would take from somebody else, said before it is run.

use super::command::Plan;
use super::snapshot::Snapshot;
use crate::domain::agent::OPERATOR;
use crate::domain::lock::{Extent, Key, Lock};
use crate::frame::{Field, clean};
use crate::render;

/// Options of the lock commands, and those of every command, that are followed by a value.
const VALUED: [&str; 6] = ["--reason", "--ttl", "--wait", "--as", "--root", "--color"];

/// What a lock command names.
struct Forced<'a> {
    paths: Vec<&'a str>,
    resource: Option<&'a str>,
    is_release: bool,
    is_everywhere: bool,
}

/// What to ask before the commands are run; nothing where nobody loses anything by them. `key` says what a path that
/// was typed means.
pub(super) fn question(plan: &Plan, seen: &Snapshot, key: &dyn Fn(&str, bool) -> Key) -> Option<String> {
    if let Some(loser) = &plan.loser {
        return Some(format!("This takes the task from {}.", clean(loser, Field::Name)));
    }
    let losses: Vec<String> = plan
        .commands
        .iter()
        .filter_map(|words| forced(words))
        .flat_map(|forced| {
            let paths = forced.paths.iter().map(|path| key(path, forced.is_everywhere));
            let resource = forced.resource.map(|name| Key::Resource(name.trim().to_owned()));
            let keys: Vec<Key> = paths.chain(resource).collect();
            lost(&keys, forced.is_release, seen)
        })
        .collect();
    (!losses.is_empty()).then(|| format!("This ends {}.", losses.join(", and ")))
}

/// The locks of others that would end.
fn lost(keys: &[Key], is_release: bool, seen: &Snapshot) -> Vec<String> {
    let ends = |lock: &&Lock| {
        keys.iter().any(|key| {
            let extent = Extent {
                key,
                is_pattern: false,
                inode: None,
            };
            lock.key == *key || (!is_release && lock.extent().overlaps(extent))
        })
    };
    let locks = seen
        .locks
        .iter()
        .filter(|lock| lock.holder != OPERATOR)
        .filter(ends);
    locks
        .map(|lock| {
            let why = lock.reason.as_deref().filter(|why| !why.trim().is_empty());
            let why = why.map(|why| format!(", \"{}\"", clean(why, Field::Reason)));
            format!(
                "the lock of {} ({}{}) on {}",
                clean(&lock.holder_name, Field::Name),
                lock.presence.as_str(),
                why.unwrap_or_default(),
                render::lock::key(&lock.key)
            )
        })
        .collect()
}

/// What a lock command with `--force` names; nothing for any other command.
fn forced(words: &[String]) -> Option<Forced<'_>> {
    let mut plain = Vec::new();
    let (mut is_forced, mut is_everywhere, mut resource) = (false, false, None);
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "--" => {
                plain.extend(words.by_ref());
            }
            "--force" => is_forced = true,
            "--all-worktrees" => is_everywhere = true,
            "--resource" => resource = words.next(),
            valued if VALUED.contains(&valued) => {
                words.next();
            }
            option if option.starts_with('-') => {
                resource = option.strip_prefix("--resource=").or(resource);
            }
            word => plain.push(word),
        }
    }
    let (paths, is_release) = match plain.as_slice() {
        ["lock", "release" | "unlock", paths @ ..] | ["unlock", paths @ ..] => (paths, true),
        ["lock", "acquire", paths @ ..] | ["lock", paths @ ..] => (paths, false),
        _ => return None,
    };
    is_forced.then(|| Forced {
        paths: paths.to_vec(),
        resource,
        is_release,
        is_everywhere,
    })
}

#[cfg(test)]
mod tests {
    use super::super::command::{Typed, parse};
    use super::super::sample::{path, snapshot};
    use super::*;

    fn asked(line: &str) -> Option<String> {
        let seen = snapshot();
        let Typed::Run(plan) = parse(line, &seen) else {
            panic!("{line}")
        };
        question(&plan, &seen, &|typed, _| path("", typed))
    }

    #[test]
    fn whoever_loses_a_lock_is_named_before_it_ends() {
        let said = "This ends the lock of b-name (active, \"to mend it\") on src.";
        for line in [
            "unlock src",
            "lock release src --force",
            "lock release --force -- src",
            "unlock --force src",
            "lock acquire src/a.rs --force",
            "lock src --force --reason mine now",
            "--as operator lock release src --force",
        ] {
            assert_eq!(asked(line).as_deref(), Some(said), "{line}");
        }
        let resource = asked("unlock --resource 'the db' --force").unwrap();
        assert!(
            resource.contains("a-name") && resource.contains("resource the db"),
            "{resource}"
        );
    }

    #[test]
    fn nothing_is_asked_where_nobody_loses_anything() {
        for line in [
            "unlock mine",
            "unlock other",
            "lock release src",
            "lock acquire src/a.rs",
            "lock release src/a.rs --force",
            "task done src --force",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}
