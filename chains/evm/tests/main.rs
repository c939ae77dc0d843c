//! What `wire` and `verify` spell and foresee for contracts, held against an EVM.
//!
//! Signatures made by our encodings alone are given to the contracts of five families: the
//! published code of OpenZeppelin, Safe and Solady, and accounts of ours that read signatures as
//! Coinbase's and Daimo's do. A refusal counts only if `verify` foresaw it.

mod accepted;
mod ceremony;
mod encodings;
mod foreseen;
mod machine;
mod precompile;
mod recorded;
mod tampered;
mod walk;
mod wallets;
