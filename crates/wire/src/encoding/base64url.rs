//! Base64url without padding (RFC 4648 §5), as WebAuthn and JOSE spell bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not unpadded base64url in its only accepted spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical base64url without padding")]
pub struct NotBase64Url;

/// Spells `bytes`, without padding.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads unpadded base64url. Padding, white space, the standard alphabet and non-zero trailing
/// bits (RFC 4648 §3.5) are refused.
///
/// # Errors
///
/// [`NotBase64Url`].
///
/// ```
/// use wire::encoding::base64url::{decode, NotBase64Url};
/// assert_eq!(decode("_-8"), Ok(vec![0xff, 0xef]));
/// assert_eq!(decode("_-8="), Err(NotBase64Url));
/// assert_eq!(decode("_-9"), Err(NotBase64Url));
/// ```
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_it_spelled() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(151)).collect();
            assert_eq!(decode(encode(&bytes)), Ok(bytes));
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "AA==", "AA=", "A", "AB", "a b", "YWJj\n", "++++", "////", "!!", "é",
        ] {
            assert_eq!(decode(text), Err(NotBase64Url), "{text:?}");
        }
    }
}
