//! What surrounds the parameters of an activity.

use serde::Deserialize;
use serde_json::Value;

/// The body of `/public/v1/submit/<name>`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// `ACTIVITY_TYPE_…` with its version.
    #[serde(rename = "type")]
    pub kind: String,
    /// Decimal milliseconds since the epoch, as a string.
    pub timestamp_ms: String,
    /// Which organisation is addressed.
    pub organization_id: String,
    /// Read further by the type.
    pub parameters: Value,
    /// Accepted and without effect: there is no enclave to attest.
    #[serde(default)]
    pub generate_app_proofs: Option<bool>,
    /// Ours: the server the body is meant for, where the organisation asks for it.
    #[serde(default)]
    pub audience: Option<String>,
}
