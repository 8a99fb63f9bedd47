//! The project that `demo --project` makes: a repository with a second worktree, and the story told to its store.
//!
//! Three hours cannot be waited for, and the program has no door through which its clock could be set. So every
//! deed is told to the store as what it is, something that happens, by whoever knows the moment: rules, times and
//! record come out as if it had been so, and `doctor --check` finds nothing wrong.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::story::{AGENTS, Agent, Deed, PLAN, STORY};
use crate::cli::Context;
use crate::domain::agent::{Kin, OPERATOR};
use crate::domain::lock::{Key, Mode, Wanted};
use crate::domain::message::{Hook, Priority};
use crate::domain::presence::{Proof, Turn, World};
use crate::domain::task::{Kind, Move};
use crate::domain::time::{MINUTE, Moment};
use crate::domain::wait::Wish;
use crate::error::Refusal;
use crate::identity;
use crate::place::Place;
use crate::repo::{Project, ask_git};
use crate::setup::init;
use crate::store::{
    Acquisition, Claim, Entry, NewDependency, NewTask, NewTouch, Purpose, Registration, Report, Sending,
    Store, Write,
};

/// The main worktree in the directory, and the linked one.
pub(super) const MAIN: &str = "library";
const LINKED: &str = "library-web";

/// The hours for which the locks of the story are taken, in milliseconds.
const TTL: i64 = 180 * MINUTE;

/// Makes it in a directory that is not there yet.
pub(super) fn make(context: &Context<'_>, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)?;
    let directory = directory.canonicalize()?;
    let (main, linked) = (directory.join(MAIN), directory.join(LINKED));
    lay_out(&main, &linked)?;
    let place = Place::new(context.env, Project::rooted(&main));
    let options = init::Options {
        local: false,
        adopt: false,
        no_skill: false,
        git_hooks: false,
        dry_run: false,
    };
    init::run(context.env, &place, options)?;
    let store = place
        .open(context.env, Purpose::Command)
        .map_err(|unusable| unusable.refusal(&place))?;
    let linked = place.project().checkout(&linked).context("the linked worktree")?;
    let mut teller = Teller {
        context,
        store,
        main: place.project().clone(),
        linked,
        now: context.env.now(),
        proof: context.env.parent_proof(),
    };
    teller.tell()
}

/// A repository with the files of the story and one commit, and a second worktree on a branch of its own.
fn lay_out(main: &Path, linked: &Path) -> Result<()> {
    fs::create_dir_all(main)?;
    let named = PLAN.iter().filter_map(|task| task.file);
    let edited = STORY.iter().filter_map(|(.., deed)| match deed {
        Deed::Edit(file, ..) => Some(*file),
        _ => None,
    });
    for file in named.chain(edited).filter(|file| file.contains('.')) {
        let path = main.join(file);
        fs::create_dir_all(path.parent().context("a file has a directory")?)?;
        fs::write(path, "// a library\n")?;
    }
    for arguments in [
        &["init", "--quiet", "--template=", "--initial-branch=main"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--no-verify", "--message=A library"],
        &[
            "worktree",
            "add",
            "--quiet",
            "-b",
            "web",
            &linked.to_string_lossy(),
        ],
    ] {
        let mut git = ask_git(main);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(["-c", "user.name=demo", "-c", "user.email=demo@localhost"])
            .args(["-c", "commit.gpgSign=false"]);
        if !git.args(arguments).status().is_ok_and(|status| status.success()) {
            let failed = format!("`git {}` failed", arguments[0]);
            return Err(Refusal::internal(failed).hint("install git").into());
        }
    }
    Ok(())
}

/// Tells the story to the store.
struct Teller<'a> {
    context: &'a Context<'a>,
    store: Store,
    main: Project,
    linked: Project,
    now: Moment,
    /// The process that the agents live in: the shell that asked for them.
    proof: Option<Proof>,
}

