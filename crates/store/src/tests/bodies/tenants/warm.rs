//! What finishing costs: three statements, and no reading.

use rules::tenant::{Content, EventKind, TenantChange};
use wire::id::TenantId;

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use crate::backend::tally::Tally;
use crate::{Store, TenantBatch};

/// The statements that ran on the writer's connection, but for the group's own on the log's head
/// and tiles.
fn own(tally: &Tally) -> Vec<&'static str> {
    let ran = tally.take().into_iter();
    ran.filter(|name| !name.starts_with("store::log::tiles::"))
        .collect()
}

pub(in crate::tests) async fn a_warm_finish_is_three_statements_and_reads_nothing(store: Store) {
    let (tenant, user, passkey) = populated(&store).await;
    let id = passkey.credential_id;
    store.tenant(tenant).await.unwrap();
    let tally = store.on_writer(|connection| connection.tally.clone());
    for round in 0..3 {
        let begun = ceremony();
        let open = vec![TenantChange::OpenCeremony(begun.clone())];
        record_silently(&store, tenant, open).await.unwrap();
        let payment = transaction(&user, &round.to_string());
        let begin = vec![TenantChange::InsertTransaction(payment.clone())];
        record(&store, tenant, begin).await.unwrap();

        tally.take();
        let reads = store.reads();
        log_in(&store, tenant, &id, &begun.challenge).await;
        let expected = [
            "store::tenant::ceremony::SPEND_CEREMONY",
            "store::tenant::passkey::UPDATE_PASSKEY",
            "store::tenant::event::INSERT_EVENT",
        ];
        assert_eq!(own(&tally), expected, "round {round}");
        confirm(&store, tenant, &id, payment.challenge.as_ref().unwrap()).await;
        let expected = [
            "store::tenant::transaction::UPDATE_TRANSACTION",
            "store::tenant::passkey::UPDATE_PASSKEY",
            "store::tenant::event::INSERT_EVENT",
        ];
        assert_eq!(own(&tally), expected, "round {round}");
        assert_eq!(store.reads(), reads, "round {round}");
    }
}

/// Everything the walk of a login asks of the store.
async fn log_in(store: &Store, tenant: TenantId, id: &[u8], challenge: &[u8]) {
    let now = store.tenant(tenant).await.unwrap().unwrap();
    let ceremony = store.ceremony(tenant, challenge).await.unwrap().unwrap();
    let passkey = store.passkey(tenant, id).await.unwrap().unwrap();
    let batch = TenantBatch {
        revision: now.revision,
        changes: vec![
            TenantChange::SpendCeremony(ceremony.challenge.clone()),
            TenantChange::UpdatePasskey(used(&passkey, 1)),
        ],
        event: Some(event(tenant, EventKind::AuthenticationFinal)),
    };
    store.record_tenant_in(tenant, batch).await.unwrap();
}

/// Everything the walk of a confirmation asks of the store.
async fn confirm(store: &Store, tenant: TenantId, id: &[u8], challenge: &[u8]) {
    let now = store.tenant(tenant).await.unwrap().unwrap();
    let payment = store.transaction_by_challenge(tenant, challenge).await;
    let payment = payment.unwrap().unwrap();
    let passkey = store.passkey(tenant, id).await.unwrap().unwrap();
    let event = event(tenant, EventKind::TransactionFinal);
    let batch = TenantBatch {
        revision: now.revision,
        changes: vec![
            TenantChange::UpdateTransaction(payment.confirmed(confirmation(&event))),
            TenantChange::UpdatePasskey(used(&passkey, 1)),
        ],
        event: Some(event),
    };
    store.record_tenant_in(tenant, batch).await.unwrap();
}

/// Memory counts transactions, so none of them may be long (threat T7).
pub(in crate::tests) async fn t7_a_long_transaction_is_found_but_not_remembered(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    for (length, reads) in [(100, 0), (60_000, 1)] {
        let mut long = transaction(&user, &length.to_string());
        let data = "x".repeat(length);
        long.terms.content = Content::Compatible { data };
        let begin = vec![TenantChange::InsertTransaction(long.clone())];
        record(&store, tenant, begin).await.unwrap();
        let before = store.reads();
        let challenge = long.challenge.as_ref().unwrap();
        let found = store.transaction_by_challenge(tenant, challenge).await;
        assert_eq!(found.unwrap().as_deref(), Some(&long));
        assert_eq!(store.reads() - before, reads, "{length}");
    }
}

pub(in crate::tests) async fn beginning_and_a_hopeless_finish_cost_little_as_well(store: Store) {
    let (tenant, _, _) = populated(&store).await;
    store.tenant(tenant).await.unwrap();
    let tally = store.on_writer(|connection| connection.tally.clone());
    tally.take();
    let head = store.head();
    let open = vec![TenantChange::OpenCeremony(ceremony())];
    record_silently(&store, tenant, open).await.unwrap();
    assert_eq!(own(&tally), ["store::tenant::ceremony::OPEN_CEREMONY"]);
    // Nobody in particular has only begun something: no leaf.
    assert_eq!(store.head(), head);

    // A conflict is found by the first statement whose precondition fails.
    let spend = vec![TenantChange::SpendCeremony(bytes::<32>().to_vec())];
    record(&store, tenant, spend).await.unwrap_err();
    assert_eq!(own(&tally), ["store::tenant::ceremony::SPEND_CEREMONY"]);
    assert_eq!(store.head(), head);
}
