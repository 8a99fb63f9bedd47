//! The policy in force before a tool: what it refuses does not run, and what it lets through is as before.
//!
//! Without a policy this is one look at an empty table. A refusal that needs no counting comes first and is noted
//! after the answer, like every other. A call that is counted, or uses up an approval, is so only once nothing else
//! stops it, in one transaction before the answer: two calls that both looked and found a free place must not both
//! pass. For that alone a hook waits longer than others do, and what could not be counted in that time has to be
//! tried again. All other trouble with a policy stops nothing, but what nobody can see to be approved.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use super::effects::{Effects, register};
use super::scene::Scene;
use super::wire::Input;
use super::{Answer, Reply, bash, handle, trouble, with_notices};
use crate::domain::policy::{Caller, Effect, Kind, Passage, Rule};
use crate::error::Refusal;
use crate::policy::{Asked, Subject};
use crate::render;
use crate::repo::Project;
use crate::store::{Asker, Write};

/// Fields in which the client's reading tools name their files.
const READ_FROM: [&str; 3] = ["file_path", "notebook_path", "path"];

/// What the rules said of a call, and what is put down of it.
#[derive(Debug)]
pub(super) struct Ruled {
    /// The rule that only watches, if one would have decided.
    observed: Option<Rule>,
    /// The rule that decides.
    decided: Option<Rule>,
    caller: Caller,
    fingerprint: String,
    what: String,
}

impl Ruled {
    fn asker<'a>(&'a self, scene: &'a Scene<'_>) -> Asker<'a> {
        Asker {
            agent: &scene.me.id,
            caller: &self.caller,
            tool: scene.input.tool_name.as_deref(),
            fingerprint: &self.fingerprint,
            what: &self.what,
        }
    }

    /// Puts everything down, and says whether the call passes.
    pub(super) fn record(&self, scene: &Scene<'_>, write: &Write<'_>) -> Result<Passage> {
        let asker = self.asker(scene);
        if let Some(rule) = &self.observed {
            write.watch_rule(rule, &asker)?;
        }
        match &self.decided {
            Some(rule) => write.pass_rule(rule, &asker),
            None => Ok(Passage::Passes),
        }
    }

    /// Whether a rule that decides has to count the call before the answer.
    fn is_counted(&self) -> bool {
        let effect = self.decided.as_ref().map(|rule| &rule.effect);
        matches!(effect, Some(Effect::Limit { .. } | Effect::Approve { .. }))
    }
}

/// Handles a hook, and before a tool asks the policy in force. Trouble with the policy does not stop the tool.
pub(super) fn guarded(scene: &mut Scene<'_>) -> Result<Reply> {
    let ruled = match judged(scene) {
        Ok(ruled) => ruled,
        Err(error) => {
            trouble::log(&scene.trouble(&error));
            None
        }
    };
    let decided = ruled.as_ref().and_then(|ruled| ruled.decided.clone());
    match decided {
        Some(rule) if rule.effect == Effect::Deny => {
            let effects = Effects {
                ruled,
                ..scene.read(|read| scene.due(read))?
            };
            let answer = Answer::Deny(refusal(scene, &rule, &Passage::Denied));
            Ok(with_notices(scene, Reply { answer, effects }))
        }
        decided => {
            let reply = handle(scene).map(|reply| with_notices(scene, reply))?;
            match ruled {
                Some(ruled) => Ok(passed(scene, reply, ruled, decided.as_ref())),
                None => Ok(reply),
            }
        }
    }
}

