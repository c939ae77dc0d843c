//! What the engine asks of a chain.
//!
//! The server brings an implementation that speaks JSON-RPC. All reads are of blocks that two
//! thirds of the network have voted for (`confirmed`), so what is built on them does not vanish.

use std::future::Future;
use std::pin::Pin;

use wire::solana::{Address, SlotHashes};

/// An answer that takes a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, ChainError>> + Send + 'a>>;

/// A Solana network, as far as passkey sessions need one.
pub trait Chain: Send + Sync {
    /// The recent slots and their hashes: the sysvar `SlotHashes`.
    fn slot_hashes(&self) -> Answer<'_, SlotHashes>;

    /// The chain's clock, in seconds since 1970: the sysvar `Clock`.
    fn now_s(&self) -> Answer<'_, u64>;

    /// An account; `None` where there is none.
    fn account<'a>(&'a self, address: &'a Address) -> Answer<'a, Option<ChainAccount>>;

    /// The blockhash to put into a transaction.
    fn latest_blockhash(&self) -> Answer<'_, Blockhash>;

    /// How many blocks there are.
    fn block_height(&self) -> Answer<'_, u64>;

    /// Hands a transaction to the network, which may or may not take it: [`status`](Self::status)
    /// tells.
    fn send<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, ()>;

    /// What became of the transaction with this first signature; `None` as long as nothing has.
    fn status<'a>(&'a self, signature: &'a [u8; 64]) -> Answer<'a, Option<Status>>;

    /// What would become of a transaction now, signed or not.
    fn simulate<'a>(&'a self, packet: &'a [u8]) -> Answer<'a, Result<(), ChainFailure>>;
}

/// An account as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainAccount {
    /// What it holds.
    pub lamports: u64,
    /// Which program may change it.
    pub owner: Address,
    /// What that program wrote.
    pub data: Vec<u8>,
}

/// What dates a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blockhash {
    /// The hash.
    pub hash: [u8; 32],
    /// The last block height at which a transaction with it can be carried out.
    pub last_valid_height: u64,
}

/// What became of a transaction that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// In which slot.
    pub slot: u64,
    /// Why it failed, if it did.
    pub failed: Option<ChainFailure>,
}

/// Why the chain did not do what a transaction asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFailure {
    /// Which instruction failed, if one did.
    pub instruction: Option<u8>,
    /// Its program's own number for why.
    pub custom: Option<u32>,
    /// In the chain's words.
    pub error: String,
}

/// Why a chain did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// Nobody answered in time.
    #[error("the chain cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody answered, but not what was asked.
    #[error("the chain answered nonsense: {0}")]
    Answered(String),
}
