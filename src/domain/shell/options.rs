//! Options and operands, by the conventions of GNU and git.
//!
//! An operand is a file and the value of an option is not: taking one for the other refuses a command for a
//! file that it never touches. So each command says which of its options take values.

use super::words::Field;

/// Which options of a command take values.
#[derive(Clone, Copy, Default)]
pub(super) struct Syntax {
    /// Letters whose value is the rest of the cluster, or else the next argument.
    pub(super) valued: &'static str,
    /// Letters whose optional value is the rest of the cluster.
    pub(super) attached: &'static str,
    /// Long names whose value may be the next argument.
    pub(super) long: &'static [&'static str],
    /// Whether options end at the first operand.
    pub(super) stops_early: bool,
}

pub(super) const NO_VALUES: Syntax = Syntax {
    valued: "",
    attached: "",
    long: &[],
    stops_early: false,
};

/// The arguments of a command, sorted.
pub(super) struct Options {
    given: Vec<(String, Option<Field>)>,
    pub(super) operands: Vec<Field>,
    /// How many operands precede `--`.
    pub(super) dashes: Option<usize>,
}

impl Options {
    pub(super) fn read(arguments: &[Field], syntax: Syntax) -> Self {
        let mut options = Self {
            given: Vec::new(),
            operands: Vec::new(),
            dashes: None,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.text.as_str();
            if text == "--" {
                options.dashes = Some(options.operands.len());
                options.operands.extend(rest.cloned());
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                if let Some((name, _)) = long.split_once('=') {
                    let value = argument.rest(2 + name.len() + 1);
                    options.given.push((name.to_owned(), Some(value)));
                } else {
                    let value = syntax
                        .long
                        .contains(&long)
                        .then(|| rest.next().cloned().unwrap_or_default());
                    options.given.push((long.to_owned(), value));
                }
            } else if text.len() > 1 && text.starts_with('-') {
                options.cluster(argument, syntax, &mut rest);
            } else {
                options.operands.push(argument.clone());
                if syntax.stops_early {
                    options.operands.extend(rest.cloned());
                    break;
                }
            }
        }
        options
    }

    fn cluster<'a>(&mut self, argument: &Field, syntax: Syntax, rest: &mut impl Iterator<Item = &'a Field>) {
        for (index, letter) in argument.text.char_indices().skip(1) {
            let after = argument.rest(index + letter.len_utf8());
            let value = if syntax.attached.contains(letter) {
                Some(after)
            } else if syntax.valued.contains(letter) {
                if after.text.is_empty() {
                    Some(rest.next().cloned().unwrap_or_default())
                } else {
                    Some(after)
                }
            } else {
                None
            };
            let is_last = value.is_some();
            self.given.push((letter.to_string(), value));
            if is_last {
                return;
            }
        }
    }

    /// Whether one of `names` is given; a name of one letter is a short option.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The value of the last of `names` that is given.
    pub(super) fn value<'a>(&'a self, names: &'a [&'a str]) -> Option<&'a Field> {
        self.values(names).last()
    }

    pub(super) fn values<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a Field> {
        self.given
            .iter()
            .filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, value)| value.as_ref())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|(name, _)| name.as_str())
    }

    /// Takes the first operand, which is not a file.
    pub(super) fn skip_operand(&mut self) {
        if !self.operands.is_empty() {
            self.operands.remove(0);
            self.dashes = self.dashes.map(|dashes| dashes.saturating_sub(1));
        }
    }
}
