//! A passkey in software, for the demonstration and the benchmark: ES256, user always present
//! and verified. It guards nothing.

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use engine::entropy;
use serde_json::{Value, json};
use vault::{ApiKeyPair, Entropy};
use verify::stamp::PasskeyRecord;
use verify::webauthn::RelyingParty;
use wire::encoding::{base64url, hex};
use wire::keys::Curve;
use wire::stamp::{Scheme, WebAuthnStamp};

/// A credential for one relying party, used on one origin.
pub struct Passkey {
    key: ApiKeyPair,
    credential_id: [u8; 16],
    rp_id: &'static str,
    origin: String,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

impl Passkey {
    /// A new credential for pages on `http://localhost`.
    pub fn new(origin: String) -> anyhow::Result<Self> {
        let mut credential_id = [0; 16];
        entropy::System.fill(&mut credential_id)?;
        let key = ApiKeyPair::generate(Curve::P256, &mut entropy::System)?;
        Ok(Self {
            key,
            credential_id,
            rp_id: "localhost",
            origin,
        })
    }

    /// The parameters of an authenticator, as `navigator.credentials.create()` would lead to.
    pub fn registration(&self, name: &str) -> anyhow::Result<Value> {
        let challenge = base64url::encode(b"made by the client");
        let mut data = self.authenticator_data(USER_PRESENT | USER_VERIFIED | HAS_CREDENTIAL);
        data.extend([0; 16]);
        data.extend((self.credential_id.len() as u16).to_be_bytes());
        data.extend(self.credential_id);
        data.extend(self.cose_key()?);
        Ok(json!({
            "authenticatorName": name,
            "challenge": challenge,
            "attestation": {
                "credentialId": base64url::encode(self.credential_id),
                "clientDataJson":
                    base64url::encode(self.client_data("webauthn.create", &challenge)),
                "attestationObject": base64url::encode(attestation_object(&data)?),
                "transports": ["AUTHENTICATOR_TRANSPORT_INTERNAL"],
            },
        }))
    }

    /// What a verifier keeps of it.
    pub fn record(&self) -> anyhow::Result<PasskeyRecord> {
        Ok(PasskeyRecord {
            credential_id: self.credential_id.to_vec(),
            public_key: self.cose_key()?,
            rp_id_hash: sha256(self.rp_id.as_bytes()),
            backup_eligible: false,
            sign_count: 0,
            enabled: true,
        })
    }

    /// Whom it verifies for.
    pub fn relying_party(&self) -> RelyingParty {
        RelyingParty::new(self.rp_id, &[self.origin.as_str()])
    }

    /// The stamp over a body: an assertion whose challenge is the body's hash in hexadecimal.
    pub fn stamp(&self, body: &[u8]) -> anyhow::Result<String> {
        let challenge = base64url::encode(hex::encode(sha256(body)));
        let client_data_json = self.client_data("webauthn.get", &challenge);
        let authenticator_data = self.authenticator_data(USER_PRESENT | USER_VERIFIED);
        // W3C WebAuthn L3 §6.3.3 step 11: ES256 over both, the client data hashed.
        let signed = [&*authenticator_data, &sha256(&client_data_json)].concat();
        let signature = self.key.stamp(Scheme::P256, &signed)?.signature;
        let credential_id = self.credential_id.to_vec();
        let stamp = WebAuthnStamp {
            credential_id,
            client_data_json,
            authenticator_data,
            signature,
        };
        Ok(stamp.to_header())
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

    /// RFC 9052 §7: `{1: 2, 3: -7, -1: 1, -2: x, -3: y}`.
    fn cose_key(&self) -> anyhow::Result<Vec<u8>> {
        let point = self.key.public_key().to_uncompressed()?;
        let (x, y) = (&point[1..33], &point[33..]);
        let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01];
        Ok([&head[..], &[0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat())
    }
}

/// CBOR of `{"fmt": "none", "attStmt": {}, "authData": data}`.
fn attestation_object(data: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length = u8::try_from(data.len()).context("one byte of length is enough for our keys")?;
    Ok([
        b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58",
        &[length][..],
        data,
    ]
    .concat())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
