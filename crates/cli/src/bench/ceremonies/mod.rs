//! H4: logins and confirmed transactions of the Passkey API, over HTTP, each recorded durably and
//! answered with a token.
//!
//! Two things are timed. *Finish* is `finalize` alone: the challenges were fetched and signed
//! beforehand. *Whole* is a ceremony as a page runs it, on one connection: `initialize`, the
//! passkey's signature, which the client makes meanwhile, and `finalize`.

mod population;
mod tokens;

use std::sync::Arc;

use anyhow::ensure;

use self::population::Population;
use super::Progress;
use super::load::{Measured, Pace, Requests};
use super::track::{Batches, Scene, Track};

pub use self::population::Size;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Who is there, for each algorithm anew.
    pub size: Size,
    /// How many connections keep the server busy.
    pub connections: usize,
    /// Arrivals a second in the open loop.
    pub rate: u32,
}

/// What came of it.
pub struct Ceremonies {
    /// What was asked for.
    pub plan: Plan,
    /// In the order in which it was measured.
    pub figures: Vec<Figure>,
    /// How many tokens were verified with the tenants' published keys.
    pub tokens_verified: usize,
}

/// One measurement.
pub struct Figure {
    /// What the tenants' tokens are signed with, as `alg` spells it.
    pub algorithm: &'static str,
    /// Which ceremony.
    pub kind: Kind,
    /// How much of it was timed.
    pub span: Span,
    /// When it was due.
    pub pace: Pace,
    /// The numbers.
    pub measured: Measured,
}

/// A ceremony with a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `login`, by a page that does not know who comes, without a key.
    Login,
    /// `transaction`, by a backend with its key.
    Transaction,
}

impl Kind {
    /// As it begins the path, and as `use` in tokens spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Transaction => "transaction",
        }
    }
}

/// How much of a ceremony is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// `finalize` alone.
    Finish,
    /// `initialize`, the passkey, `finalize`.
    Whole,
}

/// What new tenants' tokens can be signed with. The first is measured in every way.
const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

/// Ceremonies that are begun at once, before any is finished: as if people who log in at a rate of
/// a thousand a second took five seconds for it.
const BATCHES: Batches = Batches {
    warm_up: 300,
    most: 5_000,
};

/// Measures all of it.
pub fn measure(track: &Track, plan: Plan, progress: Progress) -> anyhow::Result<Ceremonies> {
    let mut figures = Vec::new();
    let mut tokens_verified = 0;
    for algorithm in ALGORITHMS {
        progress.tell(&format!("tenants with {algorithm} tokens, users, passkeys"));
        let population = Arc::new(Population::make(&track.server, plan.size, algorithm)?);
        for (kind, span, pace) in scenes(algorithm, plan.rate) {
            progress.tell(&format!("H4: {}", title(algorithm, kind, span, pace)));
            let scene = Scene {
                connections: plan.connections,
                pace,
            };
            let measured = match span {
                Span::Finish => track.measure(scene, BATCHES, |count| {
                    begun(track, &population, kind, plan.connections, count)
                })?,
                Span::Whole => {
                    track.measure(scene, BATCHES, |count| population.ceremonies(kind, count))?
                }
            };
            tokens_verified += population.verify(kind, &measured.sample)?;
            figures.push(Figure {
                algorithm,
                kind,
                span,
                pace,
                measured,
            });
        }
    }
    Ok(Ceremonies {
        plan,
        figures,
        tokens_verified,
    })
}

fn scenes(algorithm: &str, rate: u32) -> Vec<(Kind, Span, Pace)> {
    let kinds = [Kind::Login, Kind::Transaction];
    if algorithm != ALGORITHMS[0] {
        return kinds.map(|kind| (kind, Span::Finish, Pace::Closed)).into();
    }
    let ways = [
        (Span::Finish, Pace::Closed),
        (Span::Finish, Pace::Open(rate)),
        (Span::Whole, Pace::Closed),
    ];
    let all = kinds.map(|kind| ways.map(|(span, pace)| (kind, span, pace)));
    all.concat()
}

/// So many ceremonies that wait for their end only, which is signed.
fn begun(
    track: &Track,
    population: &Arc<Population>,
    kind: Kind,
    connections: usize,
    count: usize,
) -> anyhow::Result<Requests> {
    let busy = Scene {
        connections,
        pace: Pace::Closed,
    };
    let openings = Requests(Arc::new(population.openings(kind, count)?));
    let mut answers = track.all(&openings, busy)?.sample;
    ensure!(answers.len() == count, "not every ceremony could be begun");
    answers.sort_unstable_by_key(|(index, _)| *index);
    let endings = answers
        .iter()
        .map(|(index, answer)| population.ending(kind, *index, answer));
    Ok(Requests(Arc::new(endings.collect::<anyhow::Result<_>>()?)))
}

/// What a measurement is, in a few words.
pub fn title(algorithm: &str, kind: Kind, span: Span, pace: Pace) -> String {
    let kind = kind.name();
    let what = match span {
        Span::Finish => format!("{kind}/finalize"),
        Span::Whole => format!("whole {kind}"),
    };
    match pace {
        Pace::Closed => format!("{what}, {algorithm}"),
        Pace::Open(rate) => format!("{what}, {algorithm}, {rate}/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_algorithm_is_measured_in_every_way_and_the_others_in_one() {
        for (algorithm, expected) in [("ES256", 6), ("RS256", 2), ("EdDSA", 2)] {
            assert_eq!(scenes(algorithm, 1000).len(), expected);
        }
    }
}
