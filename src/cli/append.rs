//! `agent-sync append`: text at the end of a file that several agents write, under its lock.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{Context, duration, lock, text, wait};
use crate::domain::lock::{Key, Mode, Wanted};
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::identity::Identity;
use crate::render;
use crate::store::{Acquisition, Entry, Write};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file, relative to the working directory; it and the directories above it are made where missing
    file: PathBuf,
    /// The text [default: standard input]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    content: Option<String>,
    /// Do not add the line feed that the text does not end in
    #[arg(long)]
    no_newline: bool,
    /// Why; others are shown it while the lock is held
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "append",
        allow_hyphen_values = true
    )]
    reason: String,
    /// How long the lock lasts at most: 90m, 2h; a bare number means minutes
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
    /// Wait until the file is free: 30s, 5m; a bare number means seconds [default: 30s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let reason = text::remark("reason", &arguments.reason)?;
    let ttl = lock::lease(arguments.ttl)?;
    let located = context.locate(&arguments.file);
    let key = Key::Path(located.key);
    if fs::metadata(&located.absolute).is_ok_and(|entry| !entry.is_file()) {
        return Err(Refusal::usage(format!("{} is not a file", render::lock::key(&key))).into());
    }
    // Read before the lock is taken: whoever types slowly must not keep the others waiting.
    let addition = addition(context, arguments)?;
    let wanted = [Wanted {
        inode: located.inode,
        ..Wanted::plain(key.clone())
    }];
    let attempt = |write: &Write<'_>, me: &Identity, ticket| {
        let mut own = write.locks_of(&me.id)?.into_iter();
        if own.any(|lock| lock.key == key) {
            return Ok(Ok(true));
        }
        let ttl = ttl.map_or_else(|| write.lock_ttl(), Ok)?;
        let acquired = write.acquire(&Acquisition {
            reason: Some(&reason),
            ticket,
            ..Acquisition::new(me.kin(), &wanted, ttl)
        })?;
        Ok(acquired.map(|_| false))
    };
    let was_held = match wait::wait_for(context, arguments.wait, Mode::Exclusive, &wanted, attempt)? {
        Ok(was_held) => was_held,
        Err(failure) => return Err(wait::refused(context, &failure, arguments.wait).into()),
    };
    let written = append(&located.absolute, &addition);
    let count = String::from_utf8_lossy(&addition).chars().count();
    context
        .act(|write, me| {
            if let (Ok(()), Key::Path(path)) = (&written, &key) {
                write.record(Entry {
                    agent: Some(&me.id),
                    event: "file.appended",
                    body: &format!("{count} characters"),
                    tool: None,
                    place: Some((&path.tree, &path.path)),
                })?;
            }
            if !was_held {
                write.release(&me.id, &key, false)?;
            }
            Ok(())
        })
        .with_context(|| match written {
            Ok(()) => "the text was appended, but this could not be noted",
            Err(_) => "nothing was appended",
        })?;
    written.with_context(|| {
        let path = located.absolute.to_string_lossy();
        format!("appending to {}", clean(&path, Field::Path))
    })?;
    if context.global.json {
        return context.print_json(&serde_json::json!({
            "file_path": match &key { Key::Path(path) => &path.path, Key::Resource(name) => name },
            "characters": count,
        }));
    }
    context.say(&format!(
        "Appended {count} char(s) to `{}`\n",
        render::lock::key(&key)
    ))
}

/// What is to be appended, with the line feed that it lacks.
fn addition(context: &Context<'_>, arguments: &Arguments) -> Result<Vec<u8>> {
    let typed = match &arguments.content {
        Some(typed) => typed.clone().into_bytes(),
        None => context.env.read_input().context("reading standard input")?,
    };
    Ok(complete(typed, arguments.no_newline))
}

fn complete(mut text: Vec<u8>, no_newline: bool) -> Vec<u8> {
    if !no_newline && text.last() != Some(&b'\n') {
        text.push(b'\n');
    }
    text
}

/// Adds to the end in one write, wherever the end is by then.
fn append(file: &Path, text: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_feed_is_added_only_where_there_is_none() {
        assert_eq!(complete(b"a".to_vec(), false), b"a\n");
        assert_eq!(complete(b"a\n".to_vec(), false), b"a\n");
        assert_eq!(complete(b"a".to_vec(), true), b"a");
        assert_eq!(complete(Vec::new(), false), b"\n");
    }

    #[test]
    fn directories_are_made_and_text_goes_to_the_end() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a/b/c.md");
        append(&file, b"one\n").unwrap();
        append(&file, b"two\n").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one\ntwo\n");
    }
}
