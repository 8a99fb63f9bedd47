//! `docs/hooks.md`: every hook, as the table has it.

use std::fmt::Write as _;

use super::HOOKS;

const OPENING: &str = "\
# Hooks

What Claude Code asks agent-sync, and what comes of it. Made from the table in `src/hook/table.rs`, like
[hooks/hooks.json](../hooks/hooks.json) and what `agent-sync init` wires; do not edit it here.

Every hook reads the client's JSON on standard input and answers in the client's JSON on standard output. It ends with
0, or with 2 where a conflict is proved (FileChanged: where a sleeping session is to be woken). Without a store it says
nothing. Whatever goes wrong inside it ends with 0 and one line in `.claude/coordination/hook.log`; it never waits
more than 100 ms for the database. [architecture.md](architecture.md) follows one call through the house.

| event | what agent-sync does |
|---|---|
";

const CLOSING: &str = "
## Trying one

A hook is a program that reads JSON, so it can be asked by hand:

```sh
echo '{\"session_id\": \"s1\", \"cwd\": \"'\"$PWD\"'\", \"hook_event_name\": \"SessionStart\", \"source\": \"startup\"}' |
    agent-sync hook session-start
```

`agent-sync doctor` says which events have arrived, and when.
";

/// The whole page.
fn page() -> String {
    let mut page = OPENING.to_owned();
    for hook in &HOOKS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| [{0}](#{1}) | {2} |",
            hook.event,
            hook.event.to_lowercase(),
            hook.purpose
        );
    }
    for hook in &HOOKS {
        let _ = write!(page, "\n## {}\n\nIt {}.\n\n", hook.event, hook.purpose);
        let _ = writeln!(page, "- command: `{}`", hook.command());
        let _ = match hook.matcher {
            Some(matcher) => writeln!(page, "- tools: `{matcher}`"),
            None => writeln!(page, "- tools: not about one"),
        };
        let _ = writeln!(page, "- the client gives up after: {} s", hook.timeout);
        if hook.wakes {
            page.push_str("- runs in the background, and ends with 2 to wake the session\n");
        }
    }
    page + CLOSING
}

#[test]
fn the_generated_page_of_the_hooks_is_what_the_table_says() {
    crate::env::generated::expect_file("docs/hooks.md", &page());
}
