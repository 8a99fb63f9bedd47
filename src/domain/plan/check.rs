//! A plan is checked as a whole: everything that is wrong, and where.

use std::collections::HashMap;

use super::{Ask, Fault, Item, On, Place, Plan};
use crate::domain::task::{MAX_LABEL, is_valid_key, label};
use crate::domain::text::{self, Unfit};

/// Most tasks of one plan.
pub const MAX_ITEMS: usize = 5_000;
/// Most cycles that are named.
pub(super) const MAX_CYCLES: usize = 50;
/// Most bytes of a reference.
pub(super) const MAX_REFERENCE: usize = 64;

/// Whether this can be the reference of a task.
pub(super) fn is_reference(text: &str) -> bool {
    (1..=MAX_REFERENCE).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl Plan {
    /// The plan with every name looked up and every text in its final form.
    ///
    /// # Errors
    /// [`Fault`] says what is wrong first.
    pub fn check(self) -> Result<Self, Fault> {
        let (plan, faults) = self.inspect();
        faults.into_iter().next().map_or(Ok(plan), Err)
    }

    /// The plan as [`Self::check`] makes it, and everything that is wrong with it: texts first, then names, then
    /// cycles, of which there are so many that every dependency on a cycle is on one of them (at most
    /// [`MAX_CYCLES`]).
    #[must_use]
    pub fn inspect(mut self) -> (Self, Vec<Fault>) {
        if self.items.is_empty() {
            let fault = Fault::new(Place::Whole, "there is no task in it")
                .hint("a task is a line such as `- [ ] Title`, or an element of `tasks` in JSON");
            return (self, vec![fault]);
        }
        if self.items.len() > MAX_ITEMS {
            let why = format!(
                "{} tasks are too many for one plan; the limit is {MAX_ITEMS}",
                self.items.len()
            );
            let fault = Fault::new(self.items[MAX_ITEMS].place, why);
            return (self, vec![fault]);
        }
        let mut faults: Vec<Fault> = self
            .items
            .iter_mut()
            .filter_map(|item| tidy(item).err())
            .collect();
        faults.extend(self.look_up());
        faults.extend(
            self.shape()
                .cycles(MAX_CYCLES)
                .iter()
                .map(|cycle| self.circle(cycle)),
        );
        (self, faults)
    }

    /// Finds the other task of every dependency; what cannot be found out stays a name.
    fn look_up(&mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut references: HashMap<String, usize> = HashMap::new();
        let mut titles: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, item) in self.items.iter().enumerate() {
            if let Some(reference) = &item.reference {
                if let Some(&first) = references.get(reference) {
                    let first = self.items[first].shown();
                    let why = format!("the reference '{reference}' is taken by {first}");
                    faults.push(Fault::new(item.place, why));
                } else {
                    references.insert(reference.clone(), at);
                }
            }
            titles.entry(item.title.to_lowercase()).or_default().push(at);
        }
        let places: Vec<Place> = self.items.iter().map(|item| item.place).collect();
        for (at, item) in self.items.iter_mut().enumerate() {
            let mut asks: Vec<Ask> = Vec::with_capacity(item.asks.len());
            for mut ask in std::mem::take(&mut item.asks) {
                if let On::Named(name) = &ask.on {
                    let bare = name.strip_prefix('#').unwrap_or(name);
                    let same_title = titles.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
                    let found = match (references.get(bare), same_title) {
                        (Some(&found), _) => On::Item(found),
                        (None, [one]) => On::Item(*one),
                        (None, []) => On::Board(bare.to_owned()),
                        (None, several) => {
                            let lines: Vec<String> =
                                several.iter().map(|&at| places[at].to_string()).collect();
                            let why = format!("'{name}' is the title of several tasks: {}", lines.join(", "));
                            faults.push(
                                Fault::new(ask.place, why)
                                    .hint("give one a reference, such as {#build}, and name that"),
                            );
                            continue;
                        }
                    };
                    if found == On::Item(at) {
                        faults.push(Fault::new(ask.place, format!("'{name}' would wait for itself")));
                        continue;
                    }
                    ask.on = found;
                }
                if !asks
                    .iter()
                    .any(|known| known.on == ask.on && known.kind == ask.kind)
                {
                    asks.push(ask);
                }
            }
            item.asks = asks;
        }
        faults
    }

    fn circle(&self, cycle: &[usize]) -> Fault {
        let edges: Vec<String> = (0..cycle.len())
            .map(|at| {
                let (task, on) = (&self.items[cycle[at]], &self.items[cycle[(at + 1) % cycle.len()]]);
                format!("{} waits for {}", task.shown(), on.shown())
            })
            .collect();
        Fault::new(
            self.items[cycle[0]].place,
            format!("a cycle: {}", edges.join(", ")),
        )
        .hint("a task cannot wait for itself, not even through others; sub-items come before their parent")
    }
}

/// Brings the texts of a task into the form in which they are kept.
fn tidy(item: &mut Item) -> Result<(), Fault> {
    let place = item.place;
    let fault = |why: String| Fault::new(place, why);
    let unfit = |what: &'static str| move |why: Unfit| Fault::new(place, in_words(what, why));
    item.title = text::title(&item.title).map_err(unfit("title"))?.to_owned();
    let remark = |what, field: &mut Option<String>| match field.take() {
        Some(typed) if !typed.trim().is_empty() => {
            *field = Some(text::remark(&typed).map_err(unfit(what))?);
            Ok(())
        }
        _ => Ok::<(), Fault>(()),
    };
    remark("role", &mut item.role)?;
    remark("acceptance", &mut item.acceptance)?;
    remark("reason", &mut item.reason)?;
    if let Some(command) = &mut item.acceptance_command {
        *command = text::title(command).map_err(unfit("check"))?.to_owned();
        let is_seen = |one: char| one.is_ascii_graphic() || one == ' ' || one.is_alphanumeric();
        if !command.chars().all(is_seen) {
            return Err(fault("the check holds characters that cannot be seen".to_owned()));
        }
    }
    match &item.description {
        Some(description) if description.trim().is_empty() => item.description = None,
        Some(description) => drop(text::body(description).map_err(unfit("description"))?),
        None => {}
    }
    for typed in &mut item.labels {
        *typed = label(typed).ok_or_else(|| {
            fault(format!(
                "'{typed}' is no label: 1 to {MAX_LABEL} of a-z 0-9 . _ / : -"
            ))
        })?;
    }
    item.labels.sort();
    item.labels.dedup();
    if let Some(reference) = &item.reference
        && !is_reference(reference)
    {
        return Err(fault(format!(
            "'{reference}' is no reference: 1 to {MAX_REFERENCE} of A-Z a-z 0-9 . _ -"
        )));
    }
    if item
        .max_attempts
        .is_some_and(|count| !(1..=1000).contains(&count))
    {
        return Err(fault("attempts is a number from 1 to 1000".to_owned()));
    }
    if let Some(key) = item.results.keys().find(|key| !is_valid_key(key)) {
        return Err(fault(format!("'{key}' cannot be the name of a result")));
    }
    if item
        .files
        .iter()
        .any(|file| file.trim().is_empty() || file.contains('\0'))
    {
        return Err(fault("one of the files has no name".to_owned()));
    }
    item.files.sort();
    item.files.dedup();
    Ok(())
}

fn in_words(what: &str, why: Unfit) -> String {
    match why {
        Unfit::Empty => format!("the {what} is empty"),
        Unfit::SeveralLines => format!("the {what} has more than one line"),
        Unfit::TooLong { length, limit, unit } => {
            format!("the {what} is {length} {unit} long; the limit is {limit}")
        }
    }
}
