//! L5: a locked file stays locked whatever is wrong around the check, and where that is impossible it is said.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::env::{Actor, MINUTE, TestEnv};

/// A project in which Bob holds README.
fn held() -> TestEnv {
    let env = TestEnv::new();
    env.agent("bob")
        .run(["lock", "acquire", "README", "--ttl", "24h"])
        .succeeds();
    env
}

/// A script that makes the project read-only.
pub(crate) fn read_only(env: &TestEnv) -> String {
    let root = env.root().display().to_string();
    format!("mount --bind '{root}' '{root}'\nmount -o remount,bind,ro '{root}'")
}

/// A script that puts the project on a disk without any room.
fn full(env: &TestEnv) -> String {
    let (root, copy) = (env.root(), env.outside().join("copy"));
    let (root, copy) = (root.display(), copy.display());
    format!(
        "cp -a '{root}' '{copy}'\nmount -t tmpfs -o size=4m tmpfs '{root}'\ncp -a '{copy}/.' '{root}'\n\
         dd if=/dev/zero of='{root}/fill' bs=4k 2>/dev/null || true\n\
         echo x 2>/dev/null >'{root}/more' || true\ntest ! -s '{root}/more'\nrm -r '{copy}'"
    )
}

/// The states that processes leave the store's files in: with both companions of the database, without the
/// index of the log, and folded into one file.
fn leave_in_every_state(env: &TestEnv, mut look: impl FnMut(&str)) {
    let companion = |end: &str| env.path(&format!(".claude/coordination/state.sqlite-{end}"));
    assert!(companion("wal").exists() && companion("shm").exists());
    look("as it was left");
    fs::remove_file(companion("shm")).unwrap();
    look("without the index");
    env.sql()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert!(!companion("wal").exists());
    look("in one file");
}

#[test]
fn l5_a_read_only_disk_does_not_open_a_locked_file() {
    let env = held();
    let alice = env.agent("alice");
    let behind = read_only(&env);
    leave_in_every_state(&env, |state| {
        let refused = alice.hook_behind(&behind, "pre-tool-use", &alice.edit_of("README"));
        assert!(refused.is_refusal(), "{state}: {}", refused.shown());
        alice
            .hook_behind(&behind, "pre-tool-use", &alice.edit_of("other"))
            .is_silent();
    });
}

#[test]
fn l5_a_full_disk_does_not_open_a_locked_file() {
    let env = held();
    let alice = env.agent("alice");
    let behind = full(&env);
    leave_in_every_state(&env, |state| {
        let refused = alice.hook_behind(&behind, "pre-tool-use", &alice.edit_of("README"));
        assert!(refused.is_refusal(), "{state}: {}", refused.shown());
        let free = alice.hook_behind(&behind, "pre-tool-use", &alice.edit_of("other"));
        assert_eq!(
            (free.status, free.stderr.as_str()),
            (0, ""),
            "{state}: {}",
            free.shown()
        );
    });
}

#[test]
fn on_a_full_disk_a_command_that_writes_says_so_and_one_that_looks_works() {
    let env = held();
    let alice = env.agent("alice");
    let behind = full(&env);
    for words in [
        &["lock", "acquire", "other"][..],
        &["task", "create", "New"],
        &["decision", "add", "Settled"],
    ] {
        let refused = alice.run_behind(&behind, words);
        assert_eq!(refused.status, 1, "{}", refused.shown());
        let errors = refused.stderr.matches("error: ").count();
        assert_eq!((errors, refused.stdout.as_str()), (1, ""), "{}", refused.shown());
        assert!(refused.stderr.contains("hint: "), "{}", refused.shown());
    }
    alice
        .run_behind(&behind, &["lock", "list"])
        .succeeds()
        .says("README");
    env.human().run(["doctor", "--check"]).succeeds();
}

#[test]
fn l5_a_damaged_store_is_said_to_the_human_once_and_never_to_the_model() {
    for damage in [
        &b"not a database at all, but long enough to be read as a header of one\n"[..],
        b"",
        b"SQLite format 3\0",
    ] {
        let env = held();
        let _best_effort = fs::remove_file(env.path(".claude/coordination/state.sqlite-wal"));
        fs::write(env.database(), damage.repeat(100)).unwrap();
        let alice = env.agent("alice");
        let first = alice.before_edit("README");
        assert_eq!(
            (first.status, first.stderr.as_str()),
            (0, ""),
            "{}",
            first.shown()
        );
        if damage.is_empty() {
            continue;
        }
        assert!(
            first.json()["systemMessage"]
                .as_str()
                .unwrap()
                .contains("is not protecting this session"),
            "{}",
            first.shown()
        );
        assert_eq!(
            first.json().as_object().unwrap().len(),
            1,
            "nothing for the model: {}",
            first.shown()
        );
        alice.before_edit("README").is_silent();
        env.advance(11 * MINUTE);
        assert!(alice.is_prompted().json()["systemMessage"].is_string());
        let log = env.read(".claude/coordination/hook.log");
        assert_eq!(log.lines().count(), 3, "{log}");
    }
}

