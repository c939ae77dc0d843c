//! Seeing a transaction through: sent until the chain has carried it out or no longer takes it,
//! and what became of it recorded.
//!
//! It was made, signed and recorded before this begins, and is never made anew. Whoever began may
//! be interrupted; whoever comes later goes on from the store, and two who do so at once only send
//! the same bytes twice.

use std::time::Duration;

use rules::tenant::{
    Event, EventKind, PasskeyAccount, Refusal, Sending, SendingOutcome, SendingPurpose, SessionKey,
    Tenant, TenantChange,
};
use serde_json::json;
use store::{RecordError, Sent};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::{EventId, TenantId};
use wire::solana::{Address, external_signature};

use super::answer::Sent as Carried;
use super::network::as_told;
use super::{Answer, MAX_ATTEMPTS, Network, Outcome, refused_because};
use crate::chain::{ChainError, Status};
use crate::error::Error;
use crate::{Engine, entropy};

/// How long to wait before looking, and sending, again.
const PAUSE: Duration = Duration::from_millis(500);

/// For how many blocks after its last one a transaction is still looked for. Behind one address are
/// many nodes: one tells the height, and another, which lags, does not know yet what was carried
/// out. Who is told that nothing was done does it again.
const LAG: u64 = 32;

/// How often a lagging node is asked for what a transaction has bound: for about four seconds.
const LOOKS: u32 = 8;

/// How long whoever made a transaction is left alone with it. A chain takes it for about a minute,
/// so whoever comes after must not wait too long.
const FORGOTTEN_AFTER_MS: u64 = 15_000;

impl Engine {
    /// Sees a tenant's transaction through, and tells what it is answered with.
    ///
    /// Returns when the outcome is recorded, which may take as long as the chain takes
    /// transactions of its age: about a minute. Safe to abandon and to begin again.
    pub async fn deliver(&self, tenant: TenantId, signature: &[u8]) -> Result<Outcome, Error> {
        let sent = self.store.sending(tenant, signature).await?;
        let sent = sent.ok_or_else(|| Error::Unreadable("a transaction is gone".to_owned()))?;
        self.see_through(&sent).await
    }

    /// The transactions that nobody sees through any more, to be [delivered](Self::deliver): with
    /// their tenants, by their first signature. Of each chain some, so that those on one that does
    /// not go on, or is not there any more, keep no others waiting.
    pub async fn forgotten(&self) -> Result<Vec<(TenantId, Vec<u8>)>, Error> {
        let now = self.clock.now().as_millis();
        let before = Timestamp::from_millis(now.saturating_sub(FORGOTTEN_AFTER_MS));
        let mut named = Vec::new();
        for environment in self.networks.keys() {
            let forgotten = self.store.under_way(*environment, before).await?;
            let forgotten = forgotten.iter();
            named.extend(forgotten.map(|it| (it.tenant(), it.sending().signature.clone())));
        }
        Ok(named)
    }

    async fn see_through(&self, sent: &Sent) -> Result<Outcome, Error> {
        let sending = sent.sending();
        if let Some(outcome) = &sending.outcome {
            return self.told(sent, outcome).await;
        }
        let network = self.network(sending.environment)?;
        let outcome = carried_out(network, sending).await;
        self.settle(sent, network, outcome).await
    }

