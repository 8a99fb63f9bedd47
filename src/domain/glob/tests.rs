//! Patterns against brute force: every path of a small world is tried with a matcher of its own.

use proptest::prelude::*;

use super::*;

fn glob(text: &str) -> Glob {
    Glob::parse(text).unwrap_or_else(|invalid| panic!("{text}: {invalid}"))
}

/// Whether `pattern` matches all of `path`: the plainest matcher there is, for `?`, `*`, `**`, `[ab]`.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => matches(rest, path) || (!path.is_empty() && matches(pattern, &path[1..])),
        (Some((first, rest)), Some((name, names))) => {
            let (first, name): (Vec<char>, Vec<char>) = (first.chars().collect(), name.chars().collect());
            name_matches(&first, &name) && matches(rest, names)
        }
        _ => false,
    }
}

fn name_matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            name_matches(rest, name) || (!name.is_empty() && name_matches(pattern, &name[1..]))
        }
        (['[', one, other, ']', rest @ ..], [first, left @ ..]) => {
            (one == first || other == first) && name_matches(rest, left)
        }
        (['?', rest @ ..], [_, left @ ..]) => name_matches(rest, left),
        ([one, rest @ ..], [first, left @ ..]) => one == first && name_matches(rest, left),
        _ => false,
    }
}

fn covered(pattern: &str, path: &str) -> bool {
    let names_files = ["*.", "?.", "].", "*b."].iter().any(|stem| {
        let (_, last) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        last.rsplit_once(stem).is_some_and(|(_, extension)| {
            !extension.is_empty() && extension.chars().all(char::is_alphanumeric)
        })
    });
    let pattern: Vec<&str> = pattern.split('/').filter(|name| !name.is_empty()).collect();
    let path: Vec<&str> = path.split('/').collect();
    let nearest = if names_files { path.len() } else { 0 };
    (nearest..=path.len()).any(|length| matches(&pattern, &path[..length]))
}

/// Every path of at most `depth` of these names.
fn paths(names: &[String], depth: usize) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut longest: Vec<String> = vec![String::new()];
    for _ in 0..depth {
        longest = longest
            .iter()
            .flat_map(|path| names.iter().map(move |name| format!("{path}/{name}")))
            .collect();
        all.extend(longest.iter().map(|path| path.trim_start_matches('/').to_owned()));
    }
    all
}

fn names_of(length: usize) -> Vec<String> {
    paths(&["a".to_owned(), "b".to_owned()], length)
        .iter()
        .map(|path| path.replace('/', ""))
        .collect()
}

fn a_name(tokens: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("a"),
        Just("b"),
        Just("?"),
        Just("*"),
        Just("[ab]"),
        Just("[bc]")
    ];
    prop::collection::vec(token, tokens)
        .prop_map(|tokens| tokens.concat())
        .prop_filter("`**` is something else", |name| !name.contains("**"))
}

/// A pattern that ends in an extension, with a slash or without, or in a name.
fn a_pattern_of_files() -> impl Strategy<Value = String> {
    let stem = prop_oneof![Just("*"), Just("?"), Just("a"), Just("[ab]"), Just("*b")];
    let end = prop_oneof![4 => Just(".a"), 4 => Just(".b"), 1 => Just(""), 1 => Just(".?")];
    let name = (stem, end).prop_map(|(stem, end)| format!("{stem}{end}"));
    (a_path_of(name, 1..3), prop::bool::weighted(0.2)).prop_map(|(path, is_of_directories)| {
        if is_of_directories {
            format!("{path}/")
        } else {
            path
        }
    })
}

fn a_path(name: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    a_path_of(name, 1..4)
}

