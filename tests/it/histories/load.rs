//! Sixty-four processes at a time, doing everything that agents and their clients do.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Recorder;
use super::models::{Inbox, Lock, LockStep, MailStep, Task, TaskState, TaskStep, Who};
use crate::env::{Actor, Dice, Output, TestEnv, noise};

/// How many processes there are at any moment.
const PROCESSES: usize = 64;
/// For how long they go on in every run of the tests.
const SHORT: Duration = Duration::from_secs(15);
/// For how long with `AGENT_SYNC_SOAK=1`.
const LONG: Duration = Duration::from_secs(60);

const LOCKS: usize = 6;
const TASKS: usize = 6;
const INBOXES: usize = 4;

/// The exit statuses that are documented for a command that was understood: done, refused, no such thing, and
/// timed out.
const DOCUMENTED: [i32; 4] = [0, 3, 4, 5];

/// Everything that the processes share.
struct Field<'a> {
    env: &'a TestEnv,
    locks: Vec<Recorder<Lock>>,
    tasks: Vec<(String, Recorder<Task>)>,
    inboxes: Vec<(Actor<'a>, Recorder<Inbox>)>,
    numbers: BTreeMap<String, Who>,
    messages: AtomicUsize,
    /// Id and number of messages that were seen in an inbox.
    seen: Mutex<Vec<(usize, String, usize)>>,
    /// How often each exit status was seen, of commands and of hooks.
    statuses: Mutex<BTreeMap<(&'static str, i32), usize>>,
}

/// One process after another.
struct Worker<'a> {
    field: &'a Field<'a>,
    me: Who,
    actor: Actor<'a>,
    dice: Dice,
    held: Vec<usize>,
    owned: Vec<usize>,
}

impl Field<'_> {
    fn count(&self, kind: &'static str, output: &Output, allowed: &[i32]) {
        *self
            .statuses
            .lock()
            .unwrap()
            .entry((kind, output.status))
            .or_default() += 1;
        assert!(allowed.contains(&output.status), "{}", output.shown());
        output.never_says("panicked").never_says("an error of its own");
    }

    fn command(&self, actor: &Actor<'_>, arguments: &[&str]) -> Output {
        let output = actor.run_with(arguments, b"");
        self.count("command", &output, &DOCUMENTED);
        output
    }

    fn hook(&self, actor: &Actor<'_>, name: &str, payload: &Value) -> Output {
        let output = actor.hook(name, payload);
        self.count("hook", &output, &[0, 2]);
        output.never_says("is not protecting");
        assert!(
            output.status == 0 || name == "pre-tool-use",
            "{name}: {}",
            output.shown()
        );
        output
    }

    fn state_of(&self, task: &Value) -> Option<TaskState> {
        let owner = task["owner_agent_id"]
            .as_str()
            .and_then(|id| self.numbers.get(id))
            .copied();
        match (task["status"].as_str()?, owner) {
            ("pending", None) => Some(TaskState::Pending),
            ("in_progress", Some(owner)) => Some(TaskState::Claimed(owner)),
            ("done", Some(owner)) => Some(TaskState::Done(owner)),
            _ => panic!("a task in a state that nobody brought it into: {task}"),
        }
    }
}

