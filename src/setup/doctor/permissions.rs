//! Who else may look into the store.

use std::path::PathBuf;

use anyhow::Result;

use crate::repo::Project;

/// The store's directory and files that other users may read or write, with the mode each should have.
#[cfg(unix)]
#[must_use]
pub fn too_open(project: &Project) -> Vec<(PathBuf, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let directory = project.state_directory();
    let mut things = vec![(directory.clone(), 0o700)];
    for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] {
        things.push((directory.join(name), 0o600));
    }
    things.retain(|(path, _)| {
        path.symlink_metadata()
            .is_ok_and(|entry| !entry.is_symlink() && entry.mode() & 0o077 != 0)
    });
    things
}

/// Takes the rights of other users away.
///
/// # Errors
/// What the file system says.
#[cfg(unix)]
pub fn close(project: &Project) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    for (path, mode) in too_open(project) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// How many names the database has; with more than one, whoever uses another one keeps another log beside it.
#[cfg(unix)]
#[must_use]
pub fn names(project: &Project) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entry = project.database().symlink_metadata();
    entry.map_or(1, |entry| entry.nlink())
}

/// Elsewhere nobody counts them.
#[cfg(not(unix))]
#[must_use]
pub fn names(_: &Project) -> u64 {
    1
}

/// Elsewhere rights are not told by modes.
#[cfg(not(unix))]
#[must_use]
pub fn too_open(_: &Project) -> Vec<(PathBuf, u32)> {
    Vec::new()
}

/// Elsewhere there is nothing to take away.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn close(_: &Project) -> Result<()> {
    Ok(())
}
