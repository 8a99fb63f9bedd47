//! 0.4.0's spellings, in one table: everything that worked there works here.

use std::ffi::OsString;

/// A former command and the words it has become.
pub(super) const SPELLINGS: [(&str, &[&str]); 17] = [
    ("register", &["agent", "register"]),
    ("heartbeat", &["agent", "heartbeat"]),
    ("tasks", &["task", "list"]),
    ("create-task", &["task", "create"]),
    ("claim-task", &["task", "claim"]),
    ("claim-next", &["task", "next"]),
    ("complete-task", &["task", "done"]),
    ("block-task", &["task", "block"]),
    ("unlock", &["lock", "release"]),
    ("locks", &["lock", "list"]),
    ("send", &["message", "send"]),
    ("inbox", &["message", "inbox"]),
    ("read-message", &["message", "read"]),
    ("ack", &["message", "ack"]),
    ("log", &["activity", "add"]),
    ("lock", &["lock", "acquire"]),
    ("decision", &["decision", "add"]),
];

/// Nouns that 0.4.0 used as verbs; they still are when no verb of theirs follows.
const NOUNS: [(&str, &[&str]); 2] = [
    ("lock", &["acquire", "release", "renew", "list", "check", "help"]),
    (
        "decision",
        &["add", "list", "show", "search", "supersede", "help"],
    ),
];

/// Options that take a value and may come before the command.
const VALUED: [&str; 4] = ["--as", "--root", "--color", "--fence"];

/// Options without a value that every command takes.
const FLAGS: [&str; 3] = ["--json", "--quiet", "-q"];

/// The command line with a former command replaced by its words of today.
pub(super) fn translate(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = command_at(&arguments) else {
        return arguments;
    };
    let Some(word) = arguments[at].to_str() else {
        return arguments;
    };
    let Some((_, words)) = SPELLINGS.iter().find(|(former, _)| *former == word) else {
        return arguments;
    };
    if let Some((_, verbs)) = NOUNS.iter().find(|(noun, _)| *noun == word) {
        let next = verb_after(&arguments[at + 1..]);
        if next.is_none_or(|next| verbs.contains(&next)) {
            return arguments;
        }
    }
    arguments.splice(at..=at, words.iter().map(OsString::from));
    arguments
}

/// The first word after a noun that no option of every command, nor its value, is; `None` when there is none
/// or when help is asked for.
fn verb_after(arguments: &[OsString]) -> Option<&str> {
    let mut is_value = false;
    for argument in arguments {
        // What is not text is a file, and certainly no verb.
        let text = argument.to_str().unwrap_or("\u{fffd}");
        if std::mem::take(&mut is_value) {
            continue;
        }
        let name = text.split('=').next().unwrap_or(text);
        match text {
            "-h" | "--help" => return None,
            _ if VALUED.contains(&text) => is_value = true,
            _ if FLAGS.contains(&text) || VALUED.contains(&name) => {}
            _ => return Some(text),
        }
    }
    None
}

/// Where the command is: the first word that is neither an option nor an option's value.
pub(super) fn command_at(arguments: &[OsString]) -> Option<usize> {
    let mut is_value = false;
    arguments.iter().position(|argument| {
        let Some(text) = argument.to_str() else {
            return !std::mem::take(&mut is_value);
        };
        if std::mem::take(&mut is_value) {
            return false;
        }
        is_value = VALUED.contains(&text);
        !text.starts_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> String {
        let words = translate(line.split(' ').map(OsString::from).collect());
        words
            .iter()
            .map(|word| word.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_former_command_becomes_a_noun_and_a_verb() {
        assert_eq!(
            translated("create-task Title --priority 3"),
            "task create Title --priority 3"
        );
        assert_eq!(
            translated("lock src/a.py --ttl 5"),
            "lock acquire src/a.py --ttl 5"
        );
        assert_eq!(translated("lock --resource db"), "lock acquire --resource db");
        assert_eq!(translated("decision use-tabs"), "decision add use-tabs");
    }

    #[test]
    fn todays_commands_stay_as_they_are() {
        for line in [
            "lock acquire a",
            "lock list",
            "lock --help",
            "lock --json list",
            "lock --as x --root=/r list",
            "lock --json",
            "decision -q list",
            "decision --json --help",
            "decision list",
            "task list",
            "status",
        ] {
            assert_eq!(translated(line), line);
        }
    }

    #[test]
    fn options_before_the_command_are_passed_over() {
        assert_eq!(
            translated("--as send --json unlock a"),
            "--as send --json lock release a"
        );
    }
}
