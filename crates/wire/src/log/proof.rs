//! Inclusion proofs that travel on their own (c2sp.org/tlog-proof).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{LogTextError, Note, TreeHash, base64, decimal};

/// A proof that the log had a leaf at an index, with the checkpoint it leads to.
///
/// A receipt is such a proof with its leaf's text in `extra`, stored as `.tlog-proof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Application data, which the format does not authenticate. Ours is the leaf, which the
    /// inclusion proof then does.
    pub extra: Option<Vec<u8>>,
    /// The leaf's zero-based place in the log.
    pub index: u64,
    /// Sibling hashes from the leaf's up to the root's child (RFC 6962 section 2.1.1).
    pub path: Vec<TreeHash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: Note,
}

impl FromStr for Proof {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        let text = text.strip_prefix(HEADER).ok_or(LogTextError::Proof)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(LogTextError::Proof)?;
        let mut lines = head.split('\n').peekable();

        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| base64(&line["extra ".len()..]))
            .transpose()?;
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .ok_or(LogTextError::Proof)?;
        let path: Vec<_> = lines.map(str::parse).collect::<Result<_, _>>()?;
        if path.len() > MAX_PATH {
            return Err(LogTextError::Proof);
        }
        Ok(Self {
            extra,
            index: decimal(index)?,
            path,
            checkpoint: checkpoint.parse()?,
        })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path
            .iter()
            .try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

const HEADER: &str = "c2sp.org/tlog-proof@v1\n";
/// A tree of 2^64 leaves has paths this long.
const MAX_PATH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "c2sp.org/tlog-proof@v1
extra aGVsbG8=
index 3
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=

example.com/log
4
AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=

\u{2014} example.com/log AAAAAAAA
";

    #[test]
    fn prints_what_it_read() {
        let proof: Proof = TEXT.parse().unwrap();
        assert_eq!(proof.extra.as_deref(), Some(&b"hello"[..]));
        assert_eq!((proof.index, proof.path.len()), (3, 2));
        assert_eq!(proof.to_string(), TEXT);
    }

    #[test]
    fn reads_a_proof_without_extra_or_path() {
        let (_, checkpoint) = TEXT.split_once("\n\n").unwrap();
        let text = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{checkpoint}");
        let proof: Proof = text.parse().unwrap();
        assert_eq!((proof.extra.as_ref(), proof.path.len()), (None, 0));
        assert_eq!(proof.to_string(), text);
    }

    #[test]
    fn refuses_a_proof_out_of_form() {
        for (text, why) in [
            (TEXT.replace("@v1", "@v2"), LogTextError::Proof),
            (TEXT.replace("index 3\n", ""), LogTextError::Proof),
            (TEXT.replace("index 3", "index 03"), LogTextError::Number),
            (TEXT.replace("index 3", "Index 3"), LogTextError::Proof),
            (
                TEXT.replace("extra aGVsbG8=", "extra aGVsbG8"),
                LogTextError::Base64,
            ),
            (
                TEXT.replace("extra aGVsbG8=", "extra aGVsbG9="),
                LogTextError::Base64,
            ),
            (TEXT.replace('\n', "\r\n"), LogTextError::Proof),
            (TEXT.replace("AQE=\n\n", "AQE=\n"), LogTextError::Base64),
        ] {
            assert_eq!(text.parse::<Proof>(), Err(why), "{text:?}");
        }
    }
}
