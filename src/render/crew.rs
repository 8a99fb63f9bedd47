//! The sessions of a plan as whoever started them sees them.

use serde::Serialize;

use super::colour::{DIM, ERROR, OK, WARN, dim, heading, paint};
use super::table::{Cell, Column, Table, cut};
use super::time::{duration, rfc3339};
use super::words::counted;
use crate::domain::crew::{CrewState, Picture, Session, Shown, State, Tasks};
use crate::domain::time::Moment;
use crate::frame::{Clean, Field, clean};

/// How long the bar is, in terminal columns.
const BAR: usize = 20;

const COLUMNS: [Column; 5] = [
    Column::new("SESSION"),
    Column::new("STATE"),
    Column::new("FOR").leaves(1),
    Column::new("TASK").least(20).leaves(2),
    Column::new("SAID LAST").least(20).leaves(3),
];

/// A session as JSON.
#[derive(Debug, Serialize)]
pub struct SessionJson<'a> {
    plan_id: &'a str,
    name: &'a str,
    role: Option<&'a str>,
    agent_id: &'a str,
    session_id: &'a str,
    state: &'static str,
    pid: Option<i64>,
    starts: u32,
    failures: u32,
    exit: Option<i32>,
    began_at: String,
    ended_at: Option<String>,
    resumes_at: Option<String>,
    log: Option<&'a str>,
    window: Option<&'a str>,
    worktree: Option<&'a str>,
}

impl<'a> SessionJson<'a> {
    /// The JSON form of a session.
    #[must_use]
    pub fn new(session: &'a Session) -> Self {
        Self {
            plan_id: &session.plan,
            name: &session.name,
            role: session.role.as_deref(),
            agent_id: &session.agent,
            session_id: &session.launch,
            state: session.state.as_str(),
            pid: session.proof.map(|proof| proof.pid),
            starts: session.starts,
            failures: session.failures,
            exit: session.exit,
            began_at: rfc3339(session.began_at),
            ended_at: session.ended_at.map(rfc3339),
            resumes_at: session.resumes_at.map(rfc3339),
            log: Some(session.log.as_str()).filter(|log| !log.is_empty()),
            window: session.window.as_deref(),
            worktree: Some(session.worktree.as_str()).filter(|worktree| !worktree.is_empty()),
        }
    }
}

/// A crew as JSON.
#[derive(Debug, Serialize)]
pub struct Json<'a> {
    plan_id: &'a str,
    state: &'static str,
    tasks: TasksJson,
    sessions: Vec<ShownJson<'a>>,
}

#[derive(Debug, Serialize)]
struct TasksJson {
    total: usize,
    done: usize,
    failed: usize,
    open: usize,
    under_way: usize,
    ready: usize,
}

#[derive(Debug, Serialize)]
struct ShownJson<'a> {
    #[serde(flatten)]
    session: SessionJson<'a>,
    task_id: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// The JSON form of a crew.
    #[must_use]
    pub fn new(picture: &'a Picture) -> Self {
        let tasks = &picture.tasks;
        Self {
            plan_id: &picture.plan,
            state: picture.state.as_str(),
            tasks: TasksJson {
                total: tasks.total(),
                done: tasks.done,
                failed: tasks.failed,
                open: tasks.open,
                under_way: tasks.under_way,
                ready: tasks.ready.len(),
            },
            sessions: picture.sessions.iter().map(shown_json).collect(),
        }
    }
}

fn shown_json(shown: &Shown) -> ShownJson<'_> {
    ShownJson {
        session: SessionJson::new(&shown.session),
        task_id: shown.task.as_ref().map(|(id, _)| id.as_str()),
    }
}

/// How many of something, in words.
fn some(count: usize, word: &str) -> String {
    counted(u64::try_from(count).unwrap_or(u64::MAX), word)
}

