//! A Transit engine, as OpenBao and HashiCorp Vault have it: it wraps and unwraps, and its own
//! key never leaves it.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use ureq::Agent;
use wire::encoding::base64;
use zeroize::Zeroizing;

use crate::outbound;

/// The engine at one mount.
pub(super) struct Engine {
    agent: Agent,
    mount: String,
    token: Zeroizing<String>,
}

/// What both calls answer; each has one of the members.
#[derive(Deserialize)]
struct Answer {
    data: Members,
}

#[derive(Deserialize)]
struct Members {
    #[serde(default)]
    plaintext: String,
    #[serde(default)]
    ciphertext: String,
}

impl Engine {
    pub(super) fn new(
        mount: &str,
        token_file: &Path,
        ca_file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let token = std::fs::read_to_string(token_file)
            .map(Zeroizing::new)
            .with_context(|| format!("cannot read {}", token_file.display()))?;
        let mount = mount.trim_end_matches('/').to_owned();
        Ok(Self {
            agent: outbound::agent(ca_file)?,
            mount,
            token,
        })
    }

    pub(super) fn encrypt(&self, key: &str, secret: &[u8]) -> anyhow::Result<Vec<u8>> {
        let plaintext = Zeroizing::new(base64::encode(secret));
        let members = self.call("encrypt", key, json!({ "plaintext": *plaintext }))?;
        ensure!(
            !members.ciphertext.is_empty(),
            "the Transit engine answered no ciphertext"
        );
        Ok(members.ciphertext.into_bytes())
    }

    pub(super) fn decrypt(
        &self,
        key: &str,
        ciphertext: &[u8],
    ) -> anyhow::Result<Zeroizing<Vec<u8>>> {
        let ciphertext = str::from_utf8(ciphertext).context("the wrapped key is damaged")?;
        let members = self.call("decrypt", key, json!({ "ciphertext": ciphertext }))?;
        let plaintext = Zeroizing::new(members.plaintext);
        let secret = base64::decode(plaintext.as_str());
        secret
            .map(Zeroizing::new)
            .ok()
            .context("the Transit engine answered no base64")
    }

    fn call(&self, verb: &str, key: &str, body: serde_json::Value) -> anyhow::Result<Members> {
        let url = format!("{}/{verb}/{key}", self.mount);
        let mut answer = self
            .agent
            .post(&url)
            .header("X-Vault-Token", self.token.trim())
            .header("Content-Type", "application/json")
            .send(body.to_string())
            .with_context(|| format!("the Transit engine at {url} cannot be reached"))?;
        ensure!(
            answer.status().is_success(),
            "the Transit engine at {url} answered {}; is it unsealed, and may the token {verb} \
             with this key?",
            answer.status()
        );
        let text = Zeroizing::new(answer.body_mut().read_to_string()?);
        let answer: Answer = serde_json::from_str(&text)
            .with_context(|| format!("the Transit engine at {url} answered something else"))?;
        Ok(answer.data)
    }
}
