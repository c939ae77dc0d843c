//! Transactions, from their first challenge to their confirmation.

use rules::tenant::config::Preference;
use rules::tenant::transaction::MAX_ATTEMPTS;
use rules::tenant::{
    Allowed, Command, Content, Passkey, Stage, Tenant, TenantChange, TenantUser, Terms, Transaction,
};
use serde_json::json;
use verify::tenant::{Asked, Proof};
use verify::transaction::{TransactionContent, compat_digest, digest_v2};
use verify::webauthn::VerifiedAssertion;
use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::id::{EventId, TransactionId};
use wire::token::TokenUse;

use super::{Executed, used};
use crate::error::Error;
use crate::tenants::answer::{Answer, Options, PaymentRequest, RequestOptions, TransactionAnswer};
use crate::tenants::token::About;
use crate::tenants::{after, confirmation};
use crate::{Engine, entropy};

pub(super) fn begin_transaction(
    allowed: Allowed,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<Executed, Error> {
    let Allowed::BeginTransaction {
        identifier,
        user,
        content,
        expires_in_seconds,
        return_url,
        allow,
    } = allowed
    else {
        return Err(Error::Unreadable("something else was begun".into()));
    };
    let life = expires_in_seconds;
    let transaction = new_transaction(tenant, identifier, &user, content, life, return_url, now)?;
    let answer = TransactionAnswer {
        is_new: true,
        options: Some(options(tenant, &transaction, allow, now)?),
        ..TransactionAnswer::of(transaction.clone())
    };
    let detail = json!({ "digest": transaction.terms.digest });
    let change = TenantChange::InsertTransaction(transaction.clone());
    Ok(told(answer, vec![change]).with(detail))
}

pub(super) fn renew_challenge(
    asked: &Asked<Command>,
    tenant: &Tenant,
    transaction: &Transaction,
    allow: Vec<Passkey>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let next = transaction.challenged(transaction_challenge(transaction)?, now);
    let answer = TransactionAnswer {
        options: Some(options(tenant, &next, allow, now)?),
        ..TransactionAnswer::of(next.clone())
    };
    let mut executed = told(answer, vec![TenantChange::UpdateTransaction(next)]);
    // As often as who has the link likes.
    executed.is_event = asked.proof() != Proof::Nobody;
    Ok(executed)
}

/// A transaction that only moved on.
pub(super) fn settled(next: Transaction) -> Executed {
    let detail = json!({ "digest": next.terms.digest });
    let change = TenantChange::UpdateTransaction(next.clone());
    told(TransactionAnswer::of(next), vec![change]).with(detail)
}

/// What is told of a transaction, and remembered of it.
fn told(answer: TransactionAnswer, changes: Vec<TenantChange>) -> Executed {
    let transaction = answer.transaction.clone();
    Executed::new(Answer::Transaction(Box::new(answer)), changes).of(&transaction)
}

fn new_transaction(
    tenant: &Tenant,
    identifier: String,
    user: &TenantUser,
    content: Content,
    expires_in_seconds: Option<u64>,
    return_url: Option<String>,
    now: Timestamp,
) -> Result<Transaction, Error> {
    let rp_id = tenant.config.webauthn.relying_party.id.clone();
    let timeout = tenant.config.webauthn.ceremonies.timeout;
    // The compatible kind waits as long as its ceremony.
    let expires_at = match expires_in_seconds {
        Some(seconds) => now.plus_seconds(seconds),
        None => after(now, timeout),
    };
    let unreadable = |what: &str| Error::Unreadable(format!("{what} of a new transaction"));
    let digest = match &content {
        Content::Compatible { data } => {
            let data = serde_json::from_str(data).map_err(|_| unreadable("the data"))?;
            compat_digest(&identifier, &data)
        }
        Content::Payment { payment, method } => digest_v2(&TransactionContent {
            tenant: tenant.id,
            user_id: &user.user_id,
            transaction_id: &identifier,
            payment: &confirmation::parse_payment(payment)?,
            rp_id: &rp_id,
            method: method.kind(),
            expires_at,
        }),
    };
    let transaction = Transaction {
        // Random through and through: who knows it may see the payment and answer.
        id: TransactionId::from_random(entropy::sixteen()?),
        identifier,
        user: user.id,
        challenge: None,
        stage: Stage::Pending,
        expires_at,
        terms: Terms {
            user_id: user.user_id.clone(),
            content,
            rp_id,
            digest: hex::encode(digest),
            attempts_left: MAX_ATTEMPTS,
            return_url,
            confirmation: None,
            consumed_at: None,
        },
        revision: 0,
        created_at: now,
        updated_at: now,
    };
    let challenge = transaction_challenge(&transaction)?;
    Ok(transaction.challenged(challenge, now))
}

fn transaction_challenge(transaction: &Transaction) -> Result<Vec<u8>, Error> {
    let digest = hex::decode_array(&transaction.terms.digest)
        .map_err(|_| Error::Unreadable(format!("digest of transaction {}", transaction.id)))?;
    Ok(verify::transaction::challenge(entropy::bytes()?, digest).to_vec())
}

/// What to call the browser with for a transaction's open challenge.
fn options(
    tenant: &Tenant,
    transaction: &Transaction,
    allow: Vec<Passkey>,
    now: Timestamp,
) -> Result<Options, Error> {
    let challenge = transaction
        .challenge
        .clone()
        .ok_or_else(|| Error::Unreadable("no challenge to answer".to_owned()))?;
    let left = transaction
        .expires_at
        .as_millis()
        .saturating_sub(now.as_millis());
    let timeout_ms = tenant.config.webauthn.ceremonies.timeout.min(left);
    let rp_id = transaction.terms.rp_id.clone();
    Ok(match (&transaction.terms.content, transaction.spc()) {
        (Content::Payment { payment, .. }, Some(spc)) => {
            Options::Payment(Box::new(PaymentRequest {
                rp_id,
                challenge,
                timeout_ms,
                credential_ids: allow.into_iter().map(|key| key.credential_id).collect(),
                spc: spc.clone(),
                payment: payment.clone(),
            }))
        }
        _ => Options::Request(RequestOptions {
            rp_id,
            challenge,
            timeout_ms,
            allow,
            user_verification: Preference::Required,
        }),
    })
}

impl Engine {
    pub(super) fn confirm(
        &self,
        asked: &Asked<Command>,
        tenant: &Tenant,
        (transaction, passkey, verified): (&Transaction, &Passkey, &VerifiedAssertion),
        event: EventId,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let Command::ConfirmTransaction { response, .. } = asked.content() else {
            return Err(Error::Unreadable("something else was confirmed".into()));
        };
        let challenge = transaction.challenge.as_deref().unwrap_or_default();
        let confirmed = transaction.confirmed(rules::tenant::Confirmation {
            event,
            at: now,
            fingerprint: hex::encode(asked.fingerprint()),
            credential_id: base64url::encode(&passkey.credential_id),
            challenge: base64url::encode(challenge),
        });
        let token = self.token_of(tenant, &confirmed, verified)?;
        let evidence = confirmation::evidence(tenant, &confirmed, passkey, verified, response)?;
        let detail = serde_json::to_value(&evidence)
            .map_err(|error| Error::Unreadable(error.to_string()))?;
        let changes = vec![
            TenantChange::UpdateTransaction(confirmed.clone()),
            TenantChange::UpdatePasskey(used(passkey, verified, now)),
        ];
        let answer = TransactionAnswer {
            token: Some(token),
            ..TransactionAnswer::of(confirmed)
        };
        Ok(told(answer, changes).with(detail))
    }

    /// The same outcome told once more.
    pub(super) fn confirm_again(
        &self,
        asked: &Asked<Command>,
        tenant: &Tenant,
        transaction: &Transaction,
        verified: &VerifiedAssertion,
    ) -> Result<Executed, Error> {
        let answer = TransactionAnswer {
            token: Some(self.token_of(tenant, transaction, verified)?),
            ..TransactionAnswer::of(transaction.clone())
        };
        let mut executed = told(answer, Vec::new()).with(json!({ "again": true }));
        // As often as who has the link likes.
        executed.is_event = asked.proof() != Proof::Nobody;
        Ok(executed)
    }

    /// The token of a confirmed transaction; the same claims however often.
    fn token_of(
        &self,
        tenant: &Tenant,
        transaction: &Transaction,
        verified: &VerifiedAssertion,
    ) -> Result<String, Error> {
        let known = transaction.terms.confirmation.as_ref();
        let confirmation =
            known.ok_or_else(|| Error::Unreadable("confirmed by nothing".to_owned()))?;
        let about = About {
            usage: TokenUse::Transaction,
            user_id: &transaction.terms.user_id,
            credential_id: verified.credential_id(),
            event: confirmation.event,
            at: confirmation.at,
            user_verified: verified.user_verified(),
            transaction: Some(transaction),
        };
        self.token(tenant, vault::Ceremony::Assertion(verified), &about)
    }
}
