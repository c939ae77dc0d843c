//! Stamps by API keys, session keys and wallets: one signature over the body.

use std::sync::Arc;

use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, Scheme};

use super::key::ParsedKey;
use super::{Body, KeyCache, PublicKey, Rejection};

/// Proof that the holder of a registered key signed this very body.
///
/// Made only by [`check`]. Whose key it is, whether it has expired and what it may do is not
/// known here. Nobody else can make one:
///
/// ```compile_fail,E0451
/// # fn forge(public_key: verify::stamp::PublicKey, scheme: wire::stamp::Scheme) {
/// let proof =
///     verify::stamp::api_key::ApiKeyProof { public_key, scheme, body_sha256: [0; 32] };
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiKeyProof {
    public_key: PublicKey,
    scheme: Scheme,
    body_sha256: [u8; 32],
}

impl ApiKeyProof {
    /// The key that signed.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The scheme it signed under.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// SHA-256 of the body it signed.
    pub fn body_sha256(&self) -> [u8; 32] {
        self.body_sha256
    }
}

/// Checks that `stamp` is a signature over `body` by the registered key: `public_key`, a point of
/// `curve`.
///
/// A key enters the cache only after it has verified a stamp, so that forged stamps cannot flush
/// it.
///
/// # Errors
///
/// The [`Rejection`] says which check failed; outsiders should hear no more than that one did.
pub fn check(
    stamp: &ApiKeyStamp,
    curve: Curve,
    public_key: &[u8],
    body: &Body<'_>,
    cache: &KeyCache,
) -> Result<ApiKeyProof, Rejection> {
    if stamp.public_key != public_key {
        return Err(Rejection::KeyMismatch);
    }
    // The same bytes can be a point of two curves; the registration decides which is meant.
    if stamp.scheme.curve() != curve {
        return Err(Rejection::SchemeMismatch);
    }
    let public_key = PublicKey::shaped(curve, public_key)?;
    match cache.points.find(&public_key) {
        Some(parsed) => parsed.verify(stamp.scheme, body, &stamp.signature)?,
        None => {
            let parsed = ParsedKey::of(&public_key)?;
            parsed.verify(stamp.scheme, body, &stamp.signature)?;
            cache.points.keep(public_key, Arc::new(parsed));
        }
    }
    Ok(ApiKeyProof {
        public_key,
        scheme: stamp.scheme,
        body_sha256: body.sha256(),
    })
}