    /// Records what became of a transaction, with what follows from it.
    async fn settle(
        &self,
        sent: &Sent,
        network: &Network,
        outcome: SendingOutcome,
    ) -> Result<Outcome, Error> {
        let sending = sent.sending();
        for _ in 0..MAX_ATTEMPTS {
            let tenant = self.store.tenant_as_stored(sent.tenant()).await?;
            let tenant = tenant.ok_or_else(|| Error::Unreadable("no tenant".to_owned()))?;
            let changes = match (&sending.purpose, &outcome) {
                (SendingPurpose::Bind { .. }, SendingOutcome::Landed { .. }) => {
                    vec![self.bound(sent, network).await?]
                }
                _ => Vec::new(),
            };
            let event = self.settled(&tenant, sending, &outcome)?;
            let revision = tenant.revision;
            let settled = self
                .store
                .settle(sent, outcome.clone(), revision, changes, event);
            match settled.await {
                Ok(_) => return self.told(sent, &outcome).await,
                Err(RecordError::Store(error)) => return Err(error.into()),
                Err(RecordError::Conflict) => {
                    let stored = self.store.sending(sent.tenant(), &sending.signature);
                    let stored = stored.await?;
                    // Somebody else saw it through meanwhile.
                    let known = stored.as_ref().and_then(|it| it.sending().outcome.as_ref());
                    if let Some(known) = known {
                        return self.told(sent, known).await;
                    }
                }
            }
        }
        Err(Error::Contended(MAX_ATTEMPTS))
    }

    /// The account as it is now that its transaction was carried out.
    async fn bound(&self, sent: &Sent, network: &Network) -> Result<TenantChange, Error> {
        let sending = sent.sending();
        let SendingPurpose::Bind {
            public_key,
            credential_id,
            rp_id,
            session,
        } = &sending.purpose
        else {
            return Err(Error::Unreadable("nothing was bound".to_owned()));
        };
        let bytes = |text: &String| {
            base64url::decode(text).map_err(|_| Error::Unreadable("a bound key".to_owned()))
        };
        let now = self.clock.now();
        let kept = self
            .store
            .passkey_account(sent.tenant(), sending.environment, sending.account)
            .await?;
        let mut account = match kept {
            Some(kept) => kept,
            None => {
                let at = (sending.environment, sending.account);
                PasskeyAccount::new(at, bytes(public_key)?, rp_id.clone(), now)
            }
        };
        let told = shown(network, sending.account, session.as_ref()).await?;
        let there = told.as_ref().and_then(|told| told.session());
        let there = there.map(|session| session.key);
        if !has_moved_on(&account, session.as_ref(), there, sending.created_at) {
            account.session = session.clone();
        }
        if let Some(id) = credential_id {
            account.credential_id = Some(bytes(id)?);
        }
        account.updated_at = now;
        Ok(TenantChange::keep(match &told {
            Some(told) => as_told(account, told),
            None => account,
        }))
    }

    fn settled(
        &self,
        tenant: &Tenant,
        sending: &Sending,
        outcome: &SendingOutcome,
    ) -> Result<Event, Error> {
        let now = self.clock.now();
        let id = EventId::from_time(now, entropy::sixteen()?);
        Ok(Event {
            id,
            tenant: tenant.id,
            kind: EventKind::ChainSettled,
            error: refusal(sending, outcome).as_ref().map(refused_because),
            user_id: None,
            transaction_id: None,
            source: sending.source.clone(),
            fingerprint: verify::stamp::Body::new(&sending.packet).sha256(),
            detail: json!({
                "account": sending.account,
                "environment": sending.environment,
                "signature": wire::solana::signature_text(&sending.signature),
                "outcome": outcome,
            }),
            at: now,
        })
    }

    /// What a transaction is answered with, now that its outcome is recorded.
    async fn told(&self, sent: &Sent, outcome: &SendingOutcome) -> Result<Outcome, Error> {
        let sending = sent.sending();
        if let Some(refusal) = refusal(sending, outcome) {
            return Ok(Err(refusal));
        }
        Ok(Ok(match &sending.purpose {
            SendingPurpose::Bind { .. } => {
                let account = self
                    .store
                    .passkey_account(sent.tenant(), sending.environment, sending.account)
                    .await?;
                let account = account.ok_or_else(|| Error::Unreadable("no account".to_owned()))?;
                Answer::SessionBound(Box::new(account))
            }
            SendingPurpose::Act => Answer::Carried(Carried {
                signature: sending.signature.clone(),
                at: self.clock.now(),
            }),
        }))
    }
}

