//! What only a PostgreSQL server can show. One test, so that the server starts once.

use testkit::postgres::Cluster;

use super::fixtures::*;
use super::{block_on, every_body_on};
use crate::backend::Connection;
use crate::migrate::migrate;
use crate::{Location, Store};

#[test]
fn postgres_keeps_the_same_promises() {
    let mut cluster = Cluster::start();
    every_statement_prepares(&mut cluster);
    two_processes_append_to_one_log(&Location::Postgres(cluster.database()));
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
