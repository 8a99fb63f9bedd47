//! Plans as Markdown checklists, as people write them anyway.
//!
//! An item with a box is a task. Items below it are what it is made of, so they come first; numbered ones come
//! one after another. A heading below the title is a label. What is indented below a task is its description,
//! but for lines such as `files: a, b`. All else is the prose around the plan.

pub use super::marks::MARKS;
use super::marks::{field, key_and_value, read as read_marks};
use super::{Ask, Fault, Item, On, Place, Plan, Terms};
use crate::domain::task::{Kind, MAX_LABEL, Status, label};

/// Columns a tab counts for.
const TAB: usize = 4;

/// Reads a plan, not checked yet.
///
/// # Errors
/// [`Fault`] says on which line something cannot be read first.
pub fn read(text: &str) -> Result<Plan, Fault> {
    let (plan, faults) = read_all(text);
    faults.into_iter().next().map_or(Ok(plan), Err)
}

/// Reads a plan, not checked yet, and says of every line that cannot be read why.
#[must_use]
pub fn read_all(text: &str) -> (Plan, Vec<Fault>) {
    let mut reader = Reader::default();
    for (index, line) in text.lines().enumerate() {
        if let Err(fault) = reader.line(line, Place::Line(index + 1)) {
            reader.faults.push(fault);
        }
    }
    reader.number();
    let plan = Plan {
        items: reader.items,
        terms: Terms::default(),
    };
    (plan, reader.faults)
}

/// A task that lines may still be below of.
struct Open {
    index: usize,
    indent: usize,
    /// The last numbered item directly below it.
    numbered: Option<usize>,
}

#[derive(Default)]
struct Reader {
    faults: Vec<Fault>,
    items: Vec<Item>,
    /// Per item the one it stands below of.
    parents: Vec<Option<usize>>,
    /// Per numbered item the one before it.
    before: Vec<Option<usize>>,
    open: Vec<Open>,
    /// The last numbered item below nothing.
    numbered: Option<usize>,
    label: Option<String>,
    /// The fence that ends the code block we are in, and whether it belongs to a task.
    fence: Option<(String, bool)>,
    /// Blank lines that belong to a description if more of it follows.
    blank: usize,
}

/// An item of a list with a box.
struct Boxed<'a> {
    is_numbered: bool,
    mark: char,
    title: &'a str,
}

impl Reader {
    fn line(&mut self, line: &str, place: Place) -> Result<(), Fault> {
        let content = line.trim_start_matches([' ', '\t']);
        let indent: usize = line[..line.len() - content.len()]
            .chars()
            .map(|blank| if blank == '\t' { TAB } else { 1 })
            .sum();
        if let Some((fence, is_description)) = self.fence.clone() {
            if content.trim_end() == fence {
                self.fence = None;
            }
            if is_description {
                self.describe(line.trim_end());
            }
            return Ok(());
        }
        if content.trim().is_empty() {
            self.blank += 1;
            return Ok(());
        }
        if let Some(boxed) = boxed(content) {
            self.item(&boxed, indent, place);
            return Ok(());
        }
        self.close(indent);
        if let Some(fence) = fence(content) {
            let is_description = !self.open.is_empty();
            self.fence = Some((fence, is_description));
        } else if self.open.is_empty() {
            self.numbered = None;
            if let Some((level, title)) = heading(content) {
                self.label = (level > 1).then(|| slug(title)).flatten();
            }
            return Ok(());
        } else if let Some(open) = self.open.last() {
            let unlisted = content
                .strip_prefix(['-', '*', '+'])
                .filter(|rest| rest.starts_with(' '));
            if let Some((key, value)) = key_and_value(unlisted.unwrap_or(content)) {
                return field(&mut self.items[open.index], key, &plain(value), place);
            }
        }
        self.describe(line.trim_end());
        Ok(())
    }

    /// Leaves the tasks that a line with this indentation is not below of.
    fn close(&mut self, indent: usize) {
        while self.open.last().is_some_and(|open| open.indent >= indent) {
            self.open.pop();
        }
    }

