//! What the scripted model answers: one [`Turn`] is one assistant message.

use super::record::Request;
use crate::gate::Gate;
use serde_json::{Value, json};

/// One part of an assistant message.
#[derive(Clone)]
pub(crate) enum Block {
    Text(String),
    Tool { name: String, input: Value },
}

type Maker = Box<dyn Fn(&Request) -> Vec<Block> + Send + Sync>;

/// One assistant message, possibly held back by gates.
pub(crate) struct Turn {
    maker: Maker,
    awaited: Vec<Gate>,
    opened: Vec<Gate>,
}

/// The model says something and ends its turn.
pub(crate) fn text(words: &str) -> Turn {
    fixed(vec![Block::Text(words.to_owned())])
}

/// The model calls one tool.
pub(crate) fn tool(name: &str, input: Value) -> Turn {
    tools([(name, input)])
}

/// The model calls several tools in one message.
pub(crate) fn tools<'a>(calls: impl IntoIterator<Item = (&'a str, Value)>) -> Turn {
    let calls = calls.into_iter();
    fixed(
        calls
            .map(|(name, input)| Block::Tool {
                name: name.to_owned(),
                input,
            })
            .collect(),
    )
}

/// The model runs one shell command.
pub(crate) fn bash(command: &str) -> Turn {
    tool("Bash", json!({"command": command, "description": "scripted"}))
}

/// The answer depends on what the model was told, for example on an id in a tool result.
pub(crate) fn made(maker: impl Fn(&Request) -> Vec<Block> + Send + Sync + 'static) -> Turn {
    Turn {
        maker: Box::new(maker),
        awaited: Vec::new(),
        opened: Vec::new(),
    }
}

fn fixed(blocks: Vec<Block>) -> Turn {
    made(move |_| blocks.clone())
}

impl Turn {
    /// The answer is held back until `gate` opens.
    pub(crate) fn after(mut self, gate: &Gate) -> Self {
        self.awaited.push(gate.clone());
        self
    }

    /// `gate` opens when this turn is asked for, which is when the tools of the turn before are done.
    pub(crate) fn opens(mut self, gate: &Gate) -> Self {
        self.opened.push(gate.clone());
        self
    }

    /// Opens and awaits the gates, then answers; the error names the gate that stayed closed.
    pub(super) fn play(&self, request: &Request) -> Result<Vec<Block>, &'static str> {
        self.opened.iter().for_each(Gate::open);
        match self.awaited.iter().find(|gate| !gate.wait()) {
            Some(stuck) => Err(stuck.name()),
            None => Ok((self.maker)(request)),
        }
    }
}
