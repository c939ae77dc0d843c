//! Passkeys that join accounts and leave them.

use rules::tenant::{Member, PasskeyAccount, Role, TenantChange};
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::Address;

use super::super::super::fixtures::tenant::*;
use super::accounts::{account, insert};
use super::is_conflict;
use crate::Store;

const SANDBOX: Environment = Environment::Sandbox;

fn address(name: u8) -> Address {
    Address::from_bytes([name; 32])
}

fn member(environment: Environment, account: u8, passkey: u8, at: u64) -> Member {
    Member {
        environment,
        account: address(account),
        passkey: address(passkey),
        role: Role::Backup,
        added_at: Timestamp::from_millis(at),
    }
}

async fn join(store: &Store, tenant: TenantId, member: &Member) -> bool {
    let change = TenantChange::InsertMember(member.clone());
    let recorded = record(store, tenant, vec![change]).await;
    assert!(recorded.is_ok() || is_conflict(&recorded), "{recorded:?}");
    recorded.is_ok()
}

async fn leave(store: &Store, tenant: TenantId, member: &Member) -> bool {
    let change = TenantChange::DeleteMember(member.clone());
    let recorded = record(store, tenant, vec![change]).await;
    assert!(recorded.is_ok() || is_conflict(&recorded), "{recorded:?}");
    recorded.is_ok()
}

async fn members(store: &Store, tenant: TenantId, environment: Environment) -> Vec<Member> {
    store
        .members(tenant, environment, address(1))
        .await
        .unwrap()
}

/// A tenant with the accounts 1 to 3 in two environments.
async fn tenant_with_accounts(store: &Store) -> TenantId {
    let tenant = founded_tenant(store).await.id;
    let both = [SANDBOX, Environment::Devnet];
    let accounts = both
        .iter()
        .flat_map(|it| (1..=3).map(|n| account(*it, n, 10)));
    let changes = accounts.map(|account| insert(&account)).collect();
    record(store, tenant, changes).await.unwrap();
    tenant
}

pub(in crate::tests) async fn passkeys_join_an_account_once_and_leave_it_once(store: Store) {
    let tenant = tenant_with_accounts(&store).await;
    let primary = Member {
        role: Role::Primary,
        ..member(SANDBOX, 1, 2, 30)
    };
    let backup = member(SANDBOX, 1, 3, 20);
    assert!(!leave(&store, tenant, &backup).await, "it has not joined");
    assert!(join(&store, tenant, &primary).await);
    assert!(join(&store, tenant, &backup).await);
    let again = member(SANDBOX, 1, 3, 40);
    assert!(!join(&store, tenant, &again).await, "it has joined");
    let all = members(&store, tenant, SANDBOX).await;
    assert_eq!(all, [backup.clone(), primary.clone()], "oldest first");

    assert!(!leave(&store, tenant, &again).await, "it joined earlier");
    assert!(leave(&store, tenant, &backup).await);
    assert!(!leave(&store, tenant, &backup).await, "it has left");
    assert_eq!(members(&store, tenant, SANDBOX).await, [primary]);
    assert!(join(&store, tenant, &again).await, "it may come back");
}

pub(in crate::tests) async fn t82_passkeys_of_an_account_stay_in_its_tenant_and_environment(
    store: Store,
) {
    let tenant = tenant_with_accounts(&store).await;
    let other = tenant_with_accounts(&store).await;
    let backup = member(SANDBOX, 1, 2, 20);
    assert!(join(&store, tenant, &backup).await);
    assert!(members(&store, other, SANDBOX).await.is_empty());
    assert!(
        members(&store, tenant, Environment::Devnet)
            .await
            .is_empty()
    );
    assert!(!leave(&store, other, &backup).await);
    assert!(!leave(&store, tenant, &member(Environment::Devnet, 1, 2, 20)).await);
    let of_another = store.members(tenant, SANDBOX, address(2)).await.unwrap();
    assert!(of_another.is_empty(), "it works one way");

    // They go with the tenant, and what was there stays a neighbour's.
    assert!(join(&store, other, &backup).await);
    record(&store, tenant, vec![TenantChange::DeleteTenant])
        .await
        .unwrap();
    assert!(members(&store, tenant, SANDBOX).await.is_empty());
    assert_eq!(members(&store, other, SANDBOX).await, [backup]);
}

pub(in crate::tests) async fn of_two_changes_to_an_account_one_comes_first(store: Store) {
    let tenant = tenant_with_accounts(&store).await;
    let read = async || {
        let found = store.passkey_account(tenant, SANDBOX, address(1)).await;
        found.unwrap().unwrap()
    };
    let with = |account: &PasskeyAccount, member: Member| {
        let account = TenantChange::UpdateAccount(Box::new(account.clone()));
        vec![account, TenantChange::InsertMember(member)]
    };
    let account = read().await;
    let one = with(&account, member(SANDBOX, 1, 2, 20));
    let two = with(&account, member(SANDBOX, 1, 3, 20));
    record(&store, tenant, one).await.unwrap();
    assert!(is_conflict(&record(&store, tenant, two).await));
    assert_eq!(members(&store, tenant, SANDBOX).await.len(), 1);
    let two = with(&read().await, member(SANDBOX, 1, 3, 20));
    record(&store, tenant, two).await.unwrap();
    assert_eq!(members(&store, tenant, SANDBOX).await.len(), 2);
}
