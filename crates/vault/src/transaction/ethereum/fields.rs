//! What an Ethereum transaction says, and the strict reader of it.

use super::super::rlp::{Reader, RlpError};
use crate::payload::U256;

/// Everything an unsigned transaction says. The sender is not among it: it is whoever signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EthereumFields {
    /// Which envelope it is in.
    pub kind: EthereumKind,
    /// The chain it is bound to. `None` only in a legacy transaction that any chain would take.
    pub chain_id: Option<u64>,
    /// How many transactions the sender sent before.
    pub nonce: u64,
    /// The most gas it may use.
    pub gas_limit: u64,
    /// What it pays for gas.
    pub fees: Fees,
    /// The recipient; `None` creates a contract.
    pub to: Option<[u8; 20]>,
    /// The amount sent, in wei.
    pub value: U256,
    /// Call data, or the code that makes a contract.
    pub data: Vec<u8>,
    /// Storage it announces to touch (EIP-2930); empty in legacy transactions.
    pub access_list: Vec<AccessListEntry>,
    /// The most it pays per unit of blob gas, in wei; `Some` only in blob transactions (EIP-4844).
    pub max_fee_per_blob_gas: Option<U256>,
    /// The versioned hashes of its blobs (EIP-4844).
    pub blob_versioned_hashes: Vec<[u8; 32]>,
    /// Signed consents it brings along (EIP-7702).
    pub authorizations: Vec<SignedAuthorization>,
}

/// The envelope of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EthereumKind {
    /// Without a type byte.
    Legacy,
    /// 0x01, EIP-2930.
    AccessList,
    /// 0x02, EIP-1559.
    DynamicFee,
    /// 0x03, EIP-4844.
    Blob,
    /// 0x04, EIP-7702.
    SetCode,
}

/// What a transaction pays for gas, in wei per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fees {
    /// One price (legacy, EIP-2930).
    Price(U256),
    /// A cap on the whole and a cap on the tip (EIP-1559 and later).
    Capped {
        /// The most it pays, base fee and tip together.
        max_fee_per_gas: U256,
        /// The most of it that goes to the block's builder.
        max_priority_fee_per_gas: U256,
    },
}

/// One account of an access list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessListEntry {
    /// The account.
    pub address: [u8; 20],
    /// The slots of its storage.
    pub storage_keys: Vec<[u8; 32]>,
}

/// An EIP-7702 authorisation with the signature of the account that gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedAuthorization {
    /// The chain it holds on; zero means every chain.
    pub chain_id: U256,
    /// The contract whose code the account is to run.
    pub address: [u8; 20],
    /// The account's nonce at which it holds.
    pub nonce: u64,
    /// Parity of the nonce point's y.
    pub y_parity: u8,
    /// First half of the signature.
    pub r: U256,
    /// Second half of the signature.
    pub s: U256,
}

/// Why bytes are not an unsigned Ethereum transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EthereumError {
    /// There are no bytes.
    #[error("the transaction is empty")]
    Empty,
    /// The first byte is neither a known type nor the start of a list.
    #[error("unknown transaction type {0:#04x}")]
    UnknownType(u8),
    /// The list as a whole is not canonical RLP.
    #[error("transaction list: {0}")]
    List(RlpError),
    /// A field is missing or malformed.
    #[error("field `{0}`: {1}")]
    Field(&'static str, RlpError),
    /// Items follow the last field of an unsigned transaction.
    #[error("more fields than an unsigned transaction has")]
    TooManyFields,
    /// The three signature items are there already.
    #[error("the transaction is signed already")]
    AlreadySigned,
    /// A nine-item legacy transaction says chain 0, which is no chain: it would be signed for one
    /// meaning and verified under another.
    #[error("field `chainId`: a legacy transaction cannot be bound to chain 0")]
    ChainIdZero,
    /// A blob transaction in its network form, with blobs, commitments and proofs.
    #[error("a blob transaction is signed without its sidecar")]
    BlobSidecar,
}

