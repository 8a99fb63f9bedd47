//! Compound commands: conditions, loops, cases.

use super::lexer::Parser;
use super::tree::{Body, List, Word};

impl Parser<'_> {
    pub(super) fn parenthesis(&mut self) -> Body {
        if self.peek(1) == b'('
            && let Some(close) = self.arithmetic_end(self.at + 2)
        {
            self.at = close;
            return Body::Test(Vec::new());
        }
        self.at += 1;
        let moves = self.moves;
        let list = self.list();
        self.moves = moves;
        self.expect(b')');
        Body::Subshell(list)
    }

    pub(super) fn if_command(&mut self) -> Body {
        let mut arms = Vec::new();
        let mut otherwise = List::new();
        loop {
            let condition = self.list();
            self.expect_keyword("then");
            let body = self.list();
            arms.push((condition, body));
            if self.keyword("elif") {
                continue;
            }
            if self.keyword("else") {
                otherwise = self.list();
            }
            self.expect_keyword("fi");
            return Body::If { arms, otherwise };
        }
    }

    pub(super) fn loop_body(&mut self) -> List {
        self.skip_lines();
        if self.keyword("{") {
            let body = self.list();
            self.expect_keyword("}");
            return body;
        }
        self.expect_keyword("do");
        let body = self.list();
        self.expect_keyword("done");
        body
    }

    pub(super) fn loop_of(&self, words: Vec<Word>, condition: List, body: List, moves: usize) -> Body {
        Body::Loop {
            words,
            condition,
            body,
            moves: self.moves > moves,
        }
    }

    pub(super) fn for_command(&mut self) -> Body {
        let moves = self.moves;
        let mut words = Vec::new();
        self.skip_blanks();
        if self.starts_with("((") {
            match self.arithmetic_end(self.at + 2) {
                Some(close) => self.at = close,
                None => self.give_up(),
            }
        } else {
            self.word();
            self.skip_lines();
            if self.keyword("in") {
                self.skip_blanks();
                while let Some(word) = self.word() {
                    words.push(word);
                    self.skip_blanks();
                }
            }
        }
        self.skip_blanks();
        if self.peek(0) == b';' {
            self.at += 1;
        }
        let body = self.loop_body();
        self.loop_of(words, List::new(), body, moves)
    }

    pub(super) fn case_command(&mut self) -> Body {
        self.skip_blanks();
        let word = self.word().unwrap_or_default();
        self.skip_lines();
        self.expect_keyword("in");
        let mut arms = Vec::new();
        loop {
            self.skip_lines();
            if self.keyword("esac") {
                return Body::Case { word, arms };
            }
            if self.peek(0) == b'(' {
                self.at += 1;
            }
            loop {
                self.skip_blanks();
                if self.word().is_none() {
                    self.give_up();
                }
                self.skip_blanks();
                if self.peek(0) != b'|' {
                    break;
                }
                self.at += 1;
            }
            self.expect(b')');
            if !self.is_valid {
                return Body::Case { word, arms };
            }
            arms.push(self.list());
            for end in [";;&", ";;", ";&"] {
                if self.starts_with(end) {
                    self.at += end.len();
                    break;
                }
            }
        }
    }

    /// `[[ … ]]`, in which `<` and `>` compare.
    pub(super) fn test(&mut self) -> Body {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            if self.is_at_end() {
                self.is_valid = false;
                return Body::Test(words);
            }
            if self.keyword("]]") {
                return Body::Test(words);
            }
            match self.word() {
                Some(word) => words.push(word),
                None => self.at += 1,
            }
        }
    }
}