impl Teller<'_> {
    fn tell(&mut self) -> Result<()> {
        self.at(181, |write| {
            write.register(&Registration {
                id: OPERATOR,
                ..Registration::default()
            })?;
            for task in &PLAN {
                let dependencies: Vec<NewDependency> = task
                    .after
                    .iter()
                    .map(|on| NewDependency {
                        on: (*on).to_owned(),
                        kind: Kind::After,
                    })
                    .collect();
                let files: Vec<String> = task.file.iter().map(ToString::to_string).collect();
                let new = NewTask {
                    title: task.title,
                    files: &files,
                    priority: task.priority,
                    labels: &[task.label.to_owned()],
                    role: task.role,
                    dependencies: &dependencies,
                    ..NewTask::default()
                };
                write.create_task(OPERATOR, &new)?;
            }
            Ok(())
        })?;
        for (ago, name, deed) in &STORY {
            let agent = AGENTS
                .iter()
                .find(|agent| agent.name == *name)
                .context("the story names agents only")?;
            self.act(*ago, agent, deed)
                .with_context(|| format!("{name}, {ago} minutes ago"))?;
        }
        Ok(())
    }

    /// Changes the store as it would have been changed so many minutes ago.
    fn at<T>(&mut self, ago: i64, body: impl FnOnce(&Write<'_>) -> Result<T>) -> Result<T> {
        let env = self.context.env;
        let wall = self.now.wall - ago * MINUTE;
        let now = match self.now.uptime - ago * MINUTE {
            uptime if uptime > 0 => Moment {
                wall,
                uptime,
                ..self.now
            },
            // The machine was not running yet.
            _ => Moment::at_wall(wall),
        };
        let world = World {
            now,
            thresholds: env.thresholds(),
            processes: env.processes(),
        };
        self.store.write(&world, body)
    }

    fn act(&mut self, ago: i64, agent: &Agent, deed: &Deed) -> Result<()> {
        let project = if agent.is_away { &self.linked } else { &self.main }.clone();
        let (id, parent) = ids(agent);
        let session = agent.parent.is_none().then(|| session(agent.name));
        let proof = self.proof;
        let kin = Kin {
            id: &id,
            parent: parent.as_deref(),
        };
        let cwd = project.worktree.to_string_lossy().into_owned();
        self.at(ago, |write| {
            write.register(&Registration {
                id: &id,
                name: Some(agent.name),
                role: Some(agent.role),
                parent: parent.as_deref(),
                cwd: Some(&cwd),
                proof,
                session: session.as_deref(),
                ..Registration::default()
            })?;
            let scene = Scene {
                write,
                me: kin,
                project: &project,
                session: self::session(agent.name),
                proof,
            };
            scene.tell(deed)
        })
    }
}

/// One agent at one moment.
struct Scene<'a> {
    write: &'a Write<'a>,
    me: Kin<'a>,
    project: &'a Project,
    session: String,
    proof: Option<Proof>,
}

