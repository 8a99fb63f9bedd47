//! Many processes that want to lead.

use super::{at_once, texts};
use crate::env::TestEnv;

const CAMPAIGNERS: usize = 32;

#[test]
fn of_thirty_two_that_campaign_one_leads_and_fences_rise_with_every_new_one() {
    let env = TestEnv::new();
    env.set_up();
    let mut last = 0;
    for round in 0..4 {
        let commands = (0..CAMPAIGNERS).map(|number| {
            let mut command = env.agent(&format!("agent{number}")).shell();
            command.args(texts(&["leader", "campaign", "--json"]));
            command
        });
        let outputs = at_once(commands.collect());
        let won: Vec<usize> = (0..CAMPAIGNERS)
            .filter(|number| outputs[*number].status.success())
            .collect();
        assert_eq!(won.len(), 1, "round {round}: {won:?}");
        for (number, output) in outputs.iter().enumerate() {
            let errors = String::from_utf8_lossy(&output.stderr);
            let expected = if won.contains(&number) { 0 } else { 3 };
            assert_eq!(output.status.code(), Some(expected), "round {round}: {errors}");
        }
        let leader: serde_json::Value = serde_json::from_slice(&outputs[won[0]].stdout).unwrap();
        let fence = leader["fence"].as_i64().unwrap();
        assert!(fence > last, "round {round}: {fence} after {last}");
        last = fence;
        let winner = env.agent(&format!("agent{}", won[0]));
        let shown = env.human().run(["leader", "show", "--json"]).json();
        assert_eq!(shown[0]["agent_id"], winner.id(), "{shown}");
        winner.run(["leader", "resign"]).succeeds();
    }
}

#[test]
fn of_a_leader_that_lapses_and_those_that_take_over_only_the_newest_writes() {
    let env = TestEnv::new();
    env.set_up();
    let agents: Vec<_> = (0..8)
        .map(|number| env.agent(&format!("agent{number}")))
        .collect();
    let mut fences = Vec::new();
    for agent in &agents {
        let led = agent.run(["leader", "campaign", "--ttl", "1m", "--json"]).json();
        fences.push(led["fence"].to_string());
        env.advance(2 * crate::env::MINUTE);
    }
    let last = agents.last().unwrap();
    let fence = last.run(["leader", "campaign", "--json"]).json()["fence"].to_string();
    *fences.last_mut().unwrap() = fence;
    let commands = agents.iter().zip(&fences).map(|(agent, fence)| {
        let mut command = agent.shell();
        command.args(texts(&["decision", "add", "x", "--fence", fence]));
        command
    });
    let statuses: Vec<_> = at_once(commands.collect())
        .iter()
        .map(|output| output.status.code())
        .collect();
    let mut expected = vec![Some(3); agents.len()];
    *expected.last_mut().unwrap() = Some(0);
    assert_eq!(statuses, expected);
}
