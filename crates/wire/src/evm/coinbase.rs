//! Coinbase Smart Wallet, and the libraries with its struct: `webauthn-sol` and Solady.

use super::P256Signature;
use super::abi::{self, Value};

/// `WebAuthn.WebAuthnAuth`. The contract looks for the type and the challenge at the places it is
/// told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebAuthnAuth<'a> {
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// What the browser says, to the byte.
    pub client_data_json: &'a [u8],
    /// At which byte of the client data `"challenge":"…"` begins.
    pub challenge_index: usize,
    /// At which byte `"type":"webauthn.get"` begins.
    pub type_index: usize,
    /// The signature; s must be low.
    pub signature: P256Signature,
}

impl WebAuthnAuth<'_> {
    /// `abi.encode` of the struct. Solady's `WebAuthn.tryDecodeAuth` reads this.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [r, s] = self.signature.words();
        abi::encode(&[Value::Tuple(vec![
            Value::Bytes(self.authenticator_data),
            Value::Bytes(self.client_data_json),
            Value::number(self.challenge_index as u64),
            Value::number(self.type_index as u64),
            r,
            s,
        ])])
    }
}

/// `CoinbaseSmartWallet.SignatureWrapper`: which of the wallet's owners signed, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureWrapper<'a> {
    /// The owner's place in the wallet.
    pub owner_index: u64,
    /// [`WebAuthnAuth`] in bytes, for an owner that is a passkey.
    pub signature_data: &'a [u8],
}

impl SignatureWrapper<'_> {
    /// `abi.encode` of the struct: the signature of a user operation, and of ERC-1271.
    pub fn to_bytes(&self) -> Vec<u8> {
        abi::encode(&[Value::Tuple(vec![
            Value::number(self.owner_index),
            Value::Bytes(self.signature_data),
        ])])
    }
}
