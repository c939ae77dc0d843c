//! The bodies, each given an empty store.

use std::sync::Arc;

use rules::command::NewAccount;
use rules::query::{Page, StatusFilter, SubOrganisationFilter};
use rules::refusal::Reason;
use rules::{
    ActivityStatus, Change, FeatureName, Organisation, Quorum, Refusal, Selection, TagKind,
};
use verify::ClaimedKey;
use verify::receipt::{leaf_hash, root_of_inclusion, verify_consistency};
use wire::id::*;

use super::fixtures::*;
use crate::backend::{Value, values};
use crate::log::Damage;
use crate::sql::Statement;
use crate::{Batch, Error, RecordError, Store};

async fn load(store: &Store, id: OrganisationId) -> Arc<Organisation> {
    store.organisation(id).await.unwrap().unwrap()
}

pub(super) async fn an_organisation_comes_back_as_it_was_founded(store: Store) {
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

pub(super) async fn only_a_root_organisation_is_founded(store: Store) {
    let parent = founded(&store).await;
    let child = organisation(Some(parent.id));
    let activity = activity(child.id);
    let refused = store.found(child, activity).await;
    assert!(
        matches!(refused, Err(RecordError::Store(Error::OutsideScope))),
        "{refused:?}"
    );
}

pub(super) async fn every_change_shows_in_the_aggregate(store: Store) {
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

pub(super) async fn deleting_takes_along_what_belongs_to_the_deleted(store: Store) {
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

pub(super) async fn a_deleted_organisation_is_gone_and_its_activities_stay(store: Store) {
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

pub(super) async fn only_changes_to_the_aggregate_raise_the_revision(store: Store) {
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

pub(super) async fn a_stale_revision_is_a_conflict_and_leaves_nothing(store: Store) {
    let founded = founded(&store).await;
    let renamed = |name: &str| {
        vec![Change::RenameOrganisation {
            name: name.into(),
            at: at(1),
        }]
    };
    change(&store, &founded, renamed("second")).await.unwrap();
    let before = everything(&store).await;
    for changes in [renamed("third"), vec![]] {
        let stale = store
            .record_in(founded.id, batch(founded.id, 0, changes))
            .await;
        assert!(matches!(stale, Err(RecordError::Conflict)), "{stale:?}");
    }
    assert_eq!(everything(&store).await, before);
}

pub(super) async fn a_taken_place_of_an_account_is_a_conflict(store: Store) {
    let founded = founded(&store).await;
    let wallet = *founded.wallets.keys().next().unwrap();
    let insert = || Change::InsertWalletAccount(Box::new(account(founded.id, wallet, 0)));
    change(&store, &founded, vec![insert()]).await.unwrap();
    let second = change(&store, &founded, vec![insert()]).await;
    assert!(matches!(second, Err(RecordError::Conflict)), "{second:?}");
}

pub(super) async fn a_known_fingerprint_answers_with_its_activity(store: Store) {
    let founded = founded(&store).await;
    let first = batch(founded.id, 0, vec![]);
    let recorded = store.record_in(founded.id, first.clone()).await.unwrap();
    assert_eq!(*recorded.get(), first.activity);

    let mut again = batch(founded.id, 0, vec![Change::DeleteOrganisation]);
    again.activity.fingerprint = first.activity.fingerprint;
    let answer = store.record_in(founded.id, again).await.unwrap();
    assert_eq!(answer, recorded);
    assert_eq!(store.head().size, 2);

    let found = store
        .activity_by_fingerprint(founded.id, &first.activity.fingerprint)
        .await;
    assert_eq!(found.unwrap(), Some(recorded));
    let elsewhere = OrganisationId::from_bytes(fresh());
    let found = store
        .activity_by_fingerprint(elsewhere, &first.activity.fingerprint)
        .await;
    assert_eq!(found.unwrap(), None);
}

pub(super) async fn a_hundred_equal_submissions_make_one_activity(store: Store) {
    let founded = founded(&store).await;
    let fingerprint = activity(founded.id);
    let submissions = (0..100).map(|_| {
        let (store, tenant) = (store.clone(), founded.id);
        let mut batch = batch(founded.id, 0, vec![]);
        batch.activity.fingerprint = fingerprint.fingerprint;
        batch.activity.body.clone_from(&fingerprint.body);
        tokio::spawn(async move { store.record_in(tenant, batch).await })
    });
    let submissions: Vec<_> = submissions.collect();
    let mut answers = Vec::new();
    for submission in submissions {
        answers.push(submission.await.unwrap().unwrap().into_inner().id);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(store.head().size, 2);
}

pub(super) async fn a_batch_outside_its_scope_is_refused(store: Store) {
    let (ours, theirs) = (founded(&store).await, founded(&store).await);
    let child = organisation(Some(theirs.id));
    let rename = || {
        vec![Change::RenameOrganisation {
            name: "taken".into(),
            at: at(1),
        }]
    };
    let mut addressed = batch(theirs.id, 0, rename());
    addressed.activity.organisation = ours.id;
    let mut target = batch(ours.id, 0, vec![]);
    target.target = Some(activity(theirs.id));
    let before = everything(&store).await;
    for batch in [
        batch(theirs.id, 0, rename()),
        batch(theirs.id, 0, vec![]),
        batch(
            ours.id,
            0,
            vec![Change::InsertOrganisation(Box::new(child))],
        ),
        batch(
            ours.id,
            0,
            vec![Change::InsertWalletAccount(Box::new(account(
                theirs.id,
                *theirs.wallets.keys().next().unwrap(),
                0,
            )))],
        ),
        addressed,
        target,
    ] {
        let refused = store.record_in(ours.id, batch).await;
        assert!(
            matches!(refused, Err(RecordError::Store(Error::OutsideScope))),
            "{refused:?}"
        );
    }
    assert_eq!(everything(&store).await, before);
}

/// A held activity as recorded.
async fn held(store: &Store, founded: &Organisation) -> rules::Activity {
    let mut batch = batch(founded.id, 0, vec![]);
    batch.activity.status = ActivityStatus::Held;
    store
        .record_in(founded.id, batch)
        .await
        .unwrap()
        .into_inner()
}

/// The batch by which one more vote settles it.
fn settled(target: &rules::Activity, status: ActivityStatus) -> Batch {
    let mut target = target.clone();
    target.votes.push(vote(Selection::Rejected));
    target.status = status;
    target.updated_at = at(9);
    Batch {
        target: Some(target.clone()),
        ..batch(target.organisation, 0, vec![])
    }
}

pub(super) async fn a_held_activity_settles_once(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let rejection = settled(&target, ActivityStatus::Rejected);
    let expected = rejection.target.clone();
    store.record_in(founded.id, rejection).await.unwrap();
    let found = store
        .activity(founded.id, target.id)
        .await
        .unwrap()
        .unwrap()
        .into_inner();
    assert_eq!(Some(&found), expected.as_ref());
    // The founding, the proposal, the vote and the settled activity.
    assert_eq!(store.head().size, 4);

    let again = settled(&found, ActivityStatus::Held);
    let again = store.record_in(founded.id, again).await;
    assert!(matches!(again, Err(RecordError::Conflict)), "{again:?}");
}

pub(super) async fn a_vote_that_missed_another_is_a_conflict(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let [first, second] = [(); 2].map(|()| settled(&target, ActivityStatus::Held));
    store.record_in(founded.id, first).await.unwrap();
    let missed = store.record_in(founded.id, second).await;
    assert!(matches!(missed, Err(RecordError::Conflict)), "{missed:?}");
}

pub(super) async fn outcomes_come_back_as_they_were_recorded(store: Store) {
    let founded = founded(&store).await;
    for status in [
        ActivityStatus::Held,
        ActivityStatus::Rejected,
        ActivityStatus::Completed(rules::Done::UsersDeleted {
            users: vec![founded.quorum.users[0]],
        }),
        ActivityStatus::Refused(Refusal {
            reason: Reason::NotAllowed,
            message: "no – “why”".into(),
        }),
    ] {
        let mut batch = batch(founded.id, 0, vec![]);
        batch.activity.status = status;
        let recorded = store.record_in(founded.id, batch).await.unwrap();
        let found = store.activity(founded.id, recorded.get().id).await.unwrap();
        assert_eq!(found, Some(recorded));
    }
}

pub(super) async fn a_failing_batch_is_undone_alone(store: Store) {
    let founded = founded(&store).await;
    let size = store.head().size;
    let submissions = (0..60).map(|n| {
        let (store, tenant) = (store.clone(), founded.id);
        // Every third inserts a row and only then fails.
        let changes = match n % 3 {
            0 => vec![
                Change::RenameOrganisation {
                    name: "undone".into(),
                    at: at(1),
                },
                Change::DeleteWallet(WalletId::from_bytes(fresh())),
            ],
            _ => vec![],
        };
        let batch = batch(founded.id, 0, changes);
        tokio::spawn(async move { store.record_in(tenant, batch).await.is_ok() })
    });
    let submissions: Vec<_> = submissions.collect();
    for (n, submission) in submissions.into_iter().enumerate() {
        assert_eq!(submission.await.unwrap(), n % 3 != 0, "{n}");
    }
    assert_eq!(store.head().size, size + 40);
    assert_eq!(*load(&store, founded.id).await, founded);
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(super) async fn whichever_write_fails_nothing_is_left(store: Store) {
    let founded = founded(&store).await;
    let target = held(&store, &founded).await;
    let child = organisation(Some(founded.id));
    let mut batch = settled(&target, ActivityStatus::Rejected);
    batch.changes = vec![
        Change::InsertOrganisation(Box::new(child)),
        Change::InsertUser(Box::new(user("eve"))),
        Change::RenameOrganisation {
            name: "renamed".into(),
            at: at(3),
        },
    ];
    let before = everything(&store).await;
    let head = store.head();
    let faults = store.on_writer(|connection| connection.faults.clone());
    let mut failed = 0;
    loop {
        faults.fail_after(failed);
        let answer = store.record_in(founded.id, batch.clone()).await;
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
    assert!(failed > 20, "only {failed} writes");
    assert_eq!(store.head().size, head.size + 2);
    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(super) async fn activities_are_listed_page_by_page(store: Store) {
    let founded = founded(&store).await;
    let mut ids = Vec::new();
    for n in 0..7 {
        let mut batch = batch(founded.id, 0, vec![]);
        if n % 2 == 0 {
            batch.activity.status = ActivityStatus::Held;
        }
        if n % 3 == 0 {
            batch.activity.kind = "ACTIVITY_TYPE_CREATE_WALLET".into();
        }
        ids.push(
            store
                .record_in(founded.id, batch)
                .await
                .unwrap()
                .into_inner()
                .id,
        );
    }
    ids.reverse();
    let list = |statuses: Option<Vec<StatusFilter>>, kinds: &[&str], page: Page<ActivityId>| {
        let (store, id) = (store.clone(), founded.id);
        let kinds: Vec<_> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        async move {
            let found = store
                .activities(id, statuses.as_deref(), &kinds, &page)
                .await
                .unwrap();
            found
                .into_iter()
                .map(|activity| activity.into_inner().id)
                .collect::<Vec<_>>()
        }
    };
    let page = |limit, before, after| Page {
        limit,
        before,
        after,
    };
    assert_eq!(list(None, &[], page(3, None, None)).await, ids[..3]);
    assert_eq!(
        list(None, &[], page(3, None, Some(ids[2]))).await,
        ids[3..6]
    );
    assert_eq!(
        list(None, &[], page(3, Some(ids[5]), None)).await,
        ids[2..5]
    );
    assert_eq!(
        list(None, &[], page(9, Some(ids[5]), Some(ids[1]))).await,
        ids[2..5]
    );
    assert_eq!(list(None, &[], page(9, Some(ids[0]), None)).await, []);
    // Newest first, n is 6 down to 0.
    let held = list(Some(vec![StatusFilter::Held]), &[], page(9, None, None)).await;
    assert_eq!(held, [ids[0], ids[2], ids[4], ids[6]]);
    let kind = ["ACTIVITY_TYPE_CREATE_WALLET"];
    assert_eq!(
        list(None, &kind, page(2, None, None)).await,
        [ids[0], ids[3]]
    );
    assert_eq!(
        list(None, &kind, page(2, Some(ids[6]), None)).await,
        [ids[0], ids[3]]
    );
    let both = list(
        Some(vec![StatusFilter::Completed]),
        &kind,
        page(9, None, None),
    )
    .await;
    assert_eq!(both, [ids[3]]);
    assert_eq!(list(Some(vec![]), &[], page(9, None, None)).await, []);
}

pub(super) async fn sub_organisations_are_found_by_each_filter(store: Store) {
    let (parent, other) = (founded(&store).await, founded(&store).await);
    let mut children = Vec::new();
    for n in 0..5u64 {
        let mut child = organisation(Some(parent.id));
        // Two are made in the same millisecond.
        child.created_at = at(n / 2);
        child.name = format!("child {n}");
        let user = child.users.values_mut().next().unwrap();
        user.name = format!("user {n}");
        user.email = Some(format!("{n}@example.com"));
        user.phone = Some(format!("+3160000000{n}"));
        change(
            &store,
            &parent,
            vec![Change::InsertOrganisation(Box::new(child.clone()))],
        )
        .await
        .unwrap();
        children.push(child);
    }
    let third = &children[2];
    let wallet = *third.wallets.keys().next().unwrap();
    let new = account(third.id, wallet, 0);
    change(
        &store,
        third,
        vec![Change::InsertWalletAccount(Box::new(new.clone()))],
    )
    .await
    .unwrap();

    let user = third.users.values().next().unwrap();
    let page = Page {
        limit: 10,
        before: None,
        after: None,
    };
    for filter in [
        SubOrganisationFilter::Name("child 2".into()),
        SubOrganisationFilter::UserName("user 2".into()),
        SubOrganisationFilter::Email("2@example.com".into()),
        SubOrganisationFilter::PhoneNumber("+31600000002".into()),
        SubOrganisationFilter::CredentialId(user.authenticators[0].credential_id.clone()),
        SubOrganisationFilter::PublicKey(user.api_keys[0].public_key.clone()),
        SubOrganisationFilter::WalletAccountAddress(new.address.to_lowercase()),
    ] {
        let found = store
            .sub_organisations(parent.id, Some(&filter), &page)
            .await
            .unwrap();
        assert_eq!(found, [third.id], "{filter:?}");
        let found = store
            .sub_organisations(other.id, Some(&filter), &page)
            .await
            .unwrap();
        assert_eq!(found, [], "{filter:?}");
    }

    let mut ids: Vec<_> = children.iter().map(|child| child.id).collect();
    ids.reverse();
    for (limit, before, after, expected) in [
        (10, None, None, &ids[..]),
        (2, None, None, &ids[..2]),
        (2, None, Some(ids[1]), &ids[2..4]),
        (2, Some(ids[4]), None, &ids[2..4]),
        (10, Some(ids[3]), Some(ids[0]), &ids[1..3]),
        (10, None, Some(other.id), &[]),
    ] {
        let page = Page {
            limit,
            before,
            after,
        };
        let found = store
            .sub_organisations(parent.id, None, &page)
            .await
            .unwrap();
        assert_eq!(found, expected, "{page:?}");
    }
}

pub(super) async fn accounts_are_found_by_address_key_path_and_place(store: Store) {
    let founded = founded(&store).await;
    let wallet = *founded.wallets.keys().next().unwrap();
    let mut new = account(founded.id, wallet, 0);
    let mut solana = account(founded.id, wallet, 1);
    solana.address = "SoLaNa".into();
    solana.name = None;
    for account in [&new, &solana] {
        let insert = Change::InsertWalletAccount(Box::new(account.clone()));
        change(&store, &founded, vec![insert]).await.unwrap();
    }
    let rename = Change::RenameWalletAccount {
        id: new.id,
        name: "named".into(),
        at: at(8),
    };
    change(&store, &founded, vec![rename]).await.unwrap();
    new.name = Some("named".into());
    new.updated_at = at(8);

    let id = founded.id;
    let found = Some(new.clone());
    assert_eq!(
        store.account_by_address(id, &new.address).await.unwrap(),
        found
    );
    assert_eq!(
        store
            .account_by_address(id, &new.address.to_lowercase())
            .await
            .unwrap(),
        found
    );
    assert_eq!(
        store.account_by_address(id, "SoLaNa").await.unwrap(),
        Some(solana.clone())
    );
    assert_eq!(store.account_by_address(id, "solana").await.unwrap(), None);
    assert_eq!(
        store
            .account_by_public_key(id, &new.public_key)
            .await
            .unwrap(),
        found
    );
    let path = new.path.to_string();
    assert_eq!(
        store.account_by_path(id, wallet, &path).await.unwrap(),
        found
    );
    assert_eq!(
        store
            .account_by_path(id, WalletId::from_bytes(fresh()), &path)
            .await
            .unwrap(),
        None
    );

    let absent = WalletAccountId::from_bytes(fresh());
    let both = vec![new.clone(), solana.clone()];
    let named = [new.id, absent, solana.id];
    assert_eq!(store.accounts_by_id(id, &named).await.unwrap(), both);
    let place = |path: u32, curve| NewAccount {
        curve,
        path: account(id, wallet, path).path,
        address_format: new.address_format,
        name: None,
    };
    let places = [
        place(0, new.curve),
        place(1, wire::keys::Curve::P256),
        place(2, new.curve),
    ];
    assert_eq!(store.accounts_at(id, wallet, &places).await.unwrap(), [new]);
}

pub(super) async fn accounts_are_listed_page_by_page(store: Store) {
    let founded = founded(&store).await;
    let (first, second) = (*founded.wallets.keys().next().unwrap(), wallet());
    change(
        &store,
        &founded,
        vec![Change::InsertWallet(Box::new(second.clone()))],
    )
    .await
    .unwrap();
    let mut accounts = Vec::new();
    for n in 0..6 {
        let wallet = if n % 2 == 0 { first } else { second.id };
        accounts.push(account(founded.id, wallet, n));
    }
    let inserts = accounts
        .iter()
        .map(|new| Change::InsertWalletAccount(Box::new(new.clone())));
    change(&store, &founded, inserts.collect()).await.unwrap();
    accounts.reverse();
    let page = |before, after| Page {
        limit: 2,
        before,
        after,
    };
    let id = founded.id;
    let found = store.accounts(id, None, &page(None, None)).await.unwrap();
    assert_eq!(found, accounts[..2]);
    let found = store
        .accounts(id, None, &page(None, Some(found[1].id)))
        .await
        .unwrap();
    assert_eq!(found, accounts[2..4]);
    let found = store
        .accounts(id, None, &page(Some(found[0].id), None))
        .await
        .unwrap();
    assert_eq!(found, accounts[..2]);
    let found = store
        .accounts(id, Some(first), &page(None, Some(accounts[1].id)))
        .await
        .unwrap();
    assert_eq!(found, [accounts[3].clone(), accounts[5].clone()]);
}

pub(super) async fn credentials_lead_to_their_homes(store: Store) {
    let parent = founded(&store).await;
    let mut children = [organisation(Some(parent.id)), organisation(Some(parent.id))];
    let shared = children[0].users.values().next().unwrap().clone();
    children[1]
        .users
        .values_mut()
        .next()
        .unwrap()
        .authenticators = vec![rules::Authenticator {
        id: AuthenticatorId::from_bytes(fresh()),
        ..shared.authenticators[0].clone()
    }];
    for child in &children {
        let insert = Change::InsertOrganisation(Box::new(child.clone()));
        change(&store, &parent, vec![insert]).await.unwrap();
    }
    let key = ClaimedKey::PublicKey(&shared.api_keys[0].public_key);
    let passkey = ClaimedKey::CredentialId(&shared.authenticators[0].credential_id);
    let [first, second] = [children[0].id, children[1].id];
    assert_eq!(store.homes_of(key, None).await.unwrap(), [first]);
    assert_eq!(store.homes_of(key, Some(parent.id)).await.unwrap(), [first]);
    assert_eq!(store.homes_of(key, Some(first)).await.unwrap(), []);
    assert_eq!(
        store.homes_of(passkey, None).await.unwrap(),
        [first, second]
    );
    assert_eq!(
        store.homes_of(passkey, Some(parent.id)).await.unwrap(),
        [first, second]
    );
    assert_eq!(
        store
            .homes_of(ClaimedKey::PublicKey(b"unknown"), None)
            .await
            .unwrap(),
        []
    );
}

pub(super) async fn every_leaf_of_a_long_log_has_a_proof(store: Store) {
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
        assert_eq!(found.leaf.activity, id);
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
    let bundle = store.entry_bundle(0, 2).await.unwrap().unwrap();
    let first = usize::from(u16::from_be_bytes([bundle[0], bundle[1]]));
    let tile = store.tile(0, 0, 1).await.unwrap().unwrap();
    assert_eq!(leaf_hash(&bundle[2..2 + first]).0[..], tile[..]);

    assert_eq!(store.audit().await.unwrap().damage, None);
}

pub(super) async fn an_audit_names_what_was_changed(store: Store) {
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
