//! After a shell command: which of the others' files changed while it ran.
//!
//! No reading of a command tells what a script, a build or a formatter writes. So the files that others have
//! locked or changed lately are looked at before and after: the look costs one `stat` each, and a file is read
//! only when its look has changed. A change is this agent's when the file was as remembered before the command
//! and is different after it.
//!
//! A command that is understood in full and writes nothing is not looked after at all.
//!
//! A file that the command names and has written is this agent's change like any edit, whoever else cares.
//!
//! Three things keep the blame off the innocent. What differed before the command is remembered and put on
//! nobody. Another agent's own edit writes the file a moment before its hook reports it, so where a file that
//! somebody else is editing changed just now, unless this command names it, that report is waited for. And
//! what is told says that the file changed while the command ran, not that the command did it:
//! two commands of two agents at the same time cannot be told apart.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::effects::{Changed, Effects};
use super::scene::Scene;
use super::{Answer, Reply, bash};
use crate::domain::agent::{Agent, is_stopped_by};
use crate::domain::awareness::{Peer, RECENT};
use crate::domain::file_state::FileState;
use crate::domain::lock::{Key, Lock, OUTSIDE, PathKey};
use crate::domain::shell::{self, Reading};
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render;
use crate::repo::{Project, glance, look};
use crate::store::Read;

/// At most this many files are looked at.
const MOST: u32 = 200;
/// How long another agent's edit may take to be reported, in milliseconds.
const IN_FLIGHT: i64 = 400;

/// The checkout that the command runs in.
pub(super) struct Checkout {
    tree: String,
    top: PathBuf,
}

/// A file that is somebody else's business.
pub(super) struct Watched {
    file: PathKey,
    known: Option<FileState>,
    lock: Option<Lock>,
    /// Who changed it last, and when.
    last: Option<(Peer, i64)>,
}

impl Checkout {
    /// The checkout around the working directory; `None` outside the project.
    pub(super) fn of(scene: &Scene<'_>) -> Option<Self> {
        let project = scene.project();
        if scene.cwd == project.worktree || project.common.is_none() {
            let is_inside = scene.cwd.starts_with(&project.worktree);
            return is_inside.then(|| Self {
                tree: project.tree.clone(),
                top: project.worktree.clone(),
            });
        }
        let here = Project::discover(&scene.cwd, None)?;
        (here.common == project.common && here.tree != OUTSIDE).then_some(Self {
            tree: here.tree,
            top: here.worktree,
        })
    }

    /// What is to be remembered of the files that do not look as remembered.
    pub(super) fn news(&self, watched: &[Watched]) -> Vec<(PathKey, FileState)> {
        let changed = watched.iter().filter_map(|one| {
            let now = self.now(one)?;
            Some((one.file.clone(), now))
        });
        changed.collect()
    }

    /// The file as it is, if it does not look as remembered.
    fn now(&self, watched: &Watched) -> Option<FileState> {
        let file = self.top.join(&watched.file.path);
        let glance = glance(&file);
        let is_same = watched
            .known
            .as_ref()
            .is_some_and(|known| known.looks_like(&glance));
        (!is_same).then(|| look(&file))
    }
}

/// The files of a checkout that others have locked or changed lately, the newest first.
pub(super) fn others_files(scene: &Scene<'_>, read: &Read<'_>, checkout: &Checkout) -> Result<Vec<Watched>> {
    let me = scene.me.kin();
    let since = scene.world.now.wall.saturating_sub(RECENT);
    let mut found = Found::default();
    for lock in read.locks_of_others(me.id, &checkout.tree, MOST)? {
        let Key::Path(key) = &lock.key else { continue };
        let here = |path: &str| PathKey {
            tree: checkout.tree.clone(),
            path: path.to_owned(),
        };
        if !is_stopped_by(me, lock.kin()) {
            continue;
        }
        if found.files.len() >= MOST as usize {
            break;
        }
        if lock.is_directory || lock.is_pattern {
            let top = if lock.is_pattern { "." } else { &key.path };
            for file in read.known_below(&here(top), MOST)? {
                if lock.covers(&Key::Path(file.clone())) {
                    found.watched(file).lock.get_or_insert_with(|| lock.clone());
                }
            }
        } else {
            let file = here(&key.path);
            found.watched(file).lock.get_or_insert(lock);
        }
    }
    let mut peers: Vec<(String, Option<Peer>)> = Vec::new();
    for (file, agent, at) in read.touched_in(&checkout.tree, since, MOST)? {
        if agent == me.id {
            continue;
        }
        if peers.iter().all(|(id, _)| *id != agent) {
            let peer = read.agent(&agent)?.map(peer).filter(|peer| peer.concerns(me));
            peers.push((agent.clone(), peer));
        }
        let peer = peers.iter().find(|(id, _)| *id == agent);
        if let Some((_, Some(peer))) = peer {
            found.watched(file).last.get_or_insert_with(|| (peer.clone(), at));
        }
    }
    let mut found = found.files;
    found.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    let states = read.file_states(found.iter().map(|one| &one.file))?;
    for (one, known) in found.iter_mut().zip(states) {
        one.known = known;
    }
    Ok(found)
}

/// Files in the order in which they were found, each once.
#[derive(Default)]
struct Found {
    files: Vec<Watched>,
    places: BTreeMap<PathKey, usize>,
}

impl Found {
    fn watched(&mut self, file: PathKey) -> &mut Watched {
        let at = *self.places.entry(file).or_insert_with_key(|file| {
            self.files.push(Watched {
                file: file.clone(),
                known: None,
                lock: None,
                last: None,
            });
            self.files.len() - 1
        });
        &mut self.files[at]
    }
}

