//! kill -9 under load.
//!
//! A server is started, loaded from several threads with commands that each exist once, killed at
//! a moment nobody chose, and started again on what it left; many times. Then:
//!
//! - whatever was acknowledged is there, with the same result;
//! - whatever was sent, acknowledged or not, is one activity when it is sent again, and had its
//!   effect once;
//! - the log verifies, holds one leaf for each of them, and every checkpoint ever shown is the
//!   beginning of it; receipts from before a crash verify after it.
//!
//! A lost power supply is not tested this way: what the kernel has, it keeps.

mod audit;
mod http;
mod load;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;

use self::audit::Memory;
use self::load::Load;
use crate::postgres::Cluster;
use crate::zegel::{self, Place};

/// How hard to be.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How many times to kill.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// How many clients at once.
    #[arg(long, default_value_t = 6)]
    clients: u32,
    /// A binary to test instead of the one in the dev profile.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// On a PostgreSQL server of its own, which lives on when zegel is killed.
    #[arg(long)]
    postgres: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kills: 20,
            clients: 6,
            binary: None,
            postgres: false,
        }
    }
}

impl Options {
    /// A few times on PostgreSQL.
    pub fn on_postgres() -> Self {
        Self {
            kills: 5,
            postgres: true,
            ..Self::default()
        }
    }
}

/// What happened, when nothing was wrong.
#[derive(Debug)]
pub struct Report {
    database: &'static str,
    kills: u32,
    sent: usize,
    acknowledged: usize,
    leaves: u64,
    slowest_start: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            database,
            kills,
            sent,
            acknowledged,
            leaves,
            slowest_start,
        } = self;
        write!(
            f,
            "on {database}: killed {kills} times; {sent} commands sent, {acknowledged} acknowledged before a kill; \
             none lost, none done twice; {leaves} leaves verify; slowest start {slowest_start:.0?}"
        )
    }
}

/// Does it, and fails at the first thing that is wrong.
pub fn run(options: &Options) -> anyhow::Result<Report> {
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => zegel::build()?,
    };
    let cluster = if options.postgres {
        Some(Cluster::start()?)
    } else {
        None
    };
    let place = Place::new(&binary, cluster.as_ref().map(Cluster::url))?;
    let load = Load::prepare(&place)?;
    let mut memory = Memory::default();
    let mut slowest_start = Duration::ZERO;
    for life in 1..=options.kills {
        let began = Instant::now();
        let server = place.serve().with_context(|| format!("life {life}"))?;
        slowest_start = slowest_start.max(began.elapsed());
        memory
            .look_back(&load, &server)
            .with_context(|| format!("life {life}"))?;
        let sent = load.until_killed(server, options.clients, moment())?;
        let acknowledged = sent.iter().filter(|sent| sent.answer.is_some()).count();
        eprintln!(
            "life {life}: {} sent, {acknowledged} acknowledged",
            sent.len()
        );
        ensure!(
            acknowledged > 0,
            "life {life}: nothing was acknowledged, so nothing was tested"
        );
        memory.add(sent);
        audit::fsck(&place).with_context(|| format!("after kill {life}"))?;
    }
    let server = place.serve()?;
    let leaves = memory.account(&load, &server)?;
    server.kill()?;
    Ok(Report {
        database: if options.postgres {
            "PostgreSQL"
        } else {
            "SQLite"
        },
        kills: options.kills,
        sent: memory.sent(),
        acknowledged: memory.acknowledged(),
        leaves,
        slowest_start,
    })
}

/// How long a life lasts: long enough for some work, and ending anywhere in it.
fn moment() -> Duration {
    // The standard library's own source of chance; nothing here guards anything.
    Duration::from_micros(150_000 + RandomState::new().hash_one(()) % 850_000)
}
