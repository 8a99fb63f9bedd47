//! Shell commands, read just far enough.

/// `command` with `--as ID` added to each of its calls of agent-sync, so that a subagent's shell, which does
/// not know whose it is, acts as the subagent. `None` when there is nothing to add.
///
/// Only a plain word in the place of a command counts; text inside quotes stays as it is. A call that says
/// `--as` itself keeps what it says.
#[must_use]
pub fn with_identity(command: &str, id: &str) -> Option<String> {
    let words = words(command);
    let mut rewritten = String::new();
    let mut copied = 0;
    for (index, word) in words.iter().enumerate() {
        let text = &command[word.start..word.end];
        if !word.is_command || text.rsplit('/').next() != Some("agent-sync") {
            continue;
        }
        let own: Vec<&str> = words[index + 1..]
            .iter()
            .take_while(|next| !next.is_command)
            .map(|next| &command[next.start..next.end])
            .collect();
        if own
            .iter()
            .any(|argument| *argument == "--as" || argument.starts_with("--as="))
            || own.first() == Some(&"hook")
        {
            continue;
        }
        rewritten.push_str(&command[copied..word.end]);
        rewritten.push_str(" --as ");
        rewritten.push_str(id);
        copied = word.end;
    }
    (copied > 0).then(|| rewritten + &command[copied..])
}

/// A word of a command line, by its bytes.
struct Word {
    start: usize,
    end: usize,
    is_command: bool,
}

/// Words that the shell reads before another command.
const BEFORE_A_COMMAND: [&str; 12] = [
    "then", "do", "else", "elif", "if", "while", "until", "!", "{", "time", "exec", "command",
];

/// The words of `command`; quotes and escapes keep a word together, operators end one.
fn words(command: &str) -> Vec<Word> {
    let bytes = command.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let mut start: Option<usize> = None;
    let mut expects_command = true;
    let mut at = 0;
    let mut finish = |start: &mut Option<usize>, end: usize, expects_command: &mut bool| {
        if let Some(start) = start.take() {
            let text = &command[start..end];
            words.push(Word {
                start,
                end,
                is_command: *expects_command,
            });
            *expects_command = *expects_command && (BEFORE_A_COMMAND.contains(&text) || is_assignment(text));
        }
    };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => {
                start.get_or_insert(at);
                at += 1;
            }
            quote @ (b'\'' | b'"') => {
                start.get_or_insert(at);
                at = closing_quote(bytes, at, quote);
            }
            b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'`' => {
                finish(&mut start, at, &mut expects_command);
                // A redirection such as 2>&1 goes on with the same command.
                expects_command = !(bytes[at] == b'&' && at > 0 && matches!(bytes[at - 1], b'>' | b'<'));
            }
            b' ' | b'\t' | b'\r' => finish(&mut start, at, &mut expects_command),
            b'#' if start.is_none() => {
                at = command[at..]
                    .find('\n')
                    .map_or(bytes.len(), |end| at + end)
                    .saturating_sub(1)
                    .max(at);
            }
            _ => {
                start.get_or_insert(at);
            }
        }
        at += 1;
    }
    finish(&mut start, bytes.len(), &mut expects_command);
    words
}

/// Where the quote that opens at `open` is closed, or the end.
fn closing_quote(bytes: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if quote == b'"' && bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(command: &str) -> String {
        with_identity(command, "P.1").unwrap_or_else(|| "unchanged".to_owned())
    }

    #[test]
    fn every_call_of_agent_sync_says_who_it_is() {
        assert_eq!(rewritten("agent-sync lock a"), "agent-sync --as P.1 lock a");
        assert_eq!(
            rewritten("cd x && agent-sync whoami; FOO=1 ./bin/agent-sync inbox | cat"),
            "cd x && agent-sync --as P.1 whoami; FOO=1 ./bin/agent-sync --as P.1 inbox | cat"
        );
        assert_eq!(
            rewritten("if agent-sync lock a; then echo"),
            "if agent-sync --as P.1 lock a; then echo"
        );
        assert_eq!(
            rewritten("x=$(agent-sync whoami)"),
            "x=$(agent-sync --as P.1 whoami)"
        );
        assert_eq!(
            rewritten("echo a 2>&1\nagent-sync"),
            "echo a 2>&1\nagent-sync --as P.1"
        );
    }

    #[test]
    fn text_about_agent_sync_is_left_alone() {
        for command in [
            "echo agent-sync lock",
            "echo 'a; agent-sync lock'",
            "grep \"x && agent-sync\" f",
            "ls # ; agent-sync lock",
            "cat agent-sync",
            "echo 2>&1 agent-sync",
            "",
        ] {
            assert_eq!(rewritten(command), "unchanged", "{command}");
        }
    }

    #[test]
    fn a_call_that_says_who_it_is_keeps_it() {
        for command in [
            "agent-sync --as me lock a",
            "agent-sync lock a --as=me",
            "agent-sync hook stop",
        ] {
            assert_eq!(rewritten(command), "unchanged", "{command}");
        }
        assert_eq!(
            rewritten("agent-sync --as me x; agent-sync y"),
            "agent-sync --as me x; agent-sync --as P.1 y"
        );
    }

    #[test]
    fn unfinished_quotes_and_escapes_end_somewhere() {
        for command in ["'", "\"", "\\", "a\\", "\"\\", "agent-sync '", "é\\é", "#é"] {
            let _no_panic = with_identity(command, "P.1");
        }
    }
}
