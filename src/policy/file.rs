//! The file: read whole or not at all, and every fault in it named with its line and what is allowed there.

#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeSet;
use std::time::Duration;

use regex_lite::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use value::Value;

use crate::domain::glob::Glob;
use crate::domain::pattern;
use crate::domain::policy::{
    Effect, FieldTest, HUMAN, Limit, MAX_COUNT, MAX_NAME, MAX_REASON, MAX_RULES, MAX_WINDOW, Match, Mode,
    Per, Policy, Rule,
};

/// The largest file, in bytes.
pub const MAX_FILE: u64 = 256 * 1024;

const TOP: [&str; 2] = ["mode", "rule"];
const RULE: [&str; 14] = [
    "name", "tool", "command", "where", "path", "agent", "role", "effect", "reason", "mode", "count",
    "window", "per", "by",
];
const TESTS: [&str; 4] = ["glob", "regex", "min_bytes", "max_bytes"];
/// Commands that no rule is about: whoever is refused something can always see why, and answer.
const BEYOND: [&str; 2] = ["policy", "approve"];

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// On which line, from 1 on.
    pub line: usize,
    /// What, and what is allowed. It may repeat words of the file.
    pub what: String,
}

/// The commands that there are, each with the names of its arguments.
pub type Catalogue = [(String, Vec<String>)];

/// Reads a file.
///
/// # Errors
/// Every fault in it, in the order of lines.
pub fn read(text: &str, catalogue: &Catalogue) -> Result<Policy, Vec<Fault>> {
    let mut reader = Reader {
        text,
        catalogue,
        faults: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.fault(at, error.message().to_owned());
    }
    if reader.faults.is_empty() {
        let policy = reader.policy(table.get_ref());
        if reader.faults.is_empty() {
            return Ok(policy);
        }
    }
    reader.faults.sort();
    reader.faults.dedup();
    Err(reader.faults)
}

