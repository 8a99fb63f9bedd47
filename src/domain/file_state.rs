//! What a file looked like, and whether it looks different now.

/// What a file looked like at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileState {
    /// Bytes; [`Self::ABSENT`] where there was no such file.
    pub size: i64,
    /// When its content was last changed, in nanoseconds since the epoch.
    pub modified: i64,
    /// Its number in the file system.
    pub inode: i64,
    /// SHA-256 of its content in hexadecimal; `None` for one that is too large to be read.
    pub digest: Option<String>,
}

impl FileState {
    /// The size of a file that does not exist.
    pub const ABSENT: i64 = -1;

    /// That there is no such file.
    #[must_use]
    pub const fn absent() -> Self {
        Self {
            size: Self::ABSENT,
            modified: 0,
            inode: 0,
            digest: None,
        }
    }

    /// Whether the file system says the same of both, so that nothing need be read.
    #[must_use]
    pub const fn looks_like(&self, other: &Self) -> bool {
        self.size == other.size && self.modified == other.modified && self.inode == other.inode
    }

    /// Whether the content differs. Where one content is unknown, a different look has to do.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        match (&self.digest, &other.digest) {
            (Some(own), Some(others)) => own != others,
            _ => !self.looks_like(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(size: i64, modified: i64, digest: Option<&str>) -> FileState {
        FileState {
            size,
            modified,
            inode: 1,
            digest: digest.map(str::to_owned),
        }
    }

    #[test]
    fn the_same_content_is_no_change_however_it_looks() {
        assert!(!state(3, 1, Some("a")).differs_from(&state(3, 2, Some("a"))));
        assert!(state(3, 1, Some("a")).differs_from(&state(3, 1, Some("b"))));
    }

    #[test]
    fn without_content_the_look_decides() {
        assert!(state(3, 1, None).differs_from(&state(3, 2, Some("a"))));
        assert!(!state(3, 1, None).differs_from(&state(3, 1, None)));
        assert!(FileState::absent().differs_from(&state(3, 1, Some("a"))));
        assert!(!FileState::absent().differs_from(&FileState::absent()));
    }
}
