//! One spelling for every path: links resolved, bytes kept, case folded where the file system folds it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::lock::PathKey;

pub(super) fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| resolve(path))
}

/// `path` with every link resolved as far as it exists, and the rest tidied by text.
pub(super) fn resolve(path: &Path) -> PathBuf {
    resolve_within(path, 40)
}

/// Whether no file can have this path, so that asking for each of its thousands of directories is a waste.
#[must_use]
pub fn is_too_long(path: &Path) -> bool {
    const LONGEST: usize = 4096;
    path.as_os_str().len() > LONGEST
}

/// `path` and the directories above it, those left out that cannot exist.
pub(super) fn nameable(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip_while(|path| is_too_long(path))
}

fn resolve_within(path: &Path, hops: u32) -> PathBuf {
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    let mut missing: Vec<Component<'_>> = Vec::new();
    let mut existing = path.components();
    let mut resolved = loop {
        let Some(last) = existing.next_back() else {
            break PathBuf::from("/");
        };
        missing.push(last);
        if !is_too_long(existing.as_path())
            && let Ok(found) = fs::canonicalize(existing.as_path())
        {
            break found;
        }
    };
    for component in missing.into_iter().rev() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) if is_too_long(&resolved) => resolved.push(name),
            Component::Normal(name) => {
                let next = resolved.join(name);
                // A link to something that does not exist yet: writing through it creates its target.
                resolved = match fs::read_link(&next) {
                    Ok(target) if hops > 0 => resolve_within(&resolved.join(target), hops - 1),
                    _ => next,
                };
            }
            _ => {}
        }
    }
    resolved
}

/// A path as text without loss: bytes that are not UTF-8 are written as `\xNN`.
#[cfg(unix)]
pub(super) fn text(path: &OsStr) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut text = String::with_capacity(path.len());
    for chunk in path.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(not(unix))]
pub(super) fn text(path: &OsStr) -> String {
    crate::domain::path::absolute("/", &path.to_string_lossy().replace('\\', "/"))
}

/// The key under which all spellings of a name meet on a file system that folds case.
pub(super) fn fold(key: PathKey) -> PathKey {
    PathKey {
        path: key
            .path
            .nfc()
            .flat_map(char::to_lowercase)
            .collect::<String>()
            .nfc()
            .collect(),
        ..key
    }
}