struct Reader<'a> {
    text: &'a str,
    catalogue: &'a Catalogue,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn policy(&mut self, table: &DeTable<'_>) -> Policy {
        self.require_known(table, &TOP, "a policy");
        let mode = table
            .get("mode")
            .and_then(|value| self.word(value, "mode", &Mode::WORDS, Mode::parse));
        let mut rules: Vec<Rule> = Vec::new();
        match table
            .get("rule")
            .map(|value| (value.span().start, value.get_ref()))
        {
            None => {}
            Some((at, DeValue::Array(entries))) => {
                if entries.len() > MAX_RULES {
                    self.fault(at, format!("a policy has at most {MAX_RULES} rules"));
                }
                for entry in entries {
                    let at = entry.span().start;
                    let DeValue::Table(fields) = entry.get_ref() else {
                        self.fault(at, "a rule is a table: [[rule]]");
                        continue;
                    };
                    let rule = self.rule(at, fields);
                    if !rule.name.is_empty() && rules.iter().any(|other| other.name == rule.name) {
                        let at = fields.get("name").map_or(at, |name| name.span().start);
                        self.fault(at, format!("there is another rule '{}'", rule.name));
                    }
                    rules.push(rule);
                }
            }
            Some((at, _)) => self.fault(at, "rules are tables: [[rule]]"),
        }
        Policy {
            mode: mode.unwrap_or(Mode::Enforce),
            rules,
        }
    }

    fn rule(&mut self, at: usize, fields: &DeTable<'_>) -> Rule {
        self.require_known(fields, &RULE, "a rule");
        let name = self.name(at, fields);
        let tools = self.patterns(fields, "tool");
        let commands = self.commands(fields);
        if !tools.is_empty() && !commands.is_empty() {
            self.fault(at, "a rule is about a tool or a command, not both");
        }
        let lower = |words: Vec<String>| words.into_iter().map(|word| word.trim().to_lowercase()).collect();
        let roles = lower(self.patterns(fields, "role"));
        let matches = Match {
            fields: self.tests(fields, &commands),
            paths: self.paths(fields),
            agents: self.patterns(fields, "agent"),
            tools,
            commands,
            roles,
        };
        let reason = fields.get("reason").and_then(|value| self.reason(value));
        let mode = fields
            .get("mode")
            .and_then(|value| self.word(value, "mode", &Mode::WORDS, Mode::parse));
        let effect = self.effect(at, fields, reason.is_some());
        Rule {
            name,
            matches,
            effect,
            reason,
            mode,
        }
    }

    fn name(&mut self, at: usize, fields: &DeTable<'_>) -> String {
        let Some(value) = fields.get("name") else {
            self.fault(at, "a rule needs a name, such as name = \"no-force-push\"");
            return String::new();
        };
        let name = self.text(value, "name").unwrap_or_default();
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
            self.fault(
                value.span().start,
                format!("a name is 1 to {MAX_NAME} of a-z 0-9 and -"),
            );
        }
        name
    }

    fn reason(&mut self, value: &Value<'_>) -> Option<String> {
        let reason = self.text(value, "reason")?;
        if reason.trim().is_empty() || reason.chars().count() > MAX_REASON || reason.contains('\n') {
            self.fault(
                value.span().start,
                format!("a reason is one line of 1 to {MAX_REASON} characters"),
            );
        }
        Some(reason.trim().to_owned())
    }

    fn effect(&mut self, at: usize, fields: &DeTable<'_>, has_reason: bool) -> Effect {
        let Some(value) = fields.get("effect") else {
            self.fault(
                at,
                format!("a rule needs an effect: {}", Effect::WORDS.join(", ")),
            );
            return Effect::Allow;
        };
        let known = |word: &str| Effect::WORDS.into_iter().find(|known| *known == word);
        let Some(word) = self.word(value, "effect", &Effect::WORDS, known) else {
            return Effect::Allow;
        };
        let own: &[&str] = match word {
            "limit" => &["count", "window", "per"],
            "approve" => &["by"],
            _ => &[],
        };
        for key in ["count", "window", "per", "by"] {
            if let Some(value) = fields.get(key).filter(|_| !own.contains(&key)) {
                let effect = if key == "by" { "approve" } else { "limit" };
                self.fault(
                    value.span().start,
                    format!("'{key}' belongs to effect = \"{effect}\""),
                );
            }
        }
        match word {
            "deny" | "ask" if !has_reason => {
                self.fault(
                    value.span().start,
                    format!("effect = \"{word}\" needs a reason, which the agent is told"),
                );
                Effect::Deny
            }
            "deny" => Effect::Deny,
            "ask" => Effect::Ask,
            "limit" => self.limit(value.span().start, fields),
            "approve" => Effect::Approve {
                by: self.approvers(fields),
            },
            _ => Effect::Allow,
        }
    }

    fn limit(&mut self, at: usize, fields: &DeTable<'_>) -> Effect {
        let count = match fields.get("count") {
            None => {
                self.fault(at, "effect = \"limit\" needs a count, such as count = 5");
                1
            }
            Some(value) => {
                let count = self.number(value, "count").unwrap_or(1);
                if !(1..=u64::from(MAX_COUNT)).contains(&count) {
                    self.fault(value.span().start, format!("a count is 1 to {MAX_COUNT}"));
                }
                u32::try_from(count).unwrap_or(MAX_COUNT)
            }
        };
        let window = match fields.get("window") {
            None => {
                self.fault(at, "effect = \"limit\" needs a window, such as window = \"10m\"");
                1
            }
            Some(value) => self.window(value),
        };
        let per = match fields.get("per") {
            None => Per::Agent,
            Some(value) => self
                .word(value, "per", &Per::WORDS, Per::parse)
                .unwrap_or(Per::Agent),
        };
        Effect::Limit {
            limit: Limit { count, window },
            per,
        }
    }

    fn window(&mut self, value: &Value<'_>) -> i64 {
        let text = self.text(value, "window").unwrap_or_default();
        let window = humantime::parse_duration(text.trim()).unwrap_or(Duration::ZERO);
        let window = i64::try_from(window.as_millis()).unwrap_or(i64::MAX);
        if !(1..=MAX_WINDOW).contains(&window) {
            self.fault(
                value.span().start,
                "a window is a length of time such as \"30s\", \"10m\" or \"1h\", at most seven days",
            );
            return 1;
        }
        window
    }

    fn approvers(&mut self, fields: &DeTable<'_>) -> Vec<String> {
        let Some(value) = fields.get("by") else {
            return vec![HUMAN.to_owned()];
        };
        let mut by = Vec::new();
        for (at, word) in self.texts(value, "by") {
            let word = word.trim().to_lowercase();
            let role = word.strip_prefix('@');
            if word != HUMAN && role.is_none_or(|role| role.is_empty() || role == HUMAN || role.contains(','))
            {
                self.fault(
                    at,
                    "'by' holds \"human\" and roles such as \"@reviewer\"; the human may always answer",
                );
            }
            by.push(role.map_or(word.clone(), str::to_owned));
        }
        by.dedup();
        by
    }

    fn paths(&mut self, fields: &DeTable<'_>) -> Vec<String> {
        let Some(value) = fields.get("path") else {
            return Vec::new();
        };
        let mut paths = Vec::new();
        for (at, path) in self.texts(value, "path") {
            match Glob::parse(&path) {
                Ok(_) => paths.push(path),
                Err(invalid) => self.fault(at, format!("path: {invalid}")),
            }
        }
        paths
    }

    fn commands(&mut self, fields: &DeTable<'_>) -> Vec<String> {
        let Some(value) = fields.get("command") else {
            return Vec::new();
        };
        let mut commands = Vec::new();
        for (at, command) in self.texts(value, "command") {
            let is_beyond = command
                .split(' ')
                .next()
                .is_some_and(|noun| BEYOND.contains(&noun));
            if is_beyond {
                self.fault(
                    at,
                    "no rule is about `policy` and `approve`: whoever is refused something can see why",
                );
            } else if !self
                .catalogue
                .iter()
                .any(|(known, _)| pattern::matches(&command, known, true))
            {
                self.fault(
                    at,
                    format!("no command of agent-sync is '{command}'; it is written as in \"message send\""),
                );
            }
            commands.push(command);
        }
        commands
    }

    fn patterns(&mut self, fields: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = fields.get(key) else {
            return Vec::new();
        };
        self.texts(value, key).into_iter().map(|(_, text)| text).collect()
    }

    fn tests(&mut self, fields: &DeTable<'_>, commands: &[String]) -> Vec<FieldTest> {
        let Some(value) = fields.get("where") else {
            return Vec::new();
        };
        let mut tests = Vec::new();
        match value.get_ref() {
            DeValue::Table(fields) if !fields.is_empty() => {
                for (name, value) in fields {
                    self.require_argument(name, commands);
                    self.field(name.get_ref(), value, &mut tests);
                }
            }
            _ => self.fault(
                value.span().start,
                "'where' is a table of fields, such as where.command = { regex = \"…\" }",
            ),
        }
        tests
    }

    fn require_argument(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, commands: &[String]) {
        let field: &str = name.get_ref();
        let first = field.split('.').next().unwrap_or_default();
        let meant = self.catalogue.iter().filter(|(known, _)| {
            commands
                .iter()
                .any(|command| pattern::matches(command, known, true))
        });
        let arguments: BTreeSet<&str> = meant
            .flat_map(|(_, arguments)| arguments.iter().map(String::as_str))
            .collect();
        if !arguments.is_empty() && !arguments.contains(first) {
            let known: Vec<&str> = arguments.into_iter().collect();
            self.fault(
                name.span().start,
                format!(
                    "the command has no argument '{first}'; there are {}",
                    known.join(", ")
                ),
            );
        }
    }

    /// A field with its tests, or with fields of its own.
    fn field(&mut self, field: &str, value: &Value<'_>, tests: &mut Vec<FieldTest>) {
        let DeValue::Table(table) = value.get_ref() else {
            self.fault(
                value.span().start,
                format!(
                    "where.{field} is a table of {}, such as {{ glob = \"*\" }}",
                    TESTS.join(", ")
                ),
            );
            return;
        };
        let is_table = |value: &Value<'_>| matches!(value.get_ref(), DeValue::Table(_));
        if !table.is_empty() && table.values().all(is_table) {
            for (name, value) in table {
                self.field(&format!("{field}.{}", name.get_ref()), value, tests);
            }
            return;
        }
        self.require_known(table, &TESTS, &format!("where.{field}"));
        if table.is_empty() {
            self.fault(
                value.span().start,
                format!("where.{field} tests nothing; there are {}", TESTS.join(", ")),
            );
        }
        let regex = table.get("regex").and_then(|value| self.expression(value));
        let glob = table.get("glob").and_then(|value| self.text(value, "glob"));
        let mut size = |key| table.get(key).and_then(|value| self.number(value, key));
        let (min_bytes, max_bytes) = (size("min_bytes"), size("max_bytes"));
        tests.push(FieldTest {
            field: field.to_owned(),
            glob,
            regex,
            min_bytes,
            max_bytes,
        });
    }

    fn expression(&mut self, value: &Value<'_>) -> Option<String> {
        let text = self.text(value, "regex")?;
        match Regex::new(&text) {
            Ok(_) => Some(text),
            Err(error) => {
                self.fault(value.span().start, format!("regex: {error}"));
                None
            }
        }
    }
}
