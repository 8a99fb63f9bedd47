//! Telling agent-sync's own hooks from everybody else's, by the command line alone.
//!
//! Settings files have no room for a mark of ownership, and they are edited by hand: people put a path
//! before the program because their hooks run without their `PATH`. So ours is whatever runs
//! `[PATH/]agent-sync hook NAME` and does nothing else. Anything with more to it (a pipe, a wrapper, further
//! words) was made by somebody on purpose, and stays theirs.

/// The program's name at the end of its path.
const PROGRAM: &str = "agent-sync";

/// The name of the hook when `command` is a shell command that runs `agent-sync hook NAME` and nothing else.
pub(super) fn hook_name(command: &str) -> Option<String> {
    name_of(words(command)?)
}

/// Like [`hook_name`] for an entry that has `args` and is therefore run without a shell.
pub(super) fn hook_name_of_arguments(program: &str, arguments: Vec<String>) -> Option<String> {
    let mut words = vec![program.to_owned()];
    words.extend(arguments);
    name_of(words)
}

/// The program that a shell command runs, as it is written: variables and `~` are not replaced. Nothing when
/// the command is more than one program and its words.
pub(super) fn program(command: &str) -> Option<String> {
    let is_ours = |word: &String| word.rsplit('/').next() == Some(PROGRAM);
    // An entry with `args` is no shell command: its path may hold blanks and is not quoted.
    words(command)?
        .into_iter()
        .next()
        .filter(is_ours)
        .or_else(|| Some(command.rsplit_once(" hook ")?.0.to_owned()))
}

fn name_of(words: Vec<String>) -> Option<String> {
    let [program, hook, name] = <[String; 3]>::try_from(words).ok()?;
    let is_ours = program.rsplit('/').next() == Some(PROGRAM)
        && hook == "hook"
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_ours.then_some(name)
}

/// The words of one simple shell command; nothing when it is more than that or not finished.
///
/// Variables stay as they are written: whatever they stand for, the program's name follows the last slash.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' => words.extend(word.take()),
            ';' | '&' | '|' | '<' | '>' | '(' | ')' | '`' | '#' | '*' | '?' | '[' | '\n' | '\r' => {
                return None;
            }
            '$' if characters.peek() == Some(&'(') => return None,
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '\'' => loop {
                match characters.next()? {
                    '\'' => {
                        word.get_or_insert_default();
                        break;
                    }
                    inner => word.get_or_insert_default().push(inner),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => {
                        word.get_or_insert_default();
                        break;
                    }
                    '`' => return None,
                    '$' if characters.peek() == Some(&'(') => return None,
                    '\\' => word.get_or_insert_default().push(characters.next()?),
                    inner => word.get_or_insert_default().push(inner),
                }
            },
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_command_is_recognised_with_and_without_a_path() {
        for command in [
            "agent-sync hook stop",
            "  agent-sync\thook  stop ",
            "/usr/local/bin/agent-sync hook stop",
            "./agent-sync hook stop",
            "~/.cargo/bin/agent-sync hook stop",
            "$CLAUDE_PROJECT_DIR/.venv/bin/agent-sync hook stop",
            "\"$CLAUDE_PROJECT_DIR\"/bin/agent-sync hook stop",
            "\"${CLAUDE_PROJECT_DIR}/my bin/agent-sync\" hook 'stop'",
            "'/opt/my tools/agent-sync' hook stop",
            "/opt/my\\ tools/agent-sync hook stop",
        ] {
            assert_eq!(hook_name(command).as_deref(), Some("stop"), "{command}");
        }
        assert_eq!(
            hook_name("agent-sync hook pre-tool-use").as_deref(),
            Some("pre-tool-use")
        );
    }

    #[test]
    fn a_command_that_does_anything_else_is_somebody_elses() {
        for command in [
            "",
            "agent-sync",
            "agent-sync hook",
            "agent-sync hook ''",
            "agent-sync hook stop --verbose",
            "agent-sync status --compact",
            "agent-sync hook Stop",
            "my-agent-sync hook stop",
            "agent-sync-wrapper hook stop",
            "agent-sync/run hook stop",
            "echo agent-sync hook stop",
            "AGENT_SYNC_ID=me agent-sync hook stop",
            "agent-sync hook stop || true",
            "agent-sync hook stop; echo",
            "agent-sync hook stop 2>/dev/null",
            "agent-sync hook stop # mine",
            "$(which agent-sync) hook stop",
            "\"$(pwd)/agent-sync\" hook stop",
            "`pwd`/agent-sync hook stop",
            "agent-sync hook stop\nrm x",
            "'agent-sync hook stop",
            "\"agent-sync hook stop",
            "agent-sync hook stop\\",
            "'agent-sync hook stop'",
        ] {
            assert_eq!(hook_name(command), None, "{command}");
        }
    }

    #[test]
    fn the_program_is_the_first_word() {
        for (command, word) in [
            ("agent-sync hook stop", "agent-sync"),
            ("'/my bin/agent-sync' hook stop", "/my bin/agent-sync"),
            ("/my bin/agent-sync hook stop", "/my bin/agent-sync"),
            ("\"$HOME\"/bin/agent-sync hook stop", "$HOME/bin/agent-sync"),
        ] {
            assert_eq!(program(command).as_deref(), Some(word), "{command}");
        }
    }

    #[test]
    fn a_command_with_arguments_is_recognised_word_by_word() {
        let arguments = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        assert_eq!(
            hook_name_of_arguments("/my bin/agent-sync", arguments(&["hook", "stop"])).as_deref(),
            Some("stop")
        );
        assert_eq!(
            hook_name_of_arguments("agent-sync", arguments(&["hook stop"])),
            None
        );
        assert_eq!(
            hook_name_of_arguments("agent-sync hook stop", arguments(&["hook", "stop"])),
            None
        );
    }
}
