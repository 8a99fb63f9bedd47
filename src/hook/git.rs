//! Git's own hook `pre-commit`: the guard of commits, however the commit comes about.
//!
//! Git stops at any status but 0, so only a proven conflict has another one. A person who commits is left
//! alone: without a sign of an agent in the environment nothing is even looked at.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::commit::{Plan, Verdict, judge};
use super::scene::{Entered, Scene};
use super::{Effects, Hook, Input, trouble};
use crate::env::{Env, Variable};
use crate::render::commit::{Act, Stand};
use crate::repo::Index;

/// Called by git, and so not among the hooks of the client.
pub(super) static PRE_COMMIT: Hook = Hook {
    event: "pre-commit",
    name: "pre-commit",
    matcher: None,
    wakes: false,
    timeout: 30,
    purpose: "stops a commit that holds files of others",
};

/// How long git may take to say what is in the index.
const LIMIT: Duration = Duration::from_secs(10);

/// Answers git. Its standard input is the committer's, and stays unread.
pub(super) fn pre_commit(env: &Env) -> ExitCode {
    let is_agent = env.is_agent_shell() || env.variable(Variable::Id).is_some();
    if !is_agent {
        return ExitCode::SUCCESS;
    }
    let input = Input::default();
    let scene = match Scene::enter(env, &PRE_COMMIT, &input) {
        Ok(Entered::Scene(scene)) => *scene,
        Ok(Entered::Inert) => return ExitCode::SUCCESS,
        Err(trouble) => {
            trouble::log(&trouble);
            return ExitCode::SUCCESS;
        }
    };
    match decide(&scene) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(verdict)) if env.is_set(Variable::Bypass) => {
            let bypassed = verdict.foreign;
            record(
                &scene,
                Effects {
                    bypassed,
                    ..Effects::default()
                },
            );
            ExitCode::SUCCESS
        }
        Ok(Some(verdict)) => {
            env.write_error(&verdict.text);
            let refused = verdict.hindrance();
            record(
                &scene,
                Effects {
                    refused,
                    ..Effects::default()
                },
            );
            ExitCode::from(2)
        }
        Err(error) => {
            trouble::log(&scene.trouble(&error));
            ExitCode::SUCCESS
        }
    }
}

fn decide(scene: &Scene<'_>) -> Result<Option<Verdict>> {
    // Git runs its hooks at the top of the checkout.
    let checkout = scene.project().checkout(&scene.cwd);
    let checkout = checkout.context("the commit is made outside of every checkout")?;
    let index = Index::of_hook(LIMIT);
    let files = index.staged()?;
    judge(
        scene,
        Plan {
            act: Act::Commit,
            checkout,
            index,
            files,
            new: Vec::new(),
            pending: HashSet::new(),
            stand: match scene.env.variable(Variable::GitPrefix) {
                None => Stand::AtTop,
                Some(_) => Stand::Inside,
            },
        },
    )
}

/// Writes down what came of it; where that cannot be done, git gets the same answer.
fn record(scene: &Scene<'_>, effects: Effects) {
    let effects = Effects {
        register: true,
        ..effects
    };
    if let Err(error) = effects.record(scene) {
        trouble::log(&scene.trouble(&error));
    }
}
