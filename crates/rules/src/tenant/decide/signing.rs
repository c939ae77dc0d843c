//! Whether a passkey may be asked to sign a document, and whether it has.

use std::sync::Arc;

use wire::Timestamp;

use super::Allowed;
use super::session::place;
use crate::tenant::signing::{Document, MAX_DOCUMENT, SmartAccount};
use crate::tenant::{Begun, Command, Config, Found, Refusal, SigningTerms};

pub(super) fn open(command: &Command, config: &Config, found: &Found) -> Result<Allowed, Refusal> {
    let (
        Command::OpenSigning {
            environment,
            asked,
            base_url,
            redirect_url,
            app_name,
        },
        Found::Drafting {
            hosted,
            is_served,
            read,
            waiting,
        },
    ) = (command, found)
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    if !is_served {
        return Err(Refusal::NoNetwork(*environment));
    }
    if asked.account.family().is_none() {
        let message = "evm.validUntil must be below 2^48 seconds".to_owned();
        return Err(Refusal::Invalid(message));
    }
    suits(asked.account, &asked.document)?;
    let hashed = read.clone().map_err(|reason| {
        let member = asked.document.member();
        Refusal::Invalid(format!("evm.{member} cannot be signed: {reason}"))
    })?;
    if hashed.document.text().len() > MAX_DOCUMENT {
        let member = asked.document.member();
        return Err(Refusal::Invalid(format!(
            "evm.{member} is longer than the {MAX_DOCUMENT} bytes that anybody can be shown"
        )));
    }
    let place = place(config, hosted, base_url.as_ref(), redirect_url.as_ref())?;
    Ok(Allowed::OpenSigning {
        base_url: place.base_url,
        terms: Box::new(SigningTerms {
            environment: *environment,
            account: asked.account,
            chain_id: asked.chain_id,
            document: hashed.document,
            hash: hashed.hash,
            rp_id: place.rp_id,
            origin: place.origin,
            redirect_url: redirect_url.clone(),
            app_name: app_name.clone(),
        }),
        waiting: waiting.clone(),
    })
}

/// Refuses what the account's contract would hash otherwise, so that nobody signs for nothing.
fn suits(account: SmartAccount, document: &Document) -> Result<(), Refusal> {
    use SmartAccount as A;
    let why = match (account, document) {
        (A::Safe, Document::UserOperation { .. }) => {
            "a Safe signs the SafeOp of a user operation: send that as evm.typedData"
        }
        (A::DaimoV1(_) | A::DaimoV2(_), Document::TypedData { .. }) => {
            "Daimo's accounts take user operations alone: send evm.userOperation"
        }
        _ => return Ok(()),
    };
    Err(Refusal::Invalid(why.to_owned()))
}

pub(super) fn finish(found: &Found, now: Timestamp) -> Result<Allowed, Refusal> {
    let Found::Signed {
        ceremony: Some(ceremony),
        answered,
    } = found
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let Begun::Signing(terms) = &ceremony.begun else {
        return Err(Refusal::ChallengeUnknown);
    };
    if ceremony.is_expired(now) {
        return Err(Refusal::CeremonyExpired);
    }
    let answered = answered.as_ref().ok_or(Refusal::AccountUnknown)?;
    let verified = answered.verified.as_ref();
    let verified = verified.map_err(|rejection| Refusal::NotBelieved(*rejection))?;
    if answered.account.rp_id != terms.rp_id {
        let own = answered.account.rp_id.clone();
        return Err(Refusal::OtherRelyingParty(own));
    }
    let encoded = answered.encoded.clone().map_err(Refusal::NotForContract)?;
    Ok(Allowed::FinishSigning {
        ceremony: Arc::clone(ceremony),
        terms: terms.clone(),
        account: Box::new(answered.account.clone()),
        verified: verified.clone(),
        encoded: Box::new(encoded),
    })
}
