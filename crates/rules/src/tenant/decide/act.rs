//! Whether a session key may have a transaction made, and carried out.

use std::sync::Arc;

use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use super::Allowed;
use crate::tenant::facts::Acting;
use crate::tenant::{Begun, Config, Found, PasskeyAccount, Refusal, SessionKey};

pub(super) fn prepare(
    environment: Environment,
    config: &Config,
    found: &Found,
) -> Result<Allowed, Refusal> {
    let Found::Preparing {
        acting,
        prepared,
        is_waiting,
    } = found
    else {
        return Err(Refusal::NoChain(environment));
    };
    live(environment, acting.as_ref())?;
    affordable(config, acting.as_ref())?;
    let prepared = prepared.clone().ok_or(Refusal::SessionOver)?;
    let prepared = prepared.map_err(Refusal::NotPrepared)?;
    if *is_waiting {
        return Err(Refusal::Waiting);
    }
    Ok(Allowed::PrepareTransaction {
        prepared: Box::new(prepared),
    })
}

pub(super) fn submit(
    (environment, account): (Environment, Address),
    config: &Config,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let Found::Submitting {
        ceremony,
        acting,
        signed,
        failure,
        sent,
    } = found
    else {
        return Err(Refusal::NoChain(environment));
    };
    if let Some(signature) = sent {
        return Ok(Allowed::SubmitAgain {
            signature: signature.clone(),
        });
    }
    let ceremony = ceremony.as_ref().ok_or(Refusal::PreparationUnknown)?;
    let Begun::Act(terms) = &ceremony.begun else {
        return Err(Refusal::PreparationUnknown);
    };
    let is_the_same = (terms.environment, terms.account) == (environment, account);
    if !is_the_same || ceremony.is_expired(now) {
        return Err(Refusal::PreparationUnknown);
    }
    // At use, not when it was prepared: the key may be over, replaced or taken away (threat T47).
    let (known, session) = live(environment, acting.as_ref())?;
    if session.key != terms.session_key {
        return Err(Refusal::SessionOver);
    }
    affordable(config, acting.as_ref())?;
    let signed = signed.clone().ok_or(Refusal::PreparationUnknown)?;
    let signed = signed.map_err(Refusal::NotSigned)?;
    let used = session.scope.allows(&session.used, &terms.wanted);
    let used = used.map_err(Refusal::OutOfScope)?;
    if let Some(failure) = failure {
        return Err(failure.clone());
    }
    let mut account = known.clone();
    account.session = Some(SessionKey {
        used,
        ..session.clone()
    });
    Ok(Allowed::SubmitTransaction {
        ceremony: Arc::clone(ceremony),
        terms: terms.clone(),
        signed: Box::new(signed),
        account,
    })
}

/// The server pays for what it makes, or at least sends it: not without end.
fn affordable(config: &Config, acting: Option<&Acting>) -> Result<(), Refusal> {
    let made = acting.map_or(0, |acting| acting.made_today);
    match config.zegel.sessions.affords(made) {
        true => Ok(()),
        false => Err(Refusal::DayIsSpent),
    }
}

/// The account and the session key that may act for it now, by the chain's clock.
fn live(
    environment: Environment,
    acting: Option<&Acting>,
) -> Result<(&PasskeyAccount, &SessionKey), Refusal> {
    let acting = acting.ok_or(Refusal::NoChain(environment))?;
    let account = acting.account.as_ref().ok_or(Refusal::AccountUnknown)?;
    let session = acting.session.as_ref();
    let session = session.filter(|session| session.is_live(acting.chain_now));
    Ok((account, session.ok_or(Refusal::SessionOver)?))
}
