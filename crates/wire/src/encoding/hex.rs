//! Lower-case hexadecimal.

/// The text is not an even number of lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not lower-case hexadecimal")]
pub struct NotHex;

/// Spells `bytes` with two lower-case digits each.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    ::hex::encode(bytes)
}

/// Reads lower-case hexadecimal. Upper case, a `0x` prefix and white space are refused.
///
/// # Errors
///
/// [`NotHex`].
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotHex> {
    let text = text.as_ref();
    if text.iter().any(u8::is_ascii_uppercase) {
        return Err(NotHex);
    }
    ::hex::decode(text).map_err(|_| NotHex)
}

/// Reads exactly `N` bytes of lower-case hexadecimal.
///
/// # Errors
///
/// [`NotHex`].
pub fn decode_array<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], NotHex> {
    decode(text)?.try_into().map_err(|_| NotHex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_it_spelled() {
        assert_eq!(encode([0x00, 0xaf]), "00af");
        assert_eq!(decode("00af"), Ok(vec![0x00, 0xaf]));
        assert_eq!(decode_array("00af"), Ok([0x00, 0xaf]));
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in ["00AF", "0xaf", "0", "0g", " 00", "00\n"] {
            assert_eq!(decode(text), Err(NotHex), "{text:?}");
        }
        assert_eq!(decode_array::<3>("00af"), Err(NotHex));
    }
}