    /// Adds a task, even one that cannot be read whole: what stands below it is its own all the same.
    fn item(&mut self, boxed: &Boxed<'_>, indent: usize, place: Place) {
        self.close(indent);
        self.blank = 0;
        let status = status(boxed.mark).unwrap_or_else(|| {
            let fault = Fault::new(place, format!("[{}] is no box of a task", boxed.mark))
                .hint("open is [ ], done [x], failed [f], cancelled [-]");
            self.faults.push(fault);
            Status::Pending
        });
        let mut item = Item {
            status,
            ..Item::new(place, boxed.title)
        };
        item.labels.extend(self.label.clone());
        if let Err(fault) = read_marks(&mut item, &plain(boxed.title)) {
            self.faults.push(fault);
        }
        let index = self.items.len();
        let parent = self.open.last().map(|open| open.index);
        if let Some(parent) = parent {
            item.path = format!("{}/{}", self.items[parent].path, item.title);
            self.items[parent].asks.push(Ask {
                on: On::Item(index),
                kind: Kind::After,
                place,
            });
        }
        let numbered = self
            .open
            .last_mut()
            .map_or(&mut self.numbered, |open| &mut open.numbered);
        let before = std::mem::replace(numbered, boxed.is_numbered.then_some(index));
        let before = before.filter(|_| boxed.is_numbered);
        self.items.push(item);
        self.parents.push(parent);
        self.before.push(before);
        self.open.push(Open {
            index,
            indent,
            numbered: None,
        });
    }

    /// Adds a line to the description of the innermost task.
    fn describe(&mut self, line: &str) {
        let blank = std::mem::take(&mut self.blank);
        let Some(open) = self.open.last() else { return };
        // Below `- ` is where the text of an item begins; what is further in is the text's own.
        let mut text = line;
        for _ in 0..open.indent + 2 {
            text = text.strip_prefix([' ', '\t']).unwrap_or(text);
        }
        let text = match text.trim_start().strip_prefix('>') {
            Some(quoted) => quoted.strip_prefix(' ').unwrap_or(quoted),
            None => text,
        };
        let description = &mut self.items[open.index].description;
        match description {
            Some(description) => {
                description.push_str(&"\n".repeat(blank + 1));
                description.push_str(&plain(text));
            }
            None => *description = Some(plain(text)),
        }
    }

    /// Makes what is numbered wait for the number before: whatever of it could begin first.
    fn number(&mut self) {
        let mut is_parent = vec![false; self.items.len()];
        for parent in self.parents.iter().flatten() {
            is_parent[*parent] = true;
        }
        for index in 0..self.items.len() {
            let Some(before) = self.before[index] else {
                continue;
            };
            let mut end = index + 1;
            while end < self.items.len() && self.is_below(end, index) {
                end += 1;
            }
            for (first, is_parent) in is_parent.iter().enumerate().take(end).skip(index) {
                let is_first = first == index || self.before[first].is_none();
                if is_first && !is_parent {
                    let place = self.items[index].place;
                    self.items[first].asks.push(Ask {
                        on: On::Item(before),
                        kind: Kind::After,
                        place,
                    });
                }
            }
        }
    }

    fn is_below(&self, mut index: usize, top: usize) -> bool {
        while let Some(parent) = self.parents[index] {
            if parent == top {
                return true;
            }
            index = parent;
        }
        false
    }
}

/// The text with the entities resolved that keep markup characters out of Markdown.
fn plain(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The item of a list with a box that this line begins, if it does.
fn boxed(content: &str) -> Option<Boxed<'_>> {
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match digits {
        0 => content.strip_prefix(['-', '*', '+'])?,
        1..=9 => content[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    let inner = rest.strip_prefix([' ', '\t'])?.trim_start().strip_prefix('[')?;
    let mark = inner.chars().next()?;
    let title = inner[mark.len_utf8()..].strip_prefix(']')?;
    if !(title.is_empty() || title.starts_with([' ', '\t'])) {
        return None;
    }
    Some(Boxed {
        is_numbered: digits > 0,
        mark,
        title: title.trim(),
    })
}

/// Whether a line is a task.
pub(super) fn is_item(content: &str) -> bool {
    boxed(content).is_some()
}

/// The state that a box shows. What somebody works on elsewhere is open here.
const fn status(mark: char) -> Option<Status> {
    match mark {
        ' ' | '~' | '!' | '/' => Some(Status::Pending),
        'x' | 'X' => Some(Status::Done),
        'f' | 'F' => Some(Status::Failed),
        '-' => Some(Status::Cancelled),
        _ => None,
    }
}

/// The line that ends the code block which this line begins, if it does.
pub(super) fn fence(content: &str) -> Option<String> {
    let first = content.chars().next().filter(|first| "`~".contains(*first))?;
    let length = content.chars().take_while(|&one| one == first).count();
    (length >= 3).then(|| first.to_string().repeat(length))
}

/// The level and the text of a heading.
pub(super) fn heading(content: &str) -> Option<(usize, &str)> {
    let level = content.bytes().take_while(|&one| one == b'#').count();
    let title = content[level..].strip_prefix([' ', '\t'])?;
    (1..=6)
        .contains(&level)
        .then(|| (level, title.trim().trim_end_matches('#').trim_end()))
}

/// A label made of a heading: its words joined by hyphens; `None` where nothing of it can be in one.
fn slug(title: &str) -> Option<String> {
    let mut slug = String::new();
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(MAX_LABEL);
    label(slug.trim_end_matches('-'))
}
