//! `zegel receipt`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;
use verify::receipt::{self, VerifiedReceipt};
use wire::encoding::hex;
use wire::id::ActivityId;
use wire::log::VerifierKey;
use wire::log::leaf::Subject;

use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::settings::CallerArgs;

/// Fetch and verify receipts: proofs that the log holds an activity's outcome.
#[derive(Args)]
pub struct Receipt {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Get(Get),
    Verify(Verify),
}

/// Fetch the receipt of an activity.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel receipt get 019a5f3e-… > wallet.tlog-proof
  zegel receipt get 019a5f3e-… --out wallet.tlog-proof")]
struct Get {
    /// The activity's id.
    activity: ActivityId,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    caller: CallerArgs,
}

/// Verify a receipt offline, with nothing but the log's public key.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel receipt verify wallet.tlog-proof --log-key zegel-data/log.vkey
  zegel receipt verify wallet.tlog-proof --log-key 'keys.example.com/log+33d7b496+…'

Take the key from somewhere you trust, not from whoever hands you the receipt.")]
struct Verify {
    /// The receipt.
    file: PathBuf,
    /// The log's public key, or a file that holds it.
    #[arg(long, value_name = "VKEY", env = "ZEGEL_LOG_KEY")]
    log_key: String,
}

impl Receipt {
    /// Fetches or verifies.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::Get(command) => command.run(out),
            Command::Verify(command) => command.run(out),
        }
    }
}

impl Get {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let question = json!({ "activityId": self.activity });
        let answer = self.caller.client()?.ask("get_receipt", question)?;
        let text = answer["receipt"]
            .as_str()
            .context("the server sent no receipt")?;
        match &self.out {
            Some(path) => {
                std::fs::write(path, text)
                    .with_context(|| format!("cannot write {}", path.display()))?;
                out.answer(&json!({ "file": path }), |_| {
                    format!("written to {}", path.display())
                });
            }
            None => out.answer(&answer, |_| text.to_owned()),
        }
        Ok(Outcome::Done)
    }
}

impl Verify {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let key = log_key(&self.log_key)?;
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let verified = receipt::verify(&text, &key).map_err(|rejection| {
            Problem::new(
                "RECEIPT_REJECTED",
                format!("not a receipt of this log: {rejection}"),
            )
            .refusal()
        })?;
        tell(out, &verified);
        Ok(Outcome::Done)
    }
}

/// A key as text, or as the contents of a file.
fn log_key(given: &str) -> anyhow::Result<VerifierKey> {
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    server::keys::verifier_key(Path::new(given)).map_err(|error| {
        Problem::new(
            "LOG_KEY",
            format!("{given:?} is neither a log's public key nor a file: {error:#}"),
        )
        .next("`zegel log key` prints the key of a server")
        .into()
    })
}

fn tell(out: Output, verified: &VerifiedReceipt) {
    let (leaf, checkpoint) = (verified.leaf(), verified.checkpoint());
    let (owner_label, owner_member, owner) = match leaf.subject {
        Subject::Activity { organisation, .. } => {
            ("organisation", "organizationId", organisation.to_string())
        }
        Subject::Event { tenant, .. } => ("tenant", "tenantId", tenant.to_string()),
    };
    let (id_label, id_member, type_member) = match leaf.subject {
        Subject::Activity { .. } => ("activity", "activityId", "activityType"),
        Subject::Event { .. } => ("event", "eventId", "eventType"),
    };
    let id = leaf.subject.id();
    let value = json!({
        "verified": true,
        "log": checkpoint.origin(),
        "index": verified.index(),
        "treeSize": checkpoint.size(),
        "rootHash": checkpoint.root().to_string(),
        (owner_member): owner,
        (id_member): id,
        (type_member): leaf.record_type.as_str(),
        "status": leaf.status.as_str(),
        "fingerprint": format!("sha256:{}", hex::encode(leaf.fingerprint)),
        "timestampMs": leaf.time.as_millis(),
    });
    out.answer(&value, |out| {
        format!(
            "{} the log {} holds this outcome at index {} of {}.\n
  {id_label:<14} {id}\n  type           {}\n  status         {}\n  {owner_label:<14} {owner}
  fingerprint    sha256:{}\n  time           {} ms since 1970",
            out.good("Verified:"),
            checkpoint.origin(),
            verified.index(),
            checkpoint.size(),
            leaf.record_type.as_str(),
            leaf.status.as_str(),
            hex::encode(leaf.fingerprint),
            leaf.time.as_millis(),
        )
    });
}
