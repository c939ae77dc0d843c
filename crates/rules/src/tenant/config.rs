//! What an operator sets for a tenant.
//!
//! The shape is the one the protocol configures tenants with, kept as JSON in one column; what it
//! has no word for is in [`Extras`], the member `zegel`.

use serde::{Deserialize, Serialize};
use wire::id::OrganisationId;
use wire::token::TokenAlgorithm;

/// A tenant's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Which pages may call the public routes.
    pub cors: Cors,
    /// The relying party, and how passkeys are registered and used.
    pub webauthn: WebAuthn,
    /// How second factors are registered and used.
    pub mfa: Ceremonies,
    /// What the protocol has no word for.
    #[serde(default)]
    pub zegel: Extras,
}

/// Which pages may call the public routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// `*`, exact origins, or patterns with `*` and `?`.
    pub allowed_origins: Vec<String>,
    /// Whether `*` admits every origin with its credentials.
    pub allow_unsafe_wildcard: bool,
}

/// The relying party, and how passkeys are registered and used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAuthn {
    /// Who asks.
    pub relying_party: RelyingParty,
    /// What is asked.
    #[serde(flatten)]
    pub ceremonies: Ceremonies,
}

/// Who asks for passkeys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelyingParty {
    /// The RP ID: a lower-case domain.
    pub id: String,
    /// What authenticators show.
    pub display_name: String,
    /// A URL; stored and returned, never sent to authenticators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The serialised origins ceremonies may run on, `android:apk-key-hash:…` included.
    pub origins: Vec<String>,
}

/// What one kind of ceremony asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ceremonies {
    /// How long a ceremony may take, in milliseconds.
    pub timeout: u64,
    /// PIN or biometrics.
    pub user_verification: Preference,
    /// Only authenticators built in, or only separate ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
    /// How much the authenticator should tell of itself.
    pub attestation_preference: Conveyance,
    /// Whether the credential must be discoverable.
    pub resident_key_requirement: Preference,
}

/// How much something is wanted (`UserVerificationRequirement`, `ResidentKeyRequirement`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Preference {
    Required,
    Preferred,
    Discouraged,
}

/// `AuthenticatorAttachment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Attachment {
    Platform,
    CrossPlatform,
}

/// `AttestationConveyancePreference`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Conveyance {
    None,
    Indirect,
    Direct,
    Enterprise,
}

/// What the protocol has no word for. All of it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extras {
    /// What new token keys sign with.
    pub token_algorithm: Option<TokenAlgorithm>,
    /// `iss` of tokens.
    pub issuer: Option<String>,
    /// Deviations from WebAuthn Level 3.
    pub profile: Profile,
    /// Other origins that may use the RP ID, served as `/.well-known/webauthn` (WebAuthn §5.11)
    /// and accepted like the relying party's own.
    pub related_origins: Vec<String>,
    /// Top-level pages a ceremony may run below in a cross-origin frame (threat T34).
    pub top_origins: Vec<String>,
    /// Where the confirmation page may send people back to: URLs without query and fragment.
    pub return_urls: Vec<String>,
    /// The pages that may call Secure Payment Confirmation with this tenant's credentials.
    pub payment_caller_origins: Vec<String>,
    /// Which authenticators may be registered.
    pub attestation: AttestationRules,
    /// Passkey sessions: where their pages may be, and how ours look.
    pub sessions: Sessions,
}

/// Passkey sessions: where their pages may be, and how ours look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// Pages of the tenant's own that run the ceremony: origin and path, without query.
    pub base_urls: Vec<String>,
    /// Where pages may lead back to, and which openers they may tell: URLs without query.
    pub redirect_urls: Vec<String>,
    /// The organisations whose requests a session key may stamp, if it is asked to and the passkey
    /// is one of theirs. The operator lists them, so no tenant helps itself to one.
    #[serde(rename = "organizations")]
    pub organisations: Vec<OrganisationId>,
    /// What our pages show of the tenant.
    pub brand: Brand,
    /// How many transactions the server makes for the tenant on chains in a day, whoever pays;
    /// [`TRANSACTIONS_PER_DAY`] unless it says otherwise.
    pub transactions_per_day: Option<u32>,
}

/// How many transactions a tenant may cost in a day if nothing else is configured.
pub const TRANSACTIONS_PER_DAY: u32 = 1_000;

