//! One tenant's batch never reaches another's rows.

use rules::tenant::{EventKind, Passkey, Tenant, TenantChange, TenantUser, Transaction};
use verify::tenant::{Call, present};
use wire::id::TenantId;

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use super::is_conflict;
use crate::backend::values;
use crate::sql::Statement;
use crate::{Error, RecordError, Store, TenantBatch};

/// Every row of a tenant.
async fn rows_of(store: &Store, tenant: TenantId) -> String {
    let tables = [
        ("tenants", "id"),
        ("tenant_secrets", "tenant"),
        ("token_keys", "tenant"),
        ("tenant_users", "tenant"),
        ("passkeys", "tenant"),
        ("ceremonies", "tenant"),
        ("transactions", "tenant"),
        ("tenant_events", "tenant"),
    ];
    let dump = store.read(move |connection| {
        let mut dump = String::new();
        for (table, column) in tables {
            let sql = format!("SELECT * FROM {table} WHERE {column} = $1 ORDER BY 1, 2, 3");
            let sql: &'static str = sql.leak();
            let statement = Statement { name: sql, sql };
            let rows = connection.query(&statement, values![tenant])?;
            assert!(!rows.is_empty(), "{table}");
            dump += &format!("{table}: {rows:?}\n");
        }
        Ok(dump)
    });
    dump.await.unwrap()
}

/// What both tenants have alike, as far as they can.
struct Inhabitants {
    user: TenantUser,
    passkey: Passkey,
    challenge: Vec<u8>,
    payment: Transaction,
}

async fn inhabit(store: &Store, tenant: &Tenant, like: Option<&Inhabitants>) -> Inhabitants {
    let user = like.map_or_else(|| tenant_user("ann"), |like| like.user.clone());
    let passkey = like.map_or_else(|| passkey(&user), |like| like.passkey.clone());
    let mut begun = ceremony();
    let mut payment = transaction(&user, "t");
    if let Some(like) = like {
        begun.challenge.clone_from(&like.challenge);
        payment.challenge.clone_from(&like.payment.challenge);
    }
    let changes = vec![
        TenantChange::InsertUser(user.clone()),
        TenantChange::InsertPasskey(passkey.clone()),
        TenantChange::OpenCeremony(begun.clone()),
        TenantChange::InsertTransaction(payment.clone()),
    ];
    record(store, tenant.id, changes).await.unwrap();
    Inhabitants {
        user,
        passkey,
        challenge: begun.challenge,
        payment,
    }
}

pub(in crate::tests) async fn t82_one_tenant_cannot_touch_what_is_alike_in_another(store: Store) {
    let (ours, theirs) = (founded_tenant(&store).await, founded_tenant(&store).await);
    let their = inhabit(&store, &theirs, None).await;
    let our = inhabit(&store, &ours, Some(&their)).await;
    let before = rows_of(&store, theirs.id).await;

    // What has no twin with us is not there for us.
    for change in [
        TenantChange::DeleteSecret(theirs.secrets[0].id),
        TenantChange::DeleteTokenKey(theirs.token_keys[0].id),
        TenantChange::UpdateTransaction(their.payment.cancelled(at(2))),
    ] {
        assert!(is_conflict(&record(&store, ours.id, vec![change]).await));
    }
    let id = theirs.id;
    let event = event(ours.id, EventKind::AuthenticationInit);
    record_event(&store, event.clone(), vec![]).await.unwrap();
    assert_eq!(store.event_proof(id, event.id).await.unwrap(), None);
    assert_eq!(store.event_inclusion(id, event.id).await.unwrap(), None);

    // What has one is ours.
    let mut renamed = our.user.clone();
    renamed.profile.name = "renamed".into();
    let mut next = our.passkey.clone();
    next.revision = 1;
    for change in [
        TenantChange::UpdateTenant {
            name: "renamed".into(),
            config: Box::new(config("example.org")),
            at: at(2),
        },
        TenantChange::UpdateUser(renamed),
        TenantChange::SpendCeremony(our.challenge),
        TenantChange::UpdateTransaction(our.payment.cancelled(at(2))),
        TenantChange::UpdatePasskey(used(&our.passkey, 2)),
        TenantChange::DeletePasskey(next),
        TenantChange::DeleteUser(our.user.id),
        TenantChange::DeleteTenant,
    ] {
        record(&store, ours.id, vec![change]).await.unwrap();
        assert_eq!(rows_of(&store, theirs.id).await, before);
    }
    // Also from memory.
    let found = store.passkey(id, &their.passkey.credential_id).await;
    assert_eq!(found.unwrap().as_deref(), Some(&their.passkey));
    let found = store.ceremony(id, &their.challenge).await.unwrap();
    assert!(found.is_some());
    let challenge = their.payment.challenge.as_ref().unwrap();
    let found = store.transaction_by_challenge(id, challenge).await.unwrap();
    assert_eq!(found.as_deref(), Some(&their.payment));
}

pub(in crate::tests) async fn t29_a_challenge_means_nothing_in_another_tenant(store: Store) {
    let (ours, theirs) = (founded_tenant(&store).await, founded_tenant(&store).await);
    let their = inhabit(&store, &theirs, None).await;
    let challenge = &their.challenge;
    assert_eq!(store.ceremony(ours.id, challenge).await.unwrap(), None);
    let open = their.payment.challenge.as_ref().unwrap();
    let found = store.transaction_by_challenge(ours.id, open).await;
    assert_eq!(found.unwrap(), None);
    let spend = vec![TenantChange::SpendCeremony(challenge.clone())];
    assert!(is_conflict(&record(&store, ours.id, spend).await));
    assert!(
        store
            .ceremony(theirs.id, challenge)
            .await
            .unwrap()
            .is_some()
    );
}

pub(in crate::tests) async fn a_batch_that_names_another_tenant_is_refused(store: Store) {
    let (ours, theirs) = (founded_tenant(&store).await, founded_tenant(&store).await);
    let before = everything(&store).await;
    let call = Call {
        tenant: ours.id,
        api_key: None,
        body: b"{}".to_vec(),
    };
    let asked = present(call, []).read(|_| Ok::<_, ()>(())).unwrap();
    let founding = TenantChange::InsertTenant(Box::new(tenant()));
    for (changes, tenant) in [(vec![], theirs.id), (vec![founding], ours.id)] {
        let batch = TenantBatch {
            revision: 0,
            changes,
            event: Some(event(tenant, EventKind::TenantCreated)),
        };
        let refused = store.record_tenant(asked.scope(), batch).await;
        assert!(
            matches!(refused, Err(RecordError::Store(Error::OutsideScope))),
            "{refused:?}"
        );
    }
    assert_eq!(everything(&store).await, before);
    let batch = TenantBatch {
        revision: 0,
        changes: vec![],
        event: Some(event(ours.id, EventKind::TenantUpdated)),
    };
    store.record_tenant(asked.scope(), batch).await.unwrap();
}
