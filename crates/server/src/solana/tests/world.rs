//! Whether a node is of the network it is configured as.

use serde_json::json;
use wire::environment::Environment;

use super::Stub;
use crate::solana::refuse_others;
use crate::solana::world::{MAINNET, WORTHLESS};

async fn refused(environment: Environment, genesis: &str) -> bool {
    let stub = Stub::result(json!(genesis));
    let text = format!("[solana.{environment}]\nrpc-url = \"{}\"", stub.url);
    refuse_others(&toml::from_str(&text).unwrap())
        .await
        .is_err()
}

#[tokio::test]
async fn a_node_is_of_the_network_it_is_configured_as() {
    use Environment::{Devnet, Mainnet, Sandbox};
    for (environment, genesis, is_refused) in [
        (Sandbox, MAINNET, true),
        (Devnet, MAINNET, true),
        (Mainnet, MAINNET, false),
        (Mainnet, WORTHLESS[0], true),
        (Mainnet, WORTHLESS[1], true),
        (Devnet, WORTHLESS[0], false),
        (Sandbox, WORTHLESS[1], false),
        (Mainnet, "a network of one's own", false),
    ] {
        let found = refused(environment, genesis).await;
        assert_eq!(found, is_refused, "{environment} {genesis}");
    }
}

#[tokio::test]
async fn a_node_that_does_not_say_is_let_pass() {
    let stub = Stub::result(json!({ "not": "a text" }));
    let text = format!("[solana.mainnet]\nrpc-url = \"{}\"", stub.url);
    assert!(refuse_others(&toml::from_str(&text).unwrap()).await.is_ok());
}
