//! Checkpoints (c2sp.org/tlog-checkpoint): what the log commits to when it signs.

use std::fmt;
use std::str::FromStr;

use super::{LogTextError, TreeHash, decimal, name};

/// The head of a log: its identity, its size and the root over that many leaves.
///
/// Extension lines are refused on reading: no witness or monitor can audit them, and this log
/// writes none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: TreeHash,
}

impl Checkpoint {
    /// The head of the log `origin`, a schema-less URL such as `example.com/log`.
    pub fn new(origin: &str, size: u64, root: TreeHash) -> Result<Self, LogTextError> {
        Ok(Self {
            origin: name(origin)?.to_owned(),
            size,
            root,
        })
    }

    /// Which log this is the head of; also the name of the key that signs it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash over those leaves (RFC 6962 section 2.1).
    pub fn root(&self) -> TreeHash {
        self.root
    }
}

impl FromStr for Checkpoint {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        let lines: Vec<_> = text
            .strip_suffix('\n')
            .ok_or(LogTextError::Checkpoint)?
            .split('\n')
            .collect();
        let [origin, size, root] = lines[..] else {
            return Err(LogTextError::Checkpoint);
        };
        Self::new(origin, decimal(size)?, root.parse()?)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The text of the example in the tlog-checkpoint specification.
    const TEXT: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn reads_and_prints_the_example_of_the_specification() {
        let checkpoint: Checkpoint = TEXT.parse().unwrap();
        assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size(), 20_852_163);
        assert_eq!(checkpoint.to_string(), TEXT);
    }

    #[test]
    fn refuses_a_checkpoint_out_of_form() {
        for (text, why) in [
            ("", LogTextError::Checkpoint),
            (TEXT.trim_end(), LogTextError::Checkpoint),
            (&format!("{TEXT}extension\n"), LogTextError::Checkpoint),
            (&format!("{TEXT}\n"), LogTextError::Checkpoint),
            (&TEXT.replace("20852163", "020852163"), LogTextError::Number),
            (&TEXT.replace("q2I=", "q2J="), LogTextError::Base64),
            (
                &TEXT.replace("example.com", "example com"),
                LogTextError::Name,
            ),
        ] {
            assert_eq!(text.parse::<Checkpoint>(), Err(why), "{text:?}");
        }
    }
}
