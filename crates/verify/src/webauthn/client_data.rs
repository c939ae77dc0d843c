//! The checks on client data that the ceremonies share (§7.1 steps 7–11, §7.2 steps 10–14).

use wire::encoding::base64url;
use wire::webauthn::{ClientData, TokenBinding};

use super::rejection::Rejection;
use super::relying_party::{CrossOrigin, Profile, RelyingParty, TopOrigins};

/// Judges client data of a ceremony of `kind`, begun with `challenge`.
pub(super) fn check(
    data: &ClientData,
    kind: &str,
    challenge: &[u8],
    rp: &RelyingParty,
) -> Result<(), Rejection> {
    check_ceremony(data, kind, challenge)?;
    if !rp.origins.accept(&data.origin) {
        return Err(Rejection::OriginMismatch);
    }
    check_frame(data, &rp.cross_origin)?;
    match rp.profile {
        Profile::Default => Ok(()),
        Profile::FidoConformance => check_token_binding(data.token_binding.as_ref()),
    }
}

/// Whether the client data is of this very ceremony: its kind and its challenge.
pub(super) fn check_ceremony(
    data: &ClientData,
    kind: &str,
    challenge: &[u8],
) -> Result<(), Rejection> {
    if data.kind != kind {
        return Err(Rejection::TypeMismatch);
    }
    // Compared as text: decoding first would accept padding and other spellings (threat T27).
    // The client is shown the challenge anyway, so its comparison need not be constant-time.
    if data.challenge != base64url::encode(challenge) {
        return Err(Rejection::ChallengeMismatch);
    }
    Ok(())
}

/// Whether the ceremony ran in a frame that is allowed to.
pub(super) fn check_frame(data: &ClientData, policy: &CrossOrigin) -> Result<(), Rejection> {
    if !data.cross_origin {
        return match data.top_origin {
            None => Ok(()),
            Some(_) => Err(Rejection::TopOriginWithoutCrossOrigin),
        };
    }
    match (policy, &data.top_origin) {
        (CrossOrigin::Deny, _) => Err(Rejection::CrossOriginNotAllowed),
        (CrossOrigin::Allow(_), None) | (CrossOrigin::Allow(TopOrigins::Any), Some(_)) => Ok(()),
        (CrossOrigin::Allow(TopOrigins::Listed(listed)), Some(top)) => {
            if listed.iter().any(|known| known == top) {
                Ok(())
            } else {
                Err(Rejection::TopOriginMismatch)
            }
        }
    }
}

/// Level 1 and 2 defined this member; the conformance suite still sends it malformed.
fn check_token_binding(binding: Option<&TokenBinding>) -> Result<(), Rejection> {
    match binding {
        None => Ok(()),
        Some(TokenBinding::NotAnObject) => Err(Rejection::TokenBindingNotObject),
        Some(TokenBinding::WithoutStatus) => Err(Rejection::TokenBindingStatusMissing),
        Some(TokenBinding::Status(status)) => match status.as_str() {
            "present" | "supported" | "not-supported" => Ok(()),
            _ => Err(Rejection::TokenBindingStatusUnknown),
        },
    }
}
