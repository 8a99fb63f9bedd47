//! Many processes that write while the hub dies.

use super::{at_once, texts};
use crate::env::TestEnv;

const SENDERS: usize = 16;

#[test]
fn of_sixteen_that_write_when_the_hub_has_died_all_find_one_successor_and_are_told_once() {
    for round in 0..3 {
        let env = TestEnv::new();
        let hub = env.agent("hub").living().called("hub");
        for number in 0..SENDERS {
            let _here = env.agent(&format!("s{number}")).called(&format!("s{number}"));
        }
        env.human()
            .run(["topology", "set", "star", "--hub", "hub", "--deputy", "nobody"])
            .succeeds();
        hub.kill();
        let commands = (0..SENDERS).map(|number| {
            let mut command = env.agent(&format!("s{number}")).shell();
            command.args(texts(&["message", "send", "--to", "all", "--json", "The hub?"]));
            command
        });
        let outputs = at_once(commands.collect());
        let heads = env
            .human()
            .run(["activity", "list", "--type", "topology.head", "--json"])
            .json();
        assert_eq!(heads.as_array().unwrap().len(), 1, "round {round}: {heads}");
        let shown = env.human().run(["topology", "show", "--json"]).json();
        let successor = shown["head"]["agent_id"].as_str().unwrap().to_owned();
        assert_eq!(heads[0]["agent_id"], *successor, "round {round}: {heads}");
        // All were here at the same moment, so the smallest id has the place.
        let mut ids: Vec<String> = (0..SENDERS)
            .map(|number| env.agent(&format!("s{number}")).id())
            .collect();
        ids.sort_unstable();
        assert_eq!(successor, ids[0], "round {round}");
        for (number, output) in outputs.iter().enumerate() {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {round}: {errors}");
            let sent: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let to: Vec<&str> = sent["recipients"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["id"].as_str().unwrap())
                .filter(|id| ids.iter().any(|known| known == id))
                .collect();
            let agent = env.agent(&format!("s{number}"));
            let is_successor = agent.id() == successor;
            let expected = if is_successor { SENDERS - 1 } else { 1 };
            assert_eq!(to.len(), expected, "round {round}: {sent}");
            assert!(
                is_successor || to == [successor.as_str()],
                "round {round}: {sent}"
            );
            // Told once: by one message, whatever the number of those who noticed.
            let told = agent.run(["message", "inbox", "--all", "--json"]).json();
            let about = told.as_array().unwrap().iter();
            let about = about.filter(|one| one["body"].as_str().unwrap().contains("is the hub now"));
            assert_eq!(about.count(), 1, "round {round}: {told}");
        }
        env.human().run(["doctor", "--check"]).succeeds();
    }
}
