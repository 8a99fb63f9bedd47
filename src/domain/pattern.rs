//! Patterns as a shell and as git's pathspecs have them, compared with paths that are known.

/// Whether `pattern` matches the whole of `text`. `*` and `?` stop at a slash unless `crosses_slashes`, which
/// is how git reads them; `[a-z]` and `[!a-z]` are one of a set; a backslash takes the next character as it is.
#[must_use]
pub fn matches(pattern: &str, text: &str, crosses_slashes: bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let may_take = |character: char| crosses_slashes || character != '/';
    // Where the last star was, and from where on it has taken characters.
    let (mut at, mut seen, mut star) = (0, 0, None::<(usize, usize)>);
    while seen < text.len() || at < pattern.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, seen));
            at += 1;
            continue;
        }
        if let Some(&character) = text.get(seen)
            && let Some(length) = one(&pattern[at..], character, may_take(character))
        {
            at += length;
            seen += 1;
            continue;
        }
        match star {
            Some((begun, taken)) if taken < text.len() && may_take(text[taken]) => {
                star = Some((begun, taken + 1));
                at = begun + 1;
                seen = taken + 1;
            }
            _ => return false,
        }
    }
    true
}

/// How long the first element of `pattern` is, if it matches `character`.
fn one(pattern: &[char], character: char, may_take: bool) -> Option<usize> {
    match pattern.first()? {
        '?' => may_take.then_some(1),
        '\\' => (pattern.get(1) == Some(&character)).then_some(2),
        '[' => match set(pattern) {
            Some(Set {
                length,
                members,
                is_negated,
            }) => {
                let is_member = members
                    .iter()
                    .any(|(from, to)| (*from..=*to).contains(&character));
                (may_take && is_member != is_negated).then_some(length)
            }
            None => (character == '[').then_some(1),
        },
        literal => (*literal == character).then_some(1),
    }
}

/// A set in brackets.
struct Set {
    /// How long it is written.
    length: usize,
    members: Vec<(char, char)>,
    /// Whether everything else is meant.
    is_negated: bool,
}

fn set(pattern: &[char]) -> Option<Set> {
    let is_negated = matches!(pattern.get(1), Some('!' | '^'));
    let begin = if is_negated { 2 } else { 1 };
    let mut members = Vec::new();
    let mut at = begin;
    loop {
        match *pattern.get(at)? {
            ']' if at > begin => {
                return Some(Set {
                    length: at + 1,
                    members,
                    is_negated,
                });
            }
            from if pattern.get(at + 1) == Some(&'-') && pattern.get(at + 2).is_some_and(|to| *to != ']') => {
                members.push((from, pattern[at + 2]));
                at += 3;
            }
            member => {
                members.push((member, member));
                at += 1;
            }
        }
    }
}

/// Whether some of git's `pathspecs`, written in the directory `base` of a checkout, mean `path`. Both are
/// relative to its top, `.` being the top itself. No pathspec at all means every path.
#[must_use]
pub fn is_meant(pathspecs: &[String], base: &str, path: &str) -> bool {
    let (mut is_any, mut is_named, mut is_excluded) = (false, false, false);
    for pathspec in pathspecs {
        let (is_exclusion, from_top, rest) = magic(pathspec);
        let base = if from_top { "." } else { base };
        let absolute = super::path::absolute(&format!("/{base}"), rest);
        let wanted = absolute.trim_start_matches('/');
        let is_met = wanted.is_empty()
            || path == wanted
            || path
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.starts_with('/'))
            || matches(wanted, path, true)
            || matches(&format!("{wanted}/*"), path, true);
        if is_exclusion {
            is_excluded |= is_met;
        } else {
            is_any = true;
            is_named |= is_met;
        }
    }
    (is_named || !is_any) && !is_excluded
}

/// What the magic words before a pathspec say: whether it excludes, whether it starts at the top; and the rest.
fn magic(pathspec: &str) -> (bool, bool, &str) {
    let Some(rest) = pathspec.strip_prefix(':') else {
        return (false, false, pathspec);
    };
    if let Some((words, rest)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let has = |word| words.split(',').any(|one| one == word);
        return (has("exclude"), has("top"), rest);
    }
    let path = rest.trim_start_matches(['!', '^', '/']);
    let marks = &rest[..rest.len() - path.len()];
    (marks.contains(['!', '^']), marks.contains('/'), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shells_star_stays_within_a_name_and_gits_does_not() {
        for (pattern, text, in_shell, in_git) in [
            ("*.rs", "a.rs", true, true),
            ("*.rs", "src/a.rs", false, true),
            ("src/*", "src/a/b", false, true),
            ("src/*/b", "src/a/b", true, true),
            ("a?c", "abc", true, true),
            ("a?c", "a/c", false, true),
            ("[a-c]x", "bx", true, true),
            ("[!a-c]x", "bx", false, false),
            ("[]]", "]", true, true),
            ("[", "[", true, true),
            (r"\*", "*", true, true),
            (r"\*", "a", false, false),
            ("**a*b", "xaab", true, true),
            ("", "", true, true),
            ("*", "", true, true),
        ] {
            assert_eq!(matches(pattern, text, false), in_shell, "{pattern} {text}");
            assert_eq!(matches(pattern, text, true), in_git, "{pattern} {text}");
        }
    }

    #[test]
    fn pathspecs_mean_files_directories_and_patterns_from_where_they_are_written() {
        let is_meant = |specs: &[&str], base: &str, path: &str| {
            let specs: Vec<String> = specs.iter().map(|&spec| spec.to_owned()).collect();
            super::is_meant(&specs, base, path)
        };
        assert!(is_meant(&["."], ".", "src/a.rs") && is_meant(&[], "src", "b"));
        assert!(is_meant(&["a.rs"], "src", "src/a.rs") && !is_meant(&["a.rs"], ".", "src/a.rs"));
        assert!(is_meant(&["src"], ".", "src/a.rs") && !is_meant(&["src"], ".", "src2/a.rs"));
        assert!(is_meant(&[".."], "src", "b") && !is_meant(&["."], "src", "b"));
        assert!(is_meant(&["*.rs"], ".", "src/a.rs") && is_meant(&["*.rs"], "src", "src/x/a.rs"));
        assert!(is_meant(&[":/b"], "src", "b") && is_meant(&[":(top)b"], "src", "b"));
        assert!(!is_meant(&[".", ":!src"], ".", "src/a.rs") && is_meant(&[".", ":!src"], ".", "b"));
        assert!(!is_meant(&[":(exclude)src"], ".", "src/a.rs"));
    }
}
