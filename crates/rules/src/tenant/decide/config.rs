//! Whether a configuration can be one.

use crate::tenant::Refusal;
use crate::tenant::config::{Config, aaguid};

/// What can be told to be wrong with a configuration before anybody uses it.
pub(super) fn check_config(config: &Config) -> Result<(), Refusal> {
    for (name, asked) in [
        ("webauthn", &config.webauthn.ceremonies),
        ("mfa", &config.mfa),
    ] {
        if !(1..=MAX_TIMEOUT_MS).contains(&asked.timeout) {
            return Err(Refusal::Invalid(format!(
                "config.{name}.timeout must be 1 to {MAX_TIMEOUT_MS} milliseconds"
            )));
        }
    }
    let rules = &config.zegel.attestation;
    if !rules.allow_aaguids.is_empty() && !rules.require_trusted {
        return Err(Refusal::Invalid(
            "config.zegel.attestation.allow_aaguids needs require_trusted: without it anybody can \
             claim to be any model"
                .to_owned(),
        ));
    }
    for text in rules.allow_aaguids.iter().chain(&rules.deny_aaguids) {
        if aaguid(text).is_none() {
            return Err(Refusal::Invalid(format!(
                "config.zegel.attestation: {text:?} is no AAGUID such as \
                 fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
            )));
        }
    }
    Ok(())
}

/// The longest a ceremony may take: what nobody finishes is kept as long.
const MAX_TIMEOUT_MS: u64 = 3_600_000;
