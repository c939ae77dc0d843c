//! What only a SQLite file can show.

use rules::tenant::{EventKind, TenantChange};

use super::block_on;
use super::fixtures::tenant::*;
use super::fixtures::*;
use crate::backend::Connection;
use crate::migrate::{self, migrate};
use crate::{Error, Location, RecordError, Store};

#[test]
fn every_statement_prepares() {
    let mut connection = Connection::memory().unwrap();
    migrate(&mut connection).unwrap();
    let mut names = std::collections::HashSet::new();
    for statement in crate::sql::all() {
        assert!(names.insert(statement.name), "{} twice", statement.name);
        connection
            .prepare(&statement)
            .unwrap_or_else(|e| panic!("{}: {e:?}", statement.name));
    }
}

#[test]
fn what_was_recorded_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    block_on(async {
        let store = Store::open(&location).unwrap();
        let mut founded = founded(&store).await;
        for _ in 0..300 {
            store
                .record_in(founded.id, batch(founded.id, 0, vec![]))
                .await
                .unwrap();
        }
        let head = store.head();
        drop(store);

        let store = Store::open(&location).unwrap();
        assert_eq!(store.head(), head);
        founded.revision = 0;
        assert_eq!(
            store.organisation(founded.id).await.unwrap().as_deref(),
            Some(&founded)
        );
        store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await
            .unwrap();
        assert!(
            store
                .extends(&head.checkpoint("example.com/log").unwrap())
                .await
                .unwrap()
        );
        assert_eq!(store.audit().await.unwrap().damage, None);
    });
}

#[test]
fn a_tenant_and_all_in_it_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    block_on(async {
        let store = Store::open(&location).unwrap();
        let (tenant, user, passkey) = populated(&store).await;
        let (begun, payment) = (ceremony(), transaction(&user, "t"));
        let changes = vec![
            TenantChange::OpenCeremony(begun.clone()),
            TenantChange::InsertTransaction(payment.clone()),
        ];
        record(&store, tenant, changes).await.unwrap();
        let (before, head) = (everything(&store).await, store.head());
        let made = store.tenant(tenant).await.unwrap();
        drop(store);

        let store = Store::open(&location).unwrap();
        assert_eq!(everything(&store).await, before);
        assert_eq!(store.head(), head);
        assert_eq!(store.tenant(tenant).await.unwrap(), made);
        // What was begun before can be finished, once.
        let found = store.ceremony(tenant, &begun.challenge).await.unwrap();
        assert_eq!(found.as_deref(), Some(&begun));
        let open = payment.challenge.as_ref().unwrap();
        let found = store.transaction_by_challenge(tenant, open).await.unwrap();
        assert_eq!(found.as_deref(), Some(&payment));
        let changes = vec![
            TenantChange::SpendCeremony(begun.challenge),
            TenantChange::UpdatePasskey(used(&passkey, 1)),
        ];
        record(&store, tenant, changes.clone()).await.unwrap();
        let again = record(&store, tenant, changes).await;
        assert!(matches!(again, Err(RecordError::Conflict)), "{again:?}");
        assert_eq!(store.audit().await.unwrap().damage, None);
    });
}

#[test]
fn t77_what_was_erased_is_in_no_file() {
    const SAID: &str = "nobody but ann says this";
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    let is_there = || {
        let files = std::fs::read_dir(directory.path()).unwrap();
        let mut bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
        let said = |bytes: Vec<u8>| {
            bytes
                .windows(SAID.len())
                .any(|part| part == SAID.as_bytes())
        };
        bytes.any(said)
    };
    block_on(async {
        let store = Store::open(&location).unwrap();
        let (tenant, user, _) = populated(&store).await;
        for n in 0..50 {
            let mut event = event(tenant, EventKind::AuthenticationFinal);
            // Some are longer than a page.
            event.detail = SAID.repeat(1 + 20 * n).into();
            record_event(&store, event, vec![]).await.unwrap();
        }
        drop(store);
        assert!(is_there());

        let store = Store::open(&location).unwrap();
        let delete = vec![TenantChange::DeleteUser(user.id)];
        record(&store, tenant, delete).await.unwrap();
        // Closing copies the write-ahead log, which still had it, and removes it.
        drop(store);
        assert!(!is_there());
    });
}

#[test]
fn t116_a_directory_is_open_once() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    let store = Store::open(&location).unwrap();
    let second = Store::open(&location);
    assert!(matches!(second.err(), Some(Error::InUse(_))));
    drop(store);
    Store::open(&location).unwrap();
}

#[test]
fn t117_a_newer_schema_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    let store = Store::open(&location).unwrap();
    store.on_writer(migrate::tests::take_a_later_step);
    drop(store);
    let newer = Store::open(&location).err();
    assert!(newer.is_some_and(|error| migrate::tests::is_one_step_newer(&error)));
}

#[test]
fn t115_after_a_failed_commit_nothing_is_written_until_restart() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    block_on(async {
        let store = Store::open(&location).unwrap();
        let founded = founded(&store).await;
        let head = store.head();
        assert!(store.is_writable());
        store.on_writer(|connection| connection.faults.fail_commit());
        for _ in 0..3 {
            let answer = store
                .record_in(founded.id, batch(founded.id, 0, vec![]))
                .await;
            assert!(
                matches!(answer, Err(RecordError::Store(Error::Unavailable(_)))),
                "{answer:?}"
            );
            assert!(!store.is_writable());
        }
        // Reading goes on.
        assert_eq!(store.head(), head);
        assert!(store.organisation(founded.id).await.unwrap().is_some());
        drop(store);

        let store = Store::open(&location).unwrap();
        assert!(store.is_writable());
        store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await
            .unwrap();
        assert_eq!(store.audit().await.unwrap().damage, None);
    });
}

#[test]
fn a_full_disk_stops_writes_until_there_is_space() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::Directory(directory.path().to_owned());
    block_on(async {
        let store = Store::open(&location).unwrap();
        let founded = founded(&store).await;
        let limit = |pages: &str| {
            let pragma = format!("PRAGMA max_page_count = {pages}");
            store
                .on_writer(|connection| connection.define(&pragma))
                .unwrap();
        };
        // Less than there already are, so SQLite takes the number there are.
        limit("1");
        let mut written = 0;
        let full = loop {
            match store
                .record_in(founded.id, batch(founded.id, 0, vec![]))
                .await
            {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
        };
        assert!(
            matches!(full, RecordError::Store(Error::DiskFull)),
            "{full:?}"
        );
        // It may have space again at the next try.
        assert!(store.is_writable());
        assert_eq!(store.head().size, 1 + written);
        assert!(store.organisation(founded.id).await.unwrap().is_some());

        limit("1000000");
        store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await
            .unwrap();
        assert_eq!(store.audit().await.unwrap().damage, None);
    });
}
