//! Addresses: 32 bytes, in base58.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A public key, a program, or an address derived from a program: 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address([u8; 32]);

/// The text is not 32 bytes in base58.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 bytes in base58")]
pub struct NotAnAddress;

impl Address {
    /// The address with exactly these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// An address known when this was written; a misspelled one does not compile.
    pub(super) const fn known(text: &str) -> Self {
        Self(bs58::decode(text.as_bytes()).into_array_const_unwrap())
    }
}

impl From<[u8; 32]> for Address {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = NotAnAddress;

    // Base58 has one spelling of every byte string, so there is nothing to be strict about beyond
    // the length.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let mut bytes = [0; 32];
        match bs58::decode(text).onto(&mut bytes) {
            Ok(32) => Ok(Self(bytes)),
            Ok(_) | Err(_) => Err(NotAnAddress),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_spelling() {
        let system = "11111111111111111111111111111111";
        assert_eq!(system.parse(), Ok(Address::from_bytes([0; 32])));
        let program = "ExtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN";
        assert_eq!(program.parse::<Address>().unwrap().to_string(), program);
        for other in [
            "",
            "1111111111111111111111111111111",
            "111111111111111111111111111111111",
            "0xtSgUPtP3JyKUysFw2S5fpL5fWfUPzGUQLd2bTwftXN",
            " 11111111111111111111111111111111",
        ] {
            assert_eq!(other.parse::<Address>(), Err(NotAnAddress), "{other:?}");
        }
    }
}
