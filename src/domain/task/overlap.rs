//! Which tasks touch the same files.

use super::Task;
use crate::domain::lock::Extent;

/// The files of `task` that `other` touches, too, in whichever checkout: what two branches change, somebody
/// has to merge.
#[must_use]
pub fn overlapping(task: &Task, other: &Task) -> Vec<String> {
    let theirs = other.wanted_in("");
    let is_touched = |extent: Extent<'_>| theirs.iter().any(|their| extent.overlaps(their.extent()));
    task.wanted_in("")
        .iter()
        .zip(&task.files)
        .filter(|(own, _)| is_touched(own.extent()))
        .map(|(_, path)| path.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(files: &[&str]) -> Task {
        Task {
            files: files.iter().map(|&file| file.to_owned()).collect(),
            ..Task::named("t", "T")
        }
    }

    #[test]
    fn tasks_overlap_in_files_directories_and_patterns() {
        let task = about(&["src/a.rs", "docs", "/etc/hosts"]);
        assert_eq!(overlapping(&task, &about(&["src/*.rs"])), ["src/a.rs"]);
        assert_eq!(
            overlapping(&task, &about(&["docs/guide.md", "/etc"])),
            ["docs", "/etc/hosts"]
        );
        assert_eq!(overlapping(&task, &about(&["src/b.rs", "etc/hosts"])), [""; 0]);
        assert_eq!(overlapping(&about(&[]), &task), [""; 0]);
    }
}
