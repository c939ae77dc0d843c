//! The public keys of tokens, as JSON Web Keys.

use serde::{Deserialize, Serialize};

use super::TokenAlgorithm;
use crate::encoding::base64url;
use crate::id::TokenKeyId;

const P256: &str = "P-256";
const ED25519: &str = "Ed25519";
const SIGNATURES: &str = "sig";

/// The text is not a public key for tokens in the form that [`PublicJwk::to_json`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key for tokens in JSON")]
pub struct NotAJwk;

/// The public key that tokens of one `kid` are verified with (RFC 7517 §4).
///
/// Its JSON has the members `kty`, `kid`, `alg`, `use` and the key's own, in this order and no
/// others. Reading refuses members it does not know: a private one would be an accident.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub struct PublicJwk {
    /// The key's name, which a token's header bears as well.
    pub kid: TokenKeyId,
    /// The key itself.
    pub key: TokenPublicKey,
}

/// The numbers of a public key. That they are a good key is for the verifying library to find.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TokenPublicKey {
    /// For RS256 (RFC 7518 §6.3.1): big-endian, without leading zeros.
    Rsa {
        /// `n`, at least 2048 bits (RFC 7518 §3.3).
        modulus: Vec<u8>,
        /// `e`.
        exponent: Vec<u8>,
    },
    /// For ES256 (RFC 7518 §6.2.1): a point's coordinates, big-endian.
    P256 {
        /// `x`.
        x: [u8; 32],
        /// `y`.
        y: [u8; 32],
    },
    /// For EdDSA (RFC 8037 §2): the encoding of RFC 8032 §5.1.5.
    Ed25519 {
        /// `x`.
        x: [u8; 32],
    },
}

impl TokenPublicKey {
    /// The only algorithm the key is for (RFC 8725 §3.1).
    pub const fn algorithm(&self) -> TokenAlgorithm {
        match self {
            Self::Rsa { .. } => TokenAlgorithm::Rs256,
            Self::P256 { .. } => TokenAlgorithm::Es256,
            Self::Ed25519 { .. } => TokenAlgorithm::EdDsa,
        }
    }
}

impl PublicJwk {
    /// The key in JSON, as it is stored and published.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts become JSON")
    }

    /// Reads what [`PublicJwk::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// [`NotAJwk`], also for the members of another algorithm's keys and for numbers with leading
    /// zeros.
    pub fn from_json(text: &str) -> Result<Self, NotAJwk> {
        serde_json::from_str(text).map_err(|_| NotAJwk)
    }
}

/// A tenant's public keys, as `/.well-known/jwks.json` publishes them (RFC 7517 §5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<PublicJwk>,
}

/// The members as they are spelled.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kty", deny_unknown_fields)]
enum Text {
    #[serde(rename = "RSA")]
    Rsa {
        kid: TokenKeyId,
        alg: TokenAlgorithm,
        r#use: String,
        n: String,
        e: String,
    },
    #[serde(rename = "EC")]
    Ec {
        kid: TokenKeyId,
        alg: TokenAlgorithm,
        r#use: String,
        crv: String,
        x: String,
        y: String,
    },
    #[serde(rename = "OKP")]
    Okp {
        kid: TokenKeyId,
        alg: TokenAlgorithm,
        r#use: String,
        crv: String,
        x: String,
    },
}

impl From<PublicJwk> for Text {
    fn from(PublicJwk { kid, key }: PublicJwk) -> Self {
        let (alg, r#use) = (key.algorithm(), SIGNATURES.to_owned());
        match key {
            TokenPublicKey::Rsa { modulus, exponent } => Self::Rsa {
                kid,
                alg,
                r#use,
                n: base64url::encode(modulus),
                e: base64url::encode(exponent),
            },
            TokenPublicKey::P256 { x, y } => Self::Ec {
                kid,
                alg,
                r#use,
                crv: P256.to_owned(),
                x: base64url::encode(x),
                y: base64url::encode(y),
            },
            TokenPublicKey::Ed25519 { x } => Self::Okp {
                kid,
                alg,
                r#use,
                crv: ED25519.to_owned(),
                x: base64url::encode(x),
            },
        }
    }
}

impl TryFrom<Text> for PublicJwk {
    type Error = NotAJwk;

