//! The rules against models that know no shortcuts, and cases worth naming.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::agent::Kin;
use crate::domain::pattern;
use crate::domain::time::Moment;

/// A call with everything said.
#[derive(Debug, Clone)]
struct Plain {
    tool: Option<String>,
    command: Option<String>,
    caller: Caller,
    paths: Vec<String>,
    fields: BTreeMap<String, String>,
}

impl Call for Plain {
    fn kind(&self) -> Kind<'_> {
        self.tool
            .as_deref()
            .map_or_else(|| Kind::Command(self.command.as_deref().unwrap()), Kind::Tool)
    }

    fn caller(&self) -> &Caller {
        &self.caller
    }

    fn paths(&self) -> &[String] {
        &self.paths
    }

    fn texts(&self, field: &str) -> Vec<String> {
        self.fields.get(field).cloned().into_iter().collect()
    }

    fn finds(&self, expression: &str, text: &str) -> bool {
        text.contains(expression)
    }
}

fn words(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(of).prop_map(str::to_owned)
}

fn patterns(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(words(of), 0..3)
}

fn effect() -> impl Strategy<Value = Effect> {
    let limit = Limit {
        count: 1,
        window: 1_000,
    };
    prop_oneof![
        Just(Effect::Allow),
        Just(Effect::Deny),
        Just(Effect::Ask),
        Just(Effect::Limit { limit, per: Per::All }),
        Just(Effect::Approve { by: Vec::new() }),
    ]
}

