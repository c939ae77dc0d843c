//! `zegel bench`: what this machine does, beside what its libraries and its disk could do at most.
//!
//! A throw-away server with default durability is driven over loopback with bodies stamped
//! beforehand. The load is a closed loop: each connection sends its next request when the last
//! one is answered. Client and server share the machine's cores, and the numbers say so.

mod load;
mod population;
mod raw;
mod report;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use server::Config;

use self::load::{Load, Measured};
use self::population::{Population, Size, Stamper};
use self::report::{Footprint, Recovery, Report};
use crate::client::Connection;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::throw_away::ThrowAway;

/// Measure durable signatures per second, latency, and the share of the raw library rate.
///
/// Starts a throw-away server with default durability and drives it over loopback for a few
/// times --seconds. Every sampled signature is verified by another library; after the load the
/// server is killed, started again, and its whole log checked.
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

        let busy = usize::from(self.connections);
        progress("H1: signatures, API-key stamps");
        let h1 = self.measure(&runtime, &server, &population, Stamper::ApiKey, busy)?;
        let verified = population.verify(&h1.sample)?;
        let loaded = server.resident_bytes();
        progress("H2: one request at a time");
        let h2 = self.measure(&runtime, &server, &population, Stamper::ApiKey, 1)?;
        progress("H3: signatures, passkey stamps");
        let h3 = self.measure(&runtime, &server, &population, Stamper::Passkey, busy)?;
        progress("H8: killed under load, and started again");
        let recovery = self.crash(&runtime, &mut server, &population)?;

        let binary = std::env::current_exe()?.metadata()?.len();
        let report = Report {
            is_release: !cfg!(debug_assertions),
            connections: busy,
            size,
            raw,
            h1,
            verified,
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
        runtime: &tokio::runtime::Runtime,
        server: &ThrowAway,
        population: &Population,
        stamper: Stamper,
        connections: usize,
    ) -> anyhow::Result<Measured> {
        let address = server
            .url
            .strip_prefix("http://")
            .context("a plain address")?;
        let drive = |count: usize, seconds: u64| {
            let requests = population.requests(stamper, count)?;
            let load = Load {
                address,
                connections,
                time: Duration::from_secs(seconds),
            };
            runtime.block_on(load.drive(&requests))
        };
        let warm = drive(WARM_UP, 1)?;
        let measured = drive(warm.enough_for(self.seconds), self.seconds)?;
        ensure!(
            measured.failures == 0,
            "{} of {} requests failed; the first answer was: {}",
            measured.failures,
            measured.latencies.len() + measured.failures,
            measured.first_failure.unwrap_or_default()
        );
        Ok(measured)
    }

    /// Kills the server in the middle of its work. What it acknowledged must be there afterwards,
    /// and the log must be as it was written.
    fn crash(
        &self,
        runtime: &tokio::runtime::Runtime,
        server: &mut ThrowAway,
        population: &Population,
    ) -> anyhow::Result<Recovery> {
        let before = logged(&server.url)?;
        let requests = population.requests(Stamper::ApiKey, WARM_UP)?;
        let address = server
            .url
            .strip_prefix("http://")
            .context("a plain address")?
            .to_owned();
        let load = Load {
            address: &address,
            connections: usize::from(self.connections),
            time: Duration::from_secs(10),
        };
        let acknowledged = runtime.block_on(async {
            let kill = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                server.kill();
            };
            let (measured, ()) = tokio::join!(load.drive(&requests), kill);
            anyhow::Ok(measured?.latencies.len())
        })?;
        server.restart()?;
        let ready_after = server.ready_after;
        let found = logged(&server.url)?.saturating_sub(before);
        ensure!(
            found >= acknowledged as u64,
            "{acknowledged} were acknowledged before the crash and {found} are there"
        );
        server.kill();
        let outcomes = check_log(&server.data_dir())?;
        Ok(Recovery {
            acknowledged,
            found,
            ready_after,
            outcomes,
        })
    }
}

/// Requests to learn the rate with.
const WARM_UP: usize = 3_000;

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
