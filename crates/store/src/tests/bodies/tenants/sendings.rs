//! Transactions on their way to a chain.

use rules::tenant::{Sending, SendingOutcome, SendingPurpose, Source, TenantChange};
use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use super::super::super::fixtures::tenant::*;
use super::is_conflict;
use crate::Store;

fn sending(environment: Environment, name: u8, created_at_ms: u64) -> Sending {
    Sending {
        signature: vec![name; 64],
        environment,
        account: Address::from_bytes([name; 32]),
        packet: vec![name; 200],
        last_valid_height: 150,
        purpose: SendingPurpose::Act,
        challenge: vec![name; 32],
        fingerprint: [name; 32],
        source: Source::new("192.0.2.1", "test", "request"),
        created_at: Timestamp::from_millis(created_at_ms),
        outcome: None,
    }
}

fn insert(sending: &Sending) -> TenantChange {
    TenantChange::InsertSending(Box::new(sending.clone()))
}

/// The names of those under way in an environment since a moment.
async fn under_way(store: &Store, environment: Environment, before_ms: u64) -> Vec<u8> {
    let before = Timestamp::from_millis(before_ms);
    let found = store.under_way(environment, before).await.unwrap();
    found.iter().map(|it| it.sending().signature[0]).collect()
}

pub(in crate::tests) async fn what_is_under_way_on_one_chain_hides_nothing_on_another(
    store: Store,
) {
    use Environment as E;
    let tenant = founded_tenant(&store).await.id;
    // More than are told at once, and older, on a chain that may never go on.
    let stuck = (1..=120).map(|name| sending(E::Devnet, name, 10));
    let changes = stuck.map(|it| insert(&it)).collect();
    record(&store, tenant, changes).await.unwrap();
    let waiting = [
        sending(E::Mainnet, 202, 30),
        sending(E::Mainnet, 201, 20),
        sending(E::Mainnet, 203, 40),
    ];
    record(&store, tenant, waiting.iter().map(insert).collect())
        .await
        .unwrap();

    assert_eq!(under_way(&store, E::Devnet, 30).await.len(), 100);
    assert_eq!(under_way(&store, E::Mainnet, 30).await, [201, 202]);
    assert!(under_way(&store, E::Sandbox, 30).await.is_empty());

    let settle = || {
        vec![TenantChange::SettleSending {
            signature: vec![201; 64],
            outcome: SendingOutcome::Landed { slot: 7 },
        }]
    };
    record(&store, tenant, settle()).await.unwrap();
    assert_eq!(under_way(&store, E::Mainnet, 30).await, [202]);
    let again = record(&store, tenant, settle()).await;
    assert!(is_conflict(&again), "an outcome is recorded once");
}
