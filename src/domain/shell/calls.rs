//! One call of a program: the builtins that move the shell, the wrappers, and the tables.

use std::mem;

use super::commands;
use super::git;
use super::place::{Outcome, Place};
use super::walk::{Walker, names_repository};
use super::words::Field;
use super::wrappers::{Added, FOUND, Find, Wrapped, find, operands, script_of_shell, unwrap};
use super::{GitOperation, Reach, WriteKind};

/// How many wrappers around a command are followed.
const MOST_WRAPPERS: usize = 8;

impl Walker {
    /// Runs `fields` in `start`.
    pub(super) fn call(&mut self, mut fields: Vec<Field>, start: Place) -> Outcome {
        let mut place = start.clone();
        let mut is_in_shell = true;
        let mut ends = false;
        for _ in 0..MOST_WRAPPERS {
            let Some((first, arguments)) = fields.split_first() else {
                break;
            };
            if !first.is_known {
                break;
            }
            let name = first.text.rsplit('/').next().unwrap_or_default().to_owned();
            match unwrap(&name, arguments) {
                Wrapped::Not => {
                    let outcome = self.program(&name, arguments, place);
                    return match (ends, is_in_shell) {
                        (true, _) => Outcome::same(Place::Nowhere),
                        (false, true) => outcome,
                        (false, false) => Outcome::same(start),
                    };
                }
                Wrapped::Nothing => return Outcome::same(start),
                Wrapped::Unknown => break,
                Wrapped::Command {
                    index,
                    directory,
                    adds,
                    is_in_shell: stays,
                } => {
                    self.is_git_elsewhere |= arguments[..index].iter().any(names_repository);
                    is_in_shell &= stays;
                    if let Some(directory) = directory {
                        place = place.enter(&directory);
                    }
                    fields.drain(..=index);
                    self.add_unknown(&mut fields, &adds);
                    ends |= name == "exec";
                }
            }
        }
        self.reading.is_complete = false;
        Outcome::same(start)
    }

    fn program(&mut self, name: &str, arguments: &[Field], place: Place) -> Outcome {
        match name {
            "cd" | "pushd" => {
                let operands = operands(arguments);
                let after = match operands.as_slice() {
                    [directory] if !directory.text.starts_with(['-', '+']) => place.enter(directory),
                    _ => Place::Unknown,
                };
                return Outcome::success(place, after);
            }
            "popd" => return Outcome::success(place, Place::Unknown),
            "exit" | "logout" => return Outcome::same(Place::Nowhere),
            // Outside of a loop these do nothing.
            "break" | "continue" if self.loops > 0 => return Outcome::same(Place::Nowhere),
            "true" | ":" | "echo" | "printf" => return Outcome::success(place.clone(), place),
            "eval" => return self.eval(arguments, place),
            // What is sourced may do anything, yet hardly ever leaves the shell elsewhere.
            "source" | "." | "trap" => self.reading.is_complete = false,
            "git" => self.git(arguments, &place),
            "find" | "gfind" => self.find(&find(arguments), &place),
            _ => {
                if let Some(script) = script_of_shell(name, arguments) {
                    self.shell(&arguments[script], place.clone());
                } else {
                    self.table(name, arguments, &place);
                }
            }
        }
        Outcome::same(place)
    }

    fn table(&mut self, name: &str, arguments: &[Field], place: &Place) {
        let effects = commands::effects(name, arguments);
        self.reading.is_complete &= effects.is_complete;
        for target in effects.targets {
            self.write(place, &target.file, target.kind, target.reach, target.inside);
        }
    }

    fn eval(&mut self, arguments: &[Field], place: Place) -> Outcome {
        let operands = operands(arguments);
        if operands
            .iter()
            .all(|operand| operand.is_known && !operand.is_glob)
        {
            let words: Vec<&str> = operands.iter().map(|operand| operand.text.as_str()).collect();
            if let Some(outcome) = self.script(&words.join(" "), place) {
                return outcome;
            }
        }
        self.reading.is_complete = false;
        Outcome::same(Place::Unknown)
    }

    /// `bash -c SCRIPT`
    fn shell(&mut self, script: &Field, place: Place) {
        if !script.is_known || script.is_glob {
            self.reading.is_complete = false;
            return;
        }
        let functions = mem::take(&mut self.functions);
        let is_git_elsewhere = self.is_git_elsewhere;
        self.script(&script.text, place);
        self.functions = functions;
        self.is_git_elsewhere = is_git_elsewhere;
    }

    fn git(&mut self, arguments: &[Field], place: &Place) {
        let arguments: Vec<Field> = arguments
            .iter()
            .map(|argument| {
                if argument.text.contains(FOUND) {
                    Field::unknown()
                } else {
                    argument.clone()
                }
            })
            .collect();
        let call = git::call(&arguments);
        self.reading.is_complete &= call.is_complete;
        let Some(kind) = call.kind else { return };
        let place = call
            .directories
            .iter()
            .filter(|directory| !directory.text.is_empty())
            .fold(place.clone(), |place, directory| place.enter(directory));
        match place {
            Place::At(directory) if !self.is_git_elsewhere => {
                self.reading.git.push(GitOperation { kind, directory });
            }
            _ => self.reading.is_complete = false,
        }
    }

    fn find(&mut self, find: &Find, place: &Place) {
        for output in &find.outputs {
            self.write(place, output, WriteKind::Create, Reach::File, None);
        }
        let mut kinds = Vec::new();
        if find.deletes {
            kinds.push(WriteKind::Remove);
        }
        for command in &find.commands {
            let outer = mem::take(&mut self.reading.writes);
            self.deeper(|walker| walker.call(command.fields.clone(), place.clone()));
            let written = mem::replace(&mut self.reading.writes, outer);
            for mut write in written {
                let is_in_found = write
                    .directory
                    .as_ref()
                    .is_some_and(|directory| directory.contains(FOUND));
                if write.path.starts_with(FOUND) {
                    kinds.push(write.kind);
                } else if is_in_found || write.path.contains(FOUND) || command.runs_elsewhere {
                    self.reading.is_complete = false;
                } else {
                    write.inside = write.inside.filter(|name| !name.contains(FOUND));
                    self.reading.writes.push(write);
                }
            }
        }
        kinds.dedup();
        for kind in kinds {
            self.reading.is_complete = false;
            for start in &find.starts {
                self.write(place, start, kind, Reach::Somewhere, None);
            }
        }
    }

    fn add_unknown(&mut self, fields: &mut Vec<Field>, added: &Added) {
        match added {
            Added::Nothing => return,
            Added::AtTheEnd => fields.push(Field::unknown()),
            Added::InPlaceOf(text) => {
                for field in fields.iter_mut().filter(|field| field.text.contains(text)) {
                    *field = Field::unknown();
                }
            }
        }
        self.reading.is_complete = false;
    }
}
