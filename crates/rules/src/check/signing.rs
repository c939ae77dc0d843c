//! Signing.

use super::{Checked, not_empty};
use crate::facts::{Facts, Found};
use crate::refusal::Refusal;

/// Most payloads one command may sign.
const MAX_PAYLOADS: usize = 100;

pub(super) fn key_is_there(sign_with: &str, facts: &Facts) -> Checked {
    match &facts.found {
        Found::Signer(Some(_)) => Ok(()),
        _ => Err(Refusal::not_found(format!(
            "could not find a wallet account or private key to sign with: parameters.signWith \
             {sign_with:?} is no address, private key id or public key of this organization"
        ))),
    }
}

pub(super) fn payloads(payloads: &[String]) -> Checked {
    not_empty(payloads, "parameters.payloads")?;
    if payloads.len() > MAX_PAYLOADS {
        return Err(Refusal::limit(format!(
            "parameters.payloads: {} of at most {MAX_PAYLOADS}",
            payloads.len()
        )));
    }
    Ok(())
}
