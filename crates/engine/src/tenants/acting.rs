//! What a session key's transaction rests on.

use rules::tenant::facts::{Acting, Prepared, Signed};
use rules::tenant::prepare::{FeePayer, PrepareRefusal, Wrapping, wrap};
use rules::tenant::{ActTerms, Begun, Found, Paying, Refusal, SessionKey};
use verify::solana::{Payable, PayableRejection, SelfPaid, execution_account};
use verify::stamp::Body;
use wire::Timestamp;
use wire::environment::Environment;
use wire::id::TenantId;
use wire::solana::{Address, Transaction};

use super::Network;
use super::network::as_told;
use crate::Engine;
use crate::error::Error;

impl Engine {
    pub(super) async fn found_preparing(
        &self,
        tenant: TenantId,
        (environment, account): (Environment, Address),
        transaction: &Transaction,
        paying: Paying,
    ) -> Result<Found, Error> {
        let Some(network) = self.networks.get(&environment) else {
            return Ok(Found::Nothing);
        };
        let acting = self.acting(network, tenant, account).await?;
        let prepared = match &acting.session {
            Some(session) => Some(prepared(network, account, session, transaction, paying).await?),
            None => None,
        };
        let is_waiting = match &prepared {
            Some(Ok(prepared)) => {
                // Or was sent already: the same message once more is the same transaction.
                let name = name(&prepared.message.to_bytes());
                self.store.ceremony(tenant, &name).await?.is_some()
                    || self.store.sending_of(tenant, &name).await?.is_some()
            }
            _ => false,
        };
        Ok(Found::Preparing {
            acting: Some(acting),
            prepared,
            is_waiting,
        })
    }

    pub(super) async fn found_submitting(
        &self,
        tenant: TenantId,
        (environment, account): (Environment, Address),
        transaction: &Transaction,
    ) -> Result<Found, Error> {
        let Some(network) = self.networks.get(&environment) else {
            return Ok(Found::Nothing);
        };
        let name = name(transaction.message_bytes());
        let ceremony = self.store.ceremony(tenant, &name).await?;
        let sent = match &ceremony {
            Some(_) => None,
            // Spent, if it ever was: what was signed then is known by what it was prepared as.
            None => self.store.sending_of(tenant, &name).await?,
        };
        let sent = sent.filter(|it| {
            (it.sending().environment, it.sending().account) == (environment, account)
        });
        if let Some(sent) = sent {
            // The chain is not asked: whoever heard that it is silent, and that nothing was done,
            // would have the same made once more.
            return Ok(Found::Submitting {
                ceremony: None,
                acting: None,
                signed: None,
                failure: None,
                sent: Some(sent.sending().signature.clone()),
            });
        }
        let acting = self.acting(network, tenant, account).await?;
        let terms = ceremony.as_ref().and_then(|it| match &it.begun {
            Begun::Act(terms) => Some(terms),
            _ => None,
        });
        let signed = terms.map(|terms| signed(terms, transaction));
        let failure = match &signed {
            Some(Ok(_)) => failure(network, transaction).await?,
            _ => None,
        };
        Ok(Found::Submitting {
            ceremony,
            acting: Some(acting),
            signed,
            failure,
            sent: None,
        })
    }

    /// How many transactions were made for a tenant in the last day.
    pub(super) async fn made_today(&self, tenant: TenantId) -> Result<u64, Error> {
        let now = self.clock.now().as_millis();
        let since = Timestamp::from_millis(now.saturating_sub(DAY_MS));
        Ok(self.store.sendings_since(tenant, since).await?)
    }

    async fn acting(
        &self,
        network: &Network,
        tenant: TenantId,
        address: Address,
    ) -> Result<Acting, Error> {
        let environment = network.payer.environment;
        let chain_now = Timestamp::from_millis(network.chain.now_s().await?.saturating_mul(1000));
        let kept = self.store.passkey_account(tenant, environment, address);
        let kept = kept.await?;
        let told = network.account(&address).await?;
        let made_today = self.made_today(tenant).await?;
        let (Some(kept), Some(told)) = (kept, told) else {
            return Ok(Acting {
                account: None,
                session: None,
                chain_now,
                made_today,
            });
        };
        // Another key on the chain was bound elsewhere, and its scope is not known here.
        let is_ours = kept.session.as_ref().map(|session| session.key)
            == told.session().map(|session| session.key);
        let account = as_told(kept, &told);
        let session = account.session.clone();
        let session = session.filter(|session| is_ours && session.is_bound_here());
        Ok(Acting {
            account: Some(account),
            session,
            chain_now,
            made_today,
        })
    }
}

/// A day, in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// What a prepared message goes by: SHA-256 of it.
pub(super) fn name(message: &[u8]) -> [u8; 32] {
    Body::new(message).sha256()
}

async fn prepared(
    network: &Network,
    account: Address,
    session: &SessionKey,
    transaction: &Transaction,
    paying: Paying,
) -> Result<Result<Prepared, PrepareRefusal>, Error> {
    let sponsor = network.payer.address;
    let payer = match paying {
        Paying::Server => FeePayer::Sponsor(sponsor),
        Paying::SessionKey => FeePayer::Client(session.key),
        Paying::Other(address) if address == sponsor => FeePayer::Sponsor(sponsor),
        Paying::Other(address) => FeePayer::Client(address),
    };
    let wrapping = Wrapping {
        account,
        execution_account: execution_account(&account).address,
        session_key: session.key,
        payer,
        scope: &session.scope,
        used: &session.used,
    };
    let wrapped = match wrap(transaction.message(), &wrapping) {
        Ok(wrapped) => wrapped,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let blockhash = network.chain.latest_blockhash().await?;
    let message = match wrapped.compile(blockhash.hash) {
        Ok(message) => message,
        Err(error) => return Ok(Err(error.into())),
    };
    Ok(Ok(Prepared {
        message,
        terms: ActTerms {
            environment: network.payer.environment,
            account,
            session_key: session.key,
            sponsor: matches!(payer, FeePayer::Sponsor(_)).then_some(sponsor),
            wanted: wrapped.wanted().clone(),
            last_valid_height: blockhash.last_valid_height,
        },
    }))
}

/// Whether everybody has signed who should. What came back is what was prepared, since it was
/// found by its hash.
fn signed(terms: &ActTerms, transaction: &Transaction) -> Result<Signed, PayableRejection> {
    let (prepared, submitted) = (transaction.message_bytes(), transaction.clone());
    Ok(match terms.sponsor {
        Some(payer) => Signed::Sponsored(Payable::session(prepared, submitted, payer)?),
        None => Signed::SelfPaid(SelfPaid::read(prepared, submitted)?),
    })
}

/// Why the chain would not do it, asked before it costs a fee.
async fn failure(network: &Network, transaction: &Transaction) -> Result<Option<Refusal>, Error> {
    if transaction.message().signers().first() == Some(&network.payer.address) {
        network.can_pay().await?;
    }
    let simulated = network.chain.simulate(&transaction.to_bytes()).await?;
    Ok(simulated.err().map(|failure| Refusal::OnChain {
        custom: failure.custom,
        error: failure.error,
    }))
}
