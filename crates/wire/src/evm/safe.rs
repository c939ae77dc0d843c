//! Safe's passkey module, whose signers are owners by ERC-1271.

use super::P256Signature;
use super::abi::{self, Value};

/// What the client data begins with; the challenge follows.
pub const CLIENT_DATA_BEGIN: &str = r#"{"type":"webauthn.get","challenge":""#;

/// What stands between the challenge and the fields.
pub const CLIENT_DATA_MIDDLE: &str = r#"","#;

/// What the client data ends with.
pub const CLIENT_DATA_END: &str = "}";

/// `WebAuthn.Signature`. The contract writes the client data itself, from the challenge and the
/// fields after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// The client data between [`CLIENT_DATA_MIDDLE`] and [`CLIENT_DATA_END`].
    pub client_data_fields: &'a [u8],
    /// The signature; the module takes a high s, too.
    pub signature: P256Signature,
}

impl Signature<'_> {
    /// The members side by side. The module refuses anything longer than this.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [r, s] = self.signature.words();
        abi::encode(&[
            Value::Bytes(self.authenticator_data),
            Value::Bytes(self.client_data_fields),
            r,
            s,
        ])
    }
}
