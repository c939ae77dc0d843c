//! What a tenant, or who runs the server, may look at.

use std::convert::Infallible;
use std::sync::Arc;

use rules::tenant::decide::stay_in_environment;
use rules::tenant::{
    Event, Least, Member, Passkey, PasskeyAccount, State, Tenant, TenantUser, Transaction,
};
use verify::tenant::{Call, Operator};
use wire::environment::Environment;
use wire::id::{EventId, TenantId, TenantUserId};
use wire::solana::Address;
use wire::tenants::record::{RECEIPT_VERSION, ReceiptDocument};

use super::{Failure, admitted, present};
use crate::Engine;
use crate::error::Error;

pub use store::{EventFilter, Listed, Page};

/// Who may look at one tenant's rows. Had by showing one of its API keys, or the operator's token.
pub struct Reader<'a> {
    engine: &'a Engine,
    tenant: Arc<Tenant>,
}

impl Engine {
    /// A reader for who shows one of the tenant's API keys, to look at what is in this environment;
    /// none for what is in none.
    pub async fn reader(
        &self,
        call: Call,
        environment: Option<Environment>,
    ) -> Result<Reader<'_>, Failure<Infallible>> {
        // No batch comes after that would find a key revoked by another server.
        let stored = self.store.tenant_as_stored(call.tenant).await?;
        let tenant = stored.ok_or(Failure::NoTenant)?;
        let presented = present(&call, &tenant);
        let (tenant, presented) = admitted(tenant, presented, Least::Bearer)?;
        stay_in_environment(presented.proof(), environment, &tenant)
            .map_err(Failure::Unbelieved)?;
        Ok(Reader {
            engine: self,
            tenant,
        })
    }

    /// A reader for who runs the server.
    pub async fn operator_reader(
        &self,
        _operator: Operator,
        tenant: TenantId,
    ) -> Result<Reader<'_>, Failure<Infallible>> {
        let stored = self.store.tenant_as_stored(tenant).await?;
        let tenant = stored.ok_or(Failure::NoTenant)?;
        Ok(Reader {
            engine: self,
            tenant,
        })
    }
}

impl Reader<'_> {
    /// The tenant itself.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Credentials of one user or of all.
    pub async fn credentials(
        &self,
        user_id: Option<&str>,
        page: Page,
        newest_first: bool,
    ) -> Result<Listed<Passkey>, Error> {
        let id = self.tenant.id;
        let store = &self.engine.store;
        Ok(store.passkeys(id, user_id, page, newest_first).await?)
    }

    /// One credential.
    pub async fn credential(&self, id: &[u8]) -> Result<Option<Passkey>, Error> {
        let store = &self.engine.store;
        Ok(store.passkey_as_stored(self.tenant.id, id).await?)
    }

    /// A user by the tenant's own name for them.
    pub async fn user(&self, user_id: &str) -> Result<Option<TenantUser>, Error> {
        Ok(self
            .engine
            .store
            .tenant_user(self.tenant.id, user_id)
            .await?)
    }

    /// A user by our identifier.
    pub async fn user_by_id(&self, id: TenantUserId) -> Result<Option<TenantUser>, Error> {
        let store = &self.engine.store;
        Ok(store.tenant_user_by_id(self.tenant.id, id).await?)
    }

    /// The credentials of a user, oldest first.
    pub async fn credentials_of(&self, user: TenantUserId) -> Result<Vec<Passkey>, Error> {
        Ok(self.engine.store.passkeys_of(self.tenant.id, user).await?)
    }

    /// Users.
    pub async fn users(&self, page: Page, newest_first: bool) -> Result<Listed<TenantUser>, Error> {
        let store = &self.engine.store;
        Ok(store
            .tenant_users(self.tenant.id, page, newest_first)
            .await?)
    }

    /// One transaction, by the tenant's own name for it.
    pub async fn transaction(&self, identifier: &str) -> Result<Option<Transaction>, Error> {
        let store = &self.engine.store;
        Ok(store.transaction(self.tenant.id, identifier).await?)
    }

    /// Transactions of one user or of all, in one state or in any, newest first.
    pub async fn transactions(
        &self,
        user_id: Option<&str>,
        state: Option<State>,
        page: Page,
    ) -> Result<Listed<Transaction>, Error> {
        let (store, id) = (&self.engine.store, self.tenant.id);
        Ok(match state {
            None => store.transactions(id, user_id, page).await?,
            Some(state) => {
                let now = self.engine.clock.now();
                store
                    .transactions_in_state(id, user_id, state, now, page)
                    .await?
            }
        })
    }

    /// All transactions of a user.
    pub async fn transactions_of(&self, user: TenantUserId) -> Result<Vec<Transaction>, Error> {
        Ok(self
            .engine
            .store
            .transactions_of(self.tenant.id, user)
            .await?)
    }

    /// Events, newest first.
    pub async fn events(&self, filter: EventFilter, page: Page) -> Result<Listed<Event>, Error> {
        let store = &self.engine.store;
        Ok(store.events(self.tenant.id, &filter, page).await?)
    }

    /// A passkey account in an environment; on a chain, as the chain has it.
    pub async fn passkey_account(
        &self,
        environment: Environment,
        address: Address,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let tenant = self.tenant.id;
        self.engine.account_at(tenant, environment, address).await
    }

    /// The passkeys that joined an account, oldest first; none on a chain, where no other than the
    /// account's own may act.
    pub async fn members(
        &self,
        environment: Environment,
        account: Address,
    ) -> Result<Vec<Member>, Error> {
        if self.engine.networks.contains_key(&environment) {
            return Ok(Vec::new());
        }
        let store = &self.engine.store;
        Ok(store.members(self.tenant.id, environment, account).await?)
    }

    /// Passkey accounts as they are kept here, in one environment or in all, newest first; only
    /// those whose session key may still act, if asked. No chain is asked: it may know of another
    /// session by now.
    pub async fn passkey_accounts(
        &self,
        environment: Option<Environment>,
        are_live: bool,
        page: Page,
    ) -> Result<Listed<PasskeyAccount>, Error> {
        let (store, id) = (&self.engine.store, self.tenant.id);
        let live_at = are_live.then(|| self.engine.clock.now());
        let listed = store.passkey_accounts(id, environment, live_at, page);
        Ok(listed.await?)
    }

    /// The receipt of a confirmed transaction: verifies offline with nothing but the log's public
    /// key. `None` if the transaction is not there or was not confirmed.
    pub async fn receipt(&self, identifier: &str) -> Result<Option<ReceiptDocument>, Error> {
        let transaction = self.transaction(identifier).await?;
        let confirmation = transaction.and_then(|known| known.terms.confirmation);
        match confirmation {
            Some(confirmation) => self.event_receipt(confirmation.event).await,
            None => Ok(None),
        }
    }

    async fn event_receipt(&self, event: EventId) -> Result<Option<ReceiptDocument>, Error> {
        let proof = self.engine.store.event_proof(self.tenant.id, event).await?;
        let Some(proof) = proof else {
            return Ok(None);
        };
        let checkpoint = self.engine.signed(&proof.inclusion.head)?;
        Ok(Some(ReceiptDocument {
            version: RECEIPT_VERSION,
            receipt: proof.inclusion.receipt(checkpoint).to_string(),
            salt: proof.salt,
            record: proof.record,
        }))
    }
}
