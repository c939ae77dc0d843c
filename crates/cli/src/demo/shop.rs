//! `zegel demo shop`: a shop whose customers approve what they pay with a passkey.
//!
//! Two origins, as in life: the shop's page on one port, the server's confirmation page on
//! another. The shop uses nothing but the public API, with the key it was given; `merchant` is
//! what a shop's own backend would hold, `counter` is its web server.

mod counter;
mod merchant;

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use crate::outcome::Outcome;
use crate::output::Output;
use crate::throw_away::ThrowAway;
use counter::Counter;
use merchant::Merchant;

/// Open a shop in which payments are approved with a passkey: register, buy, approve, verify.
///
/// Starts a server of its own in a temporary directory and a small shop beside it, and prints the
/// shop's address. Both end with Ctrl-C, and nothing of them stays. Nothing leaves the machine.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel demo shop
  zegel demo shop --port 8090 --json")]
pub struct Shop {
    /// The port of the shop's page; 0 takes any.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

impl Shop {
    /// Opens the shop until somebody closes it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .with_context(|| format!("cannot listen on port {}", self.port))?;
        let shop = format!("http://localhost:{}", listener.local_addr()?.port());
        // Passkeys know names, not addresses, so the server is told what it is called.
        let port = free_port()?;
        let public = format!("http://localhost:{port}");
        let listen = format!("127.0.0.1:{port}");
        let place = [
            "--listen",
            &listen,
            "--public-url",
            &public,
            "--admin-listen",
            "127.0.0.1:0",
        ];
        let server = ThrowAway::start_with(None, &place)?;
        let merchant = Merchant::open(&server, &public, &shop)?;
        let counter = Counter::new(merchant, &public, &server.log_key);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let stop = server::serve::stop_signal()?;
            let facts = json!({ "shop": shop, "server": public, "logKey": server.log_key });
            out.answer(&facts, |out| greeting(out, &shop, &public));
            counter.serve(listener, stop).await
        })?;
        Ok(Outcome::Done)
    }
}

fn greeting(out: Output, shop: &str, server: &str) -> String {
    let (title, shop) = (out.bold("A shop is open"), out.bold(shop));
    format!(
        "\n  {title}\n\n  shop      {shop}\n  server    {server}\n
  Open the shop in a browser on this machine, make a passkey and buy something.
  Ctrl-C closes it; nothing stays."
    )
}

/// A port that was free a moment ago.
fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
