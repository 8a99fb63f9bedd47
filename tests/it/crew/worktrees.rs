//! A checkout for each session: what is nowhere else is kept.

use super::stage::Stage;

const PLAN: &str = "sessions: 1 clean, 1 dirty, 1 ahead\n
- [ ] A @clean
- [ ] B @dirty
- [ ] C @ahead
";

#[test]
fn checkouts_with_work_in_them_are_kept_and_the_others_removed() {
    let stage = Stage::new(PLAN);
    let worker = stage.script(
        "worker",
        "pwd >\"$OUT/$1\"; git branch --show-current >>\"$OUT/$1\"; agent-sync whoami >/dev/null
         export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b
         case $1 in
         dirty) echo x >new ;;
         ahead) echo x >new && git add new && git commit -qm New ;;
         esac
         finish",
    );
    let command = format!("{worker} {{role}}");
    let arguments = ["--sessions", "--worktrees", "--command", &command];
    let output = stage.launch(&arguments).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    let plan = &stage.plan;
    let checkout = |name: &str| {
        stage
            .env
            .path(&format!(".claude/worktrees/agent-sync/{plan}-{name}-1"))
    };
    assert_eq!(
        stage.out("ahead"),
        format!("{}\nagent-sync/{plan}/ahead-1\n", checkout("ahead").display())
    );
    assert!(
        output
            .stderr
            .contains("dirty-1: it has changes that are not committed"),
        "{output:?}"
    );
    assert!(
        output.stderr.contains("ahead-1: its commits are not merged"),
        "{output:?}"
    );
    assert!(!checkout("clean").exists() && checkout("dirty").exists() && checkout("ahead").exists());
    assert_eq!(
        stage.env.git(&["status", "--porcelain"]),
        "",
        "git does not see them"
    );
    // All are the same project, and each session's locks are its own checkout's.
    assert_eq!(
        stage
            .text("SELECT DISTINCT tree FROM task WHERE status = 'done' ORDER BY tree")
            .len(),
        3
    );
    stage
        .env
        .git(&["merge", "--quiet", &format!("agent-sync/{plan}/ahead-1")]);
    let output = stage.launch(&arguments).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    assert!(!checkout("ahead").exists() && checkout("dirty").exists());
    let branches = stage.env.git(&["branch", "--list", "agent-sync/*"]);
    assert!(
        !branches.contains("ahead-1") && branches.contains("dirty-1"),
        "{branches}"
    );
    stage.expect_nothing_left();
}

#[test]
fn clean_checkouts_are_removed_on_request_and_their_branches_stay() {
    let stage = Stage::new("sessions: 1 ahead\n\n- [ ] C @ahead\n");
    let worker = stage.script(
        "worker",
        "echo x >new && git add new && git -c user.name=A -c user.email=a@b commit -qm New; finish",
    );
    let arguments = [
        "--sessions",
        "--worktrees",
        "--remove-worktrees",
        "--command",
        &worker,
    ];
    let output = stage.launch(&arguments).finish();
    assert_eq!(output.status, Some(0), "{output:?}");
    let branch = format!("agent-sync/{}/ahead-1", stage.plan);
    assert_eq!(stage.env.git(&["log", "-1", "--format=%s", &branch]), "New");
    assert_eq!(stage.env.git(&["worktree", "list"]).lines().count(), 1);
}
