//! `agent-sync append`: text at the end of a file that several agents write, under its lock.
//!
//! The text is there once, whatever happens: nobody else writes meanwhile, it is on the disk before success is
//! reported, and a retry after a crash finds out what the dead process had done (see [`target`]).

mod target;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use sha2::{Digest as _, Sha256};

use super::wait::{self, Failure};
use super::{Context, duration, lock, text};
use crate::domain::lock::{Conflict, Key, Lock, Mode, Obstacle, PathKey, Wanted};
use crate::domain::time::{MINUTE, Moment};
use crate::domain::wait::Wish;
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
    let begun = append.begin(arguments.wait)?;
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
    /// Enters the gate, takes the lock, and notes what is about to be written, the two in one transaction.
    ///
    /// The gate is for two processes of one agent, which pass under the same lock. Nobody stands in line inside
    /// it: whoever has the lock may have to append before it gives the lock back.
    fn begin(&self, patience: Option<Duration>) -> Result<Begun> {
        let directory = self.context.project().state_directory();
        if !directory.is_dir() {
            self.context.act(|_, _| Ok(()))?;
        }
        let began = self.context.env.now();
        loop {
            let gate = Gate::enter(self.context.env, &directory)?;
            let conflict = match self.try_inside(gate)? {
                Ok(begun) => return Ok(begun),
                Err(conflict) => conflict,
            };
            let left = patience.and_then(|patience| self.left(patience, &began));
            let failure = match left {
                None => Failure::Conflict(conflict),
                Some(left) => match self.stand_in_line(left)? {
                    Ok(()) => continue,
                    Err(failure) => failure,
                },
            };
            return Err(wait::refused(self.context, &failure, patience).into());
        }
    }

    /// How much of the patience is left, if any.
    fn left(&self, patience: Duration, began: &Moment) -> Option<Duration> {
        let passed = u64::try_from(self.context.env.now().since(began)).unwrap_or_default();
        patience
            .checked_sub(Duration::from_millis(passed))
            .filter(|left| !left.is_zero())
    }

    /// Begins the append if nothing is in the way.
    fn try_inside(&self, gate: Gate) -> Result<Result<Begun, Box<Conflict>>> {
        let size = size_of(&self.file)?;
        let begun = self.context.act(|write, me| {
            let earlier = write.append_intent(&me.id, &self.key)?;
            let mut taken = self.take(write, me, earlier.as_ref(), None)?;
            // In here nobody else appends, so a lock that an append took belongs to one that died.
            while let Err(conflict) = &taken
                && let Obstacle::Held(lock) = &conflict.by
                && gate.is_alone()
                && write.end_dead_append(lock)?
            {
                taken = self.take(write, me, earlier.as_ref(), None)?;
            }
            let taken_at = match taken {
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
            let intent = self.intent(start.unwrap_or(size), taken_at);
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

    /// Waits for the lock outside of the gate, and takes it when it is this one's turn. That it was taken for
    /// an append is noted with it, so that it is known for one should this process die now.
    fn stand_in_line(&self, patience: Duration) -> Result<Result<(), Failure>> {
        let attempt = |write: &Write<'_>, me: &Identity, ticket| {
            let earlier = write.append_intent(&me.id, &self.key)?;
            let taken_at = match self.take(write, me, earlier.as_ref(), ticket)? {
                Ok(taken_at) => taken_at,
                Err(conflict) => return Ok(Err(conflict)),
            };
            if taken_at.is_some() {
                // What an earlier attempt may have written is still to be looked for at its place.
                let retried = earlier.filter(|earlier| earlier.digest == self.digest);
                let size = retried.map_or_else(|| size_of(&self.file), |retried| Ok(retried.size))?;
                write.begin_append(&me.id, &self.key, &self.intent(size, taken_at))?;
            }
            Ok(Ok(()))
        };
        wait::wait_for(
            self.context,
            Some(patience),
            Mode::Exclusive,
            &self.wanted,
            attempt,
        )
    }

    /// Takes the lock unless the agent has it, and says when it was taken for an append: now, or by an
    /// earlier attempt that died with it. A lock that the agent took otherwise stays the agent's.
    fn take(
        &self,
        write: &Write<'_>,
        me: &Identity,
        earlier: Option<&Intent>,
        ticket: Option<i64>,
    ) -> Result<Result<Option<i64>, Box<Conflict>>> {
        let is_own = |lock: &Lock| lock.key == self.wanted[0].key && !lock.is_implicit;
        if let Some(own) = write.locks_of(&me.id)?.into_iter().find(is_own) {
            if own.mode == Mode::Shared {
                // It stays as it is, so nobody else may share it while this is written.
                let wish = Wish {
                    agent: me.kin(),
                    mode: Mode::Exclusive,
                    keys: &self.wanted,
                    ticket,
                };
                return Ok(write
                    .obstacle(&wish)?
                    .map_or(Ok(None), |conflict| Err(Box::new(conflict))));
            }
            let is_left_over = earlier.is_some_and(|earlier| earlier.took(&own));
            return Ok(Ok(is_left_over.then_some(own.acquired_at)));
        }
        let taken = write.acquire(&Acquisition {
            reason: Some(&self.reason),
            ticket,
            ..Acquisition::new(me.kin(), &self.wanted, self.ttl)
        })?;
        Ok(taken.map(|locks| locks.first().map(|lock| lock.acquired_at)))
    }

    fn intent(&self, size: u64, taken_at: Option<i64>) -> Intent {
        Intent {
            digest: self.digest.clone(),
            size,
            begun_at: taken_at.unwrap_or_else(|| self.context.env.now().wall),
        }
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
