//! The only room where secret bytes are visible.
//!
//! Seeds, key derivation, signing, sealing and addresses. The interface is plain data in and plain
//! data out, so that the room could become a process or an enclave of its own by adding a
//! transport: callers hand in [`wire::Sealed`] ciphertext and get back ciphertext, public keys,
//! addresses and signatures. No secret leaves, and no secret type can be printed, compared or
//! copied.
//!
//! Apart from keeping its memory out of swap and core dumps ([`harden_process`]) the room does
//! nothing but compute: no clock, no environment, no files, and randomness is an argument
//! ([`Entropy`]). Every signature is checked by a second implementation before it is handed out.
//! RSA, which signs nothing but tokens, is the exception to three of these: its one library draws
//! its own randomness, checks its own signatures, and keeps its keys in memory that is not locked
//! ([`Vault::create_token_key`] says more).

mod access;
mod address;
mod derive;
mod entropy;
mod error;
mod memory;
mod payer;
pub mod payload;
mod raw;
mod root_key;
mod schnorr;
mod seal;
#[cfg(test)]
mod secrecy;
mod seed;
mod signing_key;
mod stamper;
mod token_key;
pub mod transaction;
mod warm;

pub use access::{KeyRef, Vault};
pub use address::address;
pub use entropy::Entropy;
pub use error::Error;
pub use memory::{HardeningGap, harden_process};
pub use payer::PayerRow;
pub use root_key::{PassphraseCost, PassphraseHeader, RootKey, WrappedRootKey};
pub use seal::{PrivateKeyRow, TokenKeyRow, WalletRow};
pub use seed::WordCount;
pub use signing_key::{PublicKey, RecoverableSignature};
pub use stamper::{ApiKeyPair, LogKey};
pub use token_key::Ceremony;
