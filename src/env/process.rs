//! Processes as proof of life.
//!
//! On Linux `/proc` says when a process started, which boot this is and which pid namespace we are in; the
//! four together name one process. Elsewhere nothing is proved and the timers decide.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::ops::RangeInclusive;
use std::path::Path;

use super::file_lock;
use crate::domain::presence::{Life, Process, ProcessTable, Proof};

/// The processes of this machine; what was looked up once is remembered while this process lives.
pub struct Processes {
    boot: OnceCell<i64>,
    namespace: OnceCell<i64>,
    seen: RefCell<HashMap<i64, Option<i64>>>,
}

impl Processes {
    pub(super) fn of_this_machine() -> Self {
        Self {
            boot: OnceCell::new(),
            namespace: OnceCell::new(),
            seen: RefCell::default(),
        }
    }

    /// Forgets what was looked up, for whoever waits and wants to see who has gone meanwhile.
    pub fn forget(&self) {
        self.seen.borrow_mut().clear();
    }

    /// Names the boot; 0 where the system does not say.
    pub(super) fn boot(&self) -> i64 {
        *self.boot.get_or_init(|| {
            read_briefly(Path::new("/proc/sys/kernel/random/boot_id"))
                .ok()
                .and_then(|bytes| parse_boot(std::str::from_utf8(&bytes).ok()?))
                .unwrap_or(0)
        })
    }

    /// Names the pid namespace; 0 where there is none to see.
    pub(super) fn namespace(&self) -> i64 {
        *self.namespace.get_or_init(namespace)
    }

    /// The proof of a process that runs now.
    #[must_use]
    pub fn proof(&self, pid: i64) -> Option<Proof> {
        let (boot, namespace) = (self.boot(), self.namespace());
        if boot == 0 || namespace == 0 {
            return None;
        }
        Some(Proof {
            pid,
            started: self.started(pid)?,
            boot,
            namespace,
        })
    }

    /// Whether this process descends from `pid`, so that a pid told by the environment is really ours and not
    /// one of another namespace.
    #[must_use]
    pub fn descends_from(&self, pid: i64) -> bool {
        let mut current = i64::from(std::process::id());
        for _ in 0..64 {
            if current == pid {
                return true;
            }
            let Some(stat) = read_stat(current).ok().flatten() else {
                return false;
            };
            if stat.parent <= 0 {
                return false;
            }
            current = stat.parent;
        }
        false
    }

    /// When a running process started, in clock ticks since boot; `None` when there is no such process.
    fn started(&self, pid: i64) -> Option<i64> {
        *self.seen.borrow_mut().entry(pid).or_insert_with(|| {
            read_stat(pid)
                .ok()
                .flatten()
                .filter(|stat| !stat.is_dead)
                .map(|stat| stat.started)
        })
    }
}

impl ProcessTable for Processes {
    fn life(&self, proof: &Proof) -> Life {
        if self.namespace() == 0 || proof.namespace != self.namespace() || self.boot() == 0 {
            return Life::Unknown;
        }
        if proof.boot == self.boot() && self.started(proof.pid) == Some(proof.started) {
            Life::Running
        } else {
            Life::Gone
        }
    }

    fn keeper(&self, file: &Path, bytes: RangeInclusive<u64>) -> Option<Process> {
        let pid = file_lock::keeper(file, &bytes)?;
        let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
        let name = String::from_utf8_lossy(&name).trim_end().to_owned();
        Some(Process { pid, name })
    }
}

/// The process that started this one.
#[cfg(unix)]
pub(super) fn parent() -> Option<i64> {
    let parent = rustix::process::getppid()?;
    Some(i64::from(parent.as_raw_nonzero().get()))
}

/// The process that started this one, which is not known elsewhere.
#[cfg(not(unix))]
pub(super) const fn parent() -> Option<i64> {
    None
}

struct Stat {
    parent: i64,
    group: i64,
    started: i64,
    is_dead: bool,
}

/// The beginning of a file of the system's, which is all of it: such a file is made when it is read, and asking how
/// large it is and whether more follows takes longer than that.
fn read_briefly(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4096];
    let count = fs::File::open(file)?.read(&mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

fn read_stat(pid: i64) -> io::Result<Option<Stat>> {
    let bytes = read_briefly(Path::new(&format!("/proc/{pid}/stat")))?;
    Ok(parse_stat(&String::from_utf8_lossy(&bytes)))
}

/// The process group of a process that runs now and when it started, looked up anew.
pub(super) fn group_of(pid: i64) -> Option<(i64, i64)> {
    let stat = read_stat(pid).ok().flatten().filter(|stat| !stat.is_dead)?;
    Some((stat.group, stat.started))
}

/// Reads the fields behind the program's name, which may itself hold spaces and brackets.
fn parse_stat(stat: &str) -> Option<Stat> {
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    // The start time is field 22; the group was field 5.
    let started = fields.nth(16)?.parse().ok()?;
    Some(Stat {
        parent,
        group,
        started,
        is_dead: matches!(state, "Z" | "X" | "x"),
    })
}

/// The first 63 bits of a boot id, which is a random UUID.
fn parse_boot(text: &str) -> Option<i64> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    let bits = u64::from_str_radix(&digits, 16).ok()?;
    i64::try_from(bits >> 1).ok().filter(|boot| *boot != 0)
}

#[cfg(target_os = "linux")]
fn namespace() -> i64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self/ns/pid")
        .ok()
        .and_then(|entry| i64::try_from(entry.ino()).ok())
        .unwrap_or(0)
}

#[cfg(not(target_os = "linux"))]
fn namespace() -> i64 {
    0
}

/// Milliseconds since boot, time spent asleep included; 0 where the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn uptime() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn uptime() -> i64 {
    0
}

#[cfg(unix)]
pub(super) fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
pub(super) fn terminal_width() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "42 (a) b) (c) S 7 42 42 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 1000 1 18446744073709551615";
        let stat = parse_stat(stat).unwrap();
        assert_eq!((stat.parent, stat.group), (7, 42));
        assert_eq!((stat.started, stat.is_dead), (987_654, false));
        assert!(parse_stat("42 (x").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_proved_alive_and_a_reused_pid_is_not() {
        let processes = Processes::of_this_machine();
        let proof = processes.proof(i64::from(std::process::id())).unwrap();
        assert_eq!(processes.life(&proof), Life::Running);
        assert_eq!(
            processes.life(&Proof {
                started: proof.started + 1,
                ..proof
            }),
            Life::Gone
        );
        assert_eq!(
            processes.life(&Proof {
                boot: proof.boot + 1,
                ..proof
            }),
            Life::Gone
        );
        assert_eq!(
            processes.life(&Proof {
                namespace: proof.namespace + 1,
                ..proof
            }),
            Life::Unknown
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_that_ended_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let proof = Processes::of_this_machine().proof(i64::from(child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(Processes::of_this_machine().life(&proof), Life::Gone);
    }
}
