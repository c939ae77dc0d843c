//! What this process remembers of tenants, so that the usual request reads nothing.
//!
//! Nothing here is the truth: whatever is decided on it is recorded only if the store still has
//! it so. The writer tells what it committed before it answers anybody, in the order of commits;
//! what a batch that met a conflict rested on is forgotten.

use std::sync::Arc;

use rules::tenant::{Ceremony, Content, Passkey, Tenant, TenantChange, Transaction};
use wire::id::{TenantId, TransactionId};

use super::Writing;
use crate::RecordError;
use crate::cache::Cache;

/// A tenant, and a credential id or a challenge in it.
type Key = (TenantId, Vec<u8>);

/// What is remembered, each in two generations of the sizes below.
pub(crate) struct Memory {
    pub(super) tenants: Cache<TenantId, Arc<Tenant>>,
    pub(super) passkeys: Cache<Key, Arc<Passkey>>,
    pub(super) ceremonies: Cache<Key, Arc<Ceremony>>,
    transactions: Cache<TransactionId, Arc<Transaction>>,
    /// Leads from a challenge to the transaction that has or had it open.
    challenges: Cache<Key, TransactionId>,
}

const TENANTS: usize = 5_000;
const PASSKEYS: usize = 20_000;
const CEREMONIES: usize = 20_000;
const TRANSACTIONS: usize = 10_000;

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            tenants: Cache::new(TENANTS),
            passkeys: Cache::new(PASSKEYS),
            ceremonies: Cache::new(CEREMONIES),
            transactions: Cache::new(TRANSACTIONS),
            challenges: Cache::new(TRANSACTIONS),
        }
    }

    /// The transaction with this open challenge, if it is remembered.
    pub(super) fn transaction(
        &self,
        tenant: TenantId,
        challenge: &[u8],
    ) -> Option<Arc<Transaction>> {
        let id = self.challenges.get(&(tenant, challenge.to_vec()))?;
        let transaction = self.transactions.get(&id)?;
        // It may have another one by now.
        (transaction.challenge.as_deref() == Some(challenge)).then_some(transaction)
    }

    /// Takes note of what became of a batch.
    pub(crate) fn note(&self, writing: &Writing, answer: Result<(), &RecordError>) {
        let Writing { tenant, batch } = writing;
        match answer {
            Ok(()) => {
                for change in &batch.changes {
                    self.recorded(*tenant, change);
                }
            }
            Err(RecordError::Conflict) => {
                self.tenants.forget(tenant);
                for change in &batch.changes {
                    self.doubted(*tenant, change);
                }
            }
            // Nothing of it was written.
            Err(RecordError::Store(_)) => {}
        }
    }

    /// Forgets everything, as a new process has.
    #[cfg(test)]
    pub(crate) fn forget_all(&self) {
        self.tenants.clear();
        self.passkeys.clear();
        self.ceremonies.clear();
        self.transactions.clear();
        self.challenges.clear();
    }

    fn recorded(&self, tenant: TenantId, change: &TenantChange) {
        use TenantChange as C;
        if change.touches_tenant() {
            self.tenants.forget(&tenant);
        }
        match change {
            C::InsertPasskey(passkey) => self.remember_passkey(tenant, passkey.clone()),
            C::UpdatePasskey(passkey) => {
                let mut passkey = passkey.clone();
                passkey.revision += 1;
                self.remember_passkey(tenant, passkey);
            }
            C::OpenCeremony(ceremony) => {
                let key = (tenant, ceremony.challenge.clone());
                self.ceremonies.replace(key, Arc::new(ceremony.clone()));
            }
            C::InsertTransaction(transaction) => {
                self.remember_transaction(tenant, transaction.clone());
            }
            C::UpdateTransaction(transaction) => {
                let mut transaction = transaction.clone();
                transaction.revision += 1;
                self.remember_transaction(tenant, transaction);
            }
            // Which credentials and transactions went with it is not known here; it is rare.
            C::DeleteUser(_) | C::DeleteTenant => {
                self.passkeys.clear();
                self.ceremonies.clear();
                self.transactions.clear();
            }
            C::DeletePasskey(_) | C::SpendCeremony(_) => self.doubted(tenant, change),
            C::InsertTenant(_)
            | C::UpdateTenant { .. }
            | C::InsertSecret(_)
            | C::DeleteSecret(_)
            | C::InsertTokenKey(_)
            | C::DeleteTokenKey(_)
            | C::InsertUser(_)
            | C::UpdateUser(_)
            | C::InsertAccount(_)
            | C::UpdateAccount(_)
            | C::InsertMember(_)
            | C::DeleteMember(_)
            | C::InsertSending(_)
            | C::SettleSending { .. } => {}
        }
    }

    /// Forgets what a change is about.
    fn doubted(&self, tenant: TenantId, change: &TenantChange) {
        use TenantChange as C;
        match change {
            C::InsertPasskey(passkey) | C::UpdatePasskey(passkey) | C::DeletePasskey(passkey) => {
                self.passkeys
                    .forget(&(tenant, passkey.credential_id.clone()));
            }
            C::SpendCeremony(challenge) => self.ceremonies.forget(&(tenant, challenge.clone())),
            C::UpdateTransaction(transaction) => self.transactions.forget(&transaction.id),
            // Nothing that could be remembered already.
            C::OpenCeremony(_) | C::InsertTransaction(_) => {}
            C::InsertTenant(_)
            | C::UpdateTenant { .. }
            | C::DeleteTenant
            | C::InsertSecret(_)
            | C::DeleteSecret(_)
            | C::InsertTokenKey(_)
            | C::DeleteTokenKey(_)
            | C::InsertUser(_)
            | C::UpdateUser(_)
            | C::DeleteUser(_)
            | C::InsertAccount(_)
            | C::UpdateAccount(_)
            | C::InsertMember(_)
            | C::DeleteMember(_)
            | C::InsertSending(_)
            | C::SettleSending { .. } => {}
        }
    }

    fn remember_passkey(&self, tenant: TenantId, passkey: Passkey) {
        let key = (tenant, passkey.credential_id.clone());
        self.passkeys.replace(key, Arc::new(passkey));
    }

    fn remember_transaction(&self, tenant: TenantId, transaction: Transaction) {
        let id = transaction.id;
        match &transaction.challenge {
            // The sizes above are counts, and what is to be confirmed may be a whole request long.
            Some(_) if weight(&transaction) > MAX_WEIGHT => self.transactions.forget(&id),
            Some(challenge) => {
                self.challenges.replace((tenant, challenge.clone()), id);
                self.transactions.replace(id, Arc::new(transaction));
            }
            // Nobody finds it here without one.
            None => self.transactions.forget(&id),
        }
    }
}

/// The longest text of a transaction that is remembered, in bytes.
const MAX_WEIGHT: usize = 4_096;

/// The length of what in a transaction may be long: any JSON, or a picture.
fn weight(transaction: &Transaction) -> usize {
    match &transaction.terms.content {
        Content::Compatible { data } => data.len(),
        Content::Payment { .. } => transaction
            .spc()
            .map_or(0, |terms| terms.instrument.icon.len()),
    }
}
