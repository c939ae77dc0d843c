//! Credentials: API keys and passkeys.

use verify::stamp::PasskeyRecord;
use verify::webauthn::attestation::{AttestationPolicy, TrustStore};
use verify::webauthn::registration::{self, RegistrationExpect, VerifiedRegistration};
use verify::webauthn::{
    CounterPolicy, CrossOrigin, Origins, Profile, Rejection, RelyingParty, UserVerification,
};
use wire::Timestamp;
use wire::encoding::base64url;
use wire::id::{ApiKeyId, AuthenticatorId};
use wire::keys::Curve;
use wire::webauthn::{CoseAlgorithm, RegistrationResponse};

use crate::command::{NewApiKey, NewAuthenticator};
use crate::feature::FeatureName;
use crate::organisation::Organisation;

/// A public key whose holder may stamp requests as the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// Which curve, and so which stamp schemes.
    pub curve: Curve,
    /// SEC1 compressed (33 bytes), or 32 bytes for Ed25519.
    pub public_key: Vec<u8>,
    /// Life in seconds from `created_at`; `None` means until removed.
    pub expiration_seconds: Option<u64>,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Authenticator {
    /// What a stamp by this passkey is verified with.
    pub fn record(&self) -> PasskeyRecord {
        PasskeyRecord {
            credential_id: self.credential_id.clone(),
            public_key: self.public_key.clone(),
            rp_id_hash: self.rp_id_hash,
            backup_eligible: self.backup_eligible,
            // Several requests are stamped at once and arrive out of order, so no counter is kept.
            sign_count: 0,
            enabled: true,
        }
    }
}

impl ApiKey {
    /// The first instant at which the key is no longer good.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expiration_seconds
            .map(|seconds| self.created_at.plus_seconds(seconds))
    }

    /// Whether its life is over at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|end| now >= end)
    }
}

/// A passkey: a WebAuthn credential record (W3C WebAuthn L3 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Its identifier with us.
    pub id: AuthenticatorId,
    /// What people call it.
    pub name: String,
    /// The credential id, 1 to 1,023 bytes.
    pub credential_id: Vec<u8>,
    /// The COSE_Key as the authenticator gave it.
    pub public_key: Vec<u8>,
    /// SHA-256 of the RP ID it was made for.
    pub rp_id_hash: [u8; 32],
    /// The authenticator model's AAGUID.
    pub aaguid: [u8; 16],
    /// Attestation statement format, `none` in practice.
    pub attestation_type: String,
    /// Transports as the client named them (`AUTHENTICATOR_TRANSPORT_…`).
    pub transports: Vec<String>,
    /// Backup eligibility at registration; never changes for a credential.
    pub backup_eligible: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl NewApiKey {
    /// The key as it is registered at `now`.
    pub fn registered(&self, id: ApiKeyId, now: Timestamp) -> ApiKey {
        ApiKey {
            id,
            name: self.name.as_str().to_owned(),
            curve: self.curve,
            public_key: self.public_key.clone(),
            expiration_seconds: self.expiration_seconds,
            created_at: now,
        }
    }
}

/// Verifies what the client got from its authenticator.
///
/// The protocol has no server challenge here: the client makes one and sends it along, so it
/// proves coherence, never freshness. What authorises the new passkey is the stamp over the
/// command it arrives in.
pub fn read_authenticator(
    new: &NewAuthenticator,
    settings: &Organisation,
    now: Timestamp,
) -> Result<VerifiedRegistration, Rejection> {
    let response = RegistrationResponse {
        credential_id: new.credential_id.clone(),
        client_data_json: new.client_data_json.clone(),
        attestation_object: new.attestation_object.clone(),
        transports: new.transports.clone(),
        ..RegistrationResponse::default()
    };
    let finish = |challenge: &[u8]| {
        let expect = RegistrationExpect::new(challenge);
        registration::finish(
            &relying_party(settings),
            &expect,
            &response,
            now,
            &TrustStore::default(),
        )
    };
    // Most clients send the challenge as base64url of the bytes; one sends the text itself.
    match base64url::decode(&new.challenge)
        .ok()
        .map(|bytes| finish(&bytes))
    {
        Some(Err(Rejection::ChallengeMismatch)) | None => finish(new.challenge.as_bytes()),
        Some(judged) => judged,
    }
}