impl Scene<'_> {
    fn tell(&self, deed: &Deed) -> Result<()> {
        let (write, me) = (self.write, self.me.id);
        match deed {
            Deed::Begin => write.saw_hook("SessionStart"),
            Deed::Claim(task) => self.claim(task),
            Deed::Done(task, note) => self.go_on(task, Move::Done, note),
            Deed::Fail(task, note) => self.go_on(task, Move::Fail, note),
            Deed::Block(task, note) => self.go_on(task, Move::Block, note),
            Deed::Cancel(task, note) => self.go_on(task, Move::Cancel, note),
            Deed::Lock(file, reason) => self.lock(file, reason),
            Deed::Unlock(file) => write.release(me, &self.wanted(file).key, false).map(drop),
            Deed::Await(file) => self.stand_in_line(file),
            Deed::Edit(file, added, removed) => self.edit(file, (*added, *removed)),
            Deed::Send(to, body) => self.send(to, body, Priority::Normal),
            Deed::Urge(to, body) => self.send(to, body, Priority::Critical),
            Deed::Hear => self.hear(),
            Deed::Acknowledge => self.acknowledge(),
            Deed::Decide(body) => write.decide(me, body, None).map(drop),
            Deed::Revise(body) => self.revise(body),
            Deed::Note(body) => self.note(body),
            Deed::Rest => {
                write.drop_edit_leases(me)?;
                write.set_turn(me, Turn::Idle)
            }
            Deed::Leave => {
                write.set_turn(me, Turn::Ended)?;
                write.sweep()?;
                write.reclaim_abandoned(me).map(drop)
            }
        }
    }

    fn wanted(&self, file: &str) -> Wanted {
        let located = self.project.locate(&self.project.worktree, Path::new(file));
        Wanted {
            is_directory: located.is_directory,
            ..Wanted::plain(Key::Path(located.key))
        }
    }

    fn claim(&self, task: &str) -> Result<()> {
        let claim = Claim {
            agent: self.me,
            tree: &self.project.tree,
            lock: true,
            force: false,
        };
        let claimed = self.write.claim(task, claim)?;
        claimed
            .map(drop)
            .map_err(|_| odd("the files of a task are locked"))
    }

    fn go_on(&self, task: &str, what: Move, note: &str) -> Result<()> {
        let report = Report {
            note: Some(note),
            ..Report::default()
        };
        self.write
            .move_task(self.me.id, task, what, &report, false)
            .map(drop)
    }

    fn lock(&self, file: &str, reason: &str) -> Result<()> {
        let keys = [self.wanted(file)];
        let acquisition = Acquisition {
            reason: Some(reason),
            ..Acquisition::new(self.me, &keys, TTL)
        };
        let locks = self.write.acquire(&acquisition)?;
        locks.map(drop).map_err(|_| odd("a file is locked"))
    }

    fn stand_in_line(&self, file: &str) -> Result<()> {
        let wish = Wish {
            agent: self.me,
            mode: Mode::Exclusive,
            keys: &[self.wanted(file)],
            ticket: None,
        };
        self.write.stand_in_line(&wish, self.proof).map(drop)
    }

    fn edit(&self, file: &str, lines: (i64, i64)) -> Result<()> {
        let key = self.project.locate(&self.project.worktree, Path::new(file)).key;
        self.write.take_edit_lease(self.me.id, &key, None)?;
        self.write.touch(&NewTouch {
            agent: self.me.id,
            file: &key,
            tool: "Edit",
            lines: Some(lines),
        })?;
        self.write.saw_hook("PostToolUse")
    }

    fn send(&self, to: &str, body: &str, priority: Priority) -> Result<()> {
        let sending = Sending {
            sender: self.me.id,
            addresses: &[to.to_owned()],
            body,
            reply_to: None,
            priority,
            ttl: None,
            wants_ack: priority == Priority::Critical,
            keep: false,
        };
        let sent = self.write.send(sending)?;
        sent.map(drop).map_err(|_| odd("a message is not taken"))
    }

    /// Everything that waits is put before the agent, whose turn goes on with it.
    fn hear(&self) -> Result<()> {
        let (write, me) = (self.write, self.me.id);
        let (letters, _) = write.offer(me, &self.session, Hook::GoesOn, false, <[_]>::len)?;
        for letter in letters {
            write.flushed(me, &self.session, &letter.ids)?;
            write.proved(me, &letter.ids)?;
        }
        write.saw_hook("PostToolBatch")
    }

    fn acknowledge(&self) -> Result<()> {
        let inbox = self.write.inbox(self.me.id, true)?;
        let newest = inbox.into_iter().max_by_key(|message| message.created.wall);
        let newest = newest.ok_or_else(|| odd("there is no message"))?;
        self.write.acknowledge(self.me.id, &newest.id).map(drop)
    }

    fn revise(&self, body: &str) -> Result<()> {
        let newest = self.write.decisions(1, false)?.pop();
        let newest = newest.ok_or_else(|| odd("nothing is settled"))?;
        self.write.decide(self.me.id, body, Some(&newest.id)).map(drop)
    }

    fn note(&self, body: &str) -> Result<()> {
        let entry = Entry {
            agent: Some(self.me.id),
            event: "note",
            body,
            ..Entry::default()
        };
        self.write.record(entry).map(drop)
    }
}

fn odd(what: &str) -> anyhow::Error {
    anyhow::anyhow!("the story does not add up: {what}")
}

fn session(name: &str) -> String {
    format!("demo-session-of-{name}")
}

/// The id of an agent, and its parent's.
fn ids(agent: &Agent) -> (String, Option<String>) {
    match agent.parent {
        None => (identity::session_id(&session(agent.name)), None),
        Some(parent) => {
            let parent = identity::session_id(&session(parent));
            (identity::of_subagent(&parent, agent.name), Some(parent))
        }
    }
}
