//! The shape of a shell script, as far as its effects on files need it.
//!
//! Words keep their place in the text, so that a call can be rewritten without printing the rest anew, and
//! keep what was quoted apart from what was not, because only the latter is a pattern, a brace list or a `~`.

/// A parsed text.
pub(super) struct Script {
    pub(super) list: List,
    /// The bodies of here-documents that the shell expands, by [`Redirect::body`].
    pub(super) bodies: Vec<Vec<Part>>,
    /// Whether all of the text was understood. What was read before the trouble is in `list` all the same.
    pub(super) is_valid: bool,
}

/// Commands one after the other.
pub(super) type List = Vec<Chain>;

/// Pipelines joined by `&&` and `||`.
pub(super) struct Chain {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Link, Pipeline)>,
    pub(super) is_background: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    And,
    Or,
}

pub(super) struct Pipeline {
    pub(super) is_negated: bool,
    pub(super) commands: Vec<Command>,
}

pub(super) struct Command {
    pub(super) body: Body,
    pub(super) redirects: Vec<Redirect>,
}

pub(super) enum Body {
    Simple(Simple),
    Subshell(List),
    Group(List),
    /// Conditions with what they guard, and the rest.
    If {
        arms: Vec<(List, List)>,
        otherwise: List,
    },
    /// `for`, `select`, `while` and `until`.
    Loop {
        words: Vec<Word>,
        condition: List,
        body: List,
        /// Whether the directory may be another in the second round.
        moves: bool,
    },
    Case {
        word: Word,
        arms: Vec<List>,
    },
    Function {
        name: String,
        body: Box<Command>,
        moves: bool,
    },
    /// `[[ … ]]` and `(( … ))`: nothing but the substitutions in it matters.
    Test(Vec<Word>),
}

#[derive(Default)]
pub(super) struct Simple {
    pub(super) assignments: Vec<Word>,
    pub(super) words: Vec<Word>,
}

/// A word, by its bytes in the text and by its parts.
#[derive(Default)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) parts: Vec<Part>,
}

pub(super) enum Part {
    /// Unquoted text.
    Plain(String),
    /// Text after quote removal.
    Quoted(String),
    /// `$PWD`.
    Working,
    /// What only a running shell knows.
    Dynamic,
    /// The output of commands.
    Run(List),
    /// A process substitution: a file, but none of the project.
    Process(List),
}

pub(super) struct Redirect {
    pub(super) operator: Operator,
    pub(super) word: Word,
    pub(super) body: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `>`, `>|`, `&>`
    Create,
    /// `>>`, `&>>`
    Append,
    /// `<>`
    Edit,
    /// `>&`, which is a copy of a descriptor or a file
    Copy,
    /// `<`, `<&`, `<<<` and here-documents
    Input,
}

impl Word {
    /// The text, when the word is nothing but unquoted letters.
    pub(super) fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Plain(text)] => Some(text),
            _ => None,
        }
    }
}

/// Shows every simple command of `list` to `visit`, those in substitutions and functions too.
pub(super) fn each_simple<'a>(list: &'a List, visit: &mut dyn FnMut(&'a Simple)) {
    for chain in list {
        for pipeline in std::iter::once(&chain.first).chain(chain.rest.iter().map(|(_, next)| next)) {
            for command in &pipeline.commands {
                each_in_command(command, visit);
            }
        }
    }
}

fn each_in_command<'a>(command: &'a Command, visit: &mut dyn FnMut(&'a Simple)) {
    for redirect in &command.redirects {
        each_in_parts(&redirect.word.parts, visit);
    }
    match &command.body {
        Body::Simple(simple) => {
            visit(simple);
            for word in simple.assignments.iter().chain(&simple.words) {
                each_in_parts(&word.parts, visit);
            }
        }
        Body::Subshell(list) | Body::Group(list) => each_simple(list, visit),
        Body::If { arms, otherwise } => {
            for (condition, body) in arms {
                each_simple(condition, visit);
                each_simple(body, visit);
            }
            each_simple(otherwise, visit);
        }
        Body::Loop {
            words,
            condition,
            body,
            ..
        } => {
            for word in words {
                each_in_parts(&word.parts, visit);
            }
            each_simple(condition, visit);
            each_simple(body, visit);
        }
        Body::Case { word, arms } => {
            each_in_parts(&word.parts, visit);
            for arm in arms {
                each_simple(arm, visit);
            }
        }
        Body::Function { body, .. } => each_in_command(body, visit),
        Body::Test(words) => {
            for word in words {
                each_in_parts(&word.parts, visit);
            }
        }
    }
}

/// Shows every simple command in the substitutions of `parts` to `visit`.
pub(super) fn each_in_parts<'a>(parts: &'a [Part], visit: &mut dyn FnMut(&'a Simple)) {
    for part in parts {
        if let Part::Run(list) | Part::Process(list) = part {
            each_simple(list, visit);
        }
    }
}
