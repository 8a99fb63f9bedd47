//! The guard of commits: whether what is about to be committed or staged holds files of others.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::Result;

use super::scene::Scene;
use crate::domain::commit::{Claim, Family, Foreign};
use crate::domain::hindrance::{Hindrance, Rule};
use crate::env::Variable;
use crate::frame::{Frame, PUSH_BUDGET, SENTENCE};
use crate::render::commit::{Act, Refused, Stand, refusal};
use crate::repo::{Index, Project};
use crate::store::Read;

/// What is about to happen in a checkout.
pub(super) struct Plan {
    pub(super) act: Act,
    pub(super) checkout: Project,
    pub(super) index: Index,
    /// The files concerned, from the top of the checkout.
    pub(super) files: Vec<PathBuf>,
    /// Those of them that git does not track yet.
    pub(super) new: Vec<PathBuf>,
    /// Those of them that are not in the index yet.
    pub(super) pending: HashSet<PathBuf>,
    /// Where the caller stands.
    pub(super) stand: Stand,
}

/// What is to be refused, and in which words.
pub(super) struct Verdict {
    pub(super) foreign: Vec<Foreign>,
    pub(super) text: String,
}

impl Verdict {
    /// What the record says of the refusal.
    pub(super) fn hindrance(&self) -> Option<Hindrance> {
        Some(Hindrance {
            rule: Rule::CommitForeign,
            file: self.foreign.first()?.file.clone(),
            by: self
                .foreign
                .iter()
                .map(|foreign| foreign.claim.owner().to_owned())
                .collect(),
        })
    }
}

/// Everybody who is no stranger to whoever this hook speaks for.
pub(super) fn family(scene: &Scene<'_>, read: &Read<'_>) -> Result<Family> {
    let me = &scene.me;
    let known = read.agent(&me.id)?.and_then(|agent| agent.parent);
    let session = scene
        .env
        .variable(Variable::ClaudeSession)
        .map(|session| crate::identity::of_session(&session, &|session| read.session_agent(session)))
        .transpose()?;
    let ids = [Some(me.id.clone()), me.parent.clone(), known, session];
    Ok(Family::of(ids.into_iter().flatten()))
}

/// Whether the plan must not go on: `None` when it holds no file of others.
///
/// # Errors
/// When the store or git cannot say.
pub(super) fn judge(scene: &Scene<'_>, mut plan: Plan) -> Result<Option<Verdict>> {
    let keys: Vec<_> = plan
        .files
        .iter()
        .map(|file| plan.checkout.tracked_key(file))
        .collect();
    let foreign = scene.read(|read| read.foreign_files(&family(scene, read)?, &keys))?;
    if foreign.is_empty() {
        return Ok(None);
    }
    let file_of = |foreign: &Foreign| {
        let at = keys.iter().position(|key| *key == foreign.file);
        at.map(|at| plan.files[at].clone()).unwrap_or_default()
    };
    let mut foreign: Vec<(PathBuf, Foreign)> = foreign
        .into_iter()
        .map(|foreign| (file_of(&foreign), foreign))
        .collect();
    if plan.act == Act::Commit
        && let Some(merged) = plan.index.merged()?
    {
        plan.act = Act::Merge;
        let merged: HashSet<PathBuf> = merged.into_iter().collect();
        foreign.retain(|(file, _)| merged.contains(file) || plan.pending.contains(file));
    }
    leave_out_what_was_committed(&plan.index, &mut foreign);
    if foreign.is_empty() {
        return Ok(None);
    }
    let (theirs, foreign): (HashSet<PathBuf>, Vec<Foreign>) = foreign.into_iter().unzip();
    plan.files.retain(|file| !theirs.contains(file));
    plan.new.retain(|file| !theirs.contains(file));
    let refused = Refused {
        act: plan.act,
        foreign: &foreign,
        own: &plan.files,
        new: &plan.new,
        stand: &plan.stand,
    };
    let frame = Frame::new(scene.env.random()?, SENTENCE, PUSH_BUDGET);
    let text = refusal(&refused, frame, &scene.world.now);
    Ok(Some(Verdict { foreign, text }))
}

/// Takes out the files whose last known change has been committed since, for certain: that work is finished, and what is
/// new in the file is not theirs. Where git cannot say, they stay.
fn leave_out_what_was_committed(index: &Index, foreign: &mut Vec<(PathBuf, Foreign)>) {
    let changed: Vec<(PathBuf, i64)> = foreign
        .iter()
        .filter_map(|(file, foreign)| match &foreign.claim {
            Claim::Changed(touch) => Some((file.clone(), touch.touched_at)),
            Claim::Locked(_) => None,
        })
        .collect();
    let Some(since) = changed.iter().map(|(_, at)| *at).min() else {
        return;
    };
    let files: Vec<PathBuf> = changed.into_iter().map(|(file, _)| file).collect();
    let Ok(committed) = index.committed(&files, since) else {
        return;
    };
    foreign.retain(|(file, foreign)| match &foreign.claim {
        // Git keeps whole seconds: a commit of the change's own second may have come before it.
        Claim::Changed(touch) => committed.get(file).is_none_or(|at| *at <= touch.touched_at),
        Claim::Locked(_) => true,
    });
}
