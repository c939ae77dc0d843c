//! A node that says what it is told to, and what we make of it.

mod hostile;
mod manners;
mod methods;
mod networks;
mod stub;
mod watching;
mod world;

use engine::chain::{Chain, ChainError};
use wire::solana::Address;

use stub::Stub;

const ADDRESS: Address = Address::from_bytes([7; 32]);
const SIGNATURE: [u8; 64] = [9; 64];

/// A transaction as far as a node that only repeats its signature reads it.
fn packet() -> Vec<u8> {
    [&[1][..], &SIGNATURE, b"a message"].concat()
}

/// The name and outcome of every call there is.
async fn every_call(chain: &dyn Chain) -> [(&'static str, Result<(), ChainError>); 8] {
    [
        ("slot_hashes", chain.slot_hashes().await.map(drop)),
        ("now_s", chain.now_s().await.map(drop)),
        ("account", chain.account(&ADDRESS).await.map(drop)),
        ("latest_blockhash", chain.latest_blockhash().await.map(drop)),
        ("block_height", chain.block_height().await.map(drop)),
        ("send", chain.send(&packet()).await),
        ("status", chain.status(&SIGNATURE).await.map(drop)),
        ("simulate", chain.simulate(&packet()).await.map(drop)),
    ]
}
