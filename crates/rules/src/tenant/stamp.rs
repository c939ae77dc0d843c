//! A session key as a stamp in an organisation.
//!
//! Nothing of an organisation is copied to a session when its key is bound. What the key may stamp
//! hangs on what is there when it is used (threat T47): the tenant and its list of organisations,
//! the account and its session, and a passkey of a user of the organisation that is the account's.

use verify::session::{key_from_cose, rp_id_hash};
use verify::{Credential, CredentialKey, SessionCredential, Signer};
use wire::Timestamp;
use wire::solana::Address;

use super::{PasskeyAccount, Tenant};
use crate::credential::relying_party;
use crate::organisation::Organisation;
use crate::{Authenticator, User};

/// The organisation a stamp is for, and the root whose features govern it.
#[derive(Clone, Copy, Debug)]
pub struct Addressed<'a> {
    /// The organisation.
    pub organisation: &'a Organisation,
    /// Its parent; itself, if it has none.
    pub root: &'a Organisation,
}

/// What a session key is in an organisation: a credential for each passkey there that is the
/// account's. None, if anything it hangs on is missing; several are for the caller to refuse
/// (threat T45). Whether the session still lives is in the credential, and is told to the key's
/// holder alone.
pub fn credentials(
    key: &Address,
    account: &PasskeyAccount,
    tenant: &Tenant,
    addressed: Addressed<'_>,
) -> Vec<Credential> {
    let Addressed { organisation, root } = addressed;
    let session = account.session.as_ref();
    let Some(session) = session.filter(|session| session.key == *key) else {
        return Vec::new();
    };
    let Some(activities) = &session.scope.activities else {
        return Vec::new();
    };
    let listed = &tenant.config.zegel.sessions.organisations;
    if activities.organisation != organisation.id || !listed.contains(&organisation.id) {
        return Vec::new();
    }
    // Where the organisation names its origins, sessions of other pages are none of its.
    let welcome = relying_party(root).rp_ids;
    if !welcome.is_empty() && !welcome.contains(&account.rp_id) {
        return Vec::new();
    }
    let owners = organisation.users.values().flat_map(|user| {
        let passkeys = user.authenticators.iter();
        passkeys.filter_map(move |passkey| is_of(passkey, account).then_some(user))
    });
    let credential = |user: &User| Credential {
        tenant: organisation.root_id(),
        signer: Signer {
            home: organisation.id,
            user: user.id,
        },
        key: CredentialKey::Session(SessionCredential {
            public_key: *key.as_bytes(),
            expires_at: Timestamp::from_millis(session.expires_at_seconds.saturating_mul(1000)),
            is_revoked: session.is_revoked,
            may: activities.types.clone(),
        }),
    };
    owners.map(credential).collect()
}

/// Whether a passkey of an organisation is the one that owns an account: the same key, made for the
/// same relying party.
fn is_of(passkey: &Authenticator, account: &PasskeyAccount) -> bool {
    passkey.rp_id_hash == rp_id_hash(&account.rp_id)
        && key_from_cose(&passkey.public_key)
            .is_some_and(|key| key.as_bytes()[..] == account.public_key)
}

#[cfg(test)]
mod tests;
