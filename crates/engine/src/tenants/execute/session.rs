//! Passkey sessions.

use rules::tenant::config::Preference;
use rules::tenant::decide::Believed;
use rules::tenant::session::CHALLENGE_LIFE_MS;
use rules::tenant::{
    Allowed, Anchor, Begun, Ceremony, Command, PasskeyAccount, PasskeyChange, Sending,
    SendingPurpose, SessionAction, SessionAnswer, SessionKey, SessionTerms, Source, TenantChange,
};
use serde_json::{Value, json};
use verify::solana::{Nonce, Payable};
use verify::stamp::Body;
use verify::tenant::Asked;
use wire::Timestamp;
use wire::encoding::base64url;
use wire::environment::Environment;
use wire::solana::{Address, Transaction, external_signature as program};
use wire::webauthn::MAX_CREDENTIAL_ID;

use super::Executed;
use crate::Engine;
use crate::error::Error;
use crate::tenants::after;
use crate::tenants::answer::{Answer, OpenedSession};

/// Opens a session: the challenge covers the session key and its end (threat T49).
pub(super) fn open(
    base_url: String,
    terms: SessionTerms,
    now: Timestamp,
) -> Result<Executed, Error> {
    let ceremony = ceremony(&terms, now)?;
    let detail = json!({
        "action": terms.action,
        "environment": terms.environment,
        "sessionKey": terms.key.as_ref().map(|key| key.key),
        "scope": terms.key.as_ref().map(|key| &key.scope),
        "account": terms.account,
        "rpId": terms.rp_id,
    });
    let opened = opened(base_url, terms, &ceremony);
    let answer = Answer::SessionOpened(Box::new(opened));
    Ok(Executed::new(answer, vec![TenantChange::OpenCeremony(ceremony)]).with(detail))
}

/// What waits for the answer.
pub(super) fn ceremony(terms: &SessionTerms, now: Timestamp) -> Result<Ceremony, Error> {
    let challenge = asked(terms);
    let challenge =
        challenge.ok_or_else(|| Error::Unreadable("a session without a key".to_owned()))?;
    Ok(Ceremony {
        challenge: challenge.to_vec(),
        begun: Begun::Session(Box::new(terms.clone())),
        user_verification: Preference::Preferred,
        expires_at: after(now, CHALLENGE_LIFE_MS),
    })
}

pub(super) fn opened(base_url: String, terms: SessionTerms, ceremony: &Ceremony) -> OpenedSession {
    OpenedSession {
        base_url,
        expires_at: ceremony.expires_at,
        challenge: ceremony.challenge.clone(),
        terms,
    }
}

/// What is to be signed; `None` if it is no session. An account that is named is covered.
fn asked(terms: &SessionTerms) -> Option<[u8; 32]> {
    let key = terms.key.as_ref();
    let Some(account) = terms.account else {
        return challenge(terms.action, key, &terms.anchor, &terms.user_handle);
    };
    let nonce = nonce(&terms.anchor);
    match &terms.change {
        Some(PasskeyChange::Add { passkey, .. }) => Some(nonce.add_passkey(account, *passkey)),
        Some(PasskeyChange::Remove {
            passkey,
            ends_session,
        }) => Some(nonce.remove_passkey(account, *passkey, *ends_session)),
        None => key.map(|key| nonce.refresh_of(account, lasting(key))),
    }
}

/// What is to be signed; `None` if it is no session.
pub(in crate::tenants) fn challenge(
    action: SessionAction,
    key: Option<&SessionKey>,
    anchor: &Anchor,
    user_handle: &str,
) -> Option<[u8; 32]> {
    let nonce = nonce(anchor);
    match (action, key) {
        (SessionAction::Create, key) => Some(nonce.initialise(first(key, anchor, user_handle))),
        (SessionAction::Auth, key) => key.map(|key| nonce.refresh(lasting(key))),
        (SessionAction::Find, _) => Some(nonce.find(user_handle.as_bytes())),
    }
}

