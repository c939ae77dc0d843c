//! Requests under a key: begun once, answered once, told again for a while.

use rules::tenant::TenantChange;
use wire::id::TenantId;

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use crate::{Attempt, Idempotent, Store, Turn};

/// A request at `at(ms)`, which keeps its key for an hour and is given up after a minute.
fn attempt(tenant: TenantId, key: &str, ms: u64) -> Attempt {
    Attempt {
        tenant,
        key: key.to_owned(),
        binding: [1; 32],
        at: at(ms),
        expires_at: at(ms + HOUR),
        given_up_by: wire::Timestamp::from_millis(at(ms).as_millis() - MINUTE),
    }
}

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

async fn begin(store: &Store, attempt: Attempt) -> Idempotent {
    store.begin_idempotent(attempt).await.unwrap()
}

#[track_caller]
fn begun(found: Idempotent) -> Turn {
    match found {
        Idempotent::Begun(turn) => turn,
        other => panic!("{other:?}"),
    }
}

fn replay(status: u16, body: &[u8]) -> Idempotent {
    Idempotent::Replay {
        status,
        body: body.to_vec(),
    }
}

pub(in crate::tests) async fn an_answer_under_a_key_is_told_again(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let head = store.head();
    let turn = begun(begin(&store, attempt(tenant, "a", 0)).await);
    assert_eq!(
        begin(&store, attempt(tenant, "a", 1)).await,
        Idempotent::UnderWay
    );
    // No text, and nothing of a text database.
    let body = b"{\"n\":1}\0\xff\n";
    store.finish_idempotent(turn, 409, body).await.unwrap();
    for ms in [1, MINUTE, HOUR - 1] {
        let found = begin(&store, attempt(tenant, "a", ms)).await;
        assert_eq!(found, replay(409, body));
    }
    // Keys are told apart letter by letter.
    begun(begin(&store, attempt(tenant, "A", 1)).await);
    // When its time is over the key is free, for another request as well.
    let mut later = attempt(tenant, "a", HOUR);
    later.binding = [2; 32];
    begun(begin(&store, later).await);
    // None of it is a leaf.
    assert_eq!(store.head(), head);
}

pub(in crate::tests) async fn a_key_means_one_request_of_one_tenant(store: Store) {
    let [ours, theirs] = [
        founded_tenant(&store).await.id,
        founded_tenant(&store).await.id,
    ];
    let turn = begun(begin(&store, attempt(ours, "a", 0)).await);
    let mut other = attempt(ours, "a", 1);
    other.binding = [2; 32];
    assert_eq!(begin(&store, other.clone()).await, Idempotent::Other);
    store.finish_idempotent(turn, 200, b"ours").await.unwrap();
    assert_eq!(begin(&store, other).await, Idempotent::Other);

    let turn = begun(begin(&store, attempt(theirs, "a", 1)).await);
    store.finish_idempotent(turn, 200, b"theirs").await.unwrap();
    for (tenant, body) in [(ours, &b"ours"[..]), (theirs, b"theirs")] {
        let found = begin(&store, attempt(tenant, "a", 2)).await;
        assert_eq!(found, replay(200, body));
    }
}

pub(in crate::tests) async fn a_released_key_is_free(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let turn = begun(begin(&store, attempt(tenant, "a", 0)).await);
    store.release_idempotent(turn.clone()).await.unwrap();
    // Its turn is over.
    store.finish_idempotent(turn, 200, b"late").await.unwrap();
    let mut other = attempt(tenant, "a", 1);
    other.binding = [2; 32];
    let turn = begun(begin(&store, other.clone()).await);
    store
        .finish_idempotent(turn.clone(), 200, b"kept")
        .await
        .unwrap();
    // What was answered stays answered.
    store.release_idempotent(turn.clone()).await.unwrap();
    store.finish_idempotent(turn, 200, b"twice").await.unwrap();
    assert_eq!(begin(&store, other).await, replay(200, b"kept"));
}

pub(in crate::tests) async fn a_request_that_was_given_up_is_begun_again(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let slow = begun(begin(&store, attempt(tenant, "a", 0)).await);
    let soon = attempt(tenant, "a", MINUTE - 1);
    assert_eq!(begin(&store, soon).await, Idempotent::UnderWay);
    let mut other = attempt(tenant, "a", MINUTE);
    other.binding = [2; 32];
    assert_eq!(begin(&store, other).await, Idempotent::Other);
    let turn = begun(begin(&store, attempt(tenant, "a", MINUTE)).await);
    // The first is not dead after all, but too late.
    store
        .finish_idempotent(slow.clone(), 200, b"slow")
        .await
        .unwrap();
    store.release_idempotent(slow).await.unwrap();
    let found = begin(&store, attempt(tenant, "a", MINUTE + 1)).await;
    assert_eq!(found, Idempotent::UnderWay);
    store.finish_idempotent(turn, 201, b"second").await.unwrap();
    // What was answered is never given up.
    let found = begin(&store, attempt(tenant, "a", 3 * MINUTE)).await;
    assert_eq!(found, replay(201, b"second"));
}

pub(in crate::tests) async fn of_a_hundred_equal_requests_one_begins(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let attempts = (0..100).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { begin(&store, attempt(tenant, "a", 0)).await })
    });
    let mut turns = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Idempotent::Begun(turn) => turns.push(turn),
            found => assert_eq!(found, Idempotent::UnderWay),
        }
    }
    assert_eq!(turns.len(), 1);
}

pub(in crate::tests) async fn t125_keys_that_expired_are_swept(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let attempts = (0..1_300).map(|n| {
        let store = store.clone();
        let attempt = attempt(tenant, &n.to_string(), n);
        tokio::spawn(async move { begun(begin(&store, attempt).await) })
    });
    let mut turns = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        turns.push(attempt.await.unwrap());
    }
    // Answered or not.
    for turn in turns.split_off(1_190) {
        store.finish_idempotent(turn, 200, b"{}").await.unwrap();
    }
    let now = at(HOUR + 1_199);
    assert_eq!(store.sweep_idempotent(now).await.unwrap(), 1_200);
    assert_eq!(store.sweep_idempotent(now).await.unwrap(), 0);
    let found = begin(&store, attempt(tenant, "1200", 1_300)).await;
    assert_eq!(found, replay(200, b"{}"));
    begun(begin(&store, attempt(tenant, "1199", 1_300)).await);
}

pub(in crate::tests) async fn keys_go_with_their_tenant(store: Store) {
    let [gone, other] = [
        founded_tenant(&store).await.id,
        founded_tenant(&store).await.id,
    ];
    let turns = [
        begun(begin(&store, attempt(gone, "a", 0)).await),
        begun(begin(&store, attempt(other, "a", 0)).await),
    ];
    record(&store, gone, vec![TenantChange::DeleteTenant])
        .await
        .unwrap();
    for turn in turns {
        store.finish_idempotent(turn, 200, b"{}").await.unwrap();
    }
    // The one row left is the other tenant's.
    let found = begin(&store, attempt(other, "a", 1)).await;
    assert_eq!(found, replay(200, b"{}"));
    assert_eq!(store.sweep_idempotent(at(2 * HOUR)).await.unwrap(), 1);
    // Where there is no tenant nothing begins.
    let found = begin(&store, attempt(gone, "a", 2)).await;
    assert_eq!(found, Idempotent::UnderWay);
    assert_eq!(store.sweep_idempotent(at(2 * HOUR)).await.unwrap(), 0);
}
