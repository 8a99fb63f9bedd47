//! Programs that run another program: the command behind `sudo`, `env`, `timeout`, `xargs`, `bash -c`, `find`.

use super::options::{NO_VALUES, Options, Syntax};
use super::words::Field;

/// What a program has to do with the command in its arguments.
pub(super) enum Wrapped {
    /// It is no such program.
    Not,
    /// It runs nothing.
    Nothing,
    /// It runs something, not known what.
    Unknown,
    /// It runs the command that starts at this argument.
    Command {
        index: usize,
        /// Where, if elsewhere.
        directory: Option<Field>,
        adds: Added,
        /// Whether it runs in the shell itself, which a `cd` then moves.
        is_in_shell: bool,
    },
}

/// Arguments that come from elsewhere.
pub(super) enum Added {
    Nothing,
    AtTheEnd,
    InPlaceOf(String),
}

struct Wrapper {
    names: &'static [&'static str],
    syntax: Syntax,
    /// How many operands come before the command.
    operands: usize,
    /// Whether assignments may come before the command.
    takes_assignments: bool,
}

const fn wrapper(
    names: &'static [&'static str],
    valued: &'static str,
    long: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper {
        names,
        syntax: Syntax {
            valued,
            attached: "",
            long,
            stops_early: true,
        },
        operands,
        takes_assignments: false,
    }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        &["command", "builtin", "nohup", "setsid", "chronic", "unbuffer"],
        "",
        &[],
        0,
    ),
    wrapper(&["exec"], "a", &[], 0),
    wrapper(&["nice"], "n", &["adjustment"], 0),
    wrapper(&["ionice"], "cnpPu", &["class", "classdata"], 0),
    wrapper(&["stdbuf"], "ioe", &["input", "output", "error"], 0),
    wrapper(&["time"], "fo", &["format", "output"], 0),
    wrapper(&["timeout", "gtimeout"], "ks", &["kill-after", "signal"], 1),
    wrapper(
        &["flock"],
        "wEc",
        &["timeout", "wait", "conflict-exit-code", "command"],
        1,
    ),
    wrapper(
        &["xargs", "gxargs"],
        "ILnPsdEa",
        &[
            "max-args",
            "max-procs",
            "max-lines",
            "max-chars",
            "delimiter",
            "arg-file",
            "eof",
        ],
        0,
    ),
    Wrapper {
        takes_assignments: true,
        ..wrapper(&["env"], "uCS", &["unset", "chdir", "split-string"], 0)
    },
    Wrapper {
        takes_assignments: true,
        ..wrapper(
            &["sudo", "doas"],
            "ugpCDRThUrtc",
            &[
                "user",
                "group",
                "prompt",
                "chdir",
                "chroot",
                "host",
                "other-user",
                "role",
                "type",
            ],
            0,
        )
    },
];

/// The command in the `arguments` of `name`.
pub(super) fn unwrap(name: &str, arguments: &[Field]) -> Wrapped {
    let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name)) else {
        return Wrapped::Not;
    };
    let options = Options::read(arguments, wrapper.syntax);
    let queries = match name {
        "command" => options.has(&["v", "V"]),
        "sudo" | "doas" => options.has(&["l", "v", "k", "K"]),
        _ => false,
    };
    if queries
        || arguments
            .iter()
            .any(|field| matches!(field.text.as_str(), "--help" | "--version"))
            && options.operands.is_empty()
    {
        return Wrapped::Nothing;
    }
    let is_other = match name {
        "env" => options.has(&["S", "split-string"]),
        "sudo" | "doas" => options.has(&["e", "edit", "R", "chroot", "i", "login"]),
        "flock" => options.has(&["c", "command"]),
        _ => false,
    };
    if is_other {
        return Wrapped::Unknown;
    }
    let mut skipped = wrapper.operands;
    if wrapper.takes_assignments {
        skipped += options
            .operands
            .iter()
            .skip(skipped)
            .take_while(|operand| !operand.text.starts_with('=') && operand.text.contains('='))
            .count();
    }
    let Some(rest) = options
        .operands
        .len()
        .checked_sub(skipped)
        .filter(|rest| *rest > 0)
    else {
        return Wrapped::Nothing;
    };
    let replaced = options.value(&["I", "replace"]).map(|value| value.text.clone());
    let adds = match replaced {
        _ if !name.ends_with("xargs") => Added::Nothing,
        Some(text) => Added::InPlaceOf(text),
        None if options.has(&["i", "replace"]) => Added::InPlaceOf("{}".to_owned()),
        None => Added::AtTheEnd,
    };
    let directory = match name {
        "env" => options.value(&["C", "chdir"]),
        "sudo" => options.value(&["D", "chdir"]),
        _ => None,
    };
    Wrapped::Command {
        index: arguments.len() - rest,
        directory: directory.cloned(),
        adds,
        is_in_shell: matches!(name, "command" | "builtin"),
    }
}

