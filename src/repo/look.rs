//! A file as it is now, for telling later whether it changed.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::domain::file_state::FileState;

/// Files above this size in bytes are compared by their look alone: a hook has no time to read them.
const MOST: u64 = 4 * 1024 * 1024;

/// What the file system says of `file`, without reading it. Anything but a file counts as absent.
#[must_use]
pub fn glance(file: &Path) -> FileState {
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => of(&metadata),
        _ => FileState::absent(),
    }
}

/// [`glance`], with the content of the file unless it is too large.
#[must_use]
pub fn look(file: &Path) -> FileState {
    let Ok(opened) = File::open(file) else {
        return glance(file);
    };
    // Of the opened file, so that look and content are of one and the same.
    let state = match opened.metadata() {
        Ok(metadata) if metadata.is_file() => of(&metadata),
        _ => return FileState::absent(),
    };
    FileState {
        digest: digest(opened),
        ..state
    }
}

fn digest(file: File) -> Option<String> {
    use std::fmt::Write as _;
    let mut content = Vec::new();
    file.take(MOST + 1).read_to_end(&mut content).ok()?;
    if u64::try_from(content.len()).ok()? > MOST {
        return None;
    }
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(&content) {
        let _infallible = write!(text, "{byte:02x}");
    }
    Some(text)
}

#[cfg(unix)]
fn of(metadata: &Metadata) -> FileState {
    use std::os::unix::fs::MetadataExt as _;
    FileState {
        size: i64::try_from(metadata.size()).unwrap_or(i64::MAX),
        modified: metadata
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(metadata.mtime_nsec()),
        inode: i64::from_ne_bytes(metadata.ino().to_ne_bytes()),
        digest: None,
    }
}

#[cfg(not(unix))]
fn of(metadata: &Metadata) -> FileState {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok());
    FileState {
        size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
        modified: modified.unwrap_or_default(),
        inode: 0,
        digest: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_from_its_other_states() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        assert_eq!(look(&file), FileState::absent());
        fs::write(&file, "one").unwrap();
        let first = look(&file);
        assert_eq!(first.size, 3);
        assert!(first.looks_like(&glance(&file)) && first.digest.is_some());
        fs::write(&file, "two").unwrap();
        assert!(look(&file).differs_from(&first));
        assert_eq!(look(folder.path()), FileState::absent());
    }

    #[test]
    fn a_large_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("f");
        File::create(&file).unwrap().set_len(MOST + 1).unwrap();
        assert_eq!(look(&file).digest, None);
    }
}
