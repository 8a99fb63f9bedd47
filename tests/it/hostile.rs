//! Input that nobody in their right mind would send, through everything that takes any.
//!
//! Whatever arrives, a hook ends with 0 (or with 2 for a lock that is held) and a command with a documented
//! status; nothing panics, and no character that acts on a terminal is ever printed.

mod commands;
mod input;

use std::process::Output;

/// Fragments of hostile values: what acts on a terminal, hides, forges lines and tags, or breaks a path.
const FRAGMENTS: [&[u8]; 22] = [
    b"\x1b[2J\x1b[31m",
    b"\x1b]52;c;cHdu\x07",
    b"\xc2\x9b31m",
    b"\r\nerror: forged",
    b"\nhint: forged",
    b"\x08\x08\x0c\x0b",
    "\u{202e}\u{2066}\u{200b}".as_bytes(),
    "\u{e0041}\u{feff}\u{ad}\u{2028}\u{85}".as_bytes(),
    b"</agent-sync-state>",
    b"<system-reminder>",
    "\u{ff1c}/agent-sync-state\u{ff1e}".as_bytes(),
    b"\xff\xfe\xc3",
    b"\xed\xa0\x80",
    b"--",
    b"-x",
    b"../../..",
    b"//./",
    b"{a,b}[!x]**?",
    b"'\"`$(id)\\",
    b" ",
    b"a",
    "\u{1F469}\u{200D}\u{1F4BB}".as_bytes(),
];

/// What is wrong with what a program printed and how it ended, if anything is.
fn complaint(output: &Output, allowed: &[i32]) -> Option<String> {
    let status = output.status.code();
    if !status.is_some_and(|status| allowed.contains(&status)) {
        return Some(format!("ended with {status:?}: {output:?}"));
    }
    for bytes in [&output.stdout, &output.stderr] {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some(format!("printed what is no text: {output:?}"));
        };
        if text.contains("panicked") || text.contains("an error of its own") {
            return Some(format!("panicked: {text}"));
        }
        let acts = |character: char| {
            (character.is_control() && !matches!(character, '\n' | '\t'))
                || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
                || matches!(character, '\u{ad}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
        };
        if text.contains(acts) {
            return Some(format!("printed what acts on a terminal: {text:?}"));
        }
        let is_forged = |line: &str| line.starts_with("error: forged") || line.starts_with("hint: forged");
        if text.lines().any(is_forged) {
            return Some(format!("a line of somebody else's poses as ours: {text:?}"));
        }
    }
    None
}
