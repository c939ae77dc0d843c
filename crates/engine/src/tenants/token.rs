//! What a token says of the ceremony it is about.

use rules::tenant::{Tenant, Transaction};
use vault::{Ceremony, TokenKeyRow};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::EventId;
use wire::token::{Claims, TokenUse};

use crate::Engine;
use crate::error::Error;

/// How long a token is good for, in seconds.
const LIFE_SECONDS: u64 = 300;

/// What a token is about.
pub(super) struct About<'a> {
    pub(super) usage: TokenUse,
    pub(super) user_id: &'a str,
    pub(super) credential_id: &'a [u8],
    /// The recorded event.
    pub(super) event: EventId,
    /// When that was.
    pub(super) at: Timestamp,
    /// Whether the user was verified.
    pub(super) user_verified: bool,
    pub(super) transaction: Option<&'a Transaction>,
}

impl Engine {
    /// Signs a token with the tenant's newest key. The same event makes the same claims, however
    /// often it is asked for.
    pub(super) fn token(
        &self,
        tenant: &Tenant,
        evidence: Ceremony<'_>,
        about: &About<'_>,
    ) -> Result<String, Error> {
        let key = tenant
            .signing_key()
            .ok_or_else(|| Error::Unreadable(format!("tenant {} has no token key", tenant.id)))?;
        let issued = about.at.as_seconds();
        let rp_id = match about.transaction {
            Some(transaction) => &transaction.terms.rp_id,
            None => &tenant.config.webauthn.relying_party.id,
        };
        let mut methods = vec!["webauthn".to_owned()];
        if about.user_verified {
            methods.push("user".to_owned());
        }
        let claims = Claims {
            iss: tenant.config.zegel.issuer.clone(),
            sub: about.user_id.to_owned(),
            aud: vec![rp_id.clone()],
            iat: issued,
            exp: issued + LIFE_SECONDS,
            jti: about.event.to_string(),
            usage: about.usage,
            cred: base64url::encode(about.credential_id),
            trans: about.transaction.map(|known| known.identifier.clone()),
            txd: about.transaction.map(|known| known.terms.digest.clone()),
            amr: methods,
        };
        let row = TokenKeyRow {
            tenant: tenant.id,
            key: key.id,
        };
        Ok(self
            .vault
            .issue(&row, key.algorithm, &key.sealed, evidence, &claims)?)
    }
}
