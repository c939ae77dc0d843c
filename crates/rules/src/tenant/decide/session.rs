//! Whether a passkey session may be opened, and whether its challenge was answered.

use std::sync::Arc;

use wire::Timestamp;
use wire::solana::external_signature::RpId;

use super::{Allowed, Believed, member};
use crate::tenant::address::page;
use crate::tenant::facts::OnChain;
use crate::tenant::session::session_key;
use crate::tenant::{
    Begun, Command, Config, Found, Refusal, SessionAction, SessionKey, SessionTerms,
};

pub(super) fn open(
    command: &Command,
    config: &Config,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    let (
        Command::OpenSession {
            environment,
            action,
            key,
            base_url,
            redirect_url,
            app_name,
            account,
        },
        Found::Opening {
            hosted,
            anchor,
            user_handle,
        }
        | Found::OpeningFor {
            hosted,
            anchor,
            user_handle,
            ..
        },
    ) = (command, found)
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let anchor = match account {
        Some(_) if *action != SessionAction::Auth => {
            return Err(Refusal::Invalid(
                "account goes with auth alone: it says whom the session is for".to_owned(),
            ));
        }
        Some(_) => member::answerable(found, *environment, *anchor)?,
        None => anchor.ok_or(Refusal::NoNetwork(*environment))?,
    };
    let key = match (action, key) {
        (SessionAction::Find, _) => None,
        (SessionAction::Auth, None) => return Err(Refusal::MissingSessionKey),
        (SessionAction::Create, None) => None,
        (_, Some(asked)) => Some(lasting(session_key(asked, now))?),
    };
    if key.as_ref().is_some_and(|key| key.key == anchor.payer) {
        return Err(Refusal::Invalid(
            "sessionKey.key is a key of the server's: make one of your own".to_owned(),
        ));
    }
    stampable(config, key.as_ref(), account.is_some())?;
    let place = place(config, hosted, base_url.as_ref(), redirect_url.as_ref())?;
    if anchor.is_on_chain() {
        // What the program cannot hold is refused before anybody makes a passkey for it.
        place.rp_id.parse::<RpId>().map_err(|error| {
            Refusal::Invalid(format!(
                "baseUrl {:?} cannot be used on the chain: {error}",
                place.base_url
            ))
        })?;
    }
    Ok(Allowed::OpenSession {
        base_url: place.base_url,
        terms: Box::new(SessionTerms {
            action: *action,
            environment: *environment,
            key,
            anchor,
            rp_id: place.rp_id,
            origin: place.origin,
            redirect_url: redirect_url.clone(),
            app_name: app_name.clone(),
            user_handle: user_handle.clone(),
            account: *account,
            change: None,
        }),
    })
}

/// Whether a key may be bound to stamp what it is asked for.
fn stampable(config: &Config, key: Option<&SessionKey>, is_named: bool) -> Result<(), Refusal> {
    let Some(activities) = key.and_then(|key| key.scope.activities.as_ref()) else {
        return Ok(());
    };
    // A stamp is its maker's whose passkey the account is. Of a named account any passkey may
    // answer, and none of the others may sign as that one's owner (threat T48).
    if is_named {
        return Err(Refusal::Invalid(
            "sessionKey.scope.activities goes with a passkey's own account: leave account out"
                .to_owned(),
        ));
    }
    if key.is_some_and(|key| key.lifetime_seconds > LONGEST_STAMP_S) {
        return Err(Refusal::Invalid(
            "sessionKey.expiration: a key that stamps for an organisation lasts a day at most"
                .to_owned(),
        ));
    }
    let organisation = activities.organisation;
    if config.zegel.sessions.organisations.contains(&organisation) {
        return Ok(());
    }
    Err(Refusal::Invalid(format!(
        "sessionKey.scope.activities.organizationId {organisation} is not among the tenant's \
         config.zegel.sessions.organizations"
    )))
}

/// The longest that a session key may stamp for an organisation, in seconds: a day. It lies in a
/// browser, and what it stamps needs nobody's touch.
const LONGEST_STAMP_S: u64 = 86_400;

/// Where a session is answered.
pub(super) struct Place {
    pub(super) base_url: String,
    pub(super) origin: String,
    pub(super) rp_id: String,
}

/// The page that is asked for, if the tenant lists it or it is ours; where it leads to must be
/// listed as well.
pub(super) fn place(
    config: &Config,
    hosted: &String,
    base_url: Option<&String>,
    redirect_url: Option<&String>,
) -> Result<Place, Refusal> {
    let sessions = &config.zegel.sessions;
    let asked = base_url.unwrap_or(hosted);
    let is_ours = asked.trim_end_matches('/') == hosted;
    let base_url = if is_ours { hosted } else { asked };
    if !is_ours && !sessions.base_urls.contains(base_url) {
        return Err(Refusal::Invalid(format!(
            "baseUrl {base_url:?} is not among the tenant's config.zegel.sessions.base_urls"
        )));
    }
    if let Some(url) = redirect_url
        && !sessions.redirect_urls.contains(url)
    {
        return Err(Refusal::Invalid(format!(
            "redirectUrl {url:?} is not among the tenant's config.zegel.sessions.redirect_urls"
        )));
    }
    let (origin, rp_id) = page(base_url).ok_or_else(|| {
        let remedy = match is_ours {
            true => "the operator sets public-url to one that can, or baseUrl names another page",
            false => "it must be https, or http on localhost",
        };
        Refusal::Invalid(format!(
            "baseUrl {base_url:?} is no page that can use passkeys: {remedy}"
        ))
    })?;
    Ok(Place {
        base_url: base_url.clone(),
        origin,
        rp_id,
    })
}

