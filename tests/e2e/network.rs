//! A network of our own that holds nothing but loopback, so that a client that wanted to reach the
//! outside could not, and so that a passing test proves something about every machine.
//!
//! A network namespace belongs to a thread, and a socket stays in the one it was made in. So the
//! server binds, and the client is started, on a thread that has moved into the namespace; the rest
//! of the test stays where it is. The namespace lives as long as its file is open: no process has to
//! be kept for it.

use rustix::process::geteuid;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

static NAMESPACE: OnceLock<Option<File>> = OnceLock::new();

/// Does `work` inside the isolated network; where there is none, on the machine's own.
pub(crate) fn inside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let Some(namespace) = NAMESPACE.get_or_init(create_or_warn) else {
        return work();
    };
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                .expect("root may enter the network namespace it created");
            work()
        });
        inside
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Whether sessions are cut off from the machine's network.
pub(crate) fn is_isolated() -> bool {
    NAMESPACE.get_or_init(create_or_warn).is_some()
}

fn create_or_warn() -> Option<File> {
    let namespace = geteuid().is_root().then(create).flatten();
    if namespace.is_none() {
        eprintln!(
            "NOT ISOLATED: the client under test can reach this machine's network \
             (isolation needs root, `unshare` and `ip`)"
        );
    }
    namespace
}

fn create() -> Option<File> {
    let mut holder = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && echo up && read -r release",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut answer = String::new();
    BufReader::new(holder.stdout.take()?)
        .read_line(&mut answer)
        .ok()?;
    let namespace = (answer.trim() == "up")
        .then(|| File::open(format!("/proc/{}/ns/net", holder.id())))
        .and_then(Result::ok);
    drop(holder.stdin.take());
    holder.wait().ok()?;
    namespace
}
