//! Whether the client runs our hooks in sessions here, and which program they start.

use crate::env::Env;
use crate::frame::{Field, clean, shell_word};
use crate::hook::HOOKS;
use crate::place::Place;
use crate::render::check::Check;
use crate::repo::Project;
use crate::setup::program::{self, Answer, Program};
use crate::setup::reach::{Reach, Source};
use crate::setup::settings::State;
use crate::setup::site::{File, settings_in, shown};

const NAME: &str = "hooks";
const OWN: &str = env!("CARGO_PKG_VERSION");

/// Whether all hooks are wired and on.
pub(super) fn wired(reach: &Reach, project: &Project) -> Vec<Check> {
    let mut checks = vec![state(reach, project)];
    for source in &reach.sources {
        if let Err(problem) = &source.wiring {
            let finding = format!("{} cannot be read: {problem}", shown(&source.path));
            checks.push(
                Check::problem("settings", finding).fix("correct it; the client may pass over all of it"),
            );
        }
    }
    if let Some(plugin) = reach.plugin()
        && let Some(source) = reach.wired().next()
    {
        let finding = format!(
            "they come from the plugin ({}) and from {}, so each may run twice",
            shown(plugin),
            shown(&source.path)
        );
        checks.push(Check::hint(NAME, finding).fix("agent-sync uninstall takes them out of the settings"));
    }
    let surplus: usize = reach
        .sources
        .iter()
        .filter_map(|source| source.wiring.as_ref().ok())
        .map(|wiring| wiring.surplus)
        .sum();
    if surplus > 0 {
        let finding = format!("{surplus} of them are doubled or of another version");
        checks.push(Check::hint(NAME, finding).fix("agent-sync init"));
    }
    checks
}

fn state(reach: &Reach, project: &Project) -> Check {
    if let Some(path) = reach.disabled_by() {
        let finding = format!("{} switches all hooks off", shown(path));
        return Check::problem(NAME, finding).fix("take disableAllHooks or allowManagedHooksOnly out of it");
    }
    let best = reach.best();
    let names = |is_meant: fn(&State) -> bool| -> Vec<&str> {
        let pairs = HOOKS.iter().zip(&best);
        pairs
            .filter(|(_, state)| is_meant(state))
            .map(|(hook, _)| hook.event)
            .collect()
    };
    let missing = names(|state| *state == State::Missing);
    let outdated = names(|state| matches!(state, State::Outdated { .. }));
    let files: Vec<String> = reach.wired().map(|source| shown(&source.path)).collect();
    if missing.len() == HOOKS.len() {
        return match reach.plugin() {
            Some(path) => Check::ok(
                NAME,
                format!("they come from the plugin that {} enables", shown(path)),
            ),
            None => unwired(project),
        };
    }
    if missing.is_empty() && outdated.is_empty() {
        return Check::ok(
            NAME,
            format!("all {} are in {}", HOOKS.len(), files.join(" and ")),
        );
    }
    let mut parts = Vec::new();
    for (events, word) in [(missing, "missing"), (outdated, "of another version")] {
        if !events.is_empty() {
            parts.push(format!("{}: {}", word, events.join(", ")));
        }
    }
    let finding = format!("in {}, {}", files.join(" and "), parts.join("; "));
    Check::problem(NAME, finding).fix("agent-sync init")
}

/// No hook is wired where a session here would read it; perhaps it is in the main worktree.
fn unwired(project: &Project) -> Check {
    let shared = settings_in(&project.root, File::Shared);
    let is_elsewhere =
        project.worktree != project.root && Source::read(&shared).is_some_and(|source| source.is_wired());
    if is_elsewhere {
        let finding = format!(
            "they are in {}, which sessions in this linked worktree do not read",
            shown(&shared)
        );
        return Check::problem(NAME, finding).fix(
            "commit that file and merge it here, or wire every worktree with `agent-sync init --local`",
        );
    }
    let finding = format!("none are wired for sessions in {}", shown(&project.worktree));
    Check::problem(NAME, finding).fix("agent-sync init")
}

