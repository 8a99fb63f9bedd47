//! Programs that edit files in place.

use super::commands::files;
use super::effects::{Effects, inside};
use super::options::{NO_VALUES, Options, Syntax};
use super::words::Field;
use super::{Reach, WriteKind};

pub(super) fn sed(arguments: &[Field]) -> Effects {
    let mut options = Options::read(
        arguments,
        Syntax {
            valued: "efl",
            attached: "i",
            long: &["expression", "file", "line-length"],
            ..NO_VALUES
        },
    );
    if !options.has(&["i", "in-place"]) {
        return Effects::none();
    }
    // The sed of BSD wants the suffix, often an empty one, as an argument.
    if options
        .operands
        .first()
        .is_some_and(|first| first.text.is_empty())
    {
        options.skip_operand();
    }
    if !options.has(&["e", "f", "expression", "file"]) {
        options.skip_operand();
    }
    in_place(&options.operands, options.value(&["i", "in-place"]))
}

/// An edit of each file, and the copies with `suffix` that it leaves.
fn in_place(operands: &[Field], suffix: Option<&Field>) -> Effects {
    let mut effects = files(operands, WriteKind::Edit);
    if let Some(suffix) = suffix.filter(|suffix| !suffix.text.is_empty()) {
        for file in operands.iter().filter(|file| file.is_known && !file.is_glob) {
            let copy = Field {
                text: format!("{}{}", file.text, suffix.text),
                is_glob: false,
                is_known: suffix.is_known && !suffix.text.contains(['*', '/']),
            };
            effects.add(copy, WriteKind::Create, Reach::File);
        }
    }
    effects
}

/// perl, and ruby, which took over its options.
pub(super) fn perl(arguments: &[Field]) -> Effects {
    let mut suffix = None;
    let mut has_code = false;
    let mut rest = arguments.iter();
    let mut operands = Vec::new();
    while let Some(argument) = rest.next() {
        let text = argument.text.as_str();
        if text == "--" {
            operands.extend(rest.cloned());
            break;
        }
        let Some(cluster) = text.strip_prefix('-').filter(|cluster| !cluster.is_empty()) else {
            operands.push(argument.clone());
            operands.extend(rest.cloned());
            break;
        };
        for (index, letter) in cluster.char_indices() {
            match letter {
                'i' => {
                    suffix = Some(argument.rest(index + 2));
                    break;
                }
                'e' | 'E' => {
                    has_code = true;
                    if index + 1 == cluster.len() {
                        rest.next();
                    }
                    break;
                }
                'I' | 'r' if index + 1 == cluster.len() => {
                    rest.next();
                }
                'M' | 'm' | 'I' | 'F' | 'x' | 'C' | 'D' | 'd' | 'r' | '-' => break,
                _ => {}
            }
        }
    }
    let Some(suffix) = suffix else {
        return Effects::unknown();
    };
    if !has_code && !operands.is_empty() {
        operands.remove(0);
    }
    in_place(&operands, Some(&suffix))
}

pub(super) fn awk(arguments: &[Field]) -> Effects {
    let mut options = Options::read(
        arguments,
        Syntax {
            valued: "Ffvie",
            long: &["field-separator", "file", "assign", "include", "source"],
            stops_early: true,
            ..NO_VALUES
        },
    );
    let is_in_place = options
        .values(&["i", "include"])
        .any(|library| library.text == "inplace");
    let is_in_file = options.has(&["f", "e", "file", "source"]);
    let prints_to_files = is_in_file
        || options
            .operands
            .first()
            .is_none_or(|code| !code.is_known || code.text.contains('>') || code.text.contains("system"));
    if !is_in_file {
        options.skip_operand();
    }
    if is_in_place {
        options.operands.retain(|operand| !operand.text.contains('='));
        return files(&options.operands, WriteKind::Edit);
    }
    if prints_to_files {
        Effects::unknown()
    } else {
        Effects::none()
    }
}

pub(super) fn yq(arguments: &[Field]) -> Effects {
    let mut options = Options::read(
        arguments,
        Syntax {
            valued: "pIos",
            long: &["input-format", "indent", "output-format", "split-exp"],
            ..NO_VALUES
        },
    );
    if options.has(&["s", "split-exp"]) {
        return Effects::unknown();
    }
    if !options.has(&["i", "inplace", "in-place"]) {
        return Effects::none();
    }
    if matches!(
        options.operands.first().map(|first| first.text.as_str()),
        Some("eval" | "e" | "eval-all" | "ea")
    ) {
        options.skip_operand();
    }
    options.skip_operand();
    files(&options.operands, WriteKind::Edit)
}

pub(super) fn line_editor(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "cpt",
            long: &["prompt"],
            ..NO_VALUES
        },
    );
    files(&options.operands, WriteKind::Edit)
}

pub(super) fn patch(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "pidoDBFgrVYz",
            long: &[
                "strip",
                "input",
                "directory",
                "output",
                "ifdef",
                "prefix",
                "fuzz",
                "get",
                "reject-file",
                "version-control",
                "basename-prefix",
                "suffix",
            ],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if options.has(&["dry-run"]) {
        return effects;
    }
    let directory = options.value(&["d", "directory"]);
    if let Some(output) = options.value(&["o", "output"]) {
        effects.add(inside(directory, output), WriteKind::Create, Reach::File);
    } else if let Some(file) = options.operands.first() {
        effects.add(inside(directory, file), WriteKind::Edit, Reach::File);
    } else {
        effects.add_somewhere(directory.cloned().unwrap_or_else(|| Field::known(".")));
    }
    effects
}
