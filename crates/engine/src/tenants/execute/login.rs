//! Logins, and second factors.

use rules::tenant::{Begun, Ceremony, Command, ExpectedUser, Passkey, Tenant, TenantChange};
use serde_json::{Value, json};
use verify::tenant::{Asked, Proof};
use verify::webauthn::{CounterVerdict, VerifiedAssertion};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::EventId;
use wire::token::TokenUse;

use super::{Executed, open};
use crate::Engine;
use crate::error::Error;
use crate::tenants::answer::{Answer, RequestOptions};
use crate::tenants::token::About;

/// A login that was answered.
pub(super) struct LoggedIn<'a> {
    pub(super) mfa: bool,
    pub(super) ceremony: &'a Ceremony,
    pub(super) passkey: &'a Passkey,
    pub(super) verified: &'a VerifiedAssertion,
}

pub(super) fn begin_login(
    asked: &Asked<Command>,
    tenant: &Tenant,
    (mfa, user): (bool, Option<ExpectedUser>),
    allow: Vec<Passkey>,
    now: Timestamp,
) -> Result<Executed, Error> {
    let asked_for = tenant.config.ceremonies(mfa);
    let user_id = user.as_ref().map(|user| user.user_id.clone());
    let ceremony = open(Begun::Login { mfa, user }, asked_for, now)?;
    let request = RequestOptions {
        rp_id: tenant.config.webauthn.relying_party.id.clone(),
        challenge: ceremony.challenge.clone(),
        timeout_ms: asked_for.timeout,
        allow,
        user_verification: ceremony.user_verification,
    };
    let change = TenantChange::OpenCeremony(ceremony);
    let mut executed = Executed::new(Answer::Request(request), vec![change]);
    // Anybody may begin a login; a log that anybody can fill is no log.
    executed.is_event = asked.proof() != Proof::Nobody;
    executed.user_id = user_id;
    Ok(executed)
}

impl Engine {
    pub(super) fn finish_login(
        &self,
        answered: LoggedIn<'_>,
        tenant: &Tenant,
        event: EventId,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let LoggedIn {
            mfa,
            ceremony,
            passkey,
            verified,
        } = answered;
        let about = About {
            usage: match mfa {
                true => TokenUse::MfaLogin,
                false => TokenUse::Login,
            },
            user_id: &passkey.user_id,
            credential_id: &passkey.credential_id,
            event,
            at: now,
            user_verified: verified.user_verified(),
            transaction: None,
        };
        let token = self.token(tenant, vault::Ceremony::Assertion(verified), &about)?;
        let changes = vec![
            TenantChange::SpendCeremony(ceremony.challenge.clone()),
            TenantChange::UpdatePasskey(used(passkey, verified, now)),
        ];
        Ok(Executed::new(Answer::Token(token), changes)
            .about(&passkey.user_id)
            .with(signed_in(passkey, verified)))
    }
}

/// A credential after it was used.
pub(super) fn used(passkey: &Passkey, verified: &VerifiedAssertion, now: Timestamp) -> Passkey {
    let mut next = passkey.clone();
    if verified.counter() == CounterVerdict::Increased {
        next.sign_count = verified.sign_count();
    }
    next.backup_state = verified.backed_up();
    next.last_used_at = now;
    next
}

fn signed_in(passkey: &Passkey, verified: &VerifiedAssertion) -> Value {
    json!({
        "credentialId": base64url::encode(&passkey.credential_id),
        "origin": verified.origin(),
        "userVerified": verified.user_verified(),
        "backupState": verified.backed_up(),
        "signCount": verified.sign_count(),
    })
}