pub(super) fn bind(
    command: &Command,
    config: &Config,
    found: &Found,
    now: Timestamp,
) -> Result<Allowed, Refusal> {
    if let Found::Binding {
        sent: Some(signature),
        ..
    } = found
    {
        return Ok(Allowed::SubmitAgain {
            signature: signature.clone(),
        });
    }
    let (
        Command::BindSession {
            action, key, slot, ..
        },
        Found::Binding {
            ceremony: Some(ceremony),
            answered,
            ..
        },
    ) = (command, found)
    else {
        return Err(Refusal::ChallengeUnknown);
    };
    let Begun::Session(opened) = &ceremony.begun else {
        return Err(Refusal::ChallengeUnknown);
    };
    let terms = answerable(opened, *action).ok_or(Refusal::ChallengeUnknown)?;
    if ceremony.is_expired(now) {
        return Err(Refusal::CeremonyExpired);
    }
    // What clients repeat is in the challenge already; a difference shows a mix-up (threat T49).
    let opened = opened.key.as_ref().map(|key| key.key);
    if opened.is_some() && key.is_some() && *key != opened {
        return Err(Refusal::SessionMismatch("sessionKey"));
    }
    if slot.is_some_and(|slot| slot != terms.anchor.slot) {
        return Err(Refusal::SessionMismatch("slotNumber"));
    }
    let answered = answered.as_ref().ok_or(Refusal::AccountUnknown)?;
    let verified = answered.verified.as_ref();
    let verified = verified.map_err(|rejection| Refusal::NotBelieved(*rejection))?;
    match (&answered.account, action) {
        (None, SessionAction::Auth | SessionAction::Find) => return Err(Refusal::AccountUnknown),
        (Some(account), _) if account.rp_id != terms.rp_id => {
            return Err(Refusal::OtherRelyingParty(account.rp_id.clone()));
        }
        _ => {}
    }
    let named = match terms.account {
        Some(_) => Some(member::answered(&terms, answered)?),
        None => None,
    };
    if let (Some(change), Some(account)) = (terms.change, &named) {
        return member::approved(ceremony, &terms, change, account, answered, now);
    }
    let on_chain = match &answered.on_chain {
        // Looking up sends nothing, though the session was opened to.
        Some(_) if terms.action == SessionAction::Find => None,
        Some(on_chain) => {
            if terms.action == SessionAction::Create && answered.account.is_some() {
                return Err(Refusal::AccountExists);
            }
            if !config.zegel.sessions.affords(on_chain.made_today) {
                return Err(Refusal::DayIsSpent);
            }
            Some(Box::new(believable(on_chain)?))
        }
        // It was opened for a chain that is not there any more.
        None if terms.anchor.is_on_chain() && terms.action != SessionAction::Find => {
            return Err(Refusal::NoChain(terms.environment));
        }
        None => None,
    };
    Ok(Allowed::BindSession {
        ceremony: Arc::clone(ceremony),
        terms: Box::new(terms),
        key: answered.key,
        address: answered.address,
        account: answered.account.clone(),
        named: named.map(Box::new),
        verified: verified.clone(),
        on_chain,
    })
}

/// What the chain will believe, and by which number it finds the slot.
fn believable(on_chain: &OnChain) -> Result<Believed, Refusal> {
    let located = on_chain.located.map_err(|_| Refusal::SlotExpired)?;
    let proof = on_chain.proof.clone().map_err(Refusal::NotOnChain)?;
    Ok(Believed {
        proof,
        number: located.number,
        blockhash: on_chain.blockhash,
        last_valid_height: on_chain.last_valid_height,
    })
}

/// What an answer is taken for: what the session was opened for, or less. Clients ask which account
/// a passkey has with whatever it signed last, so a session opened to bind a key may be answered by
/// who only looks the account up. The key goes unbound, and the challenge is spent all the same. Who
/// is asked to say yes to something says yes or nothing.
fn answerable(opened: &SessionTerms, action: SessionAction) -> Option<SessionTerms> {
    match (opened.action, action) {
        (SessionAction::Auth, SessionAction::Find) if opened.change.is_none() => {
            Some(SessionTerms {
                action,
                key: None,
                ..opened.clone()
            })
        }
        (as_opened, action) => (as_opened == action).then(|| opened.clone()),
    }
}

fn lasting(key: Option<SessionKey>) -> Result<SessionKey, Refusal> {
    key.ok_or_else(|| {
        Refusal::Invalid(
            "sessionKey.expiration must be 1 to 7776000 seconds, or a moment that soon".to_owned(),
        )
    })
}
