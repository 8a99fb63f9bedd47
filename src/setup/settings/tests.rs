//! What wiring and unwiring do to settings files as people have them.

use serde_json::{Value as Json, json};

use super::*;

/// What 0.4.0's installer wrote, with its timeouts left out and its empty matchers.
const OLD: &str = r#"{
  "hooks": {
    "SessionStart": [
      {
        "matcher": "",
        "hooks": [
          {
            "type": "command",
            "command": "agent-sync hook session-start"
          }
        ]
      }
    ],
    "PreToolUse": [
      {
        "matcher": "Edit|Write|MultiEdit",
        "hooks": [
          {
            "type": "command",
            "command": "$CLAUDE_PROJECT_DIR/.venv/bin/agent-sync hook pre-tool-use"
          }
        ]
      }
    ]
  }
}
"#;

fn value(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn changes(wired: &Wired) -> Vec<String> {
    wired.changed.iter().map(ToString::to_string).collect()
}

fn wired(text: &str) -> Wired {
    wire(Some(text)).unwrap()
}

#[test]
fn a_new_file_holds_every_hook() {
    let new = wire(None).unwrap();
    assert!(new.text.starts_with(
        "{\n  \"hooks\": {\n    \"SessionStart\": [\n      {\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n            \"command\": \"agent-sync hook session-start\",\n            \"timeout\": 10\n          }\n        ]\n      }\n    ],\n"
    ));
    assert!(new.text.ends_with("    ]\n  }\n}\n"));
    assert_eq!(
        value(&new.text)["hooks"]["PreToolUse"],
        json!([{
            "matcher": "^(Edit|Write|MultiEdit|NotebookEdit|Bash|mcp__.+)$",
            "hooks": [{"type": "command", "command": "agent-sync hook pre-tool-use", "timeout": 10}]
        }])
    );
    let order: Vec<_> = HOOKS.iter().map(|hook| hook.event).collect();
    assert_eq!(
        value(&new.text)["hooks"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        order
    );
    assert_eq!(new.changed.len(), HOOKS.len());
    assert_eq!(wire(Some(" \n")).unwrap(), new);
    assert_eq!(value(&new.text)["hooks"]["Stop"][0].get("matcher"), None);
}

#[test]
fn taking_ours_out_of_a_new_file_leaves_nothing() {
    let gone = unwire(&wire(None).unwrap().text).unwrap();
    assert_eq!(gone.text, "{}\n");
    assert!(gone.is_empty);
    assert_eq!(gone.changed.len(), HOOKS.len());
    assert!(unwire("").unwrap().is_empty);
}

#[test]
fn a_file_in_canonical_form_comes_back_byte_for_byte() {
    let minified = r#"{"permissions":{"allow":["Bash(ls:*)"]},"hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}]}}"#;
    let two = serde_json::to_string_pretty(&value(minified)).unwrap();
    for text in [
        "{}".to_owned(),
        minified.to_owned(),
        format!("{two}\n"),
        two.replace("  ", "    "),
        two.replace("  ", "\t") + "\n\n",
        two.replace('\n', "\r\n"),
    ] {
        let with = wired(&text).text;
        assert_ne!(with, text);
        assert_eq!(with.ends_with('\n'), text.ends_with('\n'));
        assert_eq!(with.contains('\n'), text.contains('\n') || text == "{}");
        assert_eq!(
            with.matches('\n').count(),
            with.lines().count() - usize::from(!text.ends_with('\n'))
        );
        assert_eq!(wired(&with).text, with);
        let without = unwire(&with).unwrap();
        assert_eq!(without.text, text);
        assert_eq!(without.is_empty, text == "{}");
        assert_eq!(unwire(&text).unwrap().text, text);
        assert_eq!(unwire(&text).unwrap().changed, []);
    }
}

#[test]
fn what_others_wrote_keeps_every_byte() {
    let text = "{ \"big\": 123456789012345678901234567890,\n\"huge\":1e400, \"one\": 1.0 ,\"half\":\"\\ud800 \\u00e9\\/\",\n  \"hooks\" : { }}";
    let with = wired(text).text;
    let head = &text[..text.rfind("{ }").unwrap()];
    assert!(with.starts_with(head));
    assert!(with.ends_with('}'));
    assert!(
        unwire(&with)
            .unwrap()
            .text
            .starts_with(&head[..head.rfind(",\n").unwrap()])
    );
}

#[test]
fn entries_of_an_older_version_are_brought_up_to_date_where_they_stand() {
    let new = wired(OLD);
    let hooks = &value(&new.text)["hooks"];
    assert_eq!(
        hooks["PreToolUse"],
        json!([{
            "matcher": "^(Edit|Write|MultiEdit|NotebookEdit|Bash|mcp__.+)$",
            "hooks": [{
                "type": "command",
                "command": "$CLAUDE_PROJECT_DIR/.venv/bin/agent-sync hook pre-tool-use",
                "timeout": 10
            }]
        }])
    );
    assert_eq!(hooks["SessionStart"].as_array().unwrap().len(), 1);
    assert_eq!(hooks["SessionStart"][0]["hooks"][0]["timeout"], 10);
    assert_eq!(
        changes(&new)[..3],
        [
            "updated SessionStart: agent-sync hook session-start",
            "updated PreToolUse: $CLAUDE_PROJECT_DIR/.venv/bin/agent-sync hook pre-tool-use",
            "added UserPromptSubmit: agent-sync hook user-prompt-submit",
        ]
    );
    assert!(unwire(OLD).unwrap().is_empty);
    assert_eq!(unwire(&new.text).unwrap().text, "{}\n");
}

#[test]
fn a_shared_group_is_split_and_others_keep_their_matcher() {
    let text = r#"{"hooks":{"PostToolUse":[{"matcher":"Edit|Write|MultiEdit","hooks":[{"type":"command","command":"fmt"},{"type":"command","command":"agent-sync hook post-tool-use","statusMessage":"x"},{"type":"prompt","prompt":"agent-sync hook post-tool-use"}]}]}}"#;
    let new = wired(text);
    assert_eq!(
        value(&new.text)["hooks"]["PostToolUse"],
        json!([
            {"matcher": "Edit|Write|MultiEdit", "hooks": [
                {"type": "command", "command": "fmt"},
                {"type": "prompt", "prompt": "agent-sync hook post-tool-use"}
            ]},
            {"matcher": "^(Edit|Write|MultiEdit|NotebookEdit|Bash|mcp__.+)$", "hooks": [
                {"type": "command", "command": "agent-sync hook post-tool-use", "statusMessage": "x", "timeout": 10}
            ]}
        ])
    );
    assert_eq!(
        changes(&new)[0],
        "updated PostToolUse: agent-sync hook post-tool-use"
    );
}

#[test]
fn a_shared_group_with_our_matcher_stays_whole() {
    let text = r#"{"hooks":{"Stop":[{"matcher":"*","hooks":[{"type":"command","command":"agent-sync hook stop","timeout":10},{"type":"command","command":"say"}]}]}}"#;
    let new = wired(text);
    assert_eq!(value(&new.text)["hooks"]["Stop"], value(text)["hooks"]["Stop"]);
    assert_eq!(
        value(&unwire(&new.text).unwrap().text),
        json!({"hooks": {"Stop": [{"matcher": "*", "hooks": [{"type": "command", "command": "say"}]}]}})
    );
}

#[test]
fn doubled_misplaced_and_unknown_entries_of_ours_go() {
    let ours = |name: &str| json!({"type": "command", "command": format!("/a/agent-sync hook {name}")});
    let text = json!({"hooks": {
        "Stop": [{"hooks": [ours("stop"), ours("stop"), ours("session-end")]}, {"hooks": [ours("stop")]}],
        "PreCompact": [{"hooks": [ours("pre-compact")]}],
        "Notification": [{"hooks": [ours("notification"), {"type": "command", "command": "beep"}]}],
        "PreToolUse": [{"matcher": "Edit", "hooks": [ours("pre-tool-use"), ours("pre-tool-use")]}],
    }})
    .to_string();
    let new = wired(&text);
    let hooks = &value(&new.text)["hooks"];
    let command = "/a/agent-sync hook stop";
    assert_eq!(
        hooks["Stop"],
        json!([{"hooks": [{"type": "command", "command": command, "timeout": 10}]}])
    );
    assert_eq!(hooks.get("PreCompact"), None);
    assert_eq!(
        hooks["Notification"],
        json!([{"hooks": [{"type": "command", "command": "beep"}]}])
    );
    assert_eq!(hooks["PreToolUse"].as_array().unwrap().len(), 1);
    assert_eq!(hooks["PreToolUse"][0]["hooks"].as_array().unwrap().len(), 1);
    assert_eq!(wiring(&text).unwrap().surplus, 6);
}

#[test]
fn an_entry_without_a_shell_is_ours_too() {
    let text = r#"{"hooks":{"Stop":[{"hooks":[{"command":"${CLAUDE_PROJECT_DIR}/my bin/agent-sync","args":["hook","stop"],"timeout":3}]}]}}"#;
    let new = wired(text);
    assert_eq!(
        value(&new.text)["hooks"]["Stop"],
        json!([{"hooks": [{
            "type": "command",
            "command": "${CLAUDE_PROJECT_DIR}/my bin/agent-sync",
            "args": ["hook", "stop"],
            "timeout": 10
        }]}])
    );
    assert!(unwire(text).unwrap().is_empty);
}

#[test]
fn what_somebody_may_have_meant_stays_when_ours_goes() {
    let text = r#"{"hooks":{"Stop":[{"note":"mine","hooks":[{"type":"command","command":"agent-sync hook stop"}]},{"hooks":[]}],"PreToolUse":[],"Setup":7}}"#;
    assert_eq!(
        value(&unwire(text).unwrap().text),
        json!({"hooks": {"Stop": [{"note": "mine", "hooks": []}, {"hooks": []}], "PreToolUse": [], "Setup": 7}})
    );
    let empty = r#"{"hooks": {}}"#;
    assert_eq!(unwire(empty).unwrap().text, empty);
}

#[test]
fn what_cannot_be_merged_is_refused_with_its_place() {
    let cases = [
        ("[]", "line 1, column 1: the top level is not an object"),
        (
            "{\n  \"hooks\": []\n}",
            "line 2, column 12: `hooks` is not an object",
        ),
        ("{\"hooks\": null}", "line 1, column 11: `hooks` is not an object"),
        (
            "{\"hooks\": {\"Stop\": {}}}",
            "line 1, column 20: `hooks.Stop` is not an array",
        ),
        (
            "{\"hooks\": {}, \"hooks\": {}}",
            "line 1, column 15: the key \"hooks\" is there twice",
        ),
        ("{\n  // ours\n}", "line 2, column 3: comments are not JSON"),
        (
            "\u{feff}{}",
            "line 1, column 1: the file begins with a byte order mark",
        ),
        (
            "{\"a\": 1,}",
            "line 1, column 9: a comma before a closing bracket is not JSON",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(wire(Some(text)).unwrap_err().to_string(), expected);
        assert_eq!(wiring(text).unwrap_err().to_string(), expected);
        // An event that is something else holds nothing of ours, and must not keep the rest from going.
        assert_eq!(unwire(text).is_ok(), expected.contains("hooks.Stop"), "{text}");
    }
}

#[test]
fn the_wiring_of_a_file_is_told_hook_by_hook() {
    let states = |text: &str| -> Vec<(&'static str, State)> {
        let hooks = wiring(text).unwrap().hooks;
        hooks
            .into_iter()
            .map(|(hook, state)| (hook.name, state))
            .collect()
    };
    let old = states(OLD);
    let command = "agent-sync hook session-start".to_owned();
    assert_eq!(
        old[0],
        (
            "session-start",
            State::Outdated {
                command: command.clone()
            }
        )
    );
    assert_eq!(old[1], ("user-prompt-submit", State::Missing));
    let command_with_path = "$CLAUDE_PROJECT_DIR/.venv/bin/agent-sync hook pre-tool-use".to_owned();
    assert_eq!(
        old[2],
        (
            "pre-tool-use",
            State::Outdated {
                command: command_with_path
            }
        )
    );

    let new = wired(OLD).text;
    assert_eq!(states(&new)[0], ("session-start", State::Current { command }));
    assert!(wiring(&new).unwrap().is_complete());
    assert!(!wiring(OLD).unwrap().is_complete());
    assert!(
        wiring("")
            .unwrap()
            .hooks
            .iter()
            .all(|(_, state)| *state == State::Missing)
    );

    let off = new.replacen('{', "{\"disableAllHooks\": true,", 1);
    assert!(wiring(&off).unwrap().is_disabled);
    assert!(!wiring(&off).unwrap().is_complete());
}

#[test]
fn text_from_the_file_is_neutralised_in_what_is_told() {
    let text = r#"{"hooks":{"\u001b[2J<x>":[{"hooks":[{"type":"command","command":"'/\u202e/agent-sync' hook stop"}]}]}}"#;
    let told = changes(&wired(text)).remove(0);
    assert!(told.starts_with("removed "), "{told}");
    assert!(!told.contains(['\u{1b}', '\u{202e}', '<']), "{told}");
}
