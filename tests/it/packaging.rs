//! What is released, and how: scripts that can be tried here, and the rules for what runs elsewhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::env::{PROGRAM, TestEnv};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGETS: [&str; 5] = [
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-gnu",
    "x86_64-pc-windows-msvc",
];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn script(name: &str, arguments: &[&str]) -> Output {
    let script = top().join("packaging").join(name);
    Command::new(script).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_formula_of_a_release_names_every_archive_with_its_checksum() {
    let env = TestEnv::plain();
    let sums = TARGETS.iter().enumerate().map(|(number, target)| {
        let is_zip = target.contains("windows");
        let suffix = if is_zip { "zip" } else { "tar.gz" };
        format!("{number:064x}  agent-sync-v1.2.3-{target}.{suffix}\n")
    });
    let sums: Vec<String> = sums.collect();
    env.write("SHA256SUMS", &sums.concat());
    let file = env.path("SHA256SUMS");
    let file = file.to_str().unwrap();
    let made = script("formula.sh", &["v1.2.3", file, "somebody/agent-sync"]);
    let formula = text(&made.stdout);
    assert!(
        made.status.success() && made.stderr.is_empty(),
        "{}",
        text(&made.stderr)
    );
    assert!(!formula.contains('@'), "{formula}");
    for (number, target) in TARGETS.iter().enumerate().take(4) {
        let url = format!(
            "url \"https://github.com/somebody/agent-sync/releases/download/v1.2.3/agent-sync-v1.2.3-{target}.tar.gz\"\n      \
             sha256 \"{number:064x}\""
        );
        assert!(formula.contains(&url), "{formula}");
    }

    env.write("SHA256SUMS", "");
    let made = script("formula.sh", &["v1.2.3", file, "somebody/agent-sync"]);
    assert!(!made.status.success() && made.stdout.is_empty());
    assert!(
        text(&made.stderr).contains("lacks a checksum for aarch64-apple-darwin"),
        "{}",
        text(&made.stderr)
    );
}

#[test]
fn the_notes_of_a_release_are_the_changelog() {
    let notes = script("notes.sh", &[&format!("v{VERSION}")]);
    assert!(notes.status.success());
    let notes = text(&notes.stdout);
    assert!(notes.contains("### Added") && !notes.contains("\n## "), "{notes}");
}

#[test]
fn a_tag_that_is_not_this_version_is_not_packed() {
    let refused = script("pack.sh", &["v0.0.1", TARGETS[3]]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains(&format!("Cargo.toml says {VERSION}")));
}

/// Every line of every workflow, with the name of its file.
fn workflow_lines() -> Vec<(String, String)> {
    let files = fs::read_dir(top().join(".github/workflows")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    files
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let lines: Vec<_> = fs::read_to_string(&path)
                .unwrap()
                .lines()
                .map(|line| (name.clone(), line.to_owned()))
                .collect();
            lines
        })
        .collect()
}

#[test]
fn every_action_of_others_is_pinned_to_a_commit_and_says_which_version_that_is() {
    let lines = workflow_lines();
    let used: Vec<_> = lines.iter().filter(|(_, line)| line.contains("uses:")).collect();
    assert!(used.len() > 5);
    for (file, line) in used {
        let (_, rest) = line.split_once('@').unwrap_or_else(|| panic!("{file}: {line}"));
        let (commit, version) = rest
            .split_once(" # v")
            .unwrap_or_else(|| panic!("{file}: {line}"));
        assert!(
            commit.len() == 40
                && commit.chars().all(|digit| digit.is_ascii_hexdigit())
                && !version.is_empty(),
            "{file}: {line}"
        );
    }
}

#[test]
fn workflows_may_read_and_only_the_release_may_write() {
    let lines = workflow_lines();
    for file in ["ci.yml", "release.yml"] {
        let own: Vec<&str> = lines
            .iter()
            .filter(|(name, _)| name == file)
            .map(|(_, line)| line.as_str())
            .collect();
        let at = own.iter().position(|line| *line == "permissions:").unwrap();
        assert_eq!(own[at + 1..at + 3], ["  contents: read", ""], "{file}");
        let writes: Vec<&str> = own
            .iter()
            .filter(|line| line.ends_with(": write"))
            .map(|line| line.trim())
            .collect();
        let expected: &[&str] = match file {
            "release.yml" => &["contents: write", "id-token: write", "attestations: write"],
            _ => &[],
        };
        assert_eq!(writes, expected, "{file}");
    }
    let built: Vec<&str> = lines
        .iter()
        .filter_map(|(_, line)| line.trim().strip_prefix("- target: "))
        .collect();
    let mut expected = TARGETS;
    expected.sort_unstable();
    let mut built = built;
    built.sort_unstable();
    assert_eq!(
        built, expected,
        "what is built is what the formula and binstall name"
    );
}

#[test]
fn the_packaged_program_says_its_version() {
    let said = Command::new(PROGRAM).arg("--version").output().unwrap();
    assert_eq!(text(&said.stdout), format!("agent-sync {VERSION}\n"));
}
