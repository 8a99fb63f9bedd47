//! Standard input of hooks: bytes at random, nesting without end, megabytes, and writers that never finish.

use std::io::Write as _;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use agent_sync::hook::{HOOKS, INPUT_PATIENCE};
use serde_json::{Value, json};

use super::{FRAGMENTS, complaint};
use crate::env::{Actor, Dice, TestEnv};

/// How many payloads are made of random bytes, and of random fragments.
const PAYLOADS: usize = 300;
/// How deep payloads are nested.
const LEVELS: usize = 100_000;
/// How large a large payload is, in bytes.
const LARGE: usize = 50 * 1024 * 1024;

fn project() -> TestEnv {
    let env = TestEnv::new();
    env.write("held", "");
    env.agent("bob").run(["lock", "acquire", "held"]).succeeds();
    env
}

fn send(actor: &Actor<'_>, hook: &str, input: &[u8]) -> Output {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    actor
        .hook_command(hook)
        .stdin(Stdio::from(file))
        .output()
        .unwrap()
}

#[test]
fn bytes_at_random_pass_through_the_hooks() {
    let env = project();
    let (alice, mut dice) = (env.agent("alice"), Dice::new(3));
    for round in 0..PAYLOADS {
        let hook = &HOOKS[dice.pick(HOOKS.len())];
        let mut text = Vec::new();
        for _ in 0..dice.pick(12) {
            text.extend_from_slice(FRAGMENTS[dice.pick(FRAGMENTS.len())]);
        }
        let input = if round % 3 == 0 {
            (0..dice.pick(200))
                .map(|_| u8::try_from(dice.pick(256)).unwrap())
                .collect()
        } else {
            let text = String::from_utf8_lossy(&text).into_owned();
            let tool = ["Edit", "Bash", "Write", "mcp__files__write_file"][dice.pick(4)];
            let mut payload = alice.payload(hook.name, &json!({"tool_name": tool}));
            for field in ["session_id", "agent_id", "prompt", "source", "tool_name"] {
                if dice.roll(5) == 0 {
                    payload[field] = json!(text);
                }
            }
            payload["tool_input"] = json!({"command": text, "file_path": text, "path": text});
            payload["tool_response"] = json!({"stdout": text, "filePath": text});
            payload.to_string().into_bytes()
        };
        let output = send(&alice, hook.name, &input);
        assert_eq!(complaint(&output, &[0]), None, "{} < {input:?}", hook.name);
    }
}

/// A payload about the held file in which `PLACE` is replaced by something deep.
fn deep(actor: &Actor<'_>, open: &str, close: &str, field: &str) -> String {
    let mut payload = actor.payload("pre-tool-use", &actor.edit_of("held"));
    *payload.pointer_mut(field).unwrap() = json!("PLACE");
    let nested = open.repeat(LEVELS) + "1" + &close.repeat(LEVELS);
    payload.to_string().replace("\"PLACE\"", &nested)
}

#[test]
fn nesting_without_end_does_not_end_a_hook() {
    let env = project();
    let alice = env.agent("alice");
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[", ""), ("{\"a\":[", "]}")] {
        for field in [
            "/transcript_path",
            "/tool_input/old_string",
            "/tool_name",
            "/session_id",
        ] {
            let input = deep(&alice, open, close, field);
            let output = send(&alice, "pre-tool-use", input.as_bytes());
            assert_eq!(complaint(&output, &[0, 2]), None, "{open} {field}");
            // Where the rest can be made out, it hides nothing.
            if ["/transcript_path", "/tool_input/old_string"].contains(&field) && !close.is_empty() {
                assert_eq!(output.status.code(), Some(2), "{open} {field}");
            }
        }
    }
}

#[test]
fn a_shell_command_nested_without_end_does_not_end_a_hook() {
    let env = project();
    let alice = env.agent("alice");
    for part in [
        "(",
        "((",
        "{ ",
        "$(",
        "`",
        "\"$(",
        "${a:-",
        "$((",
        "<(",
        "if ",
        "while ",
        "case x in ",
        "!",
        "a | ",
        "a && ",
        "sh -c \"",
        "env ",
        "sudo ",
        "for i in ",
        "f() {",
        "<<E\n",
        "[[ ",
        "'",
        "\\",
        "{a,",
        "xargs ",
        "git -C x ",
    ] {
        let command = part.repeat(LEVELS) + " > held";
        let payload = json!({"tool_name": "Bash", "tool_input": {"command": command}});
        for hook in ["pre-tool-use", "post-tool-use"] {
            let input = alice.payload(hook, &payload).to_string();
            let output = send(&alice, hook, input.as_bytes());
            assert_eq!(complaint(&output, &[0, 2]), None, "{hook} {part:?}");
        }
    }
}

#[test]
fn fifty_megabytes_do_not_hide_a_held_file() {
    let env = project();
    let alice = env.agent("alice");
    let mut payload: Value = alice.payload("pre-tool-use", &alice.edit_of("held"));
    // Before the file's name, so that all of it has to be read.
    payload["cwd"] = json!(env.root());
    let mut input = format!("{{\"filler\":\"{}\",", "x".repeat(LARGE));
    input.push_str(&payload.to_string()[1..]);
    let output = send(&alice, "pre-tool-use", input.as_bytes());
    assert_eq!(complaint(&output, &[2]), None);
    let endless = vec![b' '; 70 * 1024 * 1024];
    assert_eq!(complaint(&send(&alice, "pre-tool-use", &endless), &[0]), None);
}

/// A hook whose standard input stays open after these bytes.
fn left_open(actor: &Actor<'_>, input: &[u8]) -> (Child, std::process::ChildStdin) {
    let mut child = actor.hook_command("pre-tool-use").spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(input).unwrap();
    (child, pipe)
}

#[test]
fn a_writer_that_never_ends_is_given_up_and_what_it_said_counts() {
    let env = project();
    let alice = env.agent("alice");
    let whole = alice.payload("pre-tool-use", &alice.edit_of("held")).to_string();
    for (input, status) in [("", 0), (&whole[..whole.len() / 2], 0), (whole.as_str(), 2)] {
        let began = Instant::now();
        let (child, pipe) = left_open(&alice, input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let took = began.elapsed();
        drop(pipe);
        assert_eq!(complaint(&output, &[status]), None);
        assert!(took < INPUT_PATIENCE * 3, "{took:?}");
    }
}

#[test]
fn a_writer_that_is_slow_for_ever_is_given_up_too() {
    let env = project();
    let alice = env.agent("alice");
    let (mut child, mut pipe) = left_open(&alice, b"{\"tool_name\": \"");
    let began = Instant::now();
    // It ends by itself, and the pipe breaks.
    while pipe.write_all(b"x").is_ok() {
        assert!(began.elapsed() < INPUT_PATIENCE * 4, "it waits for ever");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
