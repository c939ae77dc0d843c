//! Whether a node is of the network it is configured as.
//!
//! A slip here costs money: a sandbox whose node is on the main network spends what is real.

use wire::environment::Environment;

use super::{Rpc, network_of};
use crate::config::SessionsConfig;

/// What names the main network: the hash of its first block.
pub(super) const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

/// The networks whose money is worth nothing: for developers, and for trying releases.
pub(super) const WORTHLESS: [&str; 2] = [
    "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
    "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY",
];

/// Refuses nodes of another network than they are configured as. One that does not say is let
/// pass: it may be silent for the moment, or of a network of the operator's own.
pub async fn refuse_others(config: &SessionsConfig) -> anyhow::Result<()> {
    for (environment, network) in &config.solana {
        let rpc = network_of(*environment, network)?;
        refuse_other(*environment, &rpc).await?;
    }
    Ok(())
}

async fn refuse_other(environment: Environment, rpc: &Rpc) -> anyhow::Result<()> {
    let genesis = match rpc.genesis().await {
        Ok(genesis) => genesis,
        Err(error) => {
            tracing::warn!(%environment, %error, "the node does not say which network it is of");
            return Ok(());
        }
    };
    anyhow::ensure!(
        environment == Environment::Mainnet || genesis != MAINNET,
        "the node of [sessions.solana.{environment}] is of the main network, where money is real"
    );
    anyhow::ensure!(
        environment != Environment::Mainnet || !WORTHLESS.contains(&genesis.as_str()),
        "the node of [sessions.solana.mainnet] is of a network for developers"
    );
    Ok(())
}