/// The session that an account begins with. On a chain everybody knows what else the challenge is
/// made of, so where no key is asked for there is one that nobody has, which was over long ago:
/// else any stranger could guess the challenge, and answer it with a passkey of their own.
fn first(
    key: Option<&SessionKey>,
    anchor: &Anchor,
    user_handle: &str,
) -> Option<program::SessionKey> {
    let nobodys = || program::SessionKey {
        key: Address::from_bytes(Body::new(user_handle.as_bytes()).sha256()),
        expires_at_s: NOBODYS_END_S,
    };
    key.map(until)
        .or_else(|| anchor.is_on_chain().then(nobodys))
}

/// When a key that nobody has ended: no real one did, since ends lie ahead when keys are bound.
pub(in crate::tenants) const NOBODYS_END_S: u64 = 1;

fn nonce(anchor: &Anchor) -> Nonce {
    Nonce {
        slot_hash: *anchor.hash.as_bytes(),
        signer: anchor.payer,
    }
}

fn until(key: &SessionKey) -> program::SessionKey {
    program::SessionKey {
        key: key.key,
        expires_at_s: key.expires_at_seconds,
    }
}

fn lasting(key: &SessionKey) -> program::SessionLifetime {
    program::SessionLifetime {
        key: key.key,
        lifetime_s: key.lifetime_seconds,
    }
}

impl Engine {
    /// Binds the session key to the account whose passkey answered; a new passkey gets its
    /// account. Where there is a chain, both happen there, and here when they have happened there.
    pub(super) fn bind_session(
        &self,
        allowed: Allowed,
        asked: &Asked<Command>,
        source: &Source,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let (
            Allowed::BindSession {
                ceremony,
                terms,
                key,
                address,
                account,
                named,
                verified,
                on_chain,
            },
            Command::BindSession { answer, .. },
        ) = (allowed, asked.content())
        else {
            return Err(Error::Unreadable("something else was bound".to_owned()));
        };
        // It is not signed: kept if it can be one at all, and nothing rests on it.
        let told = answer.credential_id.clone();
        let answered = Answered {
            address,
            public_key: key.as_bytes().to_vec(),
            credential_id: told.filter(|id| id.len() <= MAX_CREDENTIAL_ID),
            sign_count: verified.sign_count(),
        };
        let spent = TenantChange::SpendCeremony(ceremony.challenge.clone());
        let evidence = json!({
            "account": address,
            "publicKey": base64url::encode(&answered.public_key),
            "terms": &*terms,
            "userVerified": verified.user_verified(),
            "assertion": evidence(answer),
        });
        let (answer, mut changes, mut detail) = match on_chain {
            Some(believed) => {
                let cause = Cause {
                    challenge: ceremony.challenge.clone(),
                    fingerprint: *asked.fingerprint(),
                    source: source.clone(),
                };
                let sending = self.binding(&terms, &believed, answered, cause, now)?;
                let answer = Answer::Sending(sending.signature.clone());
                let mut detail = evidence;
                detail["transaction"] = wire::solana::signature_text(&sending.signature).into();
                (
                    answer,
                    vec![TenantChange::InsertSending(Box::new(sending))],
                    detail,
                )
            }
            None => {
                let named = named.filter(|named| named.address != address);
                let mut acting = used(account, answered, &terms, now);
                let mut changes = Vec::new();
                if let Some(named) = named {
                    changes.push(TenantChange::keep(acting));
                    acting = *named;
                }
                bind(&mut acting, &terms, now);
                let mut detail = evidence;
                detail["session"] = json!(acting.session);
                changes.push(TenantChange::keep(acting.clone()));
                (Answer::SessionBound(Box::new(acting)), changes, detail)
            }
        };
        detail["environment"] = json!(terms.environment);
        changes.insert(0, spent);
        Ok(Executed::new(answer, changes).with(detail))
    }

