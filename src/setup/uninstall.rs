//! Taking out of a project what `init` put in, and nothing else.
//!
//! What is only partly ours loses our part; what is wholly ours goes, unless somebody has made it theirs. The
//! store is work of agents and stays until somebody says otherwise, and even then a copy of it is kept.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::init::{Outcome, describe, leads_away, unmergeable};
use super::reach::Source;
use super::record::{self, Thing};
use super::settings::{self, Wired};
use super::site::{File, Site, settings_in, shown};
use super::skill::{self, Skill};
use super::{file, git_hooks};
use crate::domain::agent::OPERATOR;
use crate::env::Env;
use crate::error::Refusal;
use crate::place::{Found, Place};
use crate::render::step::{Action, Step};
use crate::render::words;
use crate::repo::Project;
use crate::store::{self, Purpose, Store};

/// What to take out.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Only the hooks in `settings.local.json`.
    pub local: bool,
    /// The store too.
    pub purge: bool,
    /// Only show what would be done.
    pub dry_run: bool,
}

/// Takes out what `init` put in.
///
/// # Errors
/// [`Refusal`] when a settings file of ours cannot be understood, or the store's place is a link; nothing has
/// been touched then. Otherwise what the file system says.
pub fn run(env: &Env, place: &Place, options: Options) -> Result<Outcome> {
    let project = place.project();
    let site = Site::of(project)?;
    let made = record::read(project);
    let files: &[File] = if options.local {
        &[File::Local]
    } else {
        &[File::Shared, File::Local]
    };
    let mut settings = Vec::new();
    for file in files {
        settings.extend(Settings::plan(project, &site, *file, made.as_deref())?);
    }
    let mut steps: Vec<Step> = settings.iter().map(Settings::step).collect();
    let skill = if options.local { None } else { plan_skill(&site)? };
    steps.extend(skill.clone());
    let git_hook = if options.local {
        None
    } else {
        git_hooks::Plan::uninstall(project, &site)?
    };
    steps.extend(git_hook.as_ref().map(|plan| plan.step.clone()));
    let purge = options.purge.then(|| Purge::plan(place)).transpose()?.flatten();

    let mut notes = Vec::new();
    if !options.dry_run {
        let backup = purge
            .as_ref()
            .map(|purge| purge.back_up(env, place, &mut notes))
            .transpose()?;
        for file in &settings {
            file.apply()?;
        }
        if skill.is_some_and(|step| step.action == Action::Removed) {
            skill::uninstall(site.directory())?;
        }
        git_hook.map_or(Ok(()), |plan| plan.apply())?;
        steps.extend(
            backup
                .flatten()
                .map(|path| Step::new(Action::Created, "backup", path)),
        );
        if let Some(purge) = &purge {
            purge.apply(place)?;
        } else if !options.local {
            record::keep_only(project, &[Thing::Claude])?;
        } else {
            record::keep_only(project, &[Thing::Claude, Thing::Skills, Thing::SharedSettings])?;
        }
        if !options.local {
            remove_directories(&site, made.as_deref());
        }
    }
    if options.dry_run && purge.is_some() && project.database().is_file() {
        let directory = place.backup_directory();
        steps.extend(directory.map(|path| Step::new(Action::Created, "backup", path)));
    }
    match &purge {
        Some(purge) => steps.push(Step::new(Action::Removed, "store", purge.directory.clone())),
        None if !options.local => steps.extend(kept_store(env, place)),
        None => {}
    }
    if !options.local {
        notes.extend(wired_elsewhere(project, &site));
    }
    Ok(Outcome { steps, notes })
}

/// One settings file that has hooks of ours.
struct Settings {
    path: PathBuf,
    before: String,
    unwired: Wired,
    goes: bool,
}

