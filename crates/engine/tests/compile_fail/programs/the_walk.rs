//! Fails with:
//! The one way through, as far as it can be gone from outside.

use std::convert::Infallible;

use rules::command::Submission;
use rules::{Decision, Facts, decide};
use verify::{Authenticated, Claim, Credential, Rejection};
use wire::{RawRequest, Timestamp};

/// Claim, then evidence.
pub fn believe(
    raw: RawRequest,
    credential: &Credential,
    relying_party: &verify::webauthn::RelyingParty,
    keys: &verify::stamp::KeyCache,
    now: Timestamp,
) -> Result<Authenticated, Rejection> {
    let claim = Claim::read(&raw)?;
    verify::authenticate(raw, claim, credential, relying_party, keys, now)
}

/// Evidence, then authority.
pub fn judge(
    believed: Authenticated,
    meant: Submission,
    facts: &Facts,
    now: Timestamp,
) -> Result<Decision, Infallible> {
    let submitted = believed.read(|_path, _body| Ok::<_, Infallible>(meant))?;
    Ok(decide(&submitted, facts, now))
}
