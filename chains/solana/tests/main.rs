//! What `wire` and `verify` spell and foresee about Solana, held against Solana's own virtual
//! machine.
//!
//! Every transaction here is made by our encodings and runs through the network's code: signature
//! checks, the native P-256 program, the machine. In the place of the public program stands the
//! verifier beside this folder, written from the same description. A refusal counts only if the
//! chain says why *and* `verify` said it before.

mod accounts;
mod client_data;
mod execute;
mod initialise;
mod nonces;
mod payable;
mod precompile;
mod recorded;
mod refresh;
mod rpc;
mod session;
mod support;
mod verifier;
mod walk;
