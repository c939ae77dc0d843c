//! `zegel demo`: what the server does, against one that is gone afterwards.

mod shop;
mod story;

use clap::{Args, Subcommand};

use crate::outcome::Outcome;
use crate::output::Output;

/// Show the whole story in seconds: organisation, passkey, wallet, signature, receipt, attacks.
///
/// Runs against a server of its own in a temporary directory, which is gone afterwards. Nothing
/// leaves the machine, and nothing is sent to any chain.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  zegel demo
  zegel demo --json
  zegel demo shop"
)]
pub struct Demo {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Shop(shop::Shop),
}

impl Demo {
    /// Tells the story, or opens the shop.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            None => story::tell(out),
            Some(Command::Shop(shop)) => shop.run(out),
        }
    }
}
