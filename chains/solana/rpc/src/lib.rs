//! A Solana chain in memory, and the few JSON-RPC methods that zegel asks of one.
//!
//! - [`Chain`]: Solana's own virtual machine (LiteSVM) with our verifier in the place of the public
//!   program, and slots and a clock that move only when told.
//! - [`Rpc`]: requests in, answers out, as a node of the network gives them.
//! - [`http`]: the same behind a socket.
//!
//! What a transaction does is decided by the network's own code: signatures, fees, the check of
//! P-256 signatures, the machine that runs programs. What surrounds it is simpler than the network
//! in ways that tests want: a transaction is final at once, a refused one costs nothing, there are
//! no forks and no durable nonces.

pub mod http;

mod chain;
mod methods;

pub use chain::{Account, Chain, Executed, Pace, Refused};
pub use methods::Rpc;
