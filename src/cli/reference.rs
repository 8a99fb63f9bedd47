//! `docs/commands.md`: every command with its options, as the parser knows them.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::{Cli, legacy};

const OPENING: &str = "\
# Commands

Made from the program itself (`agent-sync COMMAND --help` says the same); do not edit it here.

Exit statuses: 0 done, or nothing to do; 1 something failed; 2 the words do not fit; 3 a rule says no; 4 there is
no such thing; 5 the wait timed out. `hook` ends with 0 or 2 only. Data goes to standard output; `error:`, `hint:` and
`note:` to standard error. Ids may be shortened to any beginning that is unique.
";

/// The whole page.
fn page() -> String {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut page = format!("{OPENING}\n## Options of every command\n\n");
    for option in program.get_arguments().filter(|option| option.is_global_set()) {
        item(&mut page, option);
    }
    let commands: Vec<&Command> = visible(&program).collect();
    page.push_str("\n## All of them\n\n");
    for command in &commands {
        line(&mut page, command);
    }
    for command in commands {
        write_command(&mut page, command, "", 2);
    }
    page.push_str("\n## Spellings of 0.4.0\n\nThey keep working.\n\n| 0.4.0 | today |\n|---|---|\n");
    for (former, words) in legacy::SPELLINGS {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{former}` | `{}` |", words.join(" "));
    }
    page
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|below| !below.is_hide_set())
}

/// A command in the overview, with those below it.
fn line(page: &mut String, command: &Command) {
    let name = command.get_name();
    let _ = writeln!(page, "- [`{name}`](#{name}): {}", about(command));
    let below: Vec<String> = visible(command)
        .map(|below| {
            let verb = below.get_name();
            format!("[`{verb}`](#{name}-{verb})")
        })
        .collect();
    if !below.is_empty() {
        let _ = writeln!(page, "  {}", below.join(", "));
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

fn write_command(page: &mut String, command: &Command, before: &str, depth: usize) {
    let name = format!("{before}{}", command.get_name());
    let _ = writeln!(page, "\n{} {name}\n\n{}.", "#".repeat(depth), about(command));
    let aliases: Vec<String> = command
        .get_visible_aliases()
        .map(|alias| format!("`{before}{alias}`"))
        .collect();
    if !aliases.is_empty() {
        let _ = writeln!(page, "Also: {}.", aliases.join(", "));
    }
    let below: Vec<&Command> = visible(command).collect();
    if below.is_empty() {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        let _ = writeln!(page, "\n```text\n{usage}\n```");
        let more = command
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        if let Some((_, more)) = more.split_once("\n\n") {
            let _ = writeln!(page, "\n```text\n{more}\n```");
        }
        let own: Vec<&Arg> = command
            .get_arguments()
            .filter(|argument| !argument.is_global_set() && !argument.is_hide_set())
            .filter(|argument| argument.get_id() != "help")
            .collect();
        if !own.is_empty() {
            page.push('\n');
        }
        for argument in own {
            item(page, argument);
        }
    }
    for command in below {
        write_command(page, command, &format!("{name} "), depth + 1);
    }
}

/// An argument or option with what it is for.
fn item(page: &mut String, argument: &Arg) {
    let mut shown = argument.to_string();
    if let (Some(short), Some(_)) = (argument.get_short(), argument.get_long()) {
        shown = format!("-{short}, {shown}");
    }
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "- `{shown}`: {help}");
    let names: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let takes_value = argument.get_action().takes_values();
    if takes_value && !names.is_empty() {
        let _ = write!(page, " ({})", names.join(", "));
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    if takes_value && !defaults.is_empty() {
        let _ = write!(page, " [default: {}]", defaults.join(", "));
    }
    page.push('\n');
}

#[test]
fn the_generated_page_of_the_commands_is_what_the_parser_says() {
    crate::env::generated::expect_file("docs/commands.md", &page());
}
