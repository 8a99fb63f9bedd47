//! What sessions print: a file for each, for this user only, of a bounded size.
//!
//! A session writes into its file itself, at the end, so that it does not end with whoever looks after it. Such a file
//! cannot be exchanged under it; it is cut where it stands, after what it held was put aside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::repo::Project;

/// From this size in bytes on, a log is put aside; what had been put aside before is gone then.
pub const LIMIT: u64 = 4 * 1024 * 1024;
/// How much of a log's end is looked at for its last line.
const TAIL: u64 = 16 * 1024;
/// Most characters of a last line.
const MOST: usize = 200;

/// Where the logs of a plan's sessions are.
#[must_use]
pub fn directory(project: &Project, plan: &str) -> PathBuf {
    project.state_directory().join("logs").join(plan)
}

/// Opens the log of a session for writing at its end; makes it, and where it is, for this user alone.
///
/// # Errors
/// When it cannot be made.
pub fn open(directory: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    fs::create_dir_all(directory)?;
    close_to_others(directory, 0o700)?;
    let path = directory.join(format!("{name}.log"));
    if fs::symlink_metadata(&path).is_ok_and(|entry| !entry.is_file()) {
        return Err(io::Error::other(format!("{} is no file", path.display())));
    }
    let file = OpenOptions::new().append(true).create(true).open(&path)?;
    close_to_others(&path, 0o600)?;
    Ok((path, file))
}

#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Puts the end of a log aside, as `NAME.log.1`, and cuts it, where it has become too large.
///
/// # Errors
/// When it cannot be copied.
pub fn bound(log: &Path) -> io::Result<()> {
    let length = match fs::metadata(log) {
        Ok(entry) => entry.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if length <= LIMIT {
        return Ok(());
    }
    let mut from = OpenOptions::new().read(true).write(true).open(log)?;
    from.seek(SeekFrom::Start(length - LIMIT))?;
    let aside = log.with_extension("log.1");
    let mut to = File::create(&aside)?;
    close_to_others(&aside, 0o600)?;
    io::copy(&mut (&mut from).take(LIMIT), &mut to)?;
    from.set_len(0)
}

/// What a session printed last, in a line; text of others. Of the client's events it is what they say.
#[must_use]
pub fn last_line(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let said = text.lines().rev().find_map(|line| said(line.trim()))?;
    Some(said.chars().take(MOST).collect())
}

/// What a line says: itself, or what an event of the client holds for people.
fn said(line: &str) -> Option<String> {
    if !line.starts_with('{') {
        return (!line.is_empty()).then(|| line.to_owned());
    }
    // The beginning of a line that was cut is no event either.
    let event: Value = serde_json::from_str(line).ok()?;
    if let Some(result) = event["result"].as_str() {
        return Some(result.to_owned());
    }
    let parts = event["message"]["content"].as_array()?;
    parts.iter().rev().find_map(|part| match part["type"].as_str()? {
        "text" => Some(part["text"].as_str()?.to_owned()),
        "tool_use" => {
            let input = &part["input"];
            let about = ["command", "file_path", "pattern", "prompt"]
                .iter()
                .find_map(|key| input[*key].as_str())
                .unwrap_or_default();
            Some(
                format!("{} {about}", part["name"].as_str()?)
                    .trim_end()
                    .to_owned(),
            )
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_log_is_cut_where_it_stands_and_its_end_put_aside() {
        let place = tempfile::tempdir().unwrap();
        let (path, mut file) = open(&place.path().join("logs/plan-1"), "x-1").unwrap();
        file.write_all(&vec![b'a'; 1024]).unwrap();
        bound(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 1024);
        file.write_all(&vec![b'b'; usize::try_from(LIMIT).unwrap()])
            .unwrap();
        bound(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        let aside = fs::read(path.with_extension("log.1")).unwrap();
        assert_eq!(aside.len() as u64, LIMIT);
        assert!(aside.iter().all(|byte| *byte == b'b'));
        // The session writes on, at the new end.
        file.write_all(b"on\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"on\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().unwrap()), 0o700);
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_log_is_not_written_to() {
        let place = tempfile::tempdir().unwrap();
        let victim = place.path().join("victim");
        fs::write(&victim, "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&victim, place.path().join("x-1.log")).unwrap();
        assert!(open(place.path(), "x-1").is_err());
    }

    #[test]
    fn the_last_line_is_what_the_clients_events_say() {
        let place = tempfile::tempdir().unwrap();
        let log = place.path().join("x.log");
        for (text, expected) in [
            ("", None),
            ("one\ntwo\n\n", Some("two")),
            (
                "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Hello\"}]}}\n{\"type\":\"user\"}\n",
                Some("Hello"),
            ),
            (
                "{\"message\":{\"content\":[{\"type\":\"tool_use\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}]}}\n",
                Some("Bash ls"),
            ),
            ("{\"type\":\"result\",\"result\":\"done\"}\n{\"cut", Some("done")),
        ] {
            fs::write(&log, text).unwrap();
            assert_eq!(last_line(&log).as_deref(), expected, "{text}");
        }
    }
}
