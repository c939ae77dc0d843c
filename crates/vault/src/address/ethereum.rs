//! Ethereum, and TRON, which spells the same twenty bytes in base58check.

use sha3::{Digest, Keccak256};

use super::base58check;

/// Twenty bytes in hex, with the checksum of EIP-55 in the case of the letters.
pub(super) fn address(uncompressed: &[u8; 65]) -> String {
    checksummed(&account(uncompressed))
}

fn checksummed(account: &[u8; 20]) -> String {
    let digits = hex::encode(account);
    let checksum = Keccak256::digest(digits.as_bytes());
    let cased = digits.char_indices().map(|(position, digit)| {
        let nibble = checksum[position / 2] >> (4 * (1 - position % 2)) & 0x0f;
        if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_the_letters_is_the_checksum_of_eip_55() {
        for address in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let account = hex::decode(&address[2..]).unwrap().try_into().unwrap();
            assert_eq!(checksummed(&account), address);
        }
    }
}
