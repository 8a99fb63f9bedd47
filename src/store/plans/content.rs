//! A plan as it is kept, and the hash that agreement to it is pinned to.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::domain::plan::Plan;
use crate::domain::plan::document::Document;

/// A settled plan as text, in which nothing is left to choose.
pub(super) fn text(plan: &Plan) -> Result<String> {
    Ok(serde_json::to_string(&Document::new(plan))?)
}

/// The plan that was kept as this text.
pub(super) fn plan(text: &str) -> Result<Plan> {
    let unreadable = "a plan in the store cannot be read; `agent-sync doctor --check` looks at all of it";
    let document: Document = serde_json::from_str(text).context(unreadable)?;
    let plan = document.plan().and_then(Plan::check);
    let plan = plan
        .map_err(|fault| anyhow::anyhow!("{}", fault.why))
        .context(unreadable)?;
    Ok(plan.settled())
}

/// The SHA-256 of a content, in hexadecimal.
pub(super) fn hash(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _infallible = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::plan::markdown;

    fn hash_of(plan: Plan) -> String {
        hash(&text(&plan.settled()).unwrap())
    }

    fn json(text: &str) -> Plan {
        let document: Document = serde_json::from_str(text).unwrap();
        document.plan().and_then(Plan::check).unwrap()
    }

    #[test]
    fn the_hash_is_that_of_the_content_however_it_is_written() {
        let one = json(
            r#"{"format": "agent-sync-tasks", "version": 1, "tasks": [
                {"title": "A", "labels": ["y", "x", "x"], "files": ["b", "a"]},
                {"title": "B", "ref": "b", "dependencies": [{"on": "A"}, {"on": "a", "kind": "always"}]}]}"#,
        );
        let other = json(
            r#"{"tasks": [{"files": ["a", "b"], "priority": 0, "title": " A ", "labels": ["X", "y"], "ref": "a"},
                {"dependencies": [{"kind": "always", "on": "a"}, {"kind": "after", "on": "A"}], "ref": "b", "title": "B",
                 "role": null}], "version": 1, "format": "agent-sync-tasks"}"#,
        );
        let markdown = markdown::read("- [ ] B {#b} (after: A) (always: A)\n- [ ] A #x #y\n  scope: b, a\n")
            .and_then(Plan::check)
            .unwrap();
        assert_eq!(hash_of(one.clone()), hash_of(other));
        assert_ne!(
            hash_of(one.clone()),
            hash_of(markdown.clone()),
            "the order of tasks is content"
        );
        let markdown = Plan {
            items: {
                let mut items = json(
                    r#"{"format": "agent-sync-tasks", "version": 1, "tasks": [
                        {"title": "A", "labels": ["x", "y"], "files": ["a", "b"]}, {"title": "B", "ref": "b"}]}"#,
                )
                .items;
                items[1].asks.clone_from(&one.items[1].asks);
                items
            },
            ..markdown
        };
        assert_eq!(hash_of(one), hash_of(markdown));
    }

    proptest! {
        #[test]
        fn what_is_kept_reads_back_as_it_was(
            lines in "(\n|  |- \\[[ x]\\] |1. \\[ \\] |[a-e]|é|\\{#[a-c]\\}| @r| #l| !2|\\(after: [a-c]\\)|\\(when: [a-c].n > 1\\)){0,60}",
        ) {
            if let Ok(read) = markdown::read(&lines).and_then(Plan::check) {
                let settled = read.settled();
                let kept = text(&settled).unwrap();
                let back = plan(&kept).unwrap();
                prop_assert_eq!(hash(&text(&back).unwrap()), hash(&kept));
                prop_assert_eq!(back, settled);
            }
        }
    }
}
