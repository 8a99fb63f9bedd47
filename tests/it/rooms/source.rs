//! Source text taken apart: code without comments, and the string literals in it.

/// Code with comments blanked and strings emptied, and the strings.
pub(crate) struct Source {
    pub(crate) code: String,
    pub(crate) strings: Vec<String>,
}

impl Source {
    /// Takes `text` apart. Everything from the file's own tests on is left out.
    pub(crate) fn of(text: &str) -> Self {
        let text = text
            .split("\n#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default();
        let mut source = Self {
            code: String::new(),
            strings: Vec::new(),
        };
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = if rest.starts_with("//") {
                rest.find('\n').map_or("", |end| &rest[end..])
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or("", |end| &rest[end + 2..])
            } else if let Some(hashes) = raw_string(rest).filter(|_| !source.ends_in_a_word()) {
                let body = &rest[hashes + 2..];
                let end = format!("\"{}", "#".repeat(hashes));
                let (string, after) = body.split_once(&end).unwrap_or((body, ""));
                source.push_string(string);
                after
            } else if first == '"' {
                let length = string_length(&rest[1..]);
                source.push_string(&rest[1..=length]);
                rest.get(length + 2..).unwrap_or_default()
            } else if let Some(length) = character_length(rest) {
                &rest[length..]
            } else {
                source.code.push(first);
                &rest[first.len_utf8()..]
            };
        }
        source
    }

    fn push_string(&mut self, string: &str) {
        self.code.push_str("\"\"");
        self.strings.push(string.to_owned());
    }

    fn ends_in_a_word(&self) -> bool {
        self.code
            .ends_with(|last: char| last.is_alphanumeric() || last == '_')
    }
}

/// The number of hashes of a raw string that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// How many bytes the string lasts whose opening quote was just passed.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    text.find(|character| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end
    })
    .unwrap_or(text.len())
}

/// The length of a character literal that begins here; a lifetime is none.
fn character_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if body.starts_with('\\') {
        return Some(3 + body[2..].find('\'')?);
    }
    let first = body.chars().next()?.len_utf8();
    body[first..].starts_with('\'').then_some(first + 2)
}

#[test]
fn comments_and_strings_are_no_code() {
    let source =
        Source::of("let a = \"x // \\\" y\"; // b\nlet c = '\"'; /* d */ let e: &'static str = r#\"f\"g\"#;");
    assert_eq!(
        source.code.split_whitespace().collect::<Vec<_>>().join(" "),
        "let a = \"\"; let c = ; let e: &'static str = \"\";"
    );
    assert_eq!(source.strings, ["x // \\\" y", "f\"g"]);
}