    fn try_from(text: Text) -> Result<Self, NotAJwk> {
        let (kid, alg, usage, crv, key) = match text {
            Text::Rsa {
                kid,
                alg,
                r#use,
                n,
                e,
            } => {
                let key = TokenPublicKey::Rsa {
                    modulus: number(&n, 256..=1024)?,
                    exponent: number(&e, 1..=8)?,
                };
                (kid, alg, r#use, None, key)
            }
            Text::Ec {
                kid,
                alg,
                r#use,
                crv,
                x,
                y,
            } => {
                let (x, y) = (coordinate(&x)?, coordinate(&y)?);
                (kid, alg, r#use, Some(crv), TokenPublicKey::P256 { x, y })
            }
            Text::Okp {
                kid,
                alg,
                r#use,
                crv,
                x,
            } => {
                let x = coordinate(&x)?;
                (kid, alg, r#use, Some(crv), TokenPublicKey::Ed25519 { x })
            }
        };
        let curve = match key {
            TokenPublicKey::Rsa { .. } => None,
            TokenPublicKey::P256 { .. } => Some(P256),
            TokenPublicKey::Ed25519 { .. } => Some(ED25519),
        };
        if alg == key.algorithm() && usage == SIGNATURES && crv.as_deref() == curve {
            Ok(Self { kid, key })
        } else {
            Err(NotAJwk)
        }
    }
}

/// RFC 7518 §2, Base64urlUInt: as few bytes as the number needs.
fn number(text: &str, length: core::ops::RangeInclusive<usize>) -> Result<Vec<u8>, NotAJwk> {
    let bytes = base64url::decode(text).map_err(|_| NotAJwk)?;
    if length.contains(&bytes.len()) && bytes[0] != 0 {
        Ok(bytes)
    } else {
        Err(NotAJwk)
    }
}

/// RFC 7518 §6.2.1.2: always the curve's full length.
fn coordinate(text: &str) -> Result<[u8; 32], NotAJwk> {
    let bytes = base64url::decode(text).map_err(|_| NotAJwk)?;
    bytes.try_into().map_err(|_| NotAJwk)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KID: TokenKeyId = TokenKeyId::from_bytes([0x11; 16]);

    /// One key of each algorithm, with its JSON.
    fn keys() -> [(TokenPublicKey, String); 3] {
        let head = r#""kid":"11111111-1111-1111-1111-111111111111","alg""#;
        let modulus = vec![0xff; 256];
        let n = base64url::encode(&modulus);
        let (x, y) = ([1; 32], [2; 32]);
        let (ones, twos) = (base64url::encode(x), base64url::encode(y));
        [
            (
                TokenPublicKey::Rsa {
                    modulus,
                    exponent: vec![1, 0, 1],
                },
                format!(r#"{{"kty":"RSA",{head}:"RS256","use":"sig","n":"{n}","e":"AQAB"}}"#),
            ),
            (
                TokenPublicKey::P256 { x, y },
                format!(
                    r#"{{"kty":"EC",{head}:"ES256","use":"sig","crv":"P-256","x":"{ones}","y":"{twos}"}}"#
                ),
            ),
            (
                TokenPublicKey::Ed25519 { x },
                format!(
                    r#"{{"kty":"OKP",{head}:"EdDSA","use":"sig","crv":"Ed25519","x":"{ones}"}}"#
                ),
            ),
        ]
    }

    #[test]
    fn a_key_is_spelled_as_jose_wants_it_and_read_back() {
        for (key, text) in keys() {
            let jwk = PublicJwk { kid: KID, key };
            assert_eq!(jwk.to_json(), text);
            assert_eq!(PublicJwk::from_json(&text), Ok(jwk));
        }
    }

    #[test]
    fn refuses_a_key_that_names_another_algorithm_use_or_curve() {
        for (_, text) in keys() {
            for (member, wrong) in [
                ("RS256", "ES256"),
                ("ES256", "EdDSA"),
                ("EdDSA", "RS256"),
                ("RS256", "none"),
                ("sig", "enc"),
                ("P-256", "P-384"),
                ("Ed25519", "X25519"),
                ("RSA", "oct"),
                ("EC", "OKP"),
                ("OKP", "EC"),
            ] {
                let (from, to) = (format!("\"{member}\""), format!("\"{wrong}\""));
                let changed = text.replace(&from, &to);
                if changed != text {
                    assert_eq!(PublicJwk::from_json(&changed), Err(NotAJwk), "{changed}");
                }
            }
        }
    }

    #[test]
    fn t98_refuses_a_member_it_does_not_know_such_as_a_private_one() {
        for (_, text) in keys() {
            let private = text.replace(r#""use":"#, r#""d":"AQ","use":"#);
            assert_eq!(PublicJwk::from_json(&private), Err(NotAJwk), "{private}");
        }
    }

    #[test]
    fn refuses_numbers_of_another_length_or_with_a_leading_zero() {
        let [(_, rsa), (_, ec), (_, okp)] = keys();
        let n = base64url::encode([0xff; 256]);
        for wrong in [
            base64url::encode([0xff; 255]),
            base64url::encode([0; 256]),
            format!("{n}="),
            String::new(),
        ] {
            let text = rsa.replace(&n, &wrong);
            assert_eq!(PublicJwk::from_json(&text), Err(NotAJwk), "{text}");
        }
        let text = rsa.replace("AQAB", "AAEAAQ");
        assert_eq!(PublicJwk::from_json(&text), Err(NotAJwk));
        for text in [ec, okp] {
            for wrong in [&[1; 31][..], &[1; 33], &[]] {
                let text = text.replace(&base64url::encode([1; 32]), &base64url::encode(wrong));
                assert_eq!(PublicJwk::from_json(&text), Err(NotAJwk), "{text}");
            }
        }
    }

    #[test]
    fn a_set_is_an_object_with_the_keys() {
        let keys = keys().map(|(key, text)| (PublicJwk { kid: KID, key }, text));
        let texts = keys.clone().map(|(_, text)| text).join(",");
        let set = JwkSet {
            keys: keys.map(|(key, _)| key).to_vec(),
        };
        assert_eq!(
            serde_json::to_string(&set).unwrap(),
            format!(r#"{{"keys":[{texts}]}}"#)
        );
    }
}
