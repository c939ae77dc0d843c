//! Ethereum, and TRON, which spells the same twenty bytes in base58check.

use sha3::{Digest, Keccak256};

use super::base58check;

/// Twenty bytes in hex, with the checksum of EIP-55 in the case of the letters.
pub(super) fn address(uncompressed: &[u8; 65]) -> String {
    let digits = hex::encode(account(uncompressed));
    let checksum = Keccak256::digest(digits.as_bytes());
    let cased = digits.char_indices().map(|(position, digit)| {
        let nibble = checksum[position / 2] >> (4 * (1 - position % 2)) & 0x0f;
        if nibble >= 8 { digit.to_ascii_uppercase() } else { digit }
    });
    "0x".chars().chain(cased).collect()
}

/// Version 0x41, the same twenty bytes.
pub(super) fn tron_address(uncompressed: &[u8; 65]) -> String {
    base58check(0x41, &account(uncompressed), bs58::Alphabet::BITCOIN)
}

/// The last twenty bytes of the hash of the point, without its SEC 1 tag.
fn account(uncompressed: &[u8; 65]) -> [u8; 20] {
    let hash: [u8; 32] = Keccak256::digest(&uncompressed[1..]).into();
    let mut account = [0; 20];
    account.copy_from_slice(&hash[12..]);
    account
}
