//! `zegel bench`: what this machine does, beside what its libraries and its disk could do at most.
//!
//! A throw-away server with default durability is driven over loopback with requests made
//! beforehand. How much it can do is measured in a closed loop, where each connection takes its
//! next turn when the last one is over; how long an answer takes at a given rate in an open loop.
//! Client and server share the machine's cores, and the numbers say so.

mod ceremonies;
mod crashes;
mod load;
mod population;
mod processor;
mod raw;
mod report;
mod signatures;
mod track;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tempfile::NamedTempFile;

use self::report::{Footprint, Report};
use self::signatures::Signers;
use self::track::Track;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::throw_away::ThrowAway;

/// Measure signatures and passkey ceremonies per second, latency, and the share of the raw rate.
///
/// Starts a throw-away server with default durability and drives it over loopback for a few
/// times --seconds. Every sampled signature and token is verified; after the load the server is
/// killed under it, started again, and its whole log checked.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel bench
  zegel bench --seconds 30 --connections 64 --sub-organizations 1000 --wallets 10
  zegel bench --only ceremonies --tenants 50 --users 200 --ceremony-rate 1000
  zegel bench --dir /var/lib --json

The disk that is measured is the one of --dir. Use a release build.")]
pub struct Bench {
    /// How long each measurement lasts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// How many connections keep the server busy.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// Measure only a part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The arrivals a second of the open-loop measurement of signatures.
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
    /// The arrivals a second of the open-loop measurements of ceremonies.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    ceremony_rate: u32,
    /// How many tenants of the Passkey API there are, for each algorithm their tokens can have.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    tenants: u16,
    /// How many users with a passkey each of them has.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    users: u16,
    /// Where the throw-away data is [default: the system's temporary directory].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// A part of what can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// H1 to H3 and H8: wallets sign, and the server is killed meanwhile.
    Signatures,
    /// H4: users of the Passkey API log in and confirm transactions.
    Ceremonies,
}

/// One address asks what thousands of people ask from theirs; the limits are against that.
const CONFIG: &str = "\
[rate-limits]
per-ip-per-second = 1000000
per-ip-burst = 1000000
per-key-per-second = 1000000
per-key-burst = 1000000
";

impl Bench {
    /// Measures and tells.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let progress = Progress(out);
        let mut config = NamedTempFile::new()?;
        config.write_all(CONFIG.as_bytes())?;
        let path = config.path().to_string_lossy().into_owned();
        let arguments = ["--listen", "127.0.0.1:0", "--config", &path];
        let server = ThrowAway::start_with(self.dir.as_deref(), &arguments)?;
        let mut track = Track::new(server, self.seconds)?;
        let mut footprint = Footprint {
            ready_after: track.server.ready_after,
            idle: track.server.resident_bytes(),
            loaded: None,
            binary: std::env::current_exe()?.metadata()?.len(),
        };
        progress.tell("the libraries and the disk by themselves");
        let raw = raw::measure(track.server.directory())?;

        let signers = match self.only {
            Some(Part::Ceremonies) => None,
            None | Some(Part::Signatures) => Some(Signers::make(&track, self.signing(), progress)?),
        };
        let measured = signers.as_ref().map(|all| all.measure(&track, progress));
        let signatures = measured.transpose()?;
        let ceremonies = match self.only {
            Some(Part::Signatures) => None,
            None | Some(Part::Ceremonies) => {
                Some(ceremonies::measure(&track, self.ceremonies(), progress)?)
            }
        };
        footprint.loaded = track.server.resident_bytes();
        let crashed = signers.map(|all| all.crash(&mut track, progress));
        let recovery = crashed.transpose()?;
        track.server.kill();
        progress.tell("the whole log");
        let outcomes = crashes::check_log(&track.server.data_dir())?;

        let report = Report {
            is_release: !cfg!(debug_assertions),
            raw,
            signatures,
            ceremonies,
            recovery,
            outcomes,
            footprint,
        };
        out.answer(&report.to_json(), |out| report.to_text(out));
        Ok(Outcome::Done)
    }

    fn signing(&self) -> signatures::Plan {
        signatures::Plan {
            size: population::Size {
                organisations: self.sub_organizations.into(),
                wallets: self.wallets.into(),
            },
            connections: self.connections.into(),
            rate: self.rate,
            crashes: self.crashes,
        }
    }

    fn ceremonies(&self) -> ceremonies::Plan {
        ceremonies::Plan {
            size: ceremonies::Size {
                tenants: self.tenants.into(),
                users: self.users.into(),
            },
            connections: self.connections.into(),
            rate: self.ceremony_rate,
        }
    }
}

/// Says what is being done, to people only.
#[derive(Clone, Copy)]
struct Progress(Output);

impl Progress {
    fn tell(self, what: &str) {
        if !self.0.is_json() {
            eprintln!("… {what}");
        }
    }
}
