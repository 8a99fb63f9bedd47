//! Following a script: which directory each command runs in, and what it does there.
//!
//! A relative path means nothing without the directory, and a wrong directory makes a wrong refusal. So where
//! two ways through the script lead to different directories, the directory is unknown from there on.
//! That a `cd` succeeds is taken for granted, unless somebody asks (`cd x || …`).

use std::collections::HashMap;
use std::mem;
use std::rc::Rc;

use super::grammar::parse;
use super::place::{Outcome, Place};
use super::tree::{Body, Chain, Command, Link, List, Operator, Part, Pipeline, Redirect, Simple, Word};
use super::words::{Field, expand, single};
use super::{LONGEST, Reach, Reading, Write, WriteKind};

/// How deep commands in arguments (`bash -c`, `eval`, `find -exec`) are followed.
const DEEPEST: usize = 5;

/// More arguments than this from brace lists are not followed up.
const MOST_ALTERNATIVES: usize = 512;

pub(super) fn read(command: &str) -> Reading {
    let mut walker = Walker {
        reading: Reading {
            is_complete: true,
            ..Reading::default()
        },
        functions: HashMap::new(),
        bodies: Rc::new(Vec::new()),
        depth: 0,
        is_git_elsewhere: false,
        alternatives: MOST_ALTERNATIVES,
        loops: 0,
    };
    if walker.script(command, Place::start()).is_none() {
        return Reading::default();
    }
    walker.reading
}

pub(super) struct Walker {
    pub(super) reading: Reading,
    /// The functions so far, those of subshells too, and whether they change the directory.
    pub(super) functions: HashMap<String, bool>,
    bodies: Rc<Vec<Vec<Part>>>,
    depth: usize,
    /// Whether the environment names another repository or index.
    pub(super) is_git_elsewhere: bool,
    /// How many arguments may still come from brace lists.
    alternatives: usize,
    /// How many loops are around the command.
    pub(super) loops: usize,
}

impl Walker {
    /// Follows a whole text; `None` when it cannot be understood, and then nothing of it counts.
    pub(super) fn script(&mut self, text: &str, place: Place) -> Option<Outcome> {
        let script = (text.len() <= LONGEST).then(|| parse(text));
        let Some(script) = script.filter(|script| script.is_valid) else {
            self.reading.is_complete = false;
            return None;
        };
        self.deeper(|walker| {
            let outer = mem::replace(&mut walker.bodies, Rc::new(script.bodies));
            let outcome = walker.list(&script.list, place);
            walker.bodies = outer;
            outcome
        })
    }

