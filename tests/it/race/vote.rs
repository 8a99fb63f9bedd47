//! Many processes that vote at once.

use super::{at_once, texts};
use crate::env::TestEnv;

const VOTERS: usize = 32;

/// What 32 voters leave, each of whom casts this ballot at the same moment.
fn all_vote(
    choice: impl Fn(usize) -> &'static str,
    quorum: &str,
) -> (TestEnv, Vec<Option<i32>>, serde_json::Value) {
    let env = TestEnv::new();
    for number in 0..VOTERS {
        let _here = env
            .agent(&format!("voter{number}"))
            .called(&format!("voter{number}"));
    }
    let opened = env.agent("voter0").run([
        "vote",
        "open",
        "Now?",
        "--options",
        "a,b,c",
        "--quorum",
        quorum,
        "--record-decision",
    ]);
    let id = opened.id("vote-");
    let commands = (0..VOTERS).map(|number| {
        let mut command = env.agent(&format!("voter{number}")).shell();
        command.args(texts(&["vote", "cast", &id, choice(number)]));
        command
    });
    let outputs = at_once(commands.collect());
    let statuses = outputs.iter().map(|output| output.status.code()).collect();
    let shown = env.human().run(["vote", "show", &id, "--json"]).json();
    env.human().run(["doctor", "--check"]).succeeds();
    (env, statuses, shown)
}

#[test]
fn thirty_two_that_vote_at_once_are_counted_once_each() {
    let (_env, statuses, shown) = all_vote(|_| "a", "unanimous");
    assert_eq!(statuses, vec![Some(0); VOTERS]);
    assert_eq!(
        (&shown["state"], &shown["voted"]),
        (&"passed".into(), &32.into()),
        "{shown}"
    );
    assert_eq!(shown["options"][0]["ballots"], 32, "{shown}");
}

#[test]
fn of_ballots_for_several_options_exactly_those_count_that_were_taken() {
    let choice = |number: usize| ["a", "b", "c", "a"][number % 4];
    let (_env, statuses, shown) = all_vote(choice, "two-thirds");
    for (at, option) in ["a", "b", "c"].into_iter().enumerate() {
        let taken = (0..VOTERS).filter(|number| choice(*number) == option && statuses[*number] == Some(0));
        assert_eq!(
            shown["options"][at]["ballots"],
            taken.count(),
            "{statuses:?} {shown}"
        );
    }
    assert!(
        statuses.iter().all(|status| matches!(status, Some(0 | 3))),
        "{statuses:?}"
    );
    // 22 were needed, and 16 could agree at most.
    assert_eq!(shown["state"], "rejected", "{shown}");
}

#[test]
fn the_ballot_that_decides_closes_the_vote_once_and_later_ones_are_refused() {
    let (env, statuses, shown) = all_vote(|_| "b", "majority");
    let taken = statuses.iter().filter(|status| **status == Some(0)).count();
    let late = statuses.iter().filter(|status| **status == Some(3)).count();
    assert_eq!((taken, late), (17, 15), "{statuses:?}");
    assert_eq!(
        (&shown["winner"], &shown["voted"]),
        (&"b".into(), &17.into()),
        "{shown}"
    );
    let decisions = env.human().run(["decision", "list", "--json"]).json();
    assert_eq!(decisions.as_array().unwrap().len(), 1, "{decisions}");
    let closings: i64 = env
        .sql()
        .query_row(
            "SELECT count(*) FROM activity WHERE event = 'vote.closed'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(closings, 1);
}
