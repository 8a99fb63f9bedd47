//! What stands where: all lists at once where there is room, one at a time where there is not.

use ratatui::layout::{Constraint, Layout as Split, Rect};

use super::pane::Pane;
use super::state::{MOST_AT_FOOT, Mode, State};

/// From this size on all lists are shown.
const WIDE: (u16, u16) = (110, 28);
/// From this width on the details have a column of their own.
const VERY_WIDE: u16 = 170;
/// From this height on the details are shown below a single list.
const TALL: u16 = 14;
/// Below this height a list has no headings.
const HEADED: u16 = 5;

/// What is shown in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    List(Pane),
    /// All about what is chosen.
    Details,
}

/// A place with a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area(pub(super) Rect);

impl Area {
    /// What is inside the border.
    pub(super) fn inside(self) -> Rect {
        let Rect { x, y, width, height } = self.0;
        Rect {
            x: x + u16::from(width > 1),
            y: y + u16::from(height > 1),
            width: width.saturating_sub(2),
            height: height.saturating_sub(2),
        }
    }

    /// Whether a list in it has headings.
    pub(super) fn is_headed(self) -> bool {
        self.inside().height >= HEADED
    }

    /// How many rows of a list it shows.
    pub(super) fn rows(self) -> usize {
        usize::from(self.inside().height.saturating_sub(u16::from(self.is_headed())))
    }
}

/// The parts of the screen.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The line at the top.
    pub(super) head: Rect,
    /// The line that names the lists, where one of them is shown at a time.
    pub(super) tabs: Rect,
    /// Everything between the lines at the top and those at the foot.
    pub(super) body: Rect,
    /// The body, divided.
    pub(super) slots: Vec<(Slot, Area)>,
    /// The lines in which something is said.
    pub(super) words: Rect,
    /// The line at the foot: the keys, or the prompt.
    pub(super) foot: Rect,
}

/// Whether all lists are shown on a terminal of this size.
pub(super) const fn is_wide((width, height): (u16, u16)) -> bool {
    width >= WIDE.0 && height >= WIDE.1
}

/// Divides a terminal of this size.
pub(super) fn layout((width, height): (u16, u16), state: &State) -> Layout {
    let is_wide = is_wide((width, height));
    let said = u16::try_from(words(state).len()).unwrap_or(u16::MAX);
    let [head, tabs, body, words, foot] = Split::vertical([
        Constraint::Length(1),
        Constraint::Length(u16::from(!is_wide && height >= 8)),
        Constraint::Min(0),
        Constraint::Length(said.min(height.saturating_sub(6))),
        Constraint::Length(u16::from(height >= 2)),
    ])
    .areas(Rect::new(0, 0, width, height));
    Layout {
        head,
        tabs,
        body,
        slots: slots(body, is_wide, state),
        words,
        foot,
    }
}

fn slots(body: Rect, is_wide: bool, state: &State) -> Vec<(Slot, Area)> {
    let list = |pane, area| (Slot::List(pane), Area(area));
    if !is_wide {
        if body.height < TALL {
            return vec![list(state.focus, body)];
        }
        let [above, below] = Split::vertical([Constraint::Percentage(60), Constraint::Min(0)]).areas(body);
        return vec![list(state.focus, above), (Slot::Details, Area(below))];
    }
    let thirds = [Constraint::Ratio(1, 3); 3];
    if body.width >= VERY_WIDE {
        let columns = [
            Constraint::Ratio(7, 20),
            Constraint::Ratio(7, 20),
            Constraint::Min(0),
        ];
        let [left, middle, right] = Split::horizontal(columns).areas(body);
        let [agents, locks, record] = Split::vertical(thirds).areas(left);
        let [tasks, messages] = Split::vertical([Constraint::Ratio(1, 2); 2]).areas(middle);
        return vec![
            list(Pane::Agents, agents),
            list(Pane::Locks, locks),
            list(state.record, record),
            list(Pane::Tasks, tasks),
            list(Pane::Messages, messages),
            (Slot::Details, Area(right)),
        ];
    }
    let [left, right] = Split::horizontal([Constraint::Percentage(45), Constraint::Min(0)]).areas(body);
    let [agents, locks, record] = Split::vertical(thirds).areas(left);
    let [tasks, messages, details] = Split::vertical(thirds).areas(right);
    vec![
        list(Pane::Agents, agents),
        list(Pane::Locks, locks),
        list(state.record, record),
        list(Pane::Tasks, tasks),
        list(Pane::Messages, messages),
        (Slot::Details, Area(details)),
    ]
}

/// What is said above the foot: the store's trouble, a question, a word of the console's own, what the last command
/// said.
pub(super) fn words(state: &State) -> Vec<(Said, String)> {
    let mut lines: Vec<(Said, String)> = Vec::new();
    if let Mode::Confirm { question, .. } = &state.mode {
        lines.push((Said::Question, question.clone()));
    }
    if let Some(notice) = &state.notice {
        lines.push((Said::Notice, notice.clone()));
    }
    let Some(output) = &state.output else {
        return lines;
    };
    match output.status {
        None => lines.push((Said::Notice, format!("… {}  (Esc stops it)", output.command))),
        Some(_) if !state.is_just_said => {}
        Some(status) => {
            let said = if status == 0 { Said::Done } else { Said::Failed };
            let mut all: Vec<(Said, String)> = output
                .text
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| (said, line.to_owned()))
                .collect();
            if all.is_empty() {
                all.push((said, format!("{}: exit status {status}", output.command)));
            }
            let left = all.len().saturating_sub(MOST_AT_FOOT);
            if left > 0 {
                all.truncate(MOST_AT_FOOT - 1);
                all.push((said, format!("… {} more lines: o shows them", left + 1)));
            }
            lines.extend(all);
        }
    }
    lines
}

/// Of what kind a line above the foot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Question,
    Notice,
    Done,
    Failed,
}
