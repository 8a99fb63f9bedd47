//! What a topology is to be like, as somebody wrote it, and whether that holds together.
//!
//! Little has to be said. Whoever is in a team and has no parent of its own hangs below the first of the team, and
//! whoever has no parent at all hangs below the chief: so nobody is forgotten, and the only ways to get it wrong are
//! those that are looked for here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAX_PLACES, Shape, Who, is_word};

/// A topology as files, options and the store have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Which kind it is.
    pub shape: Shape,
    /// The hub of a star: a name, an id or `@role`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The chief of a hierarchy; may be left out where only one place has no parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chief: Option<String>,
    /// Who stands in while the hub or chief is not here, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deputies: Vec<String>,
    /// Teams by name, whoever leads a team first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub teams: BTreeMap<String, Vec<String>>,
    /// Whose parent is whom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parents: BTreeMap<String, String>,
}

impl Form {
    /// Nothing but the kind.
    #[must_use]
    pub const fn new(shape: Shape) -> Self {
        Self {
            shape,
            hub: None,
            chief: None,
            deputies: Vec::new(),
            teams: BTreeMap::new(),
            parents: BTreeMap::new(),
        }
    }
}

/// Why a topology cannot be one. Texts are as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsound {
    /// This is neither a name nor an id nor `@role`, or it is the human's.
    NoPlace(String),
    /// This cannot be the name of a team.
    NoTeamName(String),
    /// This is said and means nothing in such a topology.
    Senseless(Shape, &'static str),
    /// A star has no hub.
    NoHub,
    /// Nobody is without a parent, or nobody is named at all.
    NoChief,
    /// Not connected: each of these has no parent, and no chief is named.
    Chiefs(Vec<Who>),
    /// The chief has a parent.
    ChiefBelow(Who, Who),
    /// Each of these has the next one as its parent, and the last one the first.
    Cycle(Vec<Who>),
    /// Two parents are named for one place.
    TwoParents(Who, Who, Who),
    /// This team has nobody.
    NoMember(String),
    /// So many places.
    TooMany(usize),
}

/// For whom a place of a hierarchy is, and where it hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// For whom.
    pub who: Who,
    /// The place above it; `None` for the chief alone.
    pub parent: Option<usize>,
    /// The teams it is in, by number.
    pub teams: Vec<usize>,
}

/// Some who talk with each other whatever hangs below whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// What it is called.
    pub name: String,
    /// The places in it, whoever leads it first.
    pub members: Vec<usize>,
}

/// A topology that holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Which kind it is.
    pub shape: Shape,
    /// Who is its head: whoever was named so, then the deputies in their order. Empty in a mesh.
    pub heads: Vec<Who>,
    /// The places of a hierarchy, the chief first.
    pub places: Vec<Place>,
    /// Its teams.
    pub teams: Vec<Team>,
    form: Form,
}

impl Definition {
    /// The topology that a form describes.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(form: Form) -> Result<Self, Vec<Unsound>> {
        let mut draft = Draft::default();
        draft.refuse_senseless(&form);
        let named = match form.shape {
            Shape::Mesh => None,
            Shape::Star => form.hub.as_deref(),
            Shape::Hierarchical => form.chief.as_deref(),
        };
        let mut head = named.and_then(|text| draft.read(text));
        let deputies: Vec<Who> = form.deputies.iter().filter_map(|text| draft.read(text)).collect();
        match form.shape {
            Shape::Star if named.is_none() => draft.wrong.push(Unsound::NoHub),
            Shape::Mesh | Shape::Star => {}
            Shape::Hierarchical => draft.hang(&form, &mut head),
        }
        if !draft.wrong.is_empty() {
            return Err(draft.wrong);
        }
        let mut heads: Vec<Who> = head.into_iter().chain(deputies).collect();
        let mut seen = Vec::new();
        heads.retain(|who| {
            !seen.contains(who) && {
                seen.push(who.clone());
                true
            }
        });
        Ok(Self {
            shape: form.shape,
            heads,
            places: draft.places,
            teams: draft.teams,
            form,
        })
    }

    /// A mesh.
    #[must_use]
    pub const fn mesh() -> Self {
        Self {
            shape: Shape::Mesh,
            heads: Vec::new(),
            places: Vec::new(),
            teams: Vec::new(),
            form: Form::new(Shape::Mesh),
        }
    }

    /// As it was written.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// How far below the chief a place is.
    #[must_use]
    pub fn depth(&self, place: usize) -> usize {
        std::iter::successors(Some(place), |&place| self.places[place].parent).count() - 1
    }
}

/// A definition on its way.
#[derive(Default)]
struct Draft {
    places: Vec<Place>,
    teams: Vec<Team>,
    wrong: Vec<Unsound>,
}

impl Draft {
    fn refuse_senseless(&mut self, form: &Form) {
        let said = [
            ("hub", form.hub.is_some(), Shape::Star),
            ("chief", form.chief.is_some(), Shape::Hierarchical),
            ("team", !form.teams.is_empty(), Shape::Hierarchical),
            ("parent", !form.parents.is_empty(), Shape::Hierarchical),
        ];
        for (what, is_said, shape) in said {
            if is_said && form.shape != shape {
                self.wrong.push(Unsound::Senseless(form.shape, what));
            }
        }
        if form.shape == Shape::Mesh && !form.deputies.is_empty() {
            self.wrong.push(Unsound::Senseless(form.shape, "deputy"));
        }
    }

