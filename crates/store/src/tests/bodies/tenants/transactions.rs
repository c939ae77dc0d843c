//! Transactions: one for an identifier, one open challenge, one change for each revision.

use rules::tenant::{EventKind, Stage, State, TenantChange, Transaction};
use wire::id::{TenantId, TransactionId};

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use super::{done_of_a_hundred, is_conflict};
use crate::{Page, RecordError, Store};

async fn begin(
    store: &Store,
    tenant: TenantId,
    transaction: &Transaction,
) -> Result<(), RecordError> {
    let insert = TenantChange::InsertTransaction(transaction.clone());
    record(store, tenant, vec![insert]).await
}

async fn update(
    store: &Store,
    tenant: TenantId,
    transaction: &Transaction,
) -> Result<(), RecordError> {
    let update = TenantChange::UpdateTransaction(transaction.clone());
    record(store, tenant, vec![update]).await
}

/// By each road that leads to it.
async fn found(store: &Store, tenant: TenantId, expected: &Transaction) {
    let identifier = &expected.identifier;
    let found = store.transaction(tenant, identifier).await.unwrap();
    assert_eq!(found.as_ref(), Some(expected));
    let found = store.transaction_by_link(expected.id).await.unwrap();
    assert_eq!(found, Some((tenant, expected.clone())));
    let found = store.transactions_of(tenant, expected.user).await.unwrap();
    assert!(found.contains(expected));
    // From memory, and from the store.
    for _ in 0..2 {
        if let Some(challenge) = &expected.challenge {
            let found = store.transaction_by_challenge(tenant, challenge).await;
            assert_eq!(found.unwrap().as_deref(), Some(expected));
        }
        store.memory().forget_all();
    }
}

pub(in crate::tests) async fn a_transaction_is_found_by_every_road(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let mut payment = transaction(&user, "payment/1 – “ü”");
    begin(&store, tenant, &payment).await.unwrap();
    found(&store, tenant, &payment).await;

    // A fresh challenge makes the one before it void.
    let old = payment.challenge.clone().unwrap();
    let fresh_challenge = transaction(&user, "other").challenge.unwrap();
    let next = payment.challenged(fresh_challenge, at(2));
    update(&store, tenant, &next).await.unwrap();
    payment = Transaction {
        revision: 1,
        ..next
    };
    let void = store.transaction_by_challenge(tenant, &old).await.unwrap();
    assert_eq!(void, None);
    found(&store, tenant, &payment).await;

    // A failed attempt burns it.
    let open = payment.challenge.clone().unwrap();
    let next = payment.after_failure(at(3));
    update(&store, tenant, &next).await.unwrap();
    payment = Transaction {
        revision: 2,
        ..next
    };
    let burnt = store.transaction_by_challenge(tenant, &open).await.unwrap();
    assert_eq!(burnt, None);
    found(&store, tenant, &payment).await;

    let event = event(tenant, EventKind::TransactionFinal);
    let next = payment.confirmed(confirmation(&event));
    update(&store, tenant, &next).await.unwrap();
    let consumed = Transaction {
        revision: 3,
        ..next
    }
    .consumed(at(5));
    update(&store, tenant, &consumed).await.unwrap();
    payment = Transaction {
        revision: 4,
        ..consumed
    };
    found(&store, tenant, &payment).await;

    let nobody = TransactionId::from_bytes(fresh());
    assert_eq!(store.transaction_by_link(nobody).await.unwrap(), None);
    for unknown in ["", "payment/1", "payment/1 – “Ü”", "\0"] {
        let found = store.transaction(tenant, unknown).await.unwrap();
        assert_eq!(found, None, "{unknown:?}");
    }
}

pub(in crate::tests) async fn a_void_challenge_finds_nothing_in_memory_either(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let payment = transaction(&user, "t");
    begin(&store, tenant, &payment).await.unwrap();
    let void = payment.challenge.clone().unwrap();
    let open = transaction(&user, "other").challenge.unwrap();
    let renewed = payment.challenged(open.clone(), at(2));
    update(&store, tenant, &renewed).await.unwrap();
    let by = |challenge| store.transaction_by_challenge(tenant, challenge);
    assert_eq!(by(&void).await.unwrap(), None);
    let renewed = Transaction {
        revision: 1,
        ..renewed
    };
    assert_eq!(by(&open).await.unwrap().as_deref(), Some(&renewed));
    update(&store, tenant, &renewed.cancelled(at(3)))
        .await
        .unwrap();
    assert_eq!(by(&open).await.unwrap(), None);
}

