//! A strict reader of the text format of `OpenMetrics` 1.0: what a collector may refuse, it refuses.

use std::collections::{BTreeMap, BTreeSet};

type Labels = BTreeMap<String, String>;

/// A page that was read.
#[derive(Debug)]
pub(super) struct Exposition {
    kinds: BTreeMap<String, String>,
    samples: Vec<(String, Labels, f64)>,
}

impl Exposition {
    /// The kind of a family.
    pub(super) fn kind(&self, family: &str) -> Option<&str> {
        self.kinds.get(family).map(String::as_str)
    }

    /// The value of the sample with exactly these labels.
    pub(super) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let wanted: Labels = labels
            .iter()
            .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
            .collect();
        let found = self.samples.iter().find(|(n, l, _)| n == name && *l == wanted);
        found.map(|(_, _, value)| *value)
    }

    /// How many samples have this name.
    pub(super) fn count(&self, name: &str) -> usize {
        self.samples.iter().filter(|(known, ..)| known == name).count()
    }
}

/// The suffixes that samples of a kind have.
fn suffixes(kind: &str) -> Result<&'static [&'static str], String> {
    match kind {
        "counter" => Ok(&["_total", "_created"]),
        "gauge" | "unknown" => Ok(&[""]),
        "summary" => Ok(&["", "_count", "_sum", "_created"]),
        "info" => Ok(&["_info"]),
        other => Err(format!("no such kind: {other}")),
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_' || first == ':')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':')
}

/// Reads `{label="value",…}` at the beginning of `text`, and what follows.
fn labels(text: &str) -> Result<(Labels, &str), String> {
    let mut labels = Labels::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return Ok((labels, text));
    };
    loop {
        if let Some(rest) = rest.strip_prefix('}') {
            return Ok((labels, rest));
        }
        let (name, after) = rest.split_once("=\"").ok_or("a label without a value")?;
        if !is_name(name) || name.contains(':') {
            return Err(format!("{name:?} is no name of a label"));
        }
        let (mut value, mut end) = (String::new(), None);
        let mut letters = after.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    end = Some(at + 1);
                    break;
                }
                '\\' => value.push(match letters.next() {
                    Some((_, 'n')) => '\n',
                    Some((_, same @ ('\\' | '"'))) => same,
                    other => return Err(format!("a bad escape: {other:?}")),
                }),
                '\n' => return Err("a line break in a label".to_owned()),
                letter => value.push(letter),
            }
        }
        rest = &after[end.ok_or("a label without an end")?..];
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("{name} twice"));
        }
        match rest.strip_prefix(',') {
            Some(more) if more.starts_with('}') => return Err("a comma before the end".to_owned()),
            Some(more) => rest = more,
            None if rest.starts_with('}') => {}
            None => return Err(format!("labels go on with {rest:?}")),
        }
    }
}

/// Reads a whole page, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Exposition, String> {
    let body = text
        .strip_suffix("# EOF\n")
        .ok_or("it does not end with # EOF and a line break")?;
    let mut page = Exposition {
        kinds: BTreeMap::new(),
        samples: Vec::new(),
    };
    let mut seen: BTreeSet<(String, Labels)> = BTreeSet::new();
    // The family that is being read, what was said of it, and whether it has samples.
    let mut family = String::new();
    let mut said: BTreeSet<&str> = BTreeSet::new();
    let mut has_samples = false;
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (what, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let value = words.next().ok_or(format!("nothing is said: {line}"))?;
            if !is_name(name) {
                return Err(format!("{name:?} is no name"));
            }
            if name != family {
                if page.kinds.contains_key(name) {
                    return Err(format!("{name} comes twice"));
                }
                name.clone_into(&mut family);
                said.clear();
                has_samples = false;
            }
            if has_samples {
                return Err(format!("{line} comes after samples"));
            }
            let what = ["TYPE", "UNIT", "HELP"]
                .into_iter()
                .find(|known| *known == what)
                .ok_or(format!("a comment that is none: {line}"))?;
            if !said.insert(what) {
                return Err(format!("{what} twice for {name}"));
            }
            match what {
                "TYPE" => {
                    for suffix in suffixes(value)? {
                        if suffix.len() > 1 && name.ends_with(suffix) {
                            return Err(format!("{name} ends like a sample"));
                        }
                    }
                    page.kinds.insert(name.to_owned(), value.to_owned());
                }
                "UNIT" if !name.ends_with(&format!("_{value}")) => {
                    return Err(format!("{name} does not end with its unit {value}"));
                }
                _ => {}
            }
            continue;
        }
        let end = line.find(['{', ' ']).ok_or(format!("no sample: {line:?}"))?;
        let (labels, rest) = labels(&line[end..])?;
        let name = &line[..end];
        let kind = page.kinds.get(&family).ok_or(format!("{name} has no TYPE"))?;
        let suffix = name
            .strip_prefix(family.as_str())
            .ok_or(format!("{name} stands in {family}"))?;
        if !suffixes(kind)?.contains(&suffix) {
            return Err(format!("{name} is no sample of the {kind} {family}"));
        }
        let value = rest.strip_prefix(' ').ok_or(format!("no value: {line:?}"))?;
        let value: f64 = value.parse().map_err(|_| format!("{value:?} is no number"))?;
        let is_count = suffix == "_total" || suffix == "_count";
        if is_count && (value < 0.0 || value.is_nan()) {
            return Err(format!("{name} is {value}"));
        }
        if kind == "summary" && suffix.is_empty() {
            let quantile: Option<f64> = labels.get("quantile").and_then(|it| it.parse().ok());
            if !quantile.is_some_and(|quantile| (0.0..=1.0).contains(&quantile)) {
                return Err(format!("{name} without a quantile"));
            }
        }
        if !seen.insert((name.to_owned(), labels.clone())) {
            return Err(format!("{name} twice with the same labels"));
        }
        has_samples = true;
        page.samples.push((name.to_owned(), labels, value));
    }
    Ok(page)
}

#[test]
fn what_a_collector_refuses_is_refused() {
    let good = "# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds So.\na_seconds_total{b=\"c\\\"\"} 1.5\n# EOF\n";
    let page = parse(good).unwrap();
    assert_eq!(page.value("a_seconds_total", &[("b", "c\"")]), Some(1.5));
    for (from, to) in [
        ("# EOF\n", ""),
        ("# EOF\n", "# EOF"),
        ("_total", ""),
        ("_total", "_count"),
        ("1.5", "-1"),
        ("1.5", "one"),
        ("UNIT a_seconds seconds", "UNIT a_seconds bytes"),
        ("counter", "counters"),
        ("\\\"", "\""),
        ("# HELP a_seconds So.", "# HELP b So."),
        ("# HELP a_seconds So.", ""),
        ("# HELP a_seconds So.", "# TYPE a_seconds counter"),
        ("# EOF\n", "a_seconds_total{b=\"c\\\"\"} 2\n# EOF\n"),
    ] {
        assert!(parse(&good.replacen(from, to, 1)).is_err(), "{from} {to}");
    }
}
