//! Tokens of the Passkey API: signed statements that a ceremony succeeded.
//!
//! A token is a JSON Web Token (RFC 7519) in the compact serialisation of a JSON Web Signature
//! (RFC 7515 §7.1). Here is how one is spelled; whether it is true is the signature's part.

mod jwk;

pub use jwk::{JwkSet, NotAJwk, PublicJwk, TokenPublicKey};

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::encoding::base64url;
use crate::id::TokenKeyId;
use crate::keys::UnknownName;

/// How a token is signed (RFC 7518 §3.1, RFC 8037 §3.1), under the names of JOSE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3): what every client in use expects.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256, `r ‖ s` (RFC 7518 §3.4).
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037 §3.1), under the name that deployed libraries know rather than the
    /// `Ed25519` of RFC 9864.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl TokenAlgorithm {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Rs256, Self::Es256, Self::EdDsa];

    /// The value of `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }
}

impl fmt::Display for TokenAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TokenAlgorithm {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or(UnknownName("token algorithm"))
    }
}

/// Which ceremony a token is about. A service that takes tokens for logins must refuse all other
/// uses (threat T68).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenUse {
    /// A passkey was registered.
    Registration,
    /// A user logged in with a passkey.
    Login,
    /// A second factor was registered.
    MfaRegistration,
    /// A user showed a second factor.
    MfaLogin,
    /// A user confirmed a transaction.
    Transaction,
}

/// What a token says (RFC 7519 §4), in the order in which it is spelled.
///
/// Reading ignores members of other names, as RFC 7519 §4 demands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it, where the tenant is configured with a name (§4.1.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The user, by the tenant's own name for them (§4.1.2).
    pub sub: String,
    /// The RP ID, always as an array (§4.1.3).
    pub aud: Vec<String>,
    /// When it was issued, in seconds since 1970 (§4.1.6).
    pub iat: u64,
    /// From when on it must be refused, in seconds since 1970 (§4.1.4).
    pub exp: u64,
    /// The recorded event it is about, so that it can be taken only once (§4.1.7).
    pub jti: String,
    /// The ceremony it is about.
    #[serde(rename = "use")]
    pub usage: TokenUse,
    /// The credential, its id in base64url.
    pub cred: String,
    /// The transaction, by the tenant's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trans: Option<String>,
    /// The digest of the transaction, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub txd: Option<String>,
    /// The methods of authentication (RFC 8176 §1).
    pub amr: Vec<String>,
}

/// The JOSE header (RFC 7515 §4), with these members and no others.
#[derive(Serialize)]
struct Header {
    alg: TokenAlgorithm,
    kid: TokenKeyId,
    typ: &'static str,
}

/// The part of a token that its signature covers: header and claims, each in base64url, with a
/// dot between them (RFC 7515 §5.1, steps 1 to 5).
pub fn signing_input(algorithm: TokenAlgorithm, key: TokenKeyId, claims: &Claims) -> String {
    let header = Header {
        alg: algorithm,
        kid: key,
        typ: "JWT",
    };
    format!("{}.{}", segment(&header), segment(claims))
}

/// The whole token: the signed part, a dot, and the signature in base64url (RFC 7515 §7.1).
pub fn compact(signing_input: String, signature: &[u8]) -> String {
    let mut token = signing_input;
    token.push('.');
    token.push_str(&base64url::encode(signature));
    token
}

fn segment(value: &impl Serialize) -> String {
    // A struct of texts and numbers always has a JSON form.
    base64url::encode(serde_json::to_vec(value).expect("texts and numbers become JSON"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> Claims {
        Claims {
            iss: None,
            sub: "u-42".to_owned(),
            aud: vec!["example.com".to_owned()],
            iat: 1_782_000_000,
            exp: 1_782_000_300,
            jti: "0196e3a4-0000-7000-8000-000000000001".to_owned(),
            usage: TokenUse::Login,
            cred: "Y3JlZA".to_owned(),
            trans: None,
            txd: None,
            amr: vec!["webauthn".to_owned(), "user".to_owned()],
        }
    }

    #[test]
    fn an_algorithm_is_spelt_the_same_by_display_parse_and_serde() {
        for algorithm in TokenAlgorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_eq!(json!(algorithm), algorithm.as_str());
        }
        for other in ["", "none", "rs256", "HS256", "PS256", "Ed25519"] {
            assert!(other.parse::<TokenAlgorithm>().is_err(), "{other}");
        }
    }

    #[test]
    fn claims_are_spelled_in_their_order_and_without_those_that_are_not_there() {
        assert_eq!(
            serde_json::to_string(&claims()).unwrap(),
            concat!(
                r#"{"sub":"u-42","aud":["example.com"],"iat":1782000000,"exp":1782000300,"#,
                r#""jti":"0196e3a4-0000-7000-8000-000000000001","use":"login","#,
                r#""cred":"Y3JlZA","amr":["webauthn","user"]}"#
            )
        );
        let full = Claims {
            iss: Some("https://passkeys.example.com".to_owned()),
            usage: TokenUse::Transaction,
            trans: Some("t-1".to_owned()),
            txd: Some("ab".repeat(32)),
            ..claims()
        };
        let text = serde_json::to_string(&full).unwrap();
        assert!(text.starts_with(r#"{"iss":"https://passkeys.example.com","sub":"#));
        assert!(text.contains(r#""cred":"Y3JlZA","trans":"t-1","txd":"abab"#));
        assert_eq!(serde_json::from_str::<Claims>(&text).unwrap(), full);
    }

    #[test]
    fn the_uses_have_the_names_that_clients_know() {
        let uses = [
            (TokenUse::Registration, "registration"),
            (TokenUse::Login, "login"),
            (TokenUse::MfaRegistration, "mfa_registration"),
            (TokenUse::MfaLogin, "mfa_login"),
            (TokenUse::Transaction, "transaction"),
        ];
        for (usage, name) in uses {
            assert_eq!(json!(usage), name);
        }
    }

    #[test]
    fn a_token_is_header_claims_and_signature_with_dots_between() {
        let key = TokenKeyId::from_bytes([0x11; 16]);
        let signed = signing_input(TokenAlgorithm::Es256, key, &claims());
        let token = compact(signed.clone(), &[0xff, 0xef]);
        assert_eq!(token.strip_prefix(&signed), Some("._-8"));

        let (header, payload) = signed.split_once('.').unwrap();
        assert_eq!(
            base64url::decode(header).unwrap(),
            br#"{"alg":"ES256","kid":"11111111-1111-1111-1111-111111111111","typ":"JWT"}"#
        );
        let payload = base64url::decode(payload).unwrap();
        assert_eq!(
            serde_json::from_slice::<Claims>(&payload).unwrap(),
            claims()
        );
    }
}
