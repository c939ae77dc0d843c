//! Organisations and the changes to them.

use std::sync::Arc;

use rules::{Change, FeatureName, Quorum, TagKind};
use wire::id::OrganisationId;

use super::super::fixtures::*;
use crate::{Error, RecordError, Store};

pub(in crate::tests) async fn only_a_root_organisation_is_founded(store: Store) {
    let parent = founded(&store).await;
    let child = organisation(Some(parent.id));
    let activity = activity(child.id);
    let refused = store.found(child, activity).await;
    assert!(
        matches!(refused, Err(RecordError::Store(Error::OutsideScope))),
        "{refused:?}"
    );
}

pub(in crate::tests) async fn an_organisation_comes_back_as_it_was_founded(store: Store) {
    assert!(store.is_empty().await.unwrap());
    let founded = founded(&store).await;
    assert!(!store.is_empty().await.unwrap());
    assert_eq!(*load(&store, founded.id).await, founded);
    // The second time from memory, and the very same value.
    let again = [
        load(&store, founded.id).await,
        load(&store, founded.id).await,
    ];
    assert!(Arc::ptr_eq(&again[0], &again[1]));
    assert_eq!(
        store
            .organisation(OrganisationId::from_bytes(fresh()))
            .await
            .unwrap(),
        None
    );
}

pub(in crate::tests) async fn every_change_shows_in_the_aggregate(store: Store) {
    let mut expected = founded(&store).await;
    let ann = expected.quorum.users[0];
    let mut bob = user("bob");
    bob.api_keys.clear();
    bob.authenticators.clear();
    let (key, passkey) = (api_key(), authenticator());
    let (tag, key_tag) = (tag(TagKind::User), tag(TagKind::PrivateKey));
    let (wallet, raw) = (wallet(), private_key());
    let quorum = Quorum {
        threshold: 2,
        users: vec![bob.id, ann],
    };
    let mut ann_now = expected.users[&ann].clone();
    ann_now.name = "anna".into();
    ann_now.phone = Some("+31612345678".into());
    ann_now.tags.push(tag.id);
    ann_now.updated_at = at(5);

    let changes = vec![
        Change::RenameOrganisation {
            name: "renamed".into(),
            at: at(4),
        },
        Change::InsertTag(tag.clone()),
        Change::InsertTag(key_tag.clone()),
        Change::RenameTag {
            id: key_tag.id,
            name: "hot".into(),
            at: at(5),
        },
        Change::InsertUser(Box::new(bob.clone())),
        Change::UpdateUser(Box::new(ann_now.clone())),
        Change::InsertApiKey {
            user: bob.id,
            key: key.clone(),
        },
        Change::InsertAuthenticator {
            user: bob.id,
            authenticator: passkey.clone(),
        },
        Change::TagUser {
            tag: tag.id,
            user: bob.id,
        },
        Change::UntagUser {
            tag: tag.id,
            user: ann,
        },
        Change::SetQuorum {
            quorum: quorum.clone(),
            at: at(6),
        },
        Change::SetFeature {
            name: FeatureName::EmailAuth,
            value: Some("on".into()),
        },
        Change::RemoveFeature {
            name: FeatureName::WebauthnOrigins,
        },
        Change::InsertWallet(Box::new(wallet.clone())),
        Change::RenameWallet {
            id: wallet.id,
            name: "savings".into(),
            at: at(7),
        },
        Change::InsertPrivateKey(Box::new(raw.clone())),
        Change::TagPrivateKey {
            tag: key_tag.id,
            key: raw.id,
        },
    ];
    change(&store, &expected, changes).await.unwrap();

    ann_now.tags.pop();
    bob.api_keys.push(key);
    bob.authenticators.push(passkey);
    bob.tags.push(tag.id);
    expected.name = "renamed".into();
    expected.updated_at = at(6);
    expected.revision = 1;
    expected.quorum = quorum;
    expected.users.insert(ann, ann_now);
    expected.users.insert(bob.id, bob);
    expected.tags.insert(tag.id, tag);
    let key_tag = rules::Tag {
        name: "hot".into(),
        updated_at: at(5),
        ..key_tag
    };
    let raw = rules::PrivateKey {
        tags: vec![key_tag.id],
        ..raw
    };
    expected.tags.insert(key_tag.id, key_tag);
    expected
        .features
        .insert(FeatureName::EmailAuth, Some("on".into()));
    expected.features.remove(&FeatureName::WebauthnOrigins);
    let wallet = rules::Wallet {
        name: "savings".into(),
        updated_at: at(7),
        ..wallet
    };
    expected.wallets.insert(wallet.id, wallet);
    expected.private_keys.insert(raw.id, raw);
    assert_eq!(*load(&store, expected.id).await, expected);
}

