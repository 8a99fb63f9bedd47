//! Every command once, and what leads to the statements that once does not reach.

use std::path::Path;
use std::process::Command;

use super::recording::{Recording, Run};
use crate::crash::cases::{self, CASES, Case, Start};
use crate::env::{Actor, HOUR, TestEnv, copy_tree};

/// Commands that are played besides those of `crash::cases::CASES`, each line in a project of its own: the same as
/// there, so that `TASK`, `OPEN`, `MSG`, `DEC` and `COPY` stand for the same things. Alice runs them, or whoever is
/// named with a colon. `NEW` is the task that was last spoken of, `SENT` the message; `sleep` lets two hours pass, `days` three
/// days; from `real` on, the machine's own clock is used, so that waiting ends.
const MORE: &[&str] = &[
    "status; status --json; status --compact",
    "vote show VOTE; vote show VOTE --json; vote list; vote list --all; leader show; leader show --json",
    "topology show; topology show --json; topology show --format dot; topology check; topology check --json; human: whoami; bob: message send --to carol hello",
    "human: topology set mesh; human: topology set mesh; topology show; carol: agent register --name carol; message send --to all hello",
    "human: topology set hierarchical --chief bob --team x=alice,carol --parent alice=bob; carol: agent register --name carol; carol: message send --to bob hello; topology check; task handoff TASK --to bob; sleep; carol: message send --to all hello",
    "plan list; plan list --all --json; plan show MYPLAN; plan show AGAIN --json; plan show AGAIN --revision 1; plan diff AGAIN; plan diff MYPLAN plan.md",
    "bob: plan approve MYPLAN; plan launch MYPLAN; plan launch MYPLAN; plan launch AGAIN; plan show AGAIN; human: plan approve BOBS; bob: plan launch BOBS",
    "bob: plan propose keyed.md; vote open Fine? --approves BOBS; bob: plan reject MYPLAN --reason no; bob: plan propose plan.md --amend AGAIN",
    "human: plan launch MYPLAN --sessions --restarts 0 --command true; human: plan launch MYPLAN --sessions --restarts 0 --command true",
    "metrics; metrics --since 1h --json; metrics --openmetrics; ping; ping bob --json",
    "whoami; agent show; agent show bob; agent list; agent list --all --json",
    "agent register --name bob; agent register --name carol --role tests; agent show carol",
    "task list; task list --all --json; task list --mine; task list --ready; task list --label x; task list --role x",
    "task list --state done; task list --owner bob; task list --owner none; task list --ready --label x --role tests",
    "task edit OPEN --label x --label y; task list --label x --label y; task edit OPEN --remove-label x --remove-file open",
    "task edit OPEN --description long --priority 3 --role tests --accept seen --accept-command true --max-attempts 2",
    "task show TASK; task show OPEN --json; task show Open; task export; task export -o out.md",
    "task graph; task graph OPEN; task graph --format dot; task graph --format mermaid; task graph --format json",
    "task import plan.md; task import plan.md; task import plan.md --again; task import plan.md --dry-run",
    "task create Next --after TASK --on-failure OPEN --label x --role tests; task show NEW; task graph NEW; task fail TASK --reason why",
    "task create Next --when TASK.n>1 --always OPEN; task done TASK --result n=2 --result ok=true; task show NEW; task claim NEW --force",
    "task create Next --when TASK.n>1; task done TASK --result n=0; task show NEW; task reopen TASK; task show NEW",
    "task create Next --after TASK; task create Last --after NEW; task cancel TASK; task show NEW; task reopen TASK; task depend NEW --remove TASK",
    "task depend OPEN --after TASK; task depend TASK --after OPEN; task depend OPEN --remove TASK",
    "task block TASK --reason why; task unblock TASK; task release TASK --note later; task claim TASK; task comment TASK well",
    "task edit TASK --accept-command true; task done TASK --check --evidence seen --commit HEAD --note well; task show TASK",
    "task handoff TASK --to bob; bob: task list; bob: task accept TASK; bob: task show TASK",
    "task handoff TASK --to bob --note yours; bob: task decline TASK --reason busy; task show TASK",
    "task claim OPEN --lock; task next; task next --another; task next --role tests; task next --label x",
    "bob: task claim OPEN; task claim OPEN; task done OPEN --force; task next --another --lock",
    "task create Locked --file theirs/x; task claim NEW --lock; task next --lock --another",
    "message send --to bob,carol hello; message send --to all --priority low --ttl 1h hello; message send --to bo hello",
    "bob: message send --to alice --ack --reply-to MSG sure; message inbox --all; message thread MSG; message sent; bob: message sent --limit 3",
    "message list; message list --since 1h --limit 3; message show MSG; message read MSG; message ack MSG; message inbox",
    "message search there; search there; search tabs --kind decision; search Open --kind task; decision search tabs; search nothing-like-it",
    "human: config set messages.queue 1; message send --to bob --priority low one; message send --to bob two; message send --to bob --priority critical three; message send --to all four",
    "human: config set messages.rate 1; message send --to bob one; message send --to bob two",
    "swarm status; human: swarm drain --reason why; swarm status; swarm status --json; swarm drain --status; task next; bob: task next; swarm ready --note later; status; human: swarm drain --deadline 5m; carol: agent heartbeat; swarm ready; human: swarm resume; human: swarm resume",
    "human: swarm drain; bob: lock acquire more; sleep; bob: whoami; bob: agent heartbeat; swarm status; human: swarm shutdown; bob: lock acquire x; swarm status --json; human: swarm resume",
    "human: swarm shutdown --deadline 0; human: swarm shutdown; carol: agent heartbeat; bob: agent register --name dora; task claim OPEN; human: swarm resume",
    "lock list; lock list --all --json; lock list --mine; lock check mine theirs src; lock check --resource db; lock check *.rs",
    "lock acquire --resource db --reason why; lock acquire --all-worktrees everywhere; lock renew --resource db; lock release --resource db",
    "lock acquire theirs; lock release theirs; lock release theirs --force",
    "lock acquire src --ttl 5m; bob: lock acquire src/x; bob: lock acquire src/x --force; lock list --mine",
    "lock acquire both --shared; bob: lock acquire both --shared; bob: lock release both; lock release both",
    "decision list; decision list --all; decision show DEC; decision add Other --supersedes DEC; decision list --all --json",
    "activity list; activity list --agent bob; activity list --type note --limit 3; activity add said --file README --type note",
    "append notes.md --content line; append notes.md --content line; append theirs --content line",
    "config list; config get lock.ttl; config set lock.ttl 5m; config unset lock.ttl",
    "completions bash; man status; doctor; doctor --json; report -o out.html; report --since 1h --json; export; export -o out.jsonl",
    "human: import COPY.jsonl; human: backup; human: gc --dry-run",
    "lock acquire short --ttl 1m; human: config set retention.activity 24h; human: config set retention.messages 24h; human: task done TASK; message read MSG; days; human: gc --dry-run; human: gc; human: status",
    "bob: message send --to alice --ack really; sleep; bob: agent list; bob: message send --to alice hello; bob: message send --to alice --queue hello; bob: task next; carol: agent register --name alice; carol: message inbox; bob: message sent",
    "bob: lock acquire gone; sleep; lock acquire gone theirs; lock list --all; human: gc; bob: whoami; bob: lock list --mine; bob: lock renew theirs",
    "human: policy apply ruled.toml --yes; policy show; policy show --json; policy test Bash command=ls; policy test --agent bob decision add x; policy log; policy log --since 1h --rule asked --json; message send --to bob hello; message send --to bob hello; decision add asked; decision add asked; human: approve list; human: approve REQ --reject --reason no; decision add asked; human: approve REQ; decision add asked; decision add asked; approve show REQ; approve list --all --json; config list; human: policy apply ruled.toml --yes; days; human: gc; human: policy remove --yes",
    "real; bob: lock acquire fresh; lock acquire fresh --wait 1s; lock acquire fresh --force",
];

