//! Whether a ceremony was finished as what it was begun as, by whom it was begun for.

use std::sync::Arc;

use verify::webauthn::Rejection;
use wire::Timestamp;
use wire::encoding::hex;
use wire::webauthn::RegistrationResponse;

use super::{Allowed, believed};
use crate::tenant::{Begun, Found, Refusal, Tenant};

pub(super) fn finish_registration(
    mfa: bool,
    response: &RegistrationResponse,
    tenant: &Tenant,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let Found::Registration {
        ceremony: Some(ceremony),
        user,
        is_taken,
        verified,
    } = found
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let expected = match &ceremony.begun {
        Begun::Registration { purpose, user, .. } if purpose.is_mfa() == mfa => *user,
        _ => return Err(Refusal::ChallengeUnknown),
    };
    if ceremony.is_expired(now) {
        return Err(Refusal::CeremonyExpired);
    }
    // Who was deleted meanwhile is not brought back (threat T77).
    if expected.is_some() && expected != user.as_ref().map(|user| user.id) {
        return Err(Refusal::UserNotFound);
    }
    let verified = believed(verified)?;
    if *is_taken {
        return Err(Refusal::CredentialTaken);
    }
    let denied = tenant.config.denied_aaguids();
    if denied.contains(verified.aaguid()) {
        let model = hex::encode(verified.aaguid());
        return Err(Refusal::AuthenticatorNotWelcome(model));
    }
    Ok(Allowed::FinishRegistration {
        ceremony: Arc::clone(ceremony),
        user: user.clone(),
        verified: verified.clone(),
        attachment: response.authenticator_attachment.clone(),
    })
}

pub(super) fn finish_login(mfa: bool, found: &Found, now: Timestamp) -> Result<Allowed, Refusal> {
    let Found::Login {
        ceremony: Some(ceremony),
        passkey,
        verified,
    } = found
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let expected = match &ceremony.begun {
        Begun::Login { mfa: begun, user } if *begun == mfa => user,
        _ => return Err(Refusal::ChallengeUnknown),
    };
    if ceremony.is_expired(now) {
        return Err(Refusal::CeremonyExpired);
    }
    // A second factor logs nobody in; that it exists is nobody's business here.
    let passkey = passkey
        .as_ref()
        .filter(|passkey| mfa || !passkey.purpose.is_mfa())
        .ok_or(Refusal::CredentialNotFound)?;
    let verified = believed(verified)?;
    // By our own identifier: a handle may be one user's id and spell another's (threat T44).
    if expected
        .as_ref()
        .is_some_and(|user| user.id != passkey.owner)
    {
        return Err(Refusal::NotBelieved(Rejection::CredentialWrongUser));
    }
    Ok(Allowed::FinishLogin {
        mfa,
        ceremony: Arc::clone(ceremony),
        passkey: Arc::clone(passkey),
        verified: verified.clone(),
    })
}