impl Settings {
    fn plan(project: &Project, site: &Site, file: File, made: Option<&[Thing]>) -> Result<Option<Self>> {
        let path = site.path(file);
        let Some(before) = file::read(&path)? else {
            return Ok(None);
        };
        let unwired = match settings::unwire(&before) {
            Ok(unwired) if unwired.changed.is_empty() => return Ok(None),
            Ok(unwired) => unwired,
            // Whatever it is, nothing in it is ours.
            Err(_) if !before.contains("agent-sync") => return Ok(None),
            Err(error) => return Err(unmergeable(&path, &error).into()),
        };
        let is_ours = match made {
            Some(made) => made.contains(&Thing::settings(file)),
            // The list is lost. A file that holds what we would write, and that git does not know, is ours.
            None => {
                settings::wire(None).is_ok_and(|fresh| fresh.text == before) && !project.is_tracked(&path)
            }
        };
        Ok(Some(Self {
            goes: unwired.is_empty && is_ours && !file::is_link(&path),
            path,
            before,
            unwired,
        }))
    }

    fn step(&self) -> Step {
        let action = if self.goes {
            Action::Removed
        } else {
            Action::Updated
        };
        let mut step = Step::new(action, "settings", self.path.clone());
        step.detail = describe(&self.path, &self.unwired);
        step.changes = self.unwired.changed.iter().map(ToString::to_string).collect();
        step
    }

    fn apply(&self) -> Result<()> {
        if self.goes {
            file::remove(&self.path, &self.before)
        } else {
            file::replace_atomically(&self.path, Some(&self.before), &self.unwired.text)
        }
    }
}

fn plan_skill(site: &Site) -> Result<Option<Step>> {
    let path = skill::path(site.directory());
    let step = |action| Step::new(action, "skill", path.clone());
    let step = match skill::inspect(site.directory())? {
        Skill::Absent => return Ok(None),
        Skill::Ours { .. } if file::is_link(&path) || leads_away(site, &path) => {
            step(Action::Kept).detail("it is behind a link")
        }
        Skill::Ours { .. } => step(Action::Removed),
        Skill::Edited => step(Action::Kept).detail("somebody changed it"),
        Skill::Foreign => step(Action::Kept).detail("it is not ours"),
    };
    Ok(Some(step))
}

/// The store that stays, if there is one.
fn kept_store(env: &Env, place: &Place) -> Option<Step> {
    let directory = place.project().state_directory();
    directory.symlink_metadata().ok()?;
    let contents = match place.survey(env) {
        Ok(Found::Ours(store) | Found::Strange(store)) => store.contents(&env.world()).ok(),
        _ => None,
    };
    let hint = "`agent-sync uninstall --purge` removes it";
    Some(
        Step::new(Action::Kept, "store", directory).detail(match contents {
            Some(contents) => format!("{}; {hint}", words::contents(&contents)),
            None => hint.to_owned(),
        }),
    )
}

/// Removes what is empty now and was not there before us.
fn remove_directories(site: &Site, made: Option<&[Thing]>) {
    for thing in [Thing::Skills, Thing::Claude] {
        if made.is_none_or(|made| made.contains(&thing)) {
            // One that holds something, or is a link, stays.
            let _stays_then = fs::remove_dir(thing.path(site));
        }
    }
}

/// Says so when sessions in other worktrees still read hooks of ours.
fn wired_elsewhere(project: &Project, site: &Site) -> Option<String> {
    let mut tops = project.linked_worktrees();
    tops.retain(|top| {
        let source = Source::read(&settings_in(top, File::Shared));
        top != site.directory() && source.is_some_and(|source| source.is_wired())
    });
    let shown: Vec<String> = tops.iter().map(|top| shown(top)).collect();
    (!shown.is_empty()).then(|| {
        format!(
            "linked worktrees have settings of their own with hooks in them: {}",
            shown.join(", ")
        )
    })
}

/// The removal of the store and of what goes with it.
struct Purge {
    directory: PathBuf,
}

