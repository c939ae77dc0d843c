//! Accounts that a passkey owns, kept and listed.

use rules::tenant::{PasskeyAccount, SessionKey, SessionScope, TenantChange, Used};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::super::super::fixtures::tenant::*;
use super::is_conflict;
use crate::{Page, Store};

/// The second at which every session here ends.
const END: u64 = 2_000;

pub(super) fn account(environment: Environment, name: u8, created_at_ms: u64) -> PasskeyAccount {
    PasskeyAccount {
        environment,
        address: Address::from_bytes([name; 32]),
        public_key: vec![name; 33],
        credential_id: None,
        rp_id: "auth.example".into(),
        session: None,
        sign_count: 0,
        revision: None,
        created_at: Timestamp::from_millis(created_at_ms),
        updated_at: Timestamp::from_millis(created_at_ms),
    }
}

fn session() -> SessionKey {
    SessionKey {
        key: Address::from_bytes([9; 32]),
        lifetime_seconds: 900,
        expires_at_seconds: END,
        scope: SessionScope::default(),
        used: Used::default(),
        is_revoked: false,
    }
}

pub(super) fn insert(account: &PasskeyAccount) -> TenantChange {
    TenantChange::InsertAccount(Box::new(account.clone()))
}

/// The names of the listed accounts, and how many there are in all.
async fn listed(
    store: &Store,
    tenant: TenantId,
    environment: Option<Environment>,
    live_at: Option<u64>,
    page: Page,
) -> (Vec<u8>, u64) {
    let live_at = live_at.map(|seconds| Timestamp::from_millis(seconds * 1_000));
    let listed = store
        .passkey_accounts(tenant, environment, live_at, page)
        .await
        .unwrap();
    let names = listed
        .items
        .iter()
        .map(|account| account.address.as_bytes()[0]);
    (names.collect(), listed.total)
}

pub(in crate::tests) async fn accounts_of_passkeys_are_listed_page_by_page(store: Store) {
    use Environment as E;
    let tenant = founded_tenant(&store).await.id;
    let other = founded_tenant(&store).await.id;
    let accounts = [
        account(E::Sandbox, 1, 10),
        account(E::Sandbox, 2, 30),
        // Of one moment: the address decides.
        account(E::Sandbox, 3, 20),
        account(E::Sandbox, 4, 20),
        account(E::Devnet, 1, 40),
    ];
    record(&store, tenant, accounts.iter().map(insert).collect())
        .await
        .unwrap();
    record(&store, other, vec![insert(&account(E::Sandbox, 7, 50))])
        .await
        .unwrap();
    let list = async |environment, page| listed(&store, tenant, environment, None, page).await;
    let page = |number, size| Page { number, size };
    let sandbox = Some(E::Sandbox);
    assert_eq!(list(sandbox, ALL).await, (vec![2, 4, 3, 1], 4));
    assert_eq!(list(sandbox, page(1, 3)).await, (vec![2, 4, 3], 4));
    assert_eq!(list(sandbox, page(2, 3)).await, (vec![1], 4));
    assert_eq!(list(sandbox, page(3, 3)).await, (vec![], 4));
    assert_eq!(list(sandbox, page(u64::MAX, u64::MAX)).await, (vec![], 4));
    assert_eq!(list(Some(E::Devnet), ALL).await, (vec![1], 1));
    assert_eq!(list(Some(E::Mainnet), ALL).await, (vec![], 0));
    assert_eq!(list(None, ALL).await, (vec![1, 2, 4, 3, 1], 5));
    assert_eq!(
        listed(&store, other, None, None, ALL).await,
        (vec![7], 1),
        "t82: a neighbour sees its own"
    );
    // Nothing is lost on the way.
    let whole = store.passkey_accounts(tenant, Some(E::Devnet), None, ALL);
    let stored = PasskeyAccount {
        revision: Some(0),
        ..accounts[4].clone()
    };
    assert_eq!(whole.await.unwrap().items, [stored]);
}

pub(in crate::tests) async fn accounts_are_live_as_long_as_their_session_key(store: Store) {
    use Environment as E;
    let tenant = founded_tenant(&store).await.id;
    let live = PasskeyAccount {
        session: Some(session()),
        ..account(E::Sandbox, 1, 10)
    };
    let idle = account(E::Sandbox, 2, 20);
    record(&store, tenant, vec![insert(&live), insert(&idle)])
        .await
        .unwrap();
    let at = async |seconds| listed(&store, tenant, None, Some(seconds), ALL).await;
    assert_eq!(at(0).await, (vec![1], 1));
    assert_eq!(at(END - 1).await, (vec![1], 1));
    assert_eq!(at(END).await, (vec![], 0), "t47");

    // What changes the session changes the list.
    let read = async |name: u8| {
        let address = Address::from_bytes([name; 32]);
        let found = store.passkey_account(tenant, E::Sandbox, address).await;
        found.unwrap().unwrap()
    };
    let update = async |account: &PasskeyAccount| {
        let change = TenantChange::UpdateAccount(Box::new(account.clone()));
        record(&store, tenant, vec![change]).await
    };
    let mut revoked = read(1).await;
    revoked.session.as_mut().unwrap().is_revoked = true;
    update(&revoked).await.unwrap();
    assert_eq!(at(0).await, (vec![], 0));
    let mut bound = read(2).await;
    bound.session = Some(session());
    update(&bound).await.unwrap();
    assert_eq!(at(END - 1).await, (vec![2], 1));
    assert!(is_conflict(&update(&bound).await), "it was read before");
    assert_eq!(
        listed(&store, tenant, None, None, ALL).await,
        (vec![2, 1], 2)
    );
}
