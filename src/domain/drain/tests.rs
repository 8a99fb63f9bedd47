//! Whatever happens, and in whatever order: nothing is taken back early, and the end is reached.

use proptest::prelude::*;

use super::*;

fn member(agent: usize) -> Member {
    Member {
        agent: agent.to_string(),
        name: agent.to_string(),
        presence: Presence::Active,
        answer: None,
        note: None,
        returned: Vec::new(),
    }
}

fn drain(members: usize, lasts: i64) -> Drain {
    Drain {
        stage: Stage::Draining,
        reason: None,
        by: "human".to_owned(),
        by_name: "human".to_owned(),
        begun_at: 0,
        counts_from: Moment::at_wall(0),
        lasts,
        is_shutdown: false,
        shut_at: None,
        checkpoint: None,
        sha256: None,
        members: (0..members).map(member).collect(),
    }
}

#[test]
fn every_word_reads_back_and_an_unknown_stage_begins_nothing_new() {
    for stage in Stage::ALL {
        assert_eq!(Stage::parse(stage.as_str()), stage);
    }
    for answer in Answer::ALL {
        assert_eq!(Answer::parse(answer.as_str()), Some(answer));
    }
    assert!(Stage::parse("ajar").is_shut());
    assert_eq!(Answer::parse("perhaps"), None);
}

#[test]
fn a_stage_follows_only_the_one_before_it_and_only_when_its_facts_are_there() {
    let no = Facts {
        is_shutdown: false,
        missing: 1,
        is_over: false,
        sessions: 1,
        is_written: false,
    };
    let all = Facts {
        is_shutdown: true,
        missing: 0,
        is_over: true,
        sessions: 0,
        is_written: true,
    };
    assert_eq!(Stage::ALL.map(|stage| stage.next(no)), [None; 4]);
    assert_eq!(
        Stage::ALL.map(|stage| stage.next(all)),
        [
            Some(Stage::Ending),
            Some(Stage::Checkpointing),
            Some(Stage::Closed),
            None
        ]
    );
    // A drain that nobody wants to end in a closed store stays one, however long it lasts.
    assert_eq!(
        Stage::Draining.next(Facts {
            is_shutdown: false,
            ..all
        }),
        None
    );
    // Whoever has not answered holds it up until the deadline, and no longer.
    let waits = Facts {
        missing: 1,
        is_over: false,
        ..all
    };
    assert_eq!(Stage::Draining.next(waits), None);
    assert_eq!(
        Stage::Draining.next(Facts {
            is_over: true,
            ..waits
        }),
        Some(Stage::Ending)
    );
}

#[test]
fn what_is_told_says_until_when_and_why_and_how_to_answer() {
    let mut drain = drain(1, 75 * MINUTE);
    drain.reason = Some("the quarter ends".to_owned());
    let told = drain.told(&Moment::at_wall(0));
    assert!(told.contains("until 01:15 UTC (the quarter ends)"), "{told}");
    assert!(told.contains("agent-sync swarm ready --note"), "{told}");
    drain.stage = Stage::Closed;
    let told = drain.told(&Moment::at_wall(0));
    assert!(
        told.starts_with("This swarm is closed (the quarter ends)."),
        "{told}"
    );
}

/// Something that happens while a swarm comes to its end.
#[derive(Debug, Clone)]
enum Event {
    Pass(i64),
    Ready(usize),
    Die(usize),
    Join,
    Deadline(i64),
    Shutdown,
    SessionEnds,
    Written,
    Act,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (0..400_i64).prop_map(Event::Pass),
        2 => (0..6_usize).prop_map(Event::Ready),
        1 => (0..6_usize).prop_map(Event::Die),
        1 => Just(Event::Join),
        1 => (0..1_500_i64).prop_map(Event::Deadline),
        1 => Just(Event::Shutdown),
        2 => Just(Event::SessionEnds),
        1 => Just(Event::Written),
        4 => Just(Event::Act),
    ];
    proptest::collection::vec(event, 0..60)
}

/// What the store keeps and does, with the rules alone.
struct Model {
    drain: Drain,
    now: Moment,
    sessions: usize,
    /// When the deadline was to come, counted apart from the rule.
    deadline: i64,
}

impl Model {
    /// What whoever acts next carries out.
    fn act(&mut self) {
        if self.drain.stage == Stage::Draining {
            for at in 0..self.drain.members.len() {
                let Some(verdict) = self.drain.verdict(&self.drain.members[at], &self.now) else {
                    continue;
                };
                let member = &self.drain.members[at];
                assert_eq!(member.answer, None, "taken back twice");
                if verdict == Answer::Deadline {
                    assert!(self.now.wall >= self.deadline, "taken back before its time");
                    assert!(member.presence.is_living());
                }
                self.drain.members[at].answer = Some((verdict, self.now.wall));
            }
        }
        let facts = self.drain.facts(&self.now, self.sessions);
        if let Some(next) = self.drain.stage.next(facts) {
            assert!(next > self.drain.stage);
            assert!(self.drain.is_shutdown, "closed although nobody wanted it");
            if next == Stage::Ending {
                assert_eq!(self.drain.missing().count(), 0, "somebody still had time");
            }
            self.drain.stage = next;
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Pass(ms) => self.now.wall += ms,
            Event::Ready(at) => {
                let now = self.now.wall;
                if let Some(member) = self.drain.members.get_mut(*at)
                    && member.answer.is_none()
                    && member.presence.is_living()
                {
                    member.answer = Some((Answer::Ready, now));
                }
            }
            Event::Die(at) => {
                if let Some(member) = self.drain.members.get_mut(*at) {
                    member.presence = Presence::Offline;
                }
            }
            Event::Join => {
                let mut new = member(self.drain.members.len());
                if self.drain.stage.is_shut() {
                    new.answer = Some((Answer::Late, self.now.wall));
                }
                self.drain.members.push(new);
            }
            Event::Deadline(lasts) if self.drain.stage == Stage::Draining => {
                self.drain.counts_from = self.now;
                self.drain.lasts = *lasts;
                self.deadline = self.now.wall + lasts;
            }
            Event::Shutdown => self.drain.is_shutdown = true,
            Event::SessionEnds => self.sessions = self.sessions.saturating_sub(1),
            Event::Written if self.drain.stage == Stage::Checkpointing => {
                self.drain.sha256 = Some("ab".to_owned());
            }
            Event::Deadline(_) | Event::Written => {}
            Event::Act => self.act(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_happens_in_whatever_order_nothing_is_taken_back_early_and_the_end_is_reached(
        members in 0..5_usize, sessions in 0..4_usize, lasts in 0..1_500_i64, events in events()
    ) {
        let mut model = Model {
            drain: drain(members, lasts),
            now: Moment::at_wall(0),
            sessions,
            deadline: lasts,
        };
        for event in &events {
            let before = model.drain.stage;
            model.happen(event);
            prop_assert!(model.drain.stage >= before, "went back on {event:?}");
        }
        // From wherever that led: whoever goes on reaches the end.
        model.happen(&Event::Shutdown);
        model.happen(&Event::Pass(3_000));
        for _step in 0..Stage::ALL.len() {
            model.act();
            model.sessions = 0;
            model.happen(&Event::Written);
        }
        prop_assert_eq!(model.drain.stage, Stage::Closed);
        prop_assert_eq!(model.drain.missing().count(), 0);
    }
}
