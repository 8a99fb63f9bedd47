//! A shell's pattern turned into the files that it means now, as the shell is about to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::pattern::matches;

/// At most this many directories and files are looked at for one pattern.
const MOST: usize = 2_000;

/// The files that `pattern` means to a shell in `base`, none when there are none. A backslash takes the next
/// character as it is.
#[must_use]
pub fn expand(base: &Path, pattern: &str) -> Vec<PathBuf> {
    let start = if pattern.starts_with('/') {
        Path::new("/")
    } else {
        base
    };
    let mut found = vec![start.to_owned()];
    let mut left = MOST;
    for name in pattern.split('/').filter(|name| !name.is_empty() && *name != ".") {
        let mut deeper = Vec::new();
        for directory in found {
            if !name.contains(['*', '?', '[']) {
                let next = directory.join(name.replace('\\', ""));
                deeper.extend(fs::symlink_metadata(&next).is_ok().then_some(next));
                continue;
            }
            let Ok(entries) = fs::read_dir(&directory) else {
                continue;
            };
            for entry in entries.flatten().take(left) {
                left -= 1;
                let own = entry.file_name();
                let own = own.to_string_lossy();
                let is_shown = !own.starts_with('.') || name.starts_with('.');
                if is_shown && matches(name, &own, false) {
                    deeper.push(entry.path());
                }
            }
        }
        found = deeper;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_the_files_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.rs", "b.rs", ".c.rs", "src/d.rs", "src/x/e.rs", "[a].rs"] {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let expand = |pattern: &str| {
            let mut names: Vec<String> = super::expand(folder.path(), pattern)
                .iter()
                .map(|file| {
                    file.strip_prefix(folder.path())
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            names.sort();
            names
        };
        assert_eq!(expand("?.rs"), ["a.rs", "b.rs"]);
        assert_eq!(expand("./*/*.rs"), ["src/d.rs"]);
        assert_eq!(expand("s*/"), ["src"]);
        assert_eq!(expand(".*"), [".c.rs"]);
        assert_eq!(expand(r"\[*.rs"), ["[a].rs"]);
        assert_eq!(expand("src/../a.*"), ["src/../a.rs"]);
        assert!(expand("*.md").is_empty() && expand("nothing/*").is_empty());
        let absolute = format!("{}/b*", folder.path().display());
        assert_eq!(expand(&absolute), ["b.rs"]);
    }
}
