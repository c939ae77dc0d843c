//! Stamps: a signature over the exact body of a request, carried in one header.
//!
//! Two headers, two spellings. [`X_STAMP`] holds base64url (no padding) of a JSON object with
//! `publicKey`, `scheme` and `signature`, the bytes in lower-case hexadecimal. [`X_STAMP_WEBAUTHN`]
//! holds the JSON text itself, with `authenticatorData`, `clientDataJson`, `credentialId` and
//! `signature` in base64url without padding. Neither covers the path, the method or the time.
//!
//! One value has one spelling (threat T17): padding, the standard alphabet, stray bits in a last
//! character, upper-case digits and `0x` are refused, since no known client writes them and a
//! second spelling would be a second stamp for the same signature. White space between tokens and
//! the order of members are free, because clients do differ there. A parsed [`Stamp`] is
//! well-formed and nothing more; whether it is true is for `verify` to say.

use crate::encoding::{base64url, hex};
use crate::keys::Curve;
use crate::request::RawRequest;

mod error;
mod members;

pub use error::{Fault, Member, StampError};

use members::Members;

/// The header of a stamp by an API key. HTTP compares names without regard to case.
pub const X_STAMP: &str = "X-Stamp";

/// The header of a stamp by a passkey.
pub const X_STAMP_WEBAUTHN: &str = "X-Stamp-Webauthn";

/// Longest header value that is looked at, in bytes.
pub const MAX_HEADER_LENGTH: usize = 8 * 1024;

/// A stamp as it was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// By a key that signs bodies, from [`X_STAMP`].
    ApiKey(ApiKeyStamp),
    /// By a passkey, from [`X_STAMP_WEBAUTHN`].
    WebAuthn(WebAuthnStamp),
}

impl Stamp {
    /// Reads the one stamp of a request.
    ///
    /// # Errors
    ///
    /// [`StampError::Absent`] without a stamp, [`StampError::Ambiguous`] with both (threat T15),
    /// or what is wrong with the one there is.
    pub fn of(request: &RawRequest) -> Result<Self, StampError> {
        match (&request.stamp, &request.webauthn_stamp) {
            (None, None) => Err(StampError::Absent),
            (Some(_), Some(_)) => Err(StampError::Ambiguous),
            (Some(header), None) => ApiKeyStamp::parse(header).map(Self::ApiKey),
            (None, Some(header)) => WebAuthnStamp::parse(header).map(Self::WebAuthn),
        }
    }

    /// The header that carries this stamp: its name and its value.
    pub fn to_header(&self) -> (&'static str, String) {
        match self {
            Self::ApiKey(stamp) => (X_STAMP, stamp.to_header()),
            Self::WebAuthn(stamp) => (X_STAMP_WEBAUTHN, stamp.to_header()),
        }
    }
}

/// How the signature of an [`ApiKeyStamp`] relates to the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA on P-256 over SHA-256 of the body.
    P256,
    /// ECDSA on secp256k1 over SHA-256 of the body.
    Secp256k1,
    /// ECDSA on secp256k1 over the Keccak-256 of EIP-191 `personal_sign`.
    Secp256k1Eip191,
    /// Pure Ed25519 over the body itself.
    Ed25519,
}

impl Scheme {
    /// Every scheme, in the order of the protocol's documentation.
    pub const ALL: [Self; 4] = [
        Self::P256,
        Self::Secp256k1,
        Self::Secp256k1Eip191,
        Self::Ed25519,
    ];

    /// The string of the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "SIGNATURE_SCHEME_TK_API_P256",
            Self::Secp256k1 => "SIGNATURE_SCHEME_TK_API_SECP256K1",
            Self::Secp256k1Eip191 => "SIGNATURE_SCHEME_TK_API_SECP256K1_EIP191",
            Self::Ed25519 => "SIGNATURE_SCHEME_TK_API_ED25519",
        }
    }

    /// The curve a key must live on to sign under this scheme.
    pub const fn curve(self) -> Curve {
        match self {
            Self::P256 => Curve::P256,
            Self::Secp256k1 | Self::Secp256k1Eip191 => Curve::Secp256k1,
            Self::Ed25519 => Curve::Ed25519,
        }
    }

    /// Whether `bytes` is as long as a public key of this scheme and begins like one.
    fn takes_public_key(self, bytes: &[u8]) -> bool {
        match self.curve() {
            Curve::Ed25519 => bytes.len() == 32,
            Curve::P256 | Curve::Secp256k1 => bytes.len() == 33 && matches!(bytes[0], 0x02 | 0x03),
        }
    }

    /// Whether a signature of this scheme can be `length` bytes long. DER of two 256-bit integers
    /// takes 8 to 72; its inner form is judged by whoever verifies it.
    fn takes_signature(self, length: usize) -> bool {
        match self.curve() {
            Curve::Ed25519 => length == 64,
            Curve::P256 | Curve::Secp256k1 => (8..=72).contains(&length),
        }
    }
}

