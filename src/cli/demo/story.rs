//! What six agents did in three hours: the facts of the project that `demo --project` makes.
//!
//! A story in which everything occurs that one may want to look at: a long chain of tasks, one that is blocked, one
//! that failed and one that a dead session left behind; locks, somebody who waits for one, files that two change at
//! once; messages in every state, among them one to the human; decisions, one of them superseded.

/// An agent.
pub(super) struct Agent {
    pub(super) name: &'static str,
    pub(super) role: &'static str,
    /// Whose subagent it is.
    pub(super) parent: Option<&'static str>,
    /// Whether it works in the linked worktree.
    pub(super) is_away: bool,
}

const fn agent(name: &'static str, role: &'static str) -> Agent {
    Agent {
        name,
        role,
        parent: None,
        is_away: false,
    }
}

pub(super) const AGENTS: [Agent; 6] = [
    agent("alice", "server"),
    Agent {
        is_away: true,
        ..agent("bob", "web")
    },
    agent("carol", "tests"),
    agent("dave", "docs"),
    agent("erin", "data"),
    Agent {
        parent: Some("alice"),
        ..agent("alice-scout", "research")
    },
];

/// A task of the plan.
pub(super) struct Task {
    pub(super) title: &'static str,
    pub(super) role: Option<&'static str>,
    pub(super) priority: i64,
    pub(super) label: &'static str,
    pub(super) file: Option<&'static str>,
    pub(super) after: &'static [&'static str],
}

const fn task(
    title: &'static str,
    label: &'static str,
    file: &'static str,
    after: &'static [&'static str],
) -> Task {
    Task {
        title,
        role: None,
        priority: 0,
        label,
        file: Some(file),
        after,
    }
}

pub(super) const PLAN: [Task; 15] = [
    task("Choose the session token", "design", "docs/tokens.md", &[]),
    task(
        "Store sessions",
        "server",
        "src/store/sessions.rs",
        &["Choose the session token"],
    ),
    task(
        "Migrate the user table",
        "server",
        "src/store/schema.rs",
        &["Choose the session token"],
    ),
    task(
        "Serve sign-in requests",
        "server",
        "src/api/signin.rs",
        &["Store sessions", "Migrate the user table"],
    ),
    task(
        "Limit wrong passwords",
        "server",
        "src/api/limits.rs",
        &["Serve sign-in requests"],
    ),
    Task {
        role: Some("web"),
        ..task(
            "Draw the sign-in form",
            "web",
            "web/signin.tsx",
            &["Choose the session token"],
        )
    },
    Task {
        role: Some("web"),
        ..task(
            "Remember the last user",
            "web",
            "web/storage.ts",
            &["Draw the sign-in form"],
        )
    },
    Task {
        role: Some("tests"),
        ..task(
            "Test sign-in from end to end",
            "tests",
            "tests/signin.rs",
            &["Serve sign-in requests", "Draw the sign-in form"],
        )
    },
    Task {
        role: Some("docs"),
        ..task("Describe sign-in", "docs", "docs/signin.md", &[])
    },
    Task {
        priority: 5,
        file: None,
        ..task(
            "Release 2.0",
            "release",
            "",
            &[
                "Limit wrong passwords",
                "Remember the last user",
                "Test sign-in from end to end",
                "Describe sign-in",
            ],
        )
    },
    Task {
        priority: 2,
        role: Some("tests"),
        ..task("Mend the flaky search test", "tests", "tests/search.rs", &[])
    },
    task("Measure the search index", "server", "benches/search.rs", &[]),
    task("Try passkeys", "research", "src/api/passkeys.rs", &[]),
    task("Translate the manual", "docs", "docs/de", &[]),
    Task {
        role: Some("tests"),
        ..task("Share the test helpers", "tests", "tests/helpers.rs", &[])
    },
];