impl EthereumKind {
    /// The byte in front of the list (EIP-2718); none in front of a legacy transaction.
    pub const fn type_byte(self) -> Option<u8> {
        match self {
            Self::Legacy => None,
            Self::AccessList => Some(0x01),
            Self::DynamicFee => Some(0x02),
            Self::Blob => Some(0x03),
            Self::SetCode => Some(0x04),
        }
    }
}

/// Reads an unsigned transaction; also the RLP items that the signature goes behind.
pub(super) fn read(unsigned: &[u8]) -> Result<(EthereumFields, &[u8]), EthereumError> {
    let (&first, rest) = unsigned.split_first().ok_or(EthereumError::Empty)?;
    let kind = match first {
        0x01 => EthereumKind::AccessList,
        0x02 => EthereumKind::DynamicFee,
        0x03 => EthereumKind::Blob,
        0x04 => EthereumKind::SetCode,
        0xc0..=0xff => return legacy(unsigned),
        unknown => return Err(EthereumError::UnknownType(unknown)),
    };
    typed(kind, rest)
}

fn legacy(unsigned: &[u8]) -> Result<(EthereumFields, &[u8]), EthereumError> {
    let mut items = Items::enter(unsigned)?;
    let nonce = items.read("nonce", Reader::u64)?;
    let fees = Fees::Price(items.read("gasPrice", Reader::u256)?);
    let gas_limit = items.read("gasLimit", Reader::u64)?;
    let to = items.read("to", recipient_or_creation)?;
    let value = items.read("value", Reader::u256)?;
    let data = items.read("data", |item| item.string().map(<[u8]>::to_vec))?;
    let body = items.consumed();
    let chain_id = if items.is_empty() {
        None
    } else {
        Some(eip155_chain(&mut items)?)
    };
    items.finish()?;
    let fields = EthereumFields {
        kind: EthereumKind::Legacy,
        chain_id,
        nonce,
        gas_limit,
        fees,
        to,
        value,
        data,
        access_list: Vec::new(),
        max_fee_per_blob_gas: None,
        blob_versioned_hashes: Vec::new(),
        authorizations: Vec::new(),
    };
    Ok((fields, body))
}

/// Reads `(chain id, 0, 0)`, which stand where v, r and s of a signed transaction do (EIP-155).
fn eip155_chain(items: &mut Items<'_>) -> Result<u64, EthereumError> {
    let chain_id = items.read("chainId", Reader::u64)?;
    let r = items.read("r", Reader::u256)?;
    let s = items.read("s", Reader::u256)?;
    match (chain_id, r, s) {
        (0, U256::ZERO, U256::ZERO) => Err(EthereumError::ChainIdZero),
        (chain_id, U256::ZERO, U256::ZERO) => Ok(chain_id),
        _ => Err(EthereumError::AlreadySigned),
    }
}

fn typed(kind: EthereumKind, list: &[u8]) -> Result<(EthereumFields, &[u8]), EthereumError> {
    let mut items = Items::enter(list)?;
    if kind == EthereumKind::Blob && items.next_is_list() {
        return Err(EthereumError::BlobSidecar);
    }
    let chain_id = Some(items.read("chainId", Reader::u64)?);
    let nonce = items.read("nonce", Reader::u64)?;
    let fees = items.fees(kind)?;
    let gas_limit = items.read("gasLimit", Reader::u64)?;
    let to = match kind {
        // Neither creates contracts (EIP-4844 "Blob transaction", EIP-7702 "Set code transaction").
        EthereumKind::Blob | EthereumKind::SetCode => Some(items.read("to", Reader::fixed)?),
        EthereumKind::Legacy | EthereumKind::AccessList | EthereumKind::DynamicFee => {
            items.read("to", recipient_or_creation)?
        }
    };
    let value = items.read("value", Reader::u256)?;
    let data = items.read("data", |item| item.string().map(<[u8]>::to_vec))?;
    let access_list = items.read("accessList", |item| item.list_of(access_list_entry))?;
    let (mut max_fee_per_blob_gas, mut blob_versioned_hashes) = (None, Vec::new());
    let mut authorizations = Vec::new();
    match kind {
        EthereumKind::Blob => {
            max_fee_per_blob_gas = Some(items.read("maxFeePerBlobGas", Reader::u256)?);
            blob_versioned_hashes =
                items.read("blobVersionedHashes", |item| item.list_of(Reader::fixed))?;
        }
        EthereumKind::SetCode => {
            authorizations = items.read("authorizationList", |item| {
                item.list_of(signed_authorization)
            })?;
        }
        EthereumKind::Legacy | EthereumKind::AccessList | EthereumKind::DynamicFee => {}
    }
    items.finish()?;
    let fields = EthereumFields {
        kind,
        chain_id,
        nonce,
        gas_limit,
        fees,
        to,
        value,
        data,
        access_list,
        max_fee_per_blob_gas,
        blob_versioned_hashes,
        authorizations,
    };
    Ok((fields, items.consumed()))
}

