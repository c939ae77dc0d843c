//! Tokens, verified as a service that takes them would: with the keys their tenant publishes, and
//! a library that did not sign them, RS256 excepted.

use anyhow::{Context, bail};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use serde::Deserialize;
use wire::encoding::base64url;
use wire::token::{JwkSet, PublicJwk, TokenPublicKey};

/// A tenant's published keys.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Keys(JwkSet);

/// What is looked at in a token.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: String,
    /// The ceremony.
    #[serde(rename = "use")]
    pub usage: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

impl Keys {
    /// What a token says, if one of the keys signed it.
    pub fn verify(&self, token: &str) -> anyhow::Result<Claims> {
        let (signed, signature) = token.rsplit_once('.').context("a compact JWS")?;
        let (header, claims) = signed.split_once('.').context("a compact JWS")?;
        let header: Header = serde_json::from_slice(&base64url::decode(header)?)?;
        let named = |key: &&PublicJwk| key.kid.to_string() == header.kid;
        let key = &self.0.keys.iter().find(named).context("a known key")?.key;
        if key.algorithm().as_str() != header.alg {
            bail!("a token says {} of a key for another algorithm", header.alg);
        }
        check(key, signed.as_bytes(), &base64url::decode(signature)?).context("a token")?;
        Ok(serde_json::from_slice(&base64url::decode(claims)?)?)
    }
}

fn check(key: &TokenPublicKey, signed: &[u8], signature: &[u8]) -> anyhow::Result<()> {
    match key {
        TokenPublicKey::Rsa { modulus, exponent } => PublicKeyComponents {
            n: modulus,
            e: exponent,
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)?,
        TokenPublicKey::P256 { x, y } => {
            let point = [&[0x04], &x[..], &y[..]].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)?;
        }
        TokenPublicKey::Ed25519 { x } => {
            UnparsedPublicKey::new(&ED25519, x).verify(signed, signature)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use serde_json::json;

    const KID: &str = "01938b5c-0000-7000-8000-000000000001";

    fn token(pair: &Ed25519KeyPair, alg: &str) -> String {
        let header = json!({ "alg": alg, "kid": KID, "typ": "JWT" }).to_string();
        let claims = json!({ "sub": "ada", "use": "login" }).to_string();
        let signed = format!(
            "{}.{}",
            base64url::encode(header),
            base64url::encode(claims)
        );
        let signature = base64url::encode(pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    #[test]
    fn believes_what_a_published_key_signed_and_nothing_else() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let x = base64url::encode(pair.public_key());
        let key = json!({ "kty": "OKP", "kid": KID, "alg": "EdDSA", "use": "sig",
                          "crv": "Ed25519", "x": x });
        let keys: Keys = serde_json::from_value(json!({ "keys": [key] })).unwrap();
        let claims = keys.verify(&token(&pair, "EdDSA")).unwrap();
        assert_eq!((&*claims.sub, &*claims.usage), ("ada", "login"));

        let stranger = Ed25519KeyPair::generate().unwrap();
        assert!(keys.verify(&token(&stranger, "EdDSA")).is_err());
        assert!(keys.verify(&token(&pair, "RS256")).is_err());
    }
}
