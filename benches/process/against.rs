//! The same work by us and by peers, in turn.

use anyhow::{Context as _, Result, ensure};

use super::case::Case;
use super::commands::COMMAND_CASES;
use super::hooks::HOOK_CASES;
use super::measure::{Invocation, Series, Sink};
use super::peers::{Kind, PAIRS, Pair, Peer, Theirs};
use super::room::Room;

/// Runs that do not count, before those that do.
const WARM_UP: usize = 2;

/// What one piece of work took everybody, in stores of one size.
pub(crate) struct Match {
    pub(crate) case: &'static str,
    pub(crate) size: &'static str,
    pub(crate) ours: Series,
    pub(crate) predecessor: Option<Series>,
    pub(crate) hcom: Option<Series>,
}

impl Pair {
    const fn theirs(&self, kind: Kind) -> Option<&Theirs> {
        match kind {
            Kind::Predecessor => self.predecessor.as_ref(),
            Kind::Hcom => self.hcom.as_ref(),
        }
    }
}

fn case(name: &str) -> Result<&'static Case> {
    let mut cases = HOOK_CASES.iter().chain(COMMAND_CASES);
    cases
        .find(|case| case.name == name)
        .with_context(|| format!("there is no case '{name}'"))
}

/// Compares all that can be compared and is wanted.
pub(crate) fn all(
    room: &Room,
    peers: &[Peer],
    runs: usize,
    wants: impl Fn(&str) -> bool,
    mut show: impl FnMut(&Match),
) -> Result<()> {
    for pair in PAIRS.iter().filter(|pair| wants(pair.case)) {
        let peers: Vec<(&Peer, &Theirs)> = peers
            .iter()
            .filter(|peer| peer.size == room.size.name)
            .filter_map(|peer| Some((peer, pair.theirs(peer.kind)?)))
            .collect();
        if !peers.is_empty() {
            show(&one(room, case(pair.case)?, &peers, runs)?);
        }
    }
    Ok(())
}

fn one(room: &Room, case: &'static Case, peers: &[(&Peer, &Theirs)], runs: usize) -> Result<Match> {
    case.try_out(room)?;
    let mut sink = Sink::new()?;
    let mut ours = Series::default();
    let mut theirs = vec![Series::default(); peers.len()];
    for round in 0..WARM_UP + runs {
        let counts = round >= WARM_UP;
        case.prepare(room)?;
        let invocation = case.call.invocation(room)?;
        run(&invocation, case.exit, &mut sink, counts.then_some(&mut ours))?;
        for ((peer, call), series) in peers.iter().zip(&mut theirs) {
            peer.prepare(call.facts)?;
            let invocation = peer.invocation(call)?;
            run(&invocation, call.exit, &mut sink, counts.then_some(series))?;
        }
    }
    let of = |kind: Kind| {
        let found = peers.iter().zip(&theirs).find(|((peer, _), _)| peer.kind == kind);
        found.map(|(_, series)| series.clone())
    };
    Ok(Match {
        case: case.name,
        size: room.size.name,
        ours,
        predecessor: of(Kind::Predecessor),
        hcom: of(Kind::Hcom),
    })
}

fn run(invocation: &Invocation, exit: i32, sink: &mut Sink, series: Option<&mut Series>) -> Result<()> {
    let (sample, status) = invocation.sample(sink)?;
    ensure!(
        status.code() == Some(exit),
        "{} {:?} ended with {status}: {}",
        invocation.program.display(),
        invocation.arguments,
        sink.text()?
    );
    if let Some(series) = series {
        series.push(sample);
    }
    Ok(())
}
