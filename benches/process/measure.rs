//! One process from its start to its end: how long, how much of a processor, how much memory.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use wait4::Wait4 as _;

/// A command line with all that surrounds it.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) cwd: PathBuf,
    pub(crate) variables: Vec<(String, OsString)>,
    /// What is sent to it; nothing is there to be read otherwise.
    pub(crate) input: Option<Vec<u8>>,
}

/// What one run needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// From before it was started to after its end was known.
    pub(crate) wall: Duration,
    /// For how long a processor worked on it.
    pub(crate) worked: Duration,
}

/// What a run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    /// Standard output and standard error.
    pub(crate) text: String,
}

impl Invocation {
    /// The same command line behind another program, which is given it as its last arguments.
    pub(crate) fn under(&self, program: impl Into<PathBuf>, options: &[OsString]) -> Self {
        let mut arguments = options.to_vec();
        arguments.push(self.program.clone().into());
        arguments.extend(self.arguments.iter().cloned());
        Self {
            program: program.into(),
            arguments,
            ..self.clone()
        }
    }

    /// The command, with its input in a pipe as the client's hooks have it.
    fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        match &self.input {
            None => command.stdin(Stdio::null()),
            Some(input) => {
                let (reader, mut writer) = std::io::pipe()?;
                // A payload of a few hundred bytes fits a pipe that nobody reads yet.
                writer.write_all(input)?;
                command.stdin(reader)
            }
        };
        Ok(command)
    }

    /// Runs it once; what it says goes into `sink`.
    ///
    /// This process goes to the place itself: a child that has to go there is forked, and copying the tables of this
    /// process's memory takes longer than everything that is measured.
    pub(crate) fn sample(&self, sink: &mut Sink) -> Result<(Sample, ExitStatus)> {
        std::env::set_current_dir(&self.cwd)?;
        let mut command = self.command()?;
        command.stdout(sink.end()?).stderr(sink.end()?);
        let began = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))?;
        let ended = child.wait4()?;
        let wall = began.elapsed();
        let worked = ended.rusage.utime + ended.rusage.stime;
        Ok((Sample { wall, worked }, ended.status))
    }

    /// Runs it once and says what came of it.
    pub(crate) fn outcome(&self) -> Result<Said> {
        let mut sink = Sink::new()?;
        let (_, status) = self.sample(&mut sink)?;
        Ok(Said {
            status,
            text: sink.text()?,
        })
    }

    /// Runs it where it has to succeed.
    pub(crate) fn succeed(&self) -> Result<String> {
        let said = self.outcome()?;
        ensure!(said.status.success(), "{:?}: {}", self.arguments, said.text);
        Ok(said.text)
    }

    /// The most memory that it has at a time, in bytes.
    pub(crate) fn weight(&self, weigh: &std::path::Path) -> Result<u64> {
        let said = self.under(weigh, &[]).outcome()?;
        let last = said.text.lines().last().unwrap_or_default();
        last.parse()
            .with_context(|| format!("weighing {:?}: {}", self.arguments, said.text))
    }
}

/// Where a process's output goes: a file in memory, so that a long one cannot fill it.
pub(crate) struct Sink(File);

impl Sink {
    pub(crate) fn new() -> Result<Self> {
        let file = tempfile::tempfile_in("/dev/shm").or_else(|_| tempfile::tempfile())?;
        Ok(Self(file))
    }

    fn end(&mut self) -> Result<File> {
        self.0.set_len(0)?;
        self.0.rewind()?;
        Ok(self.0.try_clone()?)
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        self.0.rewind()?;
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The runs of one contender.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series(Vec<Sample>);

impl Series {
    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The time below which `share` percent of the runs stayed, in milliseconds.
    pub(crate) fn wall(&self, share: usize) -> f64 {
        at(self.0.iter().map(|sample| sample.wall), share)
    }

    /// The same of the time that a processor worked.
    pub(crate) fn worked(&self, share: usize) -> f64 {
        at(self.0.iter().map(|sample| sample.worked), share)
    }
}

/// The value below which `share` percent lie, in milliseconds.
pub(crate) fn at(times: impl Iterator<Item = Duration>, share: usize) -> f64 {
    let mut sorted: Vec<Duration> = times.collect();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * share / 100)
        .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
