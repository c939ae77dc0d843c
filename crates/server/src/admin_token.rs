//! The operator's token: who shows it may do everything the admin API can.
//!
//! It lies in a file that only its owner can read, for the operator and `zegel`'s own commands.
//! The server reads it once and keeps its hash.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use engine::entropy;
use vault::Entropy;
use wire::encoding::base64url;
use zeroize::Zeroizing;

use crate::data_dir::{is_open_to_others, make_private_directory, write_private_file};

/// What a server knows of its token.
#[derive(Clone, Debug)]
pub struct AdminToken {
    /// SHA-256 of it.
    pub hash: [u8; 32],
    /// Where it is written down.
    pub place: PathBuf,
    /// Whether other users of the machine can read the file.
    pub is_open_to_others: bool,
}

/// Opens the token at `place`, or makes one: 256 random bits.
pub fn open(place: &Path) -> anyhow::Result<AdminToken> {
    if !place.exists() {
        make(place)?;
    }
    let token = read(place)?;
    Ok(AdminToken {
        hash: verify::tenant::hash_secret(&token),
        place: place.to_owned(),
        is_open_to_others: is_open_to_others(place)?,
    })
}

/// Reads the token at `place`. One that an operator wrote is taken as well, if it is as long as
/// 256 bits in base64 and can stand in a header.
pub fn read(place: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(place)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read the admin token at {}", place.display()))?;
    let token = Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned());
    let is_token =
        LENGTHS.contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(
        is_token,
        "{} does not hold an admin token: {} to {} visible characters on one line; remove it and a \
         new one is made at the next start",
        place.display(),
        LENGTHS.start(),
        LENGTHS.end()
    );
    Ok(token)
}

/// 256 bits in base64 without padding, to what is surely no token any more.
const LENGTHS: std::ops::RangeInclusive<usize> = 43..=200;

/// So that whoever finds one, a scanner of repositories for instance, knows what it is.
const PREFIX: &str = "zegel_admin_";

fn make(place: &Path) -> anyhow::Result<()> {
    let mut secret = Zeroizing::new([0; 32]);
    entropy::System.fill(secret.as_mut_slice())?;
    let encoded = Zeroizing::new(base64url::encode(secret.as_slice()));
    let text = Zeroizing::new(format!("{PREFIX}{}\n", *encoded));
    if let Some(directory) = place.parent() {
        make_private_directory(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
    }
    match write_private_file(place, text.as_bytes()) {
        // Another server on the same directory was faster; its token is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => {
            written.with_context(|| format!("cannot write the admin token to {}", place.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn t137_a_token_is_made_once_and_only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("a/admin.token");
        let made = open(&place).unwrap();
        let mode = std::fs::metadata(&place).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!made.is_open_to_others);
        let token = read(&place).unwrap();
        assert_eq!(token.len(), PREFIX.len() + 43);
        assert_eq!(made.hash, verify::tenant::hash_secret(&token));
        assert_eq!(open(&place).unwrap().hash, made.hash);
        let other = open(&directory.path().join("b/admin.token")).unwrap();
        assert_ne!(other.hash, made.hash);
    }

    #[test]
    fn takes_a_token_an_operator_wrote_and_nothing_that_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("admin.token");
        let good = "k".repeat(43);
        for text in [good.clone(), format!("{good}\n"), format!("{good}\r\n")] {
            std::fs::write(&place, text).unwrap();
            assert_eq!(*read(&place).unwrap(), good);
        }
        for text in [
            String::new(),
            "k".repeat(42),
            "k".repeat(201),
            format!("{good} {good}"),
            format!("{good}\n{good}"),
            "é".repeat(43),
        ] {
            std::fs::write(&place, &text).unwrap();
            let refused = open(&place).unwrap_err().to_string();
            assert!(
                refused.contains("does not hold an admin token"),
                "{refused}"
            );
            assert!(text.is_empty() || !refused.contains(&text), "{refused}");
        }
    }
}
