//! The log's text formats, as C2SP spells them.
//!
//! * [`note`]: a signed note and the text form of a verifier key (c2sp.org/signed-note);
//! * [`checkpoint`]: a tree's size and root as the text of such a note (c2sp.org/tlog-checkpoint);
//! * [`proof`]: an inclusion proof that travels with its checkpoint (c2sp.org/tlog-proof);
//! * [`leaf`]: what this log's entries say.
//!
//! Parsing is strict: each value has one spelling, and a text that parses prints back to the same
//! bytes. Nothing here hashes or verifies; that is `verify::receipt`.

pub mod checkpoint;
pub mod leaf;
pub mod note;
pub mod proof;

pub use checkpoint::Checkpoint;
pub use leaf::Leaf;
pub use note::{Note, NoteSignature, VerifierKey};
pub use proof::Proof;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A SHA-256 hash in the tree: of a leaf, of a node, or the root. Spelled in padded base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHash(pub [u8; 32]);

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TreeHash({self})")
    }
}

impl FromStr for TreeHash {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        let bytes = base64(text)?;
        Ok(Self(bytes.try_into().map_err(|_| LogTextError::Hash)?))
    }
}

/// Which part of a log text is not spelled as its format demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogTextError {
    /// Not padded, canonical base64 (RFC 4648 section 4).
    #[error("not canonical base64")]
    Base64,
    /// Not 32 bytes.
    #[error("a tree hash has 32 bytes")]
    Hash,
    /// Not a decimal number without leading zeroes that fits 64 bits.
    #[error("not a plain decimal number")]
    Number,
    /// The name of a log or key is empty, or has a space, plus or control character.
    #[error("not a usable log or key name")]
    Name,
    /// The note lacks its final newline, its blank line or its signatures, or is too large.
    #[error("not a signed note")]
    Note,
    /// A signature line does not have the form `— name base64`.
    #[error("not a note signature line")]
    Signature,
    /// A verifier key does not have the form `name+id+key`, or is not an Ed25519 key.
    #[error("not an Ed25519 verifier key")]
    VerifierKey,
    /// The checkpoint does not have exactly the lines origin, size and root.
    #[error("not a checkpoint")]
    Checkpoint,
    /// The proof lacks a line, has one too many, or has them in another order.
    #[error("not a tlog-proof")]
    Proof,
    /// The leaf is not the canonical JSON of a known version.
    #[error("not a log leaf in canonical form")]
    Leaf,
}

/// Decodes the one accepted base64 spelling of a value.
fn base64(text: &str) -> Result<Vec<u8>, LogTextError> {
    STANDARD.decode(text).map_err(|_| LogTextError::Base64)
}

/// Reads an unsigned decimal without sign or leading zeroes.
fn decimal(text: &str) -> Result<u64, LogTextError> {
    let number: u64 = text.parse().map_err(|_| LogTextError::Number)?;
    // `u64::from_str` also takes `+7` and `007`.
    if number.to_string() == text {
        Ok(number)
    } else {
        Err(LogTextError::Number)
    }
}

/// Checks the name of a key or an origin: signed-note's rule for key names, kept for both because
/// our origin is our key name.
fn name(text: &str) -> Result<&str, LogTextError> {
    let usable = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    if !text.is_empty() && text.chars().all(usable) {
        Ok(text)
    } else {
        Err(LogTextError::Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_one_spelling_of_a_number() {
        assert_eq!(decimal("0"), Ok(0));
        assert_eq!(decimal("18446744073709551615"), Ok(u64::MAX));
        for other in [
            "",
            "00",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1e3",
            "18446744073709551616",
        ] {
            assert_eq!(decimal(other), Err(LogTextError::Number), "{other:?}");
        }
    }

    #[test]
    fn accepts_one_spelling_of_a_hash() {
        let zeroes = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!(zeroes.parse::<TreeHash>(), Ok(TreeHash([0; 32])));
        for (other, why) in [
            (
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
                LogTextError::Base64,
            ),
            (
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                LogTextError::Base64,
            ),
            ("AAAA", LogTextError::Hash),
        ] {
            assert_eq!(other.parse::<TreeHash>(), Err(why), "{other:?}");
        }
    }
}
