//! Commands: lists, pipelines, compound commands and redirections.
//!
//! No crate: those with a whole grammar take exponential time for unclosed parentheses or end the process on
//! deep nesting, and a hook must do neither. What is needed here is small: where commands start, what their
//! words are, and where their output goes.

use super::lexer::{Parser, Pending};
use super::tree::{
    Body, Chain, Command, Link, List, Operator, Part, Pipeline, Redirect, Script, Simple, Word,
};

/// Reads `source`. What cannot be understood ends the list early.
pub(super) fn parse(source: &str) -> Script {
    let mut parser = Parser::new(source);
    let list = parser.list();
    Script {
        list,
        is_valid: parser.is_valid && parser.is_at_end(),
        bodies: parser.bodies,
    }
}

/// Words that end a list where a command could start.
const CLOSING: [&str; 8] = ["then", "do", "done", "fi", "elif", "else", "esac", "}"];

impl Parser<'_> {
    /// Commands up to something that closes them.
    pub(super) fn list(&mut self) -> List {
        let mut list = List::new();
        loop {
            self.skip_lines();
            if self.is_at_end() || self.starts_with(";;") || self.starts_with(";&") {
                return list;
            }
            let before = self.at;
            let Some(mut chain) = self.chain() else {
                return list;
            };
            self.skip_blanks();
            match self.peek(0) {
                b'&' => {
                    chain.is_background = true;
                    self.at += 1;
                }
                b';' if !matches!(self.peek(1), b';' | b'&') => self.at += 1,
                b'\n' => self.line_end(),
                _ => {}
            }
            list.push(chain);
            if self.at == before {
                return list;
            }
        }
    }

    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.peek(0) != b'\n' {
                return;
            }
            self.line_end();
        }
    }

    fn chain(&mut self) -> Option<Chain> {
        let mut chain = Chain {
            first: self.pipeline()?,
            rest: Vec::new(),
            is_background: false,
        };
        loop {
            self.skip_blanks();
            let link = if self.starts_with("&&") {
                Link::And
            } else if self.starts_with("||") {
                Link::Or
            } else {
                return Some(chain);
            };
            self.at += 2;
            self.skip_lines();
            let Some(next) = self.pipeline() else {
                self.is_valid = false;
                return Some(chain);
            };
            chain.rest.push((link, next));
        }
    }

    fn pipeline(&mut self) -> Option<Pipeline> {
        let mut pipeline = Pipeline {
            is_negated: false,
            commands: Vec::new(),
        };
        loop {
            self.skip_blanks();
            if self.keyword("!") {
                pipeline.is_negated = !pipeline.is_negated;
            } else if self.keyword("time") {
                self.skip_blanks();
                self.keyword("-p");
            } else {
                break;
            }
        }
        loop {
            let Some(command) = self.deeper(Self::command) else {
                if pipeline.commands.is_empty() {
                    return None;
                }
                self.is_valid = false;
                return Some(pipeline);
            };
            pipeline.commands.push(command);
            self.skip_blanks();
            if self.peek(0) != b'|' || self.peek(1) == b'|' {
                return Some(pipeline);
            }
            self.at += if self.peek(1) == b'&' { 2 } else { 1 };
            self.skip_lines();
        }
    }

    /// Passes `word` if it is the next one, unquoted and whole.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let is_here = self.starts_with(word)
            && matches!(
                self.peek(word.len()),
                0 | b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
            );
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    pub(super) fn expect_keyword(&mut self, word: &str) {
        self.skip_blanks();
        if !self.keyword(word) {
            self.give_up();
        }
    }

    fn is_closing(&mut self) -> bool {
        let here = self.at;
        let is_closing = CLOSING.iter().any(|word| self.keyword(word));
        self.at = here;
        is_closing
    }

    fn command(&mut self) -> Option<Command> {
        self.skip_blanks();
        if self.is_closing() {
            return None;
        }
        let body = if self.peek(0) == b'(' {
            self.parenthesis()
        } else if self.keyword("{") {
            let list = self.list();
            self.expect_keyword("}");
            Body::Group(list)
        } else if self.keyword("if") {
            self.if_command()
        } else if self.keyword("while") || self.keyword("until") {
            let moves = self.moves;
            let condition = self.list();
            let body = self.loop_body();
            self.loop_of(Vec::new(), condition, body, moves)
        } else if self.keyword("for") || self.keyword("select") {
            self.for_command()
        } else if self.keyword("case") {
            self.case_command()
        } else if self.keyword("[[") {
            self.test()
        } else if self.keyword("function") {
            self.skip_blanks();
            let name = self.word()?;
            self.skip_blanks();
            if self.peek(0) == b'(' {
                self.at += 1;
                self.skip_blanks();
                self.expect(b')');
            }
            self.function(&name)?
        } else {
            return self.simple();
        };
        let mut redirects = Vec::new();
        if !matches!(body, Body::Function { .. }) {
            self.skip_blanks();
            while let Some(redirect) = self.redirect() {
                redirects.push(redirect);
                self.skip_blanks();
            }
        }
        Some(Command { body, redirects })
    }

    fn function(&mut self, name: &Word) -> Option<Body> {
        self.skip_lines();
        let moves = self.moves;
        let body = Box::new(self.deeper(Self::command)?);
        let does_move = self.moves > moves;
        self.moves = moves;
        let name = name.plain()?.to_owned();
        if does_move {
            self.moving_functions.insert(name.clone());
        }
        Some(Body::Function {
            name,
            body,
            moves: does_move,
        })
    }

    fn simple(&mut self) -> Option<Command> {
        let mut simple = Simple::default();
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            if let Some(redirect) = self.redirect() {
                redirects.push(redirect);
                continue;
            }
            let Some(word) = self.word() else { break };
            if simple.words.is_empty() {
                if is_assignment(&word) {
                    simple.assignments.push(word);
                    continue;
                }
                self.skip_blanks();
                if self.peek(0) == b'(' && simple.assignments.is_empty() && redirects.is_empty() {
                    self.at += 1;
                    self.skip_blanks();
                    self.expect(b')');
                    let body = self.function(&word)?;
                    return Some(Command { body, redirects });
                }
            }
            if word.plain().is_some_and(|name| self.may_move(name)) {
                self.moves += 1;
            }
            simple.words.push(word);
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && redirects.is_empty() {
            return None;
        }
        let body = Body::Simple(simple);
        Some(Command { body, redirects })
    }

    /// Whether a command of this name changes the directory.
    fn may_move(&self, name: &str) -> bool {
        matches!(name, "cd" | "pushd" | "popd" | "eval") || self.moving_functions.contains(name)
    }

    fn redirect(&mut self) -> Option<Redirect> {
        let start = self.at;
        if self.peek(0) == b'{' {
            let name = self.slice(start + 1, self.end);
            let close = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
            if close > 0 && name.as_bytes()[close] == b'}' {
                self.at += close + 2;
            }
        }
        while self.peek(0).is_ascii_digit() {
            self.at += 1;
        }
        let (text, operator) = OPERATORS
            .into_iter()
            .find(|(text, _)| self.starts_with(text))
            .filter(|(text, _)| *text != "&>" && *text != "&>>" || self.at == start)
            .filter(|_| !(matches!(self.peek(0), b'<' | b'>') && self.peek(1) == b'('))
            .or_else(|| {
                self.at = start;
                None
            })?;
        self.at += text.len();
        self.skip_blanks();
        let Some(word) = self.word() else {
            self.give_up();
            return None;
        };
        let mut body = None;
        if text == "<<" || text == "<<-" {
            body = Some(self.bodies.len());
            self.bodies.push(Vec::new());
            let delimiter = word.parts.iter().map(|part| match part {
                Part::Plain(text) | Part::Quoted(text) => text.as_str(),
                _ => "$",
            });
            self.pending.push(Pending {
                delimiter: delimiter.collect(),
                is_quoted: !matches!(word.parts.as_slice(), [Part::Plain(_)]),
                strips_tabs: text == "<<-",
                body: self.bodies.len() - 1,
            });
        }
        Some(Redirect { operator, word, body })
    }
}

/// The longer ones first.
const OPERATORS: [(&str, Operator); 12] = [
    ("&>>", Operator::Append),
    ("&>", Operator::Create),
    ("<<<", Operator::Input),
    ("<<-", Operator::Input),
    ("<<", Operator::Input),
    ("<&", Operator::Input),
    ("<>", Operator::Edit),
    ("<", Operator::Input),
    (">>", Operator::Append),
    (">|", Operator::Create),
    (">&", Operator::Copy),
    (">", Operator::Create),
];

/// Whether `word` is `name=…`, `name+=…` or `name[…]=…`.
pub(super) fn is_assignment(word: &Word) -> bool {
    let Some(Part::Plain(text)) = word.parts.first() else {
        return false;
    };
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
