//! What holds for any text.

use proptest::prelude::*;

use super::super::{GitKind, LONGEST, Reading, read, with_identity};

/// Pieces that a grammar stumbles over.
fn shell_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("{ ".to_owned()),
        Just("}".to_owned()),
        Just("$(".to_owned()),
        Just("$((".to_owned()),
        Just("${".to_owned()),
        Just("`".to_owned()),
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\n".to_owned()),
        Just("<<EOF ".to_owned()),
        Just("\nEOF\n".to_owned()),
        Just(" > ".to_owned()),
        Just(">&".to_owned()),
        Just("; ".to_owned()),
        Just(" && ".to_owned()),
        Just(" || ".to_owned()),
        Just("|".to_owned()),
        Just("if ".to_owned()),
        Just("then ".to_owned()),
        Just("fi ".to_owned()),
        Just("for x in ".to_owned()),
        Just("do ".to_owned()),
        Just("done ".to_owned()),
        Just("case x in ".to_owned()),
        Just(";;".to_owned()),
        Just("[[ ".to_owned()),
        Just(" ]]".to_owned()),
        Just("{a,b}".to_owned()),
        Just("a=(".to_owned()),
        Just("bash -c '".to_owned()),
        Just("eval ".to_owned()),
        Just("xargs ".to_owned()),
        Just("sed -i ".to_owned()),
        Just("git commit ".to_owned()),
        Just("cd ".to_owned()),
        Just("tar x".to_owned()),
        Just("find . -exec ".to_owned()),
        Just("agent-sync ".to_owned()),
        "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in shell_text()) {
        let _reading = read(&text);
        let _rewritten = with_identity(&text, "P.1");
    }

    #[test]
    fn no_characters_are_too_strange(text in any::<String>()) {
        let _reading = read(&text);
        let _rewritten = with_identity(&text, "P.1");
    }

    #[test]
    fn a_quoted_path_is_the_path(path in "[^\0\u{1}]{1,20}") {
        prop_assume!(!path.starts_with("/dev/"));
        let quoted = quoted(&path);
        for command in [format!("echo > {quoted}"), format!("rm -- {quoted}"), format!("tee -- {quoted}")] {
            let reading = read(&command);
            prop_assert_eq!(reading.writes.len(), 1);
            prop_assert_eq!(&reading.writes[0].path, &path);
            prop_assert!(!reading.writes[0].is_glob);
            prop_assert!(reading.is_complete);
        }
        let reading = read(&format!("git commit -m x -- {quoted}"));
        let paths = vec![path];
        prop_assert_eq!(
            &reading.git[0].kind,
            &GitKind::Commit { all: false, amend: false, include: false, paths }
        );
    }

    #[test]
    fn text_in_quotes_comments_and_here_documents_writes_nothing(text in shell_text()) {
        let nothing = Reading { is_complete: true, ..Reading::default() };
        prop_assert_eq!(read(&format!("echo {}", quoted(&text))), nothing.clone());
        let line = text.replace('\n', " ");
        prop_assert_eq!(read(&format!("ls # {line}")), nothing.clone());
        prop_assert_eq!(read(&format!("cat <<'ENDE'\n{text}\nENDE\n")), nothing);
    }

    #[test]
    fn an_identity_is_only_added(text in shell_text()) {
        if let Some(rewritten) = with_identity(&text, "P.1") {
            prop_assert_eq!(rewritten.replace(" --as P.1", ""), text.replace(" --as P.1", ""));
        }
    }
}

#[test]
fn long_and_deep_texts_read_as_nothing() {
    let deep = |open: &str, close: &str| open.repeat(5_000) + "rm f" + &close.repeat(5_000);
    for command in [
        "rm f; ".repeat(LONGEST),
        deep("( ", ")"),
        deep("{ ", "; }"),
        deep("$(", ")"),
        deep("\"$(", ")\""),
        deep("if ", "; then ls; fi "),
        deep("${x:-", "}"),
        deep("f() { ", "; }"),
        "( ".repeat(10_000),
        "$((".repeat(10_000),
        "a=(".repeat(10_000),
        "`".repeat(10_001),
        "case x in ".repeat(5_000),
    ] {
        assert_eq!(read(&command), Reading::default(), "{}", &command[..20]);
    }
}

#[test]
fn scripts_in_scripts_end_somewhere() {
    let mut command = "{ ".repeat(35) + "rm f" + &"; }".repeat(35);
    for _ in 0..8 {
        command = "{ ".repeat(35) + "eval " + &quoted(&command) + &"; }".repeat(35);
    }
    let _reading = read(&command);
    let mut command = "agent-sync inbox".to_owned();
    for _ in 0..3 {
        command = format!("bash -c {}", quoted(&command));
        let _rewritten = with_identity(&command, "P.1");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time it takes is what is tested")]
fn hostile_texts_take_no_time() {
    for piece in [
        "{a,b}",
        "{a,b}{",
        "{",
        "$((",
        "@(",
        "bash -c '",
        "bash -c \"",
        "eval ",
        "<<E ",
        "<<E\n",
        "sudo ",
        "cd x || ",
        "'",
        "`a",
        "$(a)",
        "f(){ :;};",
        "[[ ",
        "a|",
        "${",
        "*",
        "{1..60}",
        "a{1..60} ",
        "find -exec ",
        "((a) ",
        "{fd",
    ] {
        let text = piece.repeat(LONGEST / piece.len());
        let started = std::time::Instant::now();
        let _reading = read(&text);
        let _rewritten = with_identity(&text, "P.1");
        assert!(started.elapsed().as_millis() < 2_000, "{piece}");
    }
}
