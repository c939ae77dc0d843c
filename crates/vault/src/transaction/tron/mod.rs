//! Tron transactions: the protobuf message `Transaction.raw`, signed as its SHA-256.

use protobuf::{Field, Reader, Value, length_delimited};

use crate::payload::sha256;

mod protobuf;

/// A Tron transaction that awaits its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TronTransaction {
    fields: TronFields,
    raw: Vec<u8>,
}

/// What a transaction says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TronFields {
    /// Two bytes of the height of a recent block.
    pub ref_block_bytes: Vec<u8>,
    /// Eight bytes of that block's hash.
    pub ref_block_hash: Vec<u8>,
    /// When it expires, in milliseconds since the epoch.
    pub expiration_ms: i64,
    /// A memo.
    pub data: Vec<u8>,
    /// What it asks for.
    pub contract: TronContract,
    /// When it was made, in milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// The most it pays for energy, in sun.
    pub fee_limit: i64,
}

/// The one operation of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TronContract {
    /// The number of its kind (`ContractType`); 1 transfers TRX, 31 calls a contract.
    pub kind: i64,
    /// The name of its message, such as `type.googleapis.com/protocol.TransferContract`.
    pub type_url: String,
    /// Its message, a protobuf.
    pub value: Vec<u8>,
    /// Which of the account's permissions the signature is for; 0 is the owner's.
    pub permission_id: i64,
}

/// Why bytes are not the raw part of a Tron transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TronError {
    /// The bytes end before the message does.
    #[error("the input ends too early")]
    TooShort,
    /// A number is not spelled in the shortest way or exceeds 64 bits.
    #[error("a number that is not the shortest spelling of 64 bits")]
    Varint,
    /// A field has another wire type than the message gives it.
    #[error("field {0} has another wire type")]
    WireType(u64),
    /// A field the message does not have, or one that is out of use.
    #[error("unknown field {0}")]
    UnknownField(u64),
    /// A field that appears twice; a reader that keeps the other one would see another deal.
    #[error("field {0} appears twice")]
    Repeated(u64),
    /// There is no contract. Every transaction has exactly one.
    #[error("there is no contract")]
    NoContract,
    /// The name of the contract's message is not UTF-8.
    #[error("the contract's type is not text")]
    TypeUrl,
}

impl TronTransaction {
    /// Reads the protobuf of `Transaction.raw`, without the `Transaction` around it.
    pub fn parse(raw: &[u8]) -> Result<Self, TronError> {
        Ok(Self {
            fields: TronFields::parse(raw)?,
            raw: raw.to_vec(),
        })
    }

    /// What the transaction says.
    pub fn fields(&self) -> &TronFields {
        &self.fields
    }

    /// SHA-256 of the raw part, which is also the transaction's id.
    pub fn signing_hash(&self) -> [u8; 32] {
        sha256(&self.raw)
    }

    /// The whole `Transaction` with one signature, as hexadecimal digits.
    ///
    /// The last byte of the signature is 27 or 28, as the libraries of this chain write it.
    pub fn into_signed(self, r: &[u8; 32], s: &[u8; 32], y_parity: bool) -> String {
        const RAW_DATA: u64 = 1;
        const SIGNATURE: u64 = 2;
        let mut transaction = length_delimited(RAW_DATA, &self.raw);
        let signature = [&r[..], s, &[27 + u8::from(y_parity)]].concat();
        transaction.extend(length_delimited(SIGNATURE, &signature));
        hex::encode(transaction)
    }
}

impl TronFields {
    fn parse(raw: &[u8]) -> Result<Self, TronError> {
        let mut fields = Self::default();
        let mut contract = None;
        for field in Reader::fields(raw)? {
            match field {
                Field { number: 1, value } => fields.ref_block_bytes = value.bytes(1)?.to_vec(),
                Field { number: 4, value } => fields.ref_block_hash = value.bytes(4)?.to_vec(),
                Field { number: 8, value } => fields.expiration_ms = value.number(8)?,
                Field { number: 10, value } => fields.data = value.bytes(10)?.to_vec(),
                Field { number: 11, value } => {
                    contract = Some(TronContract::parse(value.bytes(11)?)?);
                }
                Field { number: 14, value } => fields.timestamp_ms = value.number(14)?,
                Field { number: 18, value } => fields.fee_limit = value.number(18)?,
                Field { number, value: _ } => return Err(TronError::UnknownField(number)),
            }
        }
        fields.contract = contract.ok_or(TronError::NoContract)?;
        Ok(fields)
    }
}

impl TronContract {
    fn parse(bytes: &[u8]) -> Result<Self, TronError> {
        let mut contract = Self::default();
        for field in Reader::fields(bytes)? {
            match field {
                Field { number: 1, value } => contract.kind = value.number(1)?,
                Field { number: 2, value } => contract.read_parameter(value)?,
                Field { number: 5, value } => contract.permission_id = value.number(5)?,
                Field { number, value: _ } => return Err(TronError::UnknownField(number)),
            }
        }
        Ok(contract)
    }

    /// `google.protobuf.Any`: the name of a message, and the message.
    fn read_parameter(&mut self, value: Value<'_>) -> Result<(), TronError> {
        for field in Reader::fields(value.bytes(2)?)? {
            match field {
                Field { number: 1, value } => {
                    self.type_url = String::from_utf8(value.bytes(1)?.to_vec())
                        .map_err(|_| TronError::TypeUrl)?;
                }
                Field { number: 2, value } => self.value = value.bytes(2)?.to_vec(),
                Field { number, value: _ } => return Err(TronError::UnknownField(number)),
            }
        }
        Ok(())
    }
}