/// What an [`X_STAMP`] header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyStamp {
    /// SEC1 compressed (33 bytes), or 32 bytes for Ed25519.
    pub public_key: Vec<u8>,
    /// How to read `signature`.
    pub scheme: Scheme,
    /// ASN.1 DER for ECDSA, the raw 64 bytes for Ed25519.
    pub signature: Vec<u8>,
}

/// The order in which an [`ApiKeyStamp`] is written. Readers accept any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberOrder {
    /// `publicKey`, `scheme`, `signature`, as the JavaScript and Python stampers write.
    #[default]
    SchemeFirst,
    /// `publicKey`, `signature`, `scheme`, as the command line tool and Rust write.
    SignatureFirst,
}

impl ApiKeyStamp {
    /// Reads the value of an [`X_STAMP`] header.
    ///
    /// # Errors
    ///
    /// Names the member at fault and how to mend it.
    pub fn parse(header: &str) -> Result<Self, StampError> {
        check_length(header)?;
        let json = base64url::decode(header).map_err(|_| StampError::NotBase64Url)?;
        let [public_key, scheme, signature] =
            Members::read(&json)?.take([Member::PublicKey, Member::Scheme, Member::Signature])?;

        let scheme = Scheme::ALL
            .into_iter()
            .find(|known| known.as_str() == scheme.text())
            .ok_or(StampError::UnknownScheme)?;
        let public_key = public_key.hex()?;
        if !scheme.takes_public_key(&public_key) {
            return Err(StampError::At(Member::PublicKey, Fault::Length));
        }
        let signature = signature.hex()?;
        if !scheme.takes_signature(signature.len()) {
            return Err(StampError::At(Member::Signature, Fault::Length));
        }
        Ok(Self {
            public_key,
            scheme,
            signature,
        })
    }

    /// The value for an [`X_STAMP`] header, byte for byte as the JavaScript stamper writes it.
    pub fn to_header(&self) -> String {
        self.to_header_ordered(MemberOrder::default())
    }

    /// The value for an [`X_STAMP`] header with its members in the given order.
    pub fn to_header_ordered(&self, order: MemberOrder) -> String {
        // Hexadecimal digits and scheme names need no escaping, so the text is written directly.
        let public_key = hex::encode(&self.public_key);
        let signature = hex::encode(&self.signature);
        let scheme = self.scheme.as_str();
        let json = match order {
            MemberOrder::SchemeFirst => format!(
                r#"{{"publicKey":"{public_key}","scheme":"{scheme}","signature":"{signature}"}}"#
            ),
            MemberOrder::SignatureFirst => format!(
                r#"{{"publicKey":"{public_key}","signature":"{signature}","scheme":"{scheme}"}}"#
            ),
        };
        base64url::encode(json.as_bytes())
    }
}

/// What an [`X_STAMP_WEBAUTHN`] header says: a WebAuthn assertion without its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAuthnStamp {
    /// The credential id, 1 to 1,023 bytes.
    pub credential_id: Vec<u8>,
    /// The client data, exactly as it was hashed.
    pub client_data_json: Vec<u8>,
    /// The authenticator data, exactly as it was signed.
    pub authenticator_data: Vec<u8>,
    /// The assertion signature in the form its algorithm prescribes.
    pub signature: Vec<u8>,
}

impl WebAuthnStamp {
    /// Reads the value of an [`X_STAMP_WEBAUTHN`] header: JSON, or base64url of that JSON.
    ///
    /// Clients send the plain text; the protocol's own description speaks of the encoded form.
    /// The two cannot be taken for one another, as no JSON object is base64url.
    ///
    /// # Errors
    ///
    /// Names the member at fault and how to mend it.
    pub fn parse(header: &str) -> Result<Self, StampError> {
        check_length(header)?;
        let decoded = base64url::decode(header);
        let json = decoded.as_deref().unwrap_or(header.as_bytes());
        let [
            credential_id,
            client_data_json,
            authenticator_data,
            signature,
        ] = Members::read(json)?.take([
            Member::CredentialId,
            Member::ClientDataJson,
            Member::AuthenticatorData,
            Member::Signature,
        ])?;

        let stamp = Self {
            credential_id: credential_id.base64url()?,
            client_data_json: client_data_json.base64url()?,
            authenticator_data: authenticator_data.base64url()?,
            signature: signature.base64url()?,
        };
        // W3C WebAuthn L3 §7.1 step 25 bounds what can ever have been registered.
        if stamp.credential_id.len() > 1023 {
            return Err(StampError::At(Member::CredentialId, Fault::Length));
        }
        Ok(stamp)
    }

    /// The value for an [`X_STAMP_WEBAUTHN`] header, as the browser stamper writes it.
    pub fn to_header(&self) -> String {
        format!(
            r#"{{"authenticatorData":"{}","clientDataJson":"{}","credentialId":"{}","signature":"{}"}}"#,
            base64url::encode(&self.authenticator_data),
            base64url::encode(&self.client_data_json),
            base64url::encode(&self.credential_id),
            base64url::encode(&self.signature),
        )
    }
}

/// Refuses a header that is longer than any honest one before looking inside.
fn check_length(header: &str) -> Result<(), StampError> {
    if header.len() > MAX_HEADER_LENGTH {
        return Err(StampError::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
