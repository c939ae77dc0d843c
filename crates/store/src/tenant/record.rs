//! One batch of a tenant, inside the savepoint the writer made for it.

use rules::tenant::TenantChange;
use wire::id::TenantId;

use super::{
    TenantBatch, Writing, account, aggregate, ceremony, event, member, passkey, sending,
    transaction, user,
};
use crate::Error;
use crate::backend::Connection;
use crate::record::Failure;
use crate::writer::Leaves;

/// Writes a batch with the leaf of its event.
pub(crate) fn write(
    connection: &mut Connection,
    writing: &Writing,
    leaves: &mut Leaves,
) -> Result<(), Failure> {
    let Writing { tenant, batch } = writing;
    stay_in_scope(*tenant, batch)?;
    let revision = hold_revision(connection, *tenant, batch)?;
    let at = At {
        tenant: *tenant,
        revision,
    };
    for change in &batch.changes {
        apply(connection, at, change)?;
    }
    if let Some(event) = &batch.event {
        event::insert(connection, at, event, leaves)?;
    }
    // Last, because the event's own row is written only while its tenant is there.
    if batch.changes.contains(&TenantChange::DeleteTenant) {
        aggregate::delete(connection, at)?;
    }
    Ok(())
}

/// A tenant at a revision: what a statement that checks it in passing compares.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) tenant: TenantId,
    pub(super) revision: u64,
}

/// What names a tenant itself names the one the caller was believed for; the rest cannot name any.
fn stay_in_scope(tenant: TenantId, batch: &TenantBatch) -> Result<(), Failure> {
    let event = batch.event.as_ref().map(|event| event.tenant);
    let founded = batch.changes.iter().filter_map(TenantChange::founds);
    if event
        .into_iter()
        .chain(founded)
        .all(|named| named == tenant)
    {
        Ok(())
    } else {
        Err(Error::OutsideScope.into())
    }
}

/// The tenant is still as it was read; if it changes, so does its revision. Returns the revision
/// it has from here on. The usual batch checks it in the statement that writes its event and so
/// spends nothing on it.
fn hold_revision(
    connection: &mut Connection,
    tenant: TenantId,
    batch: &TenantBatch,
) -> Result<u64, Failure> {
    let read = At {
        tenant,
        revision: batch.revision,
    };
    let founded = batch.changes.iter().find_map(|change| match change {
        TenantChange::InsertTenant(tenant) => Some(tenant.revision),
        _ => None,
    });
    if let Some(first) = founded {
        return Ok(first);
    }
    if batch.touches_tenant() {
        aggregate::raise_revision(connection, read)?;
        return Ok(batch.revision + 1);
    }
    let in_passing = |change: &TenantChange| matches!(change, TenantChange::OpenCeremony(_));
    if batch.event.is_none() && !batch.changes.iter().any(in_passing) {
        aggregate::check_revision(connection, read)?;
    }
    Ok(batch.revision)
}

fn apply(connection: &mut Connection, at: At, change: &TenantChange) -> Result<(), Failure> {
    use TenantChange as C;
    let tenant = at.tenant;
    match change {
        C::InsertTenant(founded) => aggregate::insert(connection, founded),
        C::UpdateTenant { name, config, at } => {
            aggregate::update(connection, tenant, name, config, *at)
        }
        C::DeleteTenant => event::erase_all(connection, tenant),
        C::InsertSecret(secret) => aggregate::insert_secret(connection, tenant, secret),
        C::DeleteSecret(id) => aggregate::delete_secret(connection, tenant, *id),
        C::InsertTokenKey(key) => aggregate::insert_token_key(connection, tenant, key),
        C::DeleteTokenKey(id) => aggregate::delete_token_key(connection, tenant, *id),
        C::InsertUser(user) => user::insert(connection, tenant, user),
        C::UpdateUser(user) => user::update(connection, tenant, user),
        C::DeleteUser(id) => {
            event::erase_of_user(connection, tenant, *id)?;
            user::delete(connection, tenant, *id)
        }
        C::InsertPasskey(passkey) => passkey::insert(connection, tenant, passkey),
        C::UpdatePasskey(passkey) => passkey::update(connection, tenant, passkey),
        C::DeletePasskey(passkey) => passkey::delete(connection, tenant, passkey),
        C::InsertAccount(account) => account::insert(connection, tenant, account),
        C::UpdateAccount(account) => account::update(connection, tenant, account),
        C::InsertMember(joins) => member::insert(connection, tenant, joins),
        C::DeleteMember(leaves) => member::delete(connection, tenant, leaves),
        C::InsertSending(sending) => sending::insert(connection, tenant, sending),
        C::SettleSending { signature, outcome } => {
            sending::settle(connection, tenant, signature, outcome)
        }
        C::OpenCeremony(ceremony) => ceremony::open(connection, at, ceremony),
        C::SpendCeremony(challenge) => ceremony::spend(connection, tenant, challenge),
        C::InsertTransaction(transaction) => transaction::insert(connection, tenant, transaction),
        C::UpdateTransaction(transaction) => transaction::update(connection, tenant, transaction),
    }
}
