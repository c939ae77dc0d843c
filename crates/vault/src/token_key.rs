//! Keys that sign a tenant's tokens.
//!
//! A token is signed only for a ceremony that `verify` has seen through: there is no way to have
//! one of these keys sign anything else.

mod rsa;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use verify::webauthn::{VerifiedAssertion, VerifiedRegistration};
use wire::Sealed;
use wire::encoding::base64url;
use wire::id::{TenantId, TokenKeyId};
use wire::keys::Curve;
use wire::token::{
    Claims, PublicJwk, TokenAlgorithm, TokenPublicKey, TokenUse, compact, signing_input,
};
use zeroize::Zeroizing;

use self::rsa::RsaKey;
use crate::memory::Arena;
use crate::raw::RawKey;
use crate::seal::{Place, open, seal, tag};
use crate::signing_key::SigningKey;
use crate::warm::WarmKeys;
use crate::{Entropy, Error, TokenKeyRow, Vault};

/// The ceremony that a token is about, which only `verify` can have seen through.
#[derive(Clone, Copy, Debug)]
pub enum Ceremony<'a> {
    /// A credential was registered.
    Registration(&'a VerifiedRegistration),
    /// A credential was used: to log in, as a second factor, or to confirm a transaction.
    Assertion(&'a VerifiedAssertion),
}

impl Vault {
    /// Makes a key that signs a tenant's tokens and seals it for its row.
    ///
    /// An RSA key (2048 bits) is searched for during a hundred milliseconds or several: call this
    /// where blocking is allowed. Its primes come from the library's own generator, which the operating
    /// system seeds, since the search cannot be fed from outside; `entropy` then serves the
    /// sealing only. The other two keys are made of `entropy` entirely.
    pub fn create_token_key(
        &self,
        row: &TokenKeyRow,
        algorithm: TokenAlgorithm,
        entropy: &mut dyn Entropy,
    ) -> Result<(Sealed, PublicJwk), Error> {
        let (text, key) = TokenKey::generate(algorithm, self.token_keys.arena(), entropy)?;
        let sealed = seal(&self.root, Place::TokenKey(row), &text, entropy)?;
        let public = PublicJwk {
            kid: row.key,
            key: key.public()?,
        };
        Ok((sealed, public))
    }

    /// Signs a token that says of the ceremony what `claims` say, as a compact JWS.
    ///
    /// The header is `{"alg","kid","typ":"JWT"}`, made from `algorithm` and `row`. Whose token it
    /// is and when it expires are the caller's to say; what the ceremony itself shows must agree
    /// with it, or nothing is signed:
    ///
    /// - `cred` is the credential's id in base64url;
    /// - `use` is that of a registration for a registration, another one for an assertion;
    /// - `amr` has `user` only if the user was verified.
    ///
    /// A key in use stays warm, since parsing an RSA key costs more than signing with it. Warm
    /// P-256 and Ed25519 keys lie in locked memory. **An RSA key does not**: it is an object of
    /// the library on the ordinary heap, which could be swapped out; the library overwrites it
    /// when it is freed, as it does everything it allocates.
    ///
    /// # Errors
    ///
    /// [`Error::Unproven`] when ceremony and claims disagree, [`Error::Unopenable`] when the key
    /// was sealed for another row, [`Error::WrongAlgorithm`] when it was made for another
    /// algorithm.
    pub fn issue(
        &self,
        row: &TokenKeyRow,
        algorithm: TokenAlgorithm,
        sealed: &Sealed,
        evidence: Ceremony<'_>,
        claims: &Claims,
    ) -> Result<String, Error> {
        if !evidence.bears_out(claims) {
            return Err(Error::Unproven);
        }
        let name = Name {
            row: *row,
            algorithm,
            tag: tag(sealed),
        };
        let key = self.token_keys.get_or_insert(name, |arena| {
            let text = open(&self.root, Place::TokenKey(row), sealed)?;
            TokenKey::from_plaintext(algorithm, &text, arena)
        })?;
        let input = signing_input(algorithm, row.key, claims);
        let signature = key.sign(input.as_bytes())?;
        Ok(compact(input, &signature))
    }

    /// Wipes a token key if it is warm, as when it is retired.
    pub fn forget_token_key(&self, key: TokenKeyId) {
        self.token_keys.forget(|name| name.row.key == key);
    }

    /// Wipes every warm token key of a tenant, as when it is deleted.
    pub fn forget_tenant(&self, tenant: TenantId) {
        self.token_keys.forget(|name| name.row.tenant == tenant);
    }
}

impl Ceremony<'_> {
    fn bears_out(&self, claims: &Claims) -> bool {
        let (credential_id, user_verified, kind_fits) = match self {
            Self::Registration(evidence) => (
                evidence.credential_id(),
                evidence.user_verified(),
                is_registration(claims.usage),
            ),
            Self::Assertion(evidence) => (
                evidence.credential_id(),
                evidence.user_verified(),
                !is_registration(claims.usage),
            ),
        };
        kind_fits
            && claims.cred == base64url::encode(credential_id)
            && (user_verified || !claims.amr.iter().any(|method| method == "user"))
    }
}

