//! A Solana node for tests: `zegel-solana-rpc --listen 127.0.0.1:8899`.

use std::net::{SocketAddr, TcpListener};
use std::time::{Instant, SystemTime};

use anyhow::Context;
use clap::Parser;
use zegel_solana_rpc::{Chain, Rpc, http};

/// A Solana chain in memory behind JSON-RPC, with zegel's verifier of passkeys.
///
/// Slots and clock stand still until `zegel_advance` is called. The first line of output says
/// where it listens.
#[derive(Parser)]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8899")]
    listen: SocketAddr,
    /// The first slot.
    #[arg(long, default_value_t = 350_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    slot: u64,
    /// Let a block follow every 400 milliseconds, as the network does.
    #[arg(long)]
    ticking: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.context("the machine's clock stands before 1970")?;
    let mut rpc = Rpc::new(Chain::new(options.slot, now.as_secs()));
    let listener = TcpListener::bind(options.listen)
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    println!("http://{}", listener.local_addr()?);

    let began = Instant::now();
    let mut told: u64 = 0;
    http::serve(&listener, &mut rpc, |rpc| {
        if options.ticking {
            let due = u64::try_from(began.elapsed().as_millis() / 400).unwrap_or(told);
            rpc.chain().blocks(due - told);
            told = due;
        }
    })?;
    Ok(())
}
