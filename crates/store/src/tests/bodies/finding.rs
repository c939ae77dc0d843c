//! Lists and lookups.

use rules::ActivityStatus;
use rules::Change;
use rules::command::NewAccount;
use rules::query::{Page, StatusFilter, SubOrganisationFilter};
use verify::ClaimedKey;
use wire::id::{ActivityId, AuthenticatorId, WalletAccountId, WalletId};

use super::super::fixtures::*;
use crate::Store;

pub(in crate::tests) async fn activities_are_listed_page_by_page(store: Store) {
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

pub(in crate::tests) async fn sub_organisations_are_found_by_each_filter(store: Store) {
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

pub(in crate::tests) async fn accounts_are_found_by_address_key_path_and_place(store: Store) {
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

pub(in crate::tests) async fn accounts_are_listed_page_by_page(store: Store) {
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
    // Newest first, and the last two are of one moment, in the order asked for.
    let [.., fifth, sixth] = &mut accounts[..] else {
        unreachable!("there are six")
    };
    sixth.created_at = fifth.created_at;
    let inserts = accounts
        .iter()
        .map(|new| Change::InsertWalletAccount(Box::new(new.clone())));
    change(&store, &founded, inserts.collect()).await.unwrap();
    accounts.reverse();
    accounts.swap(0, 1);
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
        .accounts(id, Some(first), &page(None, Some(accounts[0].id)))
        .await
        .unwrap();
    assert_eq!(found, [accounts[3].clone(), accounts[5].clone()]);
}

pub(in crate::tests) async fn credentials_lead_to_their_homes(store: Store) {
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
