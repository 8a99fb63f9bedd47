//! The table of programs that write the files they are given.
//!
//! Only what a program certainly does counts: dry runs, `--help` and targets that depend on the contents of
//! other files write nothing here. A program that is not in the table may do anything and passes.

use super::effects::{Effects, base_name, inside};
use super::options::{NO_VALUES, Options, Syntax};
use super::transfer;
use super::words::Field;
use super::{Reach, WriteKind, editors};

/// What `name` does when it is called with `arguments`.
pub(super) fn effects(name: &str, arguments: &[Field]) -> Effects {
    let asks = |field: &Field| matches!(field.text.as_str(), "--help" | "--version");
    if READERS.contains(&name) || arguments.iter().any(asks) {
        return Effects::none();
    }
    match name {
        "tee" | "sponge" => tee(arguments),
        "rm" | "unlink" | "shred" => remove(name, arguments),
        "cp" | "install" | "ln" => copy(name, arguments),
        "mv" => rename(arguments),
        "touch" => {
            let options = Options::read(
                arguments,
                Syntax {
                    valued: "drtA",
                    long: &["date", "reference", "time"],
                    ..NO_VALUES
                },
            );
            files(&options.operands, WriteKind::Edit)
        }
        "truncate" => {
            let options = Options::read(
                arguments,
                Syntax {
                    valued: "sr",
                    long: &["size", "reference"],
                    ..NO_VALUES
                },
            );
            files(&options.operands, WriteKind::Create)
        }
        "chmod" | "chown" | "chgrp" => change_mode(arguments),
        "dd" => disk_dump(arguments),
        "sort" => sort(arguments),
        "uniq" => {
            let options = Options::read(
                arguments,
                Syntax {
                    valued: "fsw",
                    long: &["skip-fields", "skip-chars", "check-chars"],
                    ..NO_VALUES
                },
            );
            files(options.operands.get(1..2).unwrap_or_default(), WriteKind::Create)
        }
        "sed" | "gsed" => editors::sed(arguments),
        "perl" | "ruby" => editors::perl(arguments),
        "awk" | "gawk" | "mawk" => editors::awk(arguments),
        "yq" => editors::yq(arguments),
        "ed" | "red" | "ex" => editors::line_editor(arguments),
        "patch" => editors::patch(arguments),
        "curl" => transfer::curl(arguments),
        "wget" => transfer::wget(arguments),
        "rsync" => transfer::rsync(arguments),
        "tar" | "bsdtar" => transfer::tar(arguments),
        "unzip" => transfer::unzip(arguments),
        "zip" => transfer::zip(arguments),
        "gzip" | "gunzip" | "bzip2" | "bunzip2" | "xz" | "unxz" => transfer::compress(name, arguments),
        _ => Effects::unknown(),
    }
}

/// Programs and builtins that write no file of a project.
const READERS: &[&str] = &[
    ":",
    "[",
    "ag",
    "alias",
    "arch",
    "b2sum",
    "base32",
    "base64",
    "basename",
    "bat",
    "bc",
    "bg",
    "break",
    "cal",
    "cat",
    "cksum",
    "clear",
    "cmp",
    "column",
    "comm",
    "continue",
    "cut",
    "date",
    "declare",
    "df",
    "diff",
    "dirname",
    "dirs",
    "disown",
    "du",
    "echo",
    "egrep",
    "exit",
    "expand",
    "export",
    "expr",
    "factor",
    "false",
    "fg",
    "fgrep",
    "file",
    "fmt",
    "fold",
    "free",
    "getconf",
    "getopts",
    "grep",
    "groups",
    "hash",
    "head",
    "hexdump",
    "history",
    "hostname",
    "id",
    "integer",
    "jobs",
    "join",
    "jq",
    "kill",
    "less",
    "let",
    "local",
    "locale",
    "logname",
    "ls",
    "lsof",
    "man",
    "mapfile",
    "md5sum",
    "mkdir",
    "more",
    "nl",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pgrep",
    "pkill",
    "printenv",
    "printf",
    "ps",
    "pwd",
    "read",
    "readarray",
    "readlink",
    "readonly",
    "realpath",
    "rev",
    "rg",
    "rmdir",
    "seq",
    "set",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shift",
    "shopt",
    "shuf",
    "sleep",
    "stat",
    "strings",
    "sum",
    "sync",
    "tac",
    "tail",
    "test",
    "tr",
    "tree",
    "true",
    "tsort",
    "tty",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "uname",
    "unset",
    "uptime",
    "wait",
    "wc",
    "which",
];