impl Purge {
    fn plan(place: &Place) -> Result<Option<Self>> {
        let project = place.project();
        let directory = project.state_directory();
        for path in [project.root.join(".claude"), directory.clone()] {
            if file::is_link(&path) {
                let refusal = Refusal::refused(format!("{} is a link", shown(&path)));
                return Err(refusal.hint("remove it yourself if it is not needed").into());
            }
        }
        match directory.symlink_metadata() {
            Ok(_) => Ok(Some(Self { directory })),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot look at {}", shown(&directory))),
        }
    }

    /// Copies the store; as it is, byte for byte, where it cannot be opened.
    fn back_up(&self, env: &Env, place: &Place, notes: &mut Vec<String>) -> Result<Option<PathBuf>> {
        let database = place.project().database();
        if !database.is_file() {
            return Ok(None);
        }
        let directory = place.backup_directory().ok_or_else(|| {
            Refusal::refused("there is no place for a backup outside the working tree")
                .hint("set HOME, or remove .claude/coordination yourself")
        })?;
        notes.extend(open(env, place).and_then(|store| warn_of_agents(env, &store)));
        let now = env.now().wall;
        store::back_up(&database, &directory, "purged", now)
            .or_else(|_| self.copy_raw(&database, &directory, now))
            .map(Some)
    }

    /// The file as it is, whatever is wrong with it.
    fn copy_raw(&self, database: &Path, directory: &Path, now: i64) -> Result<PathBuf> {
        fs::create_dir_all(directory).with_context(|| format!("creating {}", shown(directory)))?;
        let copy = directory.join(format!("state-raw-{now}.sqlite"));
        for suffix in ["", "-wal"] {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                PathBuf::from(name)
            };
            if let Ok(mut from) = fs::File::open(with(database)) {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut to = options
                    .open(with(&copy))
                    .with_context(|| format!("writing a backup of {}", shown(&self.directory)))?;
                io::copy(&mut from, &mut to)?;
                to.sync_all()?;
            }
        }
        Ok(copy)
    }

    fn apply(&self, place: &Place) -> Result<()> {
        place.forget()?;
        fs::remove_dir_all(&self.directory)
            .with_context(|| format!("cannot remove {}", shown(&self.directory)))?;
        let Some(private) = place.private_directory() else {
            return Ok(());
        };
        // Where there is no git, the directory is that of all projects of this person.
        if place.project().common.is_some() && !file::is_link(private) {
            for entry in fs::read_dir(private).into_iter().flatten().flatten() {
                if entry.file_name() != "backup" && entry.file_name() != "quarantine" {
                    remove(&entry.path())?;
                }
            }
        }
        for path in [private.join("trusted"), private.to_owned()] {
            // One that holds something stays.
            let _stays_then = fs::remove_dir(path);
        }
        Ok(())
    }
}

/// Says so when agents are still here.
fn warn_of_agents(env: &Env, store: &Store) -> Option<String> {
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method's lifetimes are not general enough"
    )]
    let mut living = store.read(&env.world(), |read| read.living()).ok()?;
    living.retain(|agent| agent.id != OPERATOR);
    let who = match living.len() {
        0 => return None,
        1 => "1 agent is".to_owned(),
        count => format!("{} are", words::counted(count as u64, "agent")),
    };
    Some(format!(
        "{who} still here; from now on nothing protects them from each other"
    ))
}

/// The store, if it can be opened in any way.
fn open(env: &Env, place: &Place) -> Option<Store> {
    place
        .open(env, Purpose::Command)
        .ok()
        .or_else(|| match place.survey(env).ok()? {
            Found::Ours(store) | Found::Strange(store) => Some(store),
            _ => None,
        })
}

fn remove(path: &Path) -> Result<()> {
    let is_directory = path.symlink_metadata().is_ok_and(|entry| entry.is_dir());
    let removed = if is_directory {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.with_context(|| format!("cannot remove {}", shown(path)))
}
