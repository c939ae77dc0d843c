//! Whether who asks may ask at all, whatever was found.

use verify::tenant::{Asked, Proof};
use wire::environment::Environment;

use crate::tenant::{Command, Least, Refusal, Tenant};

/// Whether who asks has proven enough for it. Whoever has not must not learn anything from how
/// long looking takes, so nothing is looked up for them (threat T26).
pub fn prove(asked: &Asked<Command>) -> Result<(), Refusal> {
    let reached = match asked.proof() {
        Proof::Nobody => Least::Nobody,
        Proof::Bearer(_) => Least::Bearer,
        Proof::Operator => Least::Operator,
    };
    if reached >= asked.content().least() {
        Ok(())
    } else {
        Err(Refusal::NotProven)
    }
}

/// A key that is for one environment does nothing elsewhere, the Passkey API included.
pub fn stay_in_environment(
    proof: Proof,
    environment: Option<Environment>,
    tenant: &Tenant,
) -> Result<(), Refusal> {
    match tenant.environment_of(proof) {
        Some(own) if environment != Some(own) => Err(Refusal::OtherEnvironment(own)),
        _ => Ok(()),
    }
}

/// An organisation is in no environment, and nor is a chain that a passkey signs for by itself: who
/// has a key for trying things out asks for neither (threat T48).
pub(super) fn in_earnest(asked: &Asked<Command>, tenant: &Tenant) -> Result<(), Refusal> {
    let what = match asked.content() {
        Command::OpenSession { key: Some(key), .. } if key.scope.activities.is_some() => {
            "sessionKey.scope.activities is for an organisation, whose keys are no trial"
        }
        Command::OpenSigning { .. } => "what a passkey signs for an EVM is no trial",
        _ => return Ok(()),
    };
    match tenant.environment_of(asked.proof()) {
        Some(own @ (Environment::Sandbox | Environment::Devnet)) => Err(Refusal::Invalid(format!(
            "{what}: the api key is for {own} alone"
        ))),
        Some(Environment::Mainnet) | None => Ok(()),
    }
}
