//! The checks on authenticator data that the ceremonies share (§7.1 steps 14–17, §7.2 steps
//! 15–18).

use wire::webauthn::Flags;

use super::rejection::Rejection;
use super::relying_party::{Origins, RelyingParty, UserVerification};
use super::{origin, sha256};

/// Whether the RP ID is one of ours, and, where any origin goes, one that `origin` may claim.
///
/// `registered` is the RP ID hash of the credential record, if there is one yet.
pub(super) fn check_rp_id(
    rp_id_hash: &[u8; 32],
    origin: &str,
    rp: &RelyingParty,
    registered: Option<&[u8; 32]>,
) -> Result<(), Rejection> {
    let is_listed = || {
        rp.rp_ids
            .iter()
            .any(|rp_id| sha256(rp_id.as_bytes()) == *rp_id_hash)
    };
    let is_ours = match rp.origins {
        Origins::Exact(_) => is_listed(),
        Origins::AnySecure => {
            (rp.rp_ids.is_empty() || is_listed())
                && (origin::is_android_app(origin) || origin::may_claim(origin, rp_id_hash))
        }
    };
    check_registered(is_ours, rp_id_hash, registered)
}

/// Whether the RP ID is exactly `rp_id`, which somebody else found to be one of ours.
pub(super) fn check_rp_id_is(
    rp_id: &str,
    rp_id_hash: &[u8; 32],
    registered: Option<&[u8; 32]>,
) -> Result<(), Rejection> {
    check_registered(
        sha256(rp_id.as_bytes()) == *rp_id_hash,
        rp_id_hash,
        registered,
    )
}

fn check_registered(
    is_ours: bool,
    rp_id_hash: &[u8; 32],
    registered: Option<&[u8; 32]>,
) -> Result<(), Rejection> {
    if is_ours && registered.is_none_or(|registered| registered == rp_id_hash) {
        Ok(())
    } else {
        Err(Rejection::RpIdHashMismatch)
    }
}

/// Whether a user was present, where that is needed.
pub(super) fn check_presence(flags: Flags, needed: bool) -> Result<(), Rejection> {
    if flags.user_present() || !needed {
        Ok(())
    } else {
        Err(Rejection::UserPresenceMissing)
    }
}

/// Whether the user was verified, where that is required.
pub(super) fn check_verification(flags: Flags, asked: UserVerification) -> Result<(), Rejection> {
    match asked {
        UserVerification::Required if !flags.user_verified() => {
            Err(Rejection::UserVerificationMissing)
        }
        _ => Ok(()),
    }
}

/// Whether the backup flags make sense together.
pub(super) fn check_backup(flags: Flags) -> Result<(), Rejection> {
    if flags.backed_up() && !flags.backup_eligible() {
        Err(Rejection::BackupStateWithoutEligibility)
    } else {
        Ok(())
    }
}