pub(in crate::tests) async fn deleting_takes_along_what_belongs_to_the_deleted(store: Store) {
    let mut expected = founded(&store).await;
    let user = expected.users.values().next().unwrap().clone();
    let wallet = *expected.wallets.keys().next().unwrap();
    let raw = expected.private_keys.values().next().unwrap().clone();
    let account = account(expected.id, wallet, 0);
    change(
        &store,
        &expected,
        vec![Change::InsertWalletAccount(Box::new(account.clone()))],
    )
    .await
    .unwrap();

    let changes = vec![
        Change::DeleteApiKey {
            user: user.id,
            id: user.api_keys[0].id,
        },
        Change::DeleteAuthenticator {
            user: user.id,
            id: user.authenticators[0].id,
        },
        Change::UntagPrivateKey {
            tag: raw.tags[0],
            key: raw.id,
        },
        Change::DeleteTag(user.tags[0]),
        Change::DeleteWallet(wallet),
    ];
    change(&store, &expected, changes).await.unwrap();
    expected.revision = 1;
    expected.users.get_mut(&user.id).unwrap().api_keys.clear();
    expected
        .users
        .get_mut(&user.id)
        .unwrap()
        .authenticators
        .clear();
    expected.users.get_mut(&user.id).unwrap().tags.clear();
    expected.private_keys.get_mut(&raw.id).unwrap().tags.clear();
    expected.tags.remove(&user.tags[0]);
    expected.wallets.clear();
    assert_eq!(*load(&store, expected.id).await, expected);
    let found = store
        .account_by_address(expected.id, &account.address)
        .await
        .unwrap();
    assert_eq!(found, None);

    let changes = vec![
        Change::DeleteUser(user.id),
        Change::DeletePrivateKey(raw.id),
    ];
    change(&store, &expected, changes).await.unwrap();
    let left = load(&store, expected.id).await;
    assert!(left.users.is_empty() && left.private_keys.is_empty());

    // What is not there cannot be deleted: the decision to do so was on stale facts.
    let again = change(&store, &expected, vec![Change::DeleteUser(user.id)]).await;
    assert!(matches!(again, Err(RecordError::Conflict)), "{again:?}");
}

pub(in crate::tests) async fn a_deleted_organisation_is_gone_and_its_activities_stay(store: Store) {
    let parent = founded(&store).await;
    let child = organisation(Some(parent.id));
    change(
        &store,
        &parent,
        vec![Change::InsertOrganisation(Box::new(child.clone()))],
    )
    .await
    .unwrap();
    assert_eq!(*load(&store, child.id).await, child);

    let recorded = change(&store, &child, vec![Change::DeleteOrganisation])
        .await
        .unwrap();
    assert_eq!(store.organisation(child.id).await.unwrap(), None);
    let found = store.activity(child.id, recorded.get().id).await.unwrap();
    assert_eq!(found, Some(recorded));
}

pub(in crate::tests) async fn only_changes_to_the_aggregate_raise_the_revision(store: Store) {
    let founded = founded(&store).await;
    let wallet = *founded.wallets.keys().next().unwrap();
    change(&store, &founded, vec![]).await.unwrap();
    let new = account(founded.id, wallet, 0);
    let id = new.id;
    change(
        &store,
        &founded,
        vec![Change::InsertWalletAccount(Box::new(new))],
    )
    .await
    .unwrap();
    assert_eq!(load(&store, founded.id).await.revision, 0);

    let renamed = Change::RenameOrganisation {
        name: "other".into(),
        at: at(1),
    };
    change(&store, &founded, vec![renamed]).await.unwrap();
    assert_eq!(load(&store, founded.id).await.revision, 1);
    change(&store, &founded, vec![Change::DeleteWalletAccount(id)])
        .await
        .unwrap();
    assert_eq!(load(&store, founded.id).await.revision, 2);
}
