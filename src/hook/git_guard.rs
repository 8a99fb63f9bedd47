//! Git operations that would throw away what other agents have not committed yet.
//!
//! Asked only when the command holds such an operation and somebody else has changed or locked something in
//! that checkout: git itself then says what is uncommitted, and only what is both counts.

use std::path::Path;

use anyhow::Result;

use super::bash::directory;
use super::scene::Scene;
use crate::domain::agent::is_stopped_by;
use crate::domain::awareness::{RECENT, Touch};
use crate::domain::destruction::{Risk, risk};
use crate::domain::hindrance::{Hindrance, Rule};
use crate::domain::lock::{Key, Lock, OUTSIDE, PathKey};
use crate::domain::pattern::is_meant;
use crate::domain::shell::{GitKind, GitOperation};
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE, shell_word};
use crate::render;
use crate::repo::{Project, Uncommitted, last_commit, uncommitted};

/// At most this many changes are looked at.
const MOST: u32 = 200;
/// A command longer than this many paths helps nobody.
const MOST_OWN: usize = 12;

/// What others have not committed and would lose.
enum Lost {
    Change(Touch),
    Locked(PathKey, Lock),
}

impl Lost {
    const fn file(&self) -> &PathKey {
        match self {
            Self::Change(touch) => &touch.key,
            Self::Locked(file, _) => file,
        }
    }

    fn owner(&self) -> &str {
        match self {
            Self::Change(touch) => &touch.peer.id,
            Self::Locked(_, lock) => &lock.holder,
        }
    }
}

/// A checkout in which git would run, and where in it.
pub(super) struct Place {
    pub(super) checkout: Project,
    /// The directory relative to the checkout's top, `.` for the top itself.
    pub(super) base: String,
}

/// Why the command must not run, if it must not, and what the record says of that.
pub(super) fn check(scene: &Scene<'_>, operations: &[GitOperation]) -> Result<Option<(String, Hindrance)>> {
    for operation in operations {
        let Some(risk) = risk(&operation.kind) else {
            continue;
        };
        let Some(place) = place(scene, operation) else {
            continue;
        };
        let risk = as_meant(&operation.kind, risk, &place);
        let tree = place.checkout.tree.as_str();
        let since = scene.world.now.wall.saturating_sub(RECENT);
        let (touches, locks) = scene.read(|read| {
            let mut locks = read.locks_in(tree)?;
            locks.retain(|lock| is_stopped_by(scene.me.kin(), lock.kin()));
            Ok((read.touches_in(tree, since, MOST)?, locks))
        })?;
        let is_anybody = touches.iter().any(|touch| touch.peer.concerns(scene.me.kin()));
        if !is_anybody && locks.is_empty() {
            continue;
        }
        let Some(dirty) = uncommitted(&place.checkout.worktree, risk.takes(true, true, true)) else {
            continue;
        };
        let lost = lost(scene, &place, &risk, &touches, locks, &dirty);
        if let Some(first) = lost.first() {
            let refused = Hindrance {
                rule: Rule::CommandDiscards,
                file: first.file().clone(),
                by: lost.iter().map(|lost| lost.owner().to_owned()).collect(),
            };
            let reason = refusal(scene, &place, &risk, &touches, &lost, &dirty)?;
            return Ok(Some((reason, refused)));
        }
    }
    Ok(None)
}

/// Where an operation runs, if that is a checkout of this project.
pub(super) fn place(scene: &Scene<'_>, operation: &GitOperation) -> Option<Place> {
    let located = scene
        .project()
        .locate(&directory(scene, operation.directory.as_deref()), Path::new("."));
    let checkout = Project::discover(&located.absolute, None)?;
    let is_ours = checkout.common.is_some() && checkout.common == scene.project().common;
    (is_ours && located.key.tree != OUTSIDE).then_some(Place {
        checkout,
        base: located.key.path,
    })
}

/// `git checkout NAME` is about a branch if there is one, else about a file if there is one.
fn as_meant(kind: &GitKind, risk: Risk, place: &Place) -> Risk {
    match kind {
        GitKind::CheckoutName { name, force } => {
            let is_file = place.checkout.worktree.join(&place.base).join(name).exists();
            if is_file && !place.checkout.has_branch(name) {
                let paths = vec![name.clone()];
                crate::domain::destruction::risk(&GitKind::CheckoutPaths { paths }).unwrap_or(risk)
            } else {
                Risk {
                    discards: *force,
                    ..risk
                }
            }
        }
        _ => risk,
    }
}