/// Linked worktrees whose sessions would read no hook, seen from one whose sessions do.
pub(super) fn worktrees(env: &Env, project: &Project) -> Option<Check> {
    let mut bare: Vec<String> = Vec::new();
    for top in project.linked_worktrees() {
        let checkout = Project {
            worktree: top.clone(),
            ..project.clone()
        };
        let reach = Reach::of(env, &checkout);
        if top != project.worktree && reach.plugin().is_none() && reach.wired().next().is_none() {
            bare.push(shown(&top));
        }
    }
    let first = bare.first()?;
    let more = match bare.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let finding = format!(
        "sessions in the linked worktree {first}{more} read no hooks: each reads its own settings.json"
    );
    Some(Check::hint("worktrees", finding).fix(
        "commit .claude/settings.json and merge it there, or wire every worktree with `agent-sync init --local`",
    ))
}

/// The programs that the hooks run. They are asked for their version only when `may_run` says so.
pub(super) fn programs(env: &Env, project: &Project, reach: &Reach, may_run: bool) -> Vec<Check> {
    let mut commands = reach.commands();
    if commands.is_empty() {
        commands.push("agent-sync hook stop".to_owned());
    }
    let mut programs: Vec<Program> = Vec::new();
    for command in commands {
        let program = Program::of(env, project, &command);
        if !programs.contains(&program) {
            programs.push(program);
        }
    }
    programs
        .iter()
        .map(|program| judge(env, program, may_run))
        .collect()
}

fn judge(env: &Env, program: &Program, may_run: bool) -> Check {
    let name = "program";
    match program {
        Program::Own(path) => Check::ok(name, format!("hooks run {}, which is this {OWN}", shown(path))),
        Program::Missing(word) => {
            let word = clean(word, Field::Path);
            let check = Check::problem(name, format!("hooks run {word}, which is not there"));
            let directory = env.program().ok().and_then(|own| Some(own.parent()?.to_owned()));
            match directory.and_then(|directory| shell_word(&directory.to_string_lossy())) {
                Some(directory) if !word.as_str().contains('/') => {
                    check.fix(format!("add {directory} to the PATH of your sessions"))
                }
                _ => check.fix("correct the command in the settings, or remove it and run `agent-sync init`"),
            }
        }
        Program::Unknown(command) => Check::hint(
            name,
            format!(
                "only a session's shell can tell what {} runs",
                clean(command, Field::Path)
            ),
        ),
        Program::InRepository(path) => Check::hint(
            name,
            format!(
                "hooks run {}, which is part of the repository, so it was not run",
                shown(path)
            ),
        )
        .fix("look at it before you start a session here"),
        Program::Other(path) if !may_run => {
            let check = Check::hint(name, format!("hooks run {}, not this program", shown(path)));
            check.fix("`agent-sync doctor` tells which version that is")
        }
        Program::Other(path) => {
            let path_shown = shown(path);
            match program::ask(env, path) {
                Answer::Version(version) if version == OWN => {
                    Check::ok(name, format!("hooks run {path_shown}, which is {OWN} too"))
                }
                Answer::Version(version) => {
                    let finding =
                        format!("hooks run {path_shown}, which is agent-sync {version}; this is {OWN}");
                    Check::problem(name, finding).fix("put this version before it on PATH, or remove it")
                }
                Answer::Strange(_) => Check::problem(
                    name,
                    format!("hooks run {path_shown}, which does not answer as agent-sync does"),
                )
                .fix("put this version before it on PATH, or remove it"),
                Answer::Nothing => Check::problem(
                    name,
                    format!("hooks run {path_shown}, which gave no answer within 2 s"),
                )
                .fix("start it by hand to see why"),
            }
        }
    }
}

/// Whether the client's sandbox would keep a session's shell from the store.
pub(super) fn sandbox(env: &Env, place: &Place, reach: &Reach, is_read_only: bool) -> Option<Check> {
    let name = "sandbox";
    let project = place.project();
    let directory = project.state_directory();
    if !reach.is_sandboxed() && !is_read_only {
        return None;
    }
    let is_inside = directory.starts_with(&project.worktree) && !is_read_only;
    if is_inside || (reach.lets_write(&directory, env.home().as_deref()) && !is_read_only) {
        return Some(Check::ok(name, "the client's sandbox lets Bash write the store"));
    }
    let finding = if reach.is_sandboxed() {
        "the client's sandbox keeps Bash here from writing the store (hooks run outside of it)"
    } else {
        "if this shell is in the client's sandbox, it keeps it from writing the store"
    };
    let check = if reach.is_sandboxed() {
        Check::problem(name, finding)
    } else {
        Check::hint(name, finding)
    };
    Some(check.fix(format!(
        "add {} to sandbox.filesystem.allowWrite in the settings",
        shown(&directory)
    )))
}
