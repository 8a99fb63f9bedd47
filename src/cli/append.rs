//! `agent-sync append`: text at the end of a file that several agents write, under its lock.
//!
//! The text is there once, whatever happens: nobody else writes meanwhile, it is on the disk before success is
//! reported, and a retry after a crash finds out what the dead process had done (see [`target`]).

mod system;
mod target;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use sha2::{Digest as _, Sha256};

use super::{Context, duration, lock, text, wait};
use crate::domain::lock::{Conflict, Key, Mode, Obstacle, PathKey, Wanted};
use crate::domain::time::MINUTE;
use crate::error::Refusal;
use crate::frame::{Field, clean};
use crate::identity::Identity;
use crate::render;
use crate::repo::{Located, look};
use crate::store::{Acquisition, Intent, NewTouch, Write};
use target::{Gate, Held, Target, held, size_of};

/// How long the lock of an append lasts when nobody says otherwise, in milliseconds: it is held for
/// milliseconds, and one that a dead process left must not keep others out for long.
const TTL: i64 = 2 * MINUTE;

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
    /// How long the lock lasts at most, should this process die: 90m, 2h; a bare number means minutes
    /// [default: 2m]
    #[arg(long, value_name = "TIME", value_parser = duration::minutes, allow_hyphen_values = true)]
    ttl: Option<Duration>,
    /// Wait until the file is free: 30s, 5m; a bare number means seconds [default: 30s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "30", value_parser = duration::seconds, allow_hyphen_values = true)]
    wait: Option<Duration>,
}

pub(super) fn run(context: &Context<'_>, arguments: &Arguments) -> Result<()> {
    let reason = text::remark("reason", &arguments.reason)?;
    let ttl = lock::lease(arguments.ttl)?.unwrap_or(TTL);
    let located = context.locate(&arguments.file);
    refuse_what_is_no_text_file(context, arguments, &located)?;
    // Read before the lock is taken: whoever types slowly must not keep the others waiting.
    let addition = addition(context, arguments)?;
    let append = Append {
        context,
        digest: hexadecimal(&addition),
        addition,
        wanted: [Wanted {
            inode: located.inode,
            ..Wanted::plain(Key::Path(located.key.clone()))
        }],
        key: located.key,
        file: located.absolute,
        reason,
        ttl,
    };
    let begun = append.begin_in_turn(arguments.wait)?;
    append.finish(&begun)
}

/// What is to be appended to which file.
struct Append<'a> {
    context: &'a Context<'a>,
    addition: Vec<u8>,
    digest: String,
    wanted: [Wanted; 1],
    key: PathKey,
    file: PathBuf,
    reason: String,
    ttl: i64,
}

/// An append that holds the file.
struct Begun {
    /// Keeps other appends of this project out until the end.
    _gate: Gate,
    intent: Intent,
    /// Whether the lock was taken for this append, so that it is to be given back.
    is_lock_ours: bool,
    /// What an earlier attempt left in the file.
    held: Held,
}

