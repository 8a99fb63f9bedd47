//! What is kept of a swarm that was closed: a copy of its store that is known to be whole, and what it came to in
//! words.
//!
//! A checkpoint is a directory that appears whole or not at all, so one that is there under its name was finished,
//! whoever was killed after that.

use std::fmt::Write as _;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use super::{Place, no_private_place};
use crate::domain::time::Moment;
use crate::store::{self, Candidate};

/// The copy in it.
const COPY: &str = "state.sqlite";
/// The sums of the files in it, as `sha256sum --check` reads them.
const SUMS: &str = "SHA256SUMS";
/// What the name of one begins with that is not whole yet.
const PARTIAL: &str = ".checkpoint-";

/// A checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its directory.
    pub directory: PathBuf,
    /// The SHA-256 of the copy in it, in hexadecimal.
    pub sha256: String,
}

impl Place {
    /// The directory of the checkpoint with this name.
    #[must_use]
    pub fn checkpoint(&self, name: &str) -> Option<PathBuf> {
        self.apart(name)
    }

    /// A name for a checkpoint that is made now, which none has yet.
    ///
    /// # Errors
    /// When there is no place of ours outside the working tree.
    pub fn unused_checkpoint(&self, now: &Moment) -> Result<String> {
        let stamp = store::file_stamp(now.wall);
        let names = (1_u32..).map(|number| match number {
            1 => format!("checkpoint-{stamp}"),
            number => format!("checkpoint-{stamp}-{number}"),
        });
        for name in names {
            if !self.checkpoint(&name).ok_or_else(no_private_place)?.exists() {
                return Ok(name);
            }
        }
        bail!("every name of a checkpoint is taken")
    }

    /// Keeps others from closing the store meanwhile, until it is dropped or its process ends; `None` while somebody
    /// else does.
    ///
    /// # Errors
    /// When the store's directory cannot be opened.
    pub fn close_gate(&self) -> Result<Option<File>> {
        let directory = self.project().state_directory();
        let gate = File::open(&directory).with_context(|| format!("opening {}", directory.display()))?;
        match gate.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // Where there are no locks, the transactions alone keep the steps apart.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(gate)),
        }
    }

    /// Makes the checkpoint with this name out of a copy of the store and the files that `about` makes, which is told
    /// the copy's SHA-256. One that is there already is looked at and kept.
    ///
    /// # Errors
    /// When the store is damaged or the files cannot be written; nothing is left under the name then.
    pub fn make_checkpoint<const FILES: usize>(
        &self,
        name: &str,
        about: impl FnOnce(&str) -> Result<[(&'static str, String); FILES]>,
    ) -> Result<Checkpoint> {
        let directory = self.checkpoint(name).ok_or_else(no_private_place)?;
        let parent = directory.parent().context("a checkpoint has a directory")?;
        store::prepare_directory(parent)?;
        clear_partial(parent);
        if directory.exists() {
            return finished(directory);
        }
        let partial = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempdir_in(parent)
            .with_context(|| format!("creating a directory in {}", parent.display()))?;
        let copy = partial.path().join(COPY);
        store::make_backup_at(&self.project().database(), &copy)?;
        Candidate::examine(&copy)?;
        let sha256 = sum(&copy)?;
        let mut sums = format!("{sha256}  {COPY}\n");
        for (file, text) in about(&sha256)? {
            let path = partial.path().join(file);
            write_file(&path, &text)?;
            let _infallible = writeln!(sums, "{}  {file}", sum(&path)?);
        }
        write_file(&partial.path().join(SUMS), &sums)?;
        File::open(partial.path())?.sync_all()?;
        fs::rename(partial.path(), &directory)
            .with_context(|| format!("naming the checkpoint {}", directory.display()))?;
        // What has its name is no longer removed with the draft.
        let _draft = partial.keep();
        File::open(parent)?.sync_all()?;
        Ok(Checkpoint { directory, sha256 })
    }
}

/// A checkpoint that somebody finished who could not say so any more.
fn finished(directory: PathBuf) -> Result<Checkpoint> {
    let copy = directory.join(COPY);
    Candidate::examine(&copy)?;
    Ok(Checkpoint {
        sha256: sum(&copy)?,
        directory,
    })
}

/// Removes what processes that died left of theirs; whoever makes a checkpoint is alone.
fn clear_partial(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            let _best_effort = fs::remove_dir_all(entry.path());
        }
    }
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let mut file = File::create_new(path).with_context(|| format!("creating {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

/// The SHA-256 of a file, in hexadecimal.
fn sum(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let (mut sum, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut piece)? {
            0 => break,
            length => sum.update(&piece[..length]),
        }
    }
    let mut text = String::new();
    for byte in sum.finalize() {
        let _infallible = write!(text, "{byte:02x}");
    }
    Ok(text)
}
