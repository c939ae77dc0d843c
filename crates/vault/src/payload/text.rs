//! Hexadecimal text as clients write it.

/// Why a text is not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Half a byte is left over.
    #[error("an odd number of hexadecimal digits")]
    OddLength,
    /// A character that is no digit; the index counts bytes of the text, a leading `0x` included.
    #[error("no hexadecimal digit at index {index}")]
    NotADigit {
        /// Where the character stands.
        index: usize,
    },
}

/// Bytes of a hexadecimal text in either case, with or without `0x`.
pub(crate) fn bytes_from_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .unwrap_or(text);
    let skipped = text.len() - digits.len();
    hex::decode(digits).map_err(|error| match error {
        hex::FromHexError::InvalidHexCharacter { c: _, index } => HexError::NotADigit {
            index: index + skipped,
        },
        hex::FromHexError::OddLength | hex::FromHexError::InvalidStringLength => {
            HexError::OddLength
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_either_case_with_and_without_prefix() {
        for text in ["00ffAB", "0x00FFab", "0X00ffab"] {
            assert_eq!(bytes_from_hex(text), Ok(vec![0x00, 0xff, 0xab]));
        }
        assert_eq!(bytes_from_hex("0x"), Ok(vec![]));
    }

    #[test]
    fn refuses_half_a_byte_and_foreign_characters() {
        assert_eq!(bytes_from_hex("0xabc"), Err(HexError::OddLength));
        assert_eq!(
            bytes_from_hex("0x0g"),
            Err(HexError::NotADigit { index: 3 })
        );
        assert_eq!(bytes_from_hex("é"), Err(HexError::NotADigit { index: 0 }));
        assert_eq!(
            bytes_from_hex("0x0x"),
            Err(HexError::NotADigit { index: 3 })
        );
    }
}
