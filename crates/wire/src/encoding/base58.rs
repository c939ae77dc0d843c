//! Base58 in Bitcoin's alphabet, as Solana spells addresses, hashes and signatures.

/// The text is not base58, or of another length than what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not so many bytes in base58")]
pub struct NotBase58;

/// Spells `bytes`.
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    bs58::encode(bytes).into_string()
}

/// Reads exactly `N` bytes, which have one spelling. However long the text is, it costs no more
/// than its length times `N`.
///
/// # Errors
///
/// [`NotBase58`].
pub fn decode<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], NotBase58> {
    let mut bytes = [0; N];
    match bs58::decode(text).onto(&mut bytes) {
        Ok(length) if length == N => Ok(bytes),
        Ok(_) | Err(_) => Err(NotBase58),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_it_spelled() {
        for bytes in [[0; 64], [0xff; 64], [7; 64]] {
            assert_eq!(decode(encode(bytes)), Ok(bytes));
        }
        assert_eq!(encode([0, 0, 1]), "112");
    }

    #[test]
    fn refuses_other_lengths_and_other_letters() {
        assert_eq!(decode("112"), Ok([0, 0, 1]));
        for text in ["12", "1112", "", "11O", "11l", "11 2", "zzzzzzzzzzzz"] {
            assert_eq!(decode::<3>(text), Err(NotBase58), "{text:?}");
        }
        assert_eq!(decode::<64>("z".repeat(100_000)), Err(NotBase58));
    }
}