const fn is_registration(usage: TokenUse) -> bool {
    match usage {
        TokenUse::Registration | TokenUse::MfaRegistration => true,
        TokenUse::Login | TokenUse::MfaLogin | TokenUse::Transaction => false,
    }
}

/// Token keys that were used lately.
pub(crate) type WarmTokenKeys = WarmKeys<Name, TokenKey>;

/// Everything a token key depends on: row, algorithm and the very ciphertext (T99).
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Name {
    row: TokenKeyRow,
    algorithm: TokenAlgorithm,
    tag: [u8; 16],
}

/// A private key that signs tokens. Neither `Clone` nor `Debug`.
pub(crate) enum TokenKey {
    Rsa(RsaKey),
    Curve(SigningKey),
}

/// What the sealed text of an RSA key begins with. The curves have smaller numbers.
const RSA: u8 = 0x80;

impl TokenKey {
    /// A new key, and what of it is sealed: one byte for what it was made for, then PKCS#8 (RFC
    /// 5958) for RSA, or 32 bytes for a curve.
    fn generate(
        algorithm: TokenAlgorithm,
        arena: &Arena,
        entropy: &mut dyn Entropy,
    ) -> Result<(Zeroizing<Vec<u8>>, Self), Error> {
        let Some(curve) = curve_of(algorithm) else {
            let key = RsaKey::generate()?;
            let der = key.to_pkcs8()?;
            let mut text = Zeroizing::new(Vec::with_capacity(1 + der.as_ref().len()));
            text.push(RSA);
            text.extend_from_slice(der.as_ref());
            return Ok((text, Self::Rsa(key)));
        };
        let mut raw = RawKey::generate(curve, entropy)?;
        let text = raw.to_plaintext();
        let key = SigningKey::new(curve, &mut raw.secret, arena)?;
        Ok((text, Self::Curve(key)))
    }

    fn from_plaintext(
        algorithm: TokenAlgorithm,
        text: &[u8],
        arena: &Arena,
    ) -> Result<Self, Error> {
        match (curve_of(algorithm), text) {
            (None, [RSA, der @ ..]) => RsaKey::from_pkcs8(der).map(Self::Rsa),
            (None, _) | (Some(_), [RSA, ..]) => Err(Error::WrongAlgorithm),
            (Some(curve), text) => {
                let mut raw = RawKey::from_plaintext(curve, text).map_err(|error| match error {
                    Error::WrongCurve => Error::WrongAlgorithm,
                    other => other,
                })?;
                SigningKey::new(curve, &mut raw.secret, arena).map(Self::Curve)
            }
        }
    }

    fn public(&self) -> Result<TokenPublicKey, Error> {
        match self {
            Self::Rsa(key) => key.public(),
            Self::Curve(key) => {
                let public = key.public();
                match public.curve() {
                    Curve::P256 => {
                        // SEC 1 §2.3.3: 0x04 ‖ x ‖ y.
                        let point = public.to_uncompressed()?;
                        let (mut x, mut y) = ([0; 32], [0; 32]);
                        x.copy_from_slice(&point[1..33]);
                        y.copy_from_slice(&point[33..]);
                        Ok(TokenPublicKey::P256 { x, y })
                    }
                    Curve::Ed25519 => {
                        let mut x = [0; 32];
                        x.copy_from_slice(public.as_bytes());
                        Ok(TokenPublicKey::Ed25519 { x })
                    }
                    Curve::Secp256k1 => Err(Error::WrongAlgorithm),
                }
            }
        }
    }

    /// The signature as JWS has it (RFC 7518 §3.3, §3.4; RFC 8037 §3.1), checked.
    fn sign(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Rsa(key) => key.sign(input),
            Self::Curve(key) => match key.public().curve() {
                Curve::P256 => {
                    let digest = Sha256::digest(input).into();
                    Ok(key.sign_digest(&digest)?.to_bytes().to_vec())
                }
                Curve::Ed25519 => Ok(key.sign_message(input)?.to_vec()),
                Curve::Secp256k1 => Err(Error::WrongAlgorithm),
            },
        }
    }
}

/// The curve an algorithm's keys live on; RSA has none.
const fn curve_of(algorithm: TokenAlgorithm) -> Option<Curve> {
    match algorithm {
        TokenAlgorithm::Rs256 => None,
        TokenAlgorithm::Es256 => Some(Curve::P256),
        TokenAlgorithm::EdDsa => Some(Curve::Ed25519),
    }
}
