//! Events: entries of the audit log, leaves of the one log.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use rules::tenant::{Event, EventKind, Source, TenantChange};
use serde_json::{Value as Json, json};
use verify::receipt::{commitment, leaf_hash, root_of_inclusion, verifier_key, verify};
use wire::id::{EventId, TenantId};
use wire::log::{Note, NoteSignature};

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use super::is_conflict;
use crate::backend::{Value, values};
use crate::log::Damage;
use crate::sql::Statement;
use crate::{EventFilter, EventProof, Inclusion, RecordError, Store, TenantBatch};

/// Everything that happened in a tenant, newest first.
async fn events(store: &Store, tenant: TenantId) -> Vec<Event> {
    let listed = store.events(tenant, &EventFilter::default(), ALL).await;
    listed.unwrap().items
}

pub(in crate::tests) async fn an_event_comes_back_as_it_was_recorded(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let mut expected = events(&store, tenant).await;
    for (n, kind) in (0..).zip(EventKind::ALL) {
        let mut event = event(tenant, *kind);
        event.at = at(n + 2);
        if n % 2 == 0 {
            event.error = Some(format!("refused – “{n}”"));
            event.transaction_id = Some("t/1".into());
        }
        if n % 3 == 0 {
            event.user_id = None;
            event.source = Source::default();
            event.detail = json!({});
        }
        if n == 5 {
            // What a refused request may say.
            event.user_id = Some("\0'; DROP TABLE tenants; -- \u{202e}".into());
            event.source = Source::new("\0", "\0\n{}", "\u{1f600}");
        }
        record_event(&store, event.clone(), vec![]).await.unwrap();
        expected.insert(0, event);
    }
    assert_eq!(events(&store, tenant).await, expected);
    // It is recorded once.
    let again = record_event(&store, expected[3].clone(), vec![]).await;
    assert!(is_conflict(&again));
    assert_eq!(store.audit().await.unwrap().damage, None);
}

/// The proof leads to its head.
fn assert_included(inclusion: &Inclusion) {
    let hash = leaf_hash(inclusion.leaf.to_string().as_bytes());
    let head = inclusion.head;
    let root = root_of_inclusion(hash, inclusion.index, head.size, &inclusion.path);
    assert_eq!(root, Some(head.root));
}

pub(in crate::tests) async fn a_receipt_of_an_event_verifies_with_the_log_key_alone(store: Store) {
    let (tenant, _, _) = populated(&store).await;
    let mut event = event(tenant, EventKind::TransactionFinal);
    event.transaction_id = Some("t".into());
    record_event(&store, event.clone(), vec![]).await.unwrap();
    let proof = store.event_proof(tenant, event.id).await.unwrap().unwrap();
    let inclusion = store.event_inclusion(tenant, event.id).await.unwrap();
    assert_eq!(inclusion.as_ref(), Some(&proof.inclusion));
    let EventProof {
        inclusion,
        salt,
        record,
    } = proof;
    let expected = json!({
        "v": 1,
        "type": "webauthn_transaction_final_succeeded",
        "userId": "ann",
        "transactionId": "t",
        "sourceIp": "203.0.113.7",
        "userAgent": "Mozilla/5.0",
        "requestId": "request-1",
        "detail": {"n": 99, "text": "–"},
    });
    assert_eq!(serde_json::from_str::<Json>(&record).unwrap(), expected);

    // What the vault does elsewhere.
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public_key = key.public_key().as_ref().try_into().unwrap();
    let vkey = verifier_key("example.com/log", public_key);
    let text = inclusion.head.checkpoint(&vkey.name).unwrap().to_string();
    let signature = NoteSignature {
        name: vkey.name.clone(),
        key_id: vkey.key_id,
        signature: key.sign(text.as_bytes()).as_ref().to_vec(),
    };
    let receipt = inclusion
        .receipt(Note::new(text, vec![signature]).unwrap())
        .to_string();
    let verified = verify(&receipt, &vkey.to_string().parse().unwrap()).unwrap();
    let leaf = verified.leaf();
    assert_eq!(leaf.subject.id(), event.id.to_string());
    assert_eq!(leaf.record_type.as_str(), "WEBAUTHN_TRANSACTION_FINAL");
    assert_eq!(leaf.status.as_str(), "SUCCEEDED");
    assert_eq!((leaf.fingerprint, leaf.time), (event.fingerprint, event.at));
    assert_eq!(leaf.commitment, commitment(&salt, record.as_bytes()));

    let unknown = EventId::from_bytes(fresh());
    assert_eq!(store.event_proof(tenant, unknown).await.unwrap(), None);
    assert_eq!(store.event_inclusion(tenant, unknown).await.unwrap(), None);
}

