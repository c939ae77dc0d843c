//! The chains behind the environments, and what they know of an account.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::tenant::{PasskeyAccount, Payer, SessionKey, SessionScope, Used};
use tokio::sync::Semaphore;
use vault::PayerRow;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::{Address, external_signature, program};

use super::execute::NOBODYS_END_S;
use crate::chain::{Chain, ChainError};
use crate::error::Error;
use crate::{Engine, entropy};

/// What a payer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayerBalance {
    /// Where.
    pub environment: Environment,
    /// Who pays there.
    pub payer: Address,
    /// What is there to pay with; `None` if the chain did not say.
    pub lamports: Option<u64>,
}

/// A chain, and who pays there.
pub(crate) struct Network {
    pub(super) chain: Arc<dyn Chain>,
    pub(super) payer: Payer,
    /// Whoever looks what became of a transaction takes a turn: however many are under way, their
    /// questions leave room for those of people.
    pub(super) deliveries: Semaphore,
}

/// How many look at a time what became of their transactions.
const LOOKING_AT_ONCE: usize = 8;

/// The rent of a passkey account (1,948,800 lamports), the fee of three signatures, and what the
/// payer's own account must keep (890,880).
const ENOUGH_LAMPORTS: u64 = 2_900_000;

impl Network {
    pub(super) fn payer_row(&self) -> PayerRow {
        PayerRow {
            environment: self.payer.environment,
            address: self.payer.address,
            sealed: self.payer.sealed.clone(),
        }
    }

    /// Whether the payer can pay for whatever is asked here. Looked at before a challenge is spent:
    /// a node drops what cannot be paid for without a word.
    pub(super) async fn can_pay(&self) -> Result<(), Error> {
        let payer = self.chain.account(&self.payer.address).await?;
        match payer {
            Some(payer) if payer.lamports >= ENOUGH_LAMPORTS => Ok(()),
            Some(_) | None => Err(Error::PayerPoor(self.payer.address)),
        }
    }

    /// The passkey account at an address, as the chain has it. Whatever else lies there is none.
    pub(super) async fn account(
        &self,
        address: &Address,
    ) -> Result<Option<external_signature::PasskeyAccount>, ChainError> {
        let found = self.chain.account(address).await?;
        let found = found.filter(|found| found.owner == program::EXTERNAL_SIGNATURE);
        let told =
            found.and_then(|found| external_signature::PasskeyAccount::parse(&found.data).ok());
        Ok(told.map(without_nobodys))
    }
}

/// Without the session of an account that was made without one.
fn without_nobodys(
    mut told: external_signature::PasskeyAccount,
) -> external_signature::PasskeyAccount {
    if told.session_key.expires_at_s == NOBODYS_END_S {
        told.session_key.key = Address::from_bytes([0; 32]);
    }
    told
}

impl Engine {
    /// The same, with the chains that passkey sessions act on. Each gets a payer if it has none.
    pub async fn with_chains(
        mut self,
        chains: BTreeMap<Environment, Arc<dyn Chain>>,
    ) -> Result<Self, Error> {
        for (environment, chain) in chains {
            let payer = self.appointed(environment).await?;
            let network = Network {
                chain,
                payer,
                deliveries: Semaphore::new(LOOKING_AT_ONCE),
            };
            self.networks.insert(environment, network);
        }
        Ok(self)
    }

    /// The chain behind an environment.
    pub(super) fn network(&self, environment: Environment) -> Result<&Network, Error> {
        let network = self.networks.get(&environment);
        network.ok_or_else(|| Error::Unreadable(format!("{environment} has no chain any more")))
    }

    /// Who pays in each environment that has a chain.
    pub fn payers(&self) -> Vec<(Environment, Address)> {
        let networks = self.networks.iter();
        let payers = networks.map(|(environment, network)| (*environment, network.payer.address));
        payers.collect()
    }

