//! XRP Ledger classic addresses: base58check with the ledger's own alphabet.

use super::{base58check, hash160};

pub(super) fn address(key: &[u8; 33]) -> String {
    base58check(0x00, &hash160(key), bs58::Alphabet::RIPPLE)
}
