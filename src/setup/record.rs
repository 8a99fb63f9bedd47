//! What `init` brought into a project, so that `uninstall` takes out that and nothing else.
//!
//! An empty settings file may have been the owner's before us, and so may an empty directory. Afterwards
//! nobody could tell, so `init` writes down what it made. The list lies with the store, where git does not
//! see it; only names that `init` could have made count, so a list from elsewhere can do no harm.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Result;

use super::file;
use super::site::{File, Site};
use crate::repo::Project;

/// The list, below the state directory.
const NAME: &str = "installed";

/// A thing in a project that `init` may make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thing {
    Claude,
    Skills,
    SharedSettings,
    LocalSettings,
}

const ALL: [Thing; 4] = [
    Thing::SharedSettings,
    Thing::LocalSettings,
    Thing::Skills,
    Thing::Claude,
];

impl Thing {
    const fn name(self) -> &'static str {
        match self {
            Self::Claude => ".claude",
            Self::Skills => ".claude/skills",
            Self::SharedSettings => ".claude/settings.json",
            Self::LocalSettings => ".claude/settings.local.json",
        }
    }

    /// The thing that a settings file is.
    pub(super) const fn settings(file: File) -> Self {
        match file {
            File::Shared => Self::SharedSettings,
            File::Local => Self::LocalSettings,
        }
    }

    pub(super) fn path(self, site: &Site) -> PathBuf {
        site.directory().join(self.name())
    }

    /// Whether it is not there, or only because we are.
    pub(super) fn is_absent(self, site: &Site) -> bool {
        let path = self.path(site);
        if self != Self::Claude {
            return fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        }
        fs::read_dir(path).map_or_else(
            |error| error.kind() == ErrorKind::NotFound,
            |entries| {
                let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
                names == ["coordination"]
            },
        )
    }
}

/// What `init` made; `None` when there is no list.
pub(super) fn read(project: &Project) -> Option<Vec<Thing>> {
    let text = file::read(&path(project)).ok()??;
    let known = |line: &str| ALL.into_iter().find(|thing| thing.name() == line);
    Some(text.lines().filter_map(known).collect())
}

/// The things that are not there now and that `init` is going to make.
pub(super) fn absent(site: &Site, wanted: &[Thing]) -> Vec<Thing> {
    let mut things = wanted.to_vec();
    things.retain(|thing| thing.is_absent(site));
    things
}

/// Adds things to the list; there is one afterwards even if it says nothing.
pub(super) fn add(project: &Project, made: &[Thing]) -> Result<()> {
    let mut all = read(project);
    let is_new = all.is_none();
    let known = all.get_or_insert_default();
    let before = known.len();
    known.extend(
        made.iter()
            .filter(|thing| !known.contains(thing))
            .copied()
            .collect::<Vec<_>>(),
    );
    if is_new || known.len() > before {
        write(project, known)?;
    }
    Ok(())
}

/// Takes everything but `kept` from the list, if there is one.
pub(super) fn keep_only(project: &Project, kept: &[Thing]) -> Result<()> {
    let Some(mut things) = read(project) else {
        return Ok(());
    };
    things.retain(|thing| kept.contains(thing));
    write(project, &things)
}

fn write(project: &Project, things: &[Thing]) -> Result<()> {
    let path = path(project);
    let before = file::read(&path)?;
    let lines = things.iter().flat_map(|thing| [thing.name(), "\n"]);
    let text: String = lines.collect();
    if before.as_deref() == Some(text.as_str()) {
        return Ok(());
    }
    file::replace_atomically(&path, before.as_deref(), &text)
}

fn path(project: &Project) -> PathBuf {
    project.state_directory().join(NAME)
}