    /// The transaction that makes the chain bind the key: made once, and signed by the payer.
    fn binding(
        &self,
        terms: &SessionTerms,
        believed: &Believed,
        answered: Answered,
        cause: Cause,
        now: Timestamp,
    ) -> Result<Sending, Error> {
        let network = self.network(terms.environment)?;
        let Believed {
            proof,
            number,
            blockhash,
            last_valid_height,
        } = believed;
        let nonce = nonce(&terms.anchor);
        let payable = match (terms.action, &terms.key) {
            (SessionAction::Create, key) => {
                let session = first(key.as_ref(), &terms.anchor, &terms.user_handle);
                Payable::initialise(proof, *number, &nonce, session, *blockhash)
            }
            (SessionAction::Auth, Some(key)) => {
                Payable::refresh(proof, *number, &nonce, lasting(key), *blockhash)
            }
            (SessionAction::Auth, None) | (SessionAction::Find, _) => {
                return Err(Error::Unreadable("there is nothing to send".to_owned()));
            }
        };
        // Everything it could object to was looked at before.
        let payable = payable.map_err(|error| Error::Unreadable(error.to_string()))?;
        let transaction = self.vault.pay(&network.payer_row(), payable)?;
        let purpose = SendingPurpose::Bind {
            public_key: base64url::encode(&answered.public_key),
            credential_id: answered.credential_id.as_ref().map(base64url::encode),
            rp_id: terms.rp_id.clone(),
            session: acting(terms, now),
        };
        sending(
            &transaction,
            (terms.environment, answered.address),
            *last_valid_height,
            purpose,
            cause,
            now,
        )
    }
}

/// What a transaction is made for.
pub(super) struct Cause {
    pub(super) challenge: Vec<u8>,
    pub(super) fingerprint: [u8; 32],
    pub(super) source: Source,
}

/// A signed transaction, on its way.
pub(super) fn sending(
    transaction: &Transaction,
    (environment, account): (Environment, Address),
    last_valid_height: u64,
    purpose: SendingPurpose,
    cause: Cause,
    now: Timestamp,
) -> Result<Sending, Error> {
    let Cause {
        challenge,
        fingerprint,
        source,
    } = cause;
    let signature = transaction.signatures().first();
    let signature = signature.ok_or_else(|| Error::Unreadable("unsigned".to_owned()))?;
    let packet = transaction.to_packet();
    Ok(Sending {
        signature: signature.to_vec(),
        environment,
        account,
        packet: packet.map_err(|error| Error::Unreadable(error.to_string()))?,
        last_valid_height,
        purpose,
        challenge,
        fingerprint,
        source,
        created_at: now,
        outcome: None,
    })
}

/// Whose answer it is.
struct Answered {
    address: Address,
    public_key: Vec<u8>,
    credential_id: Option<Vec<u8>>,
    sign_count: u32,
}

/// What a third party needs to believe an answer again.
pub(super) fn evidence(answer: &SessionAnswer) -> Value {
    json!({
        "clientDataJSON": base64url::encode(&answer.client_data_json),
        "authenticatorData": base64url::encode(&answer.authenticator_data),
        "signature": base64url::encode(&answer.signature),
    })
}

/// The account of the passkey that answered, where there is no chain.
fn used(
    account: Option<PasskeyAccount>,
    answered: Answered,
    terms: &SessionTerms,
    now: Timestamp,
) -> PasskeyAccount {
    let mut account = account.unwrap_or_else(|| {
        let at = (terms.environment, answered.address);
        PasskeyAccount::new(at, answered.public_key, terms.rp_id.clone(), now)
    });
    if answered.credential_id.is_some() {
        account.credential_id = answered.credential_id;
    }
    account.sign_count = answered.sign_count;
    account.updated_at = now;
    account
}

/// The account acts by the new key from now on.
fn bind(account: &mut PasskeyAccount, terms: &SessionTerms, now: Timestamp) {
    account.updated_at = now;
    if let Some(key) = acting(terms, now) {
        account.session = Some(key);
    }
}

/// The key as it acts from now on. With a new account its end is in the challenge; with an old one
/// its length is.
fn acting(terms: &SessionTerms, now: Timestamp) -> Option<SessionKey> {
    let mut key = terms.key.clone()?;
    if terms.action == SessionAction::Auth {
        key.expires_at_seconds = now.as_seconds() + key.lifetime_seconds;
    }
    Some(key)
}

/// Takes the session key away. A chain goes on knowing it, and we make no more of its transactions.
pub(super) fn revoke(mut account: PasskeyAccount, now: Timestamp) -> Executed {
    if let Some(session) = &mut account.session {
        session.is_revoked = true;
    }
    account.updated_at = now;
    let detail = json!({
        "account": account.address,
        "environment": account.environment,
        "sessionKey": account.session.as_ref().map(|session| session.key),
    });
    let change = TenantChange::keep(account.clone());
    Executed::new(Answer::SessionBound(Box::new(account)), vec![change]).with(detail)
}
