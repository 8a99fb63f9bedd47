//! Which process has locked a file, as the system lists it.
//!
//! The list is read; the file itself is not even opened: closing any descriptor of a file gives up every lock that
//! this process has on it, and the database's own locks are of that kind.

use std::ops::RangeInclusive;
use std::path::Path;

/// How often the list is read before nobody is said to be in it.
#[cfg(target_os = "linux")]
const ATTEMPTS: u32 = 5;

/// A line of `/proc/locks`.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    pid: i64,
    device: (u32, u32),
    inode: u64,
    bytes: RangeInclusive<u64>,
}

/// The pid of a process that has locked one of these bytes of a file for writing. Processes outside our pid
/// namespace, and systems without `/proc`, are not seen.
#[cfg(target_os = "linux")]
pub(super) fn keeper(file: &Path, bytes: &RangeInclusive<u64>) -> Option<i64> {
    use std::os::unix::fs::MetadataExt as _;
    let entry = std::fs::metadata(file).ok()?;
    let device = (rustix::fs::major(entry.dev()), rustix::fs::minor(entry.dev()));
    let is_it = |line: &Line| {
        line.device == device
            && line.inode == entry.ino()
            && line.bytes.start() <= bytes.end()
            && bytes.start() <= line.bytes.end()
    };
    // The system hands the list out in pieces, and a line may slip through while others come and go.
    (0..ATTEMPTS).find_map(|_| {
        let list = std::fs::read_to_string("/proc/locks").ok()?;
        list.lines().filter_map(parse).find(is_it).map(|line| line.pid)
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn keeper(_file: &Path, _bytes: &RangeInclusive<u64>) -> Option<i64> {
    None
}

/// Reads a line such as `7: POSIX  ADVISORY  WRITE 4242 fe:00:1048 120 EOF`; `None` for whoever only waits or
/// reads, and for locks that belong to no process.
fn parse(line: &str) -> Option<Line> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let is_held = fields.next()? == "POSIX" && fields.next().is_some() && fields.next()? == "WRITE";
    let pid: i64 = fields.next()?.parse().ok()?;
    let mut file = fields.next()?.split(':');
    let device = (
        u32::from_str_radix(file.next()?, 16).ok()?,
        u32::from_str_radix(file.next()?, 16).ok()?,
    );
    let inode = file.next()?.parse().ok()?;
    let first = fields.next()?.parse().ok()?;
    let last = match fields.next()? {
        "EOF" => u64::MAX,
        last => last.parse().ok()?,
    };
    (is_held && pid > 0).then_some(Line {
        pid,
        device,
        inode,
        bytes: first..=last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_for_writing_is_read_and_no_other() {
        let line = Line {
            pid: 4242,
            device: (0xfe, 0x10),
            inode: 1048,
            bytes: 120..=u64::MAX,
        };
        assert_eq!(
            parse("7: POSIX  ADVISORY  WRITE 4242 fe:10:1048 120 EOF"),
            Some(line)
        );
        for other in [
            "7: POSIX  ADVISORY  READ 4242 fe:10:1048 120 120",
            "7: -> POSIX  ADVISORY  WRITE 4242 fe:10:1048 120 120",
            "7: FLOCK  ADVISORY  WRITE 4242 fe:10:1048 0 EOF",
            "7: POSIX  ADVISORY  WRITE -1 fe:10:1048 120 120",
            "7: POSIX  ADVISORY  WRITE 4242 fe:10:1048",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