/// The items of a transaction's list, read with the name of the field they are meant for.
struct Items<'a> {
    all: &'a [u8],
    reader: Reader<'a>,
}

impl<'a> Items<'a> {
    fn enter(list: &'a [u8]) -> Result<Self, EthereumError> {
        let reader = Reader::list_only(list).map_err(EthereumError::List)?;
        Ok(Self {
            all: reader.rest(),
            reader,
        })
    }

    fn read<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, RlpError>,
    ) -> Result<T, EthereumError> {
        read(&mut self.reader).map_err(|error| EthereumError::Field(field, error))
    }

    fn fees(&mut self, kind: EthereumKind) -> Result<Fees, EthereumError> {
        if kind == EthereumKind::AccessList {
            return Ok(Fees::Price(self.read("gasPrice", Reader::u256)?));
        }
        let max_priority_fee_per_gas = self.read("maxPriorityFeePerGas", Reader::u256)?;
        let max_fee_per_gas = self.read("maxFeePerGas", Reader::u256)?;
        Ok(Fees::Capped {
            max_fee_per_gas,
            max_priority_fee_per_gas,
        })
    }

    fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    fn next_is_list(&self) -> bool {
        matches!(self.reader.rest().first(), Some(0xc0..=0xff))
    }

    /// The items read so far, as they were spelled.
    fn consumed(&self) -> &'a [u8] {
        &self.all[..self.all.len() - self.reader.rest().len()]
    }

    /// Nothing may follow; if it is v, r and s, the error says so.
    fn finish(&self) -> Result<(), EthereumError> {
        if self.is_empty() {
            return Ok(());
        }
        let mut tail = self.reader;
        let signature = [tail.u256(), tail.u256(), tail.u256()];
        if signature.iter().all(Result::is_ok) && tail.is_empty() {
            return Err(EthereumError::AlreadySigned);
        }
        Err(EthereumError::TooManyFields)
    }
}

fn recipient_or_creation(item: &mut Reader<'_>) -> Result<Option<[u8; 20]>, RlpError> {
    match item.string()? {
        [] => Ok(None),
        address => address.try_into().map(Some).map_err(|_| RlpError::Length {
            expected: 20,
            found: address.len(),
        }),
    }
}

fn access_list_entry(items: &mut Reader<'_>) -> Result<AccessListEntry, RlpError> {
    let mut entry = items.list()?;
    let address = entry.fixed()?;
    let storage_keys = entry.list_of(Reader::fixed)?;
    entry.finish()?;
    Ok(AccessListEntry {
        address,
        storage_keys,
    })
}

fn signed_authorization(items: &mut Reader<'_>) -> Result<SignedAuthorization, RlpError> {
    let mut entry = items.list()?;
    let authorization = SignedAuthorization {
        chain_id: entry.u256()?,
        address: entry.fixed()?,
        nonce: entry.u64()?,
        y_parity: entry.u64()?.try_into().map_err(|_| RlpError::TooLarge)?,
        r: entry.u256()?,
        s: entry.u256()?,
    };
    entry.finish()?;
    Ok(authorization)
}