/// Sends a transaction until it is carried out, or can no longer be.
async fn carried_out(network: &Network, sending: &Sending) -> SendingOutcome {
    loop {
        match look(network, sending).await {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => {}
            // It may have been taken all the same: there is nothing to do but to look again.
            Err(error) => {
                tracing::warn!(%error, environment = %sending.environment, "the chain is silent");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The account as the chain has it after a transaction that bound a session key. Behind one address
/// are many nodes, and one that lags still shows the key from before: it is asked again for a
/// while. Whatever is there then was bound later, by another.
async fn shown(
    network: &Network,
    account: Address,
    bound: Option<&SessionKey>,
) -> Result<Option<external_signature::PasskeyAccount>, ChainError> {
    let bound = bound.map(|bound| bound.key);
    for _ in 0..LOOKS {
        let told = network.account(&account).await?;
        let there = told.as_ref().and_then(|told| told.session());
        if bound.is_none() || there.map(|session| session.key) == bound {
            return Ok(told);
        }
        tokio::time::sleep(PAUSE).await;
    }
    network.account(&account).await
}

/// Whether what we remember is younger than a transaction whose outcome comes to be known only now:
/// another has bound the key that is `there`, or that key was taken away meanwhile (threat T47).
fn has_moved_on(
    kept: &PasskeyAccount,
    bound: Option<&SessionKey>,
    there: Option<Address>,
    made_at: Timestamp,
) -> bool {
    let kept_key = kept.session.as_ref().filter(|kept| Some(kept.key) == there);
    kept_key.is_some_and(|session| {
        bound.map(|bound| bound.key) != there || session.is_revoked && kept.updated_at >= made_at
    })
}

/// What became of a transaction; sends it (again) if nothing has yet.
async fn look(network: &Network, sending: &Sending) -> Result<Option<SendingOutcome>, ChainError> {
    let chain = &network.chain;
    let _turn = network.deliveries.acquire().await;
    let signature = sending.signature.as_slice().try_into();
    let signature: &[u8; 64] = signature
        .map_err(|_| ChainError::Answered("a signature of ours is not 64 bytes".to_owned()))?;
    // The height first: what has not been carried out by then never will be.
    let height = chain.block_height().await?;
    if let Some(status) = chain.status(signature).await? {
        return Ok(Some(became(status)));
    }
    if let Some(late) = height.checked_sub(sending.last_valid_height + 1) {
        return Ok((late >= LAG).then_some(SendingOutcome::Lapsed));
    }
    chain.send(&sending.packet).await?;
    Ok(chain.status(signature).await?.map(became))
}

fn became(status: Status) -> SendingOutcome {
    match status.failed {
        None => SendingOutcome::Landed { slot: status.slot },
        Some(failure) => SendingOutcome::Failed {
            slot: status.slot,
            custom: failure.custom,
            error: failure.error,
        },
    }
}

/// Why a transaction did nothing, if it did nothing.
///
/// Whoever answered a challenge is told when its slot has expired. In a session key's transaction
/// there is no slot, and the number may be any program's own.
fn refusal(sending: &Sending, outcome: &SendingOutcome) -> Option<Refusal> {
    use external_signature::{ErrorKind, ProgramError};
    match outcome {
        SendingOutcome::Landed { .. } => None,
        SendingOutcome::Lapsed => Some(Refusal::Lapsed),
        SendingOutcome::Failed { custom, error, .. } => {
            let program = custom.and_then(ProgramError::from_number);
            Some(match (&sending.purpose, program.map(ProgramError::kind)) {
                (SendingPurpose::Bind { .. }, Some(ErrorKind::Expired)) => Refusal::SlotExpired,
                _ => Refusal::OnChain {
                    custom: *custom,
                    error: error.clone(),
                },
            })
        }
    }
}
