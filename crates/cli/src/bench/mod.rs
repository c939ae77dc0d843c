//! `zegel bench`: what this machine does, beside what its libraries and its disk could do at most.
//!
//! A throw-away server with default durability is driven over loopback with bodies stamped
//! beforehand. How much it can do is measured in a closed loop, where each connection sends its
//! next request when the last one is answered; how long an answer takes at a given rate in an
//! open loop. Client and server share the machine's cores, and the numbers say so.

mod load;
mod population;
mod processor;
mod raw;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use server::Config;
use tokio::runtime::Runtime;

use self::load::{Load, Measured, Pace};
use self::population::{Population, Size, Stamper};
use self::processor::Processor;
use self::report::{Footprint, Recovery, Report};
use crate::client::Connection;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::throw_away::ThrowAway;

/// Measure durable signatures per second, latency, and the share of the raw library rate.
///
/// Starts a throw-away server with default durability and drives it over loopback for a few
/// times --seconds. Every sampled signature is verified by another library; after the load the
/// server is killed under it, started again, and its whole log checked.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel bench
  zegel bench --seconds 30 --connections 64 --sub-organizations 1000 --wallets 10
  zegel bench --dir /var/lib --json

The disk that is measured is the one of --dir. Use a release build.")]
pub struct Bench {
    /// How long each measurement lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// How many connections keep the server busy.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// The arrivals a second of the open-loop measurement.
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// How often the server is killed under load.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    crashes: u16,
    /// How many sub-organisations there are.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=5000))]
    sub_organizations: u16,
    /// How many wallets each of them has.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=50))]
    wallets: u16,
    /// Where the throw-away data is [default: the system's temporary directory].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Bench {
    /// Measures and tells.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let progress = |what: &str| {
            if !out.is_json() {
                eprintln!("… {what}");
            }
        };
        let mut server = ThrowAway::start(self.dir.as_deref())?;
        let ready_after = server.ready_after;
        let root = server.found("Bench")?;
        let idle = server.resident_bytes();
        progress("the libraries and the disk by themselves");
        let raw = raw::measure(server.directory())?;
        progress("sub-organisations and wallets");
        let size = Size {
            organisations: self.sub_organizations.into(),
            wallets: self.wallets.into(),
        };
        let population = Population::make(&root, size)?;

        let busy = Scene {
            connections: self.connections.into(),
            ..Scene::default()
        };
        progress("H1: signatures, API-key stamps");
        let h1 = self.measure(&runtime, &server, &population, busy)?;
        let verified = population.verify(&h1.sample)?;
        let loaded = server.resident_bytes();
        progress("H1 at a given rate");
        let paced = Scene {
            pace: Pace::Open(self.rate),
            ..busy
        };
        let h1_paced = self.measure(&runtime, &server, &population, paced)?;
        progress("H2: one request at a time");
        let h2 = self.measure(&runtime, &server, &population, Scene::default())?;
        progress("H3: signatures, passkey stamps");
        let passkeys = Scene {
            stamper: Stamper::Passkey,
            ..busy
        };
        let h3 = self.measure(&runtime, &server, &population, passkeys)?;
        progress("H8: killed under load, and started again");
        let recovery = self.crashes(&runtime, &mut server, &population)?;

        let binary = std::env::current_exe()?.metadata()?.len();
        let report = Report {
            is_release: !cfg!(debug_assertions),
            connections: busy.connections,
            rate: self.rate,
            size,
            raw,
            h1,
            verified,
            h1_paced,
            h2,
            h3,
            recovery,
            footprint: Footprint {
                ready_after,
                idle,
                loaded,
                binary,
            },
        };
        out.answer(&report.to_json(), |out| report.to_text(out));
        Ok(Outcome::Done)
    }

    /// One measurement: a second to learn the rate, then as many bodies as that takes.
    fn measure(
        &self,
        runtime: &Runtime,
        server: &ThrowAway,
        population: &Population,
        scene: Scene,
    ) -> anyhow::Result<Measured> {
        let Scene {
            connections,
            stamper,
            pace,
        } = scene;
        let address = server.address()?;
        let drive = |count: usize, seconds: u64, pace: Pace| {
            let requests = population.requests(stamper, count)?;
            let load = Load {
                address,
                connections,
                time: Duration::from_secs(seconds),
                pace,
            };
            let before = Processor::spent(server);
            let mut measured = runtime.block_on(load.drive(&requests))?;
            measured.processor = before
                .zip(Processor::spent(server))
                .map(|(before, after)| after.since(before));
            anyhow::Ok(measured)
        };
        let count = match pace {
            Pace::Closed => drive(WARM_UP, 1, pace)?.enough_for(self.seconds),
            Pace::Open(rate) => rate as usize * self.seconds as usize,
        };
        let measured = drive(count, self.seconds, pace)?;
        ensure!(
            measured.failures == 0,
            "{} of {} requests failed; the first answer was: {}",
            measured.failures,
            measured.latencies.len() + measured.failures,
            measured.first_failure.unwrap_or_default()
        );
        Ok(measured)
    }

    /// Kills the server in the middle of its work, as often as asked for, and checks the whole log
    /// at the end.
    fn crashes(
        &self,
        runtime: &Runtime,
        server: &mut ThrowAway,
        population: &Population,
    ) -> anyhow::Result<Recovery> {
        let mut recovery = Recovery::default();
        for turn in 0..self.crashes {
            // Never at the same moment twice in a row.
            let after = Duration::from_millis(30 + u64::from(turn) * 37 % 300);
            self.crash(runtime, server, population, after, &mut recovery)?;
        }
        server.kill();
        recovery.outcomes = check_log(&server.data_dir())?;
        Ok(recovery)
    }

    /// One crash. Afterwards all requests are sent once more, those that were answered, those that
    /// were cut off and those that never left. A body is an activity, so the log must then have
    /// grown by exactly their number: nothing acknowledged was lost, and nothing ran twice.
    fn crash(
        &self,
        runtime: &Runtime,
        server: &mut ThrowAway,
        population: &Population,
        after: Duration,
        recovery: &mut Recovery,
    ) -> anyhow::Result<()> {
        let before = logged(&server.url)?;
        let requests = population.requests(Stamper::ApiKey, AT_A_CRASH)?;
        let connections = usize::from(self.connections);
        let (time, pace) = (Duration::from_secs(60), Pace::Closed);
        let address = server.address()?.to_owned();
        let acknowledged = runtime.block_on(async {
            let kill = async {
                tokio::time::sleep(after).await;
                server.kill();
            };
            let load = Load {
                address: &address,
                connections,
                time,
                pace,
            };
            let (measured, ()) = tokio::join!(load.drive(&requests), kill);
            anyhow::Ok(measured?.latencies.len() as u64)
        })?;
        server.restart()?;
        let found = logged(&server.url)? - before;
        ensure!(
            found >= acknowledged,
            "{acknowledged} were acknowledged before the crash and {found} are there"
        );
        let load = Load {
            address: server.address()?,
            connections,
            time,
            pace,
        };
        let again = runtime.block_on(load.drive(&requests))?;
        let (sent, grown) = (requests.len() as u64, logged(&server.url)? - before);
        ensure!(
            again.failures == 0 && grown == sent,
            "{sent} different requests made {grown} outcomes; {} failed",
            again.failures
        );
        recovery.crashes += 1;
        recovery.acknowledged += acknowledged;
        recovery.found += found;
        recovery.ready_after = recovery.ready_after.max(server.ready_after);
        Ok(())
    }
}

/// Who sends what, how.
#[derive(Clone, Copy)]
struct Scene {
    connections: usize,
    stamper: Stamper,
    pace: Pace,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            connections: 1,
            stamper: Stamper::ApiKey,
            pace: Pace::Closed,
        }
    }
}

/// Requests to learn the rate with.
const WARM_UP: usize = 3_000;

/// Requests at a crash: more than are answered before it.
const AT_A_CRASH: usize = 3_000;

/// How many outcomes the log holds, by its checkpoint.
fn logged(url: &str) -> anyhow::Result<u64> {
    let reply = Connection::to(url.to_owned())?.get("/log/checkpoint")?;
    let size = reply.body.lines().nth(1).context("a checkpoint")?;
    Ok(size.parse()?)
}

/// Checks the whole log of a directory that no server runs on.
fn check_log(data_dir: &Path) -> anyhow::Result<u64> {
    let config = Config {
        data_dir: data_dir.to_owned(),
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let opened = server::open(&config, String::new()).await?;
        let audit = opened.engine.store().audit().await?;
        ensure!(
            audit.damage.is_none(),
            "the log is damaged: {:?}",
            audit.damage
        );
        Ok(audit.head.size)
    })
}
