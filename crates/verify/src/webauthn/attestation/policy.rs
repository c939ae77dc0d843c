//! What a relying party wants to know about authenticators, and what it learned.

/// Which attestations are welcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationPolicy {
    /// The formats that are accepted at all.
    pub formats: Vec<AttestationFormat>,
    /// How far certificates are judged.
    pub trust: AttestationTrust,
    /// The authenticator models that are accepted; `None` means all. Means something only
    /// together with [`AttestationTrust::Required`]: an AAGUID is otherwise a bare claim.
    pub aaguids: Option<Vec<[u8; 16]>>,
    /// How `android-key` authorisation lists are read.
    pub android_key: AndroidKeyPolicy,
}

impl Default for AttestationPolicy {
    /// Every format, nothing about trust: what suits passkeys of the general public.
    fn default() -> Self {
        Self {
            formats: AttestationFormat::ALL.to_vec(),
            trust: AttestationTrust::NotJudged,
            aaguids: None,
            android_key: AndroidKeyPolicy::Either,
        }
    }
}

/// How far attestation certificates are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationTrust {
    /// Not at all: a statement must verify, who made the authenticator does not matter.
    NotJudged,
    /// A certificate chain, if there is one, must end in an anchor; `none` and self attestation
    /// are as good.
    IfPresent,
    /// There must be a chain that ends in an anchor.
    Required,
}

/// How the authorisation lists of an Android key description are read (§8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AndroidKeyPolicy {
    /// Only what the trusted environment enforces counts.
    TrustedEnvironment,
    /// What either list says counts.
    Either,
    /// As `Either`, and an origin or purpose that neither list names is not held against the
    /// key. The example in the specification needs this.
    Lenient,
}

/// A registered attestation statement format we can verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttestationFormat {
    /// §8.7
    None,
    /// §8.2
    Packed,
    /// §8.3
    Tpm,
    /// §8.4
    AndroidKey,
    /// §8.8
    Apple,
    /// §8.6
    FidoU2f,
    /// §8.9
    Compound,
}

impl AttestationFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::Packed,
        Self::Tpm,
        Self::AndroidKey,
        Self::Apple,
        Self::FidoU2f,
        Self::Compound,
    ];

    /// The format with this identifier, compared case-sensitively.
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.identifier() == identifier)
    }

    /// The registered identifier.
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
            Self::Tpm => "tpm",
            Self::AndroidKey => "android-key",
            Self::Apple => "apple",
            Self::FidoU2f => "fido-u2f",
            Self::Compound => "compound",
        }
    }
}

/// An attestation type (§6.5.3), from the least to the most telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttestationKind {
    /// Nothing is said.
    None,
    /// Self attestation: the credential key vouches for itself.
    Itself,
    /// A certificate without a lasting identity vouches, as Apple's.
    AnonymisationCa,
    /// A CA vouches for a key of this one device, as a TPM's.
    AttestationCa,
    /// A batch certificate vouches for the model.
    Basic,
}

impl AttestationKind {
    /// A short name, as it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Itself => "self",
            Self::AnonymisationCa => "anonymisation-ca",
            Self::AttestationCa => "attestation-ca",
            Self::Basic => "basic",
        }
    }
}

/// What the attestation of a registration showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attestation {
    /// The statement's format.
    pub format: AttestationFormat,
    /// The attestation type; of a compound statement, the most telling one.
    pub kind: AttestationKind,
    /// Whether a certificate chain was judged and ended in a trust anchor.
    pub trusted: bool,
}