pub(in crate::tests) async fn events_and_activities_are_leaves_of_one_log(store: Store) {
    let organisation = founded(&store).await.id;
    let tenant = founded_tenant(&store).await.id;
    let mut ids = Vec::new();
    while store.head().size < 600 {
        let submissions: Vec<_> = (0..40)
            .map(|n| {
                let store = store.clone();
                let event = event(tenant, EventKind::AuthenticationInit);
                ids.extend((n % 2 == 0).then_some(event.id));
                tokio::spawn(async move {
                    if n % 2 == 0 {
                        return record_event(&store, event, vec![]).await;
                    }
                    let batch = batch(organisation, 0, vec![]);
                    store.record_in(organisation, batch).await.map(|_| ())
                })
            })
            .collect();
        for submission in submissions {
            submission.await.unwrap().unwrap();
        }
    }
    for id in ids {
        let proof = store.event_proof(tenant, id).await.unwrap().unwrap();
        assert_eq!(proof.inclusion.leaf.subject.id(), id.to_string());
        assert_included(&proof.inclusion);
    }
    let head = store.head();
    let tile = store.tile(0, 2, (head.size - 512) as u16).await.unwrap();
    assert_eq!(tile.unwrap().len() as u64, 32 * (head.size - 512));
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn t77_erasing_a_user_keeps_every_proof(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let mut failed = event(tenant, EventKind::AuthenticationFinal);
    failed.error = Some("ann's secret reason".into());
    record_event(&store, failed.clone(), vec![]).await.unwrap();
    let mut bobs = event(tenant, EventKind::AuthenticationFinal);
    bobs.user_id = Some("bob".into());
    record_event(&store, bobs.clone(), vec![]).await.unwrap();
    let before = store.event_proof(tenant, failed.id).await.unwrap().unwrap();

    let erasure = event(tenant, EventKind::UserDeleted);
    let delete = vec![TenantChange::DeleteUser(user.id)];
    record_event(&store, erasure.clone(), delete).await.unwrap();

    assert_eq!(store.event_proof(tenant, failed.id).await.unwrap(), None);
    let after = store.event_inclusion(tenant, failed.id).await.unwrap();
    let after = after.unwrap();
    assert_eq!(after.leaf, before.inclusion.leaf);
    assert_included(&after);
    // Whoever kept record and salt can still show them.
    assert_eq!(
        commitment(&before.salt, before.record.as_bytes()),
        after.leaf.commitment
    );
    let dump = everything(&store).await;
    assert!(!dump.contains("secret reason"));

    let listed = events(&store, tenant).await;
    let erased = listed.iter().find(|event| event.id == failed.id).unwrap();
    let expected = Event {
        error: Some("erased".into()),
        user_id: None,
        source: Source::default(),
        detail: Json::Null,
        ..failed
    };
    assert_eq!(*erased, expected);
    // The others are whole, and so is the one that tells of the erasure.
    assert!(listed.contains(&bobs) && listed.contains(&erasure));
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn t77_a_deleted_tenant_leaves_its_leaves(store: Store) {
    let (id, user, passkey) = populated(&store).await;
    let (other, _, _) = populated(&store).await;
    let (begun, payment) = (ceremony(), transaction(&user, "t"));
    let changes = vec![
        TenantChange::OpenCeremony(begun.clone()),
        TenantChange::InsertTransaction(payment.clone()),
    ];
    record(&store, id, changes).await.unwrap();
    let before = events(&store, id).await;
    let others = events(&store, other).await;
    let deletion = event(id, EventKind::TenantDeleted);
    let delete = vec![TenantChange::DeleteTenant];
    record_event(&store, deletion.clone(), delete)
        .await
        .unwrap();

    assert_eq!(store.tenant(id).await.unwrap(), None);
    assert_eq!(store.tenants().await.unwrap().len(), 1);
    let challenge = payment.challenge.as_ref().unwrap();
    let found = store.transaction_by_challenge(id, challenge).await;
    assert_eq!(found.unwrap(), None);
    assert_eq!(store.transaction_by_link(payment.id).await.unwrap(), None);
    let found = store.passkey(id, &passkey.credential_id).await;
    assert_eq!(found.unwrap(), None);
    let found = store.ceremony(id, &begun.challenge).await;
    assert_eq!(found.unwrap(), None);
    for event in before {
        assert_eq!(store.event_proof(id, event.id).await.unwrap(), None);
        let inclusion = store.event_inclusion(id, event.id).await.unwrap();
        assert_included(&inclusion.unwrap());
    }
    assert_eq!(events(&store, other).await, others);
    // Nothing is recorded in it any more.
    for changes in [vec![], vec![TenantChange::InsertUser(user)]] {
        assert!(is_conflict(&record(&store, id, changes).await));
    }
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn t114_an_audit_names_what_was_changed_of_an_event(store: Store) {
    let (tenant, user, _) = populated(&store).await;
    let mut victim = event(tenant, EventKind::AuthenticationFinal);
    victim.error = Some("refused".into());
    record_event(&store, victim.clone(), vec![]).await.unwrap();
    for _ in 0..3 {
        record(&store, tenant, vec![]).await.unwrap();
    }
    let tamper = |sql: String, values: &[Value]| {
        let sql: &'static str = sql.leak();
        let statement = Statement { name: sql, sql };
        let changed = store.on_writer(|connection| connection.execute(&statement, values));
        assert_eq!(changed.unwrap(), 1, "{sql}");
    };
    let damage = async || store.audit().await.unwrap().damage;
    let leaf = |index, what| Some(Damage::Leaf { index, what });
    let (fields, content, columns) = (
        "the leaf's fields",
        "the event's record",
        "the event's columns",
    );
    assert_eq!(damage().await, None);
    for (column, changed, what) in [
        ("tenant", Value::Bytes(vec![1; 16]), fields),
        ("id", Value::Bytes(vec![1; 16]), fields),
        ("id", Value::Bytes(vec![1; 15]), "a column"),
        ("kind", "webauthn_transaction_final".into(), fields),
        ("kind", "unknown".into(), "a column"),
        ("failed", Value::Int(0), fields),
        ("failed", Value::Int(2), "a column"),
        ("user_id", "eve".into(), columns),
        ("user_id", Value::Null, columns),
        ("source_ip", "203.0.113.8".into(), columns),
        ("source_ip", Value::Null, columns),
        ("fingerprint", Value::Bytes(vec![1; 32]), fields),
        ("created_at", at(7).into(), fields),
        ("record", "{}".into(), content),
        ("record", Value::Null, "a column"),
        ("salt", Value::Bytes(vec![1; 32]), content),
        ("salt", Value::Null, "a column"),
        ("commitment", Value::Bytes(vec![1; 32]), fields),
        ("leaf_hash", Value::Bytes(vec![1; 32]), fields),
        ("leaf", Value::Int(77), "missing"),
        ("leaf", Value::Int(-1), "missing"),
    ] {
        let select: &str = format!("SELECT {column} FROM tenant_events WHERE leaf = 2").leak();
        let select = Statement {
            name: select,
            sql: select,
        };
        let rows = store.on_writer(|connection| connection.query(&select, &[]));
        let found = rows.unwrap().pop().unwrap().first();
        let set =
            |from: &str| format!("UPDATE tenant_events SET {column} = $1 WHERE leaf = {from}");
        let moved = match &changed {
            Value::Int(leaf) if column == "leaf" => leaf.to_string(),
            _ => "2".to_owned(),
        };
        tamper(set("2"), std::slice::from_ref(&changed));
        assert_eq!(damage().await, leaf(2, what), "{column}: {changed:?}");
        tamper(set(&moved), &[found]);
    }
    assert_eq!(damage().await, None);

    // An entry nobody appended: at a place that is taken, and beyond the end.
    let event = "INSERT INTO tenant_events
            (leaf, tenant, id, kind, failed, user_id, source_ip, fingerprint, created_at, record,
             salt, commitment, leaf_hash)
         SELECT 40, tenant, $1, kind, failed, user_id, source_ip, fingerprint, created_at, record,
                salt, commitment, leaf_hash
         FROM tenant_events WHERE leaf = 2";
    tamper(event.into(), values![&[9; 16]]);
    assert_eq!(damage().await, Some(Damage::Count));
    tamper("DELETE FROM tenant_events WHERE leaf = 40".into(), &[]);
    founded(&store).await;
    let entry = "INSERT INTO log_entries
            (leaf, organisation, activity, status, outcome, decided_at, salt, commitment, leaf_hash)
         SELECT 3, organisation, activity, status, outcome, decided_at, salt, commitment, leaf_hash
         FROM log_entries WHERE leaf = 6";
    tamper(entry.into(), &[]);
    assert_eq!(damage().await, leaf(3, "two entries"));
    let unreadable = "UPDATE log_entries SET status = '' WHERE leaf = 3";
    tamper(unreadable.into(), &[]);
    assert!(damage().await.is_some());
    tamper("DELETE FROM log_entries WHERE leaf = 3".into(), &[]);
    assert_eq!(damage().await, None);

    // Something left behind of what was erased.
    let delete = TenantChange::DeleteUser(user.id);
    record(&store, tenant, vec![delete]).await.unwrap();
    assert_eq!(damage().await, None);
    let left = "UPDATE tenant_events SET user_id = 'ann' WHERE leaf = 2";
    tamper(left.into(), &[]);
    assert_eq!(damage().await, leaf(2, "an erased event's columns"));
    tamper("DELETE FROM tenant_events WHERE leaf = 2".into(), &[]);
    assert_eq!(damage().await, leaf(2, "missing"));
}

pub(in crate::tests) async fn whichever_write_to_a_tenant_fails_nothing_is_left(store: Store) {
    let (tenant, user, passkey) = populated(&store).await;
    let (spent, doomed) = (ceremony(), tenant_user("doomed"));
    let payment = transaction(&user, "t");
    let setting = vec![
        TenantChange::OpenCeremony(spent.clone()),
        TenantChange::InsertTransaction(payment.clone()),
        TenantChange::InsertUser(doomed.clone()),
    ];
    record(&store, tenant, setting).await.unwrap();
    let batch = TenantBatch {
        revision: 0,
        changes: vec![
            TenantChange::InsertSecret(secret("third")),
            TenantChange::InsertTokenKey(token_key("next")),
            TenantChange::UpdateTenant {
                name: "renamed".into(),
                config: Box::new(config("example.org")),
                at: at(2),
            },
            TenantChange::InsertUser(tenant_user("bob")),
            TenantChange::UpdateUser(user.clone()),
            TenantChange::SpendCeremony(spent.challenge),
            TenantChange::OpenCeremony(ceremony()),
            TenantChange::UpdatePasskey(used(&passkey, 2)),
            TenantChange::UpdateTransaction(payment.cancelled(at(2))),
            TenantChange::InsertTransaction(transaction(&user, "other")),
            TenantChange::DeleteUser(doomed.id),
        ],
        event: Some(event(tenant, EventKind::TransactionFinal)),
    };
    let before = everything(&store).await;
    let head = store.head();
    let faults = store.on_writer(|connection| connection.faults.clone());
    let mut failed = 0;
    loop {
        faults.fail_after(failed);
        let answer = store.record_tenant_in(tenant, batch.clone()).await;
        let struck = faults.struck();
        faults.clear();
        if !struck {
            answer.unwrap();
            break;
        }
        assert!(
            matches!(answer, Err(RecordError::Store(_))),
            "write {failed}: {answer:?}"
        );
        assert_eq!(everything(&store).await, before, "write {failed}");
        assert_eq!(store.head(), head, "write {failed}");
        failed += 1;
    }
    // The log's head twice, the revision, each change, the erasure and the event.
    assert_eq!(failed, 2 + 1 + 11 + 1 + 1);
    assert_eq!(store.head().size, head.size + 1);
    let memory = store.passkey(tenant, &passkey.credential_id).await;
    let stored = store
        .passkey_as_stored(tenant, &passkey.credential_id)
        .await;
    assert_eq!(memory.unwrap().as_deref(), stored.unwrap().as_ref());
    assert_eq!(store.audit().await.unwrap().damage, None);
}
