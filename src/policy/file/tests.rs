//! Files that are read, and files that are refused with every fault in them.

use super::*;

fn catalogue() -> Vec<(String, Vec<String>)> {
    let command = |name: &str, arguments: &[&str]| {
        (
            name.to_owned(),
            arguments.iter().map(|one| (*one).to_owned()).collect(),
        )
    };
    vec![
        command("message send", &["to", "priority", "text"]),
        command("lock acquire", &["paths", "force"]),
    ]
}

/// The faults of a text, as one reads them.
fn faults(text: &str) -> Vec<String> {
    let faults = read(text, &catalogue()).map_or_else(|faults| faults, |_| Vec::new());
    faults
        .iter()
        .map(|fault| format!("{}: {}", fault.line, fault.what))
        .collect()
}

#[test]
fn a_whole_policy_is_read() {
    let policy = read(
        r#"
mode = "observe"

[[rule]]
name = "no-force-push"
tool = ["Bash", "mcp__shell__*"]
effect = "deny"
mode = "enforce"
reason = "history is shared"
[rule.where]
command = { regex = 'git\s+push\s.*--force', max_bytes = 4_000 }
edits.0.new_string = { glob = "*x*" }

[[rule]]
name = "calm"
command = "message *"
agent = "bob"
role = "Tests"
path = "src/**"
effect = "limit"
count = 5
window = "10m"
per = "role"
where.priority = { glob = "critical" }

[[rule]]
name = "release"
effect = "approve"
by = ["human", "@Reviewer"]
"#,
        &catalogue(),
    )
    .unwrap();
    assert_eq!(policy.mode, Mode::Observe);
    let stored = serde_json::to_string(&policy).unwrap();
    assert_eq!(
        serde_json::from_str::<Policy>(&stored).unwrap(),
        policy,
        "{stored}"
    );
    let [first, second, third] = policy.rules.as_slice() else {
        panic!("{policy:?}");
    };
    assert_eq!(
        (policy.mode_of(first), policy.mode_of(second)),
        (Mode::Enforce, Mode::Observe)
    );
    let mut fields: Vec<&str> = (first.matches.fields.iter())
        .map(|test| test.field.as_str())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["command", "edits.0.new_string"]);
    assert_eq!(first.matches.tools, ["Bash", "mcp__shell__*"]);
    assert_eq!(
        second.effect,
        Effect::Limit {
            limit: Limit {
                count: 5,
                window: 600_000
            },
            per: Per::Role
        }
    );
    assert_eq!(
        (&second.matches.roles[..], &second.matches.agents[..]),
        (&["tests".to_owned()][..], &["bob".to_owned()][..])
    );
    assert_eq!(
        third.effect,
        Effect::Approve {
            by: vec!["human".to_owned(), "reviewer".to_owned()]
        }
    );
}

#[test]
fn an_empty_file_is_a_policy_without_rules() {
    assert_eq!(read("# nothing\n", &catalogue()), Ok(Policy::empty()));
}

#[test]
fn every_fault_is_named_with_its_line_and_what_is_allowed() {
    let text = r#"mood = "enforce"
mode = "watch"

[[rule]]
name = "No Spaces"
tool = 7
effect = "forbid"

[[rule]]
effect = "deny"
paths = "x"

[[rule]]
name = "a"
tool = "Bash"
command = "message sent"
effect = "limit"
count = 0
window = "soon"
by = "human"
path = "a/../*"
where.command = { regex = "(", size = 3 }

[[rule]]
name = "a"
command = ["approve", "message send"]
effect = "approve"
by = "reviewer"
where.priorty = { glob = "x" }
where.to = "x"
"#;
    assert_eq!(
        faults(text),
        [
            "1: a policy has no key 'mood'; there are mode, rule",
            "2: 'mode' is one of enforce, observe",
            "5: a name is 1 to 40 of a-z 0-9 and -",
            "6: 'tool' is a text or a list of texts: tool = \"…\" or tool = [\"…\", \"…\"]",
            "7: 'effect' is one of allow, deny, ask, limit, approve",
            "9: a rule needs a name, such as name = \"no-force-push\"",
            "10: effect = \"deny\" needs a reason, which the agent is told",
            "11: a rule has no key 'paths'; there are name, tool, command, where, path, agent, role, effect, reason, \
             mode, count, window, per, by",
            "13: a rule is about a tool or a command, not both",
            "16: no command of agent-sync is 'message sent'; it is written as in \"message send\"",
            "18: a count is 1 to 10000",
            "19: a window is a length of time such as \"30s\", \"10m\" or \"1h\", at most seven days",
            "20: 'by' belongs to effect = \"approve\"",
            "21: path: a pattern cannot go up with `..`",
            "22: regex: found open group without closing ')'",
            "22: where.command has no key 'size'; there are glob, regex, min_bytes, max_bytes",
            "25: there is another rule 'a'",
            "26: no rule is about `policy` and `approve`: whoever is refused something can see why",
            "28: 'by' holds \"human\" and roles such as \"@reviewer\"; the human may always answer",
            "29: the command has no argument 'priorty'; there are priority, text, to",
            "30: where.to is a table of glob, regex, min_bytes, max_bytes, such as { glob = \"*\" }",
        ]
    );
}

#[test]
fn what_is_no_toml_is_refused_with_its_lines() {
    let found = faults("mode = \"enforce\"\n[[rule]\nname = \"x\"\n");
    assert!(!found.is_empty() && found[0].starts_with("2: "), "{found:?}");
}

#[test]
fn no_text_makes_the_reader_panic() {
    use proptest::prelude::*;
    proptest!(|(text in "(\\[\\[rule\\]\\]\n|[a-z.]{1,6} = (\"[a-z*]{0,5}\"|[0-9-]{1,4}|\\{ [a-z]{1,5} = 1 \\})\n|.){0,12}")| {
        let _either_way = read(&text, &catalogue());
    });
}
