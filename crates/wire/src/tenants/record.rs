//! What the log remembers of a confirmation, and the receipt that shows it to others.
//!
//! The log's leaf commits to the text of an [`EventRecord`]. For a confirmed transaction its
//! detail is [`Confirmation`]: everything that `verify::evidence` needs to judge the passkey's
//! signature again, years later and without this server. The server writes these types and the
//! verifier reads them, strictly: an unknown or repeated member is refused.

use serde::{Deserialize, Serialize};

use super::ConfirmationMethod;
use crate::Timestamp;
use crate::id::TenantId;
use crate::webauthn::Instrument;

/// The version of [`EventRecord`].
pub const RECORD_VERSION: u8 = 1;

/// The version of [`ReceiptDocument`].
pub const RECEIPT_VERSION: u8 = 1;

/// The leaf's type of the event by which a transaction ends.
pub const TRANSACTION_FINAL: &str = "WEBAUTHN_TRANSACTION_FINAL";

/// The leaf's status of an event that went well.
pub const SUCCEEDED: &str = "SUCCEEDED";

/// The record's type of a confirmation: both in one word, as the audit log has it.
pub const TRANSACTION_CONFIRMED: &str = "webauthn_transaction_final_succeeded";

/// The receipt of a transaction: `zegel receipt verify` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDocument {
    /// [`RECEIPT_VERSION`].
    pub version: u8,
    /// The leaf and its way into a signed checkpoint, as the text of a tlog-proof.
    pub receipt: String,
    /// The salt of the leaf's commitment.
    #[serde(with = "hex32")]
    pub salt: [u8; 32],
    /// The exact text that the leaf commits to: an [`EventRecord`].
    pub record: String,
}

/// One event of a tenant, with a detail of its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventRecord<D> {
    /// [`RECORD_VERSION`].
    pub v: u8,
    /// The type, as the audit log has it: [`TRANSACTION_CONFIRMED`] for a confirmation.
    pub r#type: String,
    /// What went wrong, if anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The user, by the tenant's own name for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The transaction, by the tenant's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Where the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// What the client called itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The request, as its answer names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What is particular to the type.
    pub detail: D,
}

/// The detail of a confirmed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// What was confirmed.
    pub transaction: ConfirmedTransaction,
    /// By which credential.
    pub credential: ConfirmingCredential,
    /// The signed bytes.
    pub assertion: AssertionEvidence,
    /// What the server compared them with, besides the transaction.
    pub expected: ExpectedEvidence,
}

/// What was confirmed: the input of the digest, and the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmedTransaction {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The user, by the tenant's own name for them.
    pub user_id: String,
    /// The transaction, by the tenant's own name for it.
    pub transaction_id: String,
    /// What was shown and hashed: the canonical text of a [`Payment`](super::Payment) in version
    /// 2, the [canonical Go JSON](super::go_json) of the transaction data in version 1.
    pub payment: String,
    /// The RP ID.
    pub rp_id: String,
    /// How it was confirmed.
    pub method: ConfirmationMethod,
    /// When the transaction would have expired.
    pub expires_ms: Timestamp,
    /// The digest: the second half of the challenge.
    #[serde(with = "hex32")]
    pub digest: [u8; 32],
    /// How the digest is made: 2, or 1 for the compatible way.
    pub version: u8,
}

/// The credential, as this assertion left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmingCredential {
    /// The credential id.
    #[serde(with = "base64url_bytes")]
    pub id: Vec<u8>,
    /// The public key, as the COSE_Key bytes of its registration.
    #[serde(with = "base64url_bytes")]
    pub public_key: Vec<u8>,
    /// The authenticator model, as a UUID.
    pub aaguid: String,
    /// BE, as signed.
    pub backup_eligible: bool,
    /// BS, as signed.
    pub backup_state: bool,
    /// The signature counter, as signed.
    pub sign_count: u32,
}

/// The bytes that were signed, and the signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssertionEvidence {
    /// `clientDataJSON`.
    #[serde(rename = "clientDataJSON", with = "base64url_bytes")]
    pub client_data_json: Vec<u8>,
    /// `authenticatorData`.
    #[serde(with = "base64url_bytes")]
    pub authenticator_data: Vec<u8>,
    /// The passkey's signature.
    #[serde(with = "base64url_bytes")]
    pub signature: Vec<u8>,
    /// The browser's own signature, if it made one.
    #[serde(
        default,
        with = "optional_base64url_bytes",
        skip_serializing_if = "Option::is_none"
    )]
    pub browser_bound_signature: Option<Vec<u8>>,
}

/// What the server expected of the place where the ceremony ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedEvidence {
    /// The origins that were accepted; not looked at for Secure Payment Confirmation, which names
    /// its one caller.
    pub origins: Vec<String>,
    /// The top-level pages a framed ceremony was accepted below. Absent: no frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_origins: Option<Vec<String>>,
    /// The terms of Secure Payment Confirmation, if that was the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spc: Option<SpcTerms>,
}

/// What a browser is to show in Secure Payment Confirmation beside the payment itself, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpcTerms {
    /// The origin of the page that makes the call: the bank's or a merchant's.
    pub caller_origin: String,
    /// The origin of the top-level page; the caller's own, if it is not framed.
    pub top_origin: String,
    /// The payee's origin, if it is to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee_origin: Option<String>,
    /// What is paid with.
    pub instrument: Instrument,
}

mod hex32 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::encoding::hex;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        hex::decode_array(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod base64url_bytes {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::encoding::base64url;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&base64url::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        base64url::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

mod optional_base64url_bytes {
    use serde::{Deserializer, Serializer};

    use super::base64url_bytes;

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => base64url_bytes::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    /// Called only if the member is there; it is left out where there is nothing.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        base64url_bytes::deserialize(from).map(Some)
    }
}
