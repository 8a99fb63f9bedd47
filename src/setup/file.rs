//! Replacing a file that others use, wholly or not at all.
//!
//! The client reads its settings while we write them, editors have them open, and a power cut may come at
//! any time. So the new text goes into a file beside the old one, reaches the disk, and takes its name in
//! one step. Before that the old one is read once more: whatever was changed since is not overwritten.
//! (Between that look and the rename there are microseconds that no file system lets us close.)
//!
//! A symbolic link is followed to the file it ends at, and that file is replaced: people who keep their
//! settings in a dotfiles repository link them, and a link that turns into a file silently cuts them off.
//! A link that leads nowhere is refused, because what its owner wants there cannot be known.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use crate::error::Refusal;
use crate::frame::{Clean, Field, clean};

/// The mode of a new file, from which the caller's umask takes away.
const NEW_MODE: u32 = 0o644;

/// What the text file at `path` holds; `None` when there is none.
///
/// # Errors
/// [`Refusal`] when it is not a regular file, is not UTF-8, or is a link that leads nowhere; otherwise what
/// the file system says.
pub fn read(path: &Path) -> Result<Option<String>> {
    let Some((target, _)) = resolve(path)? else {
        return Ok(None);
    };
    let bytes = fs::read(&target).with_context(|| format!("cannot read {}", shown(path)))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Refusal::refused(format!("{} is not UTF-8 text", shown(path))).into()),
    }
}

/// Replaces what `path` holds by `text`. `before` is what [`read`] gave.
///
/// The file keeps its mode and, where the system lets it, its owner; a new one gets 0644 less the umask, and
/// its directories are made. A link stays one, and its target is replaced. Other hard links to the file
/// keep the old text.
///
/// # Errors
/// [`Refusal`] when the file is no longer what `before` says, nobody may write it, or it is not a regular
/// file; otherwise what the file system says. The old file is whole in each case.
pub fn replace_atomically(path: &Path, before: Option<&str>, text: &str) -> Result<()> {
    let existing = resolve(path)?;
    let target = existing.as_ref().map_or(path, |(target, _)| target.as_path());
    let directory = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let context = || format!("cannot write {}", shown(path));
    if existing.is_none() {
        fs::create_dir_all(directory).with_context(context)?;
    }
    let mode = existing.as_ref().map_or(NEW_MODE, |(_, old)| old.mode() & 0o7777);
    if mode & 0o222 == 0 {
        let refusal = Refusal::refused(format!("{} is write-protected", shown(path)));
        return Err(refusal.hint("make it writable first if it may be changed").into());
    }
    let mut new = tempfile::Builder::new()
        .prefix(".agent-sync-")
        .permissions(Permissions::from_mode(mode & 0o777))
        .tempfile_in(directory)
        .with_context(context)?;
    new.write_all(text.as_bytes()).with_context(context)?;
    if let Some((_, old)) = &existing {
        keep_owner(new.as_file(), old);
        // After the owner, whose change takes special bits away; and whatever the umask is.
        let mode = Permissions::from_mode(mode);
        new.as_file().set_permissions(mode).with_context(context)?;
    }
    new.as_file().sync_all().with_context(context)?;
    ensure_unchanged(path, before)?;
    put_in_place(new, target, existing.is_some(), path)?;
    sync_directory(directory);
    Ok(())
}

/// Removes the file at `path` if it still holds `before`.
///
/// # Errors
/// [`Refusal`] when the file holds something else by now, or is a link: taking the link away would leave
/// the text where it is, and taking the target away would break somebody's arrangement. What is behind a
/// link can be replaced by something empty instead. Otherwise what the file system says.
pub fn remove(path: &Path, before: &str) -> Result<()> {
    if is_link(path) {
        let refusal = Refusal::refused(format!("{} is a symbolic link", shown(path)));
        return Err(refusal.hint("remove it yourself if it is not needed").into());
    }
    ensure_unchanged(path, Some(before))?;
    fs::remove_file(path).with_context(|| format!("cannot remove {}", shown(path)))?;
    sync_directory(path.parent().unwrap_or(path));
    Ok(())
}

/// Whether `path` itself, not one of its directories, is a symbolic link.
#[must_use]
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The regular file that `path` leads to, or nothing when there is nothing.
fn resolve(path: &Path) -> Result<Option<(PathBuf, Metadata)>> {
    let context = || format!("cannot look at {}", shown(path));
    match fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(context),
    }
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let refusal = Refusal::refused(format!("{} is a link that leads nowhere", shown(path)));
            return Err(refusal
                .hint("create the file it should lead to, or remove the link")
                .into());
        }
        Err(error) => return Err(error).with_context(context),
    };
    let metadata = fs::metadata(&target).with_context(context)?;
    if !metadata.is_file() {
        return Err(Refusal::refused(format!("{} is not a regular file", shown(path))).into());
    }
    Ok(Some((target, metadata)))
}

