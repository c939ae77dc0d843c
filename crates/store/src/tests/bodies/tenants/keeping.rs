//! What is recorded comes back, and only what still holds is changed.

use std::sync::Arc;

use rules::tenant::{Purpose, Tenant, TenantChange};
use wire::id::{TenantId, TenantUserId};

use super::super::super::fixtures::tenant::*;
use super::super::super::fixtures::*;
use super::is_conflict;
use crate::{Page, Store, TenantBatch};

async fn stored(store: &Store, id: TenantId) -> Option<Tenant> {
    let tenant = store.tenant(id).await.unwrap();
    assert_eq!(store.tenant_as_stored(id).await.unwrap(), tenant);
    tenant.map(Arc::unwrap_or_clone)
}

pub(in crate::tests) async fn a_tenant_comes_back_as_it_was_made(store: Store) {
    assert_eq!(store.tenants().await.unwrap(), []);
    let [first, second] = [founded_tenant(&store).await, founded_tenant(&store).await];
    for tenant in [&first, &second] {
        assert_eq!(stored(&store, tenant.id).await.as_ref(), Some(tenant));
    }
    let names = [&first, &second].map(|tenant| (tenant.id, tenant.name.clone()));
    assert_eq!(store.tenants().await.unwrap(), names);
    assert_eq!(
        stored(&store, TenantId::from_bytes(fresh())).await,
        None,
        "nobody's"
    );
    // Whose identifier is taken is not founded.
    let again = vec![TenantChange::InsertTenant(Box::new(first.clone()))];
    assert!(is_conflict(&record(&store, first.id, again).await));
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(in crate::tests) async fn every_change_to_a_tenant_shows_and_raises_its_revision(store: Store) {
    let mut expected = founded_tenant(&store).await;
    let id = expected.id;
    let (secret, key) = (secret("third"), token_key("next"));
    let gone = expected.secrets.remove(0);
    expected.secrets.push(secret.clone());
    let retired = expected.token_keys.remove(0);
    expected.token_keys.push(key.clone());
    expected.name = "renamed".into();
    expected.config = config("example.org");
    expected.updated_at = at(5);
    for change in [
        TenantChange::InsertSecret(secret),
        TenantChange::DeleteSecret(gone.id),
        TenantChange::InsertTokenKey(key),
        TenantChange::DeleteTokenKey(retired.id),
        TenantChange::UpdateTenant {
            name: expected.name.clone(),
            config: Box::new(expected.config.clone()),
            at: at(5),
        },
    ] {
        record(&store, id, vec![change]).await.unwrap();
        expected.revision += 1;
        let revision = stored(&store, id).await.unwrap().revision;
        assert_eq!(revision, expected.revision);
    }
    assert_eq!(stored(&store, id).await, Some(expected));
    // What is not there cannot go.
    for change in [
        TenantChange::DeleteSecret(gone.id),
        TenantChange::DeleteTokenKey(retired.id),
    ] {
        assert!(is_conflict(&record(&store, id, vec![change]).await));
    }
}

pub(in crate::tests) async fn a_stale_tenant_is_a_conflict_whatever_is_done(store: Store) {
    let (tenant, user, passkey) = populated(&store).await;
    let waiting = ceremony();
    let open = |ceremony| vec![TenantChange::OpenCeremony(ceremony)];
    record_silently(&store, tenant, open(waiting.clone()))
        .await
        .unwrap();
    record(
        &store,
        tenant,
        vec![TenantChange::InsertSecret(secret("new"))],
    )
    .await
    .unwrap();
    let before = everything(&store).await;
    let spend = TenantChange::SpendCeremony(waiting.challenge.clone());
    let update = TenantChange::UpdatePasskey(used(&passkey, 2));
    for (changes, with_event) in [
        (vec![spend.clone(), update.clone()], true),
        (vec![TenantChange::InsertUser(tenant_user("eve"))], true),
        (
            vec![TenantChange::InsertTransaction(transaction(&user, "t"))],
            true,
        ),
        (vec![TenantChange::InsertSecret(secret("late"))], true),
        (vec![TenantChange::DeleteTenant], true),
        (vec![], true),
        (open(ceremony()), false),
        (vec![spend, update], false),
        (vec![], false),
    ] {
        let what = format!("{changes:?}, event: {with_event}");
        let event = event(tenant, rules::tenant::EventKind::AuthenticationFinal);
        let batch = TenantBatch {
            revision: 0,
            changes,
            event: with_event.then_some(event),
        };
        let stale = store.record_tenant_in(tenant, batch).await.map(|_| ());
        assert!(is_conflict(&stale), "{what}: {stale:?}");
        assert_eq!(everything(&store).await, before, "{what}");
    }
}

pub(in crate::tests) async fn users_come_back_and_are_listed_page_by_page(store: Store) {
    let tenant = founded_tenant(&store).await.id;
    let mut users = Vec::new();
    for n in 0..5 {
        let mut user = tenant_user(&format!("user {n}"));
        user.created_at = at(n);
        users.push(user);
    }
    let insert = users.iter().cloned().map(TenantChange::InsertUser);
    record(&store, tenant, insert.collect()).await.unwrap();
    users[1].profile.name = "other".into();
    users[1].profile.icon = None;
    users[1].updated_at = at(9);
    let update = TenantChange::UpdateUser(users[1].clone());
    record(&store, tenant, vec![update]).await.unwrap();

    for user in &users {
        let found = store.tenant_user(tenant, &user.user_id).await.unwrap();
        assert_eq!(found.as_ref(), Some(user));
        let found = store.tenant_user_by_id(tenant, user.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(user));
    }
    for nobody in ["", "user", "USER 1", "user 1 ", "user 1\0"] {
        let found = store.tenant_user(tenant, nobody).await.unwrap();
        assert_eq!(found, None, "{nobody:?}");
    }
    let page = |number, size, newest_first| {
        let store = store.clone();
        async move {
            let page = Page { number, size };
            let listed = store.tenant_users(tenant, page, newest_first).await;
            let listed = listed.unwrap();
            assert_eq!(listed.total, 5);
            listed.items
        }
    };
    assert_eq!(page(1, 2, false).await, users[..2]);
    assert_eq!(page(3, 2, false).await, users[4..]);
    assert_eq!(page(4, 2, false).await, []);
    assert_eq!(page(u64::MAX, u64::MAX, false).await, []);
    users.reverse();
    assert_eq!(page(1, 2, true).await, users[..2]);

    // A name is taken once, and who is not there is not changed.
    for change in [
        TenantChange::InsertUser(tenant_user("user 1")),
        TenantChange::UpdateUser(tenant_user("user 1")),
        TenantChange::DeleteUser(TenantUserId::from_bytes(fresh())),
    ] {
        assert!(is_conflict(&record(&store, tenant, vec![change]).await));
    }
}

pub(in crate::tests) async fn credentials_come_back_and_are_listed_page_by_page(store: Store) {
    let (tenant, ann, first) = populated(&store).await;
    let bob = tenant_user("bob");
    let mut passkeys = vec![first];
    for (n, owner) in [(1, &ann), (2, &bob), (3, &bob)] {
        let mut passkey = passkey(owner);
        passkey.created_at = at(n);
        passkey.purpose = [Purpose::Mfa, Purpose::Payment, Purpose::Passkey][n as usize - 1];
        passkey.name = Some(format!("passkey {n}"));
        passkeys.push(passkey);
    }
    let mut changes = vec![TenantChange::InsertUser(bob.clone())];
    changes.extend(
        passkeys[1..]
            .iter()
            .cloned()
            .map(TenantChange::InsertPasskey),
    );
    record(&store, tenant, changes).await.unwrap();

    for passkey in &passkeys {
        let id = &passkey.credential_id;
        let found = store.passkey(tenant, id).await.unwrap();
        assert_eq!(found.as_deref(), Some(passkey));
        let found = store.passkey_as_stored(tenant, id).await.unwrap();
        assert_eq!(found.as_ref(), Some(passkey));
    }
    let of = |owner: TenantUserId| store.passkeys_of(tenant, owner);
    assert_eq!(of(ann.id).await.unwrap(), passkeys[..2]);
    assert_eq!(of(bob.id).await.unwrap(), passkeys[2..]);
    let list = async |user_id, number, newest_first| {
        let page = Page { number, size: 3 };
        let listed = store.passkeys(tenant, user_id, page, newest_first).await;
        let listed = listed.unwrap();
        (listed.items, listed.total)
    };
    assert_eq!(list(None, 1, false).await, (passkeys[..3].to_vec(), 4));
    assert_eq!(list(None, 2, false).await, (passkeys[3..].to_vec(), 4));
    let newest = vec![passkeys[3].clone(), passkeys[2].clone()];
    assert_eq!(list(Some("bob"), 1, true).await, (newest, 2));
    let oldest = passkeys[2..].to_vec();
    assert_eq!(list(Some("bob"), 1, false).await, (oldest, 2));
    for nobody in ["", "BOB", "bob\0", "' OR ''='"] {
        assert_eq!(list(Some(nobody), 1, true).await, (vec![], 0), "{nobody:?}");
    }
}

pub(in crate::tests) async fn a_credential_changes_only_from_what_was_read(store: Store) {
    let (tenant, _, passkey) = populated(&store).await;
    let id = passkey.credential_id.clone();
    let update = |passkey| record(&store, tenant, vec![TenantChange::UpdatePasskey(passkey)]);
    update(used(&passkey, 3)).await.unwrap();
    let mut expected = used(&passkey, 3);
    expected.revision = 1;
    // The one in memory is the one that is stored.
    for _ in 0..2 {
        let found = store.passkey(tenant, &id).await.unwrap();
        assert_eq!(found.as_deref(), Some(&expected));
        let found = store.passkey_as_stored(tenant, &id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&expected));
        // And stays so when somebody comes late (threat T28).
        assert!(is_conflict(&update(used(&passkey, 4)).await));
    }
    // What is fixed for its life (threat T38) and whose it is.
    let mut flipped = expected.clone();
    flipped.backup_eligible = false;
    let mut swapped = expected.clone();
    swapped.public_key[0] ^= 1;
    let mut given = expected.clone();
    given.owner = TenantUserId::from_bytes(fresh());
    for changed in [flipped, swapped, given] {
        assert!(is_conflict(&update(changed).await));
    }
    // Taken, for this user and for others (threat T43).
    let again = vec![TenantChange::InsertPasskey(passkey.clone())];
    assert!(is_conflict(&record(&store, tenant, again).await));

    let delete = |passkey| record(&store, tenant, vec![TenantChange::DeletePasskey(passkey)]);
    assert!(is_conflict(&delete(passkey).await));
    assert!(store.passkey(tenant, &id).await.unwrap().is_some());
    delete(expected.clone()).await.unwrap();
    assert_eq!(store.passkey(tenant, &id).await.unwrap(), None);
    assert!(is_conflict(&update(expected.clone()).await));
    assert!(is_conflict(&delete(expected).await));
}

pub(in crate::tests) async fn a_user_goes_with_credentials_and_transactions(store: Store) {
    let (tenant, user, passkey) = populated(&store).await;
    let payment = transaction(&user, "t");
    let insert = TenantChange::InsertTransaction(payment.clone());
    record(&store, tenant, vec![insert]).await.unwrap();
    let delete = TenantChange::DeleteUser(user.id);
    record(&store, tenant, vec![delete]).await.unwrap();

    let id = &passkey.credential_id;
    assert_eq!(store.tenant_user(tenant, "ann").await.unwrap(), None);
    assert_eq!(store.passkey(tenant, id).await.unwrap(), None);
    assert_eq!(store.transaction(tenant, "t").await.unwrap(), None);
    let challenge = payment.challenge.as_ref().unwrap();
    let found = store.transaction_by_challenge(tenant, challenge).await;
    assert_eq!(found.unwrap(), None);
    // Nothing is given to who is not there.
    for change in [
        TenantChange::InsertPasskey(passkey),
        TenantChange::InsertTransaction(payment),
    ] {
        assert!(is_conflict(&record(&store, tenant, vec![change]).await));
    }
    assert_eq!(store.audit().await.unwrap().damage, None);
}
