//! The chains behind the environments, as the operator sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::chain::{Answer, Blockhash, Chain, ChainAccount, ChainError, ChainFailure, Status};
use serde_json::json;
use wire::environment::Environment;
use wire::solana::{Address, SlotHashes, program};

use super::Desk;
use crate::support::World;

/// A chain on which everybody has as much, or that does not answer.
pub struct Purse(pub Option<u64>);

fn lost<T: Send + 'static>() -> Answer<'static, T> {
    let why = "nobody is there".to_owned();
    Box::pin(async { Err(ChainError::Unreachable(why)) })
}

impl Chain for Purse {
    fn account<'a>(&'a self, _: &'a Address) -> Answer<'a, Option<ChainAccount>> {
        let Some(lamports) = self.0 else {
            return lost();
        };
        let account = ChainAccount {
            lamports,
            owner: program::SYSTEM,
            data: Vec::new(),
        };
        // Whoever has nothing is not there.
        Box::pin(async move { Ok((lamports > 0).then_some(account)) })
    }

    fn slot_hashes(&self) -> Answer<'_, SlotHashes> {
        lost()
    }

    fn now_s(&self) -> Answer<'_, u64> {
        lost()
    }

    fn latest_blockhash(&self) -> Answer<'_, Blockhash> {
        lost()
    }

    fn block_height(&self) -> Answer<'_, u64> {
        lost()
    }

    fn send<'a>(&'a self, _: &'a [u8]) -> Answer<'a, ()> {
        lost()
    }

    fn status<'a>(&'a self, _: &'a [u8; 64]) -> Answer<'a, Option<Status>> {
        lost()
    }

    fn simulate<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Result<(), ChainFailure>> {
        lost()
    }
}

async fn desk(purses: &[(Environment, Option<u64>)]) -> Desk {
    let chains: BTreeMap<Environment, Arc<dyn Chain>> = purses
        .iter()
        .map(|(environment, lamports)| {
            let chain: Arc<dyn Chain> = Arc::new(Purse(*lamports));
            (*environment, chain)
        })
        .collect();
    Desk::of(World::on(chains).await)
}

#[tokio::test]
pub async fn each_chain_is_shown_with_its_payer_and_what_it_has() {
    use Environment as E;
    let desk = desk(&[
        (E::Mainnet, None),
        (E::Sandbox, Some(2_500_000_000)),
        (E::Devnet, Some(0)),
    ])
    .await;
    let payers = desk.world.state.engine.payers();
    let payer = |environment| {
        let found = payers.iter().find(|(known, _)| *known == environment);
        found.unwrap().1
    };
    let shown = desk.ask("GET", "/networks").await;
    assert_eq!(shown.status, 200);
    assert_eq!(
        shown.body,
        json!([
            {
                "environment": "sandbox", "payer": payer(E::Sandbox), "lamports": 2_500_000_000_u64,
                "minimumLamports": 100_000_000, "reachable": true,
            },
            {
                "environment": "devnet", "payer": payer(E::Devnet), "lamports": 0,
                "minimumLamports": 100_000_000, "reachable": true,
            },
            {
                "environment": "mainnet", "payer": payer(E::Mainnet), "lamports": null,
                "minimumLamports": 100_000_000, "reachable": false,
            },
        ])
    );
    let page = desk.ask("GET", "/").await;
    let page = page.body.as_str().unwrap();
    for (environment, rest) in [
        (E::Sandbox, "It has 2.5 SOL."),
        (
            E::Devnet,
            "It has 0 SOL, which is little: send it at least 0.1 SOL.",
        ),
        (E::Mainnet, "The chain does not answer."),
    ] {
        let payer = payer(environment);
        let entry = format!("<dt>{environment}</dt><dd><code>{payer}</code></dd><dd>{rest}</dd>");
        assert!(page.contains(&entry), "{entry} is not in {page}");
    }
}

#[tokio::test]
pub async fn a_server_without_a_chain_says_so() {
    let desk = Desk::new().await;
    assert_eq!(desk.ask("GET", "/networks").await.is(200), json!([]));
    let page = desk.ask("GET", "/").await.is(200);
    let page = page.as_str().unwrap();
    assert!(page.contains("No environment has a chain"), "{page}");
}
