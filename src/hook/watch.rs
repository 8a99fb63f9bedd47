//! After a shell command: which of the others' files changed while it ran.
//!
//! No reading of a command tells what a script, a build or a formatter writes. So the files that others have
//! locked or changed lately are looked at before and after: the look costs one `stat` each. Only when it has changed,
//! which is rare, is a file read, and asked whose business it is. A change is this agent's when the file was as
//! remembered before the command and is different after it.
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

use super::effects::{self, Effects};
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

/// A file that may be somebody else's business.
struct Candidate {
    file: PathKey,
    known: Option<FileState>,
    /// The fences of leases that cover it, the newest first.
    fences: Vec<i64>,
    /// Who changed it, and when, the newest first.
    touched: Vec<(String, i64)>,
}

/// A file of somebody else that does not look as remembered.
struct Changed {
    file: PathKey,
    known: Option<FileState>,
    now: FileState,
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

    fn key(&self, path: &str) -> PathKey {
        PathKey {
            tree: self.tree.clone(),
            path: path.to_owned(),
        }
    }

    /// The file as it is, if it does not look as remembered.
    fn news(&self, file: &PathKey, known: Option<&FileState>) -> Option<FileState> {
        let file = self.top.join(&file.path);
        let glance = glance(&file);
        let is_same = known.is_some_and(|known| known.looks_like(&glance));
        (!is_same).then(|| look(&file))
    }
}

/// What is to be remembered of others' files before a command.
pub(super) fn before(
    scene: &Scene<'_>,
    read: &Read<'_>,
    checkout: &Checkout,
) -> Result<Vec<(PathKey, FileState)>> {
    let changed = changed(scene, read, checkout, candidates(scene, read, checkout)?)?;
    Ok(changed.into_iter().map(|one| (one.file, one.now)).collect())
}

/// The files of a checkout that others have locked or changed lately, the newest first.
fn candidates(scene: &Scene<'_>, read: &Read<'_>, checkout: &Checkout) -> Result<Vec<Candidate>> {
    let me = scene.me.kin();
    let since = scene.world.now.wall.saturating_sub(RECENT);
    let mut found = Found::default();
    for lease in read.outlines_of_others(me.id, &checkout.tree, MOST)? {
        if !is_stopped_by(me, lease.kin()) {
            continue;
        }
        if found.files.len() >= MOST as usize {
            break;
        }
        if !lease.is_of_many {
            found.file(checkout.key(&lease.path)).fences.push(lease.fence);
        } else if let Some(lock) = read.lock_with_fence(lease.fence)? {
            let top = if lock.is_pattern { "." } else { &lease.path };
            let mut below = read.known_below(&checkout.key(top), MOST)?;
            below.retain(|file| lock.covers(&Key::Path(file.clone())));
            for file in below {
                found.file(file).fences.push(lease.fence);
            }
        }
    }
    for (file, agent, at) in read.touched_in(&checkout.tree, since, MOST)? {
        if agent != me.id {
            found.file(file).touched.push((agent, at));
        }
    }
    let mut found = found.files;
    found.truncate(MOST as usize);
    let states = read.file_states(found.iter().map(|one| &one.file))?;
    for (one, known) in found.iter_mut().zip(states) {
        one.known = known;
    }
    Ok(found)
}

/// Those that do not look as remembered and are somebody else's.
fn changed(
    scene: &Scene<'_>,
    read: &Read<'_>,
    checkout: &Checkout,
    candidates: Vec<Candidate>,
) -> Result<Vec<Changed>> {
    let mut changed = Vec::new();
    for Candidate {
        file,
        known,
        fences,
        touched,
    } in candidates
    {
        let Some(now) = checkout.news(&file, known.as_ref()) else {
            continue;
        };
        let lock = lock_among(scene, read, fences)?;
        let last = last_among(scene, read, touched)?;
        if lock.is_some() || last.is_some() {
            changed.push(Changed {
                file,
                known,
                now,
                lock,
                last,
            });
        }
    }
    Ok(changed)
}

/// The first of these leases that still holds.
fn lock_among(scene: &Scene<'_>, read: &Read<'_>, fences: Vec<i64>) -> Result<Option<Lock>> {
    for fence in fences {
        let lock = read.lock_with_fence(fence)?;
        if let Some(lock) = lock.filter(|lock| lock.is_live(&scene.world.now)) {
            return Ok(Some(lock));
        }
    }
    Ok(None)
}

/// The first of these agents whose work concerns this one, and when it was done.
fn last_among(
    scene: &Scene<'_>,
    read: &Read<'_>,
    touched: Vec<(String, i64)>,
) -> Result<Option<(Peer, i64)>> {
    for (agent, at) in touched {
        let peer = read.agent(&agent)?.map(peer);
        if let Some(peer) = peer.filter(|peer| peer.concerns(scene.me.kin())) {
            return Ok(Some((peer, at)));
        }
    }
    Ok(None)
}

/// Files in the order in which they were found, each once.
#[derive(Default)]
struct Found {
    files: Vec<Candidate>,
    places: BTreeMap<PathKey, usize>,
}

impl Found {
    fn file(&mut self, file: PathKey) -> &mut Candidate {
        let at = *self.places.entry(file).or_insert_with_key(|file| {
            self.files.push(Candidate {
                file: file.clone(),
                known: None,
                fences: Vec::new(),
                touched: Vec::new(),
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
    blamed: Vec<Changed>,
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
    let changed = blamed
        .chain(written)
        .map(|file| effects::Changed { file, lines: None });
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
        let others = changed(scene, read, checkout, candidates(scene, read, checkout)?)?;
        let own = named
            .iter()
            .filter(|file| others.iter().all(|one| one.file != **file));
        survey.written = written(scene, read, checkout, own.cloned().collect())?;
        for one in others {
            survey.looks.push((one.file.clone(), one.now.clone()));
            if one
                .known
                .as_ref()
                .is_some_and(|known| known.differs_from(&one.now))
            {
                if !named.contains(&one.file) && is_in_flight(scene, read, &one.file, &one.now)? {
                    survey.is_doubtful = true;
                }
                survey.blamed.push(one);
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
    let written = named.into_iter().zip(states).filter_map(|(file, known)| {
        let now = checkout.news(&file, known.as_ref())?;
        let is_written = match known {
            Some(known) => known.differs_from(&now),
            None => begun.is_some_and(|begun| now.modified / 1_000_000 >= begun),
        };
        is_written.then_some((file, now))
    });
    Ok(written.collect())
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

fn told(scene: &Scene<'_>, changed: &[Changed]) -> Result<String> {
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
