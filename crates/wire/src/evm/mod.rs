//! How contracts on an EVM want a passkey's signature spelled, without any crate of Ethereum's.
//!
//! # What is here
//!
//! - [`abi`]: the little of Solidity's ABI that signatures need, writing only.
//! - [`P256Signature`], [`PublicKey`]: numbers of the curve as contracts take them.
//! - [`coinbase`], [`openzeppelin`], [`safe`], [`daimo`]: one module for each family of accounts,
//!   with the bytes of its signature.
//! - [`Call`]: what user operations call, as far as it can be read.
//! - [`EntryPointVersion`]: the contracts that carry user operations out, by their versions.
//! - [`P256Verify`]: the input of the precompiled contract that checks P-256 signatures.
//!
//! # What is not
//!
//! Nothing here hashes, signs or decides. Where the client data's members stand, and whether a
//! contract would accept what is written, are `verify::evm`'s questions.

pub mod abi;
pub mod coinbase;
pub mod daimo;
pub mod openzeppelin;
pub mod safe;

mod calls;
mod entry_point;
mod numbers;
mod precompile;

pub use calls::Call;
pub use entry_point::EntryPointVersion;
pub use numbers::{P256Signature, PublicKey};
pub use precompile::P256Verify;

#[cfg(test)]
mod tests;
