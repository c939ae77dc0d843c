//! Signed notes and verifier keys (c2sp.org/signed-note).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{LogTextError, base64, name};

/// The type byte of a plain Ed25519 note signature.
pub const ED25519: u8 = 0x01;

/// A text and the signatures under it. Well-formed, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line: who claims to have signed, and the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name; for a log, its origin.
    pub name: String,
    /// The first four bytes of a hash over name, type and public key: a hint, not a proof.
    pub key_id: [u8; 4],
    /// The signature proper: for Ed25519 64 bytes.
    pub signature: Vec<u8>,
}

impl Note {
    /// A note with this text, which must end in a newline, hold no other control character and
    /// carry at least one signature.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, LogTextError> {
        if !text.ends_with('\n')
            || text.chars().any(|c| c.is_ascii_control() && c != '\n')
            || signatures.is_empty()
            || signatures.len() > MAX_SIGNATURES
        {
            return Err(LogTextError::Note);
        }
        Ok(Self { text, signatures })
    }

    /// The signed text, with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

impl FromStr for Note {
    type Err = LogTextError;

    fn from_str(note: &str) -> Result<Self, LogTextError> {
        if note.len() > MAX_NOTE {
            return Err(LogTextError::Note);
        }
        // The *last* blank line parts text from signatures: the text may have blank lines itself.
        let blank = note.rfind("\n\n").ok_or(LogTextError::Note)?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(LogTextError::Note)?;
        let signatures = lines
            .split('\n')
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Self::new(text.to_owned(), signatures)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for NoteSignature {
    type Err = LogTextError;

    fn from_str(line: &str) -> Result<Self, LogTextError> {
        let line = line
            .strip_prefix("\u{2014} ")
            .ok_or(LogTextError::Signature)?;
        let (key, encoded) = line.split_once(' ').ok_or(LogTextError::Signature)?;
        let bytes = base64(encoded)?;
        let (key_id, signature) = bytes.split_first_chunk().ok_or(LogTextError::Signature)?;
        Ok(Self {
            name: name(key)?.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.signature].concat();
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// An Ed25519 key that verifies notes, in the text form `name+id+key` ("vkey").
///
/// Parsing does not check that the id belongs to the key, since that takes a hash:
/// `verify::receipt` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    /// The key's name; for a log, its origin.
    pub name: String,
    /// As it must appear in the signature line.
    pub key_id: [u8; 4],
    /// The Ed25519 public key (RFC 8032).
    pub public_key: [u8; 32],
}

impl FromStr for VerifierKey {
    type Err = LogTextError;

    fn from_str(text: &str) -> Result<Self, LogTextError> {
        let (key, rest) = text.split_once('+').ok_or(LogTextError::VerifierKey)?;
        // Base64 may itself contain a plus, so only the first two count.
        let (id, encoded) = rest.split_once('+').ok_or(LogTextError::VerifierKey)?;
        let mut key_id = [0; 4];
        hex::decode_to_slice(id, &mut key_id).map_err(|_| LogTextError::VerifierKey)?;
        if hex::encode(key_id) != id {
            return Err(LogTextError::VerifierKey);
        }
        let public_key = match base64(encoded)?.split_first() {
            Some((&ED25519, key)) => key.try_into().map_err(|_| LogTextError::VerifierKey)?,
            _ => return Err(LogTextError::VerifierKey),
        };
        Ok(Self {
            name: name(key)?.to_owned(),
            key_id,
            public_key,
        })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519][..], &self.public_key].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.key_id),
            STANDARD.encode(key)
        )
    }
}

/// signed-note asks for at least 16; a log key, its successor and a few witnesses fit easily.
const MAX_SIGNATURES: usize = 32;
/// Above any note with that many signatures, post-quantum ones included.
const MAX_NOTE: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the signed-note specification.
    const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    #[test]
    fn reads_and_prints_the_example_of_the_specification() {
        let key: VerifierKey = VKEY.parse().unwrap();
        let note: Note = NOTE.parse().unwrap();
        assert_eq!(note.text(), "This is an example message.\n");
        assert_eq!(note.signatures()[0].key_id, key.key_id);
        assert_eq!(
            (key.to_string(), note.to_string()),
            (VKEY.into(), NOTE.into())
        );
    }

    #[test]
    fn parts_text_from_signatures_at_the_last_blank_line() {
        let signature = NOTE.split_once("\n\n").unwrap().1;
        let note: Note = format!("one\n\ntwo\n\n{signature}").parse().unwrap();
        assert_eq!(note.text(), "one\n\ntwo\n");
    }

    #[test]
    fn refuses_a_note_out_of_form() {
        let signature = NOTE.split_once("\n\n").unwrap().1;
        for (note, why) in [
            (String::new(), LogTextError::Note),
            ("text\n".into(), LogTextError::Note),
            ("text\n\n".into(), LogTextError::Note),
            ("text\n\n\n".into(), LogTextError::Note),
            (format!("text\n{signature}"), LogTextError::Note),
            (NOTE.trim_end().into(), LogTextError::Note),
            (format!("te\txt\n\n{signature}"), LogTextError::Note),
            (format!("te\rxt\n\n{signature}"), LogTextError::Note),
            (
                format!("text\n\n{}", signature.repeat(33)),
                LogTextError::Note,
            ),
            (format!("text\n\n-{signature}"), LogTextError::Signature),
            ("text\n\n\u{2014} name\n".into(), LogTextError::Signature),
            (
                "text\n\n\u{2014} name AAAA\n".into(),
                LogTextError::Signature,
            ),
            ("text\n\n\u{2014}  AAAAAAAA\n".into(), LogTextError::Name),
            ("text\n\n\u{2014} a+b AAAAAAAA\n".into(), LogTextError::Name),
            (
                "text\n\n\u{2014} name AAAAAAAA \n".into(),
                LogTextError::Base64,
            ),
        ] {
            assert_eq!(note.parse::<Note>(), Err(why), "{note:?}");
        }
    }

    #[test]
    fn refuses_a_verifier_key_out_of_form() {
        for (text, why) in [
            ("example.com/foo", LogTextError::VerifierKey),
            ("example.com/foo+530d903a", LogTextError::VerifierKey),
            (
                &VKEY.replace("530d903a", "530D903A"),
                LogTextError::VerifierKey,
            ),
            (
                &VKEY.replace("530d903a", "530d903"),
                LogTextError::VerifierKey,
            ),
            (&VKEY.replace("+Ae", "+Be"), LogTextError::VerifierKey),
            (&VKEY.replace("example.com/foo", ""), LogTextError::Name),
            (&VKEY.replace("example.com/foo", "a b"), LogTextError::Name),
        ] {
            assert_eq!(text.parse::<VerifierKey>(), Err(why), "{text:?}");
        }
    }
}
