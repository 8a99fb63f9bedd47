//! Claude Code's hooks: what is wired, and what each one answers.
//!
//! A hook stands between a session and its next step, so it cannot hurt: any internal trouble ends in exit
//! status 0 and silence towards the model. Exit status 2 means one thing, a proven conflict; only the hook that
//! runs in the background of an idle session ends with it to wake that session.
//!
//! One call goes one way: the payload is read, the store is asked in one snapshot, the answer is written and
//! flushed, and only then is it recorded, in one transaction, what the answer was. A message whose answer
//! never left this process stays undelivered.

mod awareness;
mod bash;
mod commit;
mod effects;
mod git;
mod git_guard;
mod lines;
mod mail;
mod notice;
mod own_task;
mod policy;
mod prompt;
#[cfg(test)]
mod reference;
mod scene;
mod session;
mod staging;
mod stop;
mod table;
mod tool;
mod trouble;
mod wake;
mod watch;
mod wire;
mod writes;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::env::Env;
use effects::Effects;
use scene::{Entered, Scene};
use wire::{Answer, Input};

pub use policy::files as files_of_call;
pub use table::{HOOKS, Hook};

/// How long a client may take to write its payload. One that never closes the pipe is answered then by what it
/// wrote; well before the client itself would give the hook up.
pub const INPUT_PATIENCE: Duration = Duration::from_secs(3);

/// What a handler decides: the answer, and what is to be recorded once it has been written.
struct Reply {
    answer: Answer,
    effects: Effects,
}

/// Answers one hook and says with what status to end.
#[must_use]
pub fn run(env: &Env, name: &str) -> ExitCode {
    trouble::survive_panics();
    if name == git::PRE_COMMIT.name {
        return git::pre_commit(env);
    }
    let Some(hook) = HOOKS.iter().find(|hook| hook.name == name) else {
        env.write_error(&format!(
            "agent-sync: there is no hook {}\n",
            crate::frame::neutralise(name)
        ));
        return ExitCode::SUCCESS;
    };
    let input = match env.read_input_within(INPUT_PATIENCE) {
        Ok(bytes) => Input::parse(&bytes),
        Err(_) => Input::parse(b""),
    };
    let mut scene = match Scene::enter(env, hook, &input) {
        Ok(Entered::Scene(scene)) => *scene,
        Ok(Entered::Inert) => return ExitCode::SUCCESS,
        Err(trouble) => return warn(env, hook, &trouble),
    };
    let handled = policy::guarded(&mut scene);
    scene.let_go();
    let status = match handled {
        Ok(reply) => answer(&scene, &reply),
        Err(error) => warn(env, hook, &scene.trouble(&error)),
    };
    scene.leave();
    status
}

fn handle(scene: &mut Scene<'_>) -> Result<Reply> {
    match scene.hook.name {
        "session-start" => session::start(scene),
        "user-prompt-submit" => prompt::submit(scene),
        "pre-tool-use" => tool::before(scene),
        "post-tool-use" | "post-tool-use-failure" => tool::after(scene),
        "post-tool-batch" => tool::after_batch(scene),
        "stop" => stop::stop(scene),
        "subagent-start" => session::start_subagent(scene),
        "subagent-stop" => session::stop_subagent(scene),
        "session-end" => session::end(scene),
        "file-changed" => wake::changed(scene),
        _ => Ok(Reply {
            answer: Answer::Silence,
            effects: Effects::default(),
        }),
    }
}

/// The reply with what the agent has to know of its locks. Trouble there must not cost the reply itself, which
/// may be a refusal; what was not told then is told by a later hook.
fn with_notices(scene: &Scene<'_>, reply: Reply) -> Reply {
    match notice::collect(scene) {
        Ok(notices) => notice::attach(scene, reply, &notices),
        Err(error) => {
            trouble::log(&scene.trouble(&error));
            reply
        }
    }
}

/// Writes the answer, then records its effects. The effects of an answer that nobody got are dropped.
fn answer(scene: &Scene<'_>, reply: &Reply) -> ExitCode {
    let flag = wake::flag(scene);
    let written = wire::write(scene.hook.event, &reply.answer, flag.as_deref(), scene.env);
    scene.env.write_error(&written.error);
    if !written.output.is_empty()
        && let Err(error) = scene.env.write_raw_output(&written.output)
    {
        trouble::log(&scene.trouble(&error.into()));
        return ExitCode::from(written.status);
    }
    if let Err(error) = reply.effects.record(scene) {
        trouble::log(&scene.trouble(&error));
    }
    ExitCode::from(written.status)
}

fn warn(env: &Env, hook: &Hook, trouble: &trouble::Trouble) -> ExitCode {
    trouble::log(trouble);
    if trouble::may_tell(env, hook, trouble) {
        let text = format!("agent-sync is not protecting this session: {}", trouble.why);
        let written = wire::write(hook.event, &Answer::Warning(text), None, env);
        let _nobody_listens = env.write_raw_output(&written.output);
    }
    ExitCode::SUCCESS
}
