//! A terminal in which somebody types: tmux, with a shell of its own in a project.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::env::{Actor, TestEnv, search_path};

/// How long anything may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with a shell; both end when this is dropped.
pub(crate) struct Terminal {
    socket: std::path::PathBuf,
}

impl Terminal {
    /// Opens a terminal of this size for somebody; `None`, said aloud, where there is no tmux. Only
    /// `AGENT_SYNC_OPTIONAL_TOOLS` makes that a skip and not a failure.
    pub(crate) fn open(env: &TestEnv, who: &Actor<'_>, width: u16, height: u16) -> Option<Self> {
        let is_there = search_path()
            .split(':')
            .any(|directory| std::path::Path::new(directory).join("tmux").exists());
        if !is_there {
            let is_optional = std::env::var_os("AGENT_SYNC_OPTIONAL_TOOLS").is_some_and(|value| value == "1");
            assert!(
                is_optional,
                "tmux is missing: install the package tmux, or set AGENT_SYNC_OPTIONAL_TOOLS=1"
            );
            eprintln!("SKIPPED: the console in a terminal, because tmux is missing");
            return None;
        }
        env.use_real_clock();
        let terminal = Self {
            socket: env.outside().join("tmux"),
        };
        let shell = who.shell();
        let mut command = terminal.tmux(&["-f", "/dev/null", "new-session", "-d"]);
        command.args(["-x", &width.to_string(), "-y", &height.to_string(), "-c"]);
        command.arg(env.root()).args(["--", "env", "-i"]);
        command.args(["TERM=screen-256color", "PS1=ready$ "]);
        for (name, value) in shell.get_envs() {
            let mut pair = name.to_owned();
            pair.push("=");
            pair.push(value.unwrap_or_default());
            command.arg(pair);
        }
        // Only an interactive shell minds its jobs.
        command.args(["sh", "-i"]);
        succeeded(&mut command);
        terminal.wait_for("ready$");
        Some(terminal)
    }

    /// What somebody sees.
    pub(crate) fn screen(&self) -> String {
        let output = succeeded(&mut self.tmux(&["capture-pane", "-p"]));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Presses keys, each by its name in tmux.
    pub(crate) fn press(&self, keys: &[&str]) {
        succeeded(self.tmux(&["send-keys"]).args(keys));
    }

    /// Types this text and presses Enter.
    pub(crate) fn enter(&self, text: &str) {
        succeeded(self.tmux(&["send-keys", "-l", "--"]).arg(text));
        self.press(&["Enter"]);
    }

    /// Starts the console, and waits until it is there.
    pub(crate) fn start_console(&self) {
        self.enter("agent-sync console; echo the end: $?");
        self.wait_for("? help");
    }

    /// Types a command at the console's prompt, and waits until this is on the screen.
    pub(crate) fn command(&self, text: &str, answer: &str) {
        self.press(&[":"]);
        self.wait_for("operator>");
        self.enter(text);
        self.wait_for(answer);
    }

    /// Waits until this is on the screen, and says how long that took.
    pub(crate) fn wait_for(&self, text: &str) -> Duration {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contains(text))
    }

    /// Waits until this is not on the screen.
    pub(crate) fn wait_without(&self, text: &str) {
        self.wait_until(&format!("{text:?} gone"), |screen| !screen.contains(text));
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> Duration {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return began.elapsed();
            }
            assert!(began.elapsed() < PATIENCE, "never {what}:\n{screen}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the other screen is shown, and the cursor; whether a paste is told from keys.
    pub(crate) fn modes(&self) -> String {
        let format = "other screen: #{alternate_on}, cursor: #{cursor_flag}, keys: #{keypad_flag} #{keypad_cursor_flag}";
        let output = succeeded(&mut self.tmux(&["display-message", "-p", format]));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// How the shell finds its terminal set.
    pub(crate) fn settings(&self, env: &TestEnv, name: &str) -> String {
        let file = env.outside().join(name);
        self.enter(&format!("stty -a > {}; echo writ''ten {name}", file.display()));
        self.wait_for(&format!("written {name}"));
        std::fs::read_to_string(file).expect("what stty says")
    }

    /// The process of the console.
    pub(crate) fn console_pid(&self) -> u32 {
        let output = succeeded(&mut self.tmux(&["display-message", "-p", "#{pane_pid}"]));
        let shell = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let children = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(children).expect("the shell's children");
        children.trim().parse().expect("one child: the console")
    }

    fn tmux(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(arguments);
        command
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ended_already = self.tmux(&["kill-server"]).output();
    }
}

fn succeeded(command: &mut Command) -> Output {
    let output = command.output().expect("tmux runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output
}