/// Commands that no line of this file has to name, and why.
const ELSEWHERE: [(&str, &str); 3] = [
    ("hook", "they are in `hooks`"),
    ("console", "it is played in a terminal of its own, below"),
    ("demo", "it runs the other commands, in a project of its own"),
];

/// Plays every command and says what each ran.
pub(super) fn play() -> Vec<(String, Run)> {
    let env = TestEnv::new();
    let names = cases::prepare(&env, Start::Busy);
    env.write("ruled.toml", cases::POLICY);
    let recording = Recording::new(&env);
    let (mut played, mut wrong) = (Vec::new(), Vec::new());
    let mut count = 0;
    let mut project = || {
        count += 1;
        let to = env.outside().join(format!("played-{count}"));
        copy_tree(&env.root(), &to);
        to
    };
    for case in CASES.iter().filter(|case| case.start == Start::Busy) {
        let project = project();
        let (command, input) = cases::command(&env, case, &project, &names);
        let (run, output) = recording.run(command, &input);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{}", case.name);
        played.push((case.name.to_owned(), run));
    }
    for line in MORE {
        let project = project();
        let mut names = names.clone();
        for step in line.split("; ") {
            if step == "days" {
                env.advance(72 * HOUR);
                continue;
            }
            if step == "sleep" {
                env.advance(2 * HOUR + 1);
                continue;
            }
            if step == "real" {
                env.use_real_clock();
                continue;
            }
            let (who, words) = step.split_once(": ").unwrap_or(("alice", step));
            let mut words = words.to_owned();
            for (name, value) in &names {
                words = words.replace(name, value);
            }
            let (run, output) = recording.run(command(&env, who, &project, &words), "");
            let errors = String::from_utf8_lossy(&output.stderr);
            if matches!(output.status.code(), Some(1 | 2) | None) && !words.starts_with("doctor") {
                wrong.push(format!("{step}: {errors}"));
            }
            let text = String::from_utf8_lossy(&output.stdout);
            for (name, prefix) in [("NEW", "task-"), ("SENT", "msg-"), ("REQ", "req-")] {
                let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
                let found = text
                    .split(|letter| !is_part(letter))
                    .find(|word| word.starts_with(prefix) && word.len() == prefix.len() + 8);
                if let Some(id) = found {
                    names.retain(|(known, _)| *known != name);
                    names.push((name, id.to_owned()));
                }
            }
            played.push((step.to_owned(), run));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    played.extend(play_console());
    played
}

fn command(env: &TestEnv, who: &str, project: &Path, words: &str) -> Command {
    let actor: Actor<'_> = match who {
        "human" => env.human(),
        name => env.agent(name),
    };
    let mut command = actor
        .at(project)
        .with("CLAUDE_PROJECT_DIR", project.to_str().unwrap())
        .shell();
    command.args(words.split(' '));
    command
}

/// Looks around in the console.
#[cfg(feature = "console")]
fn play_console() -> Option<(String, Run)> {
    let env = TestEnv::new();
    cases::prepare(&env, Start::Busy);
    let recording = Recording::new(&env);
    let who = recording.of(&env.human());
    let terminal = crate::console::terminal::Terminal::open(&env, &who, 100, 30)?;
    terminal.start_console();
    for key in ["1", "2", "3", "4", "5", "Enter", "Escape"] {
        terminal.press(&[key]);
    }
    terminal.command("message send --to alice hello", "hello");
    terminal.press(&["q"]);
    terminal.wait_for("the end:");
    Some(("console".to_owned(), recording.take()))
}

#[cfg(not(feature = "console"))]
fn play_console() -> Option<(String, Run)> {
    None
}

/// The commands that nothing plays.
pub(super) fn missing() -> Vec<String> {
    let env = TestEnv::new();
    let lines: Vec<&str> = CASES
        .iter()
        .map(|case: &Case| case.name)
        .chain(MORE.iter().flat_map(|line| line.split("; ")))
        .map(|step| step.split_once(": ").map_or(step, |(_, words)| words))
        .collect();
    let is_played = |command: &str| {
        let is_it = |line: &&str| {
            line.strip_prefix(command)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        lines.iter().any(is_it)
    };
    leaves(&env, "")
        .into_iter()
        .filter(|command| !is_played(command) && !ELSEWHERE.iter().any(|(known, _)| command == known))
        .collect()
}

/// Every command without commands below it, as the program's own help has them.
fn leaves(env: &TestEnv, above: &str) -> Vec<String> {
    let mut arguments: Vec<&str> = above.split(' ').filter(|word| !word.is_empty()).collect();
    arguments.push("--help");
    let help = env.human().run_with(&arguments, b"").succeeds().stdout;
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return vec![above.to_owned()];
    };
    let list = list.split("\n\n").next().unwrap();
    let names = list
        .lines()
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    names
        .flat_map(|name| leaves(env, format!("{above} {name}").trim()))
        .collect()
}
