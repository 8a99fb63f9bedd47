//! A call, as the rules ask about it.

use std::cell::{OnceCell, RefCell};
use std::fmt::Write as _;

use anyhow::{Result, bail};
use regex_lite::Regex;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::domain::policy::{Call, Caller, Judgement, Kind, Policy};

/// Most bytes of a call that are kept for whoever is to approve it.
const SHOWN: usize = 4_000;

/// Fields of the client's shell tool that do not change what the command does. A model words them anew each time.
const ASIDE: [&str; 2] = ["description", "timeout"];

/// What is called, with what.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The tool or the command.
    pub kind: Kind<'a>,
    /// Its input.
    pub input: &'a Map<String, Value>,
    /// The words of a command, where it is one.
    pub words: &'a [String],
}

impl Subject<'_> {
    /// Names this call with its whole input: two calls have the same only where they do the same.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut text = match self.kind {
            Kind::Tool(name) => format!("tool {name}\n"),
            Kind::Command(name) => format!("command {name}\n"),
        };
        for (name, value) in sorted(self.input) {
            if self.kind != Kind::Tool("Bash") || !ASIDE.contains(&name.as_str()) {
                let _infallible = writeln!(text, "{name:?} {}", canonical(value));
            }
        }
        digest(text.as_bytes())
    }

    /// The call in a line, cut where it is long.
    #[must_use]
    pub fn in_words(&self) -> String {
        let whole = match self.kind {
            Kind::Command(_) => format!("agent-sync {}", self.words.join(" ")),
            Kind::Tool(name) => match (name, self.input.get("command").and_then(Value::as_str)) {
                ("Bash", Some(command)) => format!("Bash: {command}"),
                _ => format!("{name} {}", Value::Object(self.input.clone())),
            },
        };
        if whole.len() <= SHOWN {
            return whole;
        }
        let cut = (0..=SHOWN)
            .rev()
            .find(|at| whole.is_char_boundary(*at))
            .unwrap_or_default();
        format!("{} … ({} bytes more)", &whole[..cut], whole.len() - cut)
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            let _infallible = write!(digits, "{byte:02x}");
            digits
        })
}

fn sorted(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
}

/// JSON in which the order of fields says nothing.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = sorted(fields).into_iter();
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name:?}:{}", canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(members) => {
            let members: Vec<String> = members.iter().map(canonical).collect();
            format!("[{}]", members.join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// A call by somebody, which answers what rules ask.
pub struct Asked<'a> {
    subject: Subject<'a>,
    caller: Caller,
    find_paths: &'a dyn Fn() -> Vec<String>,
    paths: OnceCell<Vec<String>>,
    /// What could not be answered.
    trouble: RefCell<Option<String>>,
}

impl<'a> Asked<'a> {
    /// A call; `find_paths` is asked for its files when a rule wants to know them.
    #[must_use]
    pub fn new(subject: Subject<'a>, caller: Caller, find_paths: &'a dyn Fn() -> Vec<String>) -> Self {
        Self {
            subject,
            caller,
            find_paths,
            paths: OnceCell::new(),
            trouble: RefCell::default(),
        }
    }

    /// Who calls.
    #[must_use]
    pub const fn by(&self) -> &Caller {
        &self.caller
    }

    /// What a policy says of this call.
    ///
    /// # Errors
    /// When a rule holds an expression that this program cannot read: a newer one applied it.
    pub fn judged<'p>(&self, policy: &'p Policy) -> Result<Judgement<'p>> {
        let judgement = policy.judge(self);
        if let Some(trouble) = self.trouble.borrow().as_deref() {
            bail!("a regular expression of the policy cannot be read: {trouble}");
        }
        Ok(judgement)
    }
}

impl Call for Asked<'_> {
    fn kind(&self) -> Kind<'_> {
        self.subject.kind
    }

    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn paths(&self) -> &[String] {
        self.paths.get_or_init(self.find_paths)
    }

    fn texts(&self, field: &str) -> Vec<String> {
        let (first, rest) = field.split_once('.').unwrap_or((field, ""));
        let mut found = Vec::new();
        if let Some(value) = self.subject.input.get(first) {
            collect(value, rest, &mut found);
        }
        found
    }

    fn finds(&self, expression: &str, text: &str) -> bool {
        match Regex::new(expression) {
            Ok(expression) => expression.is_match(text),
            Err(error) => {
                *self.trouble.borrow_mut() = Some(error.to_string());
                false
            }
        }
    }
}

