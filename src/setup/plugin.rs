//! The same hooks as a Claude Code plugin.
//!
//! The repository is a plugin as well as a program, for people who would rather enable something than have
//! their settings edited. What a plugin holds are plain files, so they are generated from the one table
//! and a test keeps them equal: a hook that is added to the table cannot be forgotten here.

use serde_json::{Map, Value, json};

use super::merge::group;
use crate::hook::HOOKS;

/// What `hooks/hooks.json` holds: every hook of [`HOOKS`] in its order, with a final newline.
///
/// The commands are those of the settings file: a plugin of plain files cannot bring the program along, so it
/// has to be on the `PATH` either way.
#[must_use]
pub fn hooks_json() -> String {
    let mut events = Map::new();
    for hook in &HOOKS {
        let groups = events
            .entry(hook.event)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(groups) = groups {
            groups.push(group(hook));
        }
    }
    format!("{:#}\n", json!({ "hooks": events }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::settings::wire;

    #[test]
    fn the_generated_file_in_the_repository_is_what_the_table_says() {
        crate::env::generated::expect_file("hooks/hooks.json", &hooks_json());
    }

    #[test]
    fn plugin_and_settings_file_hold_the_same() {
        assert_eq!(hooks_json(), wire(None).unwrap().text);
    }

    #[test]
    fn the_manifest_is_of_this_version() {
        let manifest: Value = serde_json::from_str(include_str!("../../.claude-plugin/plugin.json")).unwrap();
        assert_eq!(manifest["name"], env!("CARGO_PKG_NAME"));
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(manifest["description"], env!("CARGO_PKG_DESCRIPTION"));
        assert_eq!(manifest["license"], env!("CARGO_PKG_LICENSE"));
    }

    #[test]
    fn the_marketplace_offers_this_plugin() {
        let text = include_str!("../../.claude-plugin/marketplace.json");
        let marketplace: Value = serde_json::from_str(text).unwrap();
        assert_eq!(marketplace["name"], env!("CARGO_PKG_NAME"));
        let plugin = &marketplace["plugins"][0];
        assert_eq!(plugin["name"], env!("CARGO_PKG_NAME"));
        assert_eq!(plugin["description"], env!("CARGO_PKG_DESCRIPTION"));
        // The manifest says the version; said twice, it would be wrong once.
        assert_eq!(
            (&plugin["source"], &plugin["version"]),
            (&json!("./"), &Value::Null)
        );
    }
}