/// Which of the `arguments` of the shell `name` is the script of `-c`.
pub(super) fn script_of_shell(name: &str, arguments: &[Field]) -> Option<usize> {
    if !matches!(name, "bash" | "sh" | "zsh" | "dash" | "ksh") {
        return None;
    }
    let mut is_script = false;
    let mut index = 0;
    while let Some(text) = arguments.get(index).map(|field| field.text.as_str()) {
        if matches!(text, "--rcfile" | "--init-file" | "-o" | "+o" | "-O" | "+O") {
            index += 1;
        } else if text == "--" || text == "-" {
            return is_script
                .then_some(index + 1)
                .filter(|index| *index < arguments.len());
        } else if let Some(cluster) = text.strip_prefix('-') {
            is_script |= !cluster.starts_with('-') && cluster.contains('c');
            // `-euo pipefail -c …`: the name of the option is an argument.
            if !cluster.starts_with('-') && cluster.ends_with('o') {
                index += 1;
            }
        } else if !text.starts_with('+') {
            return is_script.then_some(index);
        }
        index += 1;
    }
    None
}

/// What `find` is told to do.
pub(super) struct Find {
    pub(super) starts: Vec<Field>,
    pub(super) deletes: bool,
    pub(super) outputs: Vec<Field>,
    /// The commands of `-exec`, in which [`FOUND`] stands for the files.
    pub(super) commands: Vec<Executed>,
}

pub(super) struct Executed {
    pub(super) fields: Vec<Field>,
    /// In the directory of each file.
    pub(super) runs_elsewhere: bool,
}

/// Stands for a file that `find` finds.
pub(super) const FOUND: &str = "\u{1}";

pub(super) fn find(arguments: &[Field]) -> Find {
    let mut find = Find {
        starts: Vec::new(),
        deletes: false,
        outputs: Vec::new(),
        commands: Vec::new(),
    };
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next_if(|field| {
        !field.text.starts_with('-') && !matches!(field.text.as_str(), "(" | "!")
            || matches!(field.text.as_str(), "-H" | "-L" | "-P")
    }) {
        if !argument.text.starts_with('-') {
            find.starts.push(argument.clone());
        }
    }
    if find.starts.is_empty() {
        find.starts.push(Field::known("."));
    }
    while let Some(argument) = rest.next() {
        match argument.text.as_str() {
            "-delete" => find.deletes = true,
            "-fprint" | "-fprint0" | "-fls" | "-fprintf" => find.outputs.extend(rest.next().cloned()),
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let mut fields = Vec::new();
                for word in rest.by_ref() {
                    if word.text == ";" || word.text == "+" {
                        break;
                    }
                    fields.push(Field {
                        text: word.text.replace("{}", FOUND),
                        ..word.clone()
                    });
                }
                find.commands.push(Executed {
                    fields,
                    runs_elsewhere: argument.text.ends_with("dir"),
                });
            }
            "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-regex" | "-iregex" | "-newer"
            | "-type" | "-printf" => {
                rest.next();
            }
            _ => {}
        }
    }
    find
}

/// The operands of a builtin whose options do not matter.
pub(super) fn operands(arguments: &[Field]) -> Vec<Field> {
    Options::read(
        arguments,
        Syntax {
            stops_early: true,
            ..NO_VALUES
        },
    )
    .operands
}