#[test]
fn l5_damage_inside_the_file_does_no_harm() {
    let env = held();
    let alice = env.agent("alice");
    env.sql()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let whole = fs::read(env.database()).unwrap();
    for page in 1..whole.len() / 4096 {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0xA5);
        fs::write(env.database(), &damaged).unwrap();
        for hook in ["pre-tool-use", "session-start", "stop"] {
            let output = alice.hook(hook, &alice.edit_of("README"));
            let is_fine = output.status == 2 || (output.status == 0 && output.stderr.is_empty());
            assert!(is_fine, "page {page}: {}", output.shown());
        }
        let output = alice.run(["lock", "list"]);
        assert!([0, 1].contains(&output.status), "page {page}: {}", output.shown());
        output.never_says("panicked");
    }
}

#[test]
fn l5_a_malformed_row_cannot_be_written() {
    let env = held();
    let sql = env.sql();
    for statement in [
        "UPDATE lock SET ttl = 'soon'",
        "UPDATE lock SET acquired_at = NULL",
        "UPDATE presence SET turn = 'x'",
    ] {
        assert!(sql.execute(statement, []).is_err(), "{statement}");
    }
    assert!(env.agent("alice").before_edit("README").is_refusal());
}

fn refuses(actor: &Actor<'_>, payload: &[u8]) -> bool {
    actor.hook_bytes("pre-tool-use", payload).is_refusal()
}

#[test]
fn l5_odd_bytes_on_standard_input_do_not_open_a_locked_file() {
    let env = held();
    let alice = env.agent("alice");
    let whole = alice.payload("pre-tool-use", &alice.edit_of("README"));
    let text = whole.to_string();
    assert!(refuses(&alice, text.as_bytes()));
    assert!(
        refuses(&alice, &[b"\xef\xbb\xbf", text.as_bytes()].concat()),
        "a byte order mark"
    );
    let odd = text
        .replace("\"old_string\":\"a\"", "\"old_string\":\"?\"")
        .into_bytes();
    let odd: Vec<u8> = odd
        .iter()
        .map(|byte| if *byte == b'?' { 0xff } else { *byte })
        .collect();
    assert!(refuses(&alice, &odd), "an invalid byte");
    assert!(
        refuses(
            &alice,
            text.replace("/README\"", "/README\\u0000.txt\"").as_bytes()
        ),
        "a NUL in the path"
    );
    assert!(
        refuses(&alice, text.replace("\"b\"", "\"\\udc00\"").as_bytes()),
        "half a character"
    );
    assert!(
        refuses(
            &alice,
            text.replace("/README\"", "/\\ud800/../README\"").as_bytes()
        ),
        "half a character in the path"
    );
    let mut number = whole;
    number["session_id"] = Value::from(42);
    assert!(
        refuses(&alice, number.to_string().as_bytes()),
        "a number for a session"
    );
}

#[test]
fn l5_a_closed_standard_error_does_not_open_a_locked_file() {
    let env = held();
    let alice = env.agent("alice");
    for closed in ["2>&-", "2>/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full"] {
        let hook = alice.hook_command("pre-tool-use");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("exec \"$@\" {closed}"), "sh"])
            .arg(hook.get_program())
            .args(hook.get_args());
        shell
            .env_clear()
            .envs(hook.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = shell
            .current_dir(env.root())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let payload = alice
            .payload("pre-tool-use", &alice.edit_of("README"))
            .to_string();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), payload.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2), "{closed}");
    }
}

#[test]
fn l5_a_busy_store_does_not_open_a_locked_file_and_holds_nobody_up() {
    let env = held();
    let alice = env.agent("alice");
    let sql = env.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = std::time::Instant::now();
    assert!(alice.before_edit("README").is_refusal());
    let free = alice.before_edit("other");
    assert_eq!((free.status, free.stderr.as_str()), (0, ""), "{}", free.shown());
    alice
        .hook("user-prompt-submit", &json!({"prompt": "x"}))
        .ends_with(0);
    assert!(
        began.elapsed().as_secs() < 3,
        "a hook waited for a writer: {:?}",
        began.elapsed()
    );
}
