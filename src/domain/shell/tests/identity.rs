//! Which calls of agent-sync say whose they are.

use super::super::with_identity;

fn rewritten(command: &str) -> String {
    with_identity(command, "P.1").unwrap_or_else(|| "unchanged".to_owned())
}

#[test]
fn every_call_of_agent_sync_says_who_it_is() {
    assert_eq!(rewritten("agent-sync lock a"), "agent-sync --as P.1 lock a");
    assert_eq!(
        rewritten("cd x && agent-sync whoami; FOO=1 ./bin/agent-sync inbox | cat"),
        "cd x && agent-sync --as P.1 whoami; FOO=1 ./bin/agent-sync --as P.1 inbox | cat"
    );
    assert_eq!(
        rewritten("if agent-sync lock a; then echo"),
        "if agent-sync --as P.1 lock a; then echo"
    );
    assert_eq!(
        rewritten("x=$(agent-sync whoami)"),
        "x=$(agent-sync --as P.1 whoami)"
    );
    assert_eq!(
        rewritten("echo a 2>&1\nagent-sync"),
        "echo a 2>&1\nagent-sync --as P.1"
    );
}

#[test]
fn calls_behind_other_commands_say_it_too() {
    for (command, expected) in [
        (
            "bash -c 'agent-sync inbox; ls'",
            "bash -c 'agent-sync --as P.1 inbox; ls'",
        ),
        (
            "sh -c \"cd x && agent-sync inbox\"",
            "sh -c \"cd x && agent-sync --as P.1 inbox\"",
        ),
        ("time agent-sync inbox", "time agent-sync --as P.1 inbox"),
        ("exec agent-sync inbox", "exec agent-sync --as P.1 inbox"),
        (
            "timeout 5 agent-sync inbox",
            "timeout 5 agent-sync --as P.1 inbox",
        ),
        ("env A=b agent-sync inbox", "env A=b agent-sync --as P.1 inbox"),
        (
            "echo \"$(agent-sync inbox)\"",
            "echo \"$(agent-sync --as P.1 inbox)\"",
        ),
        ("f() { agent-sync inbox; }", "f() { agent-sync --as P.1 inbox; }"),
        (
            "while ! agent-sync lock a; do :; done",
            "while ! agent-sync --as P.1 lock a; do :; done",
        ),
        ("\"$BIN\"/agent-sync inbox", "\"$BIN\"/agent-sync --as P.1 inbox"),
        ("(agent-sync inbox)", "(agent-sync --as P.1 inbox)"),
        (
            "cat <<EOF\n$(agent-sync inbox)\nEOF",
            "cat <<EOF\n$(agent-sync --as P.1 inbox)\nEOF",
        ),
    ] {
        assert_eq!(rewritten(command), expected);
    }
}

#[test]
fn text_about_agent_sync_is_left_alone() {
    for command in [
        "echo agent-sync lock",
        "echo 'a; agent-sync lock'",
        "grep \"x && agent-sync\" f",
        "ls # ; agent-sync lock",
        "cat agent-sync",
        "echo 2>&1 agent-sync",
        "cat <<EOF\nagent-sync lock\nEOF",
        "command -v agent-sync",
        "bash -c \"agent-sync \\\"x\\\"\"",
        "",
    ] {
        assert_eq!(rewritten(command), "unchanged", "{command}");
    }
}

#[test]
fn a_call_that_says_who_it_is_keeps_it() {
    for command in [
        "agent-sync --as me lock a",
        "agent-sync lock a --as=me",
        "agent-sync hook stop",
    ] {
        assert_eq!(rewritten(command), "unchanged", "{command}");
    }
    assert_eq!(
        rewritten("agent-sync --as me x; agent-sync y"),
        "agent-sync --as me x; agent-sync --as P.1 y"
    );
}

#[test]
fn unfinished_quotes_and_escapes_end_somewhere() {
    for command in ["'", "\"", "\\", "a\\", "\"\\", "agent-sync '", "é\\é", "#é"] {
        let _no_panic = with_identity(command, "P.1");
    }
}
