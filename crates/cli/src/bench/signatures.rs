//! H1 to H3 and H8: signatures of wallets, as activities ask for them.

use super::Progress;
use super::crashes::{self, Recovery};
use super::load::{Measured, Pace};
use super::population::{Population, Size, Stamper};
use super::track::{Batches, Scene, Track};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Who is there.
    pub size: Size,
    /// How many connections keep the server busy.
    pub connections: usize,
    /// Arrivals a second in the open loop.
    pub rate: u32,
    /// How often the server is killed.
    pub crashes: u16,
}

/// What came of it.
pub struct Signatures {
    /// What was asked for.
    pub plan: Plan,
    /// Durable signatures, API-key stamps.
    pub h1: Measured,
    /// How many of their signatures were verified.
    pub verified: usize,
    /// The same in an open loop.
    pub h1_paced: Measured,
    /// One at a time.
    pub h2: Measured,
    /// Durable signatures, passkey stamps.
    pub h3: Measured,
}

/// Requests that are stamped at once.
const BATCHES: Batches = Batches {
    warm_up: 3_000,
    most: usize::MAX,
};

/// Those who sign, before they have begun.
pub struct Signers {
    plan: Plan,
    population: Population,
}

impl Signers {
    /// Makes an organisation, sub-organisations and wallets.
    pub fn make(track: &Track, plan: Plan, progress: Progress) -> anyhow::Result<Self> {
        let root = track.server.found("Bench")?;
        progress.tell("sub-organisations and wallets");
        let population = Population::make(&root, plan.size)?;
        Ok(Self { plan, population })
    }

    /// Signs, in all the ways there are.
    pub fn measure(&self, track: &Track, progress: Progress) -> anyhow::Result<Signatures> {
        let Self { plan, population } = self;
        let busy = self.busy();
        let run = |stamper, scene| {
            track.measure(scene, BATCHES, |count| population.requests(stamper, count))
        };
        progress.tell("H1: signatures, API-key stamps");
        let h1 = run(Stamper::ApiKey, busy)?;
        let verified = population.verify(&h1.sample)?;
        progress.tell("H1 at a given rate");
        let paced = Scene {
            pace: Pace::Open(plan.rate),
            ..busy
        };
        let h1_paced = run(Stamper::ApiKey, paced)?;
        progress.tell("H2: one request at a time");
        let alone = Scene {
            connections: 1,
            ..busy
        };
        let h2 = run(Stamper::ApiKey, alone)?;
        progress.tell("H3: signatures, passkey stamps");
        let h3 = run(Stamper::Passkey, busy)?;
        Ok(Signatures {
            plan: *plan,
            h1,
            verified,
            h1_paced,
            h2,
            h3,
        })
    }

    /// Has the server killed while they sign.
    pub fn crash(&self, track: &mut Track, progress: Progress) -> anyhow::Result<Recovery> {
        progress.tell("H8: killed under load, and started again");
        crashes::crash(track, &self.population, self.busy(), self.plan.crashes)
    }

    fn busy(&self) -> Scene {
        Scene {
            connections: self.plan.connections,
            pace: Pace::Closed,
        }
    }
}
