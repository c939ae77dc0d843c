//! Derivation paths, in the one spelling we accept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a derivation path was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// It does not start with `m/`, or names no level after it.
    #[error("a derivation path starts with \"m/\" and names at least one level")]
    Root,
    /// It has more levels than [`DerivationPath::MAX_LEVELS`].
    #[error("a derivation path has at most 10 levels")]
    TooDeep,
    /// A level is not a plain decimal number with an optional apostrophe.
    #[error("a level is a decimal number without leading zeros, hardened by an apostrophe")]
    Level,
    /// A level's number is 2³¹ or more.
    #[error("a level's number is below 2147483648")]
    TooLarge,
}

/// One level of a path: a number below 2³¹, hardened or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildIndex(u32);

impl ChildIndex {
    const HARDENED: u32 = 1 << 31;

    /// The ordinary child `number`; `None` from 2³¹ on.
    pub const fn normal(number: u32) -> Option<Self> {
        if number < Self::HARDENED {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The hardened child `number`; `None` from 2³¹ on.
    pub const fn hardened(number: u32) -> Option<Self> {
        if number < Self::HARDENED {
            Some(Self(number | Self::HARDENED))
        } else {
            None
        }
    }

    /// Whether the child can be derived from the private parent only.
    pub const fn is_hardened(self) -> bool {
        self.0 & Self::HARDENED != 0
    }

    /// The hardened child with the same number.
    pub const fn to_hardened(self) -> Self {
        Self(self.0 | Self::HARDENED)
    }

    /// BIP-32's 32-bit form, which sets the highest bit for a hardened child.
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ChildIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_hardened() { "'" } else { "" };
        write!(f, "{}{mark}", self.0 & !Self::HARDENED)
    }
}

impl FromStr for ChildIndex {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let (digits, hardened) = match text.strip_suffix('\'') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || (digits.len() > 1 && digits.starts_with('0')) {
            return Err(InvalidPath::Level);
        }
        let number = digits.parse().map_err(|_| InvalidPath::TooLarge)?;
        let index = if hardened {
            Self::hardened(number)
        } else {
            Self::normal(number)
        };
        index.ok_or(InvalidPath::TooLarge)
    }
}

/// A BIP-32 path such as `m/44'/60'/0'/0/0`: one to ten levels below the master key.
///
/// One spelling per value, so that two spellings can never name one account twice: the hardened
/// mark is the apostrophe (`h` and `H` are refused), and numbers carry neither sign nor leading
/// zeros. The bare master key `m` is no account: exporting it would export the whole wallet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DerivationPath(Vec<ChildIndex>);

impl DerivationPath {
    /// How many levels a path may have. Real paths have three to six; the bound keeps the work
    /// of one derivation bounded.
    pub const MAX_LEVELS: usize = 10;

    /// The levels, from the one below the master key down.
    pub fn levels(&self) -> &[ChildIndex] {
        &self.0
    }
}

impl fmt::Display for DerivationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|level| write!(f, "/{level}"))
    }
}

impl FromStr for DerivationPath {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        let levels = text.strip_prefix("m/").ok_or(InvalidPath::Root)?;
        if levels.split('/').count() > Self::MAX_LEVELS {
            return Err(InvalidPath::TooDeep);
        }
        levels
            .split('/')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TryFrom<String> for DerivationPath {
    type Error = InvalidPath;
    fn try_from(text: String) -> Result<Self, InvalidPath> {
        text.parse()
    }
}

impl From<DerivationPath> for String {
    fn from(path: DerivationPath) -> Self {
        path.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> InvalidPath {
        text.parse::<DerivationPath>().expect_err(text)
    }

    #[test]
    fn accepts_ordinary_paths_and_writes_them_back() {
        for text in [
            "m/0",
            "m/0'/0",
            "m/44'/60'/0'/0/0",
            "m/44'/501'/0'/0'",
            "m/8797555'/0'/0'",
            "m/2147483647'/2147483647",
            "m/0/1/2/3/4/5/6/7/8/9",
        ] {
            assert_eq!(text.parse::<DerivationPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn reads_the_hardened_bit() {
        let path: DerivationPath = "m/44'/7".parse().unwrap();
        let numbers: Vec<u32> = path.levels().iter().map(|level| level.to_u32()).collect();
        assert_eq!(numbers, [0x8000_002c, 7]);
    }

    #[test]
    fn refuses_a_path_that_is_not_below_the_master_key() {
        for text in ["", "m", "44'/60'", "/44'", "M/0", "x/0", " m/0"] {
            assert_eq!(refused(text), InvalidPath::Root, "{text:?}");
        }
    }

    #[test]
    fn refuses_every_second_spelling() {
        for text in [
            "m/", "m//0", "m/0/", "m/00", "m/01'", "m/0h", "m/0H", "m/+1", "m/-1", "m/0''", "m/'",
            "m/0x1", "m/ 0", "m/0 ", "m/٣", "m/m", "m/0’",
        ] {
            assert_eq!(refused(text), InvalidPath::Level, "{text:?}");
        }
    }

    #[test]
    fn refuses_numbers_from_2_to_the_31_on() {
        for text in [
            "m/2147483648",
            "m/2147483648'",
            "m/4294967296",
            "m/99999999999999999999",
        ] {
            assert_eq!(refused(text), InvalidPath::TooLarge, "{text:?}");
        }
    }

    #[test]
    fn refuses_an_eleventh_level() {
        assert_eq!(refused("m/0/1/2/3/4/5/6/7/8/9/10"), InvalidPath::TooDeep);
    }
}
