//! Who is started: how many sessions in which roles.

use std::collections::BTreeSet;

/// Most sessions of one crew.
pub const MAX_SESSIONS: usize = 64;
/// Most characters of a role in a seat's name.
const MOST_OF_ROLE: usize = 24;
/// What a session without a role is called.
const WITHOUT_ROLE: &str = "session";

/// A session that is to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its name: `a-z`, `0-9` and dashes, unique in the crew.
    pub name: String,
    /// Its role.
    pub role: Option<String>,
}

/// More sessions than a crew may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub usize);

/// The seats of a crew, from what the plan says (a role and how many sessions are to have it), from the roles that
/// its tasks ask for, and from how many sessions somebody wants in all.
///
/// Where nothing is said of sessions, there is one for each role and one where tasks ask for none. Wanted sessions
/// beyond those take the roles in turn; where fewer are wanted than there are roles, those that take any task come
/// first, and roles of the tasks are left to nobody only then.
///
/// # Errors
/// [`TooMany`] when there would be more than [`MAX_SESSIONS`].
pub fn roster(
    planned: &[(Option<String>, usize)],
    asked: &[Option<String>],
    wanted: Option<usize>,
) -> Result<Vec<Seat>, TooMany> {
    let mut roles: Vec<Option<String>> = Vec::new();
    for (role, count) in planned {
        let count = (*count).min(MAX_SESSIONS + 1);
        roles.extend(std::iter::repeat_n(role.clone(), count));
    }
    if roles.is_empty() {
        for role in asked {
            if !roles
                .iter()
                .any(|known| is_same(known.as_deref(), role.as_deref()))
            {
                roles.push(role.clone());
            }
        }
    }
    if roles.is_empty() {
        roles.push(None);
    }
    let count = wanted.unwrap_or(roles.len());
    if count > MAX_SESSIONS {
        return Err(TooMany(count));
    }
    // One of each role before a second one of any.
    let mut ordered: Vec<Option<String>> = Vec::new();
    let mut again: Vec<Option<String>> = Vec::new();
    for role in roles {
        let is_known = ordered
            .iter()
            .any(|known| is_same(known.as_deref(), role.as_deref()));
        if is_known { &mut again } else { &mut ordered }.push(role);
    }
    ordered.extend(again);
    let chosen = ordered.iter().cycle().take(count);
    let mut taken = BTreeSet::new();
    Ok(chosen.map(|role| seat(role.clone(), &mut taken)).collect())
}

fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (None, None) => true,
        _ => false,
    }
}

fn seat(role: Option<String>, taken: &mut BTreeSet<String>) -> Seat {
    let word = role.as_deref().map(word).filter(|word| !word.is_empty());
    let word = word.unwrap_or_else(|| WITHOUT_ROLE.to_owned());
    let name = (1..=MAX_SESSIONS)
        .map(|number| format!("{word}-{number}"))
        .find(|name| taken.insert(name.clone()))
        .unwrap_or_default();
    Seat { name, role }
}

/// A role as a part of a file's, a branch's and an agent's name.
fn word(role: &str) -> String {
    let mut word = String::new();
    for character in role.chars().take(MOST_OF_ROLE) {
        match character {
            'a'..='z' | '0'..='9' => word.push(character),
            'A'..='Z' => word.push(character.to_ascii_lowercase()),
            _ if !word.is_empty() && !word.ends_with('-') => word.push('-'),
            _ => {}
        }
    }
    word.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(
        planned: &[(Option<&str>, usize)],
        asked: &[Option<&str>],
        wanted: Option<usize>,
    ) -> Vec<String> {
        let planned: Vec<_> = planned
            .iter()
            .map(|(role, count)| (role.map(str::to_owned), *count))
            .collect();
        let asked: Vec<_> = asked.iter().map(|role| role.map(str::to_owned)).collect();
        let seats = roster(&planned, &asked, wanted).unwrap();
        seats.into_iter().map(|seat| seat.name).collect()
    }

    #[test]
    fn the_plan_says_how_many_there_are_in_which_roles() {
        assert_eq!(
            names(&[(Some("rust"), 2), (Some("docs"), 1)], &[Some("tests")], None),
            ["rust-1", "docs-1", "rust-2"]
        );
    }

    #[test]
    fn a_plan_that_says_nothing_gets_one_for_each_role_of_its_tasks() {
        assert_eq!(
            names(&[], &[None, Some("Rust"), Some("rust")], None),
            ["session-1", "rust-1"]
        );
        assert_eq!(names(&[], &[], None), ["session-1"]);
    }

    #[test]
    fn wanted_sessions_take_the_roles_in_turn() {
        let planned = [(Some("rust"), 1), (Some("docs"), 1)];
        assert_eq!(names(&planned, &[], Some(3)), ["rust-1", "docs-1", "rust-2"]);
        assert_eq!(names(&planned, &[], Some(1)), ["rust-1"]);
        assert_eq!(names(&[], &[], Some(3)), ["session-1", "session-2", "session-3"]);
        assert!(roster(&[], &[], Some(65)).is_err());
        assert!(roster(&[(None, usize::MAX)], &[], None).is_err());
    }

    #[test]
    fn a_role_that_is_called_like_a_path_or_an_option_is_a_plain_word_in_a_name() {
        assert_eq!(
            names(
                &[
                    (Some("../../etc"), 1),
                    (Some("--help; rm"), 1),
                    (Some("日本"), 1),
                    (Some("Front  End"), 1)
                ],
                &[],
                None
            ),
            ["etc-1", "help-rm-1", "session-1", "front-end-1"]
        );
    }

    proptest! {
        /// However roles are called: names are plain, short and unique, and each wanted session has one.
        #[test]
        fn names_are_unique_and_harmless(
            planned in prop::collection::vec((prop::option::of("\\PC{0,40}"), 0..6_usize), 0..5),
            wanted in prop::option::of(0..=MAX_SESSIONS),
        ) {
            let seats = roster(&planned, &[], wanted).unwrap();
            let names: BTreeSet<&str> = seats.iter().map(|seat| seat.name.as_str()).collect();
            prop_assert_eq!(names.len(), seats.len());
            for name in names {
                prop_assert!((1..=32).contains(&name.len()) && !name.starts_with('-'));
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
            }
            if let Some(wanted) = wanted {
                prop_assert_eq!(seats.len(), wanted);
            }
        }
    }
}