    /// What each payer has, as its chain says now; `None` where the chain does not answer.
    pub async fn payer_balances(&self) -> Vec<PayerBalance> {
        let mut asked = Vec::new();
        for (environment, network) in &self.networks {
            let (environment, payer) = (*environment, network.payer.address);
            let chain = Arc::clone(&network.chain);
            // At once, so that one chain that is slow to fail does not add to another.
            asked.push(tokio::spawn(async move {
                let found = chain.account(&payer).await;
                if let Err(error) = &found {
                    tracing::warn!(%environment, %error, "the payer's balance is not known");
                }
                PayerBalance {
                    environment,
                    payer,
                    // An account that nobody has sent anything to is none.
                    lamports: found.ok().map(|found| found.map_or(0, |it| it.lamports)),
                }
            }));
        }
        let mut balances = Vec::new();
        for (balance, (environment, payer)) in asked.into_iter().zip(self.payers()) {
            // A question that panicked was not answered.
            balances.push(balance.await.unwrap_or(PayerBalance {
                environment,
                payer,
                lamports: None,
            }));
        }
        balances
    }

    async fn appointed(&self, environment: Environment) -> Result<Payer, Error> {
        if let Some(payer) = self.store.payer(environment).await? {
            return Ok(payer);
        }
        let row = self.vault.create_payer(environment, &mut entropy::System)?;
        let made = Payer {
            environment,
            address: row.address,
            sealed: row.sealed,
            created_at: self.clock.now(),
        };
        self.store.appoint_payer(made).await?;
        // Another server may have been first.
        let appointed = self.store.payer(environment).await?;
        appointed.ok_or_else(|| Error::Unreadable(format!("the payer of {environment} is gone")))
    }

    /// The account at an address, if it is the tenant's: kept, or about to be. A chain has the
    /// accounts of others as well.
    pub(super) async fn own_account(
        &self,
        tenant: TenantId,
        environment: Environment,
        address: Address,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let account = self.account_at(tenant, environment, address).await?;
        match &account {
            Some(found) if found.revision.is_none() => {
                let is_own = self.store.has_sent(tenant, environment, address).await?;
                Ok(account.filter(|_| is_own))
            }
            Some(_) | None => Ok(account),
        }
    }

    /// The account at an address, as a decision rests on it: on a chain, what the chain says, with
    /// what we remember of it; else what we remember.
    pub(crate) async fn account_at(
        &self,
        tenant: TenantId,
        environment: Environment,
        address: Address,
    ) -> Result<Option<PasskeyAccount>, Error> {
        let kept = self.store.passkey_account(tenant, environment, address);
        let kept = kept.await?;
        let Some(network) = self.networks.get(&environment) else {
            return Ok(kept);
        };
        let told = network.account(&address).await?;
        let now = self.clock.now();
        Ok(told.map(|told| {
            let account = kept.unwrap_or_else(|| {
                let public_key = told.public_key.as_bytes().to_vec();
                let rp_id = told.rp_id.as_str().to_owned();
                PasskeyAccount::new((environment, address), public_key, rp_id, now)
            });
            as_told(account, &told)
        }))
    }
}

/// What we remember of an account, brought in line with what the chain says.
pub(super) fn as_told(
    mut account: PasskeyAccount,
    told: &external_signature::PasskeyAccount,
) -> PasskeyAccount {
    // Authenticators count in 32 bits; the program stores them in 64.
    account.sign_count = u32::try_from(told.counter).unwrap_or(u32::MAX);
    account.session = told.session().map(|session| {
        let ours = account.session.take();
        let ours = ours.filter(|ours| ours.key == session.key);
        let expires_at_seconds = session.expires_at_s;
        match ours {
            Some(ours) => SessionKey {
                expires_at_seconds,
                ..ours
            },
            None => SessionKey {
                key: session.key,
                lifetime_seconds: 0,
                expires_at_seconds,
                scope: SessionScope::default(),
                used: Used::default(),
                is_revoked: false,
            },
        }
    });
    account
}
