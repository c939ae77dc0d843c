//! The chain behind passkey sessions, by the JSON-RPC of a Solana node.
//!
//! The node is somebody else's. It is believed about the chain, as it has to be, and about nothing
//! else: an answer is read into types, every number in it has a bound, and one that is too long,
//! too late or not what was asked is an error and no surprise.

mod answers;
mod endpoint;
mod node;
pub(crate) mod payer;
mod rpc;
mod shared;
mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use engine::chain::Chain;
use wire::environment::Environment;

use crate::config::{RpcUrl, SessionsConfig, SolanaConfig};

pub use endpoint::{Endpoint, NotAnEndpoint};
pub use rpc::Rpc;
pub use world::refuse_others;

/// The networks an operator has set, by environment. No node is asked anything yet.
pub fn networks(config: &SessionsConfig) -> anyhow::Result<BTreeMap<Environment, Arc<dyn Chain>>> {
    let networks = config.solana.iter().map(|(environment, network)| {
        let rpc = network_of(*environment, network)
            .with_context(|| format!("[sessions.solana.{environment}] cannot be used"))?;
        Ok((*environment, Arc::new(rpc) as Arc<dyn Chain>))
    });
    networks.collect()
}

fn network_of(environment: Environment, network: &SolanaConfig) -> anyhow::Result<Rpc> {
    let url = match (&network.rpc_url, &network.rpc_url_file) {
        (Some(url), None) => url.clone(),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            RpcUrl::new(text.trim())
        }
        (None, None) | (Some(_), Some(_)) => {
            anyhow::bail!("set one of rpc-url and rpc-url-file")
        }
    };
    let endpoint = Endpoint::parse(url.expose())
        .map_err(|error| anyhow::anyhow!("the address of the node {error}"))?;
    Rpc::new(environment, endpoint, network.ca_file.as_deref())
}
