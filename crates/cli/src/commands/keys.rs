//! `zegel keys`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::key_file::KeyFile;
use crate::outcome::Outcome;
use crate::output::Output;

/// Make API keys.
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(New),
}

/// Make an API key, in a file that only you can read.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel keys new
  zegel keys new --curve ed25519 --out bot.json
  zegel keys new --json | jq -r .publicKey")]
struct New {
    /// The curve.
    #[arg(long, value_enum, default_value_t = CurveArg::P256)]
    curve: CurveArg,
    /// The file [default: zegel-key-<first digits of the public key>.json].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum CurveArg {
    P256,
    Secp256k1,
    Ed25519,
}

impl Keys {
    /// Makes a key.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let Command::New(New { curve, out: path }) = self.command;
        let key = KeyFile::generate(match curve {
            CurveArg::P256 => wire::keys::Curve::P256,
            CurveArg::Secp256k1 => wire::keys::Curve::Secp256k1,
            CurveArg::Ed25519 => wire::keys::Curve::Ed25519,
        })?;
        // After the byte that says which half of the curve.
        let digits = &key.public_key[2..10];
        let path = path.unwrap_or_else(|| format!("zegel-key-{digits}.json").into());
        key.create(&path)?;
        let value = json!({
            "publicKey": key.public_key,
            "curveType": key.curve_type(),
            "keyFile": path,
        });
        out.answer(&value, |_| {
            format!(
                "public key   {}\ncurve        {}\nfile         {}\n\nRegister the public key with \
                 create_api_keys; the file stays with you.",
                key.public_key,
                key.curve_type(),
                path.display()
            )
        });
        Ok(Outcome::Done)
    }
}