fn a_path_of(
    name: impl Strategy<Value = String>,
    length: std::ops::Range<usize>,
) -> impl Strategy<Value = String> {
    let part = prop_oneof![3 => name, 1 => Just("**".to_owned())];
    prop::collection::vec(part, length).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_names_overlap_exactly_when_some_name_fits_both(one in a_name(1..4), other in a_name(1..4)) {
        let one_fits_both = names_of(6).iter().any(|name| covered(&one, name) && covered(&other, name));
        prop_assert_eq!(glob(&one).overlaps(&glob(&other)), one_fits_both);
        prop_assert_eq!(glob(&other).overlaps(&glob(&one)), one_fits_both);
    }

    #[test]
    fn two_patterns_overlap_exactly_when_some_path_lies_in_both(
        one in a_path(a_name(1..2)),
        other in a_path(a_name(1..2)),
    ) {
        let small = ["a".to_owned(), "b".to_owned()];
        let one_lies_in_both = paths(&small, 6).iter().any(|path| covered(&one, path) && covered(&other, path));
        prop_assert_eq!(glob(&one).overlaps(&glob(&other)), one_lies_in_both);
        prop_assert_eq!(glob(&other).overlaps(&glob(&one)), one_lies_in_both);
    }

    #[test]
    fn a_pattern_covers_exactly_what_brute_force_says(pattern in a_path(a_name(1..4))) {
        let parsed = glob(&pattern);
        for path in paths(&names_of(2), 3) {
            prop_assert_eq!(parsed.covers(&path), covered(&pattern, &path), "{} {}", pattern, path);
if parsed.covers(&path) {
                prop_assert!(parsed.overlaps(&Glob::literal(&path)));
            }
        }
    }

    #[test]
    fn an_overlap_is_never_missed(one in a_path(a_name(1..4)), other in a_path(a_name(1..4))) {
        let (left, right) = (glob(&one), glob(&other));
        if !left.overlaps(&right) {
            for path in paths(&names_of(2), 3) {
                prop_assert!(!(left.covers(&path) && right.covers(&path)), "{} {} {}", one, other, path);
            }
        }
    }

    #[test]
    fn patterns_that_end_in_an_extension_overlap_exactly_when_some_path_lies_in_both(
        one in a_pattern_of_files(),
        other in a_pattern_of_files(),
    ) {
        let names = ["a", "b", "a.a", "a.b", "b.a", "b.b"].map(str::to_owned);
        let (left, right) = (glob(&one), glob(&other));
        let one_lies_in_both = paths(&names, 4).iter().any(|path| {
            let lies = (covered(&one, path), covered(&other, path));
            assert_eq!((left.covers(path), right.covers(path)), lies, "{one} {other} {path}");
            lies == (true, true)
        });
        prop_assert_eq!(left.overlaps(&right), one_lies_in_both);
        prop_assert_eq!(right.overlaps(&left), one_lies_in_both);
    }

    #[test]
    fn any_text_can_be_read_and_escaped(text in "[a{}\\[\\],*?!^\\\\/-]{1,12}") {
        if let Ok(parsed) = Glob::parse(&text) {
            let _ = parsed.overlaps(&parsed);
        }
        if names(&text).all(|name| name != "..") && names(&text).count() > 0 {
            let escaped = glob(&escape(&text));
            prop_assert!(escaped.is_literal() && escaped.covers(&text));
        }
    }
}

#[test]
fn the_syntax_is_what_people_know() {
    for (pattern, path, is_covered) in [
        ("src/**/*.rs", "src/a.rs", true),
        ("src/**/*.rs", "src/x/y/a.rs", true),
        ("src/**/*.rs", "src/x/y/a.rs/below", false),
        ("src/**/*.rs/", "src/x/y/a.rs/below", true),
        ("*.{rs,app/}", "x.app/below", true),
        ("*.{rs,app/}", "x.rs/below", false),
        ("v1.*", "v1.2/below", true),
        ("src/**/*.rs", "src/a.py", false),
        ("src/*.rs", "src/x/a.rs", false),
        ("src/*", "src/x/a.rs", true),
        ("src/*", "src", false),
        ("**", ".", true),
        ("**/test", "test/a", true),
        ("*.{rs,toml}", "Cargo.toml", true),
        ("[a-c]?", "bz", true),
        ("[!a-c]", "b", false),
        ("[]]", "]", true),
        (r"\*", "*", true),
        (r"\*", "a", false),
        ("[x", "[x", true),
        ("*", ".hidden", true),
        ("caf?", "café", true),
    ] {
        assert_eq!(glob(pattern).covers(path), is_covered, "{pattern} {path}");
    }
}

#[test]
fn patterns_that_cannot_mean_one_file_do_not_overlap() {
    for (one, other, do_overlap) in [
        ("src/**/*.rs", "**/a*", true),
        ("src/*.rs", "src/*.py", false),
        ("src/*.rs", "src", true),
        ("a*b", "b*a", false),
        ("[a-m]*", "[n-z]*", false),
        ("{src,lib}/*.rs", "lib/a.*", true),
        ("*.rs", "src/**", false),
        ("[.-0]", "[!.0]", false),
        ("src/**/*.rs", "src/**/*.py", false),
        ("**/*.rs", "src/**/test_*.rs", true),
        ("*.xcodeproj", "**/*", true),
        ("src/*.d", "src/x.d/a", false),
        ("src/*.d/", "src/x.d/a", true),
        ("**/*.rs", "**/*.py", false),
        ("**/*.rs", "**/*.py/", true),
    ] {
        assert_eq!(glob(one).overlaps(&glob(other)), do_overlap, "{one} {other}");
    }
}

#[test]
fn what_could_guard_nothing_is_no_pattern() {
    assert_eq!(Glob::parse("a/../*"), Err(Invalid::GoesUp));
    assert_eq!(Glob::parse("[z-a]"), Err(Invalid::EmptyRange));
    assert_eq!(Glob::parse("/"), Err(Invalid::Empty));
    assert_eq!(Glob::parse(&"*".repeat(MAX_LENGTH + 1)), Err(Invalid::TooLong));
    assert_eq!(Glob::parse(&"{a,b}".repeat(9)), Err(Invalid::TooManyAlternatives));
    assert!(glob("a{b").is_literal() && !glob("a?").is_literal());
}