impl Append<'_> {
    /// Begins as soon as the file is free, standing in line for as long as `patience` lasts.
    ///
    /// # Errors
    /// [`Refusal`] when the file is not free in time.
    fn begin_in_turn(&self, patience: Option<Duration>) -> Result<Begun> {
        let context = self.context;
        let start = context.env.now();
        loop {
            let conflict = match self.begin()? {
                Ok(begun) => return Ok(begun),
                Err(conflict) => conflict,
            };
            let waited = Duration::from_millis(u64::try_from(context.env.now().since(&start)).unwrap_or(0));
            let Some(left) = patience.and_then(|patience| patience.checked_sub(waited)) else {
                let failure = wait::Failure::Conflict(conflict);
                return Err(wait::refused(context, &failure, patience).into());
            };
            // The line is stood in outside of the gate, which other files' appends need, too. The lock that is
            // taken there is noted as an append's, so that a retry finds it should this process die now.
            let size = size_of(&self.file)?;
            let attempt = |write: &Write<'_>, me: &Identity, ticket| {
                let mut own = write.locks_of(&me.id)?.into_iter();
                if own.any(|lock| lock.key == self.wanted[0].key) {
                    return Ok(Ok(()));
                }
                let acquired = write.acquire(&Acquisition {
                    ticket,
                    ..self.acquisition(me)
                })?;
                let locks = match acquired {
                    Ok(locks) => locks,
                    Err(conflict) => return Ok(Err(conflict)),
                };
                let earlier = write.append_intent(&me.id, &self.key)?;
                let retried = earlier.filter(|earlier| earlier.digest == self.digest);
                let intent = Intent {
                    digest: self.digest.clone(),
                    size: retried.map_or(size, |retried| retried.size),
                    begun_at: locks.first().map_or(0, |lock| lock.acquired_at),
                };
                write.begin_append(&me.id, &self.key, &intent)?;
                Ok(Ok(()))
            };
            if let Err(failure) = wait::wait_for(context, Some(left), Mode::Exclusive, &self.wanted, attempt)?
            {
                return Err(wait::refused(context, &failure, patience).into());
            }
        }
    }

    fn acquisition<'a>(&'a self, me: &'a Identity) -> Acquisition<'a> {
        Acquisition {
            reason: Some(&self.reason),
            ..Acquisition::new(me.kin(), &self.wanted, self.ttl)
        }
    }

    /// Takes the lock and notes what is about to be written, in one transaction.
    ///
    /// The gate comes before the lock: two processes of one agent pass under the same lock.
    fn begin(&self) -> Result<Result<Begun, Box<Conflict>>> {
        let directory = self.context.project().state_directory();
        if !directory.is_dir() {
            self.context.act(|_, _| Ok(()))?;
        }
        let gate = Gate::enter(self.context.env, &directory)?;
        let size = size_of(&self.file)?;
        let begun = self.context.act(|write, me| {
            let earlier = write.append_intent(&me.id, &self.key)?;
            let taken_at = match self.take(write, me, &gate, earlier.as_ref())? {
                Ok(taken_at) => taken_at,
                Err(conflict) => return Ok(Err(conflict)),
            };
            let retried = earlier.filter(|earlier| earlier.digest == self.digest);
            let left = retried.as_ref().map_or(Held::Nothing, |retried| {
                held(&self.file, retried.size, &self.addition)
            });
            let start = retried
                .filter(|_| left != Held::Nothing)
                .map(|retried| retried.size);
            let intent = Intent {
                digest: self.digest.clone(),
                size: start.unwrap_or(size),
                begun_at: taken_at.unwrap_or_else(|| self.context.env.now().wall),
            };
            write.begin_append(&me.id, &self.key, &intent)?;
            Ok(Ok((intent, taken_at.is_some(), left)))
        })?;
        Ok(begun.map(|(intent, is_lock_ours, held)| Begun {
            _gate: gate,
            intent,
            is_lock_ours,
            held,
        }))
    }

    /// Takes the lock unless the agent has it, and says when it was taken for an append: now, or by an
    /// earlier attempt that died with it. A lock that the agent took otherwise stays the agent's.
    fn take(
        &self,
        write: &Write<'_>,
        me: &Identity,
        gate: &Gate,
        earlier: Option<&Intent>,
    ) -> Result<Result<Option<i64>, Box<Conflict>>> {
        let mut own = write.locks_of(&me.id)?.into_iter();
        let Some(own) = own.find(|lock| lock.key == self.wanted[0].key) else {
            let mut taken = write.acquire(&self.acquisition(me))?;
            // Here nobody else appends, so a lock that an append took belongs to one that died.
            while let Err(conflict) = &taken
                && let Obstacle::Held(lock) = &conflict.by
                && gate.is_alone()
                && write.end_dead_append(lock)?
            {
                taken = write.acquire(&self.acquisition(me))?;
            }
            return Ok(taken.map(|locks| locks.first().map(|lock| lock.acquired_at)));
        };
        let is_left_over = earlier.is_some_and(|earlier| {
            [own.acquired_at, own.leased.wall] == [earlier.begun_at, earlier.begun_at]
        });
        Ok(Ok(is_left_over.then_some(own.acquired_at)))
    }

    /// Writes what is not there yet, says so, and then notes it and gives the lock back.
    ///
    /// In this order, whoever is killed has either said that the text is there, or left the note by which a
    /// retry finds out.
    fn finish(&self, begun: &Begun) -> Result<()> {
        let written = match begun.held {
            Held::Everything => Ok(()),
            Held::Beginning(there) => self.write(begun, &self.addition[there..]),
            Held::Nothing => self.write(begun, &self.addition),
        };
        let reported = match &written {
            Ok(()) => self.report(begun.held == Held::Everything),
            Err(_) => Ok(()),
        };
        let text = String::from_utf8_lossy(&self.addition);
        let state = look(&self.file);
        let noted = self.context.act(|write, me| {
            if written.is_ok() {
                let lines = i64::try_from(text.lines().count()).ok();
                write.touch(&NewTouch {
                    agent: &me.id,
                    file: &self.key,
                    tool: "append",
                    lines: lines.zip(Some(0)),
                })?;
                write.remember_file(&self.key, &state)?;
            }
            write.end_append(&me.id, &self.key)?;
            if begun.is_lock_ours {
                write.release(&me.id, &self.wanted[0].key, false)?;
            }
            Ok(())
        });
        // The first failure is the one that matters.
        written?;
        noted.context(
            "the text was appended, but this could not be noted; trying again does not append it twice",
        )?;
        reported
    }

    fn write(&self, begun: &Begun, text: &[u8]) -> Result<()> {
        let mut target = Target::open(self.context.env, &self.file)?;
        let size = target.size()?;
        if begun.held == Held::Nothing && size != begun.intent.size {
            // Somebody without a lock wrote in between.
            let intent = Intent {
                size,
                ..begun.intent.clone()
            };
            self.context
                .act(|write, me| write.begin_append(&me.id, &self.key, &intent))?;
        }
        target.append(text)
    }

    fn report(&self, was_there: bool) -> Result<()> {
        if was_there {
            self.context
                .note("an earlier attempt had written it already; it was not written again");
        }
        let count = self.characters();
        if self.context.global.json {
            return self.context.print_json(&serde_json::json!({
                "file_path": self.key.path,
                "characters": count,
                "was_there": was_there,
            }));
        }
        self.context.say(&format!(
            "Appended {count} char(s) to `{}`\n",
            render::lock::key(&self.wanted[0].key)
        ))
    }

    fn characters(&self) -> usize {
        String::from_utf8_lossy(&self.addition).chars().count()
    }
}

/// Text goes into files of the project: git's own, ours, and what is no file at all are not among them.
fn refuse_what_is_no_text_file(
    context: &Context<'_>,
    arguments: &Arguments,
    located: &Located,
) -> Result<()> {
    let shown = clean(&arguments.file.to_string_lossy(), Field::Path);
    if context.project().is_internal(&located.absolute) {
        return Err(
            Refusal::refused(format!("{shown} belongs to git or to agent-sync itself"))
                .hint("append to a file of the project")
                .into(),
        );
    }
    if located.absolute.metadata().is_ok_and(|entry| !entry.is_file()) {
        return Err(Refusal::usage(format!("{shown} is not a file")).into());
    }
    Ok(())
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

/// The SHA-256 of a text.
fn hexadecimal(text: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut digits, byte| {
            let _infallible = write!(digits, "{byte:02x}");
            digits
        })
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
}