impl Worker<'_> {
    fn work(&mut self) {
        match self.dice.roll(100) {
            0..36 => self.lock(),
            36..62 => self.task(),
            62..84 => self.mail(),
            84..94 => self.client(),
            _ => self.look_around(),
        }
    }

    fn lock(&mut self) {
        let (field, me) = (self.field, self.me);
        if !self.held.is_empty() && self.dice.roll(2) == 0 {
            let which = self.held.swap_remove(self.dice.pick(self.held.len()));
            return self.release(which);
        }
        let which = self.dice.pick(LOCKS);
        let name = format!("f{which}");
        match self.dice.roll(10) {
            0..5 => {
                let run = || field.command(&self.actor, &["lock", "acquire", &name, "--json"]);
                let output = field.locks[which].record(run, |output| {
                    Some(match output.status {
                        0 => LockStep::Acquired(me, output.json()[0]["fence"].as_i64().unwrap()),
                        _ => LockStep::Refused(me),
                    })
                });
                if output.status == 0 && !self.held.contains(&which) {
                    self.held.push(which);
                }
            }
            5..6 => self.release(which),
            _ => {
                let payload = self.actor.edit_of(&name);
                let run = || field.hook(&self.actor, "pre-tool-use", &payload);
                field.locks[which].record(run, |output| {
                    Some(LockStep::Edit {
                        who: me,
                        is_stopped: output.is_refusal(),
                    })
                });
            }
        }
    }

    fn release(&self, which: usize) {
        let (field, me) = (self.field, self.me);
        let name = format!("f{which}");
        let run = || field.command(&self.actor, &["lock", "release", &name]);
        field.locks[which].record(run, |output| {
            Some(match output.status {
                0 if output.stdout.starts_with("Unlocked") => LockStep::Released(me),
                0 => LockStep::Nothing,
                _ => LockStep::NotTheirs(me),
            })
        });
    }

    fn task(&mut self) {
        let (field, me) = (self.field, self.me);
        let (own, way) = (self.dice.roll(2) == 0, self.dice.roll(10));
        if own && let Some(which) = self.owned.pop() {
            let (word, step): (_, fn(Who, bool) -> TaskStep) = if way < 5 {
                ("done", TaskStep::Done)
            } else {
                ("release", TaskStep::Release)
            };
            return self.move_task(which, word, |succeeded| step(me, succeeded));
        }
        let which = self.dice.pick(TASKS);
        let (id, recorder) = &field.tasks[which];
        match way {
            0..4 => {
                let run = || field.command(&self.actor, &["task", "claim", id]);
                let step = |output: &Output| Some(TaskStep::Claim(me, output.status == 0));
                if recorder.record(run, step).status == 0 {
                    self.owned.push(which);
                }
            }
            4 => self.next_task(),
            5 => self.move_task(which, "done", |succeeded| TaskStep::Done(me, succeeded)),
            6..8 => self.move_task(which, "reopen", TaskStep::Reopen),
            _ => {
                let run = || field.command(&self.actor, &["task", "show", id, "--json"]);
                recorder.record(run, |output| field.state_of(&output.json()).map(TaskStep::Shown));
            }
        }
    }

    fn move_task(&self, which: usize, word: &str, step: impl Fn(bool) -> TaskStep) {
        let (id, recorder) = &self.field.tasks[which];
        let run = || self.field.command(&self.actor, &["task", word, id]);
        recorder.record(run, |output| Some(step(output.status == 0)));
    }

    /// Which task it was about is known only afterwards.
    fn next_task(&mut self) {
        let field = self.field;
        let invoked = Instant::now();
        let output = field.command(&self.actor, &["task", "next", "--json"]);
        let returned = Instant::now();
        let task = output.json();
        let which = field.tasks.iter().position(|(id, _)| task["id"] == id.as_str());
        if let Some(which) = which {
            let recorder = &field.tasks[which].1;
            recorder.note(invoked, returned, TaskStep::HandedOut(self.me));
            self.owned.push(which);
        }
    }

    fn mail(&mut self) {
        let field = self.field;
        let which = self.dice.pick(INBOXES);
        let (reader, recorder) = &field.inboxes[which];
        match self.dice.roll(10) {
            0..3 => {
                let number = field.messages.fetch_add(1, Ordering::Relaxed);
                let arguments = ["message", "send", "--to", &reader.id(), &number.to_string()];
                let run = || field.command(&self.actor, &arguments);
                recorder.record(run, |output| {
                    (output.status == 0).then_some(MailStep::Sent(number))
                });
            }
            3..6 => {
                let run = || field.command(reader, &["message", "inbox", "--json"]);
                let number = |message: &Value| message["body"].as_str().unwrap().parse::<usize>().unwrap();
                let output = recorder.record(run, |output| {
                    let listed = output.json();
                    Some(MailStep::Listed(
                        listed.as_array().unwrap().iter().map(number).collect(),
                    ))
                });
                let found = output.json();
                let found = found.as_array().unwrap().iter();
                let found = found.map(|it| (which, it["id"].as_str().unwrap().to_owned(), number(it)));
                field.seen.lock().unwrap().extend(found);
            }
            _ => {
                let seen = {
                    let mut seen = field.seen.lock().unwrap();
                    let at = (!seen.is_empty()).then(|| self.dice.pick(seen.len()));
                    at.map(|at| seen.swap_remove(at))
                };
                let Some((which, id, number)) = seen else { return };
                let (reader, recorder) = &field.inboxes[which];
                let run = || field.command(reader, &["message", "read", &id]);
                recorder.record(run, |output| {
                    (output.status == 0).then_some(MailStep::Read(number))
                });
            }
        }
    }

    /// What a client does around its tools.
    fn client(&mut self) {
        let bash = json!({"tool_name": "Bash", "tool_input": {"command": "echo x >> g1 && git status"}});
        let edit = self.actor.edit_of(format!("g{}", self.dice.roll(3)));
        let (name, payload) = match self.dice.roll(6) {
            0 => ("session-start", json!({"source": "startup"})),
            1 => ("user-prompt-submit", json!({"prompt": "go on"})),
            2 => ("pre-tool-use", bash),
            3 => ("post-tool-use", edit),
            4 => ("post-tool-batch", json!({})),
            _ => ("stop", json!({})),
        };
        self.field.hook(&self.actor, name, &payload);
        let which = self.dice.pick(INBOXES);
        let reader = &self.field.inboxes[which].0;
        self.field
            .hook(reader, "user-prompt-submit", &json!({"prompt": "go on"}));
    }

    fn look_around(&mut self) {
        let wanted = format!("w{}", self.dice.roll(2));
        let text = format!("by {}", self.me);
        let all: [&[&str]; 9] = [
            &["status"],
            &["agent", "list", "--json"],
            &["task", "list"],
            &["lock", "list"],
            &["activity", "list", "--json"],
            &["decision", "add", &text],
            &["append", "notes.md", "--content", &text],
            &["lock", "acquire", &wanted, "--wait", "1s", "--ttl", "1m"],
            &["gc"],
        ];
        let arguments = all[self.dice.pick(all.len())];
        self.field.command(&self.actor, arguments);
        if arguments.contains(&"--wait") {
            self.field.command(&self.actor, &["lock", "release", &wanted]);
        }
    }
}

