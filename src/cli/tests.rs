//! Command lines, of today and of 0.4.0, as the parser takes them.

use super::*;

fn parsed(line: &[&str]) -> Result<Cli, clap::Error> {
    parse(line.iter().map(OsString::from).collect()).map(|(cli, _)| cli)
}

/// Every line is understood, and by the program that knows the command alone as by the one that knows all.
fn assert_understood(lines: &[&[&str]]) {
    for line in lines {
        let alone = match parsed(line) {
            Ok(alone) => format!("{alone:?}"),
            Err(error) => panic!("{line:?}: {error}"),
        };
        let words = legacy::translate(line.iter().map(OsString::from).collect());
        let among_all = understand(Cli::command(), &words, &[]).unwrap().0;
        assert_eq!(alone, format!("{among_all:?}"), "{line:?}");
    }
}

#[test]
fn the_commands_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_former_spelling_is_understood() {
    let lines: &[&[&str]] = &[
        &["register", "--name", "Front End", "--role", "api"],
        &["whoami", "--json"],
        &["heartbeat"],
        &["status", "--compact", "--json"],
        &["tasks", "--json"],
        &[
            "create-task",
            "T",
            "--description",
            "- a",
            "--file",
            "a",
            "--file=b",
            "--prio",
            "3",
        ],
        &[
            "create-task",
            "--priority=-3",
            "--depends-on",
            "x",
            "--depends-on",
            "y",
            "T",
        ],
        &["claim-task", "task-1", "--lock", "--force"],
        &["claim-next", "--lock"],
        &["complete-task", "task-1"],
        &["block-task", "task-1", "--reason", "a b"],
        &["lock", "f", "--wait", "5"],
        &["lock", "--wait=5", "f"],
        &["lock", "f", "--wait"],
        &["lock", "--resource", "K", "--reason", "r", "--ttl", "5"],
        &["lock", "--res", "K"],
        &["unlock", "f"],
        &["unlock", "--resource", "K", "--force"],
        &[
            "append",
            "f",
            "--content=-x",
            "--no-newline",
            "--reason",
            "r",
            "--ttl",
            "5",
            "--wait",
        ],
        &["append", "f", "--wait", "5"],
        &["locks", "--all", "--json"],
        &["send", "--to", "all", "--message", "-x", "--reply-to", "msg-1"],
        &["send", "--message=- a list", "--to=bob"],
        &["inbox", "--all", "--json"],
        &["read-message", "msg-1"],
        &["ack", "msg-1"],
        &["decision", "use tabs"],
        &["decision", "--", "-x"],
        &["log", "text", "--type", "note", "--file", "f"],
        &["log", "--message", "text"],
        &["log"],
        &["gc"],
        &["console", "--interval", "0.5", "--name", "me"],
        &["--fence", "7", "unlock", "f"],
    ];
    assert_understood(lines);
}

#[test]
fn todays_spellings_are_understood() {
    let lines: &[&[&str]] = &[
        &["agent", "register", "--name", "-n"],
        &["agent", "list", "--all", "--json"],
        &["agent", "show"],
        &["agent", "rename", "x"],
        &["task", "create", "T", "--description", "-"],
        &[
            "task",
            "list",
            "--status",
            "in_progress",
            "--status",
            "done",
            "--mine",
        ],
        &["task", "next", "--json"],
        &["task", "release", "T", "--note", "- later", "--force"],
        &["task", "depend", "T", "--on", "U", "--on", "V"],
        &["message", "send", "--to", "bob", "-x is off"],
        &["message", "send", "--to", "bob", "-"],
        &["message", "send", "- item", "--to", "bob"],
        &["message", "inbox", "--all"],
        &["message", "thread", "m"],
        &["message", "sent", "--limit", "3"],
        &[
            "search", "retry", "policy", "--kind", "task", "--limit", "5", "--json",
        ],
        &["message", "search", "--", "-x"],
        &["decision", "search", "a", "b"],
        &["decision", "add", "-x", "--supersedes", "dec-1"],
        &["decision", "supersede", "dec-1", "-"],
        &["activity", "add", "- did it"],
        &[
            "activity", "list", "--agent", "a", "--type", "note", "--limit", "5",
        ],
        &["config", "set", "lock.ttl", "90m"],
        &["--as", "x", "--root", "/tmp", "lock", "list", "--mine"],
        &[
            "--fence=7",
            "lock",
            "acquire",
            "f",
            "--reas",
            "r",
            "-q",
            "--col",
            "never",
        ],
        &["--js", "status"],
        &[],
    ];
    assert_understood(lines);
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for line in [
        &["task", "create"][..],
        &["task", "list", "--status", "finished"],
        &["block-task", "x"],
        &["send", "--message", "m"],
        &["send", "--to", "a", "b", "--message", "c"],
        &["frobnicate"],
    ] {
        let error = parsed(line).expect_err("it must not be understood");
        assert!(error.use_stderr(), "{line:?}");
    }
}

#[cfg(unix)]
#[test]
fn words_that_are_not_text_are_refused_or_are_files() {
    use std::os::unix::ffi::OsStringExt as _;
    let strange = || OsString::from_vec(vec![b'a', 0xff]);
    for line in [vec![strange()], vec!["task".into(), "create".into(), strange()]] {
        assert!(parse(line).is_err());
    }
    for line in [
        vec!["lock".into(), strange()],
        vec!["append".into(), strange()],
        vec!["create-task".into(), "T".into(), "--file".into(), strange()],
    ] {
        assert!(parse(line).is_ok());
    }
}
