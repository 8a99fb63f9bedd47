//! What differs between systems when a file is appended to: how it is opened, and how other processes are kept out.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// What a process holds that wants a directory to itself.
#[cfg(unix)]
pub(super) fn open_directory(directory: &Path) -> io::Result<File> {
    File::open(directory)
}

/// Elsewhere a directory cannot be locked, so a file in it is.
#[cfg(not(unix))]
pub(super) fn open_directory(directory: &Path) -> io::Result<File> {
    let file = directory.join("append.lock");
    OpenOptions::new().create(true).append(true).open(file)
}

/// Opens a file at its end and makes it where it is missing; a link is not followed, and a pipe is not waited for.
#[cfg(unix)]
pub(super) fn open_at_end(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    // The bits of the flags are those of the system, of which std wants an i32.
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .custom_flags(flags)
        .open(path)
}

/// Opens a file at its end and makes it where it is missing; a link is not followed.
#[cfg(not(unix))]
pub(super) fn open_at_end(path: &Path) -> io::Result<File> {
    if path
        .symlink_metadata()
        .is_ok_and(|file| file.file_type().is_symlink())
    {
        return Err(io::Error::other("it is a link"));
    }
    OpenOptions::new().append(true).create(true).open(path)
}

/// Whether a lock failed because the file system has none, so that nobody can be kept out.
#[cfg(unix)]
pub(super) fn has_no_locks(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| {
        [
            Errno::OPNOTSUPP,
            Errno::NOSYS,
            Errno::NOLCK,
            Errno::INVAL,
            Errno::BADF,
        ]
        .contains(&errno)
    })
}

/// Whether a lock failed because the file system has none, so that nobody can be kept out.
#[cfg(not(unix))]
pub(super) fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}
