//! Patterns as somebody typed them, found in the file system as far as it goes.
//!
//! What exists is taken by its name, glob characters or not: `app/[id]/*.tsx` means the directory `[id]` where
//! there is one. Links are resolved up to there, so a pattern is kept under the checkout that it really leads
//! to. Only the rest is a pattern.

use std::path::{Component, Path, PathBuf};

use super::resolve::{fold, text};
use super::{Folding, Project};
use crate::domain::glob::{Glob, Invalid, escape, is_special};
use crate::domain::lock::{OUTSIDE, PathKey};

impl Project {
    /// The key of the pattern that `typed` is to somebody standing in `cwd`; `None` when it is a plain path.
    ///
    /// # Errors
    /// [`Invalid`] when it is a pattern that nothing could be compared with.
    pub fn locate_pattern(&self, cwd: &Path, typed: &Path) -> Result<Option<PathKey>, Invalid> {
        if !has_special(typed.as_os_str()) || std::fs::symlink_metadata(cwd.join(typed)).is_ok() {
            return Ok(None);
        }
        let mut base = PathBuf::new();
        let mut rest: Vec<String> = Vec::new();
        for component in typed.components() {
            let is_plain = !has_special(component.as_os_str())
                || std::fs::symlink_metadata(cwd.join(&base).join(component)).is_ok();
            match component {
                Component::CurDir => {}
                component if rest.is_empty() && is_plain => base.push(component),
                Component::ParentDir => return Err(Invalid::GoesUp),
                component => rest.push(text(component.as_os_str())),
            }
        }
        let mut rest = rest.join("/");
        let glob = Glob::parse(&rest)?;
        if glob.is_literal() {
            return Ok(None);
        }
        if glob.names_files() && typed.as_os_str().to_string_lossy().ends_with('/') {
            rest.push('/');
        }
        if self.folding() == Folding::CaseInsensitive {
            rest = fold(PathKey {
                tree: String::new(),
                path: rest,
            })
            .path;
        }
        let PathKey { tree, path } = self.locate(cwd, &base).key;
        let path = if path == "." && tree != OUTSIDE {
            rest
        } else {
            format!("{}/{rest}", escape(path.trim_end_matches('/')))
        };
        Glob::parse(&path)?;
        Ok(Some(PathKey { tree, path }))
    }
}

fn has_special(path: &std::ffi::OsStr) -> bool {
    path.to_string_lossy().chars().any(is_special)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_pattern_is_kept_where_its_beginning_leads_to() {
        let place = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(place.path()).unwrap();
        let project = Project::rooted(&root);
        fs::create_dir_all(root.join("app/[id]")).unwrap();
        fs::create_dir_all(root.join("sub")).unwrap();
        std::os::unix::fs::symlink("app", root.join("linked")).unwrap();
        let key = |cwd: &str, typed: &str| {
            let found = project.locate_pattern(&root.join(cwd), Path::new(typed));
            found.map(|key| key.map(|key| key.path))
        };
        let is = |path: &str| Ok(Some(path.to_owned()));
        assert_eq!(key("", "src/**/*.rs"), is("src/**/*.rs"));
        assert_eq!(key("sub", "*.rs"), is("sub/*.rs"));
        assert_eq!(key("sub", "../*.rs"), is("*.rs"));
        assert_eq!(key("", "./sub//*.rs"), is("sub/*.rs"));
        assert_eq!(key("", "linked/*.rs"), is("app/*.rs"));
        assert_eq!(key("", "app/[id]/*.tsx"), is(r"app/\[id]/*.tsx"));
        assert_eq!(key("", "{a/b,c}/x"), is("{a/b,c}/x"));
        assert_eq!(key("", "*.app/"), is("*.app/"), "directories");
        assert_eq!(key("", "src/*/"), is("src/*"));
        assert_eq!(key("", "app/[id]"), Ok(None), "it exists");
        assert_eq!(key("", "a{b"), Ok(None), "it matches itself alone");
        assert_eq!(key("", "src/*/../x"), Err(Invalid::GoesUp));
        let outside = project
            .locate_pattern(&root, Path::new("/nowhere/*.conf"))
            .unwrap()
            .unwrap();
        assert_eq!(
            (outside.tree.as_str(), outside.path.as_str()),
            (OUTSIDE, "/nowhere/*.conf")
        );
    }
}