pub(super) fn files(files: &[Field], kind: WriteKind) -> Effects {
    let mut effects = Effects::none();
    effects.add_files(files, kind);
    effects
}

fn tee(arguments: &[Field]) -> Effects {
    let options = Options::read(arguments, NO_VALUES);
    let kind = if options.has(&["a", "append"]) {
        WriteKind::Append
    } else {
        WriteKind::Create
    };
    files(&options.operands, kind)
}

fn remove(name: &str, arguments: &[Field]) -> Effects {
    let syntax = Syntax {
        valued: if name == "shred" { "ns" } else { "" },
        long: &["iterations", "size", "random-source"],
        ..NO_VALUES
    };
    let options = Options::read(arguments, syntax);
    let is_tree = name == "rm" && options.has(&["r", "R", "recursive"]);
    let reach = if is_tree { Reach::Tree } else { Reach::File };
    let mut effects = Effects::none();
    for operand in options.operands {
        effects.add(operand, WriteKind::Remove, reach);
    }
    effects
}

fn copy(name: &str, arguments: &[Field]) -> Effects {
    let syntax = if name == "install" {
        Syntax {
            valued: "mogtS",
            long: &[
                "mode",
                "owner",
                "group",
                "target-directory",
                "suffix",
                "strip-program",
            ],
            ..NO_VALUES
        }
    } else {
        Syntax {
            valued: "tS",
            long: &["target-directory", "suffix"],
            ..NO_VALUES
        }
    };
    let options = Options::read(arguments, syntax);
    let mut effects = Effects::none();
    if name == "install" && options.has(&["d", "directory"]) {
        return effects;
    }
    if let ("ln", [target], None) = (name, options.operands.as_slice(), options.value(&["t"])) {
        if let Some(link) = base_name(&target.text) {
            let link = Field {
                text: link.to_owned(),
                ..target.clone()
            };
            effects.add(link, WriteKind::Create, Reach::File);
        }
        return effects;
    }
    let is_tree = name == "cp" && options.has(&["r", "R", "a", "recursive", "archive"]);
    let reach = if is_tree { Reach::Somewhere } else { Reach::File };
    effects.arrive(&options, WriteKind::Create, reach);
    effects
}

fn rename(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "tS",
            long: &["target-directory", "suffix"],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    let sources = effects.arrive(&options, WriteKind::MoveTo, Reach::File);
    let arrivals = std::mem::take(&mut effects.targets);
    for source in sources {
        effects.add(source, WriteKind::MoveFrom, Reach::Tree);
    }
    effects.targets.extend(arrivals);
    effects
}

fn change_mode(arguments: &[Field]) -> Effects {
    // A mode may look like an option: `chmod -x f`.
    let is_mode = |field: &&Field| {
        field.text.starts_with('-')
            && field.text.len() > 1
            && field.text[1..].chars().all(|letter| "rwxXst".contains(letter))
    };
    let has_mode_option = arguments.iter().any(|field| is_mode(&field));
    let rest: Vec<Field> = arguments
        .iter()
        .filter(|field| !is_mode(field))
        .cloned()
        .collect();
    let mut options = Options::read(&rest, NO_VALUES);
    if !has_mode_option && !options.has(&["reference"]) {
        options.skip_operand();
    }
    let is_tree = options.has(&["R", "recursive"]);
    let mut effects = Effects::none();
    for operand in options.operands {
        let reach = if is_tree { Reach::Tree } else { Reach::File };
        effects.add(operand, WriteKind::Edit, reach);
    }
    effects
}

fn disk_dump(arguments: &[Field]) -> Effects {
    let keeps = arguments
        .iter()
        .any(|field| field.text.starts_with("conv=") && field.text.contains("notrunc"));
    let kind = if keeps { WriteKind::Edit } else { WriteKind::Create };
    let mut effects = Effects::none();
    for output in arguments.iter().filter(|field| field.text.starts_with("of=")) {
        effects.add(output.rest(3), kind, Reach::File);
    }
    effects
}

fn sort(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "koStT",
            long: &[
                "key",
                "output",
                "buffer-size",
                "field-separator",
                "temporary-directory",
            ],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if let Some(output) = options.value(&["o", "output"]) {
        effects.add(inside(None, output), WriteKind::Create, Reach::File);
    }
    effects
}
