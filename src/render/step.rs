//! What `init` and `uninstall` did, or would do, as people and programs read it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::colour;
use super::wrap::hanging;
use crate::frame::{Field, clean};

/// What was done to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was not there.
    Created,
    /// It was there and is another now.
    Updated,
    /// It was of 0.4.0.
    Upgraded,
    /// Somebody else had brought it.
    Adopted,
    /// It is gone.
    Removed,
    /// It is as it was, because it is as it should be.
    Unchanged,
    /// It is as it was, because it is not ours to change.
    Kept,
}

impl Action {
    /// Whether something is another than before.
    #[must_use]
    pub const fn is_change(self) -> bool {
        !matches!(self, Self::Unchanged | Self::Kept)
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Created => ("Created", "Would create"),
            Self::Updated => ("Updated", "Would update"),
            Self::Upgraded => ("Upgraded", "Would upgrade"),
            Self::Adopted => ("Adopted", "Would adopt"),
            Self::Removed => ("Removed", "Would remove"),
            Self::Unchanged => ("Unchanged", "Unchanged"),
            Self::Kept => ("Kept", "Would keep"),
        }
    }
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What.
    pub action: Action,
    /// To what kind of thing: `store`, `settings`, `skill`, `directory`, `backup`.
    pub what: &'static str,
    /// To which.
    pub path: PathBuf,
    /// More about it; neutralised.
    pub detail: Option<String>,
    /// Each change within it; neutralised.
    pub changes: Vec<String>,
    /// What it is good for, where somebody may wonder.
    pub purpose: Option<&'static str>,
}

impl Step {
    /// A step without details.
    #[must_use]
    pub fn new(action: Action, what: &'static str, path: PathBuf) -> Self {
        Self {
            action,
            what,
            path,
            detail: None,
            changes: Vec::new(),
            purpose: None,
        }
    }

    /// Says what it is good for.
    #[must_use]
    pub const fn purpose(mut self, purpose: &'static str) -> Self {
        self.purpose = Some(purpose);
        self
    }

    /// Says more about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// The steps as JSON; paths are absolute, bytes in them that are not UTF-8 are replaced.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    root: String,
    dry_run: bool,
    changed: bool,
    actions: Vec<JsonStep<'a>>,
    notes: &'a [String],
}

#[derive(Debug, Serialize)]
struct JsonStep<'a> {
    action: Action,
    what: &'a str,
    path: String,
    detail: Option<&'a str>,
    changes: &'a [String],
}

impl<'a> Json<'a> {
    /// The JSON form of `steps` in the project at `root`.
    #[must_use]
    pub fn new(root: &Path, steps: &'a [Step], notes: &'a [String], dry_run: bool) -> Self {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Self {
            root: text(root),
            dry_run,
            changed: steps.iter().any(|step| step.action.is_change()),
            actions: steps
                .iter()
                .map(|step| JsonStep {
                    action: step.action,
                    what: step.what,
                    path: text(&step.path),
                    detail: step.detail.as_deref(),
                    changes: &step.changes,
                })
                .collect(),
            notes,
        }
    }
}

/// The steps as lines; paths in the project are relative to its `root`. When nothing was done yet, each
/// change is shown too. On a terminal of this `width` the project is named first, and below each thing that is
/// another than before stands what it is for.
#[must_use]
pub fn list(root: &Path, steps: &[Step], dry_run: bool, terminal: Option<usize>) -> String {
    let word = |step: &Step| {
        let (done, planned) = step.action.words();
        if dry_run { planned } else { done }
    };
    let width = steps.iter().map(|step| word(step).len()).max().unwrap_or(0);
    let mut text = String::new();
    if terminal.is_some() {
        let root = clean(&root.display().to_string(), Field::Path);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {root}\n", colour::heading("agent-sync in"));
    }
    for step in steps {
        let path = step.path.strip_prefix(root).unwrap_or(&step.path);
        let path = clean(&path.display().to_string(), Field::Path);
        let verb = format!("{:width$}", word(step));
        let verb = match step.action {
            Action::Unchanged => colour::dim(&verb),
            Action::Kept => colour::warn(&verb),
            _ => colour::ok(&verb),
        };
        // Writing to a String cannot fail.
        let _ = match &step.detail {
            Some(detail) => writeln!(text, "{verb}  {path} ({detail})"),
            None => writeln!(text, "{verb}  {path}"),
        };
        let is_new = step.action.is_change();
        if let Some(purpose) = terminal.and(step.purpose).filter(|_| is_new) {
            let indent = width + 2;
            let purpose = hanging(purpose, indent, terminal);
            let _ = writeln!(text, "{:indent$}{}", "", colour::dim(&purpose));
        }
        for change in step.changes.iter().filter(|_| dry_run) {
            let _ = writeln!(text, "{:width$}    {change}", "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_the_project_is_named_and_what_is_new_is_explained() {
        let steps = [
            Step::new(Action::Created, "skill", PathBuf::from("/p/skill")).purpose("tells agents what to do"),
            Step::new(Action::Kept, "store", PathBuf::from("/p/store")).purpose("holds everything"),
        ];
        let text = list(Path::new("/p"), &steps, false, Some(80));
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            "agent-sync in /p\n\nCreated  skill\n         tells agents what to do\nKept     store\n"
        );
    }

    #[test]
    fn a_plan_says_would_and_shows_every_change() {
        let mut step = Step::new(
            Action::Created,
            "settings",
            PathBuf::from("/p/.claude/settings.json"),
        )
        .detail("1 hook");
        step.changes.push("added Stop: agent-sync hook stop".to_owned());
        let steps = [
            step,
            Step::new(Action::Unchanged, "skill", PathBuf::from("/elsewhere/x")),
        ];
        let shown =
            |dry_run| anstream::adapter::strip_str(&list(Path::new("/p"), &steps, dry_run, None)).to_string();
        assert_eq!(
            shown(false),
            "Created    .claude/settings.json (1 hook)\nUnchanged  /elsewhere/x\n"
        );
        assert_eq!(
            shown(true),
            "Would create  .claude/settings.json (1 hook)\n                added Stop: agent-sync hook stop\nUnchanged     /elsewhere/x\n"
        );
    }
}
