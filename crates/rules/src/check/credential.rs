//! API keys and passkeys.

use wire::Timestamp;
use wire::id::{ApiKeyId, AuthenticatorId, UserId};

use super::{Checked, distinct, not_empty, user};
use crate::command::{NewApiKey, NewAuthenticator, NewUser};
use crate::credential::read_authenticator;
use crate::facts::Facts;
use crate::organisation::Organisation;
use crate::refusal::Refusal;
use crate::user::{MAX_AUTHENTICATORS, MAX_EXPIRING_API_KEYS, MAX_LONG_LIVED_API_KEYS, User};

/// Most transports one passkey may name; the specification knows seven.
const MAX_TRANSPORTS: usize = 16;

pub(super) fn create_api_keys(
    owner: UserId,
    new: &[NewApiKey],
    organisation: &Organisation,
) -> Checked {
    not_empty(new, "parameters.apiKeys")?;
    let owner = user::exists(owner, organisation)?;
    let held: Vec<&User> = organisation.users.values().collect();
    let fields: Vec<String> = (0..new.len())
        .map(|i| format!("parameters.apiKeys[{i}].publicKey"))
        .collect();
    let pairs: Vec<_> = new.iter().zip(fields.iter().map(String::as_str)).collect();
    keys_are_free(&pairs, &held)?;
    api_key_limits(new, Some(owner))
}

pub(super) fn create_authenticators(
    owner: UserId,
    new: &[NewAuthenticator],
    facts: &Facts,
    now: Timestamp,
) -> Checked {
    not_empty(new, "parameters.authenticators")?;
    let owner = user::exists(owner, &facts.organisation)?;
    let held: Vec<&User> = facts.organisation.users.values().collect();
    for (i, authenticator) in new.iter().enumerate() {
        let field = format!("parameters.authenticators[{i}]");
        passkey(authenticator, &field, &new[..i], &held, facts, now)?;
    }
    authenticator_limit(owner.authenticators.len() + new.len())
}

/// Credentials of users that are made together: each distinct, free and genuine.
pub(super) fn new_credentials(
    new: &[NewUser],
    field: &str,
    held: &[&User],
    facts: &Facts,
    now: Timestamp,
) -> Checked {
    let mut names = Vec::new();
    let mut keys = Vec::new();
    let mut seen: Vec<NewAuthenticator> = Vec::new();
    for (i, user) in new.iter().enumerate() {
        api_key_limits(&user.api_keys, None)?;
        authenticator_limit(user.authenticators.len())?;
        for (j, key) in user.api_keys.iter().enumerate() {
            keys.push(key);
            names.push(format!("{field}[{i}].apiKeys[{j}].publicKey"));
        }
        for (j, authenticator) in user.authenticators.iter().enumerate() {
            let field = format!("{field}[{i}].authenticators[{j}]");
            passkey(authenticator, &field, &seen, held, facts, now)?;
            seen.push(authenticator.clone());
        }
    }
    let pairs: Vec<_> = keys
        .into_iter()
        .zip(names.iter().map(String::as_str))
        .collect();
    keys_are_free(&pairs, held)
}

/// One public key names one user: whoever holds it must be unambiguous.
fn keys_are_free(new: &[(&NewApiKey, &str)], held: &[&User]) -> Checked {
    for (i, (key, field)) in new.iter().enumerate() {
        let twice = new[..i]
            .iter()
            .any(|(other, _)| other.public_key == key.public_key);
        let taken = held
            .iter()
            .flat_map(|user| &user.api_keys)
            .any(|other| other.public_key == key.public_key);
        if twice || taken {
            return Err(Refusal::already_exists(format!(
                "{field}: this public key is registered in the organization already"
            )));
        }
        if key.expiration_seconds == Some(0) {
            return Err(Refusal::invalid(format!(
                "invalid api key expiration: {field}: expirationSeconds must be at least 1"
            )));
        }
    }
    Ok(())
}

