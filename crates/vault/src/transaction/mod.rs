//! Unsigned transactions: read strictly, signed as read, written back whole.
//!
//! Each family has one type with typed fields for those who judge a transaction and with the
//! bytes its signature covers. The bytes are the ones that arrived; the readers accept one
//! spelling per transaction only, so the fields and the bytes cannot tell different stories.
//!
//! Nothing here sees a secret, and every function is total.

use wire::keys::Curve;
use wire::signing::TransactionType;
use wire::solana;

pub use awaiting::AwaitingSignature;
pub use ethereum::{
    AccessListEntry, EthereumError, EthereumFields, EthereumKind, EthereumTransaction, Fees,
    SignedAuthorization,
};
pub use rlp::RlpError;
pub use tron::{TronContract, TronError, TronFields, TronTransaction};

use crate::payload::{HexError, bytes_from_hex};

mod awaiting;
mod ethereum;
pub(crate) mod rlp;
mod tron;

/// A transaction that was read, for those who judge it; [`UnsignedTransaction::for_signer`] goes
/// on to the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnsignedTransaction {
    /// For Ethereum and the chains that speak like it.
    Ethereum(EthereumTransaction),
    /// For Solana.
    Solana(solana::Transaction),
    /// For Tron.
    Tron(TronTransaction),
}

/// Why a transaction cannot be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// A family this room does not sign for.
    #[error("unsupported transaction type: {0}")]
    Unsupported(TransactionType),
    /// Not hexadecimal text.
    #[error("invalid transaction: {0}")]
    Hex(#[from] HexError),
    /// Not an unsigned Ethereum transaction.
    #[error("invalid transaction: {0}")]
    Ethereum(#[from] EthereumError),
    /// Not a Solana transaction, or not one for this signer.
    #[error("invalid transaction: {0}")]
    Solana(#[from] solana::MessageError),
    /// Not the raw part of a Tron transaction.
    #[error("invalid transaction: {0}")]
    Tron(#[from] TronError),
    /// The signer's key lives on another curve than the family's.
    #[error("invalid transaction: it takes a {needs} key, the signer has a {found} key")]
    WrongCurve {
        /// The curve of the family.
        needs: Curve,
        /// The curve of the signer.
        found: Curve,
    },
    /// The recovery id of a signature is neither 0 nor 1. It happens to no key in a lifetime.
    #[error("the signature's recovery id does not fit into a transaction")]
    RecoveryId,
}

impl UnsignedTransaction {
    /// Reads hexadecimal text, `0x` optional, as a transaction of the given family.
    pub fn parse(unsigned: &str, kind: TransactionType) -> Result<Self, TransactionError> {
        let bytes = || bytes_from_hex(unsigned);
        match kind {
            TransactionType::Ethereum => Ok(Self::Ethereum(EthereumTransaction::parse(&bytes()?)?)),
            TransactionType::Solana => Ok(Self::Solana(solana::Transaction::parse(&bytes()?)?)),
            TransactionType::Tron => Ok(Self::Tron(TronTransaction::parse(&bytes()?)?)),
            TransactionType::Bitcoin | TransactionType::Tempo => {
                Err(TransactionError::Unsupported(kind))
            }
        }
    }
}
