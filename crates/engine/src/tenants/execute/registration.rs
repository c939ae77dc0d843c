//! Registering a credential.

use rules::tenant::config::{Attachment, Preference};
use rules::tenant::{Allowed, Begun, Ceremony, Passkey, Purpose, Tenant, TenantChange, TenantUser};
use serde_json::json;
use verify::webauthn::VerifiedRegistration;
use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::id::{EventId, TenantUserId};
use wire::token::TokenUse;

use super::{Executed, open};
use crate::error::Error;
use crate::tenants::answer::{Answer, CreationOptions};
use crate::tenants::token::About;
use crate::{Engine, entropy};

/// A registration's answer, believed.
pub(super) struct Registered<'a> {
    pub(super) ceremony: &'a Ceremony,
    pub(super) user: Option<TenantUser>,
    pub(super) verified: &'a VerifiedRegistration,
    pub(super) attachment: Option<String>,
}

pub(super) fn begin_registration(
    allowed: Allowed,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<Executed, Error> {
    let Allowed::BeginRegistration {
        user_id,
        user,
        profile,
        purpose,
        conditional,
        exclude,
    } = allowed
    else {
        return Err(Error::Unreadable("something else was begun".into()));
    };
    let config = &tenant.config;
    let mut asked = config.ceremonies(purpose.is_mfa()).clone();
    if purpose == Purpose::Payment {
        // What Secure Payment Confirmation demands of its credentials.
        asked.attachment = Some(Attachment::Platform);
        asked.user_verification = Preference::Required;
        asked.resident_key_requirement = Preference::Required;
    }
    let begun = Begun::Registration {
        purpose,
        user_id: user_id.clone(),
        user,
        profile: profile.clone(),
        conditional,
    };
    let ceremony = open(begun, &asked, now)?;
    let options = CreationOptions {
        rp_id: config.webauthn.relying_party.id.clone(),
        rp_name: config.webauthn.relying_party.display_name.clone(),
        user_handle: user_id.as_bytes().to_vec(),
        user_name: profile.name,
        user_display_name: profile.display_name,
        user_icon: profile.icon,
        challenge: ceremony.challenge.clone(),
        timeout_ms: asked.timeout,
        asked,
        exclude,
        payment: purpose == Purpose::Payment,
        conditional,
    };
    let answer = Answer::Creation(Box::new(options));
    Ok(Executed::new(answer, vec![TenantChange::OpenCeremony(ceremony)]).about(&user_id))
}

impl Engine {
    pub(super) fn finish_registration(
        &self,
        answered: Registered<'_>,
        tenant: &Tenant,
        event: EventId,
        now: Timestamp,
    ) -> Result<Executed, Error> {
        let Registered {
            ceremony,
            user,
            verified,
            attachment,
        } = answered;
        let Begun::Registration {
            purpose,
            user_id,
            profile,
            ..
        } = &ceremony.begun
        else {
            return Err(Error::Unreadable("a login finished as registration".into()));
        };
        let mut changes = vec![TenantChange::SpendCeremony(ceremony.challenge.clone())];
        let owner = match user {
            None => {
                let user = TenantUser {
                    id: TenantUserId::from_random(entropy::sixteen()?),
                    user_id: user_id.clone(),
                    profile: profile.clone(),
                    created_at: now,
                    updated_at: now,
                };
                let id = user.id;
                changes.push(TenantChange::InsertUser(user));
                id
            }
            Some(mut user) => {
                let id = user.id;
                if user.profile != *profile {
                    user.profile = profile.clone();
                    user.updated_at = now;
                    changes.push(TenantChange::UpdateUser(user));
                }
                id
            }
        };
        let id = verified.credential_id();
        let named = (self.authenticators.name)(verified.aaguid());
        let passkey = Passkey {
            credential_id: id.to_vec(),
            owner,
            user_id: user_id.clone(),
            public_key: verified.public_key().to_vec(),
            name: Some(named.unwrap_or_else(|| format!("cred-{}", base64url::encode(id)))),
            attestation_format: verified.attestation().format.identifier().to_owned(),
            aaguid: *verified.aaguid(),
            transports: hints(verified.transports()).collect(),
            purpose: *purpose,
            backup_eligible: verified.backup_eligible(),
            backup_state: verified.backed_up(),
            sign_count: verified.sign_count(),
            revision: 0,
            created_at: now,
            last_used_at: now,
        };
        changes.push(TenantChange::InsertPasskey(passkey));
        let usage = match purpose {
            Purpose::Mfa => TokenUse::MfaRegistration,
            Purpose::Passkey | Purpose::Payment => TokenUse::Registration,
        };
        let about = About {
            usage,
            user_id,
            credential_id: id,
            event,
            at: now,
            user_verified: verified.user_verified(),
            transaction: None,
        };
        let token = self.token(tenant, vault::Ceremony::Registration(verified), &about)?;
        let detail = json!({
            "credentialId": base64url::encode(id),
            "aaguid": hex::encode(verified.aaguid()),
            "attestationTrusted": verified.attestation().trusted,
            "attachment": hints(attachment.as_slice()).next(),
            "backupEligible": verified.backup_eligible(),
            "origin": verified.origin(),
        });
        Ok(Executed::new(Answer::Token(token), changes)
            .about(user_id)
            .with(detail))
    }
}

/// What a client told of its authenticator, as far as it is kept. It is not signed, and whoever
/// finishes a registration may tell anything at any length.
fn hints(told: &[String]) -> impl Iterator<Item = String> {
    const MOST: usize = 8;
    const LONGEST: usize = 32;
    let short = told.iter().filter(|hint| hint.len() <= LONGEST);
    short.take(MOST).cloned()
}
