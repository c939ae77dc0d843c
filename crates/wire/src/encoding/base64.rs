//! Standard base64 with padding (RFC 4648 §4), as sealed values and PEM-like fields spell bytes.

use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;

/// The text is not padded standard base64 in its only accepted spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64 with padding")]
pub struct NotBase64;

/// Spells `bytes`, with padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Reads padded standard base64. Missing padding, white space, the URL alphabet and non-zero
/// trailing bits are refused.
///
/// # Errors
///
/// [`NotBase64`].
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64> {
    STANDARD.decode(text).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_it_spelled() {
        assert_eq!(decode(encode([0xff, 0xef])), Ok(vec![0xff, 0xef]));
        assert_eq!(encode([0xff, 0xef]), "/+8=");
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in ["/+8", "/+9=", "_-8=", "/+8=\n", "/+8==", "="] {
            assert_eq!(decode(text), Err(NotBase64), "{text:?}");
        }
    }
}
