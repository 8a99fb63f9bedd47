//! JSON that comes back byte for byte.
//!
//! Reading a file into values and writing them again changes what its owner wrote: `1.0` may become `1`,
//! `1e400` cannot be held at all, of two equal keys one is gone, and the layout is lost. A settings file is
//! mostly other people's, so it is kept here as the text it was, cut at its brackets and commas: printing
//! an unchanged document gives the very same bytes, and a change touches only its own place.

use std::fmt;

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) before: String,
    pub(super) root: Value,
    pub(super) after: String,
    /// Where the root begins, in bytes.
    pub(super) root_at: usize,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A string, number, `true`, `false` or `null`, as it is written.
    Scalar(String),
    Object(Container),
    Array(Container),
}

/// What is between two brackets. In an object every item has a key, in an array none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) items: Vec<Item>,
    /// The blanks before the closing bracket.
    pub(super) close: String,
}

/// One element or member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The blanks before it.
    pub(super) lead: String,
    pub(super) key: Option<Key>,
    pub(super) value: Value,
    /// The blanks between it and the comma.
    pub(super) tail: String,
    /// Where its value begins in the text that was read, in bytes.
    pub(super) at: usize,
}

/// A member's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// What it means; where it has half of a surrogate pair and so no meaning, how it is written.
    pub(super) name: String,
    /// How it is written, up to the blanks after the colon.
    pub(super) raw: String,
}

impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}{}", self.before, self.root, self.after)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(raw) => formatter.write_str(raw),
            Self::Object(container) => write!(formatter, "{{{container}}}"),
            Self::Array(container) => write!(formatter, "[{container}]"),
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                formatter.write_str(",")?;
            }
            formatter.write_str(&item.lead)?;
            if let Some(key) = &item.key {
                formatter.write_str(&key.raw)?;
            }
            write!(formatter, "{}{}", item.value, item.tail)?;
        }
        formatter.write_str(&self.close)
    }
}

impl Value {
    /// The text of a string.
    pub(super) fn as_string(&self) -> Option<String> {
        match self {
            Self::Scalar(raw) => serde_json::from_str(raw).ok(),
            _ => None,
        }
    }

    pub(super) fn as_object(&self) -> Option<&Container> {
        match self {
            Self::Object(container) => Some(container),
            _ => None,
        }
    }

    pub(super) fn as_object_mut(&mut self) -> Option<&mut Container> {
        match self {
            Self::Object(container) => Some(container),
            _ => None,
        }
    }

    pub(super) fn as_array(&self) -> Option<&Container> {
        match self {
            Self::Array(container) => Some(container),
            _ => None,
        }
    }

    pub(super) fn as_array_mut(&mut self) -> Option<&mut Container> {
        match self {
            Self::Array(container) => Some(container),
            _ => None,
        }
    }
}

impl Container {
    /// Where the member `name` is.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.items
            .iter()
            .position(|item| item.key.as_ref().is_some_and(|key| key.name == name))
    }

    /// The value of the member `name`.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.position(name).map(|index| &self.items[index].value)
    }

    /// The value of the member `name`, to be changed.
    pub(super) fn member_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).map(|index| &mut self.items[index].value)
    }

    /// Takes an item out so that what remains looks as if it had never been there.
    pub(super) fn remove(&mut self, index: usize) -> Item {
        let removed = self.items.remove(index);
        match self.items.first_mut() {
            None => self.close.clear(),
            Some(first) if index == 0 => first.lead.clone_from(&removed.lead),
            Some(_) => {}
        }
        removed
    }
}
