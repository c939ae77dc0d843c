//! Passkey sessions.

use rules::tenant::config::Preference;
use rules::tenant::session::CHALLENGE_LIFE_MS;
use rules::tenant::{
    Allowed, Begun, Ceremony, Command, PasskeyAccount, SessionAction, SessionKey, SessionTerms,
    TenantChange,
};
use serde_json::json;
use verify::solana::Nonce;
use verify::tenant::Asked;
use wire::Timestamp;
use wire::encoding::base64url;
use wire::solana::external_signature as program;
use wire::webauthn::MAX_CREDENTIAL_ID;

use super::Executed;
use crate::error::Error;
use crate::tenants::after;
use crate::tenants::answer::{Answer, OpenedSession};

/// Opens a session: the challenge covers the session key and its end (threat T49).
pub(super) fn open(
    base_url: String,
    terms: SessionTerms,
    now: Timestamp,
) -> Result<Executed, Error> {
    let challenge = challenge(&terms)?.to_vec();
    let ceremony = Ceremony {
        challenge: challenge.clone(),
        begun: Begun::Session(Box::new(terms.clone())),
        user_verification: Preference::Preferred,
        expires_at: after(now, CHALLENGE_LIFE_MS),
    };
    let detail = json!({
        "action": terms.action,
        "sessionKey": terms.key.map(|key| key.key),
        "rpId": terms.rp_id,
    });
    let opened = OpenedSession {
        base_url,
        expires_at: ceremony.expires_at,
        terms,
        challenge,
    };
    let answer = Answer::SessionOpened(Box::new(opened));
    Ok(Executed::new(answer, vec![TenantChange::OpenCeremony(ceremony)]).with(detail))
}

fn challenge(terms: &SessionTerms) -> Result<[u8; 32], Error> {
    let nonce = Nonce {
        slot_hash: *terms.anchor.hash.as_bytes(),
        signer: terms.anchor.payer,
    };
    Ok(match (terms.action, terms.key) {
        (SessionAction::Create, key) => nonce.initialise(key.map(|key| program::SessionKey {
            key: key.key,
            expires_at_s: key.expires_at_seconds,
        })),
        (SessionAction::Auth, Some(key)) => nonce.refresh(program::SessionLifetime {
            key: key.key,
            lifetime_s: key.lifetime_seconds,
        }),
        (SessionAction::Auth, None) => {
            return Err(Error::Unreadable("a session without a key".to_owned()));
        }
        (SessionAction::Find, _) => nonce.find(),
    })
}

/// Binds the session key to the account whose passkey answered; a new passkey gets its account.
pub(super) fn bind(
    allowed: Allowed,
    asked: &Asked<Command>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let (
        Allowed::BindSession {
            ceremony,
            terms,
            key,
            address,
            account,
            verified,
        },
        Command::BindSession { answer, .. },
    ) = (allowed, asked.content())
    else {
        return Err(Error::Unreadable("something else was bound".to_owned()));
    };
    let is_new = account.is_none();
    let mut account = account.unwrap_or_else(|| PasskeyAccount {
        address,
        public_key: key.as_bytes().to_vec(),
        credential_id: None,
        rp_id: terms.rp_id.clone(),
        session: None,
        sign_count: 0,
        revision: 0,
        created_at: now,
        updated_at: now,
    });
    // It is not signed: kept if it can be one at all, and nothing rests on it.
    let told = answer.credential_id.as_ref();
    if let Some(id) = told.filter(|id| id.len() <= MAX_CREDENTIAL_ID) {
        account.credential_id = Some(id.clone());
    }
    account.sign_count = verified.sign_count();
    account.updated_at = now;
    if let Some(key) = bound(&terms, now) {
        account.session = Some(key);
    }
    let detail = json!({
        "account": account.address,
        "publicKey": base64url::encode(&account.public_key),
        "terms": &*terms,
        "session": account.session,
        "userVerified": verified.user_verified(),
        "assertion": {
            "clientDataJSON": base64url::encode(&answer.client_data_json),
            "authenticatorData": base64url::encode(&answer.authenticator_data),
            "signature": base64url::encode(&answer.signature),
        },
    });
    let change = match is_new {
        true => TenantChange::InsertAccount(Box::new(account.clone())),
        false => TenantChange::UpdateAccount(Box::new(account.clone())),
    };
    let changes = vec![
        TenantChange::SpendCeremony(ceremony.challenge.clone()),
        change,
    ];
    Ok(Executed::new(Answer::SessionBound(Box::new(account)), changes).with(detail))
}

/// The key as it acts from now on. With a new account its end is in the challenge; with an old one
/// its length is.
fn bound(terms: &SessionTerms, now: Timestamp) -> Option<SessionKey> {
    let mut key = terms.key?;
    if terms.action == SessionAction::Auth {
        key.expires_at_seconds = now.as_seconds() + key.lifetime_seconds;
    }
    Some(key)
}

/// Takes the session key away.
pub(super) fn revoke(mut account: PasskeyAccount, now: Timestamp) -> Executed {
    let taken = account.session.take();
    account.updated_at = now;
    let detail = json!({
        "account": account.address,
        "sessionKey": taken.map(|key| key.key),
    });
    let change = TenantChange::UpdateAccount(Box::new(account.clone()));
    Executed::new(Answer::SessionBound(Box::new(account)), vec![change]).with(detail)
}
