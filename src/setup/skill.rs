//! The skill: a page that tells a model when and how to use agent-sync, copied into the project.
//!
//! The copy carries its own checksum in its last line. A page that is as we wrote it is ours to replace by a
//! newer one and to remove; one that somebody has worked on, or wrote, is theirs and stays, and they are
//! told so. Nothing has to be remembered elsewhere for that.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::file;

/// The page, without its mark.
const PAGE: &str = include_str!("../../skills/agent-sync/SKILL.md");

/// Where it goes below the directory that holds `.claude`.
const PLACE: &str = ".claude/skills/agent-sync/SKILL.md";

/// How the mark begins; the version and the checksum of all lines before it follow.
const MARK: &str = "<!-- installed by agent-sync ";
/// What stands between version and checksum.
const CHECKSUM: &str = ", unchanged while sha256 is ";
/// How the mark ends.
const END: &str = " -->";

/// Whose the page at the place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skill {
    /// There is none.
    Absent,
    /// It is as some version of agent-sync wrote it.
    Ours {
        /// The version that wrote it.
        version: String,
        /// Whether it is what this version would write.
        is_current: bool,
    },
    /// We wrote it and somebody changed it.
    Edited,
    /// Somebody else wrote it, or an agent-sync that did not mark its pages (0.4.0).
    Foreign,
}

/// What came of installing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// The page was not there and now is.
    Written,
    /// An older page of ours was replaced.
    Updated,
    /// It was there already.
    Unchanged,
    /// What is there was changed by somebody and stays.
    KeptEdited,
    /// What is there is not ours and stays.
    KeptForeign,
}

/// What came of uninstalling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uninstalled {
    /// The page is gone, and its directory where nothing else is in it.
    Removed,
    /// There was none.
    Absent,
    /// What is there was changed by somebody, or is a link, and stays.
    KeptEdited,
    /// What is there is not ours and stays.
    KeptForeign,
}

/// Where the page is in a project. `directory` is the one that holds `.claude`.
#[must_use]
pub fn path(directory: &Path) -> PathBuf {
    directory.join(PLACE)
}

/// Whose the page in a project is.
///
/// # Errors
/// Those of [`file::read`].
pub fn inspect(directory: &Path) -> Result<Skill> {
    Ok(file::read(&path(directory))?.map_or(Skill::Absent, |text| judge(&text)))
}

/// Writes the page into a project, unless what is there is somebody's.
///
/// # Errors
/// Those of [`file::read`] and [`file::replace_atomically`].
pub fn install(directory: &Path) -> Result<Installed> {
    let path = path(directory);
    let before = file::read(&path)?;
    let outcome = match before.as_deref().map_or(Skill::Absent, judge) {
        Skill::Absent => Installed::Written,
        Skill::Ours {
            is_current: false, ..
        } => Installed::Updated,
        Skill::Ours { is_current: true, .. } => return Ok(Installed::Unchanged),
        Skill::Edited => return Ok(Installed::KeptEdited),
        Skill::Foreign => return Ok(Installed::KeptForeign),
    };
    file::replace_atomically(&path, before.as_deref(), &marked(PAGE, env!("CARGO_PKG_VERSION")))?;
    Ok(outcome)
}

/// Removes the page from a project if it is as we wrote it.
///
/// # Errors
/// Those of [`file::read`] and [`file::remove`].
pub fn uninstall(directory: &Path) -> Result<Uninstalled> {
    let path = path(directory);
    let Some(text) = file::read(&path)? else {
        return Ok(Uninstalled::Absent);
    };
    match judge(&text) {
        Skill::Ours { .. } if !file::is_link(&path) => {}
        Skill::Foreign => return Ok(Uninstalled::KeptForeign),
        _ => return Ok(Uninstalled::KeptEdited),
    }
    file::remove(&path, &text)?;
    if let Some(parent) = path.parent() {
        // One that holds something, or is a link, stays.
        let _stays_then = fs::remove_dir(parent);
    }
    Ok(Uninstalled::Removed)
}

/// The page as it is installed.
fn marked(page: &str, version: &str) -> String {
    format!("{page}\n{MARK}{version}{CHECKSUM}{}{END}\n", checksum(page))
}

