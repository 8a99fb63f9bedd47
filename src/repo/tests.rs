//! Real repositories of every shape, made by git itself.

use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use super::*;

struct Repository {
    top: PathBuf,
    _owner: TempDir,
}

impl Repository {
    fn new() -> Self {
        let owner = tempfile::tempdir().unwrap();
        let top = owner.path().canonicalize().unwrap();
        let repository = Self { top, _owner: owner };
        repository.git(".", &["init", "--quiet", "main"]);
        repository.write("main/src/a.py", "a");
        repository.git("main", &["add", "."]);
        repository.git("main", &["commit", "--quiet", "--message", "Start"]);
        repository
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=T",
                "-c",
                "user.email=t@example.invalid",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .current_dir(self.top.join(folder))
            .env("HOME", &self.top)
            .env_remove("GIT_DIR")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn discover(&self, folder: &str) -> Project {
        Project::discover(&self.path(folder), Some(&self.top)).unwrap()
    }

    /// The key of `typed`, seen from `folder`, as `tree:path`.
    fn key(&self, folder: &str, typed: &str) -> String {
        let key = self
            .discover(folder)
            .locate(&self.path(folder), Path::new(typed))
            .key;
        format!("{}:{}", key.tree, key.path)
    }
}

#[test]
fn a_path_is_resolved_against_the_working_directory_and_keyed_from_the_top() {
    let repository = Repository::new();
    for (folder, typed) in [
        ("main", "src/a.py"),
        ("main", "./src//x/../a.py"),
        ("main/src", "a.py"),
        ("main/src", "../src/a.py"),
        (
            "main/src",
            &repository.path("main/src/a.py").display().to_string(),
        ),
    ] {
        assert_eq!(repository.key(folder, typed), ":src/a.py", "{typed} in {folder}");
    }
    assert_eq!(repository.key("main/src", ".."), ":.");
    assert_eq!(repository.key("main", "not/yet/there.py"), ":not/yet/there.py");
}

#[test]
fn links_lead_to_the_file_they_name_even_before_it_exists() {
    let repository = Repository::new();
    symlink("src", repository.path("main/link")).unwrap();
    symlink("src/new.py", repository.path("main/dangling")).unwrap();
    symlink("loop", repository.path("main/loop")).unwrap();
    symlink("/nowhere-at-all", repository.path("main/out")).unwrap();
    assert_eq!(repository.key("main", "link/a.py"), ":src/a.py");
    assert_eq!(repository.key("main", "dangling"), ":src/new.py");
    assert_eq!(repository.key("main", "link/../src/a.py"), ":src/a.py");
    assert_eq!(repository.key("main", "out/x"), "/:/nowhere-at-all/x");
    let _a_loop_ends = repository.key("main", "loop/x");
}

#[test]
fn a_file_outside_has_one_key_however_it_is_reached() {
    let repository = Repository::new();
    repository.write("o.py", "");
    let absolute = repository.path("o.py").display().to_string();
    let expected = format!("/:{absolute}");
    assert_eq!(repository.key("main", "../o.py"), expected);
    assert_eq!(repository.key("main/src", &absolute), expected);
}

#[test]
fn a_linked_worktree_shares_the_store_and_has_keys_of_its_own() {
    let repository = Repository::new();
    repository.git("main", &["worktree", "add", "--quiet", "../feature"]);
    repository.git("main", &["worktree", "add", "--quiet", ".claude/worktrees/inner"]);
    assert_eq!(repository.discover("feature/src").root, repository.path("main"));
    assert_eq!(repository.key("feature", "src/a.py"), "feature:src/a.py");
    assert_eq!(repository.key("feature/src", "a.py"), "feature:src/a.py");
    assert_eq!(repository.key("main", "../feature/src/a.py"), "feature:src/a.py");
    assert_eq!(repository.key("feature", "../main/src/a.py"), ":src/a.py");
    assert_eq!(
        repository.key("main", ".claude/worktrees/inner/src/a.py"),
        "inner:src/a.py"
    );
}

#[test]
fn a_submodule_is_a_project_of_its_own_and_a_part_of_its_parents() {
    let repository = Repository::new();
    repository.git(".", &["clone", "--quiet", "main", "super"]);
    repository.git("super", &["submodule", "--quiet", "add", "../main", "sub"]);
    let sub = repository.discover("super/sub/src");
    assert_eq!(
        (&sub.root, sub.tree.as_str()),
        (&repository.path("super/sub"), "")
    );
    assert_eq!(repository.key("super", "sub/src/a.py"), ":sub/src/a.py");
    assert_eq!(repository.key("super/sub", "src/a.py"), ":src/a.py");
}

#[test]
fn all_worktrees_of_a_bare_repository_come_to_one_place() {
    let repository = Repository::new();
    repository.git(".", &["clone", "--quiet", "--bare", "main", "bare.git"]);
    repository.git("bare.git", &["worktree", "add", "--quiet", "../one"]);
    repository.git("bare.git", &["worktree", "add", "--quiet", "../two"]);
    let roots = ["one", "two", "bare.git"].map(|folder| repository.discover(folder).root);
    assert!(
        roots.iter().all(|root| *root == repository.path("bare.git")),
        "{roots:?}"
    );
    assert_eq!(repository.key("one", "../two/src/a.py"), "two:src/a.py");
}

#[test]
fn a_separate_git_directory_is_one_place_for_all_its_worktrees() {
    let repository = Repository::new();
    repository.git(
        ".",
        &[
            "clone",
            "--quiet",
            "--separate-git-dir",
            "elsewhere",
            "main",
            "apart",
        ],
    );
    repository.git("apart", &["worktree", "add", "--quiet", "../linked"]);
    assert_eq!(
        repository.discover("apart").root,
        repository.discover("linked").root
    );
}

#[test]
fn a_claude_directory_alone_is_no_project() {
    let repository = Repository::new();
    repository.write("main/src/.claude/settings.json", "{}");
    assert_eq!(repository.discover("main/src").root, repository.path("main"));
    repository.write("plain/.claude/settings.json", "{}");
    assert_eq!(Project::discover(&repository.path("plain"), None), None);
    repository.write(".claude/coordination/state.sqlite", "");
    assert_eq!(
        Project::discover(&repository.path("plain"), Some(&repository.top)),
        None,
        "home is no project"
    );
    repository.write("plain/.claude/coordination/state.sqlite", "");
    assert_eq!(repository.discover("plain").root, repository.path("plain"));
}

#[test]
fn a_second_name_of_a_file_is_told_by_its_inode() {
    let repository = Repository::new();
    let inode = |name: &str| {
        repository
            .discover("main")
            .locate(&repository.path("main"), Path::new(name))
            .inode
    };
    assert_eq!(inode("src/a.py"), None);
    fs::hard_link(repository.path("main/src/a.py"), repository.path("main/b.py")).unwrap();
    assert!(inode("b.py").is_some());
    assert_eq!(inode("b.py"), inode("src/a.py"));
}

#[test]
fn names_fold_only_where_the_file_system_folds_them() {
    let key = |path: &str| {
        fold(PathKey {
            tree: String::new(),
            path: path.to_owned(),
        })
        .path
    };
    assert_eq!(key("Src/CAFÉ.py"), key("src/cafe\u{301}.PY"));
    let repository = Repository::new();
    assert_ne!(
        repository.key("main", "src/A.py"),
        repository.key("main", "src/a.py")
    );
}

#[test]
fn bytes_that_are_no_text_make_keys_that_differ() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = Repository::new();
    let project = repository.discover("main");
    let key = |bytes: &[u8]| {
        project
            .locate(
                &repository.path("main"),
                Path::new(std::ffi::OsStr::from_bytes(bytes)),
            )
            .key
    };
    assert_ne!(key(b"\xff"), key(b"\xfe"));
    assert_eq!(key(b"\xff").path, "\\xff");
}

#[test]
fn the_branch_of_every_checkout_is_read_without_git() {
    let repository = Repository::new();
    repository.git("main", &["checkout", "--quiet", "-b", "feature/a"]);
    assert_eq!(repository.discover("main").branch().as_deref(), Some("feature/a"));
    repository.git(
        "main",
        &["worktree", "add", "--quiet", "-b", "other", "../linked"],
    );
    assert_eq!(repository.discover("linked").branch().as_deref(), Some("other"));
    repository.git("linked", &["checkout", "--quiet", "--detach"]);
    let detached = repository.discover("linked").branch().unwrap();
    assert!(detached.len() == 8 && detached.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(Project::rooted(&repository.path("")).branch(), None);
}
