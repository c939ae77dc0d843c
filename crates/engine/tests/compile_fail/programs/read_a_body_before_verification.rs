//! Fails with: E0609 E0616 E0624

use verify::{Authenticated, Claim};

/// The claim has parsed the body and keeps it to itself.
pub fn peek(claim: &Claim) {
    let _ = &claim.document;
}

pub fn take_apart(claim: Claim) {
    let _ = claim.into_parts();
}

/// Even afterwards it is read in one way: as a command, by `Authenticated::read`.
pub fn look_aside(believed: &Authenticated) {
    let _ = &believed.body;
}
