//! `zegel stamp`

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;
use wire::stamp::X_STAMP;

use crate::client::stamp;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::settings::KeyArgs;

/// Print the header that stamps a body.
///
/// The stamp covers the bytes exactly as they are, a newline at the end included.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel stamp --key ada.json body.json
  printf '%s' '{\"organizationId\":\"…\"}' | zegel stamp --key ada.json
  curl -d @body.json -H \"$(zegel stamp --key ada.json body.json)\" http://127.0.0.1:8080/public/v1/query/whoami")]
pub struct Stamp {
    /// The body; standard input if it is not given or `-`.
    #[arg(value_name = "FILE")]
    body: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
}

impl Stamp {
    /// Stamps a body.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let body = read_body(self.body.as_deref().unwrap_or(Path::new("-")))?;
        let value = stamp(&self.key.read()?.pair()?, &body)?;
        out.answer(&json!({ "header": X_STAMP, "value": value }), |_| {
            format!("{X_STAMP}: {value}")
        });
        Ok(Outcome::Done)
    }
}

/// The bytes of a file, or of standard input for `-`.
pub fn read_body(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut body)
            .context("cannot read standard input")?;
        return Ok(body);
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