/// The texts that dots lead to from a value. A list at the end stands for its members.
fn collect(value: &Value, way: &str, found: &mut Vec<String>) {
    if way.is_empty() {
        match value {
            Value::Null => {}
            Value::String(text) => found.push(text.clone()),
            Value::Array(members) => members.iter().for_each(|member| collect(member, "", found)),
            other => found.push(other.to_string()),
        }
        return;
    }
    let (first, rest) = way.split_once('.').unwrap_or((way, ""));
    let further: Vec<&Value> = match value {
        Value::Object(fields) if first == "*" => fields.values().collect(),
        Value::Object(fields) => fields.get(first).into_iter().collect(),
        Value::Array(members) if first == "*" => members.iter().collect(),
        Value::Array(members) => {
            let at = first.parse().ok().and_then(|at: usize| members.get(at));
            at.into_iter().collect()
        }
        _ => Vec::new(),
    };
    for value in further {
        collect(value, rest, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            other => panic!("{other}"),
        }
    }

    fn fingerprint(tool: &str, input: Value) -> String {
        let input = object(input);
        let subject = Subject {
            kind: Kind::Tool(tool),
            input: &input,
            words: &[],
        };
        subject.fingerprint()
    }

    #[test]
    fn dots_lead_into_objects_and_lists() {
        let input = object(json!({
            "file_path": "a", "edits": [{"new": "x"}, {"new": "y", "n": 7}], "flag": true, "none": null,
            "tags": ["p", "q"], "deep": {"er": {"est": "z"}},
        }));
        let nowhere = Vec::new;
        let subject = Subject {
            kind: Kind::Tool("T"),
            input: &input,
            words: &[],
        };
        let asked = Asked::new(subject, Caller::default(), &nowhere);
        for (field, texts) in [
            ("file_path", &["a"][..]),
            ("edits.*.new", &["x", "y"]),
            ("edits.1.new", &["y"]),
            ("edits.1.n", &["7"]),
            ("edits.9.new", &[]),
            ("flag", &["true"]),
            ("none", &[]),
            ("tags", &["p", "q"]),
            ("deep.*.est", &["z"]),
            ("deep.er", &[r#"{"est":"z"}"#]),
            ("file_path.x", &[]),
            ("missing", &[]),
        ] {
            assert_eq!(asked.texts(field), texts, "{field}");
        }
    }

    #[test]
    fn a_fingerprint_is_of_what_a_call_does() {
        let same = |one, other| fingerprint("Bash", one) == fingerprint("Bash", other);
        assert!(same(
            json!({"command": "ls", "description": "look"}),
            json!({"description": "list files", "command": "ls", "timeout": 5})
        ));
        assert!(!same(json!({"command": "ls"}), json!({"command": "ls "})));
        assert!(!same(
            json!({"command": "ls"}),
            json!({"command": "ls", "run_in_background": true})
        ));
        assert_eq!(
            fingerprint("T", json!({"a": {"x": 1, "y": [1]}, "b": 2})),
            fingerprint("T", json!({"b": 2, "a": {"y": [1], "x": 1}}))
        );
        assert_ne!(
            fingerprint("T", json!({"description": "x"})),
            fingerprint("T", json!({"description": "y"}))
        );
        assert_ne!(fingerprint("T", json!({})), fingerprint("U", json!({})));
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_trouble_and_no_match() {
        let input = object(json!({"command": "ls"}));
        let nowhere = Vec::new;
        let subject = Subject {
            kind: Kind::Tool("Bash"),
            input: &input,
            words: &[],
        };
        let asked = Asked::new(subject, Caller::default(), &nowhere);
        assert!(asked.finds("^l.$", "ls") && !asked.finds("^s", "ls"));
        assert!(asked.judged(&Policy::empty()).is_ok());
        assert!(!asked.finds("(", "ls"));
        assert!(asked.judged(&Policy::empty()).is_err());
    }
}
