//! Paths as text: tidied the same way wherever they come from.

/// How a file system tells names apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Folding {
    /// `A` and `a` are two files.
    #[default]
    Exact,
    /// `A` and `a`, and the composed and decomposed forms of `é`, are one file.
    CaseInsensitive,
}

/// Joins `path` to `base` if it is relative, and removes `.`, `..` and doubled slashes by text alone.
///
/// Both are slash-separated; `base` is absolute. The result is absolute and has no trailing slash, except
/// for the root itself. `..` above the root stays at the root, as the kernel has it.
#[must_use]
pub fn absolute(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let joined = if path.starts_with('/') {
        [path, ""]
    } else {
        [base, path]
    };
    for part in joined.iter().flat_map(|text| text.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What is left of `path` below `base`, `.` for `base` itself; `None` when it lies elsewhere.
#[must_use]
pub fn relative<'a>(base: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(base.trim_end_matches('/'))?;
    match rest.strip_prefix('/') {
        Some("") => Some("."),
        Some(rest) => Some(rest),
        None => rest.is_empty().then_some("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_becomes_one() {
        for path in [
            "src/a.py",
            "./src/a.py",
            "src//a.py",
            "src/a.py/",
            "src/x/../a.py",
            "/r/src/a.py",
            "/../r/src/a.py",
        ] {
            assert_eq!(absolute("/r", path), "/r/src/a.py", "{path}");
        }
        assert_eq!(absolute("/r/sub", "../a"), "/r/a");
        assert_eq!(absolute("/", "."), "/");
    }

    #[test]
    fn relative_is_exact_about_directory_borders() {
        assert_eq!(relative("/r", "/r/src/a"), Some("src/a"));
        assert_eq!(relative("/r", "/r"), Some("."));
        assert_eq!(relative("/r", "/rx/a"), None);
        assert_eq!(relative("/", "/a"), Some("a"));
    }
}
