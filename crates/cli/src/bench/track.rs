//! Where measurements are run: a server that may be killed, and how long each one lasts.

use std::time::Duration;

use anyhow::ensure;
use tokio::runtime::Runtime;

use super::load::{Load, Measured, Pace, SAMPLED, Turns};
use super::processor::Processor;
use crate::throw_away::ThrowAway;

/// A server under measurement.
pub struct Track {
    runtime: Runtime,
    /// The server.
    pub server: ThrowAway,
    /// How long a measurement lasts.
    seconds: u64,
}

/// How a load is driven.
#[derive(Clone, Copy)]
pub struct Scene {
    /// Over how many connections.
    pub connections: usize,
    /// When turns are due.
    pub pace: Pace,
}

/// How many turns are made at once.
#[derive(Clone, Copy)]
pub struct Batches {
    /// To learn the rate.
    pub warm_up: usize,
    /// At most, while it is measured.
    pub most: usize,
}

/// Too short to measure in.
const MOMENT: Duration = Duration::from_millis(100);

/// The longest that something which is not measured may take.
const PATIENCE: Duration = Duration::from_secs(300);

impl Track {
    /// Around a server.
    pub fn new(server: ThrowAway, seconds: u64) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            runtime,
            server,
            seconds,
        })
    }

    /// One measurement: as many turns as `batches` says to learn the rate, then as many as fill
    /// the time. `make` makes turns; while it does, the clock stands still.
    pub fn measure<T: Turns>(
        &self,
        scene: Scene,
        batches: Batches,
        make: impl Fn(usize) -> anyhow::Result<T>,
    ) -> anyhow::Result<Measured> {
        let closed = Scene {
            pace: Pace::Closed,
            ..scene
        };
        let second = Duration::from_secs(1);
        let warm = self.drive(&make(batches.warm_up)?, closed, second, SAMPLED)?;
        let mut total = Measured::default();
        let mut left = Duration::from_secs(self.seconds);
        while left > MOMENT {
            let count = match scene.pace {
                Pace::Closed => warm.enough_for(left),
                Pace::Open(rate) => (f64::from(rate) * left.as_secs_f64()).ceil() as usize,
            };
            let count = count.min(batches.most);
            let mut part = self.drive(&make(count)?, scene, left, SAMPLED)?;
            if let Pace::Open(rate) = scene.pace {
                // Until the next would have been due.
                let period = Duration::from_secs_f64(count as f64 / f64::from(rate));
                part.elapsed = part.elapsed.max(period);
            }
            left = left.saturating_sub(part.elapsed);
            total.add(part);
        }
        Ok(total)
    }

    /// Takes all turns, and keeps all answers.
    pub fn all<T: Turns>(&self, turns: &T, scene: Scene) -> anyhow::Result<Measured> {
        self.drive(turns, scene, PATIENCE, 1)
    }

    /// Drives a load while something else happens, and takes failures for what they are.
    pub fn while_driving<T: Turns>(
        &mut self,
        turns: &T,
        scene: Scene,
        meanwhile: impl AsyncFnOnce(&mut ThrowAway),
    ) -> anyhow::Result<Measured> {
        let address = self.server.address()?.to_owned();
        let load = load(&address, scene, PATIENCE, SAMPLED);
        let Self {
            runtime, server, ..
        } = self;
        let (measured, ()) =
            runtime.block_on(async { tokio::join!(load.drive(turns), meanwhile(server)) });
        measured
    }

    fn drive<T: Turns>(
        &self,
        turns: &T,
        scene: Scene,
        time: Duration,
        kept: usize,
    ) -> anyhow::Result<Measured> {
        let load = load(self.server.address()?, scene, time, kept);
        let before = Processor::spent(&self.server);
        let mut measured = self.runtime.block_on(load.drive(turns))?;
        measured.processor = before
            .zip(Processor::spent(&self.server))
            .map(|(before, after)| after.since(before));
        ensure!(
            measured.failures == 0,
            "{} of {} requests failed; the first answer was: {}",
            measured.failures,
            measured.latencies.len() + measured.failures,
            measured.first_failure.unwrap_or_default()
        );
        Ok(measured)
    }
}

fn load(address: &str, scene: Scene, time: Duration, kept: usize) -> Load<'_> {
    let Scene { connections, pace } = scene;
    Load {
        address,
        connections,
        time,
        pace,
        kept,
    }
}
