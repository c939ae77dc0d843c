//! A software WebAuthn authenticator whose every answer can be changed before it is signed.
//!
//! [`Passkey`] is the easy face: a well-behaved credential with an RP ID and an origin. Below it,
//! [`AuthData`], [`ClientData`] and [`statement`] are the parts, all fields open, from which the
//! negative corpus builds answers that are wrong in exactly one way.

mod auth_data;
mod client_data;
mod payment;
pub mod statement;

pub use auth_data::{AT, AuthData, BE, BS, ED, UP, UV};
pub use client_data::ClientData;
pub use payment::{BrowserKey, PaymentAssertion};

use serde_json::{Value, json};
use wire::stamp::{WebAuthnStamp, X_STAMP_WEBAUTHN};

use crate::encode::cbor::{Cbor, map};
use crate::encode::{base64url, sha256};
use crate::keys::{SigningKey, alg};

/// A credential on a software authenticator.
#[derive(Clone)]
pub struct Passkey {
    key: SigningKey,
    algorithm: i64,
    credential_id: Vec<u8>,
    rp_id: String,
    origin: String,
}

/// What `navigator.credentials.create()` answers, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `attestationObject`.
    pub attestation_object: Vec<u8>,
}

/// What `navigator.credentials.get()` answers, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Attestation {
    /// `RegistrationResponseJSON`, as a page posts it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": base64url(&self.credential_id),
            "rawId": base64url(&self.credential_id),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url(&self.client_data_json),
                "attestationObject": base64url(&self.attestation_object),
                "transports": ["internal"],
            },
            "clientExtensionResults": {},
        })
    }
}

impl Assertion {
    /// `AuthenticationResponseJSON`, as a page posts it; with the user handle, if there is one.
    pub fn to_json(&self, user_handle: Option<&[u8]>) -> Value {
        json!({
            "id": base64url(&self.credential_id),
            "rawId": base64url(&self.credential_id),
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url(&self.client_data_json),
                "authenticatorData": base64url(&self.authenticator_data),
                "signature": base64url(&self.signature),
                "userHandle": user_handle.map(base64url),
            },
            "clientExtensionResults": {},
        })
    }
}

impl Passkey {
    /// An ES256 credential for `rp_id`, used on `origin`.
    pub fn es256(seed: u64, rp_id: &str, origin: &str) -> Self {
        Self::new(alg::ES256, seed, rp_id, origin)
    }

    /// A credential of another COSE algorithm: ES256, ES384, ES256K, EdDSA or RS256.
    ///
    /// RSA credentials all have the same key.
    pub fn new(algorithm: i64, seed: u64, rp_id: &str, origin: &str) -> Self {
        let label = format!("passkey {seed}");
        Self {
            key: SigningKey::for_algorithm(algorithm, &label),
            algorithm,
            credential_id: sha256(&[b"testkit credential", label.as_bytes()])[..16].to_vec(),
            rp_id: rp_id.to_owned(),
            origin: origin.to_owned(),
        }
    }

    /// The credential id: sixteen bytes.
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The public key as COSE_Key, as it stands in the attestation object.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.cose(self.algorithm).encode()
    }

    /// SHA-256 of the RP ID.
    pub fn rp_id_hash(&self) -> [u8; 32] {
        sha256(&[self.rp_id.as_bytes()])
    }

    /// Registers: user present and verified, attestation `none`.
    pub fn attestation(&self, challenge: &[u8]) -> Attestation {
        let none = |_: &SigningKey, _: &[u8], _: &[u8; 32]| ("none", Cbor::Map(vec![]));
        self.attestation_with(challenge, |_, _| {}, none)
    }

    /// Registers with the parts changed by `edit` and a statement made by `attest` from the
    /// credential key, the authenticator data and the client data hash; see [`statement`].
    pub fn attestation_with(
        &self,
        challenge: &[u8],
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
        attest: impl FnOnce(&SigningKey, &[u8], &[u8; 32]) -> (&'static str, Cbor),
    ) -> Attestation {
        let mut client = ClientData::create(challenge, &self.origin);
        let public_key = self.key.cose(self.algorithm);
        let mut data = AuthData::registration(&self.rp_id, &self.credential_id, public_key);
        edit(&mut client, &mut data);
        let (client_data_json, data) = (client.encode(), data.encode());
        let (format, statement) = attest(&self.key, &data, &sha256(&[&client_data_json]));
        let object = map([
            ("fmt", format.into()),
            ("attStmt", statement),
            ("authData", Cbor::Bytes(data)),
        ]);
        Attestation {
            credential_id: self.credential_id.clone(),
            client_data_json,
            attestation_object: object.encode(),
        }
    }

    /// Answers a challenge: user present and verified, counter zero.
    pub fn assertion(&self, challenge: &[u8]) -> Assertion {
        self.assertion_with(challenge, |_, _| {})
    }

    /// Answers a challenge with the parts changed by `edit` before they are signed.
    pub fn assertion_with(
        &self,
        challenge: &[u8],
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
    ) -> Assertion {
        let mut client = ClientData::get(challenge, &self.origin);
        let mut data = AuthData::assertion(&self.rp_id);
        edit(&mut client, &mut data);
        let (client_data_json, authenticator_data) = (client.encode(), data.encode());
        let hash = sha256(&[&client_data_json]);
        Assertion {
            credential_id: self.credential_id.clone(),
            signature: self.key.sign(&[&*authenticator_data, &hash].concat()),
            client_data_json,
            authenticator_data,
        }
    }

    /// The header that stamps `body`: its name and its value.
    pub fn stamp(&self, body: &[u8]) -> (&'static str, String) {
        (X_STAMP_WEBAUTHN, self.make_stamp(body).to_header())
    }

    /// The stamp over `body`, still open to changes.
    pub fn make_stamp(&self, body: &[u8]) -> WebAuthnStamp {
        let challenge = hex::encode(sha256(&[body]));
        let Assertion {
            credential_id,
            client_data_json,
            authenticator_data,
            signature,
        } = self.assertion(challenge.as_bytes());
        WebAuthnStamp {
            credential_id,
            client_data_json,
            authenticator_data,
            signature,
        }
    }
}