/// Something that an agent does.
pub(super) enum Deed {
    /// It begins.
    Begin,
    /// It takes a task with its files.
    Claim(&'static str),
    /// It finishes a task, with what others should know about it.
    Done(&'static str, &'static str),
    /// It gives a task up.
    Fail(&'static str, &'static str),
    /// It cannot go on with a task.
    Block(&'static str, &'static str),
    /// Nobody shall do a task.
    Cancel(&'static str, &'static str),
    /// It locks a file, for a reason.
    Lock(&'static str, &'static str),
    /// It gives a lock back.
    Unlock(&'static str),
    /// It waits for a file.
    Await(&'static str),
    /// It edits a file: lines added and removed.
    Edit(&'static str, i64, i64),
    /// It writes to somebody.
    Send(&'static str, &'static str),
    /// The same where it matters, to be acknowledged.
    Urge(&'static str, &'static str),
    /// It is shown its mail and goes on with it.
    Hear,
    /// It takes note of what it was urged to.
    Acknowledge,
    /// It settles something.
    Decide(&'static str),
    /// It settles something in place of what it had settled last.
    Revise(&'static str),
    /// It adds to the record.
    Note(&'static str),
    /// Its turn ends.
    Rest,
    /// It says goodbye.
    Leave,
}

use Deed::{
    Acknowledge, Await, Begin, Block, Cancel, Claim, Decide, Done, Edit, Fail, Hear, Leave, Lock, Note, Rest,
    Revise, Send, Unlock, Urge,
};

/// Who did what how many minutes ago, the oldest first.
pub(super) const STORY: [(i64, &str, Deed); 82] = [
    (178, "alice", Begin),
    (177, "alice", Claim("Choose the session token")),
    (176, "carol", Begin),
    (175, "dave", Begin),
    (174, "dave", Claim("Describe sign-in")),
    (171, "alice", Edit("docs/tokens.md", 41, 0)),
    (169, "carol", Claim("Mend the flaky search test")),
    (
        166,
        "alice",
        Decide("Sessions are opaque random tokens in a cookie; no JWT."),
    ),
    (
        165,
        "alice",
        Done("Choose the session token", "see docs/tokens.md"),
    ),
    (
        165,
        "alice",
        Send(
            "all",
            "The token is settled: docs/tokens.md. Store and form can begin.",
        ),
    ),
    (164, "dave", Hear),
    (164, "carol", Hear),
    (162, "bob", Begin),
    (161, "bob", Claim("Draw the sign-in form")),
    (160, "erin", Begin),
    (159, "erin", Claim("Migrate the user table")),
    (158, "alice", Claim("Store sessions")),
    (152, "erin", Edit("src/store/schema.rs", 18, 2)),
    (150, "bob", Edit("web/signin.tsx", 96, 0)),
    (149, "alice", Edit("src/store/sessions.rs", 120, 4)),
    (148, "carol", Edit("tests/search.rs", 9, 14)),
    (
        145,
        "carol",
        Done(
            "Mend the flaky search test",
            "it depended on the order of a hash map",
        ),
    ),
    (
        144,
        "erin",
        Send("alice", "users.id becomes a UUID. Does the session store care?"),
    ),
    (143, "alice", Hear),
    (142, "alice", Send("erin", "No, it keeps the id as text.")),
    (140, "erin", Hear),
    (139, "erin", Leave),
    (136, "dave", Edit("docs/signin.md", 60, 0)),
    (133, "carol", Claim("Measure the search index")),
    (128, "carol", Edit("benches/search.rs", 75, 0)),
    (
        127,
        "carol",
        Note("the index holds 1.2 million words; a query takes 3 ms at the 99th percentile"),
    ),
    (
        126,
        "carol",
        Done("Measure the search index", "3 ms at the 99th percentile"),
    ),
    (
        124,
        "alice",
        Decide("Sessions end after 12 hours without a request."),
    ),
    (121, "alice", Edit("src/store/sessions.rs", 33, 21)),
    (
        118,
        "alice",
        Done("Store sessions", "tests/sessions.rs covers it"),
    ),
    (117, "alice", Claim("Migrate the user table")),
    (116, "carol", Claim("Try passkeys")),
    (112, "alice", Edit("src/store/schema.rs", 12, 9)),
    (108, "bob", Edit("web/signin.tsx", 40, 31)),
    (104, "carol", Edit("src/api/passkeys.rs", 51, 0)),
    (
        101,
        "alice",
        Done("Migrate the user table", "the migration can be taken back"),
    ),
    (100, "alice", Claim("Serve sign-in requests")),
    (
        97,
        "carol",
        Fail("Try passkeys", "the test browser has no authenticator"),
    ),
    (
        95,
        "carol",
        Cancel("Translate the manual", "not before the texts are final"),
    ),
    (93, "alice", Edit("src/api/signin.rs", 88, 0)),
    (
        90,
        "bob",
        Send(
            "alice",
            "What does sign-in answer to a wrong password, 401 or 403?",
        ),
    ),
    (89, "alice", Hear),
    (88, "alice", Send("bob", "401, with the field `reason`.")),
    (87, "bob", Hear),
    (82, "dave", Edit("docs/signin.md", 22, 8)),
    (76, "alice", Edit("src/api/signin.rs", 30, 12)),
    (
        70,
        "alice",
        Revise("Sessions end after 30 minutes without a request, at the latest after 12 hours."),
    ),
    (
        69,
        "alice",
        Urge(
            "bob",
            "Sessions now end after 30 minutes: the form has to expect a 401 at any time.",
        ),
    ),
    (68, "bob", Hear),
    (67, "bob", Acknowledge),
    (61, "bob", Edit("web/signin.tsx", 19, 3)),
    (55, "carol", Edit("tests/helpers.rs", 14, 2)),
    (
        52,
        "dave",
        Block(
            "Describe sign-in",
            "is the 30-minute limit to be in the manual, or only in the release notes?",
        ),
    ),
    (
        51,
        "dave",
        Send(
            "human",
            "Does the 30-minute limit go into the manual, or only into the release notes?",
        ),
    ),
    (50, "dave", Rest),
    (
        45,
        "alice",
        Lock("src/api/signin.rs", "answering 401 with a reason"),
    ),
    (44, "alice", Edit("src/api/signin.rs", 27, 6)),
    (
        41,
        "bob",
        Lock("web/signin.tsx", "the form expects a 401 at any time"),
    ),
    (
        38,
        "alice",
        Lock("Cargo.toml", "raising the version of the password hash"),
    ),
    (36, "alice", Edit("Cargo.toml", 1, 1)),
    (33, "alice", Unlock("Cargo.toml")),
    (27, "alice-scout", Begin),
    (
        22,
        "alice-scout",
        Note("argon2 at 19 MiB and two rounds takes 24 ms here"),
    ),
    (18, "bob", Edit("web/signin.tsx", 11, 11)),
    (14, "carol", Begin),
    (13, "carol", Claim("Share the test helpers")),
    (12, "carol", Edit("tests/helpers.rs", 22, 0)),
    (
        11,
        "carol",
        Lock("tests", "moving the helpers; give me ten minutes"),
    ),
    (9, "alice", Edit("tests/helpers.rs", 3, 1)),
    (7, "alice", Edit("src/api/signin.rs", 44, 19)),
    (6, "alice-scout", Await("tests/passwords.rs")),
    (
        5,
        "carol",
        Send(
            "alice",
            "You and I both change tests/helpers.rs: yours is in, I rebase on it.",
        ),
    ),
    (
        4,
        "bob",
        Send("alice", "The form is ready to be tried: branch web."),
    ),
    (3, "carol", Edit("tests/helpers.rs", 6, 6)),
    (3, "carol", Await("src/api/signin.rs")),
    (2, "bob", Edit("web/signin.tsx", 4, 2)),
    (1, "alice", Edit("src/api/signin.rs", 8, 2)),
];