fn field_test() -> impl Strategy<Value = FieldTest> {
    let text = || prop::option::of(words(&["a*", "*b", "ab", "a"]));
    let size = || prop::option::of(0_u64..4);
    (words(&["x", "y"]), text(), text(), size(), size()).prop_map(
        |(field, glob, regex, min_bytes, max_bytes)| FieldTest {
            field,
            glob,
            regex,
            min_bytes,
            max_bytes,
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let matches = (
        patterns(&["Bash", "Edit", "mcp__*", "*"]),
        patterns(&["message send", "message *", "lock acquire"]),
        prop::collection::vec(field_test(), 0..2),
        patterns(&["src/**", "*.md", "/etc/**"]),
        patterns(&["alice", "b*"]),
        patterns(&["tests", "review*"]),
    );
    let matches = matches.prop_map(|(tools, commands, fields, paths, agents, roles)| Match {
        tools,
        commands,
        fields,
        paths,
        agents,
        roles,
    });
    let mode = prop_oneof![Just(None), Just(Some(Mode::Observe)), Just(Some(Mode::Enforce))];
    prop::collection::vec((matches, effect(), mode), 0..8).prop_map(|rules| {
        let rule = |(at, (matches, effect, mode)): (usize, (Match, Effect, Option<Mode>))| Rule {
            name: format!("r{at}"),
            matches,
            effect,
            reason: None,
            mode,
        };
        rules.into_iter().enumerate().map(rule).collect()
    })
}

fn call() -> impl Strategy<Value = Plain> {
    let kind = prop_oneof![
        words(&["Bash", "Edit", "mcp__fs__write"]).prop_map(|tool| (Some(tool), None)),
        words(&["message send", "lock acquire", "task next"]).prop_map(|command| (None, Some(command))),
    ];
    let fields = prop::collection::btree_map(words(&["x", "y"]), words(&["", "a", "ab", "cab"]), 0..3);
    (
        kind,
        prop::collection::vec(words(&["alice", "bob", "carol"]), 1..3),
        prop::option::of(words(&["tests", "reviewer"])),
        prop::collection::vec(words(&["src/a.rs", "README.md", "/etc/passwd", "etc/x"]), 0..3),
        fields,
    )
        .prop_map(|((tool, command), names, role, paths, fields)| Plain {
            tool,
            command,
            caller: Caller {
                session: names[0].clone(),
                names,
                role,
            },
            paths,
            fields,
        })
}

/// Whether a rule is about a call, read off the words of its definition one after another.
fn is_about(rule: &Rule, call: &Plain) -> bool {
    let fits = |patterns: &[String], text: &str| {
        patterns
            .iter()
            .any(|pattern| pattern::matches(pattern, text, true))
    };
    let Match {
        tools,
        commands,
        fields,
        paths,
        agents,
        roles,
    } = &rule.matches;
    let by_tool = call.tool.as_ref().is_some_and(|tool| fits(tools, tool));
    let by_command = call
        .command
        .as_ref()
        .is_some_and(|command| fits(commands, command));
    let is_kind = (tools.is_empty() && commands.is_empty()) || by_tool || by_command;
    let is_agent = agents.is_empty() || call.caller.names.iter().any(|name| fits(agents, name));
    let is_role = roles.is_empty() || call.caller.role.iter().any(|role| fits(roles, role));
    let is_path = paths.is_empty()
        || call.paths.iter().any(|path| match path.as_str() {
            "src/a.rs" => paths.contains(&"src/**".to_owned()),
            "README.md" => paths.contains(&"*.md".to_owned()),
            "/etc/passwd" => paths.contains(&"/etc/**".to_owned()),
            _ => false,
        });
    let has_fields = fields.iter().all(|test| {
        call.fields.get(&test.field).is_some_and(|text| {
            let length = text.len() as u64;
            test.min_bytes.unwrap_or(0) <= length
                && length <= test.max_bytes.unwrap_or(u64::MAX)
                && test.regex.iter().all(|part| text.contains(part.as_str()))
                && test.glob.iter().all(|glob| pattern::matches(glob, text, true))
        })
    });
    is_kind && is_agent && is_role && is_path && has_fields
}

proptest! {
    #[test]
    fn the_first_rule_that_decides_and_matches_wins(rules in rules(), mode in any::<bool>(), call in call()) {
        let mode = if mode { Mode::Enforce } else { Mode::Observe };
        let policy = Policy { mode, rules };
        let judged = policy.judge(&call);
        let about: Vec<&Rule> = policy.rules.iter().filter(|rule| is_about(rule, &call)).collect();
        let decides = |rule: &&&Rule| rule.mode.unwrap_or(mode) == Mode::Enforce;
        let decided = about.iter().position(|rule| decides(&rule));
        prop_assert_eq!(judged.decided, decided.map(|at| about[at]));
        let before = &about[..decided.unwrap_or(about.len())];
        prop_assert_eq!(judged.observed, before.first().copied());
    }

    #[test]
    fn what_watches_never_changes_what_happens(rules in rules(), call in call()) {
        let policy = Policy { mode: Mode::Enforce, rules };
        let without = Policy {
            mode: Mode::Enforce,
            rules: policy.rules.iter().filter(|rule| rule.mode != Some(Mode::Observe)).cloned().collect(),
        };
        prop_assert_eq!(policy.judge(&call).decided, without.judge(&call).decided);
    }

    /// Clocks are read before a turn to write comes, so moments arrive a little out of order.
    #[test]
    fn no_window_ever_holds_more_calls_than_the_limit(
        count in 1_u32..6,
        window in 1_i64..40,
        steps in prop::collection::vec((0_i64..12, 0_i64..15, -50_i64..50), 1..80),
    ) {
        let limit = Limit { count, window };
        let mut uptime = 1_000;
        let mut passed: Vec<Moment> = Vec::new();
        for (step, late, jump) in steps {
            uptime += step;
            // The wall clock jumps about; within one boot it decides nothing.
            let now = Moment { wall: uptime + 1_000 * jump, uptime: uptime - late, boot: 7 };
            let free_in = limit.free_in(&passed, &now);
            let in_the_way = passed.iter().filter(|call| call.uptime > now.uptime - window).count();
            prop_assert_eq!(free_in == 0, in_the_way < count as usize, "refused for nothing, or not refused");
            if free_in == 0 {
                passed.push(now);
            } else {
                let after = |more: i64| Moment { uptime: now.uptime + more, ..now };
                prop_assert!(free_in <= window + 30);
                prop_assert_eq!(limit.free_in(&passed, &after(free_in + 30)), 0);
            }
        }
        for start in &passed {
            let held = passed.iter().filter(|call| (start.uptime..start.uptime + window).contains(&call.uptime));
            prop_assert!(held.count() <= count as usize, "{passed:?}");
        }
    }

    #[test]
    fn the_wait_that_is_told_is_the_wait(count in 1_u32..5, window in 2_i64..50, ages in prop::collection::vec(0_i64..60, 0..12)) {
        let limit = Limit { count, window };
        let at = |uptime| Moment { wall: 0, uptime, boot: 7 };
        let passed: Vec<Moment> = ages.iter().map(|age| at(1_000 - age)).collect();
        let free_in = limit.free_in(&passed, &at(1_000));
        prop_assert_eq!(limit.free_in(&passed, &at(1_000 + free_in)), 0);
        if free_in > 0 {
            prop_assert!(limit.free_in(&passed, &at(1_000 + free_in - 1)) > 0);
        }
    }
}

#[test]
fn after_a_reboot_the_wall_clock_counts_the_window() {
    let limit = Limit {
        count: 1,
        window: 60_000,
    };
    let before = [Moment {
        wall: 1_000_000,
        uptime: 900_000,
        boot: 7,
    }];
    let after = |wall| Moment {
        wall,
        uptime: 5,
        boot: 8,
    };
    assert_eq!(limit.free_in(&before, &after(1_020_000)), 40_000);
    assert_eq!(limit.free_in(&before, &after(1_060_000)), 0);
}

#[test]
fn a_difference_names_what_is_new_gone_changed_and_moved() {
    let rule = |name: &str, effect| Rule {
        name: name.to_owned(),
        matches: Match::default(),
        effect,
        reason: None,
        mode: None,
    };
    let policy = |rules| Policy {
        mode: Mode::Enforce,
        rules,
    };
    let old = policy(vec![
        rule("a", Effect::Deny),
        rule("b", Effect::Deny),
        rule("c", Effect::Ask),
    ]);
    assert!(old.difference(&old.clone()).is_empty());
    let new = policy(vec![
        rule("c", Effect::Allow),
        rule("b", Effect::Deny),
        rule("d", Effect::Deny),
    ]);
    let found = old.difference(&new);
    assert_eq!(
        (found.added, found.removed, found.changed),
        (vec!["d"], vec!["a"], vec!["c"])
    );
    assert!(found.is_reordered && found.mode.is_none());
    let watching = Policy {
        mode: Mode::Observe,
        rules: old.rules.clone(),
    };
    let found = old.difference(&watching);
    assert_eq!(found.changed, ["a", "b", "c"], "they decide nothing any more");
    assert_eq!(found.mode, Some((Mode::Enforce, Mode::Observe)));
}

fn request(agent: &str, parent: Option<&str>) -> Request {
    Request {
        id: "req-1".to_owned(),
        agent: agent.to_owned(),
        agent_name: agent.to_owned(),
        parent: parent.map(str::to_owned),
        rule: "r".to_owned(),
        fingerprint: "f".to_owned(),
        what: "Bash".to_owned(),
        by: vec!["reviewer".to_owned()],
        asked_at: 0,
        verdict: Verdict::Open,
        answerer: None,
        answerer_name: None,
        answered: None,
        ttl: 1_000,
        uses: 2,
        used: 0,
        reason: None,
    }
}

#[test]
fn nobody_of_the_requesters_session_approves_and_neither_does_another_role() {
    let kin = |id, parent| Kin { id, parent };
    let may = |request: &Request, who, role, is_human| may_answer(request, who, role, is_human);
    let (of_session, of_subagent) = (request("p", None), request("p.1", Some("p")));
    for who in [
        kin("p", None),
        kin("p.1", Some("p")),
        kin("p.2", Some("p")),
        kin("alias", Some("p")),
        kin("p.1.2", Some("p.1")),
    ] {
        for request in [&of_session, &of_subagent] {
            for is_human in [false, true] {
                let answer = may(request, who, Some("reviewer"), is_human);
                assert_eq!(answer, Err(Refused::Own), "{who:?} of {}", request.agent);
            }
        }
    }
    let other = kin("q", None);
    assert_eq!(may(&of_session, other, Some(" Reviewer "), false), Ok(()));
    assert_eq!(may(&of_session, other, Some("tests"), false), Err(Refused::Role));
    assert_eq!(may(&of_session, other, None, false), Err(Refused::Role));
    assert_eq!(may(&of_session, other, None, true), Ok(()));
    let for_the_human = Request {
        by: vec![HUMAN.to_owned()],
        ..request("p", None)
    };
    assert_eq!(
        may(&for_the_human, other, Some(HUMAN), false),
        Err(Refused::Role),
        "a role that is called so makes nobody human"
    );
}

#[test]
fn an_answer_holds_for_its_time_and_its_uses() {
    let at = |uptime| Moment {
        wall: 0,
        uptime,
        boot: 7,
    };
    let open = request("p", None);
    assert_eq!(open.standing(&at(9_999_999)), Standing::Waiting);
    let approved = Request {
        verdict: Verdict::Approved,
        answered: Some(at(100)),
        ..request("p", None)
    };
    assert_eq!(
        approved.standing(&at(600)),
        Standing::Usable { uses: 2, lasts: 500 }
    );
    assert_eq!(approved.standing(&at(1_100)), Standing::Lapsed);
    let used = Request {
        used: 2,
        ..approved.clone()
    };
    assert_eq!(used.standing(&at(600)), Standing::Spent);
    let rejected = Request {
        verdict: Verdict::Rejected,
        ..approved
    };
    assert_eq!(rejected.standing(&at(600)), Standing::Rejected { lasts: 500 });
    assert_eq!(rejected.standing(&at(1_100)), Standing::Lapsed);
}
