//! The words with which a client says what is to be signed, and how.
//!
//! Each enum lists the strings of the wire exactly; whatever else arrives is kept out by
//! [`UnknownWord`], whose text is the fragment that clients of this protocol look for.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the text of a payload becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PayloadEncoding {
    /// Hexadecimal digits, either case, an optional `0x` in front.
    #[serde(rename = "PAYLOAD_ENCODING_HEXADECIMAL")]
    Hexadecimal,
    /// The UTF-8 bytes of the text as it stands.
    #[serde(rename = "PAYLOAD_ENCODING_TEXT_UTF8")]
    TextUtf8,
    /// The JSON of EIP-712 typed data: `{domain, types, primaryType, message}`.
    #[serde(rename = "PAYLOAD_ENCODING_EIP712")]
    Eip712,
    /// The JSON of an EIP-7702 authorisation: `{address, chainId, nonce}`.
    #[serde(rename = "PAYLOAD_ENCODING_EIP7702_AUTHORIZATION")]
    Eip7702Authorization,
}

/// What happens to the bytes before the key meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HashFunction {
    /// Nothing: the payload is a 32-byte digest already.
    #[serde(rename = "HASH_FUNCTION_NO_OP")]
    NoOp,
    /// SHA-256.
    #[serde(rename = "HASH_FUNCTION_SHA256")]
    Sha256,
    /// Keccak-256 with Ethereum's padding, not SHA3-256.
    #[serde(rename = "HASH_FUNCTION_KECCAK256")]
    Keccak256,
    /// The scheme signs messages rather than digests, as Ed25519 does.
    #[serde(rename = "HASH_FUNCTION_NOT_APPLICABLE")]
    NotApplicable,
}

/// The chain family an unsigned transaction is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransactionType {
    /// RLP of an unsigned legacy or typed (EIP-2718) transaction.
    #[serde(rename = "TRANSACTION_TYPE_ETHEREUM")]
    Ethereum,
    /// A wire transaction whose signature slots are still zero.
    #[serde(rename = "TRANSACTION_TYPE_SOLANA")]
    Solana,
    /// The protobuf `raw` of a transaction.
    #[serde(rename = "TRANSACTION_TYPE_TRON")]
    Tron,
    /// A partially signed transaction (BIP-174).
    #[serde(rename = "TRANSACTION_TYPE_BITCOIN")]
    Bitcoin,
    /// The envelope `0x76` of one EVM chain.
    #[serde(rename = "TRANSACTION_TYPE_TEMPO")]
    Tempo,
}

/// A word outside its list. The text names the list: `invalid hash function`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid {0}")]
pub struct UnknownWord(&'static str);

/// Gives each enum its wire strings in both directions, from one list.
macro_rules! words {
    ($kind:ident, $what:literal, { $($variant:ident = $word:literal,)+ }) => {
        impl $kind {
            /// Every variant, in the order of the protocol's own list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The string of the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $kind {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord($what)),
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words!(PayloadEncoding, "payload encoding", {
    Hexadecimal = "PAYLOAD_ENCODING_HEXADECIMAL",
    TextUtf8 = "PAYLOAD_ENCODING_TEXT_UTF8",
    Eip712 = "PAYLOAD_ENCODING_EIP712",
    Eip7702Authorization = "PAYLOAD_ENCODING_EIP7702_AUTHORIZATION",
});

words!(HashFunction, "hash function", {
    NoOp = "HASH_FUNCTION_NO_OP",
    Sha256 = "HASH_FUNCTION_SHA256",
    Keccak256 = "HASH_FUNCTION_KECCAK256",
    NotApplicable = "HASH_FUNCTION_NOT_APPLICABLE",
});

words!(TransactionType, "transaction type", {
    Ethereum = "TRANSACTION_TYPE_ETHEREUM",
    Solana = "TRANSACTION_TYPE_SOLANA",
    Tron = "TRANSACTION_TYPE_TRON",
    Bitcoin = "TRANSACTION_TYPE_BITCOIN",
    Tempo = "TRANSACTION_TYPE_TEMPO",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_and_from_str_agree_on_every_word() {
        fn check<T>(all: &[T], as_str: fn(T) -> &'static str)
        where
            T: Copy + fmt::Debug + PartialEq + FromStr<Err = UnknownWord> + Serialize,
            T: for<'de> Deserialize<'de>,
        {
            for &value in all {
                let word = as_str(value);
                let json = format!("{word:?}");
                assert_eq!(word.parse(), Ok(value));
                assert_eq!(serde_json::to_string(&value).unwrap(), json);
                assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value);
            }
        }
        check(PayloadEncoding::ALL, PayloadEncoding::as_str);
        check(HashFunction::ALL, HashFunction::as_str);
        check(TransactionType::ALL, TransactionType::as_str);
    }

    #[test]
    fn refuses_an_unknown_word_with_the_text_clients_look_for() {
        let text = |error: UnknownWord| error.to_string();
        assert_eq!(
            "PAYLOAD_ENCODING_BASE64"
                .parse::<PayloadEncoding>()
                .map_err(text),
            Err("invalid payload encoding".to_owned())
        );
        assert_eq!(
            "hash_function_no_op".parse::<HashFunction>().map_err(text),
            Err("invalid hash function".to_owned())
        );
        assert_eq!(
            "TRANSACTION_TYPE_DOGE"
                .parse::<TransactionType>()
                .map_err(text),
            Err("invalid transaction type".to_owned())
        );
    }
}
