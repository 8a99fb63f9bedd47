//! What the command line says.

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
benches/run.sh [OPTIONS]

  --quick         only the guard of continuous integration: hooks in the small and the big store, in a minute
  --layout        find out anew which functions stand together in the program (packaging/layout.ld); needs valgrind
  --write         put what was measured into docs/BENCHMARKS.md
  --runs N        how often each case is measured (200)
  --only TEXT     only cases whose name holds TEXT; may be given more than once
  --section A,B   only these: floor (every case next to its floor), peers (the same work by other
                  programs), contention (many processes at once), growth (sizes after a long life)
  --operations N  how long that life is (100,000)
  --sizes A,B     only stores of these sizes: small, big, huge
";

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    pub(crate) layout: bool,
    pub(crate) write: bool,
    pub(crate) runs: usize,
    /// How many operations the growth of a store is watched over.
    pub(crate) operations: usize,
    only: Vec<String>,
    sizes: Vec<String>,
    sections: Vec<String>,
}

impl Options {
    /// Reads the command line; nothing where only help was asked for, or where this is not run as a benchmark:
    /// `cargo test --all-targets` runs it, too.
    pub(crate) fn parse() -> Result<Option<Self>> {
        let mut options = Self {
            quick: false,
            layout: false,
            write: false,
            runs: 200,
            operations: 100_000,
            only: Vec::new(),
            sizes: Vec::new(),
            sections: Vec::new(),
        };
        // Cargo says it to every benchmark, and to nothing else.
        if !std::env::args().any(|word| word == "--bench") {
            return Ok(None);
        }
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} wants a value"));
            match word.as_str() {
                "--quick" => options.quick = true,
                "--layout" => options.layout = true,
                "--write" => options.write = true,
                "--runs" => options.runs = value()?.parse().context("--runs wants a number")?,
                "--operations" => {
                    options.operations = value()?.parse().context("--operations wants a number")?;
                }
                "--only" => options.only.push(value()?),
                "--sizes" => options.sizes.extend(value()?.split(',').map(str::to_owned)),
                "--section" => options.sections.extend(value()?.split(',').map(str::to_owned)),
                "--bench" => {}
                "--help" => {
                    println!("{HELP}");
                    return Ok(None);
                }
                _ => bail!("{word} is not known\n{HELP}"),
            }
        }
        Ok(Some(options))
    }

    /// Whether a case is to be measured.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| case.contains(part))
    }

    /// Whether a part of the whole is to be measured.
    pub(crate) fn wants_section(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|name| name == section)
    }

    /// Whether stores of this size are to be measured.
    pub(crate) fn wants_size(&self, size: &str) -> bool {
        if self.sizes.is_empty() {
            return match size {
                "huge" => !self.quick && !self.layout,
                "big" => !self.layout,
                _ => true,
            };
        }
        self.sizes.iter().any(|name| name == size)
    }
}