fn judge(text: &str) -> Skill {
    // Git may have turned the line ends over.
    let text = text.replace("\r\n", "\n");
    let Some((page, mark)) = text.rsplit_once(&format!("\n{MARK}")) else {
        return Skill::Foreign;
    };
    let mark = mark.trim_end().strip_suffix(END);
    let Some((version, sum)) = mark.and_then(|mark| mark.split_once(CHECKSUM)) else {
        return Skill::Edited;
    };
    if checksum(page) != sum {
        return Skill::Edited;
    }
    Skill::Ours {
        version: version.to_owned(),
        is_current: text == marked(PAGE, env!("CARGO_PKG_VERSION")),
    }
}

fn checksum(page: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(page) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(directory: &Path, text: &str) -> PathBuf {
        let path = path(directory);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn the_page_is_short_and_says_when_to_load_it() {
        assert!(PAGE.lines().count() < 140);
        assert!(PAGE.starts_with("---\nname: agent-sync\ndescription: "));
        assert_eq!(PAGE.matches("\n---\n").count(), 1);
        assert!(PAGE.ends_with('\n') && !PAGE.contains(MARK) && !PAGE.contains('\r'));
        let description = PAGE.lines().nth(2).unwrap();
        assert!(description.len() < 1024, "the client takes no more");
    }

    #[test]
    fn installing_twice_is_installing_once_and_uninstalling_leaves_nothing() {
        let project = tempfile::tempdir().unwrap();
        assert_eq!(inspect(project.path()).unwrap(), Skill::Absent);
        assert_eq!(install(project.path()).unwrap(), Installed::Written);
        let text = fs::read_to_string(path(project.path())).unwrap();
        assert!(text.starts_with(PAGE));
        assert_eq!(install(project.path()).unwrap(), Installed::Unchanged);
        assert_eq!(fs::read_to_string(path(project.path())).unwrap(), text);
        let current = Skill::Ours {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            is_current: true,
        };
        assert_eq!(inspect(project.path()).unwrap(), current);
        assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::Removed);
        assert_eq!(
            fs::read_dir(project.path().join(".claude/skills"))
                .unwrap()
                .count(),
            0
        );
        assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::Absent);
    }

    #[test]
    fn an_older_page_of_ours_is_replaced_or_removed() {
        for text in [
            marked("old\n", "0.4.9"),
            marked("old\n", "0.4.9").replace('\n', "\r\n"),
        ] {
            let project = tempfile::tempdir().unwrap();
            let path = written(project.path(), &text);
            let old = Skill::Ours {
                version: "0.4.9".to_owned(),
                is_current: false,
            };
            assert_eq!(inspect(project.path()).unwrap(), old);
            assert_eq!(install(project.path()).unwrap(), Installed::Updated);
            assert!(fs::read_to_string(&path).unwrap().starts_with(PAGE));
            fs::write(&path, text).unwrap();
            assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::Removed);
        }
    }

    #[test]
    fn a_page_that_somebody_changed_stays() {
        let ours = marked(PAGE, "0.5.0");
        for text in [
            format!("{ours}\nAnd be kind.\n"),
            ours.replacen("agent-sync", "agent sync", 1),
            ours.replace(END, ""),
        ] {
            let project = tempfile::tempdir().unwrap();
            let path = written(project.path(), &text);
            assert_eq!(inspect(project.path()).unwrap(), Skill::Edited);
            assert_eq!(install(project.path()).unwrap(), Installed::KeptEdited);
            assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::KeptEdited);
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
    }

    #[test]
    fn a_page_of_somebody_else_stays() {
        for text in ["", "---\nname: agent-sync\n---\nmine\n", PAGE] {
            let project = tempfile::tempdir().unwrap();
            let path = written(project.path(), text);
            assert_eq!(install(project.path()).unwrap(), Installed::KeptForeign);
            assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::KeptForeign);
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
    }

    #[test]
    fn neighbours_and_links_stay() {
        let project = tempfile::tempdir().unwrap();
        install(project.path()).unwrap();
        let other = project.path().join(".claude/skills/other");
        fs::create_dir(&other).unwrap();
        assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::Removed);
        assert!(other.is_dir());

        let target = project.path().join("page.md");
        fs::write(&target, marked(PAGE, "0.5.0")).unwrap();
        let link = path(project.path());
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert_eq!(uninstall(project.path()).unwrap(), Uninstalled::KeptEdited);
        assert!(file::is_link(&link) && target.is_file());
    }
}
