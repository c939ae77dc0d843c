//! OpenZeppelin's `WebAuthn`, behind `SignerWebAuthn` and `ERC7913WebAuthnVerifier`.

use super::P256Signature;
use super::abi::{self, Value};

/// `WebAuthn.WebAuthnAuth`, with the members of Coinbase's in another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebAuthnAuth<'a> {
    /// The signature; s must be low.
    pub signature: P256Signature,
    /// At which byte of the client data `"challenge":"…"` begins.
    pub challenge_index: usize,
    /// At which byte `"type":"webauthn.get"` begins.
    pub type_index: usize,
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// What the browser says, to the byte.
    pub client_data_json: &'a [u8],
}

impl WebAuthnAuth<'_> {
    /// The members side by side, which is where `WebAuthn.tryDecodeAuth` looks: `abi.encode` of
    /// the *struct* would put one more offset before them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [r, s] = self.signature.words();
        abi::encode(&[
            r,
            s,
            Value::number(self.challenge_index as u64),
            Value::number(self.type_index as u64),
            Value::Bytes(self.authenticator_data),
            Value::Bytes(self.client_data_json),
        ])
    }
}
