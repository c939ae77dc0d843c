//! Fails with: E0382

use verify::Submitted;
use verify::{Authenticated, Claim, Credential, Rejection};
use wire::{RawRequest, Timestamp};

/// Request and claim are consumed: what was not believed with one credential is not tried with
/// the next, and no unverified copy is left.
pub fn try_another(
    raw: RawRequest,
    claim: Claim,
    [first, second]: [&Credential; 2],
    relying_party: &verify::webauthn::RelyingParty,
    keys: &verify::stamp::KeyCache,
    now: Timestamp,
) -> Result<Authenticated, Rejection> {
    verify::authenticate(raw, claim, first, relying_party, keys, now)
        .or_else(|_| verify::authenticate(raw, claim, second, relying_party, keys, now))
}

/// Nor is one believed request read as two commands.
pub fn read_twice(believed: Authenticated) -> [Result<Submitted<()>, ()>; 2] {
    [believed.read(|_, _| Ok(())), believed.read(|_, _| Ok(()))]
}
