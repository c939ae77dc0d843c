//! Ethereum transactions: legacy, and the typed envelopes 0x01 to 0x04 (EIP-2718).

pub use fields::{
    AccessListEntry, EthereumError, EthereumFields, EthereumKind, Fees, SignedAuthorization,
};

use super::rlp::Encoder;
use crate::payload::{U256, keccak256};

mod fields;

/// An Ethereum transaction that awaits its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EthereumTransaction {
    fields: EthereumFields,
    /// The bytes that arrived: what is hashed.
    unsigned: Vec<u8>,
    /// The items the signature is appended to, still in RLP: those of the unsigned list without
    /// the `(chain id, 0, 0)` that stands in for a legacy signature (EIP-155).
    items: Vec<u8>,
}

impl EthereumTransaction {
    /// Reads the RLP of an unsigned transaction: six items (legacy), nine (legacy with EIP-155),
    /// or a type byte and its list (EIP-2930, 1559, 4844 without its sidecar, 7702).
    pub fn parse(unsigned: &[u8]) -> Result<Self, EthereumError> {
        let (fields, items) = fields::read(unsigned)?;
        Ok(Self {
            fields,
            unsigned: unsigned.to_vec(),
            items: items.to_vec(),
        })
    }

    /// What the transaction says.
    pub fn fields(&self) -> &EthereumFields {
        &self.fields
    }

    /// Keccak-256 of the unsigned encoding, the type byte included.
    pub fn signing_hash(&self) -> [u8; 32] {
        keccak256(&self.unsigned)
    }

    /// The signed transaction as hexadecimal digits without `0x`.
    ///
    /// `r` and `s` are big-endian; `y_parity` is the recovery id: whether y of the nonce point is
    /// odd. Whether they are a valid signature is the caller's to know.
    pub fn into_signed(self, r: &[u8; 32], s: &[u8; 32], y_parity: bool) -> String {
        let mut items = Encoder::after(&self.items);
        items.integer(self.v(y_parity));
        items.integer(U256::from_be_bytes(*r));
        items.integer(U256::from_be_bytes(*s));
        let mut signed: Vec<u8> = self.fields.kind.type_byte().into_iter().collect();
        signed.extend(items.into_list());
        hex::encode(signed)
    }

    /// The first of the three signature items: the parity itself in a typed envelope; 35 + 2 ·
    /// chain id + parity in a legacy transaction bound to a chain (EIP-155), else 27 + parity.
    fn v(&self, y_parity: bool) -> U256 {
        let parity = u128::from(y_parity);
        let v = match (self.fields.kind, self.fields.chain_id) {
            (EthereumKind::Legacy, Some(chain_id)) => 35 + 2 * u128::from(chain_id) + parity,
            (EthereumKind::Legacy, None) => 27 + parity,
            (
                EthereumKind::AccessList
                | EthereumKind::DynamicFee
                | EthereumKind::Blob
                | EthereumKind::SetCode,
                _,
            ) => parity,
        };
        v.into()
    }
}
