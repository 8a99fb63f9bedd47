//! Programs that fetch, pack and unpack files.

use super::commands::files;
use super::effects::{Effects, base_name};
use super::options::{NO_VALUES, Options, Syntax};
use super::words::Field;
use super::{Reach, WriteKind};

pub(super) fn curl(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "AbcCdDeEFhHKmoPQrtTuUwxXyYz",
            long: &[
                "output",
                "output-dir",
                "header",
                "data",
                "data-raw",
                "data-binary",
                "data-urlencode",
                "request",
                "user",
                "user-agent",
                "url",
                "form",
                "cookie",
                "cookie-jar",
                "dump-header",
                "max-time",
                "connect-timeout",
                "retry",
                "retry-delay",
                "cacert",
                "cert",
                "key",
                "proxy",
                "write-out",
                "upload-file",
                "referer",
                "config",
                "trace",
                "trace-ascii",
                "stderr",
                "resolve",
                "json",
            ],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if options.has(&[
        "output-dir",
        "J",
        "remote-header-name",
        "K",
        "config",
        "remote-name-all",
    ]) {
        return Effects::unknown();
    }
    let named = [
        "o",
        "output",
        "c",
        "cookie-jar",
        "D",
        "dump-header",
        "trace",
        "trace-ascii",
        "stderr",
    ];
    for output in options.values(&named).filter(|output| output.text != "-") {
        effects.add(output.clone(), WriteKind::Create, Reach::File);
    }
    if options.has(&["O", "remote-name"]) {
        let urls = options.operands.iter().chain(options.values(&["url"]));
        for url in urls {
            let path = url.text.split(['?', '#']).next().unwrap_or_default();
            let path = path.split_once("://").map_or(path, |(_, path)| path);
            let is_plain = path.contains('/') && url.is_known && !path.contains(['*', '[', '{']);
            match base_name(path).filter(|_| is_plain) {
                Some(name) => effects.add(Field::known(name), WriteKind::Create, Reach::File),
                None => effects.is_complete = false,
            }
        }
    }
    effects
}

pub(super) fn wget(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "OoaePtTwQUiBARDIXl",
            long: &[
                "output-document",
                "output-file",
                "append-output",
                "directory-prefix",
                "tries",
                "timeout",
                "wait",
                "user-agent",
                "header",
                "input-file",
                "post-data",
                "execute",
            ],
            ..NO_VALUES
        },
    );
    // Without a name given, wget never writes over a file: it counts up.
    let mut effects = Effects {
        targets: Vec::new(),
        is_complete: options.has(&["O", "output-document", "spider"]),
    };
    for output in options.values(&["O", "output-document", "o", "output-file"]) {
        if output.text != "-" {
            effects.add(output.clone(), WriteKind::Create, Reach::File);
        }
    }
    for log in options.values(&["a", "append-output"]) {
        effects.add(log.clone(), WriteKind::Append, Reach::File);
    }
    effects
}

