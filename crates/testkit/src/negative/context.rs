//! What a server knows and wants while it judges a case.

use serde::{Deserialize, Serialize};

use crate::encode::base64url;
use crate::keys::alg;

/// The RP ID of the corpus.
pub(super) const RP_ID: &str = "example.org";
/// Its origin.
pub(super) const ORIGIN: &str = "https://example.org";
/// A page that may frame it, where frames are allowed.
pub(super) const TOP_ORIGIN: &str = "https://example.com";
/// An Android application listed beside the origin.
pub(super) const ANDROID: &str = "android:apk-key-hash:5fLm-vYmTx_2dWVyKpYhXuWMmXjkZEnFFN0OPYcQXrE";
/// Another origin that is listed, of another domain.
pub(super) const RELATED: &str = "https://example.net";
/// The challenge that was issued.
pub(super) const CHALLENGE: [u8; 32] = [
    0xfb, 0xff, 0xbe, 0x3f, 0xfa, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
];

/// Configuration and facts. Bytes are base64url.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Context {
    /// The challenge that was issued; for stamps it follows from the body.
    pub challenge: String,
    /// The RP ID.
    pub rp_id: String,
    /// The origins accepted, byte for byte.
    pub origins: Vec<String>,
    /// The pages that may frame a ceremony; `None` if none may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_origins: Option<Vec<String>>,
    /// `required`, `preferred` or `discouraged`.
    pub user_verification: String,
    /// The COSE algorithms offered.
    pub algorithms: Vec<i64>,
    /// Whether the FIDO conformance profile is on.
    #[serde(skip_serializing_if = "is_default")]
    pub conformance: bool,
    /// Registration: whether mediation was conditional.
    #[serde(skip_serializing_if = "is_default")]
    pub conditional: bool,
    /// Registration: credential ids that are registered already.
    #[serde(skip_serializing_if = "is_default")]
    pub registered: Vec<String>,
    /// Registration: how attestation is judged.
    #[serde(skip_serializing_if = "is_default")]
    pub attestation: Judgement,
    /// Assertion and stamp: the credential found under the id that was sent, if any.
    #[serde(skip_serializing_if = "is_default")]
    pub credential: Option<Credential>,
    /// Assertion: the handle of the user identified beforehand, if any.
    #[serde(skip_serializing_if = "is_default")]
    pub user: Option<String>,
    /// Assertion: the credentials asked for; empty for any.
    #[serde(skip_serializing_if = "is_default")]
    pub allowed: Vec<String>,
    /// Assertion: the AppID that was asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub app_id: Option<String>,
}

/// How attestation is judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judgement {
    /// The formats accepted; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formats: Option<Vec<String>>,
    /// Whether self attestation does not do.
    #[serde(skip_serializing_if = "is_default")]
    pub demand_certificates: bool,
    /// The models accepted, in hexadecimal; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aaguids: Option<Vec<String>>,
    /// Certificates trusted as anchors, in DER; `None` if trust is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchors: Option<Vec<String>>,
    /// Android Key: `tee`, `union` or `lenient`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android_key: Option<String>,
}

/// What is stored about a credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    /// The credential id.
    pub id: String,
    /// The COSE_Key.
    pub public_key: String,
    /// The handle of its owner.
    pub user_handle: String,
    /// The last counter seen.
    pub sign_count: u32,
    /// Backup eligibility as registered.
    pub backup_eligible: bool,
    /// Whether it may be used.
    pub enabled: bool,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            challenge: base64url(CHALLENGE),
            rp_id: RP_ID.to_owned(),
            origins: [ORIGIN, RELATED, ANDROID].map(str::to_owned).to_vec(),
            top_origins: None,
            user_verification: "preferred".to_owned(),
            algorithms: vec![alg::ES256],
            conformance: false,
            conditional: false,
            registered: vec![],
            attestation: Judgement::default(),
            credential: None,
            user: None,
            allowed: vec![],
            app_id: None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
