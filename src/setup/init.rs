//! Setting a project up: the store, the hooks in the settings, the skill.
//!
//! Everything is looked at first and done afterwards. What cannot be done is found out before anything has
//! been touched, and what would be done can be shown without doing it. What is there already stays, so
//! doing it twice is doing it once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::doctor::{permissions, remarks};
use super::record::{self, Thing};
use super::settings::{self, Action as Change, Wired};
use super::site::{File, Site, shown};
use super::skill::{self, Skill};
use super::{file, git_hooks, reach};
use crate::domain::time::HOUR;
use crate::env::Env;
use crate::error::Refusal;
use crate::place::{Found, Place};
use crate::render::step::{Action, Step};
use crate::render::words;
use crate::store::Purpose;

const STORE_PURPOSE: &str = "what agents tell each other, in one file for you alone, which git does not see";
const SHARED_PURPOSE: &str = "Claude Code asks agent-sync at each step of a session; commit it, and it counts in every worktree and for everybody";
const LOCAL_PURPOSE: &str = "Claude Code asks agent-sync at each step of your sessions, in every worktree";
const SKILL_PURPOSE: &str = "tells agents when to lock, what to do next and whom to write to; commit it, too";
const GIT_HOOK_PURPOSE: &str = "stops an agent's commit of what others hold; people's commits pass";

/// How to set up.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "they are the switches of a command")]
pub struct Options {
    /// Wire the hooks for this person alone.
    pub local: bool,
    /// Trust a store that somebody brought here.
    pub adopt: bool,
    /// Leave the skill out.
    pub no_skill: bool,
    /// Put the guard of commits among git's own hooks.
    pub git_hooks: bool,
    /// Only show what would be done.
    pub dry_run: bool,
}

/// What was done, and what the user should know.
#[derive(Debug)]
pub struct Outcome {
    /// What was done, or would be.
    pub steps: Vec<Step>,
    /// Remarks; neutralised.
    pub notes: Vec<String>,
}

/// Sets a project up.
///
/// # Errors
/// [`Refusal`] when this is no place for a project, when a settings file cannot be understood, or when there
/// is a store that may not be trusted; nothing has been touched then. Otherwise what the file system says.
pub fn run(env: &Env, place: &Place, options: Options) -> Result<Outcome> {
    refuse_home(env, place)?;
    let site = Site::of(place.project())?;
    let (hooks, mut notes) = Hooks::plan(&site, options.local)?;
    let skill = (!options.no_skill).then(|| plan_skill(&site)).transpose()?;
    let store = plan_store(env, place, options.adopt)?;
    let mut steps = vec![
        store.step.clone().purpose(STORE_PURPOSE),
        hooks.step().purpose(if options.local {
            LOCAL_PURPOSE
        } else {
            SHARED_PURPOSE
        }),
    ];
    steps.extend(skill.clone().map(|step| step.purpose(SKILL_PURPOSE)));
    let git_hook = if options.git_hooks {
        Some(git_hooks::Plan::install(place.project(), &site)?)
    } else {
        None
    };
    steps.extend(
        git_hook
            .as_ref()
            .map(|plan| plan.step.clone().purpose(GIT_HOOK_PURPOSE)),
    );
    if !options.dry_run {
        let mut wanted = vec![Thing::Claude, Thing::settings(hooks.file)];
        wanted.extend(skill.is_some().then_some(Thing::Skills));
        let made = record::absent(&site, &wanted);
        store.apply(env, place)?;
        record::add(place.project(), &made)?;
        hooks.apply()?;
        if skill.is_some_and(|step| step.action.is_change()) {
            skill::install(site.directory())?;
        }
        git_hook.map_or(Ok(()), |plan| plan.apply())?;
    }
    notes.extend(remarks(env, place, &site, options.dry_run));
    Ok(Outcome { steps, notes })
}

/// The settings in the home directory are those of all projects, and the root of the file system is nobody's.
fn refuse_home(env: &Env, place: &Place) -> Result<()> {
    let root = &place.project().root;
    let home = env.home().and_then(|home| home.canonicalize().ok());
    let what = if home.as_ref() == Some(root) {
        "your home directory"
    } else if root.parent().is_none() {
        "the root of the file system"
    } else {
        return Ok(());
    };
    Err(
        Refusal::refused(format!("{} is {what}, not a project", shown(root)))
            .hint("go to a project, or name one: agent-sync init DIR")
            .into(),
    )
}

/// What to do about the store.
struct StorePlan {
    step: Step,
}

fn plan_store(env: &Env, place: &Place, adopt: bool) -> Result<StorePlan> {
    let project = place.project();
    let database = project.database();
    let step = |action| Step::new(action, "store", database.clone());
    let found = place.survey(env).map_err(|unusable| unusable.refusal(place))?;
    let step = match found {
        Found::Nothing => step(Action::Created),
        Found::Ours(_) if permissions::too_open(project).is_empty() => step(Action::Unchanged),
        Found::Ours(_) => step(Action::Updated).detail("closed to other users"),
        Found::Outdated {
            version,
            is_trusted: true,
        } => step(Action::Updated).detail(format!("from version {version}, after a backup")),
        Found::Predecessor if project.is_tracked(&database) => {
            return Err(place.refuse_tracked().into());
        }
        Found::Predecessor => step(Action::Upgraded).detail("from 0.4.0, after a backup"),
        Found::Strange(store) => {
            let contents = format!("it holds {}", words::contents(&store.contents(&env.world())?));
            adopted(step(Action::Adopted), adopt, contents)?
        }
        Found::Outdated { version, .. } => adopted(
            step(Action::Adopted),
            adopt,
            format!("it is of version {version}"),
        )?,
    };
    Ok(StorePlan { step })
}