pub(super) fn rsync(arguments: &[Field]) -> Effects {
    let mut options = Options::read(
        arguments,
        Syntax {
            valued: "eBfTM",
            long: &[
                "rsh",
                "exclude",
                "include",
                "exclude-from",
                "include-from",
                "files-from",
                "filter",
                "log-file",
                "backup-dir",
                "suffix",
                "block-size",
                "temp-dir",
                "compare-dest",
                "copy-dest",
                "link-dest",
                "max-size",
                "min-size",
                "partial-dir",
                "timeout",
                "port",
                "bwlimit",
                "chmod",
                "rsync-path",
                "password-file",
                "out-format",
                "info",
                "debug",
            ],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if options.has(&["n", "dry-run", "list-only"]) || options.operands.len() < 2 {
        return effects;
    }
    let is_tree = options.has(&["a", "r", "archive", "recursive", "files-from", "d", "dirs"]);
    let removes = options.has(&["remove-source-files"]);
    let is_remote = |field: &Field| {
        field.text.contains("://")
            || field
                .text
                .split('/')
                .next()
                .is_some_and(|host| host.contains(':'))
    };
    let Some((destination, sources)) = options.operands.split_last() else {
        return effects;
    };
    if removes {
        for source in sources.iter().filter(|source| !is_remote(source)) {
            effects.add(source.clone(), WriteKind::MoveFrom, Reach::Tree);
        }
    }
    if is_remote(destination) {
        return effects;
    }
    if is_tree {
        // What `--delete` removes depends on the source, too.
        effects.add_somewhere(destination.clone());
    } else {
        for source in options.operands.iter_mut().filter(|source| is_remote(source)) {
            *source = source.rest(source.text.find(':').map_or(0, |colon| colon + 1));
        }
        effects.arrive(&options, WriteKind::Create, Reach::File);
    }
    effects
}

pub(super) fn tar(arguments: &[Field]) -> Effects {
    let mut arguments = arguments.to_vec();
    let mut files_of_bundle = Vec::new();
    // The old style: letters without a dash, their values behind them in order.
    if let Some(first) = arguments.first_mut().filter(|first| !first.text.starts_with('-')) {
        first.text.insert(0, '-');
        let valued: Vec<char> = first
            .text
            .chars()
            .filter(|letter| "fCbTXI".contains(*letter))
            .collect();
        first.text.retain(|letter| !"fCbTXI".contains(letter));
        for letter in valued {
            if arguments.len() > 1 {
                files_of_bundle.push(Field::known(format!("-{letter}")));
                files_of_bundle.push(arguments.remove(1));
            }
        }
    }
    arguments.extend(files_of_bundle);
    let options = Options::read(
        &arguments,
        Syntax {
            valued: "fCbTXIKNgHLVF",
            long: &[
                "file",
                "directory",
                "files-from",
                "exclude",
                "exclude-from",
                "use-compress-program",
                "transform",
                "owner",
                "group",
                "mode",
                "mtime",
                "strip-components",
            ],
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if options.has(&["x", "extract", "get"]) && !options.has(&["O", "to-stdout"]) {
        let directory = options.value(&["C", "directory"]).cloned();
        effects.add_somewhere(directory.unwrap_or_else(|| Field::known(".")));
    }
    let kind = if options.has(&["c", "create"]) {
        WriteKind::Create
    } else if options.has(&["r", "u", "append", "update", "A", "delete"]) {
        WriteKind::Edit
    } else {
        return effects;
    };
    for archive in options
        .values(&["f", "file"])
        .filter(|archive| archive.text != "-")
    {
        effects.add(archive.clone(), kind, Reach::File);
    }
    effects
}

pub(super) fn unzip(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "dPIO",
            ..NO_VALUES
        },
    );
    let mut effects = Effects::none();
    if !options.has(&["l", "t", "p", "c", "v", "Z", "z"]) {
        let directory = options.value(&["d"]).cloned();
        effects.add_somewhere(directory.unwrap_or_else(|| Field::known(".")));
    }
    effects
}

pub(super) fn zip(arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "bPtnsO",
            ..NO_VALUES
        },
    );
    let archive = options.operands.first().filter(|archive| archive.text != "-");
    let mut effects = Effects::none();
    if let Some(archive) = archive {
        let mut archive = archive.clone();
        if archive.is_known && base_name(&archive.text).is_some_and(|name| !name.contains('.')) {
            archive.text.push_str(".zip");
        }
        effects.add(archive, WriteKind::Edit, Reach::File);
    }
    if options.has(&["m", "move"]) {
        for file in options.operands.into_iter().skip(1) {
            effects.add(file, WriteKind::Remove, Reach::Tree);
        }
    }
    effects
}

/// gzip and its like put a file with another name in the place of each file.
pub(super) fn compress(name: &str, arguments: &[Field]) -> Effects {
    let options = Options::read(
        arguments,
        Syntax {
            valued: "ST",
            long: &["suffix", "threads"],
            ..NO_VALUES
        },
    );
    let leaves = ["c", "stdout", "k", "keep", "l", "list", "t", "test"];
    let mut effects = Effects::none();
    if options.has(&["r", "recursive", "S", "suffix"]) {
        return Effects::unknown();
    }
    if !options.has(&leaves) {
        effects = files(&options.operands, WriteKind::Remove);
    }
    if options.has(&["c", "stdout", "l", "list", "t", "test"]) {
        return effects;
    }
    let suffix = match name {
        "gzip" | "gunzip" => ".gz",
        "bzip2" | "bunzip2" => ".bz2",
        _ => ".xz",
    };
    let unpacks = name.contains("un") || options.has(&["d", "decompress", "uncompress"]);
    for file in options.operands {
        let text = if unpacks {
            file.text.strip_suffix(suffix).map(str::to_owned)
        } else {
            Some(format!("{}{suffix}", file.text))
        };
        match text {
            Some(text) => effects.add(Field { text, ..file }, WriteKind::Create, Reach::File),
            None => effects.is_complete = false,
        }
    }
    effects
}
