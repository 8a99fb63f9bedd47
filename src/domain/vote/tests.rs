//! Outcomes against a model that tries everything, and what one ballot after another does.

use proptest::prelude::*;

use super::*;

const QUORUMS: [Quorum; 3] = [Quorum::Majority, Quorum::TwoThirds, Quorum::Unanimous];

/// What the page of votes says, word by word, from the ballots of each member.
fn model(choices: &[Option<usize>], options: usize, needed: usize, no: Option<usize>) -> Outcome {
    let votes = |option: usize| choices.iter().filter(|choice| **choice == Some(option)).count();
    let mut best: Vec<usize> = (0..options).collect();
    best.sort_by_key(|option| std::cmp::Reverse(votes(*option)));
    let is_alone = votes(best[0]) > votes(best[1]);
    if is_alone && votes(best[0]) >= needed {
        return if no == Some(best[0]) {
            Outcome::Rejected(no)
        } else {
            Outcome::Passed(best[0])
        };
    }
    if choices.iter().flatten().count() < needed {
        Outcome::Expired
    } else {
        Outcome::Rejected(None)
    }
}

/// Every way in which those who have not voted may still do so, or not.
fn completions(choices: &[Option<usize>], options: usize) -> Vec<Vec<Option<usize>>> {
    let mut all = vec![Vec::new()];
    for choice in choices {
        let next: Vec<Option<usize>> = match choice {
            Some(_) => vec![*choice],
            None => std::iter::once(None).chain((0..options).map(Some)).collect(),
        };
        all = (all.iter())
            .flat_map(|begun: &Vec<Option<usize>>| {
                next.iter().map(|choice| {
                    let mut longer = begun.clone();
                    longer.push(*choice);
                    longer
                })
            })
            .collect();
    }
    all
}

fn count(choices: &[Option<usize>], options: usize, needed: usize, no: Option<usize>) -> Count {
    let of = |option| choices.iter().filter(|choice| **choice == Some(option)).count();
    Count {
        ballots: (0..options).map(of).collect(),
        members: choices.len(),
        needed,
        no,
    }
}

fn check(choices: &[Option<usize>], options: usize, needed: usize, no: Option<usize>) {
    let count = count(choices, options, needed, no);
    assert_eq!(count.outcome(), model(choices, options, needed, no), "{count:?}");
    let mut outcomes: Vec<Outcome> = Vec::new();
    for completion in completions(choices, options) {
        let outcome = model(&completion, options, needed, no);
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
    }
    let certain = match outcomes.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    assert_eq!(count.certain(), certain, "{count:?}: {outcomes:?}");
}

#[test]
fn for_every_quorum_and_every_pattern_of_absence_the_outcome_is_the_models() {
    for members in 1..=5 {
        let nobody = vec![None; members];
        for options in 2..=3 {
            for choices in completions(&nobody, options) {
                let needs = QUORUMS.into_iter().chain((1..=members).map(Quorum::Number));
                for quorum in needs {
                    let needed = quorum.needed(members);
                    check(&choices, options, needed, None);
                    check(&choices, options, needed, Some(options - 1));
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn larger_votes_come_to_what_the_model_says(
        choices in proptest::collection::vec(proptest::option::weighted(0.8, 0_usize..4), 1..40),
        number in 1_usize..40,
        which in 0_usize..4,
        no in proptest::option::of(0_usize..4),
    ) {
        let quorum = QUORUMS.get(which).copied().unwrap_or(Quorum::Number(number.min(choices.len())));
        let needed = quorum.needed(choices.len());
        let count = count(&choices, 4, needed, no);
        prop_assert_eq!(count.outcome(), model(&choices, 4, needed, no));
        if let Some(certain) = count.certain() {
            prop_assert_eq!(certain, count.outcome());
        }
    }

    #[test]
    fn whoever_is_absent_never_makes_fewer_votes_enough(
        choices in proptest::collection::vec(0_usize..2, 1..30),
        absent in 1_usize..30,
    ) {
        for quorum in QUORUMS {
            let mut with: Vec<Option<usize>> = choices.iter().copied().map(Some).collect();
            with.extend(std::iter::repeat_n(None, absent));
            let needed = quorum.needed(with.len());
            prop_assert!(needed >= quorum.needed(choices.len()));
            if let Outcome::Passed(winner) = count(&with, 2, needed, None).outcome() {
                prop_assert!(2 * choices.iter().filter(|choice| **choice == winner).count() > with.len());
            }
        }
    }

    #[test]
    fn after_a_lock_in_nothing_else_ever_counts(
        casts in proptest::collection::vec((0_usize..3, any::<bool>()), 0..20),
    ) {
        let mut member = Member { agent: String::new(), name: String::new(), presence: Presence::Active, ballots: Vec::new() };
        let mut standing: Option<(usize, bool)> = None;
        for (option, is_final) in casts {
            let effect = member.effect(option, is_final);
            let is_locked = standing.is_some_and(|(_, is_final)| is_final);
            prop_assert_eq!(effect == Effect::Equivocation, is_locked && standing.map(|(at, _)| at) != Some(option));
            if effect != Effect::Same {
                member.ballots.push(Ballot {
                    option,
                    is_final,
                    is_equivocation: effect == Effect::Equivocation,
                    cast_at: 0,
                });
            }
            if !is_locked {
                let stays = standing.is_some_and(|(at, _)| at == option) && !is_final;
                standing = if stays { standing } else { Some((option, is_final)) };
            }
            prop_assert_eq!(member.standing().map(|ballot| (ballot.option, ballot.is_final)), standing);
        }
    }
}

#[test]
fn how_many_have_to_agree_is_counted_from_all_members() {
    let needed = |quorum: Quorum| (1..=7).map(|members| quorum.needed(members)).collect::<Vec<_>>();
    assert_eq!(needed(Quorum::Majority), [1, 2, 2, 3, 3, 4, 4]);
    assert_eq!(needed(Quorum::TwoThirds), [1, 2, 2, 3, 4, 4, 5]);
    assert_eq!(needed(Quorum::Unanimous), [1, 2, 3, 4, 5, 6, 7]);
    for word in ["majority", "two-thirds", "unanimous", "3"] {
        assert_eq!(Quorum::parse(word).unwrap().to_text(), word);
    }
    assert_eq!(Quorum::parse("0"), None);
    assert_eq!(Quorum::parse("most"), None);
}

#[test]
fn options_are_told_apart() {
    assert_eq!(options(" a, B ").unwrap(), ["a", "B"]);
    assert_eq!(options("a"), Err(Unfit::TooFew));
    assert_eq!(options("a,,b"), Err(Unfit::Empty));
    assert_eq!(options("yes,no,Yes"), Err(Unfit::Twice));
    assert_eq!(options(&format!("a,{}", "x".repeat(41))), Err(Unfit::TooLong));
    let many: Vec<String> = (0..17).map(|number| number.to_string()).collect();
    assert_eq!(options(&many.join(",")), Err(Unfit::TooMany));
}