impl Sessions {
    /// Whether the tenant may have one more made after so many in the last day.
    pub fn affords(&self, made: u64) -> bool {
        made < u64::from(self.transactions_per_day.unwrap_or(TRANSACTIONS_PER_DAY))
    }
}

/// What our pages show of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brand {
    /// Instead of the tenant's name.
    pub name: Option<String>,
    /// The colour of the button: `#rrggbb`.
    pub accent: Option<String>,
    /// A sentence under the title.
    pub words: Option<String>,
}

/// Deviations from WebAuthn Level 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// None.
    #[default]
    Default,
    /// What the FIDO conformance suite expects where it contradicts Level 3.
    FidoConformance,
}

/// Which authenticators may be registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestationRules {
    /// Only those whose attestation leads to a trust anchor the server has.
    pub require_trusted: bool,
    /// If not empty, only these models (AAGUIDs as UUID text). Needs `require_trusted`: without
    /// it anybody can claim to be any model.
    pub allow_aaguids: Vec<String>,
    /// Never these models.
    pub deny_aaguids: Vec<String>,
}

impl Config {
    /// What a kind of ceremony asks for.
    pub fn ceremonies(&self, mfa: bool) -> &Ceremonies {
        if mfa {
            &self.mfa
        } else {
            &self.webauthn.ceremonies
        }
    }

    /// What new token keys sign with: RS256 unless something else is set.
    pub fn token_algorithm(&self) -> TokenAlgorithm {
        self.zegel.token_algorithm.unwrap_or(TokenAlgorithm::Rs256)
    }

    /// The origins ceremonies may run on: the relying party's and the related ones.
    pub fn origins(&self) -> Vec<String> {
        let own = self.webauthn.relying_party.origins.iter();
        own.chain(&self.zegel.related_origins).cloned().collect()
    }

    /// The judgement of both ceremonies: `user_verification` is what this ceremony asks for.
    pub fn relying_party(&self, user_verification: Preference) -> verify::webauthn::RelyingParty {
        use verify::webauthn as w;
        let party = &self.webauthn.relying_party;
        let origins = self.origins();
        let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
        let mut judged = w::RelyingParty::new(&party.id, &origins);
        judged.user_verification = user_verification.into();
        if !self.zegel.top_origins.is_empty() {
            judged.cross_origin =
                w::CrossOrigin::Allow(w::TopOrigins::Listed(self.zegel.top_origins.clone()));
        }
        judged.algorithms = ALGORITHMS.to_vec();
        let rules = &self.zegel.attestation;
        if rules.require_trusted {
            judged.attestation.trust = w::AttestationTrust::Required;
            if !rules.allow_aaguids.is_empty() {
                judged.attestation.aaguids = Some(aaguids(&rules.allow_aaguids));
            }
        }
        if self.zegel.profile == Profile::FidoConformance {
            judged.profile = w::Profile::FidoConformance;
        }
        judged
    }

    /// The models that are never welcome.
    pub fn denied_aaguids(&self) -> Vec<[u8; 16]> {
        aaguids(&self.zegel.attestation.deny_aaguids)
    }
}

fn aaguids(texts: &[String]) -> Vec<[u8; 16]> {
    texts.iter().filter_map(|text| aaguid(text)).collect()
}

/// An AAGUID from its UUID text.
pub fn aaguid(text: &str) -> Option<[u8; 16]> {
    let digits = text.replace('-', "");
    let plain = text.len() == 36 && digits.len() == 32;
    let bytes = wire::encoding::hex::decode(&digits).ok()?;
    bytes.try_into().ok().filter(|_| plain)
}

/// What `pubKeyCredParams` offers, best first.
pub const ALGORITHMS: &[wire::webauthn::CoseAlgorithm] = {
    use wire::webauthn::CoseAlgorithm as A;
    &[
        A::Es256,
        A::EdDsa,
        A::Es384,
        A::Es512,
        A::Rs256,
        A::Rs384,
        A::Rs512,
        A::Ps256,
        A::Ps384,
        A::Ps512,
    ]
};

impl From<Preference> for verify::webauthn::UserVerification {
    fn from(preference: Preference) -> Self {
        match preference {
            Preference::Required => Self::Required,
            Preference::Preferred => Self::Preferred,
            Preference::Discouraged => Self::Discouraged,
        }
    }
}
