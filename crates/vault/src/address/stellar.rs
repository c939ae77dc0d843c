//! Stellar's StrKey (SEP-23): base32 of version, key and CRC-16.

pub(super) fn address(key: &[u8; 32]) -> String {
    // 6 << 3: an account's Ed25519 key, which makes the first letter a G.
    let mut bytes = [&[6 << 3], &key[..]].concat();
    bytes.extend_from_slice(&crc16_xmodem(&bytes).to_le_bytes());
    base32(&bytes)
}

/// CRC-16/XMODEM: polynomial 0x1021, no reflection, initial value zero.
pub(super) fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    })
}

/// RFC 4648 base32. Thirty-five bytes are 56 digits exactly, so there is no padding to decide.
fn base32(bytes: &[u8]) -> String {
    debug_assert_eq!(bytes.len() % 5, 0);
    let groups = bytes.chunks_exact(5);
    groups
        .flat_map(|group| {
            let bits = group
                .iter()
                .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            (0..8)
                .rev()
                .map(move |digit| char::from(BASE32[(bits >> (5 * digit) & 31) as usize]))
        })
        .collect()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