fn ensure_unchanged(path: &Path, before: Option<&str>) -> Result<()> {
    let now = match resolve(path)? {
        Some((target, _)) => Some(fs::read(target).with_context(|| format!("cannot read {}", shown(path)))?),
        None => None,
    };
    if now.as_deref() == before.map(str::as_bytes) {
        return Ok(());
    }
    Err(changed(path).into())
}

fn changed(path: &Path) -> Refusal {
    Refusal::refused(format!("{} was changed by somebody else just now", shown(path))).hint("try again")
}

fn put_in_place(new: NamedTempFile, target: &Path, is_replacement: bool, path: &Path) -> Result<()> {
    let placed = if is_replacement {
        new.persist(target)
    } else {
        new.persist_noclobber(target)
    };
    match placed {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(changed(path).into()),
        Err(error) => Err(error.error).with_context(|| format!("cannot write {}", shown(path))),
    }
}

/// Somebody with more rights than the owner must not take the file away from them.
fn keep_owner(new: &File, old: &Metadata) {
    let differs = new
        .metadata()
        .is_ok_and(|new| (new.uid(), new.gid()) != (old.uid(), old.gid()));
    if differs {
        // Who may not give files away owns what they wrote.
        let _best_effort = fchown(new, Some(old.uid()), Some(old.gid()));
    }
}

/// Makes a rename or removal outlive a power cut, on file systems that can.
fn sync_directory(directory: &Path) {
    let _best_effort = File::open(directory).and_then(|directory| directory.sync_all());
}

fn shown(path: &Path) -> Clean {
    clean(&path.to_string_lossy(), Field::Path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn refusal(result: Result<()>) -> String {
        result.unwrap_err().downcast::<Refusal>().unwrap().message
    }

    #[test]
    fn a_new_file_and_its_directory_are_made() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(".claude/settings.json");
        assert_eq!(read(&path).unwrap(), None);
        replace_atomically(&path, None, "{}\n").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("{}\n"));
        assert_eq!(mode(&path) & 0o700, 0o600);
        assert_eq!(mode(&path) & !NEW_MODE, 0);
        assert_eq!(names(path.parent().unwrap()), ["settings.json"]);
    }

    #[test]
    fn the_mode_is_kept() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        for kept in [0o600, 0o640, 0o666, 0o755] {
            fs::write(&path, "1").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
            replace_atomically(&path, Some("1"), "2").unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn what_was_changed_meanwhile_is_not_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        fs::write(&path, "theirs").unwrap();
        for before in [None, Some("before")] {
            let message = refusal(replace_atomically(&path, before, "ours"));
            assert!(
                message.ends_with("was changed by somebody else just now"),
                "{message}"
            );
        }
        assert!(refusal(remove(&path, "before")).ends_with("just now"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(place.path()), ["a"]);

        fs::remove_file(&path).unwrap();
        assert!(refusal(replace_atomically(&path, Some("theirs"), "ours")).ends_with("just now"));
        assert_eq!(names(place.path()), [""; 0]);
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("dotfiles/settings.json");
        let path = place.path().join("settings.json");
        fs::create_dir(target.parent().unwrap()).unwrap();
        fs::write(&target, "1").unwrap();
        symlink("dotfiles/settings.json", &path).unwrap();
        replace_atomically(&path, Some("1"), "2").unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "2");
        assert_eq!(names(target.parent().unwrap()), ["settings.json"]);

        assert!(refusal(remove(&path, "2")).ends_with("is a symbolic link"));
        assert_eq!(names(place.path()), ["dotfiles", "settings.json"]);
        remove(&target, "2").unwrap();
        assert_eq!(names(target.parent().unwrap()), [""; 0]);
    }

    #[test]
    fn what_is_no_ordinary_file_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        symlink("nowhere", &path).unwrap();
        assert!(refusal(read(&path).map(drop)).ends_with("is a link that leads nowhere"));
        assert!(refusal(replace_atomically(&path, None, "x")).ends_with("is a link that leads nowhere"));
        assert!(refusal(read(place.path()).map(drop)).ends_with("is not a regular file"));
        let binary = place.path().join("b");
        fs::write(&binary, b"\xff").unwrap();
        assert!(refusal(read(&binary).map(drop)).ends_with("is not UTF-8 text"));
        assert_eq!(names(place.path()), ["a", "b"]);
    }

    #[test]
    fn a_write_protected_file_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        fs::write(&path, "1").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        assert!(refusal(replace_atomically(&path, Some("1"), "2")).ends_with("is write-protected"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "1");
    }
}
