//! The two keys a server cannot start without: the root key and the log's key.

mod transit;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use engine::entropy;
use vault::{Entropy, LogKey, PassphraseCost, RootKey, WrappedRootKey};
use wire::Sealed;
use wire::log::VerifierKey;
use zeroize::Zeroizing;

use crate::config::RootKeyConfig;
use crate::data_dir::{DataDir, is_open_to_others, make_private_directory, write_private_file};

/// A root key, and what to tell the operator about it.
pub struct OpenedRootKey {
    /// The key.
    pub key: RootKey,
    /// Where it is kept.
    pub place: PathBuf,
    /// What kind of place that is.
    pub kind: &'static str,
    /// Whether it was made just now.
    pub is_new: bool,
    /// Whether other users of the machine can read the file.
    pub is_open_to_others: bool,
}

/// Opens the root key, or makes one if nothing was ever sealed under another: neither in the data
/// directory nor in the database.
pub fn root_key(
    config: Option<&RootKeyConfig>,
    data_dir: &DataDir,
    database_is_empty: bool,
) -> anyhow::Result<OpenedRootKey> {
    let default = RootKeyConfig::File {
        path: data_dir.default_root_key(),
    };
    let config = config.unwrap_or(&default);
    let (place, kind) = match config {
        RootKeyConfig::File { path } => (path, "key file"),
        RootKeyConfig::Passphrase { wrapped, .. } => (wrapped, "opened by a passphrase"),
        RootKeyConfig::Transit { wrapped, .. } => (wrapped, "opened by a Transit engine"),
    };
    let is_new = !place.exists();
    let key = if is_new {
        ensure!(
            database_is_empty && !data_dir.is_in_use(),
            "there is no root key at {}, but there is data sealed under one; put the key back \
             where it was, or name its place in the configuration",
            place.display()
        );
        if let Some(directory) = place.parent() {
            make_private_directory(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        let (key, file) = new_root_key(config)?;
        write_private_file(place, &file)
            .with_context(|| format!("cannot write the root key to {}", place.display()))?;
        key
    } else {
        open_root_key(config)
            .with_context(|| format!("the root key at {} cannot be opened", place.display()))?
    };
    let is_open_to_others = is_open_to_others(place)?;
    Ok(OpenedRootKey {
        key,
        place: place.clone(),
        kind,
        is_new,
        is_open_to_others,
    })
}

fn new_root_key(config: &RootKeyConfig) -> anyhow::Result<(RootKey, Zeroizing<Vec<u8>>)> {
    let source = &mut entropy::System;
    match config {
        RootKeyConfig::File { .. } => {
            let key = RootKey::generate(source)?;
            let file = key.to_key_file_bytes();
            Ok((key, file))
        }
        RootKeyConfig::Passphrase {
            passphrase_file,
            passphrase_env,
            ..
        } => {
            let key = RootKey::generate(source)?;
            let passphrase = passphrase(passphrase_file.as_deref(), passphrase_env.as_deref())?;
            let wrapped =
                key.wrap_with_passphrase(&passphrase, PassphraseCost::RECOMMENDED, source)?;
            Ok((key, Zeroizing::new(wrapped.to_bytes()?)))
        }
        RootKeyConfig::Transit {
            url,
            key: name,
            token_file,
            ca_file,
            ..
        } => {
            let mut secret = Zeroizing::new([0; 32]);
            source.fill(secret.as_mut_slice())?;
            let engine = transit::Engine::new(url, token_file, ca_file.as_deref())?;
            let ciphertext = engine.encrypt(name, secret.as_slice())?;
            let wrapped = WrappedRootKey::External {
                key_name: name.clone(),
                ciphertext,
            };
            Ok((
                RootKey::from_bytes(secret.as_slice())?,
                Zeroizing::new(wrapped.to_bytes()?),
            ))
        }
    }
}

fn open_root_key(config: &RootKeyConfig) -> anyhow::Result<RootKey> {
    match config {
        RootKeyConfig::File { path } => {
            let file = Zeroizing::new(fs::read(path)?);
            Ok(RootKey::from_key_file_bytes(&file)?)
        }
        RootKeyConfig::Passphrase {
            wrapped,
            passphrase_file,
            passphrase_env,
        } => {
            let wrapped = WrappedRootKey::from_bytes(&fs::read(wrapped)?)?;
            let passphrase = passphrase(passphrase_file.as_deref(), passphrase_env.as_deref())?;
            Ok(RootKey::from_passphrase(&wrapped, &passphrase)?)
        }
        RootKeyConfig::Transit {
            wrapped,
            url,
            key,
            token_file,
            ca_file,
        } => match WrappedRootKey::from_bytes(&fs::read(wrapped)?)? {
            WrappedRootKey::External {
                key_name,
                ciphertext,
            } => {
                ensure!(
                    key_name == *key,
                    "it is wrapped by the Transit key {key_name:?}, not {key:?}"
                );
                let engine = transit::Engine::new(url, token_file, ca_file.as_deref())?;
                Ok(RootKey::from_bytes(&engine.decrypt(key, &ciphertext)?)?)
            }
            WrappedRootKey::Passphrase { .. } => {
                bail!("it is wrapped by a passphrase, not by a Transit engine")
            }
        },
    }
}

/// The passphrase, without the newline that editors put at its end.
fn passphrase(file: Option<&Path>, variable: Option<&str>) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut secret = Zeroizing::new(match (file, variable) {
        (Some(path), None) => {
            fs::read(path).with_context(|| format!("cannot read {}", path.display()))?
        }
        (None, Some(name)) => std::env::var(name)
            .map(String::into_bytes)
            .with_context(|| format!("the environment variable {name} is not set"))?,
        (None, None) | (Some(_), Some(_)) => bail!("set one of passphrase-file and passphrase-env"),
    });
    while matches!(secret.last(), Some(b'\n' | b'\r')) {
        secret.pop();
    }
    ensure!(!secret.is_empty(), "the passphrase is empty");
    Ok(secret)
}

/// Opens the log's key, or makes one for a directory that has none.
///
/// The name of a log is for good: receipts that were handed out carry it.
pub fn log_key(root: &RootKey, data_dir: &DataDir, origin: Option<&str>) -> anyhow::Result<LogKey> {
    let (sealed_at, public_at) = (data_dir.log_key(), data_dir.log_verifier_key());
    if !sealed_at.exists() {
        let origin = match origin {
            Some(origin) => origin.to_owned(),
            None => random_origin()?,
        };
        let key = LogKey::generate(&origin, &mut entropy::System)?;
        // The public half first: the private half is what says that the directory is in use.
        fs::write(&public_at, format!("{}\n", key.verifier_key()))?;
        write_private_file(&sealed_at, key.seal(root, &mut entropy::System)?.as_bytes())?;
        return Ok(key);
    }
    let known = verifier_key(&public_at)?;
    if let Some(origin) = origin {
        ensure!(
            known.name == origin,
            "the log of {} is named {:?} and cannot be renamed to {origin:?}: receipts carry its \
             name",
            data_dir.path().display(),
            known.name
        );
    }
    let sealed = Sealed::from_bytes(fs::read(&sealed_at)?);
    let key = LogKey::open(root, &known.name, &sealed).with_context(|| {
        format!(
            "{} does not open: is this the right root key?",
            sealed_at.display()
        )
    })?;
    ensure!(
        *key.verifier_key() == known,
        "{} is not the public half of {}",
        public_at.display(),
        sealed_at.display()
    );
    Ok(key)
}

/// Reads a log's public key from its file.
pub fn verifier_key(path: &Path) -> anyhow::Result<VerifierKey> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = text.trim_end().parse();
    key.with_context(|| format!("{} does not hold the public key of a log", path.display()))
}

/// A name no other log has.
fn random_origin() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    entropy::System.fill(&mut bytes)?;
    Ok(format!("zegel/{}", wire::encoding::hex::encode(bytes)))
}

#[cfg(test)]
mod tests;
