//! The file that is appended to: one writer at a time, one write, and what a dead writer left behind.
//!
//! Locks of agents keep other agents out. Two processes of one agent, and people, share an identity or have
//! none; for them there is the system's advisory lock, which no dead process keeps.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::system::{has_no_locks, open_at_end, open_directory};
use crate::env::Env;
use crate::error::Refusal;
use crate::frame::{Clean, Field, clean};

/// How long another process may keep the file before this one gives up. An append takes milliseconds.
const PATIENCE: i64 = 10_000;
const PAUSE: Duration = Duration::from_millis(2);

/// A page of memory: a write that a kill interrupts ends at the border of one.
const PAGE: u64 = 4096;

/// A directory that one process at a time holds; given back when it is dropped, or its process ends.
pub(super) struct Gate {
    _held: File,
    is_alone: bool,
}

impl Gate {
    /// Waits until nobody else holds `directory`.
    pub(super) fn enter(env: &Env, directory: &Path) -> Result<Self> {
        let shown = || shown(directory);
        let handle = open_directory(directory).with_context(|| format!("opening {}", shown()))?;
        let is_alone = exclude(env, &handle, directory)?;
        Ok(Self {
            _held: handle,
            is_alone,
        })
    }

    /// Whether nobody else can be inside, so that whoever was before has ended.
    pub(super) const fn is_alone(&self) -> bool {
        self.is_alone
    }
}

/// A regular file, open at its end, that no other `append` writes.
pub(super) struct Target {
    file: File,
    path: PathBuf,
    is_new: bool,
}

/// How much of a text a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// So many bytes of its beginning, at the end of the file: a kill tore the write apart.
    Beginning(usize),
    Everything,
}

impl Target {
    /// Opens the file; it and the directories above it are made where they are missing.
    pub(super) fn open(env: &Env, path: &Path) -> Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).with_context(|| format!("making {}", shown(directory)))?;
        }
        let context = || format!("opening {}", shown(path));
        let is_new = !path.exists();
        let file = open_at_end(path).with_context(context)?;
        if !file.metadata().with_context(context)?.is_file() {
            return Err(Refusal::usage(format!("{} is not a file", shown(path))).into());
        }
        exclude(env, &file, path)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            is_new,
        })
    }

    /// How long it is now, in bytes.
    pub(super) fn size(&self) -> Result<u64> {
        let metadata = self.file.metadata();
        Ok(metadata
            .with_context(|| format!("looking at {}", shown(&self.path)))?
            .len())
    }

    /// Adds `text` at the end in one write and makes sure that it reaches the disk. A write that the system
    /// cuts short is gone on with; one that fails is taken back, as long as nobody has written since.
    pub(super) fn append(&mut self, text: &[u8]) -> Result<()> {
        let shown = shown(&self.path);
        let before = self.size()?;
        let mut written = 0;
        while written < text.len() {
            match self.file.write(&text[written..]) {
                Ok(0) => return Err(self.take_back(before, written, &io::ErrorKind::WriteZero.into())),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.take_back(before, written, &error)),
            }
        }
        self.file
            .sync_data()
            .with_context(|| format!("{shown} has the text, but it may not have reached the disk"))?;
        if self.is_new
            && let Some(directory) = self.path.parent()
        {
            let _best_effort = File::open(directory).and_then(|directory| directory.sync_all());
        }
        Ok(())
    }

    fn take_back(&self, before: u64, written: usize, error: &io::Error) -> anyhow::Error {
        let shown = shown(&self.path);
        let is_last = self
            .size()
            .is_ok_and(|size| size == before + u64::try_from(written).unwrap_or(u64::MAX));
        let refusal = if written == 0 || (is_last && self.file.set_len(before).is_ok()) {
            Refusal::internal(format!("nothing was appended to {shown}: {error}"))
        } else {
            Refusal::internal(format!(
                "only the first {written} bytes were appended to {shown}, at byte {before}: {error}"
            ))
        };
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => refusal.hint("make room").into(),
            _ => refusal.into(),
        }
    }
}

/// How long the file at `path` is, in bytes; a missing one is empty.
pub(super) fn size_of(path: &Path) -> Result<u64> {
    match fs::metadata(path) {
        Ok(file) => Ok(file.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).with_context(|| format!("looking at {}", shown(path))),
    }
}

/// How much of `text` the file holds from byte `start` on. What cannot be read counts as not there.
pub(super) fn held(path: &Path, start: u64, text: &[u8]) -> Held {
    read_from(path, start, text.len()).map_or(Held::Nothing, |found| {
        let end = start + u64::try_from(found.len()).unwrap_or(u64::MAX);
        if found == text {
            Held::Everything
        } else if !found.is_empty() && end.is_multiple_of(PAGE) && text.starts_with(&found) {
            Held::Beginning(found.len())
        } else {
            Held::Nothing
        }
    })
}

fn read_from(path: &Path, start: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut found = Vec::new();
    file.take(length as u64).read_to_end(&mut found)?;
    Ok(found)
}

/// Waits until no other process has the advisory lock of `file`, and takes it; false where the file system has
/// no such locks and nobody can be kept out.
fn exclude(env: &Env, file: &File, path: &Path) -> Result<bool> {
    let began = env.now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) if has_no_locks(&error) => return Ok(false),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", shown(path)));
            }
        }
        if env.now().since(&began) >= PATIENCE {
            let message = format!("another process keeps {} locked (flock)", shown(path));
            return Err(Refusal::timed_out(message).hint("try again").into());
        }
        env.sleep(PAUSE);
    }
}

fn shown(path: &Path) -> Clean {
    clean(&path.to_string_lossy(), Field::Path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_and_text_goes_to_the_end() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a/b/c.md");
        for text in [&b"one\n"[..], b"two\n"] {
            Target::open(&Env::real(), &path).unwrap().append(text).unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn what_is_no_file_is_refused_without_waiting_for_it() {
        let place = tempfile::tempdir().unwrap();
        let pipe = place.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert!(Target::open(&Env::real(), &pipe).is_err());
        let link = place.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        assert!(Target::open(&Env::real(), &link).is_err());
    }

    #[test]
    fn a_text_is_found_where_it_was_begun_whole_or_torn_at_the_border_of_a_page() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("f");
        let text = vec![b'x'; 10_000];
        let mut content = b"head\n".to_vec();
        assert_eq!(held(&path, 5, &text), Held::Nothing, "no file");
        fs::write(&path, &content).unwrap();
        assert_eq!(held(&path, 5, &text), Held::Nothing, "nothing after the head");
        content.resize(4096, b'x');
        fs::write(&path, &content).unwrap();
        assert_eq!(held(&path, 5, &text), Held::Beginning(4091));
        content.resize(4095, b'x');
        fs::write(&path, &content).unwrap();
        assert_eq!(held(&path, 5, &text), Held::Nothing, "somebody else's words");
        content.resize(10_005, b'x');
        content.extend_from_slice(b"more\n");
        fs::write(&path, &content).unwrap();
        assert_eq!(held(&path, 5, &text), Held::Everything);
        assert_eq!(held(&path, 6, &text), Held::Nothing);
    }
}