#[test]
fn what_sixty_four_processes_saw_of_locks_tasks_and_mail_has_one_order() {
    let _noise = noise();
    let env = TestEnv::new();
    env.set_up();
    env.use_real_clock();
    let is_soak = std::env::var_os("AGENT_SYNC_SOAK").is_some_and(|value| value == "1");
    let duration = if is_soak { LONG } else { SHORT };
    let workers: Vec<Actor<'_>> = (0..PROCESSES)
        .map(|number| env.agent(&format!("worker{number}")))
        .collect();
    let numbers = workers
        .iter()
        .enumerate()
        .map(|(number, worker)| (worker.id(), number));
    let field = &Field {
        env: &env,
        locks: (0..LOCKS).map(|_| Recorder::new()).collect(),
        tasks: (0..TASKS)
            .map(|number| {
                let output = env.human().run(["task", "create", &format!("Task {number}")]);
                (output.succeeds().id("task-"), Recorder::new())
            })
            .collect(),
        inboxes: (0..INBOXES)
            .map(|number| {
                let name = format!("reader{number}");
                (env.agent(&name).called(&name), Recorder::new())
            })
            .collect(),
        numbers: numbers.collect(),
        messages: AtomicUsize::new(0),
        seen: Mutex::default(),
        statuses: Mutex::default(),
    };
    let barrier = &Barrier::new(PROCESSES);
    thread::scope(|scope| {
        for (me, actor) in workers.into_iter().enumerate() {
            scope.spawn(move || {
                let mut worker = Worker {
                    field,
                    me,
                    actor,
                    dice: Dice::new(me as u64 + 1),
                    held: Vec::new(),
                    owned: Vec::new(),
                };
                barrier.wait();
                let began = Instant::now();
                while began.elapsed() < duration {
                    worker.work();
                }
            });
        }
    });
    judge(field, duration);
}

/// Looks for the order, and at what is left in the store.
fn judge(field: &Field<'_>, duration: Duration) {
    let integrity: String = field
        .env
        .sql()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(integrity, "ok");
    let mut counts = BTreeMap::new();
    for (number, recorder) in field.locks.iter().enumerate() {
        let count = recorder.expect_linearizable(&format!("lock f{number}"));
        *counts.entry("locks").or_insert(0) += count;
    }
    for (id, recorder) in &field.tasks {
        *counts.entry("tasks").or_insert(0) += recorder.expect_linearizable(id);
    }
    for (reader, recorder) in &field.inboxes {
        *counts.entry("mail").or_insert(0) += recorder.expect_linearizable(reader.session());
    }
    // Shown with `--nocapture`; docs/RELIABILITY.md has the last long result.
    eprintln!(
        "{PROCESSES} processes for {duration:?}: operations in one order {counts:?}; exit statuses {:?}",
        field.statuses.lock().unwrap()
    );
    for (what, count) in counts {
        assert!(count >= 100, "only {count} operations of {what}");
    }
}
