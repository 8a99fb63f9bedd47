//! The live console, driven in a terminal as somebody would: what is entered is in the store, what others do is on
//! the screen, and the terminal is given back however it ends.

pub(crate) mod terminal;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::env::TestEnv;
use crate::network::calls_in;
use crate::strace::has_strace;
use terminal::Terminal;

#[test]
fn where_there_is_no_terminal_the_console_says_what_does_without() {
    let env = TestEnv::new();
    let human = env.human();
    insta::assert_snapshot!(human.run(["console"]).shown(), @r"
    exit 1
    stderr:
    error: the console needs a terminal
    hint: agent-sync status
    ");
    insta::assert_snapshot!(env.agent("alice").run(["console"]).shown(), @r"
    exit 3
    stderr:
    error: the console is the human's; an agent's shell cannot act as 'operator'
    hint: agent-sync status
    ");
    insta::assert_snapshot!(human.run(["--as", "bob", "console"]).shown(), @r"
    exit 2
    stderr:
    error: the console acts as operator alone
    hint: leave --as out; at its prompt a command may have one
    ");
    // What 0.4.0 took is understood, and it is the terminal that is missing.
    human
        .run(["console", "--interval", "0.5", "--name", "me"])
        .ends_with(1)
        .complains("needs a terminal");
    assert!(!env.path(".claude").exists(), "a refusal sets nothing up");
}

#[test]
fn an_agents_shell_has_no_console_even_in_a_terminal() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.agent("alice"), 80, 24) else {
        return;
    };
    terminal.enter("agent-sync console");
    terminal.wait_for("an agent's shell cannot act as 'operator'");
}

#[test]
fn somebody_looks_around_and_acts_and_finds_the_terminal_as_it_was() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    let (alice, bob) = (env.agent("alice").called("alice"), env.agent("bob").called("bob"));
    alice.run(["task", "create", "Mend the parser"]).succeeds();
    alice
        .run([
            "task",
            "create",
            "Write it down",
            "--depends-on",
            "Mend the parser",
        ])
        .succeeds();
    bob.run(["lock", "acquire", "README", "--reason", "rewriting it"])
        .succeeds();
    let before = terminal.settings(&env, "before");
    let modes = terminal.modes();
    terminal.start_console();
    assert_ne!(terminal.modes(), modes, "the console has a screen of its own");
    terminal.wait_for("alice");

    terminal.press(&["2"]);
    terminal.wait_for("└ Write it down");
    terminal.press(&["/"]);
    terminal.enter("mend");
    terminal.wait_for("1/2");
    terminal.wait_without("Write it down");
    terminal.press(&["Escape"]);
    terminal.wait_for("└ Write it down");

    // A key writes the command; what is typed behind it needs no quotes.
    terminal.press(&["1", "/"]);
    terminal.enter("bob");
    terminal.press(&["s"]);
    terminal.wait_for("operator> message send --to bob --");
    terminal.enter("don't touch it");
    terminal.wait_for("Sent `msg-");
    bob.run(["message", "inbox"])
        .succeeds()
        .says("don't touch it")
        .says("operator");

    // The spellings of 0.4.0.
    terminal.command("lock notes.md my notes", "Locked file notes.md");
    alice
        .run(["lock", "check", "notes.md"])
        .ends_with(3)
        .complains("operator")
        .complains("my notes");
    terminal.command("unlock notes.md", "Unlocked notes.md");
    alice.run(["lock", "check", "notes.md"]).succeeds();
    terminal.command("task new Ask the users", "Created task");
    alice.run(["task", "list"]).succeeds().says("Ask the users");
    terminal.command("decision Tabs, not spaces", "Recorded decision");
    alice
        .run(["decision", "list"])
        .succeeds()
        .says("Tabs, not spaces");

    // Whoever loses a lock is named before it ends.
    terminal.command("unlock README", "This ends the lock of bob");
    terminal.press(&["n"]);
    terminal.wait_for("not done");
    alice.run(["lock", "check", "README"]).ends_with(3);
    terminal.command("unlock README", "\"rewriting it\"");
    terminal.press(&["y"]);
    terminal.wait_for("by force");
    alice.run(["lock", "check", "README"]).succeeds();

    terminal.press(&["?"]);
    terminal.wait_for("MOVING ABOUT");
    terminal.press(&["Escape", "q"]);
    terminal.wait_for("the end: 0");
    assert_eq!(terminal.modes(), modes);
    assert_eq!(terminal.settings(&env, "after"), before);
    assert!(!terminal.screen().contains("? help"), "what was drawn is gone");
}