pub(in crate::tests) async fn t64_of_a_hundred_who_take_an_identifier_one_does(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let head = store.head().size;
    let done = done_of_a_hundred(|| {
        let (store, payment) = (store.clone(), transaction(&user, "the one"));
        async move { begin(&store, tenant, &payment).await }
    });
    assert_eq!(done.await, 1);
    assert_eq!(store.head().size, head + 1);
    let listed = store.transactions(tenant, None, ALL).await.unwrap();
    assert_eq!((listed.items.len(), listed.total), (1, 1));
}

pub(in crate::tests) async fn of_a_hundred_who_confirm_a_transaction_one_does(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let payment = transaction(&user, "t");
    begin(&store, tenant, &payment).await.unwrap();
    let head = store.head().size;
    let done = done_of_a_hundred(|| {
        let (store, payment) = (store.clone(), payment.clone());
        async move {
            let event = event(tenant, EventKind::TransactionFinal);
            let confirmed = payment.confirmed(confirmation(&event));
            let change = TenantChange::UpdateTransaction(confirmed);
            record_event(&store, event, vec![change]).await
        }
    });
    assert_eq!(done.await, 1);
    assert_eq!(store.head().size, head + 1);
    let found = store.transaction(tenant, "t").await.unwrap().unwrap();
    assert_eq!((found.stage, found.revision), (Stage::Confirmed, 1));
}

pub(in crate::tests) async fn a_transaction_keeps_its_name_and_its_payer(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let (payment, other) = (transaction(&user, "t"), transaction(&user, "other"));
    begin(&store, tenant, &payment).await.unwrap();
    begin(&store, tenant, &other).await.unwrap();
    let mut renamed = payment.clone();
    renamed.identifier = "taken over".into();
    let mut given = payment.clone();
    given.user = tenant_user("eve").id;
    let mut stale = payment.clone();
    stale.revision = 1;
    let mut same_challenge = payment.clone();
    same_challenge.challenge.clone_from(&other.challenge);
    for changed in [renamed, given, stale, same_challenge] {
        assert!(is_conflict(&update(&store, tenant, &changed).await));
    }
    found(&store, tenant, &payment).await;
}

pub(in crate::tests) async fn transactions_are_listed_by_user_and_state(store: Store) {
    let (tenant, ann, _) = populated(&store).await;
    let bob = tenant_user("bob");
    let insert = TenantChange::InsertUser(bob.clone());
    record(&store, tenant, vec![insert]).await.unwrap();
    let now = at(1_000);
    for (n, (owner, stage, ends_at)) in [
        (&ann, Stage::Pending, at(1_001)),
        (&ann, Stage::Pending, at(1_000)),
        (&bob, Stage::Confirmed, at(500)),
        (&bob, Stage::Cancelled, at(2_000)),
        (&bob, Stage::Blocked, at(2_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut payment = transaction(owner, &n.to_string());
        payment.stage = stage;
        payment.expires_at = ends_at;
        payment.created_at = at(n as u64);
        begin(&store, tenant, &payment).await.unwrap();
    }
    let names = |items: Vec<Transaction>| {
        let names = items.into_iter().map(|payment| payment.identifier);
        names.collect::<Vec<_>>().join(" ")
    };
    let page = |number| Page { number, size: 3 };
    for (user_id, number, expected, total) in [
        (None, 1, "4 3 2", 5),
        (None, 2, "1 0", 5),
        (Some("ann"), 1, "1 0", 2),
        (Some("bob"), 1, "4 3 2", 3),
        (Some("nobody"), 1, "", 0),
        (Some(""), 1, "", 0),
        (Some("bob\0"), 1, "", 0),
    ] {
        let listed = store.transactions(tenant, user_id, page(number)).await;
        let listed = listed.unwrap();
        assert_eq!((&*names(listed.items), listed.total), (expected, total));
    }
    for (user_id, state, expected) in [
        (None, State::Pending, "0"),
        (None, State::Expired, "1"),
        (None, State::Confirmed, "2"),
        (None, State::Cancelled, "3"),
        (None, State::Blocked, "4"),
        (Some("ann"), State::Expired, "1"),
        (Some("bob"), State::Expired, ""),
        (Some("bob"), State::Blocked, "4"),
    ] {
        let listed = store.transactions_in_state(tenant, user_id, state, now, ALL);
        let listed = listed.await.unwrap();
        let agree = listed
            .items
            .iter()
            .all(|payment| payment.state(now) == state);
        assert!(agree, "{state:?}");
        assert_eq!(listed.total, listed.items.len() as u64);
        assert_eq!(names(listed.items), expected, "{user_id:?} {state:?}");
    }
}
