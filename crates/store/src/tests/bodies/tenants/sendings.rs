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

pub(in crate::tests) async fn what_was_settled_long_ago_is_forgotten(store: Store) {
    const DAY_MS: u64 = 86_400_000;
    let tenant = founded_tenant(&store).await.id;
    let made = [1, 2].map(|name| sending(Environment::Devnet, name, 10));
    record(&store, tenant, made.iter().map(insert).collect())
        .await
        .unwrap();
    let settled = TenantChange::SettleSending {
        signature: vec![1; 64],
        outcome: SendingOutcome::Lapsed,
    };
    record(&store, tenant, vec![settled]).await.unwrap();

    let names = [[1; 64], [2; 64]];
    for (days, kept) in [(29, [true, true]), (31, [false, true])] {
        let now = Timestamp::from_millis(days * DAY_MS);
        store.sweep_ended(now).await.unwrap();
        for (name, is_kept) in names.iter().zip(kept) {
            let found = store.sending(tenant, name).await.unwrap();
            assert_eq!(found.is_some(), is_kept, "after {days} days");
        }
    }
}

pub(in crate::tests) async fn an_assertion_is_sent_once_whoever_brings_it(store: Store) {
    let tenants = [
        founded_tenant(&store).await.id,
        founded_tenant(&store).await.id,
    ];
    let first = sending(Environment::Devnet, 1, 10);
    record(&store, tenants[0], vec![insert(&first)])
        .await
        .unwrap();
    let again = Sending {
        signature: vec![2; 64],
        ..first.clone()
    };
    for tenant in tenants {
        let refused = record(&store, tenant, vec![insert(&again)]).await;
        assert!(is_conflict(&refused));
    }
    let elsewhere = Sending {
        environment: Environment::Sandbox,
        ..again
    };
    record(&store, tenants[1], vec![insert(&elsewhere)])
        .await
        .unwrap();
}