/// The passkey as it is registered at `now`.
pub fn registered(
    id: AuthenticatorId,
    new: &NewAuthenticator,
    verified: &VerifiedRegistration,
    now: Timestamp,
) -> Authenticator {
    Authenticator {
        id,
        name: new.name.as_str().to_owned(),
        credential_id: verified.credential_id().to_vec(),
        public_key: verified.public_key().to_vec(),
        rp_id_hash: *verified.rp_id_hash(),
        aaguid: *verified.aaguid(),
        attestation_type: verified.attestation().format.identifier().to_owned(),
        transports: new.transports.clone(),
        backup_eligible: verified.backup_eligible(),
        created_at: now,
    }
}

/// What passkeys of an organisation must satisfy; `settings` is the organisation whose features
/// govern, the root. Without a list of origins any secure origin will do, and the RP ID is bound
/// to it.
pub fn relying_party(settings: &Organisation) -> RelyingParty {
    let listed = settings.features.get(&FeatureName::WebauthnOrigins);
    let listed = listed
        .and_then(|value| origins(value.as_deref()?))
        .unwrap_or_default();
    let (rp_ids, origins) = if listed.is_empty() {
        (Vec::new(), Origins::AnySecure)
    } else {
        (
            listed.iter().flat_map(|origin| rp_ids_of(origin)).collect(),
            Origins::Exact(listed),
        )
    };
    RelyingParty {
        rp_ids,
        origins,
        cross_origin: CrossOrigin::Deny,
        // Stock clients ask for "preferred", so a stamp without user verification can be genuine.
        user_verification: UserVerification::Preferred,
        algorithms: vec![
            CoseAlgorithm::Es256,
            CoseAlgorithm::Rs256,
            CoseAlgorithm::EdDsa,
        ],
        attestation: AttestationPolicy::default(),
        // Every request is stamped on its own, several at once: counters arrive out of order.
        counter: CounterPolicy::Report,
        profile: Profile::Default,
    }
}

/// The origins in a feature's value, separated by commas or as a JSON list; `None` if one of
/// them is not an origin.
pub fn origins(value: &str) -> Option<Vec<String>> {
    let value = value.trim();
    let names: Vec<String> = if value.starts_with('[') {
        serde_json::from_str(value).ok()?
    } else {
        value
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|n| !n.is_empty())
            .collect()
    };
    names.iter().all(|name| is_origin(name)).then_some(names)
}

fn is_origin(text: &str) -> bool {
    if let Some(hash) = text.strip_prefix("android:apk-key-hash:") {
        return base64url::decode(hash).is_ok_and(|hash| hash.len() == 32);
    }
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    matches!(scheme, "https" | "http") && !authority.is_empty() && authority.chars().all(plain)
}

/// The host of an origin and its parents of at least two labels: what browsers let a page on it
/// choose as RP ID, short of the public suffix list.
fn rp_ids_of(origin: &str) -> Vec<String> {
    let Some((_, authority)) = origin.split_once("://") else {
        return Vec::new();
    };
    let mut rest = authority.split(':').next().unwrap_or_default();
    let mut ids = vec![rest.to_owned()];
    while let Some((_, parent)) = rest.split_once('.') {
        if !parent.contains('.') {
            break;
        }
        ids.push(parent.to_owned());
        rest = parent;
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rp_ids_stop_before_the_top_level() {
        assert_eq!(
            rp_ids_of("https://a.b.example.org:8443"),
            ["a.b.example.org", "b.example.org", "example.org"]
        );
        assert_eq!(rp_ids_of("http://localhost:3000"), ["localhost"]);
    }

    #[test]
    fn origins_are_origins_and_nothing_longer() {
        let two = "https://a.example, http://localhost:3000";
        assert_eq!(
            origins(two).unwrap(),
            ["https://a.example", "http://localhost:3000"]
        );
        assert_eq!(
            origins(r#"["https://a.example"]"#).unwrap(),
            ["https://a.example"]
        );
        for bad in [
            "https://a.example/",
            "a.example",
            "https://A.example",
            "javascript:x",
            "https://",
        ] {
            assert_eq!(origins(bad), None, "{bad}");
        }
    }
}
