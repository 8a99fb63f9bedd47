//! What others do to the files that this agent works on: told before an edit, and after somebody else's.
//!
//! Before an edit the agent is told, and the edit passes; where the repository has decided so
//! (`config guard.edits block`), it is refused instead. Everything is told once.

use anyhow::Result;

use super::effects::{Effects, register};
use super::scene::Scene;
use super::{Answer, Reply};
use crate::domain::agent::is_stopped_by;
use crate::domain::awareness::{EditLease, Guard, Note, RECENT, Told, Touch, notes};
use crate::domain::hindrance::{Hindrance, Rule};
use crate::domain::lock::OUTSIDE;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render;
use crate::repo::Located;
use crate::store::Read;

/// What was found out before an edit.
#[derive(Default)]
pub(super) struct Surroundings {
    guard: Guard,
    notes: Vec<Note>,
    /// Somebody else's live lease on one of the files, and which file.
    lease: Option<EditLease>,
    /// Files on which this agent's own lease is to be taken or renewed.
    stale: Vec<Located>,
}

/// Looks at what others do to the files of an edit.
pub(super) fn around(
    scene: &Scene<'_>,
    read: &Read<'_>,
    files: &[Located],
    home: Option<&str>,
) -> Result<Surroundings> {
    let mut found = Surroundings::default();
    if files.is_empty() {
        return Ok(found);
    }
    found.guard = read.edit_guard()?;
    if found.guard == Guard::Off {
        return Ok(found);
    }
    let (me, now) = (scene.me.kin(), &scene.world.now);
    for file in files {
        let touches = read.touches(me.id, &file.key.path, now.wall.saturating_sub(RECENT))?;
        let leases = read.edit_leases(me.id, &file.key.path, file.inode.as_deref())?;
        let mut news = notes(me, &file.key, home, &touches, &leases, now);
        if !news.is_empty() {
            let subjects: Vec<String> = news.iter().map(|note| note.told().subject).collect();
            let told = read.told(me.id, subjects.iter().map(String::as_str))?;
            news.retain(|note| note.is_new(&told));
        }
        found.notes.extend(news);
        found.lease = found.lease.or_else(|| in_the_way(scene, file, &leases));
        let is_fresh =
            |lease: &EditLease| lease.peer.id == me.id && lease.key == file.key && lease.is_fresh(now);
        if !leases.iter().any(is_fresh) {
            found.stale.push(file.clone());
        }
    }
    Ok(found)
}

/// The live lease of somebody else that was there before this agent's own.
fn in_the_way(scene: &Scene<'_>, file: &Located, leases: &[EditLease]) -> Option<EditLease> {
    let (me, now) = (scene.me.kin(), &scene.world.now);
    let is_live = |lease: &&EditLease| {
        lease.key.tree == file.key.tree && (!lease.is_implicit || now.since(&lease.leased) < lease.ttl)
    };
    let own = leases
        .iter()
        .filter(is_live)
        .find(|lease| lease.peer.id == me.id && lease.key == file.key);
    let others = leases.iter().filter(is_live).filter(|lease| {
        lease.is_implicit && lease.peer.presence.is_living() && is_stopped_by(me, lease.peer.kin())
    });
    others
        .filter(|lease| own.is_none_or(|own| own.is_implicit && own.fence > lease.fence))
        .min_by_key(|lease| lease.fence)
        .cloned()
}

/// Lets the edit pass with what there is to tell, or refuses it where the repository wants that.
pub(super) fn decide(scene: &Scene<'_>, mut found: Surroundings, mut effects: Effects) -> Result<Reply> {
    if found.guard == Guard::Block {
        if found.lease.is_none() && !found.stale.is_empty() && !scene.is_read_only() {
            found.lease = take_at_once(scene, &found.stale)?;
            effects.register &= found.lease.is_some();
            found.stale.clear();
        }
        if let Some(lease) = &found.lease {
            return refuse(scene, lease, effects);
        }
    }
    effects.leases = found.stale;
    let answer = if found.notes.is_empty() || !scene.can_record() {
        Answer::Silence
    } else {
        let (text, told) = framed(
            scene,
            "agent-sync: this edit was not stopped. What is known of the file it changes:",
            &found.notes,
        )?;
        effects.told = told;
        Answer::Context(text)
    };
    Ok(Reply { answer, effects })
}

/// Two edits that both looked and found nothing must not both pass, so where leases refuse, looking and taking
/// is one step, before the answer.
fn take_at_once(scene: &Scene<'_>, files: &[Located]) -> Result<Option<EditLease>> {
    let me = scene.me.id.as_str();
    scene.write(|write| {
        for file in files {
            let leases = write.edit_leases(me, &file.key.path, file.inode.as_deref())?;
            if let Some(lease) = in_the_way(scene, file, &leases) {
                return Ok(Some(lease));
            }
        }
        register(scene, write)?;
        for file in files {
            write.take_edit_lease(me, &file.key, file.inode.as_deref())?;
        }
        Ok(None)
    })
}

fn refuse(scene: &Scene<'_>, lease: &EditLease, mut effects: Effects) -> Result<Reply> {
    effects.refused = Some(Hindrance {
        rule: Rule::EditLeased,
        file: lease.key.clone(),
        by: vec![lease.peer.id.clone()],
    });
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let fits = frame.push(&render::awareness::editing(lease, &scene.world.now));
    debug_assert!(fits, "a line of bounded fields fits an empty frame");
    let reason = format!(
        "agent-sync: another agent is editing this file, so it was left unchanged (guard.edits is block here).\n{}Next: {}",
        frame.finish(None),
        render::awareness::ask(&lease.peer, &lease.key)
    );
    Ok(Reply {
        answer: Answer::Deny(reason),
        effects,
    })
}

/// Changes of others to files of this agent that it has not heard of. Who made them may have left since: the
/// file is changed all the same.
pub(super) fn overtaken(scene: &Scene<'_>, read: &Read<'_>) -> Result<Vec<Note>> {
    let since = scene.world.now.wall.saturating_sub(RECENT);
    let mut touches: Vec<Touch> = read.overtaken(&scene.me.id, since)?;
    touches.retain(|touch| is_stopped_by(scene.me.kin(), touch.peer.kin()));
    if touches.is_empty() || read.edit_guard()? == Guard::Off {
        return Ok(Vec::new());
    }
    Ok(touches.into_iter().map(Note::Changed).collect())
}

/// Notes in their frame below a heading, and what has been told with them.
pub(super) fn framed(scene: &Scene<'_>, heading: &str, notes: &[Note]) -> Result<(String, Vec<Told>)> {
    let mut frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let shown = notes
        .iter()
        .take_while(|note| frame.push(&render::awareness::line(note, &scene.world.now)))
        .count();
    let left = notes.len() - shown;
    let overflow = (left > 0).then(|| format!("{left} more: agent-sync activity list --type edit"));
    let told = notes[..shown].iter().map(Note::told).collect();
    Ok((format!("{heading}\n{}", frame.finish(overflow.as_deref())), told))
}

/// The checkout that the session works in, seen from its working directory; `None` where that is in none.
pub(super) fn home(scene: &Scene<'_>) -> Option<String> {
    let project = scene.project();
    if scene.cwd == project.worktree {
        return Some(project.tree.clone());
    }
    let tree = project.locate(&scene.cwd, std::path::Path::new(".")).key.tree;
    (tree != OUTSIDE).then_some(tree)
}
