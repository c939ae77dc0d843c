//! Proofs, tiles and the audit.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use verify::receipt::{leaf_hash, root_of_inclusion, verifier_key, verify, verify_consistency};
use wire::id::ActivityId;
use wire::log::{Note, NoteSignature};

use super::super::fixtures::*;
use crate::Store;
use crate::backend::{Value, values};
use crate::log::Damage;
use crate::log::entries;
use crate::sql::Statement;

pub(in crate::tests) async fn a_receipt_verifies_with_nothing_but_the_log_key(store: Store) {
    let founded = founded(&store).await;
    let recorded = store
        .record_in(founded.id, batch(founded.id, 0, vec![]))
        .await
        .unwrap();
    let activity = recorded.get();
    let found = store
        .inclusion(founded.id, activity.id)
        .await
        .unwrap()
        .unwrap();

    // What the vault does elsewhere.
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public_key = key.public_key().as_ref().try_into().unwrap();
    let vkey = verifier_key("example.com/log", public_key);
    let text = found.head.checkpoint(&vkey.name).unwrap().to_string();
    let signature = NoteSignature {
        name: vkey.name.clone(),
        key_id: vkey.key_id,
        signature: key.sign(text.as_bytes()).as_ref().to_vec(),
    };
    let receipt = found
        .receipt(Note::new(text, vec![signature]).unwrap())
        .to_string();

    let verified = verify(&receipt, &vkey.to_string().parse().unwrap()).unwrap();
    assert_eq!(verified.index(), 1);
    assert_eq!(verified.leaf().subject.id(), activity.id.to_string());
    assert_eq!(verified.leaf().fingerprint, activity.fingerprint);
    assert_eq!(verified.leaf().status.as_str(), "COMPLETED");
    assert_eq!(
        store
            .inclusion(founded.id, ActivityId::from_bytes(fresh()))
            .await
            .unwrap(),
        None
    );
}