    /// Follows a command within the arguments of another, unless that is too deep.
    pub(super) fn deeper<T>(&mut self, follow: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            self.reading.is_complete = false;
            return None;
        }
        self.depth += 1;
        let result = follow(self);
        self.depth -= 1;
        Some(result)
    }

    fn list(&mut self, list: &List, start: Place) -> Outcome {
        let mut outcome = Outcome::same(start);
        for chain in list {
            let before = outcome.place();
            outcome = self.chain(chain, before.clone());
            if chain.is_background {
                outcome = Outcome::same(before);
            }
        }
        outcome
    }

    fn chain(&mut self, chain: &Chain, start: Place) -> Outcome {
        let mut outcome = self.pipeline(&chain.first, start);
        for (link, next) in &chain.rest {
            outcome = match link {
                Link::And => {
                    let next = self.pipeline(next, outcome.success.clone());
                    outcome.and(next)
                }
                Link::Or => {
                    let next = self.pipeline(next, outcome.failure_at_worst.clone());
                    outcome.or(next)
                }
            };
        }
        outcome
    }

    fn pipeline(&mut self, pipeline: &Pipeline, start: Place) -> Outcome {
        let outcome = match pipeline.commands.as_slice() {
            [command] => self.command(command, start),
            commands => {
                for command in commands {
                    self.command(command, start.clone());
                }
                Outcome::same(start)
            }
        };
        if pipeline.is_negated {
            outcome.negated()
        } else {
            outcome
        }
    }

    fn command(&mut self, command: &Command, start: Place) -> Outcome {
        if start == Place::Nowhere {
            return Outcome::same(start);
        }
        if !matches!(command.body, Body::Simple(_)) {
            self.redirects(&command.redirects, &start);
        }
        match &command.body {
            Body::Simple(simple) => self.simple(simple, &command.redirects, start),
            Body::Group(list) => self.list(list, start),
            Body::Subshell(list) => {
                self.list(list, start.clone());
                Outcome::same(start)
            }
            Body::If { arms, otherwise } => self.branches(arms, otherwise, start),
            Body::Loop {
                words,
                condition,
                body,
                moves,
            } => {
                self.substitutions(words, &start);
                let start = if *moves { Place::Unknown } else { start };
                self.loops += 1;
                let outcome = self.list(condition, start.clone());
                // The condition of `until` lets the body run when it fails.
                self.list(body, outcome.success.merged(outcome.failure_at_worst));
                self.loops -= 1;
                Outcome::same(start)
            }
            Body::Case { word, arms } => {
                self.substitutions(std::slice::from_ref(word), &start);
                let ends: Vec<Place> = arms
                    .iter()
                    .map(|arm| self.list(arm, start.clone()).place())
                    .collect();
                Outcome::same(ends.into_iter().fold(start, Place::merged))
            }
            Body::Function { name, moves, .. } => {
                self.functions.insert(name.clone(), *moves);
                Outcome::same(start)
            }
            Body::Test(words) => {
                self.substitutions(words, &start);
                Outcome::same(start)
            }
        }
    }

    fn branches(&mut self, arms: &[(List, List)], otherwise: &List, start: Place) -> Outcome {
        let mut end = Place::Nowhere;
        let mut next = start.clone();
        let mut likely = start;
        for (condition, body) in arms {
            let outcome = self.list(condition, next);
            end = end.merged(self.list(body, outcome.success).place());
            next = outcome.failure_at_worst;
            likely = outcome.failure;
        }
        let rest = self.list(otherwise, next.clone()).place();
        let rest = if rest == next { likely } else { rest };
        Outcome::same(end.merged(rest))
    }

    fn simple(&mut self, simple: &Simple, redirects: &[Redirect], start: Place) -> Outcome {
        self.substitutions(&simple.assignments, &start);
        self.substitutions(&simple.words, &start);
        self.redirects(redirects, &start);
        let is_elsewhere = simple
            .assignments
            .iter()
            .any(|word| names_repository(&single(word)));
        let mut fields = Vec::new();
        for word in &simple.words {
            expand(word, &mut fields, &mut self.alternatives);
        }
        let Some(name) = fields.first() else {
            self.is_git_elsewhere |= is_elsewhere;
            return Outcome::same(start);
        };
        if let Some(moves) = self.functions.get(&name.text) {
            self.reading.is_complete = false;
            return Outcome::same(if *moves { Place::Unknown } else { start });
        }
        let before = self.is_git_elsewhere;
        let is_exported = matches!(name.text.as_str(), "export" | "declare" | "typeset")
            && fields.iter().any(names_repository);
        self.is_git_elsewhere |= is_elsewhere;
        let outcome = self.call(fields, start);
        self.is_git_elsewhere = before || is_exported;
        outcome
    }

    /// Follows the substitutions in `words`, each a shell of its own.
    fn substitutions(&mut self, words: &[Word], place: &Place) {
        for word in words {
            self.substitutions_in(&word.parts, place);
        }
    }

    fn substitutions_in(&mut self, parts: &[Part], place: &Place) {
        for part in parts {
            if let Part::Run(list) | Part::Process(list) = part {
                self.list(list, place.clone());
            }
        }
    }

    fn redirects(&mut self, redirects: &[Redirect], place: &Place) {
        let bodies = Rc::clone(&self.bodies);
        for redirect in redirects {
            self.substitutions_in(&redirect.word.parts, place);
            if let Some(body) = redirect.body.and_then(|body| bodies.get(body)) {
                self.substitutions_in(body, place);
            }
            let file = single(&redirect.word);
            let kind = match redirect.operator {
                Operator::Input => continue,
                Operator::Append => WriteKind::Append,
                Operator::Edit => WriteKind::Edit,
                Operator::Copy if is_descriptor(&file.text) => continue,
                Operator::Create | Operator::Copy => WriteKind::Create,
            };
            self.write(place, &file, kind, Reach::File, None);
        }
    }

    pub(super) fn write(
        &mut self,
        place: &Place,
        file: &Field,
        kind: WriteKind,
        reach: Reach,
        inside: Option<String>,
    ) {
        let is_absolute = file.text.starts_with('/');
        if file.text.is_empty() || file.text.starts_with("/dev/") {
            return;
        }
        let directory = match place {
            _ if is_absolute => None,
            Place::At(directory) => directory.clone(),
            Place::Unknown | Place::Nowhere => {
                self.reading.is_complete = false;
                return;
            }
        };
        if !file.is_known {
            self.reading.is_complete = false;
            return;
        }
        self.reading.writes.push(Write {
            path: file.text.clone(),
            directory,
            kind,
            is_glob: file.is_glob,
            reach,
            inside,
        });
    }
}

/// Whether `field` assigns to a variable that gives git another repository or index.
pub(super) fn names_repository(field: &Field) -> bool {
    ["GIT_DIR=", "GIT_WORK_TREE=", "GIT_INDEX_FILE=", "GIT_COMMON_DIR="]
        .iter()
        .any(|variable| field.text.starts_with(variable))
}

/// What `>&` may name besides a file.
fn is_descriptor(text: &str) -> bool {
    let number = text.strip_suffix('-').unwrap_or(text);
    !text.is_empty() && number.chars().all(|letter| letter.is_ascii_digit())
}