#[test]
fn locks_that_stay_behind_are_told_on_leaving() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 100, 30) else {
        return;
    };
    terminal.start_console();
    terminal.command("lock README", "Locked file README");
    terminal.press(&["C-c"]);
    terminal.wait_for("You still hold 1 lock");
    terminal.wait_for("the end: 0");
}

#[test]
fn the_terminal_is_given_back_when_a_signal_ends_the_console() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let env = TestEnv::new();
        let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
            return;
        };
        let (before, modes) = (terminal.settings(&env, "before"), terminal.modes());
        terminal.start_console();
        let pid = Pid::from_raw(i32::try_from(terminal.console_pid()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        terminal.wait_for("ready$");
        assert_eq!(terminal.modes(), modes, "{signal:?}");
        assert_eq!(terminal.settings(&env, "after"), before, "{signal:?}");
        // An interactive shell that is interrupted itself drops the rest of its line.
        if signal != Signal::INT {
            terminal.wait_for(&format!("the end: {status}"));
        }
    }
}

#[cfg(debug_assertions)]
#[test]
fn the_terminal_is_given_back_before_a_panic_is_told() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    let (before, modes) = (terminal.settings(&env, "before"), terminal.modes());
    terminal.start_console();
    terminal.command("panic-in-a-test", "asked for by a test");
    terminal.wait_for("the end: 101");
    assert_eq!(terminal.modes(), modes);
    assert_eq!(terminal.settings(&env, "after"), before);
}

#[test]
fn the_console_stands_still_and_goes_on_like_any_job() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    let modes = terminal.modes();
    terminal.start_console();
    terminal.press(&["C-z"]);
    terminal.wait_for("Stopped");
    assert_eq!(terminal.modes(), modes);
    terminal.enter("fg");
    terminal.wait_for("? help");
    terminal.press(&["2"]);
    terminal.wait_for("No open tasks.");
    terminal.press(&["q"]);
    terminal.wait_for("ready$");
    assert_eq!(terminal.modes(), modes);
}

#[test]
fn what_others_do_is_on_the_screen_at_once_and_idling_costs_next_to_nothing() {
    let _quiet = crate::env::quiet();
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 120, 40) else {
        return;
    };
    let bob = env.agent("bob").called("bob");
    terminal.start_console();
    let mut slowest = Duration::ZERO;
    for number in 0..5 {
        let text = format!("message number {number}");
        bob.run(["message", "send", "--to", "operator", &text]).succeeds();
        slowest = slowest.max(terminal.wait_for(&text));
    }
    eprintln!("seen after at most {slowest:?}, the look of this test included");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");

    let pid = terminal.console_pid();
    let used = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let after = stat.rsplit(')').next().unwrap().to_owned();
        let fields: Vec<u64> = after
            .split_whitespace()
            .filter_map(|field| field.parse().ok())
            .collect();
        // The first of these is the parent: field 4. The times are fields 14 and 15, in hundredths of a second.
        fields[10] + fields[11]
    };
    std::thread::sleep(Duration::from_millis(500));
    let (before, began) = (used(), Instant::now());
    std::thread::sleep(Duration::from_secs(5));
    let hundredths = u32::try_from(used() - before).unwrap();
    let share = f64::from(hundredths) / began.elapsed().as_secs_f64();
    eprintln!("idle: {share:.2} % of a processor (a build for tests)");
    assert!(share < 30.0, "{share:.2} %");
}

