//! What is measured is printed at once and kept, so that the page of benchmarks can have it, too.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::DateTime;

use super::epoch;

/// Between these the page holds what was measured last.
const BEGIN: &str = "<!-- benches/run.sh --write: begin -->";
const END: &str = "<!-- benches/run.sh --write: end -->";

/// Everything that was said.
pub(crate) struct Report {
    text: String,
}

/// How much else the machine has to do, as it says itself: averages of one, five and fifteen minutes.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split_whitespace().take(3).collect();
    averages.join(", ")
}

/// What the processor calls itself.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(':'));
    name.map_or_else(
        || "an unknown processor".to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}

impl Report {
    /// A report that begins with when and where; `version` is the program's, and each case is run so many times.
    pub(crate) fn begin(version: &str, runs: usize) -> Self {
        let when = DateTime::from_timestamp_millis(epoch()).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut report = Self { text: String::new() };
        report.say(&format!(
            "{}: {version}, SQLite {}, {} {}, {cores} x {}, load averages {}, {runs} runs of each case.\n",
            when.format("%Y-%m-%d %H:%M UTC"),
            rusqlite::version(),
            std::env::consts::OS,
            std::env::consts::ARCH,
            processor(),
            load()
        ));
        report
    }

    /// Says and keeps this, which may be several lines.
    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Ends with how busy the machine was then.
    pub(crate) fn end(&mut self) {
        self.say(&format!("Load averages at the end: {}.", load()));
    }

    /// Puts the report into the page of benchmarks, in place of the last one.
    pub(crate) fn write(&self) -> Result<()> {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/BENCHMARKS.md");
        let text = fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
        let (before, rest) = text.split_once(BEGIN).context("the page has no place for this")?;
        let (_, after) = rest
            .split_once(END)
            .context("the page's place for this has no end")?;
        fs::write(&page, format!("{before}{BEGIN}\n{}{END}{after}", self.text))?;
        Ok(())
    }
}
