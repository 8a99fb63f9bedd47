//! What a hook does does not become more while the store grows.

use super::hooks::{OUTCOMES, Size, Stage};

/// How much bigger the big store is.
const FACTOR: i64 = 20;

/// Steps of SQLite's machine that two runs may differ by for no reason of growth: a made-up name or id that is taken.
const SLACK: u64 = 60;

/// Outcomes whose work depends on how much there is, up to a limit, and that limit. Their number of statements must
/// not grow all the same, unless it says so.
const BOUNDED: &[(&str, &str)] = &[];

#[test]
fn no_hook_does_more_the_more_the_store_holds() {
    let (small, big) = (Stage::new(Size::times(1)), Stage::new(Size::times(FACTOR)));
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for outcome in OUTCOMES {
        let (few, many) = (small.play(outcome), big.play(outcome));
        let (count, grown) = (few.statements.len(), many.statements.len());
        if std::env::var_os("PLANS_SHOW").is_some() {
            eprintln!(
                "{:70} {count:4} {grown:4} {:7} {:7}",
                outcome.name,
                few.all_steps(),
                many.all_steps()
            );
        }
        let has_more = grown > count || many.all_steps() > few.all_steps() + SLACK;
        if has_more && let Some((name, _)) = BOUNDED.iter().find(|(name, _)| *name == outcome.name) {
            used.push(*name);
            continue;
        }
        if has_more {
            wrong.push(format!(
                "{}: {count} statements became {grown}, {} steps became {}\n    {}",
                outcome.name,
                few.all_steps(),
                many.all_steps(),
                many.beyond(&few).join("\n    ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused: Vec<_> = BOUNDED.iter().filter(|(name, _)| !used.contains(name)).collect();
    assert!(unused.is_empty(), "bounded, but nothing grows: {unused:?}");
}
