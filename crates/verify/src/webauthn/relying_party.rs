//! What one relying party accepts: the configuration both ceremonies are judged by.

use wire::webauthn::CoseAlgorithm;

use super::attestation::AttestationPolicy;

/// A relying party: one tenant's name, places and strictness.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    /// The RP IDs whose credentials are accepted, as lower-case domain names. May be empty only
    /// with [`Origins::AnySecure`], where the origin itself then bounds the RP ID.
    pub rp_ids: Vec<String>,
    /// The origins a ceremony may run on.
    pub origins: Origins,
    /// Whether a ceremony may run inside a cross-origin frame.
    pub cross_origin: CrossOrigin,
    /// How much user verification is asked for; a ceremony's expectation may override it.
    pub user_verification: UserVerification,
    /// The algorithms offered in `pubKeyCredParams`. RS1 counts only under
    /// [`Profile::FidoConformance`].
    pub algorithms: Vec<CoseAlgorithm>,
    /// Which attestations are welcome and how far they are judged.
    pub attestation: AttestationPolicy,
    /// What a signature counter that did not increase means.
    pub counter: CounterPolicy,
    /// Deviations from Level 3 that the FIDO conformance suite asks for.
    pub profile: Profile,
}

impl RelyingParty {
    /// A relying party with one RP ID and exactly these origins, and our defaults: no frames,
    /// user verification required, ES256, EdDSA and RS256, any attestation without judging its
    /// trust, and a counter that must increase.
    pub fn new(rp_id: &str, origins: &[&str]) -> Self {
        Self {
            rp_ids: vec![rp_id.to_owned()],
            origins: Origins::Exact(origins.iter().map(|&origin| origin.to_owned()).collect()),
            cross_origin: CrossOrigin::Deny,
            user_verification: UserVerification::Required,
            algorithms: vec![
                CoseAlgorithm::EdDsa,
                CoseAlgorithm::Es256,
                CoseAlgorithm::Rs256,
            ],
            attestation: AttestationPolicy::default(),
            counter: CounterPolicy::Enforce,
            profile: Profile::Default,
        }
    }
}

/// The origins a ceremony may run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// Exactly these serialised origins, compared byte for byte: no default port, path, case or
    /// Unicode equivalence. Related origins (§5.11) and `android:apk-key-hash:` origins of
    /// native apps are listed like any other.
    Exact(Vec<String>),
    /// Any secure context: `https` on any domain name, `http` on `localhost` and below it, and
    /// any `android:apk-key-hash:`. For stamps without a configured list.
    ///
    /// The RP ID is then bound to the origin: its hash must be that of the origin's host or of a
    /// parent domain with at least two labels (or `localhost`), and one of `rp_ids` unless that
    /// list is empty. A native app has no host; there `rp_ids` decides if it is not empty, and
    /// otherwise the RP ID hash the credential was registered with.
    AnySecure,
}

/// Whether a ceremony may run in a frame whose ancestors are of another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrossOrigin {
    /// Never.
    Deny,
    /// Yes, below these top-level pages. Some browsers do not tell `topOrigin` (Safari, as of
    /// 2026); its absence is accepted.
    Allow(TopOrigins),
}

/// The top-level pages a framed ceremony may run below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopOrigins {
    /// Any page.
    Any,
    /// Exactly these serialised origins.
    Listed(Vec<String>),
}

/// How much user verification (PIN, biometrics) a ceremony asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// The UV flag must be set.
    Required,
    /// Asked for, and its absence accepted.
    Preferred,
    /// Not asked for, and its presence accepted.
    Discouraged,
}

/// What a signature counter that did not increase means (§7.2 step 22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterPolicy {
    /// The assertion is rejected.
    Enforce,
    /// The assertion is accepted and the verdict says what was seen.
    Report,
}

/// Deviations from Level 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// None. What production runs.
    Default,
    /// What the FIDO conformance suite expects where it contradicts Level 3: `tokenBinding` is
    /// validated, RS1 may be offered, a U2F attestation has an all-zero AAGUID, `x5c` does not
    /// contain its root, and an assertion needs user presence only if verification is required.
    FidoConformance,
}