/// The step that adopts a store, if the user wants that.
fn adopted(step: Step, adopt: bool, contents: String) -> Result<Step, Refusal> {
    if adopt {
        return Ok(step.detail(contents));
    }
    let database = shown(&step.path);
    let refusal = Refusal::refused(format!("{database} was not made on this machine; {contents}"));
    Err(refusal.hint("if it is yours, `agent-sync init --adopt` trusts it; otherwise remove it"))
}

impl StorePlan {
    fn apply(&self, env: &Env, place: &Place) -> Result<()> {
        match self.step.action {
            Action::Created => place.create(env).map(drop)?,
            Action::Upgraded => place.upgrade(env).map(drop)?,
            Action::Adopted => place.adopt()?,
            _ => {}
        }
        permissions::close(place.project())?;
        // Opening brings a store of an older version up to date.
        let store = place
            .open(env, Purpose::Command)
            .map_err(|unusable| unusable.refusal(place))?;
        let _doctor_tells = place.keep_copy_after(env, &store, HOUR);
        Ok(())
    }
}

/// What to do about the hooks.
struct Hooks {
    file: File,
    path: PathBuf,
    before: Option<String>,
    wired: Wired,
}

impl Hooks {
    /// Chooses the settings file and works out what it becomes. Hooks that are in the local file only are kept
    /// up there, because in the shared one they would be everybody's.
    fn plan(site: &Site, local: bool) -> Result<(Self, Vec<String>)> {
        let mut notes = Vec::new();
        let is_wired = |file| reach::Source::read(&site.path(file)).is_some_and(|source| source.is_wired());
        let file = match (local, is_wired(File::Shared), is_wired(File::Local)) {
            (false, false, true) => {
                notes.push(
                    "the hooks are in settings.local.json and stay there; to move them into settings.json, \
                     run `agent-sync uninstall --local` first"
                        .to_owned(),
                );
                File::Local
            }
            (true, true, _) | (false, true, true) => {
                notes.push(
                    "the hooks are in settings.json and settings.local.json; the client runs them once"
                        .to_owned(),
                );
                if local { File::Local } else { File::Shared }
            }
            (true, false, _) => File::Local,
            (false, ..) => File::Shared,
        };
        let path = site.path(file);
        let before = file::read(&path)?;
        let wired = settings::wire(before.as_deref()).map_err(|error| unmergeable(&path, &error))?;
        Ok((
            Self {
                file,
                path,
                before,
                wired,
            },
            notes,
        ))
    }

    fn step(&self) -> Step {
        let action = match &self.before {
            None => Action::Created,
            Some(_) if self.wired.changed.is_empty() => Action::Unchanged,
            Some(_) => Action::Updated,
        };
        let mut step = Step::new(action, "settings", self.path.clone());
        step.detail = describe(&self.path, &self.wired);
        step.changes = self.wired.changed.iter().map(ToString::to_string).collect();
        step
    }

    fn apply(&self) -> Result<()> {
        if self.before.as_ref() == Some(&self.wired.text) {
            return Ok(());
        }
        file::replace_atomically(&self.path, self.before.as_deref(), &self.wired.text)
    }
}

/// Says where a settings file is wrong.
pub(super) fn unmergeable(path: &Path, error: &settings::Unmergeable) -> Refusal {
    Refusal::refused(format!("{}: {error}", shown(path)))
        .hint("nothing was changed; correct the file and run this again")
}

/// What changed in a settings file in a few words, and where it leads if it is a link.
pub(super) fn describe(path: &Path, wired: &Wired) -> Option<String> {
    let count = |action| {
        wired
            .changed
            .iter()
            .filter(|change| change.action == action)
            .count()
    };
    let mut words: Vec<String> = [
        (Change::Added, "added"),
        (Change::Updated, "updated"),
        (Change::Removed, "removed"),
    ]
    .into_iter()
    .map(|(action, word)| (count(action), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{} {word}", words::counted(count as u64, "hook")))
    .collect();
    if file::is_link(path)
        && let Ok(target) = fs::canonicalize(path)
    {
        words.push(format!("a link to {}", shown(&target)));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn plan_skill(site: &Site) -> Result<Step> {
    let path = skill::path(site.directory());
    let step = |action| Step::new(action, "skill", path.clone());
    if leads_away(site, &path) {
        return Ok(step(Action::Kept).detail("its directory is a link that leads out of the project"));
    }
    Ok(match skill::inspect(site.directory())? {
        Skill::Absent => step(Action::Created),
        Skill::Ours { is_current: true, .. } => step(Action::Unchanged),
        Skill::Ours { version, .. } => step(Action::Updated).detail(format!(
            "was of {}",
            crate::frame::clean(&version, crate::frame::Field::Name)
        )),
        Skill::Edited => step(Action::Kept).detail("somebody changed it"),
        Skill::Foreign => step(Action::Kept).detail("it is not ours"),
    })
}

/// Whether a file would be written outside of the project, because one of its directories is a link.
pub(super) fn leads_away(site: &Site, path: &Path) -> bool {
    let existing = path
        .ancestors()
        .skip(1)
        .find_map(|parent| parent.canonicalize().ok());
    let top = site.directory().canonicalize().ok();
    match (existing, top) {
        (Some(existing), Some(top)) => !existing.starts_with(top),
        _ => true,
    }
}
