//! The chains behind the environments, and who pays there.

use serde_json::json;

use crate::config::SolanaConfig;
use crate::http::State;
use crate::http::tenants::reply::Reply;
use crate::pages::admin::Network;

/// `GET /networks`: one for each environment with a chain, in the order sandbox, devnet, mainnet.
pub(super) async fn list(state: &State) -> Reply {
    let networks = of(state).await;
    let objects = networks.iter().map(|network| {
        json!({
            "environment": network.environment,
            "payer": network.payer,
            "lamports": network.lamports,
            "minimumLamports": network.minimum_lamports,
            "reachable": network.lamports.is_some(),
        })
    });
    Reply::ok(objects.collect())
}

/// The networks, as the chains answer now.
pub(super) async fn of(state: &State) -> Vec<Network> {
    let minima = &state.tenants.min_balances;
    let balances = state.engine.payer_balances().await;
    let networks = balances.into_iter().map(|balance| Network {
        environment: balance.environment,
        payer: balance.payer,
        lamports: balance.lamports,
        minimum_lamports: minima
            .get(&balance.environment)
            .copied()
            .unwrap_or_else(|| SolanaConfig::default().min_balance_lamports),
    });
    networks.collect()
}