/// What the rules say of the call, if they say anything.
fn judged(scene: &Scene<'_>) -> Result<Option<Ruled>> {
    let (Some(tool), "pre-tool-use") = (scene.input.tool_name.as_deref(), scene.hook.name) else {
        return Ok(None);
    };
    scene.read(|read| {
        let Some(policy) = read.policy()? else {
            return Ok(None);
        };
        let subject = Subject {
            kind: Kind::Tool(tool),
            input: &scene.input.tool_input,
            words: &[],
        };
        let find_files = || files(scene.project(), &scene.cwd, tool, &scene.input.tool_input);
        let asked = Asked::new(subject, read.caller(scene.me.kin())?, &find_files);
        let judgement = asked.judged(&policy)?;
        if judgement.is_nothing() {
            return Ok(None);
        }
        Ok(Some(Ruled {
            observed: judgement.observed.cloned(),
            decided: judgement.decided.cloned(),
            caller: asked.by().clone(),
            fingerprint: subject.fingerprint(),
            what: subject.in_words(),
        }))
    })
}

/// The reply to a call that no rule refused outright. What something else refused is not counted.
fn passed(scene: &Scene<'_>, mut reply: Reply, ruled: Ruled, decided: Option<&Rule>) -> Reply {
    if matches!(reply.answer, Answer::Deny(_)) {
        return reply;
    }
    let (Some(rule), true) = (decided, ruled.is_counted()) else {
        if let Some(rule) = decided.filter(|rule| rule.effect == Effect::Ask) {
            let why = refusal(scene, rule, &Passage::Asked);
            reply.answer = Answer::Ask(why, Box::new(reply.answer));
        }
        reply.effects.ruled = Some(ruled);
        return reply;
    };
    let settled = scene.write_patiently(|write| {
        register(scene, write)?;
        ruled.record(scene, write)
    });
    match settled {
        Ok(Passage::Passes) => {
            reply.effects.register = false;
            reply
        }
        Ok(passage) => {
            reply.effects.register = false;
            instead(reply, refusal(scene, rule, &passage))
        }
        Err(error) => {
            trouble::log(&scene.trouble(&error));
            // What needs an approval has none that anybody could see. A place under a limit may be free, and whoever
            // cannot write is not stopped for that; who only has to wait for a turn to be counted can try again.
            let is_refused =
                Refusal::is_only_passing(&error) || matches!(rule.effect, Effect::Approve { .. });
            if is_refused {
                instead(reply, uncounted(rule))
            } else {
                reply
            }
        }
    }
}

/// A refusal in the place of a reply: the tool does not run, and what would have been told is told by a later hook.
fn instead(reply: Reply, reason: String) -> Reply {
    Reply {
        answer: Answer::Deny(reason),
        effects: Effects {
            leases: Vec::new(),
            told: Vec::new(),
            lost_locks: Vec::new(),
            waiters: None,
            ..reply.effects
        },
    }
}

fn uncounted(rule: &Rule) -> String {
    let said = render::policy::uncounted(rule);
    format!("agent-sync: {}.\nNext: {}.", said.message, said.next)
}

fn refusal(scene: &Scene<'_>, rule: &Rule, passage: &Passage) -> String {
    let said = render::policy::refusal(rule, passage, &scene.world.now);
    match passage {
        // The human reads this, beside the call.
        Passage::Asked => format!("agent-sync: {}.", said.message),
        _ => format!("agent-sync: {}.\nNext: {}.", said.message, said.next),
    }
}

/// The files that a call of a tool is about, as the rules of a policy know them: those that it writes, as far as its
/// input says, else those that it names.
#[must_use]
pub fn files(project: &Project, cwd: &Path, tool: &str, input: &Map<String, Value>) -> Vec<String> {
    let call = Input {
        tool_name: Some(tool.to_owned()),
        tool_input: input.clone(),
        ..Input::default()
    };
    if let Some(command) = call.command() {
        let written = bash::written(project, cwd, command).into_iter();
        return written.map(|key| key.path).collect();
    }
    let mut named = call.written_files();
    if named.is_empty() {
        let fields = READ_FROM.iter().filter_map(|field| input.get(*field)?.as_str());
        named = fields.collect();
    }
    let keys = named
        .into_iter()
        .map(|file| project.locate(cwd, Path::new(file)).key);
    keys.map(|key| key.path).collect()
}
