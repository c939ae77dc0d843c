//! How Solana spells things, as far as passkey sessions need it, without any crate of Solana's.
//!
//! # What is here
//!
//! - [`Address`]: 32 bytes, as base58 text.
//! - [`Instruction`] → [`Message`] → [`Transaction`]: what one wants done, compiled and read back.
//! - [`secp256r1`]: the data of the native program that checks P-256 signatures.
//! - [`external_signature`]: the program that lets a passkey act on the chain.
//! - [`ComputeBudget`]: what wallets put before their own instructions.
//! - [`Movement`]: what the system program moves.
//! - [`SlotHashes`]: the recent past of the chain, from which that program takes its nonces.
//! - [`Clock`]: the chain's own time.
//! - [`program`]: who is called.
//!
//! # What is not
//!
//! Nothing here hashes, signs or decides: addresses derived from keys, challenges and the question
//! whether a program would accept an assertion are `verify::solana`'s. Address lookup tables are
//! read, never used in compiling.

pub mod external_signature;
pub mod program;
pub mod secp256r1;

mod address;
mod amount;
mod clock;
mod compact;
mod compile;
mod compute_budget;
mod error;
mod instruction;
mod message;
mod movement;
mod slot_hashes;
mod transaction;

pub use address::{Address, NotAnAddress};
pub use amount::sol;
pub use clock::{Clock, NotAClock};
pub use compact::compact_u16;
pub use compute_budget::ComputeBudget;
pub use error::MessageError;
pub use instruction::{AccountMeta, Instruction};
pub use message::{AddressTableLookup, CompiledInstruction, Header, Message, Version};
pub use movement::Movement;
pub use slot_hashes::{SlotHash, SlotHashes, SlotHashesError, TruncatedSlot};
pub use transaction::{MAX_PACKET, TooLarge, Transaction, signature_text};

#[cfg(test)]
mod tests;
