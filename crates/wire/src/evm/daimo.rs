//! Daimo's accounts, whose signatures say how long they are good for.

use super::P256Signature;
use super::abi::{self, Value};

/// Until when a signature is good, in seconds since 1970: a `uint48`, where 0 means for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValidUntil([u8; 6]);

impl ValidUntil {
    /// For ever.
    pub const FOR_EVER: Self = Self([0; 6]);

    /// This moment; `None` from 2^48 on. Beware: 0 is [`ValidUntil::FOR_EVER`].
    pub const fn at_s(seconds: u64) -> Option<Self> {
        match seconds.to_be_bytes() {
            [0, 0, a, b, c, d, e, f] => Some(Self([a, b, c, d, e, f])),
            _ => None,
        }
    }

    /// Six bytes, big endian.
    pub const fn to_bytes(self) -> [u8; 6] {
        self.0
    }
}

/// The byte before everything in the first version.
const VERSION_1: u8 = 1;

/// What the passkey signs in the first version: 39 bytes.
pub fn challenge_v1(valid_until: ValidUntil, user_op_hash: &[u8; 32]) -> Vec<u8> {
    [&[VERSION_1][..], &valid_until.0, user_op_hash].concat()
}

/// What the passkey signs in the second version: 38 bytes.
pub fn challenge_v2(valid_until: ValidUntil, user_op_hash: &[u8; 32]) -> Vec<u8> {
    [&valid_until.0[..], user_op_hash].concat()
}

/// The signature of a user operation of `DaimoAccount`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureV1<'a> {
    /// Until when, as the challenge says.
    pub valid_until: ValidUntil,
    /// Which of the account's keys.
    pub key_slot: u8,
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// What the browser says, to the byte.
    pub client_data_json: &'a [u8],
    /// At which byte of the client data `"challenge":"…"` begins.
    pub challenge_location: usize,
    /// At which byte `"type":"webauthn.get"` begins.
    pub response_type_location: usize,
    /// The signature; s must be low.
    pub signature: P256Signature,
}

impl SignatureV1<'_> {
    /// Version, end and slot, then `abi.encode` of the struct `Signature`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [r, s] = self.signature.words();
        let rest = abi::encode(&[Value::Tuple(vec![
            Value::Bytes(self.authenticator_data),
            Value::Bytes(self.client_data_json),
            Value::number(self.challenge_location as u64),
            Value::number(self.response_type_location as u64),
            r,
            s,
        ])]);
        [
            &[VERSION_1][..],
            &self.valid_until.0,
            &[self.key_slot],
            &rest,
        ]
        .concat()
    }
}

/// The signature of a user operation of `DaimoAccountV2`. The slot has moved into the struct, and
/// the places are gone: the client data must begin with type and challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureV2<'a> {
    /// Until when, as the challenge says.
    pub valid_until: ValidUntil,
    /// Which of the account's keys.
    pub key_slot: u8,
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// What the browser says, to the byte.
    pub client_data_json: &'a [u8],
    /// The signature; s must be low.
    pub signature: P256Signature,
}

impl SignatureV2<'_> {
    /// The end, then `abi.encode` of the struct `Signature`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [r, s] = self.signature.words();
        let rest = abi::encode(&[Value::Tuple(vec![
            Value::number(self.key_slot.into()),
            Value::Bytes(self.authenticator_data),
            Value::Bytes(self.client_data_json),
            r,
            s,
        ])]);
        [&self.valid_until.0[..], &rest].concat()
    }
}