pub(in crate::tests) async fn every_leaf_of_a_long_log_has_a_proof(store: Store) {
    const LEAVES: u64 = 600;
    let founded = founded(&store).await;
    let mut heads = vec![store.head()];
    let mut ids = Vec::new();
    while store.head().size < LEAVES {
        let submissions = (0..40).map(|_| {
            let (store, batch) = (store.clone(), batch(founded.id, 0, vec![]));
            tokio::spawn(async move { store.record_in(batch.organisation, batch).await })
        });
        for submission in submissions.collect::<Vec<_>>() {
            ids.push(submission.await.unwrap().unwrap().into_inner().id);
        }
        heads.push(store.head());
    }
    let head = store.head();
    for id in ids {
        let found = store.inclusion(founded.id, id).await.unwrap().unwrap();
        let hash = leaf_hash(found.leaf.to_string().as_bytes());
        assert_eq!(found.leaf.subject.id(), id.to_string());
        assert_eq!(found.head, head);
        let root = root_of_inclusion(hash, found.index, head.size, &found.path);
        assert_eq!(root, Some(head.root), "leaf {}", found.index);
    }
    let newest = head.checkpoint("example.com/log").unwrap();
    for older in &heads {
        let path = store
            .consistency(older.size, head.size)
            .await
            .unwrap()
            .unwrap();
        let older = older.checkpoint("example.com/log").unwrap();
        verify_consistency(&older, &newest, &path).unwrap();
        assert!(store.extends(&older).await.unwrap());
    }
    let forged = crate::Head {
        size: heads[3].size,
        root: head.root,
    };
    assert!(
        !store
            .extends(&forged.checkpoint("example.com/log").unwrap())
            .await
            .unwrap()
    );
    let ahead = crate::Head {
        size: head.size + 1,
        root: head.root,
    };
    assert!(
        !store
            .extends(&ahead.checkpoint("example.com/log").unwrap())
            .await
            .unwrap()
    );
    assert_eq!(store.consistency(1, head.size + 1).await.unwrap(), None);

    // Tiles: full and partial ones at level 0, and the roots over the full ones at level 1.
    let last = (head.size % 256) as u16;
    for (level, tile, width, there) in [
        (0, 0, 256, true),
        (0, 1, 3, true),
        (0, 2, last, true),
        (0, 2, last + 1, false),
        (0, 3, 1, false),
        (1, 0, 2, true),
        (1, 0, 3, false),
        (2, 0, 1, false),
        (0, 0, 0, false),
        (0, u64::MAX, 1, false),
        (200, 0, 1, false),
    ] {
        let found = store.tile(level, tile, width).await.unwrap();
        let expected = there.then_some(usize::from(width) * 32);
        assert_eq!(
            found.map(|bytes| bytes.len()),
            expected,
            "tile {level}/{tile}.p/{width}"
        );
    }
    let first = store
        .read(|connection| entries::stored(connection, 0, 1))
        .await
        .unwrap();
    let (_, first) = first.into_iter().next().unwrap().unwrap();
    let tile = store.tile(0, 0, 1).await.unwrap().unwrap();
    let leaf = first.entry.leaf.to_string();
    assert_eq!(leaf_hash(leaf.as_bytes()).0[..], tile[..]);

    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn t114_an_audit_names_what_was_changed(store: Store) {
    let founded = founded(&store).await;
    let mut ids = vec![];
    for _ in 0..260 {
        let recorded = store
            .record_in(founded.id, batch(founded.id, 0, vec![]))
            .await
            .unwrap();
        ids.push(recorded.into_inner().id);
    }
    assert_eq!(store.audit().await.unwrap().damage, None);
    let tamper = |sql: &'static str, values: &[Value]| {
        let statement = Statement { name: sql, sql };
        let changed = store.on_writer(|connection| connection.execute(&statement, values));
        assert_eq!(changed.unwrap(), 1, "{sql}");
    };
    let leaf = |index, what| Some(Damage::Leaf { index, what });
    let fields = "the leaf's fields";
    let record = "the outcome or a vote";
    let status = "the activity's status";
    for (column, table, key, damage) in [
        ("kind", "activities", "id", leaf(7, fields)),
        ("body", "activities", "id", leaf(7, "the request's body")),
        ("fingerprint", "activities", "id", leaf(7, fields)),
        ("status", "activities", "id", leaf(7, status)),
        ("outcome", "activities", "id", leaf(7, status)),
        ("created_at", "activities", "id", leaf(7, record)),
        ("updated_at", "activities", "id", leaf(7, status)),
        ("user_id", "votes", "activity", leaf(7, record)),
        ("message", "votes", "activity", leaf(7, record)),
        ("signature", "votes", "activity", leaf(7, record)),
        ("position", "votes", "activity", leaf(7, record)),
        ("leaf", "votes", "activity", leaf(7, record)),
        ("status", "log_entries", "activity", leaf(7, fields)),
        ("outcome", "log_entries", "activity", leaf(7, record)),
        ("decided_at", "log_entries", "activity", leaf(7, fields)),
        ("salt", "log_entries", "activity", leaf(7, record)),
        ("commitment", "log_entries", "activity", leaf(7, fields)),
        ("leaf_hash", "log_entries", "activity", leaf(7, fields)),
    ] {
        let select: &str = format!("SELECT {column} FROM {table} WHERE {key} = $1").leak();
        let update: &str = format!("UPDATE {table} SET {column} = $1 WHERE {key} = $2").leak();
        let key = Value::from(ids[6]);
        let select = Statement {
            name: select,
            sql: select,
        };
        let rows = store.on_writer(|connection| connection.query(&select, values![ids[6]]));
        let found = rows.unwrap().pop().unwrap().first();
        let changed = match &found {
            // Only the message of a vote by the body itself.
            Value::Null => Value::Bytes(b"other".to_vec()),
            Value::Int(number) => Value::Int(number + 1_000),
            Value::Text(text) if text.as_str() == "COMPLETED" => Value::Text("REFUSED".into()),
            Value::Text(text) if text.starts_with('{') => Value::Text(format!("{text} ")),
            Value::Text(text) => Value::Text(format!("{text}0")),
            Value::Bytes(bytes) => {
                let mut bytes = bytes.clone();
                bytes[3] ^= 1;
                Value::Bytes(bytes)
            }
        };
        tamper(update, &[changed, key.clone()]);
        assert_eq!(
            store.audit().await.unwrap().damage,
            damage,
            "{table}.{column}"
        );
        tamper(update, &[found, key]);
    }
    assert_eq!(store.audit().await.unwrap().damage, None);

    tamper("DELETE FROM votes WHERE activity = $1", values![ids[6]]);
    assert_eq!(store.audit().await.unwrap().damage, leaf(7, record));
    tamper(
        "DELETE FROM log_entries WHERE activity = $1",
        values![ids[3]],
    );
    assert_eq!(store.audit().await.unwrap().damage, leaf(4, "missing"));
    tamper("DELETE FROM activities WHERE id = $1", values![ids[1]]);
    assert_eq!(store.audit().await.unwrap().damage, leaf(2, "a column"));
}
