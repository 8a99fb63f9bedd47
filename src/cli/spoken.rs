//! What somebody typed, as the rules of a policy ask about it: which command, with what in which argument.

use std::any::TypeId;
use std::path::PathBuf;

use clap::parser::ArgMatches;
use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value};

use crate::domain::policy::Kind;
use crate::policy::Subject;

/// Commands that no rule is about: those that say why something was refused or answer it, those that are there when
/// all else fails, and those that touch no store of this project.
const BEYOND: [&str; 8] = [
    "approve",
    "completions",
    "console",
    "demo",
    "doctor",
    "help",
    "hook",
    "man",
];
/// The noun whose verbs are of that kind, too.
const POLICY: &str = "policy";

/// A command with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    /// Its words, such as `message send`.
    pub(super) command: String,
    /// Its arguments by name, as they were typed.
    pub(super) input: Map<String, Value>,
    /// The files among them.
    pub(super) paths: Vec<PathBuf>,
    /// The whole command line.
    pub(super) words: Vec<String>,
}

impl Spoken {
    /// What was parsed; `None` where no rule could be about it. `arguments` is the line without the program.
    pub(super) fn of(program: &Command, matches: &ArgMatches, arguments: &[String]) -> Option<Self> {
        let (mut command, mut matches) = (program, matches);
        let mut names = Vec::new();
        while let Some((name, below)) = matches.subcommand() {
            names.push(name);
            command = command.find_subcommand(name)?;
            matches = below;
        }
        let is_beyond = |noun: &&str| *noun == POLICY || BEYOND.contains(noun);
        if names.first().is_none_or(is_beyond) {
            return None;
        }
        let mut spoken = Self {
            command: names.join(" "),
            input: Map::new(),
            paths: Vec::new(),
            words: arguments.to_vec(),
        };
        for argument in own(command) {
            let Ok(Some(values)) = matches.try_get_raw(argument.get_id().as_str()) else {
                continue;
            };
            let values: Vec<String> = values.map(|value| value.to_string_lossy().into_owned()).collect();
            if argument.get_value_parser().type_id() == TypeId::of::<PathBuf>() {
                spoken.paths.extend(values.iter().map(PathBuf::from));
            }
            let is_list = matches!(argument.get_action(), ArgAction::Append) || values.len() > 1;
            let value = match values.as_slice() {
                [only] if !is_list => Value::from(only.as_str()),
                values => Value::from(values.to_vec()),
            };
            spoken.input.insert(name_of(argument), value);
        }
        Some(spoken)
    }

    /// The same for the rules.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            kind: Kind::Command(&self.command),
            input: &self.input,
            words: &self.words,
        }
    }
}

/// The arguments of a command alone, without those that every command takes.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_own = |argument: &&Arg| !argument.is_global_set() && argument.get_id() != "help";
    command.get_arguments().filter(is_own)
}

fn name_of(argument: &Arg) -> String {
    let name = argument.get_long().unwrap_or(argument.get_id().as_str());
    name.to_owned()
}

/// Every command that rules can be about, with the names of its arguments.
pub(super) fn catalogue(mut program: Command) -> Vec<(String, Vec<String>)> {
    program.build();
    let mut found = Vec::new();
    for command in program.get_subcommands() {
        let noun = command.get_name();
        if noun != POLICY && !BEYOND.contains(&noun) {
            add(command, noun.to_owned(), &mut found);
        }
    }
    found
}

fn add(command: &Command, name: String, found: &mut Vec<(String, Vec<String>)>) {
    let is_verb = |below: &&Command| below.get_name() != "help";
    let verbs: Vec<&Command> = command.get_subcommands().filter(is_verb).collect();
    for verb in &verbs {
        add(verb, format!("{name} {}", verb.get_name()), found);
    }
    if verbs.is_empty() {
        found.push((name, own(command).map(name_of).collect()));
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use serde_json::json;

    use super::*;
    use crate::cli::{Cli, parse};

    fn spoken(line: &str) -> Option<Spoken> {
        let words = line.split(' ').map(std::ffi::OsString::from).collect();
        parse(words).unwrap().1
    }

    #[test]
    fn arguments_are_there_under_their_names() {
        let send = spoken("--json send --to bob,carol --to dan --priority critical --ack -- hi").unwrap();
        assert_eq!(
            send.command, "message send",
            "a former spelling is the same command"
        );
        assert_eq!(
            Value::Object(send.input),
            json!({"to": ["bob,carol", "dan"], "text": "hi", "priority": "critical", "ack": "true", "queue": "false"})
        );
        let lock = spoken("lock acquire src/a.rs b --reason why").unwrap();
        assert_eq!(lock.paths, [PathBuf::from("src/a.rs"), PathBuf::from("b")]);
        assert_eq!(lock.input["reason"], "why");
        assert_eq!(
            lock.words,
            ["lock", "acquire", "src/a.rs", "b", "--reason", "why"]
        );
    }

    #[test]
    fn what_tells_why_something_was_refused_is_beyond_rules() {
        for line in ["policy show", "approve list", "doctor", "man status"] {
            assert_eq!(spoken(line), None, "{line}");
        }
        let catalogue = catalogue(Cli::command());
        assert!(catalogue.iter().any(|(name, arguments)| name == "message send"
            && arguments.contains(&"priority".to_owned())
            && !arguments.contains(&"json".to_owned())));
        for beyond in ["policy", "approve", "doctor", "hook"] {
            assert!(
                catalogue.iter().all(|(name, _)| !name.starts_with(beyond)),
                "{beyond}"
            );
        }
    }
}
