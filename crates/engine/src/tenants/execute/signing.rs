//! Documents that passkeys sign.

use std::sync::Arc;

use rules::tenant::config::Preference;
use rules::tenant::session::CHALLENGE_LIFE_MS;
use rules::tenant::signing::Document;
use rules::tenant::{Allowed, Begun, Ceremony, Command, SigningTerms, TenantChange};
use serde_json::{Value, json};
use verify::tenant::Asked;
use wire::Timestamp;
use wire::encoding::{base64url, hex};

use super::Executed;
use crate::error::Error;
use crate::tenants::after;
use crate::tenants::answer::{Answer, OpenedSigning, SignedDocument};

/// Asks for a signature: the challenge is made from the document's hash. What waits with the same
/// one gives way.
pub(super) fn open(
    base_url: String,
    terms: SigningTerms,
    waiting: Option<Arc<Ceremony>>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let family = terms.account.family();
    let (Some(family), Some(challenge)) = (family, terms.challenge()) else {
        return Err(Error::Unreadable("an end too far away".to_owned()));
    };
    let ceremony = Ceremony {
        challenge: challenge.clone(),
        begun: Begun::Signing(Box::new(terms.clone())),
        user_verification: match family.demands_user_verification() {
            true => Preference::Required,
            false => Preference::Preferred,
        },
        expires_at: after(now, CHALLENGE_LIFE_MS),
    };
    let mut detail = told(&terms);
    detail["action"] = "sign".into();
    let opened = OpenedSigning {
        base_url,
        terms,
        challenge,
    };
    let spent = waiting.map(|old| TenantChange::SpendCeremony(old.challenge.clone()));
    let mut changes = Vec::from_iter(spent);
    changes.push(TenantChange::OpenCeremony(ceremony));
    Ok(Executed::new(Answer::SigningOpened(Box::new(opened)), changes).with(detail))
}

/// Hands out what the account's contract takes, and keeps what was signed by whom.
pub(super) fn finish(
    allowed: Allowed,
    asked: &Asked<Command>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let (
        Allowed::FinishSigning {
            ceremony,
            terms,
            mut account,
            verified,
            encoded,
        },
        Command::FinishSigning { answer },
    ) = (allowed, asked.content())
    else {
        return Err(Error::Unreadable("something else was signed".to_owned()));
    };
    account.sign_count = verified.sign_count();
    account.updated_at = now;
    let mut detail = told(&terms);
    detail["account"] = json!(account.address);
    detail["publicKey"] = base64url::encode(&account.public_key).into();
    detail["userVerified"] = verified.user_verified().into();
    detail["assertion"] = json!({
        "clientDataJSON": base64url::encode(&answer.client_data_json),
        "authenticatorData": base64url::encode(&answer.authenticator_data),
        "signature": base64url::encode(&answer.signature),
    });
    let changes = vec![
        TenantChange::SpendCeremony(ceremony.challenge.clone()),
        TenantChange::UpdateAccount(account.clone()),
    ];
    let signed = SignedDocument {
        account: *account,
        terms: *terms,
        encoded: *encoded,
    };
    Ok(Executed::new(Answer::Signed(Box::new(signed)), changes).with(detail))
}

/// What a third party hashes again.
fn told(terms: &SigningTerms) -> Value {
    let mut detail = json!({
        "environment": terms.environment,
        "chain": terms.chain(),
        "contract": terms.account,
        "hash": format!("0x{}", hex::encode(terms.hash)),
        "document": terms.document.text(),
        "rpId": terms.rp_id,
    });
    if let Document::UserOperation {
        version,
        entry_point,
        ..
    } = &terms.document
    {
        detail["entryPointVersion"] = json!(version);
        detail["entryPoint"] = format!("0x{}", hex::encode(entry_point)).into();
    }
    detail
}