fn peer(agent: Agent) -> Peer {
    Peer {
        id: agent.id,
        name: agent.name,
        parent: agent.parent,
        presence: agent.presence,
        task: None,
    }
}

/// What a look at the others' files found.
struct Survey {
    effects: Effects,
    /// Files that changed while the command ran, and what is known of them.
    blamed: Vec<Watched>,
    looks: Vec<(PathKey, FileState)>,
    /// Files that are nobody else's business, which the command names and has written.
    written: Vec<(PathKey, FileState)>,
    /// Whether one of the changes may be another agent's edit that is about to be reported.
    is_doubtful: bool,
}

/// Looks at the others' files after a shell command, and puts what changed on this agent.
pub(super) fn after(scene: &Scene<'_>, command: &str) -> Result<Reply> {
    let reading = shell::read(command);
    if !bash::may_write(&reading) {
        return scene.silence();
    }
    let checkout = Checkout::of(scene);
    let mut found = survey(scene, &reading, checkout.as_ref())?;
    if found.is_doubtful {
        scene.let_go();
        thread::sleep(Duration::from_millis(IN_FLIGHT.unsigned_abs()));
        found = survey(scene, &reading, checkout.as_ref())?;
    }
    let answer = if found.blamed.is_empty() || !scene.can_record() {
        Answer::Silence
    } else {
        Answer::Context(told(scene, &found.blamed)?)
    };
    let blamed = found.blamed.into_iter().map(|one| one.file);
    let written = found.written.iter().map(|(file, _)| file.clone());
    let changed = blamed.chain(written).map(|file| Changed { file, lines: None });
    let effects = Effects {
        changed: changed.collect(),
        looks: found.looks.into_iter().chain(found.written).collect(),
        ..found.effects
    };
    Ok(Reply { answer, effects })
}

fn survey(scene: &Scene<'_>, reading: &Reading, checkout: Option<&Checkout>) -> Result<Survey> {
    scene.read(|read| {
        let mut survey = Survey {
            effects: scene.due(read)?,
            blamed: Vec::new(),
            looks: Vec::new(),
            written: Vec::new(),
            is_doubtful: false,
        };
        let Some(checkout) = checkout else {
            return Ok(survey);
        };
        let mut named = bash::named(scene, reading);
        named.retain(|file| file.tree == checkout.tree);
        let others = others_files(scene, read, checkout)?;
        let own = named
            .iter()
            .filter(|file| others.iter().all(|one| one.file != **file));
        survey.written = written(scene, read, checkout, own.cloned().collect())?;
        for one in others {
            let Some(now) = checkout.now(&one) else { continue };
            if one.known.as_ref().is_some_and(|known| known.differs_from(&now)) {
                if !named.contains(&one.file) && is_in_flight(scene, read, &one.file, &now)? {
                    survey.is_doubtful = true;
                }
                survey.looks.push((one.file.clone(), now));
                survey.blamed.push(one);
            } else {
                survey.looks.push((one.file, now));
            }
        }
        Ok(survey)
    })
}

/// Those of the named files that the command has written: they differ from what is remembered, or nothing is
/// remembered and they changed while it ran. Others should hear of these as of any edit.
fn written(
    scene: &Scene<'_>,
    read: &Read<'_>,
    checkout: &Checkout,
    named: Vec<PathKey>,
) -> Result<Vec<(PathKey, FileState)>> {
    let states = read.file_states(named.iter())?;
    let begun = scene.input.duration_ms.map(|lasted| {
        let clocks_differ = 1_000;
        scene.world.now.wall.saturating_sub(lasted + clocks_differ)
    });
    let changed = named.into_iter().zip(states).filter_map(|(file, known)| {
        let one = Watched {
            file,
            known,
            lock: None,
            last: None,
        };
        let now = checkout.now(&one)?;
        let is_written = match &one.known {
            Some(known) => known.differs_from(&now),
            None => begun.is_some_and(|begun| now.modified / 1_000_000 >= begun),
        };
        is_written.then_some((one.file, now))
    });
    Ok(changed.collect())
}

/// Whether the change may be another agent's own edit that has not been reported yet.
fn is_in_flight(scene: &Scene<'_>, read: &Read<'_>, file: &PathKey, state: &FileState) -> Result<bool> {
    let now = &scene.world.now;
    let age = now.wall.saturating_sub(state.modified / 1_000_000);
    if state.size == FileState::ABSENT || !(-IN_FLIGHT..IN_FLIGHT).contains(&age) {
        return Ok(false);
    }
    let leases = read.edit_leases(&scene.me.id, &file.path, None)?;
    Ok(leases.iter().any(|lease| {
        lease.is_implicit && lease.key == *file && lease.peer.concerns(scene.me.kin()) && lease.is_live(now)
    }))
}

fn told(scene: &Scene<'_>, changed: &[Watched]) -> Result<String> {
    let now = &scene.world.now;
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let lines = changed.iter().map(|one| match (&one.lock, &one.last) {
        (Some(lock), _) => render::lock::held(&Key::Path(one.file.clone()), lock, now),
        (None, Some((peer, at))) => render::awareness::last_changed(&one.file, peer, *at, now),
        (None, None) => render::lock::key(&Key::Path(one.file.clone())),
    });
    let left = lines.skip_while(|line| frame.push(line)).count();
    let overflow = (left > 0).then(|| format!("{left} more: agent-sync activity list --type edit"));
    Ok(format!(
        "agent-sync: files of other agents changed while this command ran; they are told.\n{}",
        frame.finish(overflow.as_deref())
    ))
}