#[test]
fn mail_to_the_human_is_offered_on_the_screen_delivered_with_a_key_and_read_when_opened() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    let bob = env.agent("bob").called("bob");
    let message = bob
        .run(["message", "send", "--to", "operator", "--ack", "May I merge?"])
        .succeeds()
        .id("msg-");
    let state = || {
        let shown = bob.run(["message", "show", &message, "--json"]).succeeds().json();
        shown["recipients"][0]["delivery"].as_str().unwrap().to_owned()
    };
    let becomes = |wanted: &str| {
        let began = Instant::now();
        while state() != wanted {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{} and not {wanted}",
                state()
            );
        }
    };
    terminal.start_console();
    terminal.wait_for("1 for you");
    assert_eq!(state(), "queued", "the list of agents does not show it");
    terminal.press(&["4"]);
    terminal.wait_for("May I merge?");
    becomes("offered");
    terminal.press(&["j"]);
    becomes("delivered");
    terminal.press(&["Enter"]);
    terminal.wait_for("An acknowledgement is wanted.");
    becomes("read");
    terminal.press(&["a"]);
    terminal.wait_for("operator> message ack");
    terminal.press(&["Enter"]);
    terminal.wait_for("Acked");
    becomes("acknowledged");
    terminal.press(&["4", "r"]);
    terminal.wait_for("operator> message send --reply-to");
    terminal.enter("Yes, it's fine");
    terminal.wait_for("Sent `msg-");
    bob.run(["message", "inbox"]).succeeds().says("Yes, it's fine");
}

#[test]
fn a_store_that_goes_is_missed_and_the_console_goes_on_when_it_is_back() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 100, 30) else {
        return;
    };
    env.agent("alice").called("alice");
    terminal.start_console();
    terminal.wait_for("1 here");
    let (place, aside) = (env.path(".claude"), env.path("aside"));
    fs::rename(&place, &aside).unwrap();
    terminal.wait_for("NO NEWS");
    terminal.wait_for("alice");
    fs::rename(&aside, &place).unwrap();
    terminal.wait_without("NO NEWS");
    env.agent("bob").called("bob");
    terminal.wait_for("2 here");
    // Another store in its place is the one that is shown.
    fs::remove_dir_all(&place).unwrap();
    env.agent("carol").called("carol");
    terminal.wait_for("carol");
    terminal.wait_without("alice");
}

#[test]
fn a_command_that_does_not_end_is_stopped() {
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    terminal.start_console();
    terminal.command("message inbox --wait", "(Esc stops it)");
    terminal.press(&["Escape"]);
    terminal.wait_for("stopped");
    terminal.command("whoami", "operator");
    // A shorter terminal is drawn anew.
    let resized = Command::new("tmux")
        .args(["-S", env.outside().join("tmux").to_str().unwrap()])
        .args(["resize-window", "-x", "50", "-y", "12"])
        .status();
    assert!(resized.unwrap().success());
    terminal.press(&["Escape"]);
    terminal.wait_for("┐");
    assert!(terminal.screen().lines().all(|line| line.chars().count() <= 50));
}

#[test]
fn the_console_opens_no_socket() {
    if !has_strace("whether the console opens a socket") {
        return;
    }
    let env = TestEnv::new();
    let Some(terminal) = Terminal::open(&env, &env.human(), 80, 24) else {
        return;
    };
    let trace = env.outside().join("trace");
    terminal.enter(&format!(
        "strace -f -qq --seccomp-bpf -e trace=%network -o {} agent-sync console",
        trace.display()
    ));
    terminal.wait_for("? help");
    terminal.command("send operator to myself", "Sent `msg-");
    terminal.press(&["q"]);
    terminal.wait_for("ready$");
    assert_eq!(calls_in(&fs::read_to_string(trace).unwrap()), "");
}
