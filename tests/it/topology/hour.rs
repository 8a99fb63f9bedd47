//! What a working hour of twenty agents puts into their contexts, in a mesh and in a star: counted, not estimated.
//!
//! The hour is the same in both, down to the last edit, and so is what the agents have to say to each other: every ten
//! minutes each tells something to its neighbour, and every twenty something to all. In the star what is for a neighbour
//! takes two steps, to the hub and from it; and the hub sends everybody one digest in ten minutes of what was said to
//! all. Every hook is the program's own; what counts is each byte that it adds to a context.

use std::fmt::Write as _;
use std::thread;

use serde_json::json;

use crate::env::{Actor, MINUTE, TestEnv};

const AGENTS: usize = 20;
const ROUNDS: usize = 6;

/// What came of an hour.
struct Hour {
    /// Bytes that hooks added to the context of each agent.
    injected: Vec<usize>,
    /// Hooks that ran, and messages that were sent.
    hooks: usize,
    messages: usize,
}

impl Hour {
    fn total(&self) -> usize {
        self.injected.iter().sum()
    }

    /// The mean of everybody but the first, who is the hub.
    fn of_a_member(&self) -> usize {
        self.injected[1..].iter().sum::<usize>() / (AGENTS - 1)
    }
}

/// Those who work, and what is counted while they do.
struct Work<'a> {
    agents: Vec<Actor<'a>>,
    hour: Hour,
}

impl Work<'_> {
    fn hook(&mut self, who: usize, name: &str, payload: &serde_json::Value) {
        let output = self.agents[who].hook(name, payload).succeeds();
        self.hour.injected[who] += output.told().len();
        self.hour.hooks += 1;
    }

    fn send(&mut self, who: usize, to: &str, text: &str) {
        self.agents[who]
            .run(["message", "send", "--to", to, text])
            .succeeds();
        self.hour.messages += 1;
    }

    /// A turn up to its last tool call: a prompt, an edit of the agent's own file and one of everybody's.
    fn turn(&mut self, who: usize, round: usize) {
        self.hook(who, "user-prompt-submit", &json!({"prompt": "go on"}));
        let shared = format!("shared{}.rs", (who + round) % 5);
        for file in [format!("own{who}.rs"), shared] {
            let edit = self.agents[who].edit_of(&file);
            self.hook(who, "pre-tool-use", &edit);
            let mut done = edit;
            done["tool_response"] = json!({});
            self.hook(who, "post-tool-use", &done);
            self.hook(who, "post-tool-batch", &json!({"tool_calls": []}));
        }
    }
}

fn name(who: usize) -> String {
    format!("w{who:02}")
}

fn work(is_star: bool) -> Hour {
    let env = TestEnv::new();
    let human = env.human().with("AGENT_SYNC_ID", "operator");
    for limit in ["messages.rate", "messages.queue"] {
        human.run(["config", "set", limit, "1000"]).succeeds();
    }
    let mut work = Work {
        agents: (0..AGENTS).map(|who| env.agent(&name(who))).collect(),
        hour: Hour {
            injected: vec![0; AGENTS],
            hooks: 0,
            messages: 0,
        },
    };
    if is_star {
        human.run(["topology", "set", "star", "--hub", "w00"]).succeeds();
    }
    for who in 0..AGENTS {
        work.hook(who, "session-start", &json!({"source": "startup"}));
        work.agents[who]
            .run(["agent", "register", "--name", &name(who)])
            .succeeds();
        work.hook(who, "stop", &json!({}));
    }
    // What the hub has been told for others and has not passed on yet.
    let mut to_pass_on: Vec<(usize, String)> = Vec::new();
    for round in 0..ROUNDS {
        env.advance(10 * MINUTE);
        for who in 0..AGENTS {
            work.turn(who, round);
            let neighbour = (who + 1) % AGENTS;
            let said = format!(
                "{}: step {round} of mine is done, the signature of parse() in own{who}.rs takes a second argument now; \
                 please look at your callers before you go on",
                name(who)
            );
            if is_star && who != 0 && neighbour != 0 {
                work.send(who, "w00", &format!("for {}: {said}", name(neighbour)));
                to_pass_on.push((neighbour, said));
            } else {
                work.send(who, &name(neighbour), &said);
            }
            if (who + round) % 2 == 0 {
                let said = format!(
                    "{}: the tests of own{who}.rs pass, I go on with the next step; nothing of yours is touched",
                    name(who)
                );
                work.send(who, "all", &said);
            }
            work.hook(who, "post-tool-batch", &json!({"tool_calls": []}));
            work.hook(who, "stop", &json!({}));
        }
        if is_star {
            for (whom, said) in std::mem::take(&mut to_pass_on) {
                work.send(0, &name(whom), &said);
            }
            let digest =
                format!("w00: step {round} is done by half of us, all tests pass, nothing is blocked; go on");
            work.send(0, "all", &digest);
        }
    }
    human.run(["doctor", "--check"]).succeeds();
    work.hour
}

#[test]
fn a_working_hour_of_twenty_agents_injects_less_in_a_star_than_in_a_mesh() {
    let (mesh, star) = thread::scope(|scope| {
        let mesh = scope.spawn(|| work(false));
        let star = scope.spawn(|| work(true));
        (mesh.join().unwrap(), star.join().unwrap())
    });
    let mut table = "injected in an hour, bytes\n              mesh      star\n".to_owned();
    for (what, mesh, star) in [
        ("all 20", mesh.total(), star.total()),
        ("a member", mesh.of_a_member(), star.of_a_member()),
        ("the hub", mesh.injected[0], star.injected[0]),
        ("hooks run", mesh.hooks, star.hooks),
        ("messages", mesh.messages, star.messages),
    ] {
        let _infallible = writeln!(table, "{what:<10} {mesh:>7}   {star:>7}");
    }
    eprintln!("{table}");
    assert_eq!(mesh.hooks, star.hooks, "{table}");
    assert!(star.total() < mesh.total(), "{table}");
    assert!(star.of_a_member() < mesh.of_a_member(), "{table}");
}
