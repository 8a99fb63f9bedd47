//! Where a command runs.

use super::words::Field;

/// A longer path, in bytes, is not put together.
const LONGEST_PATH: usize = 512;

/// A directory, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Relative to where the script starts, unless absolute; `None` is there.
    At(Option<String>),
    Unknown,
    /// No command runs here: the shell has ended.
    Nowhere,
}

/// Where the shell is after a command.
pub(super) struct Outcome {
    pub(super) success: Place,
    /// After a failure that is to be expected.
    pub(super) failure: Place,
    /// After any failure.
    pub(super) failure_at_worst: Place,
}

impl Place {
    pub(super) fn start() -> Self {
        Self::At(None)
    }

    /// Either of two places.
    pub(super) fn merged(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nowhere, place) | (place, Self::Nowhere) => place,
            (one, other) if one == other => one,
            _ => Self::Unknown,
        }
    }

    /// The directory that `cd` leads to from here, with `..` taken literally, as `cd` does.
    pub(super) fn enter(&self, directory: &Field) -> Self {
        let text = directory.text.as_str();
        if !directory.is_known || directory.is_glob || text.is_empty() {
            return Self::Unknown;
        }
        let base = match self {
            _ if text.starts_with('/') => "",
            Self::At(base) => base.as_deref().unwrap_or_default(),
            Self::Unknown | Self::Nowhere => return Self::Unknown,
        };
        let is_absolute = text.starts_with('/') || base.starts_with('/');
        let mut components: Vec<&str> = Vec::new();
        for component in base.split('/').chain(text.split('/')) {
            match component {
                "" | "." => {}
                ".." => match components.last() {
                    Some(&last) if last != ".." => {
                        components.pop();
                    }
                    _ if is_absolute => {}
                    _ => components.push(".."),
                },
                name => components.push(name),
            }
        }
        let path = components.join("/");
        if path.len() > LONGEST_PATH {
            return Self::Unknown;
        }
        if is_absolute {
            Self::At(Some(format!("/{path}")))
        } else {
            Self::At((!path.is_empty()).then_some(path))
        }
    }
}

impl Outcome {
    /// After a command that moves nothing, or always.
    pub(super) fn same(place: Place) -> Self {
        Self {
            success: place.clone(),
            failure: place.clone(),
            failure_at_worst: place,
        }
    }

    /// After a command that is taken to succeed.
    pub(super) fn success(before: Place, after: Place) -> Self {
        Self {
            success: after,
            failure: Place::Nowhere,
            failure_at_worst: before,
        }
    }

    /// Where the next command of a list runs.
    pub(super) fn place(&self) -> Place {
        self.success.clone().merged(self.failure.clone())
    }

    pub(super) fn and(self, next: Self) -> Self {
        Self {
            success: next.success,
            failure: self.failure.merged(next.failure),
            failure_at_worst: self.failure_at_worst.merged(next.failure_at_worst),
        }
    }

    pub(super) fn or(self, next: Self) -> Self {
        Self {
            success: self.success.merged(next.success),
            failure: next.failure,
            failure_at_worst: next.failure_at_worst,
        }
    }

    pub(super) fn negated(self) -> Self {
        Self {
            success: self.failure_at_worst,
            failure: self.success.clone(),
            failure_at_worst: self.success,
        }
    }
}
