//! A passkey in software, for the demonstration and the benchmark: ES256, user always present
//! and verified. It guards nothing.

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use verify::stamp::PasskeyRecord;
use verify::webauthn::RelyingParty;
use wire::encoding::{base64url, hex};
use wire::stamp::WebAuthnStamp;

/// A credential for one relying party, used on one origin.
pub struct Passkey {
    key: EcdsaKeyPair,
    credential_id: [u8; 16],
    rp_id: &'static str,
    origin: String,
}

/// What an authenticator and a browser return for a challenge.
struct Signed {
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

impl Passkey {
    /// A new credential for pages on `http://localhost`.
    pub fn new(origin: String) -> anyhow::Result<Self> {
        let mut credential_id = [0; 16];
        fill(&mut credential_id).ok().context("randomness")?;
        Ok(Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?,
            credential_id,
            rp_id: "localhost",
            origin,
        })
    }

    /// The parameters of an authenticator, as `navigator.credentials.create()` would lead to.
    pub fn registration(&self, name: &str) -> anyhow::Result<Value> {
        let challenge = base64url::encode(b"made by the client");
        Ok(json!({
            "authenticatorName": name,
            "challenge": challenge,
            "attestation": {
                "credentialId": base64url::encode(self.credential_id),
                "clientDataJson":
                    base64url::encode(self.client_data("webauthn.create", &challenge)),
                "attestationObject": base64url::encode(self.attestation_object()?),
                "transports": ["AUTHENTICATOR_TRANSPORT_INTERNAL"],
            },
        }))
    }

    /// `RegistrationResponseJSON`: what `navigator.credentials.create()` returns for a challenge
    /// in base64url.
    pub fn created(&self, challenge: &str) -> anyhow::Result<Value> {
        let client_data = self.client_data("webauthn.create", challenge);
        Ok(self.envelope(json!({
            "clientDataJSON": base64url::encode(client_data),
            "attestationObject": base64url::encode(self.attestation_object()?),
            "transports": ["internal"],
        })))
    }

    /// `AuthenticationResponseJSON`: what `navigator.credentials.get()` returns for a challenge
    /// in base64url, from a passkey that knows whose it is.
    pub fn answered(&self, challenge: &str, user_handle: &[u8]) -> anyhow::Result<Value> {
        let signed = self.sign(challenge)?;
        Ok(self.envelope(json!({
            "clientDataJSON": base64url::encode(&signed.client_data),
            "authenticatorData": base64url::encode(&signed.authenticator_data),
            "signature": base64url::encode(&signed.signature),
            "userHandle": base64url::encode(user_handle),
        })))
    }

    /// What a verifier keeps of it.
    pub fn record(&self) -> PasskeyRecord {
        PasskeyRecord {
            credential_id: self.credential_id.to_vec(),
            public_key: self.cose_key(),
            rp_id_hash: sha256(self.rp_id.as_bytes()),
            backup_eligible: false,
            sign_count: 0,
            enabled: true,
        }
    }

    /// Whom it verifies for.
    pub fn relying_party(&self) -> RelyingParty {
        RelyingParty::new(self.rp_id, &[self.origin.as_str()])
    }

    /// The stamp over a body: an assertion whose challenge is the body's hash in hexadecimal.
    pub fn stamp(&self, body: &[u8]) -> anyhow::Result<String> {
        let signed = self.sign(&base64url::encode(hex::encode(sha256(body))))?;
        let stamp = WebAuthnStamp {
            credential_id: self.credential_id.to_vec(),
            client_data_json: signed.client_data,
            authenticator_data: signed.authenticator_data,
            signature: signed.signature,
        };
        Ok(stamp.to_header())
    }

    fn sign(&self, challenge: &str) -> anyhow::Result<Signed> {
        let client_data = self.client_data("webauthn.get", challenge);
        let authenticator_data = self.authenticator_data(USER_PRESENT | USER_VERIFIED);
        // W3C WebAuthn L3 §6.3.3 step 11: ES256 over both, the client data hashed.
        let message = [&*authenticator_data, &sha256(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message)?;
        Ok(Signed {
            client_data,
            authenticator_data,
            signature: signature.as_ref().to_vec(),
        })
    }

    /// W3C WebAuthn L3 §5.1: what both responses are wrapped in.
    fn envelope(&self, response: Value) -> Value {
        let id = base64url::encode(self.credential_id);
        json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    /// W3C WebAuthn L3 §6.1, up to the counter, which stays zero as synced passkeys have it.
    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let mut data = sha256(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend([0; 4]);
        data
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let origin = &self.origin;
        format!(
            r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
        )
        .into_bytes()
    }

    /// CBOR of `{"fmt": "none", "attStmt": {}, "authData": data}`.
    fn attestation_object(&self) -> anyhow::Result<Vec<u8>> {
        let mut data = self.authenticator_data(USER_PRESENT | USER_VERIFIED | HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend((self.credential_id.len() as u16).to_be_bytes());
        data.extend(self.credential_id);
        data.extend(self.cose_key());
        let length =
            u8::try_from(data.len()).context("one byte of length is enough for our keys")?;
        Ok([
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58",
            &[length][..],
            &data,
        ]
        .concat())
    }

    /// RFC 9052 §7: `{1: 2, 3: -7, -1: 1, -2: x, -3: y}`.
    fn cose_key(&self) -> Vec<u8> {
        // SEC 1 §2.3.3: 0x04 ‖ x ‖ y.
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
        [&head[..], &[0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat()
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
