//! What only a PostgreSQL server can show. One test, so that the server starts once.

use rules::tenant::TenantChange;
use testkit::postgres::Cluster;
use wire::id::TenantId;

use super::fixtures::tenant::*;
use super::fixtures::*;
use super::{block_on, every_body_on};
use crate::backend::Connection;
use crate::migrate::migrate;
use crate::{Attempt, Idempotent, Location, RecordError, Store};

#[test]
fn postgres_keeps_the_same_promises() {
    let mut cluster = Cluster::start();
    every_statement_prepares(&mut cluster);
    two_processes_append_to_one_log(&Location::Postgres(cluster.database()));
    two_processes_share_tenants(&Location::Postgres(cluster.database()));
    a_lost_connection_is_replaced(&Location::Postgres(cluster.database()));
    every_body_on(|| Location::Postgres(cluster.database()));
}

fn every_statement_prepares(cluster: &mut Cluster) {
    let mut connection = Connection::postgres(&cluster.database()).unwrap();
    migrate(&mut connection).unwrap();
    migrate(&mut connection).unwrap();
    for statement in crate::sql::all() {
        connection
            .prepare(&statement)
            .unwrap_or_else(|e| panic!("{}: {e:?}", statement.name));
    }
}

fn two_processes_append_to_one_log(location: &Location) {
    let stores = [
        Store::open(location).unwrap(),
        Store::open(location).unwrap(),
    ];
    block_on(async {
        let founded = founded(&stores[0]).await;
        let submissions = (0..200).map(|n| {
            let (store, batch) = (stores[n % 2].clone(), batch(founded.id, 0, vec![]));
            tokio::spawn(async move { store.record_in(batch.organisation, batch).await })
        });
        for submission in submissions.collect::<Vec<_>>() {
            submission.await.unwrap().unwrap();
        }
        let [first, second] = [&stores[0], &stores[1]];
        // Each remembers the log as of its own last commit, and shows it as it is.
        assert_eq!(first.head().size.max(second.head().size), 201);
        for (store, other) in [(first, second), (second, first)] {
            let latest = store.latest_head().await.unwrap();
            assert_eq!(latest.size, 201);
            assert_eq!(latest, other.latest_head().await.unwrap());
            let audit = store.audit().await.unwrap();
            assert_eq!((audit.head, audit.damage), (latest, None));
            assert!(store.tile(0, 0, 201).await.unwrap().is_some());
            let older = other.head().checkpoint("example.com/log").unwrap();
            assert!(store.extends(&older).await.unwrap());
        }
    });
}

/// What one process remembers and another has changed is never the ground of anything recorded.
fn two_processes_share_tenants(location: &Location) {
    let [here, there] = [
        Store::open(location).unwrap(),
        Store::open(location).unwrap(),
    ];
    block_on(async {
        let (tenant, user, passkey) = populated(&here).await;
        let id = &passkey.credential_id;
        assert!(there.tenant(tenant).await.unwrap().is_some());
        assert!(there.passkey(tenant, id).await.unwrap().is_some());

        // A key is withdrawn there: here it still seems to be one, but nothing comes of it.
        let gone = there.tenant(tenant).await.unwrap().unwrap().secrets[0].id;
        let delete = vec![TenantChange::DeleteSecret(gone)];
        record(&there, tenant, delete).await.unwrap();
        assert_eq!(here.tenant(tenant).await.unwrap().unwrap().revision, 0);
        let open = || vec![TenantChange::OpenCeremony(ceremony())];
        let conflict = |answer| matches!(answer, Err(RecordError::Conflict));
        assert!(conflict(record_silently(&here, tenant, open()).await));
        // Which was also the moment to look again.
        assert_eq!(here.tenant(tenant).await.unwrap().unwrap().revision, 1);
        record_silently(&here, tenant, open()).await.unwrap();
        let insert = vec![TenantChange::InsertSecret(secret("third"))];
        record(&there, tenant, insert).await.unwrap();
        let shown = here.tenant_as_stored(tenant).await.unwrap().unwrap();
        assert_eq!(shown.revision, 2);
        assert_eq!(here.tenant(tenant).await.unwrap(), Some(shown));
        assert!(there.tenant(tenant).await.unwrap().is_some());

        // A ceremony begun here, a credential used and a transaction confirmed there.
        let (begun, payment) = (ceremony(), transaction(&user, "t"));
        let changes = vec![
            TenantChange::OpenCeremony(begun.clone()),
            TenantChange::InsertTransaction(payment.clone()),
        ];
        record(&here, tenant, changes).await.unwrap();
        let found = there.ceremony(tenant, &begun.challenge).await.unwrap();
        assert_eq!(found.as_deref(), Some(&begun));
        let changes = vec![
            TenantChange::SpendCeremony(begun.challenge.clone()),
            TenantChange::UpdatePasskey(used(&passkey, 1)),
            TenantChange::UpdateTransaction(payment.cancelled(at(2))),
        ];
        record(&there, tenant, changes.clone()).await.unwrap();
        for change in changes {
            assert!(conflict(record(&here, tenant, vec![change]).await));
        }
        let found = here.ceremony(tenant, &begun.challenge).await.unwrap();
        assert_eq!(found, None);
        assert_eq!(here.passkey(tenant, id).await.unwrap().unwrap().revision, 1);
        let open = payment.challenge.as_ref().unwrap();
        let found = here.transaction_by_challenge(tenant, open).await.unwrap();
        assert_eq!(found, None);

        // A request under a key is begun here and repeated there.
        let begun = here.begin_idempotent(attempt(tenant)).await.unwrap();
        let Idempotent::Begun(turn) = begun else {
            panic!("{begun:?}");
        };
        let found = there.begin_idempotent(attempt(tenant)).await.unwrap();
        assert_eq!(found, Idempotent::UnderWay);
        here.finish_idempotent(turn, 200, b"{}").await.unwrap();
        let found = there.begin_idempotent(attempt(tenant)).await.unwrap();
        let body = b"{}".to_vec();
        assert_eq!(found, Idempotent::Replay { status: 200, body });

        // The tenant is deleted there.
        assert!(here.tenant(tenant).await.unwrap().is_some());
        let delete = vec![TenantChange::DeleteTenant];
        record(&there, tenant, delete).await.unwrap();
        assert!(here.tenant(tenant).await.unwrap().is_some());
        assert!(conflict(record(&here, tenant, vec![]).await));
        assert_eq!(here.tenant(tenant).await.unwrap(), None);
        assert_eq!(here.audit().await.unwrap().damage, None);
    });
}

fn attempt(tenant: TenantId) -> Attempt {
    Attempt {
        tenant,
        key: "key".to_owned(),
        binding: [1; 32],
        at: at(60_000),
        expires_at: at(120_000),
        given_up_by: at(0),
    }
}

fn a_lost_connection_is_replaced(location: &Location) {
    let store = Store::open(location).unwrap();
    block_on(async {
        let founded = founded(&store).await;
        let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
        let _ = store.on_writer(|connection| connection.define(sql));
        // The first write may find out the hard way; the next has a new connection.
        let _ = store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await;
        store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await
            .unwrap();
        assert_eq!(store.audit().await.unwrap().damage, None);
    });
}
