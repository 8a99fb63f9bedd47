//! `agent-sync status --watch` in a terminal, which is tmux here: what is drawn when, and what is left behind.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::env::{PROGRAM, TestEnv, search_path};

/// How long anything may take that a loaded machine does at last.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell in a terminal of its own; both end when this is dropped.
struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    /// A shell in the project; `None`, said aloud, where there is no tmux and that was said to be fine.
    fn open(env: &TestEnv, columns: u32, lines: u32) -> Option<Self> {
        let is_there = search_path()
            .split(':')
            .any(|directory| std::path::Path::new(directory).join("tmux").exists());
        if !is_there {
            let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some_and(|value| value == "1");
            assert!(
                is_optional,
                "tmux is missing: install the package tmux, or set AGENT_SYNC_OPTIONAL_TOOLS=1"
            );
            eprintln!("SKIPPED: status --watch in a terminal, because tmux is missing");
            return None;
        }
        let terminal = Self {
            socket: env.outside().join("tmux"),
        };
        let (columns, lines) = (columns.to_string(), lines.to_string());
        let home = env.home();
        let variables = [
            "TERM=xterm-256color".to_owned(),
            "PS1=> ".to_owned(),
            "LANG=C.UTF-8".to_owned(),
            format!("PATH={}", search_path()),
            format!("HOME={}", home.display()),
        ];
        let status = Command::new("tmux")
            .arg("-S")
            .arg(&terminal.socket)
            .args([
                "-f",
                "/dev/null",
                "new-session",
                "-d",
                "-x",
                &columns,
                "-y",
                &lines,
                "-c",
            ])
            .arg(env.root())
            .args(["--", "env", "-i"])
            .args(variables)
            .args(["sh", "-i"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.unwrap().success());
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .arg("-S")
            .arg(&self.socket)
            .args(arguments)
            .output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    #[track_caller]
    fn waits_for(&self, text: &str) {
        self.waits_until(text, |screen| screen.contains(text));
    }

    #[track_caller]
    fn waits_until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !is_so(&self.screen()) {
            assert!(began.elapsed() < PATIENCE, "never: {what}\n{}", self.screen());
            sleep(Duration::from_millis(20));
        }
    }

    /// How the terminal is set, its size left out, and whether it shows its other screen and its cursor.
    fn state(&self, mark: &str) -> String {
        self.types(&format!("stty -a | tail -n +2 | cksum; echo {mark}-$?"));
        self.waits_for(&format!("\n{mark}-0\n"));
        let settings: Vec<String> = self
            .screen()
            .lines()
            .filter(|line| {
                line.split(' ').count() == 2 && line.starts_with(|digit: char| digit.is_ascii_digit())
            })
            .map(str::to_owned)
            .collect();
        let modes = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        format!("{:?} {modes}", settings.last().unwrap())
    }

    /// The process that watches.
    fn watcher(&self) -> String {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", shell.trim())).unwrap();
        children.trim().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn kill(signal: &str, process: &str) {
    let status = Command::new("kill").args([signal, process]).status();
    assert!(status.unwrap().success());
}

#[test]
fn the_picture_follows_what_others_do_and_how_wide_the_terminal_is() {
    let env = TestEnv::new();
    env.use_real_clock();
    let alice = env.agent("alice").called("alice");
    let Some(terminal) = Terminal::open(&env, 100, 24) else {
        return;
    };
    // So long that nothing but a change can be why it is drawn anew.
    terminal.types("agent-sync --as me status --watch=1h");
    terminal.waits_for("1 agent (1 active)");
    alice.run(["lock", "acquire", "README"]).succeeds();
    let locked = Instant::now();
    terminal.waits_for("1 lock");
    eprintln!("seen after {} ms", locked.elapsed().as_millis());
    terminal.waits_for("q ends it");
    terminal.tmux(&["resize-window", "-x", "44", "-y", "12"]);
    terminal.waits_for("agent-sync: unprotected —\n  no hook has ever reported\n");
    terminal.waits_until("a last line in its place", |screen| {
        screen.trim_end().lines().count() == 12 && screen.contains("more lines below")
    });
}

#[test]
fn whatever_ends_it_the_terminal_is_as_it_was() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    let Some(terminal) = Terminal::open(&env, 100, 24) else {
        return;
    };
    terminal.waits_for(">");
    let before = terminal.state("before");
    for (at, end) in ["q", "C-c", "-TERM", "-HUP", "stop"].into_iter().enumerate() {
        terminal.types("agent-sync --as me status --watch");
        terminal.waits_for("q ends it");
        assert!(
            terminal
                .tmux(&["display-message", "-p", "#{alternate_on}"])
                .starts_with('1')
        );
        match end {
            "q" | "C-c" => {
                terminal.tmux(&["send-keys", end]);
            }
            "stop" => {
                terminal.tmux(&["send-keys", "C-z"]);
                terminal.waits_until("the shell's screen", |screen| !screen.contains("q ends it"));
                assert_eq!(terminal.state("stopped"), before);
                terminal.types("fg");
                terminal.waits_for("q ends it");
                terminal.tmux(&["send-keys", "q"]);
            }
            signal => kill(signal, &terminal.watcher()),
        }
        terminal.waits_until("the shell's screen", |screen| !screen.contains("q ends it"));
        assert_eq!(terminal.state(&format!("after{at}")), before, "{end}");
    }
}

#[test]
fn nothing_is_done_while_nothing_happens() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    let Some(terminal) = Terminal::open(&env, 100, 24) else {
        return;
    };
    terminal.types("agent-sync --as me status --watch");
    terminal.waits_for("q ends it");
    let watcher = terminal.watcher();
    let spent = || {
        let stat = std::fs::read_to_string(format!("/proc/{watcher}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        ticks(11) + ticks(12)
    };
    let before = spent();
    sleep(Duration::from_secs(6));
    // A tick is a hundredth of a second of a processor's time.
    let ticks = spent() - before;
    eprintln!("{ticks} ticks in 6 s");
    assert!(
        ticks < 60,
        "{ticks} ticks in 6 s are more than a tenth of a processor"
    );
}

#[test]
fn without_a_terminal_it_says_what_helps_and_models_are_spared_it() {
    let env = TestEnv::new();
    env.agent("alice").called("alice");
    let refused = env.human().run(["status", "--watch"]).ends_with(2);
    refused
        .complains("--watch draws on a terminal")
        .complains("add --json");
    let model = env
        .agent("alice")
        .run(["status", "--watch", "--json"])
        .ends_with(3);
    model.complains("never ends by itself").complains("inbox --wait");
}

/// A program that runs until the test is over, however that ends.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _it_may_have_ended = self.0.wait();
    }
}

#[test]
fn programs_get_a_line_of_json_for_every_change() {
    use std::io::{BufRead as _, BufReader};
    let env = TestEnv::new();
    env.use_real_clock();
    let alice = env.agent("alice").called("alice");
    let mut command = Command::new(PROGRAM);
    command.args(["--as", "me", "status", "--watch=1h", "--json"]);
    let child = command
        .current_dir(env.root())
        .env_clear()
        .env("HOME", env.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = Running(child.unwrap());
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut next = || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["locks"].as_array().unwrap().len(), 0);
    alice.run(["lock", "acquire", "README"]).succeeds();
    // One act may be several changes.
    while next()["locks"][0]["file_path"] != "README" {}
}