    fn read(&mut self, text: &str) -> Option<Who> {
        let who = Who::parse(text);
        if who.is_none() {
            self.wrong.push(Unsound::NoPlace(text.to_owned()));
        }
        who
    }

    /// The place for somebody, a new one if there is none.
    fn place(&mut self, who: Who) -> usize {
        let is_it = |place: &Place| match (&place.who, &who) {
            (Who::Name(one), Who::Name(other)) => one.eq_ignore_ascii_case(other),
            (one, other) => one == other,
        };
        if let Some(at) = self.places.iter().position(is_it) {
            return at;
        }
        self.places.push(Place {
            who,
            parent: None,
            teams: Vec::new(),
        });
        self.places.len() - 1
    }

    /// Makes the places of a hierarchy and hangs each below another.
    fn hang(&mut self, form: &Form, chief: &mut Option<Who>) {
        let count = form.parents.len() + form.teams.values().map(Vec::len).sum::<usize>();
        if count > MAX_PLACES {
            self.wrong.push(Unsound::TooMany(count));
            return;
        }
        if let Some(chief) = chief {
            self.place(chief.clone());
        }
        for (child, parent) in &form.parents {
            let (Some(child), Some(parent)) = (self.read(child), self.read(parent)) else {
                continue;
            };
            let (child, parent) = (self.place(child), self.place(parent));
            match self.places[child].parent {
                Some(other) if other != parent => {
                    let who = |place: usize| self.places[place].who.clone();
                    self.wrong
                        .push(Unsound::TwoParents(who(child), who(other), who(parent)));
                }
                _ => self.places[child].parent = Some(parent),
            }
        }
        self.gather(form, chief.is_some());
        self.find_chief(chief);
    }

    /// Makes the teams, and hangs their members below whoever leads each.
    fn gather(&mut self, form: &Form, has_chief: bool) {
        for (name, members) in &form.teams {
            if !is_word(name.trim()) {
                self.wrong.push(Unsound::NoTeamName(name.clone()));
                continue;
            }
            let number = self.teams.len();
            let mut places = Vec::new();
            for member in members {
                let Some(who) = self.read(member) else { continue };
                let place = self.place(who);
                if !places.contains(&place) {
                    places.push(place);
                    self.places[place].teams.push(number);
                }
            }
            if members.is_empty() {
                self.wrong.push(Unsound::NoMember(name.clone()));
            }
            self.teams.push(Team {
                name: name.trim().to_owned(),
                members: places,
            });
        }
        for team in &self.teams {
            for &place in team.members.iter().skip(1) {
                let is_chief = has_chief && place == 0;
                if !is_chief && self.places[place].parent.is_none() {
                    self.places[place].parent = Some(team.members[0]);
                }
            }
        }
    }

    /// Settles which place is the chief, puts it first and hangs below it what hangs nowhere.
    fn find_chief(&mut self, chief: &mut Option<Who>) {
        let who = |draft: &Self, places: &[usize]| -> Vec<Who> {
            places.iter().map(|&at| draft.places[at].who.clone()).collect()
        };
        if let Some(cycle) = self.cycle() {
            let cycle = who(self, &cycle);
            self.wrong.push(Unsound::Cycle(cycle));
        }
        if !self.wrong.is_empty() {
            return;
        }
        let tops: Vec<usize> = (0..self.places.len())
            .filter(|&at| self.places[at].parent.is_none())
            .collect();
        match (&chief, tops.as_slice()) {
            (Some(_), _) => {
                if let Some(parent) = self.places[0].parent {
                    let both = who(self, &[0, parent]);
                    self.wrong
                        .push(Unsound::ChiefBelow(both[0].clone(), both[1].clone()));
                    return;
                }
            }
            (None, [only]) => {
                *chief = Some(self.places[*only].who.clone());
                self.bring_to_front(*only);
            }
            (None, []) => self.wrong.push(Unsound::NoChief),
            (None, several) => {
                let several = who(self, several);
                self.wrong.push(Unsound::Chiefs(several));
            }
        }
        for place in self.places.iter_mut().skip(1) {
            place.parent = Some(place.parent.unwrap_or(0));
        }
    }

    fn bring_to_front(&mut self, first: usize) {
        self.places.swap(0, first);
        let renumber = |place: &mut usize| {
            *place = match *place {
                0 => first,
                at if at == first => 0,
                at => at,
            };
        };
        self.places
            .iter_mut()
            .filter_map(|place| place.parent.as_mut())
            .for_each(renumber);
        self.teams
            .iter_mut()
            .flat_map(|team| team.members.iter_mut())
            .for_each(renumber);
    }

    /// The places of a cycle, each followed by its parent, if there is one.
    fn cycle(&self) -> Option<Vec<usize>> {
        let mut is_done = vec![false; self.places.len()];
        for start in 0..self.places.len() {
            let mut path = Vec::new();
            let mut at = Some(start);
            while let Some(place) = at.filter(|&place| !is_done[place]) {
                if let Some(begin) = path.iter().position(|&before| before == place) {
                    return Some(path.split_off(begin));
                }
                path.push(place);
                at = self.places[place].parent;
            }
            for place in path {
                is_done[place] = true;
            }
        }
        None
    }
}
