//! A Messages API that plays a script: each conversation is found by a marker word in its first user
//! text, and its turn by the number of assistant messages the request holds. Nothing is remembered
//! between requests, so a retried, resumed or forked conversation gets the right turn too; a subagent
//! is a conversation of its own, with its own marker in the prompt of the Agent call.

mod http;
mod message;
pub(crate) mod record;
pub(crate) mod turn;

use crate::gate::PATIENCE;
use crate::network;
use http::{Answer, Incoming};
use record::Request;
use serde_json::json;
use std::collections::HashMap;
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use turn::{Block, Turn};

/// A running server. It ends with the test's process; it fails the test when a gate stayed closed.
pub(crate) struct Api {
    address: SocketAddr,
    stage: Arc<Stage>,
}

#[derive(Default)]
struct Stage {
    scripts: Mutex<HashMap<String, Arc<Vec<Turn>>>>,
    requests: Mutex<Vec<Request>>,
    arrived: Condvar,
    problems: Mutex<Vec<String>>,
}

impl Api {
    /// Listens on a free port of loopback, inside the isolated network where there is one.
    pub(crate) fn start() -> Self {
        let listener = network::inside(|| TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let stage = Arc::new(Stage::default());
        let serving = Arc::clone(&stage);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let stage = Arc::clone(&serving);
                std::thread::spawn(move || stage.serve(stream));
            }
        });
        Self { address, stage }
    }

    /// Adds the script of the conversation whose first user text holds `marker`. After its last turn
    /// the model only says that the script is over.
    pub(crate) fn conversation(self, marker: &str, turns: impl IntoIterator<Item = Turn>) -> Self {
        let turns = Arc::new(turns.into_iter().collect());
        let mut scripts = locked(&self.stage.scripts);
        let is_ambiguous = |other: &String| other.contains(marker) || marker.contains(other);
        assert!(
            !scripts.keys().any(is_ambiguous),
            "{marker} is part of another marker, or holds it"
        );
        scripts.insert(marker.to_owned(), turns);
        drop(scripts);
        self
    }

    /// What to give the client as `ANTHROPIC_BASE_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request of every kind, in order of arrival.
    pub(crate) fn all_requests(&self) -> Vec<Request> {
        locked(&self.stage.requests).clone()
    }

    /// The model requests of one conversation, in order of arrival.
    pub(crate) fn requests(&self, marker: &str) -> Vec<Request> {
        of(&locked(&self.stage.requests), marker).cloned().collect()
    }

    /// The newest request of a conversation; it holds the whole conversation so far.
    pub(crate) fn last_request(&self, marker: &str) -> Request {
        self.requests(marker)
            .pop()
            .unwrap_or_else(|| panic!("no request of {marker} arrived"))
    }

    /// Waits for request `number` (the first is 0) of a conversation.
    pub(crate) fn wait_for_request(&self, marker: &str, number: usize, timeout: Duration) -> Request {
        let requests = locked(&self.stage.requests);
        let waited = self
            .stage
            .arrived
            .wait_timeout_while(requests, timeout, |requests| {
                of(requests, marker).nth(number).is_none()
            });
        let requests = waited.unwrap_or_else(PoisonError::into_inner).0;
        let found = of(&requests, marker).nth(number).cloned();
        found.unwrap_or_else(|| panic!("request {number} of {marker} did not arrive in {timeout:?}"))
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        let problems = locked(&self.stage.problems);
        assert!(
            problems.is_empty() || std::thread::panicking(),
            "scripted API: {problems:?}"
        );
    }
}

impl Stage {
    fn serve(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else {
            return;
        };
        let mut reader = BufReader::new(stream);
        while let Ok(Some(incoming)) = http::read(&mut reader) {
            let request = self.record(incoming);
            let answer = self.answer(&request);
            if http::write(&mut writer, &request.method, &answer).is_err() {
                return;
            }
        }
    }

    /// A request without tools is a side request, such as the one for a title: it has no marker.
    fn record(&self, Incoming { method, path, body }: Incoming) -> Request {
        let mut requests = locked(&self.requests);
        let mut request = Request {
            order: requests.len(),
            method,
            path,
            body,
            marker: None,
        };
        if request.path == "/v1/messages" && !request.tools().is_empty() {
            let opening = request.opening();
            let scripts = locked(&self.scripts);
            request.marker = scripts.keys().find(|marker| opening.contains(*marker)).cloned();
        }
        requests.push(request.clone());
        self.arrived.notify_all();
        request
    }

    fn answer(&self, request: &Request) -> Answer {
        let body = match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/v1/messages") => return message::answer(request, &self.play(request)),
            ("POST", "/v1/messages/count_tokens") => json!({"input_tokens": 10}),
            ("GET", "/v1/models") => json!({"data": [], "has_more": false}),
            _ => json!({}),
        };
        Answer {
            content_type: "application/json",
            body: body.to_string(),
        }
    }

    fn play(&self, request: &Request) -> Vec<Block> {
        let Some(marker) = &request.marker else {
            return vec![Block::Text("no script".to_owned())];
        };
        let script = locked(&self.scripts).get(marker).cloned().unwrap_or_default();
        let Some(turn) = script.get(request.turn()) else {
            return vec![Block::Text("the script is over".to_owned())];
        };
        turn.play(request).unwrap_or_else(|gate| {
            let problem = format!("{marker}: gate '{gate}' stayed closed for {PATIENCE:?}");
            locked(&self.problems).push(problem.clone());
            vec![Block::Text(problem)]
        })
    }
}

fn of<'a>(requests: &'a [Request], marker: &str) -> impl Iterator<Item = &'a Request> {
    requests
        .iter()
        .filter(move |request| request.marker.as_deref() == Some(marker))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