/// `4 of 6 tasks done, 1 failed, 1 under way`.
#[must_use]
pub fn progress(tasks: &Tasks) -> String {
    let mut parts = vec![format!("{} of {} done", tasks.done, some(tasks.total(), "task"))];
    for (count, word) in [
        (tasks.failed, "failed or cancelled"),
        (tasks.under_way, "under way"),
        (tasks.ready.len(), "ready"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    parts.join(", ")
}

/// The whole of it, for a terminal: how far the tasks are, and each session in a line.
#[must_use]
pub fn page(picture: &Picture, now: &Moment, width: Option<usize>) -> String {
    let total = picture.tasks.total().max(1);
    let filled = (picture.tasks.done * BAR / total).min(BAR);
    let plan = clean(&picture.plan, Field::Name);
    let head = format!(
        "{}  {}{}  {}\n",
        heading(plan.as_str()),
        paint(OK, &"█".repeat(filled)),
        paint(DIM, &"░".repeat(BAR - filled)),
        progress(&picture.tasks)
    );
    let mut table = Table::of_columns(&COLUMNS);
    for shown in &picture.sessions {
        let session = &shown.session;
        let task = shown
            .task
            .as_ref()
            .map(|(id, title)| clean(&format!("{id} {title}"), Field::Title));
        table.row([
            Cell::from(clean(&session.name, Field::Name)),
            Cell::styled(clean(&state(session), Field::Reason), style(session.state)),
            Cell::from(clean(&since(session, now), Field::Name)),
            Cell::from(task.unwrap_or_default()),
            Cell::styled(
                shown
                    .said
                    .as_deref()
                    .map(|said| clean(said, Field::Reason))
                    .unwrap_or_default(),
                DIM,
            ),
        ]);
    }
    let last = match picture.state {
        CrewState::Draining => "no more is started; Ctrl-C again ends what runs now",
        _ => "Ctrl-C: no more is started, and what runs may finish its task; twice ends it now",
    };
    let last = width.map_or_else(|| last.to_owned(), |width| cut(last, width));
    format!("{head}{}{}", table.render(width), dim(&last))
}

fn style(state: State) -> anstyle::Style {
    match state {
        State::Running => OK,
        State::Failed => ERROR,
        State::Stopped => WARN,
        State::Starting | State::Waiting | State::Done => DIM,
    }
}

fn since(session: &Session, now: &Moment) -> String {
    if !session.state.is_up() {
        return String::new();
    }
    let passed = u64::try_from(now.wall.saturating_sub(session.began_at)).unwrap_or(0);
    duration(std::time::Duration::from_secs(passed / 1_000))
}

/// The state, and what explains it.
fn state(session: &Session) -> String {
    let exit = session
        .exit
        .filter(|exit| *exit != 0 && !session.state.is_up())
        .map_or_else(String::new, |exit| format!(" (ended with {exit})"));
    let again = match session.starts {
        1 => String::new(),
        starts => format!(", start {starts}"),
    };
    format!("{}{exit}{again}", session.state.as_str())
}

/// What is said of a session whose state is another one than before, where nobody watches a terminal.
#[must_use]
pub fn change(shown: &Shown) -> String {
    let session = &shown.session;
    let name = clean(&session.name, Field::Name);
    match (session.state, &shown.task) {
        (State::Running, Some((id, title))) => format!(
            "{name}: works on {} {}\n",
            clean(id, Field::Name),
            clean(title, Field::Title)
        ),
        (State::Running, None) => format!("{name}: runs ({})\n", clean(&session.agent, Field::Name)),
        _ => format!("{name}: {}\n", clean(&state(session), Field::Reason)),
    }
}

/// The paths of checkouts that were kept, and why.
#[must_use]
pub fn kept(path: &str, why: &'static str) -> String {
    format!("kept {}: {why}\n", clean(path, Field::Path))
}

/// The logs of sessions that came to nothing.
#[must_use]
pub fn failures(sessions: &[Shown]) -> Vec<Clean> {
    sessions
        .iter()
        .filter(|shown| shown.session.state == State::Failed && !shown.session.log.is_empty())
        .map(|shown| clean(&shown.session.log, Field::Path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::crew::CrewState;

    fn shown(state: State, said: &str) -> Shown {
        Shown {
            session: Session {
                plan: "plan-1".to_owned(),
                name: "rust-1".to_owned(),
                role: Some("rust".to_owned()),
                agent: "agent-1".to_owned(),
                launch: "l".to_owned(),
                state,
                proof: None,
                starts: 2,
                failures: 0,
                exit: Some(3),
                began_at: 1_000,
                ended_at: None,
                resumes_at: None,
                log: "log".to_owned(),
                worktree: String::new(),
                window: None,
            },
            task: Some(("task-1".to_owned(), "Tidy\u{1b}[31m up".to_owned())),
            said: Some(said.to_owned()),
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_of_others_moves_its_cursor() {
        let picture = Picture {
            plan: "plan-1".to_owned(),
            state: CrewState::Running,
            tasks: Tasks {
                done: 1,
                open: 1,
                ..Tasks::default()
            },
            sessions: vec![shown(
                State::Running,
                "\u{1b}[2J a long line that somebody printed",
            )],
        };
        let now = Moment::at_wall(61_000);
        for width in [40, 80, 200] {
            let page = page(&picture, &now, Some(width));
            let plain = anstream::adapter::strip_str(&page).to_string();
            assert!(
                plain.lines().skip(1).all(|line| line.chars().count() <= width),
                "{plain}"
            );
            assert!(
                plain.contains("1 of 2 tasks done") && !page.contains("\u{1b}[2J"),
                "{plain}"
            );
        }
    }

    #[test]
    fn a_session_that_ended_says_how_and_how_often_it_was_started() {
        let mut ended = shown(State::Waiting, "");
        ended.task = None;
        assert_eq!(change(&ended), "rust-1: waiting (ended with 3), start 2\n");
        assert_eq!(
            change(&shown(State::Running, "")),
            "rust-1: works on task-1 Tidy\\u{1b}[31m up\n"
                .replace("\\u{1b}", clean("\u{1b}", Field::Name).as_str())
        );
    }
}