/// What is uncommitted, would be taken, and is somebody else's.
fn lost(
    scene: &Scene<'_>,
    place: &Place,
    risk: &Risk,
    touches: &[Touch],
    locks: Vec<Lock>,
    dirty: &[Uncommitted],
) -> Vec<Lost> {
    let is_taken = |path: &str| {
        let entry = dirty.iter().find(|entry| entry.holds(path));
        entry.is_some_and(|entry| {
            risk.takes(entry.is_untracked, entry.is_directory(), entry.is_ignored)
                && is_meant(&risk.paths, &place.base, path)
        })
    };
    let me = scene.me.kin();
    let mut lost: Vec<Lost> = Vec::new();
    for touch in touches.iter().filter(|touch| touch.peer.concerns(me)) {
        if is_taken(&touch.key.path) && !is_committed(scene, place, touches, touch) {
            lost.push(Lost::Change(touch.clone()));
        }
    }
    for lock in locks {
        let Key::Path(key) = &lock.key else { continue };
        let file = |path: &str| PathKey {
            tree: place.checkout.tree.clone(),
            path: path.to_owned(),
        };
        let own = (!lock.is_pattern).then_some(key.path.as_str());
        let files = dirty.iter().map(|entry| entry.path.trim_end_matches('/'));
        let paths = files
            .filter(|path| lock.covers(&Key::Path(file(path))))
            .chain(own);
        let is_told = |path: &str| {
            lost.iter()
                .any(|lost| matches!(lost, Lost::Change(touch) if touch.key.path == path))
        };
        if let Some(path) = paths.into_iter().find(|path| is_taken(path) && !is_told(path)) {
            lost.push(Lost::Locked(file(path), lock.clone()));
        }
    }
    lost
}

/// Whether a change of somebody else is committed already and what is uncommitted is this agent's own. Only
/// where this agent changed the file later can that be, and only then git is asked.
fn is_committed(scene: &Scene<'_>, place: &Place, touches: &[Touch], touch: &Touch) -> bool {
    let is_own_newer = touches
        .iter()
        .any(|own| own.peer.id == scene.me.id && own.key == touch.key && own.change > touch.change);
    is_own_newer
        && last_commit(&place.checkout.worktree, &touch.key.path)
            // Git keeps whole seconds.
            .is_some_and(|committed| committed.saturating_add(999) >= touch.touched_at)
}

fn refusal(
    scene: &Scene<'_>,
    place: &Place,
    risk: &Risk,
    touches: &[Touch],
    lost: &[Lost],
    dirty: &[Uncommitted],
) -> Result<String> {
    let now = &scene.world.now;
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let shown = lost
        .iter()
        .take_while(|lost| {
            frame.push(&match lost {
                Lost::Change(touch) => format!("uncommitted: {}", render::awareness::changed(touch, now)),
                Lost::Locked(file, lock) => format!(
                    "uncommitted: {}",
                    render::lock::held(&Key::Path(file.clone()), lock, now)
                ),
            })
        })
        .count();
    let left = lost.len() - shown;
    let overflow = (left > 0).then(|| format!("{left} more: git status"));
    let what = if risk.discards {
        "would throw away work that other agents have not committed yet"
    } else {
        "would exchange files while other agents have uncommitted work in this checkout"
    };
    let own = own_files(scene, touches, lost, dirty);
    let next = match own.filter(|_| risk.discards && risk.tracked) {
        Some(own) => format!("git -C {own}"),
        None => match lost.first() {
            Some(Lost::Change(touch)) => render::awareness::ask(&touch.peer, &touch.key),
            Some(Lost::Locked(_, lock)) => render::lock::next_command(lock),
            None => String::new(),
        },
    };
    let next = next.replacen("git -C ", &git_at(place), 1);
    Ok(format!(
        "agent-sync: this command {what}, so it was not run.\n{}Next: {next}",
        frame.finish(overflow.as_deref())
    ))
}

/// `git`, sent to the top of the checkout where it would not run there anyway.
fn git_at(place: &Place) -> String {
    let top = place.checkout.worktree.to_string_lossy();
    match shell_word(&top) {
        Some(top) if place.base != "." => format!("git -C {top} "),
        _ => "git ".to_owned(),
    }
}

/// The end of a command that puts away this agent's own changes and nothing else, which can be taken back.
fn own_files(scene: &Scene<'_>, touches: &[Touch], lost: &[Lost], dirty: &[Uncommitted]) -> Option<String> {
    let is_lost = |path: &str| lost.iter().any(|lost| lost.file().path == path);
    let is_dirty = |path: &str| {
        dirty
            .iter()
            .any(|entry| !entry.is_untracked && entry.path == path)
    };
    let own: Vec<_> = touches
        .iter()
        .filter(|touch| touch.peer.id == scene.me.id)
        .map(|touch| touch.key.path.as_str())
        .filter(|path| is_dirty(path) && !is_lost(path))
        .map(shell_word)
        .collect::<Option<_>>()?;
    if own.is_empty() || own.len() > MOST_OWN {
        return None;
    }
    let words: Vec<&str> = own.iter().map(crate::frame::Clean::as_str).collect();
    Some(format!("stash push -- {}", words.join(" ")))
}
