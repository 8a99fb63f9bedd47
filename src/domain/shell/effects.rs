//! What a program does to the files it is given: the vocabulary of the tables.

use super::options::Options;
use super::words::Field;
use super::{Reach, WriteKind};

/// A file that a program writes, relative to where the program runs.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) file: Field,
    pub(super) kind: WriteKind,
    pub(super) reach: Reach,
    pub(super) inside: Option<String>,
}

#[derive(Debug)]
pub(super) struct Effects {
    pub(super) targets: Vec<Target>,
    /// Whether `targets` is all that is written.
    pub(super) is_complete: bool,
}

impl Effects {
    /// Nothing is written.
    pub(super) fn none() -> Self {
        Self {
            targets: Vec::new(),
            is_complete: true,
        }
    }

    /// Something may be written, nobody knows what.
    pub(super) fn unknown() -> Self {
        Self {
            targets: Vec::new(),
            is_complete: false,
        }
    }

    pub(super) fn add(&mut self, file: Field, kind: WriteKind, reach: Reach) {
        self.targets.push(Target {
            file,
            kind,
            reach,
            inside: None,
        });
    }

    pub(super) fn add_files(&mut self, files: &[Field], kind: WriteKind) {
        for file in files {
            self.add(file.clone(), kind, Reach::File);
        }
    }

    /// Files below `directory`, nobody knows which.
    pub(super) fn add_somewhere(&mut self, directory: Field) {
        self.add(directory, WriteKind::Unknown, Reach::Somewhere);
        self.is_complete = false;
    }

    /// `sources` arriving at `options`' target directory or last operand. `sources` are all operands when
    /// the directory is an option.
    pub(super) fn arrive(&mut self, options: &Options, kind: WriteKind, reach: Reach) -> Vec<Field> {
        let mut sources = options.operands.clone();
        let directory = options.value(&["t", "target-directory"]).cloned();
        let is_directory_option = directory.is_some();
        let Some(destination) = directory.or_else(|| (sources.len() > 1).then(|| sources.pop()).flatten())
        else {
            self.is_complete &= sources.is_empty();
            return Vec::new();
        };
        let keeps_path = options.has(&["parents"]);
        let is_file = options.has(&["T", "no-target-directory"]);
        let is_directory = is_directory_option || sources.len() > 1 || ends_as_directory(&destination.text);
        for source in &sources {
            let name = if keeps_path {
                Some(source.text.trim_start_matches('/'))
            } else {
                base_name(&source.text)
            };
            let name = name.filter(|_| !is_file);
            if is_directory && !is_file {
                let reach = if source.is_glob { Reach::File } else { reach };
                self.add(join(&destination, name, source), kind, reach);
            } else {
                self.targets.push(Target {
                    file: destination.clone(),
                    kind,
                    reach,
                    inside: name.filter(|_| source.is_known).map(str::to_owned),
                });
            }
        }
        sources
    }
}

/// `name` in `directory`, known as far as `directory` and `source` are.
fn join(directory: &Field, name: Option<&str>, source: &Field) -> Field {
    let separator = if directory.text.ends_with('/') { "" } else { "/" };
    Field {
        text: match name {
            Some(name) => format!("{}{separator}{name}", directory.text),
            None => directory.text.clone(),
        },
        is_glob: directory.is_glob || source.is_glob,
        is_known: directory.is_known && source.is_known,
    }
}

pub(super) fn inside(directory: Option<&Field>, file: &Field) -> Field {
    match directory {
        Some(directory) if !file.text.starts_with('/') => join(directory, Some(&file.text), file),
        _ => file.clone(),
    }
}

fn ends_as_directory(path: &str) -> bool {
    path.ends_with('/') || matches!(path.rsplit('/').next(), Some("." | ".."))
}

/// The last component of `path`; nothing for `.` and `..`, whose content is meant.
pub(super) fn base_name(path: &str) -> Option<&str> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    (!matches!(name, "" | "." | "..")).then_some(name)
}