fn api_key_limits(new: &[NewApiKey], owner: Option<&User>) -> Checked {
    let held = owner.map_or(&[][..], |user| &user.api_keys);
    let long_lived = held
        .iter()
        .filter(|key| key.expiration_seconds.is_none())
        .count()
        + new
            .iter()
            .filter(|key| key.expiration_seconds.is_none())
            .count();
    if long_lived > MAX_LONG_LIVED_API_KEYS {
        return Err(Refusal::limit(format!(
            "user has exceeded maximum long-lived api keys: {long_lived} of \
             {MAX_LONG_LIVED_API_KEYS}; delete some or give the new ones an expiry"
        )));
    }
    // Expiring keys make room by eviction, but only for as many as fit at all.
    let expiring = new
        .iter()
        .filter(|key| key.expiration_seconds.is_some())
        .count();
    if expiring > MAX_EXPIRING_API_KEYS {
        return Err(Refusal::limit(format!(
            "user has exceeded maximum short-lived api keys: {expiring} of {MAX_EXPIRING_API_KEYS}"
        )));
    }
    Ok(())
}

fn authenticator_limit(count: usize) -> Checked {
    if count > MAX_AUTHENTICATORS {
        return Err(Refusal::limit(format!(
            "user has exceeded maximum authenticators: {count} of {MAX_AUTHENTICATORS}"
        )));
    }
    Ok(())
}

fn passkey(
    new: &NewAuthenticator,
    field: &str,
    together: &[NewAuthenticator],
    held: &[&User],
    facts: &Facts,
    now: Timestamp,
) -> Checked {
    // They are not signed and only shown again, so only their shape can be judged.
    let plain = |name: &String| {
        (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if new.transports.len() > MAX_TRANSPORTS || !new.transports.iter().all(plain) {
        return Err(Refusal::invalid(format!(
            "{field}.attestation.transports: must be at most {MAX_TRANSPORTS} names such as \
             AUTHENTICATOR_TRANSPORT_INTERNAL"
        )));
    }
    read_authenticator(new, facts.settings(), now).map_err(|problem| {
        Refusal::invalid(format!(
            "invalid authenticator attestation: {field}: {problem}"
        ))
    })?;
    let twice = together
        .iter()
        .any(|other| other.credential_id == new.credential_id);
    let taken = held
        .iter()
        .flat_map(|user| &user.authenticators)
        .any(|other| other.credential_id == new.credential_id);
    if twice || taken {
        return Err(Refusal::already_exists(format!(
            "{field}.attestation.credentialId: this passkey is registered in the organization \
             already"
        )));
    }
    Ok(())
}

pub(super) fn delete_api_keys(
    owner: UserId,
    keys: &[ApiKeyId],
    organisation: &Organisation,
) -> Checked {
    not_empty(keys, "parameters.apiKeyIds")?;
    distinct(keys, "parameters.apiKeyIds")?;
    let owner = user::exists(owner, organisation)?;
    for id in keys {
        if !owner.api_keys.iter().any(|key| key.id == *id) {
            return Err(Refusal::not_found(format!(
                "api key {id} not found for this user"
            )));
        }
    }
    let mut left = owner.clone();
    left.api_keys.retain(|key| !keys.contains(&key.id));
    keeps_a_credential(&left, organisation)
}

pub(super) fn delete_authenticators(
    owner: UserId,
    authenticators: &[AuthenticatorId],
    organisation: &Organisation,
) -> Checked {
    not_empty(authenticators, "parameters.authenticatorIds")?;
    distinct(authenticators, "parameters.authenticatorIds")?;
    let owner = user::exists(owner, organisation)?;
    for id in authenticators {
        if !owner.authenticators.iter().any(|held| held.id == *id) {
            return Err(Refusal::not_found(format!(
                "authenticator {id} not found for this user"
            )));
        }
    }
    let mut left = owner.clone();
    left.authenticators
        .retain(|held| !authenticators.contains(&held.id));
    keeps_a_credential(&left, organisation)
}

/// The last credential of a root quorum member that lasts cannot go: the organisation would be
/// locked out for ever. An expiring key does not count as a way back in.
fn keeps_a_credential(left: &User, organisation: &Organisation) -> Checked {
    if organisation.quorum.contains(left.id) && !left.has_lasting_credential() {
        return Err(Refusal::invalid(format!(
            "user missing valid credential: {} is a member of the root quorum and would be left \
             with none that lasts; add another first",
            left.id
        )));
    }
    Ok(())
}
