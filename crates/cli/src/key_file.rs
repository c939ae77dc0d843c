//! API keys in files: JSON, readable by their owner alone.

use std::path::Path;

use anyhow::Context;
use engine::entropy;
use serde::{Deserialize, Serialize};
use server::data_dir::{make_private_directory, write_private_file};
use vault::ApiKeyPair;
use wire::id::OrganisationId;
use wire::keys::Curve;
use zeroize::Zeroizing;

use crate::outcome::Problem;

/// A key as its file has it. The members after the first three make a profile of it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyFile {
    /// Hexadecimal; SEC 1 compressed, or the 32 bytes of Ed25519.
    pub public_key: String,
    private_key: String,
    /// Which curve the key is on.
    pub curve: Curve,
    /// The organisation it is a key of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganisationId>,
    /// The server of that organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_base_url: Option<String>,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.private_key);
    }
}

impl KeyFile {
    /// A new key.
    pub fn generate(curve: Curve) -> anyhow::Result<Self> {
        let pair = ApiKeyPair::generate(curve, &mut entropy::System)?;
        Ok(Self {
            public_key: pair.public_key().to_hex(),
            private_key: pair.to_private_hex().to_string(),
            curve,
            organization_id: None,
            api_base_url: None,
        })
    }

    /// Reads a key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| {
                Problem::new(
                    "KEY_FILE",
                    format!("cannot read {}: {error}", path.display()),
                )
                .next("`zegel keys new --out FILE` makes a key")
            })?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} is not an API key as zegel writes it", path.display()))
    }

    /// Writes the key to a new file. Never over another: that would lose a key.
    pub fn create(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(directory) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            make_private_directory(directory)?;
        }
        write_private_file(path, &self.text()?).map_err(|error| {
            let message = format!("cannot write the key to {}: {error}", path.display());
            match error.kind() {
                std::io::ErrorKind::AlreadyExists => Problem::new("KEY_FILE_EXISTS", message)
                    .next("name another file; a key is never overwritten")
                    .into(),
                _ => anyhow::Error::from(Problem::new("KEY_FILE", message)),
            }
        })
    }

    /// Puts what was learnt since into the file, in one step.
    pub fn replace(&self, path: &Path) -> anyhow::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        write_private_file(Path::new(&name), &self.text()?)?;
        std::fs::rename(&name, path)?;
        Ok(())
    }

    /// The key, ready to stamp.
    pub fn pair(&self) -> anyhow::Result<ApiKeyPair> {
        let pair = ApiKeyPair::from_private_hex(self.curve, &self.private_key)?;
        anyhow::ensure!(
            pair.public_key().to_hex() == self.public_key,
            "the key file is damaged: its two halves do not belong together"
        );
        Ok(pair)
    }

    /// The private half, for the one command that is asked to print it.
    pub fn expose_private_key(&self) -> &str {
        &self.private_key
    }

    /// The curve as API keys name it.
    pub fn curve_type(&self) -> String {
        format!("API_KEY_{}", self.curve)
    }

    fn text(&self) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(self)?);
        text.push(b'\n');
        Ok(text)
    }
}
