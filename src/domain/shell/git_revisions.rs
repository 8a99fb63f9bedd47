//! The subcommands of git whose arguments are revisions, paths or both: checkout, reset, stash.

use super::git::{Answer, Untold, paths};
use super::options::Options;
use super::words::Field;
use super::{GitKind, ResetMode, Stash};

pub(super) fn starts_elsewhere(operands: &[Field]) -> bool {
    operands
        .first()
        .is_some_and(|start| !matches!(start.text.as_str(), "HEAD" | "@"))
}

pub(super) fn checkout(options: &Options) -> Answer {
    let force = options.has(&["f", "force"]);
    let switch = |create, starts_elsewhere| {
        Ok(Some(GitKind::SwitchBranch {
            force,
            create,
            starts_elsewhere,
        }))
    };
    if options.has(&["b", "B", "orphan"]) {
        return switch(true, starts_elsewhere(&options.operands));
    }
    if options.has(&["t", "track"]) {
        return switch(true, true);
    }
    if options.has(&["detach", "d"]) {
        return switch(false, starts_elsewhere(&options.operands));
    }
    let takes_paths = options.has(&["ours", "theirs", "p", "patch", "conflict"]);
    let operands = options.operands.as_slice();
    let named = match options.dashes {
        Some(dashes) if operands.len() > dashes => &operands[dashes..],
        Some(1) => return switch(false, true),
        Some(_) => &[],
        None => operands,
    };
    match named {
        [] if force => switch(false, false),
        [] => Ok(None),
        [name] if options.dashes.is_none() && !takes_paths && !looks_like_path(name) => {
            if !name.is_known {
                return Err(Untold);
            }
            if looks_like_revision(&name.text) {
                return switch(false, name.text != "HEAD");
            }
            Ok(Some(GitKind::CheckoutName {
                name: name.text.clone(),
                force,
            }))
        }
        [first, rest @ ..] => {
            let starts_with_revision = options.dashes.is_none()
                && !rest.is_empty()
                && (!first.is_known || looks_like_revision(&first.text));
            let named = if starts_with_revision { rest } else { named };
            Ok(Some(GitKind::CheckoutPaths { paths: paths(named)? }))
        }
    }
}

fn looks_like_path(operand: &Field) -> bool {
    let text = operand.text.as_str();
    operand.is_known
        && (operand.is_glob
            || text.starts_with(['/', ':'])
            || text.starts_with("./")
            || text.starts_with("../")
            || text.ends_with('/')
            || matches!(text, "." | ".."))
}

fn looks_like_revision(text: &str) -> bool {
    text.starts_with("HEAD")
        || text.ends_with("_HEAD")
        || matches!(text, "@" | "-")
        || text.contains(['~', '^'])
        || text.contains("@{")
        || (7..=64).contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_hexdigit())
}

pub(super) fn reset(options: &Options) -> Result<GitKind, Untold> {
    let modes = [
        ("hard", ResetMode::Hard),
        ("merge", ResetMode::Merge),
        ("keep", ResetMode::Keep),
        ("soft", ResetMode::Soft),
        ("mixed", ResetMode::Mixed),
    ];
    if let Some((_, mode)) = modes.into_iter().find(|(name, _)| options.has(&[name])) {
        return Ok(GitKind::Reset { mode });
    }
    let operands = options.operands.as_slice();
    let named = match (options.dashes, operands) {
        (Some(dashes), _) => &operands[dashes.min(operands.len())..],
        (None, [first, rest @ ..]) if !first.is_known || looks_like_revision(&first.text) => {
            if !first.is_known && rest.is_empty() {
                return Err(Untold);
            }
            rest
        }
        (None, _) => operands,
    };
    if named.is_empty() {
        return Ok(GitKind::Reset {
            mode: ResetMode::Mixed,
        });
    }
    Ok(GitKind::ResetPaths { paths: paths(named)? })
}

pub(super) fn stash(mut options: Options) -> Answer {
    let first = options.operands.first();
    let is_direct = options.dashes == Some(0) || first.is_none();
    let name = if is_direct {
        "push".to_owned()
    } else {
        let name = first.filter(|name| name.is_known).ok_or(Untold)?.text.clone();
        options.skip_operand();
        name
    };
    let stash = match name.as_str() {
        "push" | "save" => Stash::Push {
            untracked: options.has(&["u", "a", "include-untracked", "all"]),
            staged: options.has(&["S", "staged"]),
            paths: if name == "push" {
                paths(&options.operands)?
            } else {
                Vec::new()
            },
        },
        "pop" => Stash::Pop,
        "apply" => Stash::Apply,
        "drop" => Stash::Drop,
        "clear" => Stash::Clear,
        "branch" => Stash::Branch,
        "list" | "show" | "create" | "store" => return Ok(None),
        _ => return Err(Untold),
    };
    Ok(Some(GitKind::Stash(stash)))
}
