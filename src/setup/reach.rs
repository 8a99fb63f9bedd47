//! Everything the client's settings say about us, from whichever file they come.
//!
//! A hook that is wired in a file which a session does not read protects nobody, and a switch in a file of
//! the person's own can turn all of them off. So what counts is not one file but all that a session in this
//! checkout reads, the strongest first. Files of others are only read here, never changed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::settings::{self, State, Wiring};
use super::site::{File, settings_in};
use crate::env::Env;
use crate::hook::HOOKS;
use crate::repo::Project;

/// Settings that an administrator made for everybody on this machine.
const MANAGED: &str = "/etc/claude-code/managed-settings.json";

/// A settings file that a session reads.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// How our hooks are wired in it, or why it cannot be read.
    pub wiring: Result<Wiring, String>,
    facts: Value,
}

/// All settings files that a session in one checkout reads, the strongest first.
#[derive(Debug, Clone)]
pub struct Reach {
    /// Those that exist.
    pub sources: Vec<Source>,
}

impl Reach {
    /// The settings of a session that starts at the top of the project's checkout.
    #[must_use]
    pub fn of(env: &Env, project: &Project) -> Self {
        let mut paths = vec![
            PathBuf::from(MANAGED),
            settings_in(&project.worktree, File::Local),
            settings_in(&project.root, File::Local),
            settings_in(&project.worktree, File::Shared),
        ];
        paths.extend(env.home().map(|home| settings_in(&home, File::Shared)));
        paths.dedup();
        Self {
            sources: paths.iter().filter_map(|path| Source::read(path)).collect(),
        }
    }

    /// The sources that wire at least one of our hooks.
    pub fn wired(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.is_wired())
    }

    /// How each of our hooks is wired at best, in the order of [`HOOKS`].
    #[must_use]
    pub fn best(&self) -> Vec<State> {
        let rank = |state: &State| match state {
            State::Missing => 0,
            State::Outdated { .. } => 1,
            State::Current { .. } => 2,
        };
        (0..HOOKS.len())
            .map(|index| {
                let states = self
                    .sources
                    .iter()
                    .filter_map(|source| source.wiring.as_ref().ok());
                let states = states.map(|wiring| &wiring.hooks[index].1);
                states.max_by_key(|state| rank(state)).cloned()
            })
            .map(|state| state.unwrap_or(State::Missing))
            .collect()
    }

    /// The commands that run our hooks, as they are written, each once.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let mut commands = Vec::new();
        for (_, state) in self
            .sources
            .iter()
            .filter_map(|source| source.wiring.as_ref().ok())
            .flat_map(|wiring| &wiring.hooks)
        {
            if let State::Current { command } | State::Outdated { command } = state
                && !commands.contains(command)
            {
                commands.push(command.clone());
            }
        }
        commands
    }

    /// The file that switches all hooks off, where one does: the strongest one that says anything decides.
    #[must_use]
    pub fn disabled_by(&self) -> Option<&Path> {
        let managed = |source: &&Source| {
            source.path == Path::new(MANAGED) && source.flag("/allowManagedHooksOnly") == Some(true)
        };
        let decides = |source: &&Source| source.flag("/disableAllHooks").is_some();
        let disabled = self.sources.iter().find(decides);
        let disabled = disabled.filter(|source| source.flag("/disableAllHooks") == Some(true));
        disabled
            .or_else(|| self.sources.iter().find(managed))
            .map(|source| source.path.as_path())
    }

    /// The file that enables the plugin form, where one does.
    #[must_use]
    pub fn plugin(&self) -> Option<&Path> {
        self.sources.iter().find_map(|source| {
            let enabled = source.facts.get("enabledPlugins")?.as_object()?;
            let is_ours = |(name, value): (&String, &Value)| {
                name.split('@').next() == Some(env!("CARGO_PKG_NAME")) && value == &Value::Bool(true)
            };
            enabled.iter().any(is_ours).then_some(source.path.as_path())
        })
    }

    /// Whether the client's sandbox is on.
    #[must_use]
    pub fn is_sandboxed(&self) -> bool {
        let mut said = self
            .sources
            .iter()
            .filter_map(|source| source.flag("/sandbox/enabled"));
        said.next() == Some(true)
    }

    /// Whether the sandbox lets Bash write below `directory` by a rule of its own.
    #[must_use]
    pub fn lets_write(&self, directory: &Path, home: Option<&Path>) -> bool {
        let rules = self
            .sources
            .iter()
            .filter_map(|source| source.facts.pointer("/sandbox/filesystem/allowWrite")?.as_array());
        rules.flatten().filter_map(Value::as_str).any(|rule| {
            // An absolute path may be written with two slashes, and a whole tree with stars at its end.
            let rule = rule.trim_end_matches("/**").trim_end_matches("/*");
            let rule = match (rule.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ if rule.starts_with("//") => PathBuf::from(&rule[1..]),
                _ => PathBuf::from(rule),
            };
            rule.is_absolute() && directory.starts_with(rule)
        })
    }
}

impl Source {
    /// The settings file at `path`, if there is one.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let text = match super::file::read(path) {
            Ok(text) => text?,
            Err(error) => {
                return Some(Self {
                    path: path.to_owned(),
                    wiring: Err(crate::frame::neutralise(&format!("{error:#}"))),
                    facts: Value::Null,
                });
            }
        };
        let wiring = settings::wiring(&text).map_err(|error| error.to_string());
        Some(Self {
            path: path.to_owned(),
            wiring,
            facts: serde_json::from_str(&text).unwrap_or_default(),
        })
    }

    /// Whether it wires at least one of our hooks.
    #[must_use]
    pub fn is_wired(&self) -> bool {
        let is_there = |wiring: &Wiring| {
            let mut hooks = wiring.hooks.iter();
            wiring.surplus > 0 || hooks.any(|(_, state)| *state != State::Missing)
        };
        self.wiring.as_ref().is_ok_and(is_there)
    }

    fn flag(&self, pointer: &str) -> Option<bool> {
        self.facts.pointer(pointer)?.as_bool()
    }
}
