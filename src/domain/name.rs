//! Names: memorable, safe to print anywhere, unique among the living.

use super::agent::{OPERATOR, SYSTEM};

/// Longest name in characters.
pub const MAX_NAME: usize = 32;

/// Names that mean something else than an agent.
pub const RESERVED: [&str; 4] = ["all", "operator", "system", "human"];

const ADJECTIVES: [&str; 32] = [
    "amber", "bold", "brisk", "calm", "clear", "coral", "crisp", "dapper", "eager", "fair", "fleet",
    "gentle", "glad", "golden", "hazel", "ivory", "jolly", "keen", "lively", "lucid", "mellow", "nimble",
    "olive", "plucky", "quick", "quiet", "ruby", "silver", "steady", "swift", "tidy", "warm",
];
const ANIMALS: [&str; 32] = [
    "badger", "beaver", "bison", "crane", "dolphin", "falcon", "ferret", "finch", "fox", "gecko", "heron",
    "ibex", "jackal", "koala", "lemur", "lynx", "marten", "mole", "newt", "ocelot", "otter", "owl", "panda",
    "puffin", "quail", "raven", "robin", "seal", "stoat", "tapir", "wren", "yak",
];

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// Nothing usable is left of it.
    Empty,
    /// It is one of [`RESERVED`].
    Reserved,
}

/// The name that `wanted` becomes: lower case, everything outside `[a-z0-9._-]` turned into one dash, cut to
/// [`MAX_NAME`]. 0.4.0 accepted any text here, so a name is mended rather than refused.
///
/// # Errors
/// [`Unusable`] when nothing is left, or when the result is reserved.
pub fn normalise(wanted: &str) -> Result<String, Unusable> {
    let mut name = String::new();
    for character in wanted.trim().chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() || character == '.' || character == '_' {
            name.push(character);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name: String = name.trim_matches(['-', '.']).chars().take(MAX_NAME).collect();
    let name = name.trim_end_matches(['-', '.']);
    if name.is_empty() {
        Err(Unusable::Empty)
    } else if RESERVED.contains(&name) {
        Err(Unusable::Reserved)
    } else {
        Ok(name.to_owned())
    }
}

/// A name made of an id; the same id always gives the same name. An id that a person chose is its own name,
/// and so is the human's, which nobody else can have.
#[must_use]
pub fn made_up(id: &str) -> String {
    if id == OPERATOR || id == SYSTEM {
        return id.to_owned();
    }
    if !id.starts_with("agent-")
        && let Ok(name) = normalise(id)
    {
        return name;
    }
    // FNV-1a: the spread matters here, not the strength.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let index = |shift: u32| usize::try_from(mixed >> shift & 31).unwrap_or_default();
    format!("{}-{}", ADJECTIVES[index(59)], ANIMALS[index(54)])
}

/// The name of a subagent: its parent's, and the end of its own id.
#[must_use]
pub fn of_subagent(parent_name: &str, id: &str) -> String {
    let tail: String = id.rsplit('.').next().unwrap_or(id).chars().take(4).collect();
    let head: String = parent_name.chars().take(MAX_NAME - 1 - tail.len()).collect();
    format!("{head}.{tail}")
}

/// `wanted`, or `wanted-2`, `wanted-3` … : the first that `is_taken` denies.
pub fn first_free(wanted: &str, mut is_taken: impl FnMut(&str) -> bool) -> String {
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    let mut number = 2u32;
    loop {
        let suffix = format!("-{number}");
        let head: String = wanted.chars().take(MAX_NAME - suffix.len()).collect();
        let candidate = format!("{head}{suffix}");
        if !is_taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_plain_name() {
        assert_eq!(normalise("  Front End! "), Ok("front-end".to_owned()));
        assert_eq!(
            normalise("a\n</agent-sync-state>\u{1b}[31m"),
            Ok("a-agent-sync-state-31m".to_owned())
        );
        assert_eq!(normalise(&"x".repeat(100)).map(|name| name.len()), Ok(MAX_NAME));
        assert_eq!(normalise("日本"), Err(Unusable::Empty));
    }

    #[test]
    fn reserved_names_are_refused_in_every_spelling() {
        for name in ["all", "ALL", " Operator ", "system", "Human!"] {
            assert_eq!(normalise(name), Err(Unusable::Reserved), "{name}");
        }
    }

    #[test]
    fn a_made_up_name_is_stable_and_plain() {
        let name = made_up("agent-97d22f865257");
        assert_eq!(name, made_up("agent-97d22f865257"));
        assert_eq!(normalise(&name), Ok(name));
    }

    #[test]
    fn an_id_that_a_person_chose_is_its_own_name() {
        assert_eq!(made_up("backend"), "backend");
        assert_eq!(made_up("operator"), "operator");
    }

    #[test]
    fn made_up_names_spread() {
        let names: std::collections::HashSet<_> =
            (0..50).map(|n| made_up(&format!("agent-{n:012x}"))).collect();
        assert!(names.len() > 40, "{}", names.len());
    }

    #[test]
    fn a_taken_name_gets_the_next_free_number() {
        let taken = ["fox", "fox-2"];
        assert_eq!(first_free("fox", |name| taken.contains(&name)), "fox-3");
        assert_eq!(first_free("owl", |name| taken.contains(&name)), "owl");
    }

    #[test]
    fn a_subagent_is_named_after_its_parent() {
        assert_eq!(
            of_subagent("swift-otter", "agent-97d22f865257.3fa9c1d2"),
            "swift-otter.3fa9"
        );
    }
}
