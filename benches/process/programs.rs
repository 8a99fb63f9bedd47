//! The programs that are measured: the product and its floors as people get them, built with the release profile.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Where each program is.
pub(crate) struct Programs {
    /// agent-sync.
    pub(crate) ours: PathBuf,
    /// Does nothing.
    pub(crate) empty: PathBuf,
    /// Opens the store and looks.
    pub(crate) read: PathBuf,
    /// Opens the store and writes.
    pub(crate) write: PathBuf,
    /// Says how much memory another program needs.
    pub(crate) weigh: PathBuf,
}

/// How the programs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// As people get them.
    AsReleased,
    /// With the names of all functions, and for valgrind, which hides what rustix would ask the kernel directly.
    Named,
}

impl Programs {
    /// Builds what is not up to date.
    pub(crate) fn build(how: Build) -> Result<Self> {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["build", "--release", "--locked", "--bin", "agent-sync"])
            .args(["--example", "floor-empty", "--example", "floor-read"])
            .args(["--example", "floor-write", "--example", "weigh"])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit());
        if how == Build::Named {
            let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
            command
                .args(["--config", "profile.release.strip=false", "--config"])
                .arg(format!("target.{target}.rustflags=['--cfg','rustix_use_libc']"))
                .arg("--target-dir")
                .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("named"));
        }
        let output = command.output().context("starting cargo")?;
        ensure!(output.status.success(), "the programs cannot be built");
        let mut built: HashMap<String, PathBuf> = HashMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let message: Value = serde_json::from_str(line)?;
            if let (Some(name), Some(file)) =
                (message["target"]["name"].as_str(), message["executable"].as_str())
            {
                built.insert(name.to_owned(), PathBuf::from(file));
            }
        }
        let mut take = |name: &str| {
            built
                .remove(name)
                .with_context(|| format!("cargo did not say where {name} is"))
        };
        Ok(Self {
            ours: take("agent-sync")?,
            empty: take("floor-empty")?,
            read: take("floor-read")?,
            write: take("floor-write")?,
            weigh: take("weigh")?,
        })
    }
}
