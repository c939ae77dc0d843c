//! Whether a passkey may join or leave an account, and who may say so.

use std::sync::Arc;

use wire::Timestamp;
use wire::environment::Environment;

use super::session::place;
use super::{Allowed, Named};
use crate::tenant::facts::Answered;
use crate::tenant::member::MAX_MEMBERS;
use crate::tenant::{
    Anchor, Ceremony, Command, Config, Found, Member, PasskeyAccount, PasskeyChange, Refusal,
    SessionAction, SessionTerms,
};

/// Asks the account's passkeys.
pub(super) fn open(
    command: &Command,
    config: &Config,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let (
        Command::ChangePasskeys {
            environment,
            account,
            change,
            base_url,
            redirect_url,
            app_name,
        },
        Found::OpeningFor {
            hosted,
            anchor,
            user_handle,
            named,
        },
    ) = (command, found)
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let anchor = answerable(found, *environment, *anchor)?;
    let member = possible(named, *change, *environment, now)?;
    let place = place(config, hosted, base_url.as_ref(), redirect_url.as_ref())?;
    Ok(Allowed::OpenChange {
        base_url: place.base_url,
        terms: Box::new(SessionTerms {
            action: SessionAction::Auth,
            environment: *environment,
            key: None,
            anchor,
            rp_id: place.rp_id,
            origin: place.origin,
            redirect_url: redirect_url.clone(),
            app_name: app_name.clone(),
            user_handle: user_handle.clone(),
            account: Some(*account),
            change: Some(*change),
        }),
        member,
    })
}

/// What the challenge is made of, if passkeys can answer for the account that is named.
pub(super) fn answerable(
    found: &Found,
    environment: Environment,
    anchor: Option<Anchor>,
) -> Result<Anchor, Refusal> {
    let Found::OpeningFor { named, .. } = found else {
        return Err(Refusal::AccountUnknown);
    };
    if named.is_on_chain {
        return Err(Refusal::OnePasskey(environment));
    }
    let anchor = anchor.ok_or(Refusal::NoNetwork(environment))?;
    match named.account {
        Some(_) => Ok(anchor),
        None => Err(Refusal::AccountUnknown),
    }
}

/// The account that was named, if the passkey that answered is one of its passkeys.
pub(super) fn answered(
    terms: &SessionTerms,
    answered: &Answered,
) -> Result<PasskeyAccount, Refusal> {
    let named = answered.named.as_ref().ok_or(Refusal::AccountUnknown)?;
    // There may be a chain by now.
    if named.is_on_chain {
        return Err(Refusal::OnePasskey(terms.environment));
    }
    let account = named.account.clone().ok_or(Refusal::AccountUnknown)?;
    let passkey = &answered.address;
    // Whoever is to join is none yet: it hears why it is not enough.
    let is_own = terms.change.is_some_and(|it| it.passkey() == *passkey);
    match (is_own, named.has(passkey)) {
        (true, _) => Err(Refusal::OwnChange),
        (false, false) => Err(Refusal::NotAMember),
        (false, true) => Ok(account),
    }
}

/// One of the account's passkeys said yes; what it said yes to must still be possible.
pub(super) fn approved(
    ceremony: &Arc<Ceremony>,
    terms: &SessionTerms,
    change: PasskeyChange,
    account: &PasskeyAccount,
    answered: &Answered,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let named = answered.named.as_ref().ok_or(Refusal::AccountUnknown)?;
    let approver = answered.account.clone().ok_or(Refusal::AccountUnknown)?;
    let verified = answered.verified.as_ref();
    let verified = verified.map_err(|rejection| Refusal::NotBelieved(*rejection))?;
    Ok(Allowed::ChangePasskeys {
        ceremony: Arc::clone(ceremony),
        terms: Box::new(terms.clone()),
        change,
        member: possible(named, change, terms.environment, now)?,
        approver: Box::new(approver),
        account: Box::new(account.clone()),
        verified: verified.clone(),
    })
}

/// The passkey as it joins now, or as it joined, if it may join or leave.
fn possible(
    named: &Named,
    change: PasskeyChange,
    environment: Environment,
    now: Timestamp,
) -> Result<Member, Refusal> {
    match change {
        PasskeyChange::Add { passkey, .. } if named.has(&passkey) => Err(Refusal::MemberExists),
        PasskeyChange::Add { .. } if named.joining.is_none() => Err(Refusal::AccountUnknown),
        PasskeyChange::Add { .. } if named.members.len() >= MAX_MEMBERS => {
            Err(Refusal::LimitExceeded(format!(
                "an account has at most {MAX_MEMBERS} passkeys beside its own: remove one first"
            )))
        }
        PasskeyChange::Add { passkey, role } => Ok(Member {
            environment,
            account: named.address,
            passkey,
            role,
            added_at: now,
        }),
        PasskeyChange::Remove { passkey, .. } if passkey == named.address => {
            Err(Refusal::PrimaryStays)
        }
        PasskeyChange::Remove { passkey, .. } => {
            let member = named.member(&passkey).cloned();
            member.ok_or(Refusal::MemberUnknown)
        }
    }
}
