//! `zegel receipt`

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use verify::evidence::{self, VerifiedConfirmation};
use verify::receipt::{self, VerifiedReceipt};
use wire::encoding::base64url;
use wire::encoding::hex;
use wire::id::ActivityId;
use wire::log::VerifierKey;
use wire::log::leaf::Subject;

use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::settings::CallerArgs;
use crate::table::facts;

/// Fetch and verify receipts: proofs that the log holds an outcome.
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
///
/// Takes the receipt of an activity, and that of a confirmed transaction, where it verifies the
/// passkey's own signature over the transaction as well.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel receipt verify payment.json --log-key zegel-data/log.vkey
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
            None => out.verbatim(&answer, text),
        }
        Ok(Outcome::Done)
    }
}

impl Verify {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let key = log_key(&self.log_key)?;
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        // The receipt of a transaction is JSON; that of an activity begins with a line of text.
        if text.trim_start().starts_with('{') {
            let verified = evidence::verify(&text, &key).map_err(|rejection| {
                let mut message = format!("not proof of a confirmed transaction: {rejection}");
                if !matches!(rejection, evidence::EvidenceRejection::Receipt(_)) {
                    message.push_str(&format!(" ({})", rejection.code()));
                }
                Problem::new("RECEIPT_REJECTED", message).refusal()
            })?;
            tell_confirmation(out, &verified);
        } else {
            let verified = receipt::verify(&text, &key).map_err(|rejection| {
                Problem::new(
                    "RECEIPT_REJECTED",
                    format!("not a receipt of this log: {rejection}"),
                )
                .refusal()
            })?;
            tell(out, &verified);
        }
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

/// What the log holds, for machines and for people.
struct Told {
    value: Map<String, Value>,
    facts: Vec<(&'static str, String)>,
}

impl Told {
    fn of(verified: &VerifiedReceipt) -> Self {
        let (leaf, checkpoint) = (verified.leaf(), verified.checkpoint());
        let mut told = Self {
            value: Map::new(),
            facts: Vec::new(),
        };
        let for_machines = [
            ("verified", json!(true)),
            ("log", json!(checkpoint.origin())),
            ("index", json!(verified.index())),
            ("treeSize", json!(checkpoint.size())),
            ("rootHash", json!(checkpoint.root().to_string())),
        ];
        for (member, value) in for_machines {
            told.value.insert(member.to_owned(), value);
        }
        let kind = leaf.record_type.as_str().to_owned();
        let (status, id) = (leaf.status.as_str().to_owned(), leaf.subject.id());
        match leaf.subject {
            Subject::Activity { organisation, .. } => {
                told.add("activity", "activityId", id.to_string());
                told.add("type", "activityType", kind);
                told.add("status", "status", status);
                told.add("organisation", "organizationId", organisation.to_string());
            }
            Subject::Event { tenant, .. } => {
                told.add("event", "eventId", id.to_string());
                told.add("type", "eventType", kind);
                told.add("status", "status", status);
                told.add("tenant", "tenantId", tenant.to_string());
            }
        }
        let fingerprint = format!("sha256:{}", hex::encode(leaf.fingerprint));
        told.add("fingerprint", "fingerprint", fingerprint);
        let ms = leaf.time.as_millis();
        told.value.insert("timestampMs".to_owned(), json!(ms));
        told.facts.push(("time", format!("{ms} ms since 1970")));
        told
    }

    fn add(&mut self, name: &'static str, member: &str, value: String) {
        self.value
            .insert(member.to_owned(), Value::String(value.clone()));
        self.facts.push((name, value));
    }

    /// Prints it below a title.
    fn tell(self, out: Output, title: impl FnOnce(Output) -> String) {
        out.answer(&Value::Object(self.value), |out| {
            format!("{}\n\n{}", title(out), facts(self.facts))
        });
    }
}

fn tell(out: Output, verified: &VerifiedReceipt) {
    Told::of(verified).tell(out, |out| {
        format!(
            "{} the log {} holds this outcome at index {} of {}.",
            out.good("Verified:"),
            verified.checkpoint().origin(),
            verified.index(),
            verified.checkpoint().size()
        )
    });
}

fn tell_confirmation(out: Output, verified: &VerifiedConfirmation) {
    let (transaction, credential) = (verified.transaction(), verified.credential());
    let mut told = Told::of(verified.receipt());
    told.add(
        "transaction",
        "transactionId",
        transaction.transaction_id.clone(),
    );
    told.add("user", "userId", transaction.user_id.clone());
    // The very text that was signed for.
    told.add("content", "content", transaction.payment.clone());
    told.add("method", "method", transaction.method.to_string());
    told.add("digest", "digest", hex::encode(transaction.digest));
    // As the page showed them on which it was approved.
    let words = server::digest_words(&transaction.digest).join(" ");
    told.add("check words", "words", words);
    told.add("relying party", "rpId", transaction.rp_id.clone());
    let id = base64url::encode(&credential.id);
    told.add("passkey", "credentialId", id);
    told.add("model", "aaguid", credential.aaguid.clone());
    told.tell(out, |out| {
        format!(
            "{} this passkey confirmed this transaction, and the log {} holds that at index {} \
             of {}.",
            out.good("Verified:"),
            verified.receipt().checkpoint().origin(),
            verified.receipt().index(),
            verified.receipt().checkpoint().size()
        )
    });
}
