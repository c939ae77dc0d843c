//! `zegel transactions`

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::tenants::text;
use crate::admin::{PageArgs, TenantArgs, encoded};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::{facts, table};

/// Look at what a tenant's users are asked to confirm, call it off, and fetch receipts.
#[derive(Args)]
pub struct Transactions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Show(Show),
    Cancel(Cancel),
    Receipt(Receipt),
}

/// List transactions, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel transactions list --tenant 0d8f4b8e-…
  zegel transactions list --tenant 0d8f4b8e-… --user u-42 --state pending --json")]
struct List {
    /// Only this user's, by the tenant's own name for them.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only those that stand there.
    #[arg(long, value_parser = ["pending", "confirmed", "expired", "cancelled", "blocked"])]
    state: Option<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Show a transaction.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel transactions show pay-2026-0001 --tenant 0d8f4b8e-…")]
struct Show {
    /// The transaction, by the tenant's own name for it.
    transaction: String,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Call a transaction off, so that nobody can confirm it any more.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel transactions cancel pay-2026-0001 --tenant 0d8f4b8e-…")]
struct Cancel {
    /// The transaction, by the tenant's own name for it.
    transaction: String,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Fetch the receipt of a confirmed transaction: proof of who confirmed what, for years.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel transactions receipt pay-2026-0001 --tenant 0d8f4b8e-… --out pay.json
  zegel receipt verify pay.json --log-key zegel-data/log.vkey")]
struct Receipt {
    /// The transaction, by the tenant's own name for it.
    transaction: String,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantArgs,
}

impl Transactions {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(command) => command.run(out),
            Command::Show(Show {
                transaction,
                tenant,
            }) => {
                let (admin, tenant) = tenant.open()?;
                let known = admin.get(&path_of(&tenant, &transaction))?;
                out.answer(&known, |_| for_people(&known));
                Ok(Outcome::Done)
            }
            Command::Cancel(Cancel {
                transaction,
                tenant,
            }) => {
                let (admin, tenant) = tenant.open()?;
                let path = format!("{}/cancel", path_of(&tenant, &transaction));
                let known = admin.post(&path, &json!({}))?;
                out.answer(&known, |_| for_people(&known));
                Ok(Outcome::Done)
            }
            Command::Receipt(command) => command.run(out),
        }
    }
}

impl List {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let (admin, tenant) = self.tenant.open()?;
        let mut path = format!("{tenant}/transactions?{}", self.page.query());
        if let Some(user) = &self.user {
            path.push_str(&format!("&user_id={}", encoded(user)));
        }
        if let Some(state) = &self.state {
            path.push_str(&format!("&state={state}"));
        }
        let listed = admin.list(&path)?;
        let value = json!({ "transactions": listed.entries, "total": listed.total });
        out.answer(&value, |_| {
            let rows = listed.entries.iter().map(|known| {
                [
                    text(known, "transaction_id"),
                    text(known, "user_id"),
                    stand(known),
                    text(known, "created_at"),
                    sum(known),
                ]
            });
            table(
                ["transaction", "user", "state", "begun", "payment"],
                &rows.collect::<Vec<_>>(),
            )
        });
        Ok(Outcome::Done)
    }
}

impl Receipt {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let (admin, tenant) = self.tenant.open()?;
        let path = format!("{}/receipt", path_of(&tenant, &self.transaction));
        let receipt = admin.get(&path)?;
        match &self.out {
            Some(file) => {
                std::fs::write(file, format!("{receipt}\n"))
                    .with_context(|| format!("cannot write {}", file.display()))?;
                out.answer(&json!({ "file": file }), |_| {
                    format!("written to {}", file.display())
                });
            }
            None => out.verbatim(&receipt, &receipt.to_string()),
        }
        Ok(Outcome::Done)
    }
}

fn path_of(tenant: &str, transaction: &str) -> String {
    format!("{tenant}/transactions/{}", encoded(transaction))
}

/// Where it stands, and whether its confirmation was taken.
fn stand(known: &Value) -> String {
    match known["consumed"].as_bool() {
        Some(true) => "consumed".to_owned(),
        _ => text(known, "state"),
    }
}

/// How much to whom, if it is a payment.
fn sum(known: &Value) -> String {
    let payment = &known["payment"];
    if !payment.is_object() {
        return String::new();
    }
    format!(
        "{} {} to {}",
        text(payment, "amount"),
        text(payment, "currency"),
        text(&payment["payee"], "name")
    )
}

fn for_people(known: &Value) -> String {
    let mut told = vec![
        ("transaction", text(known, "transaction_id")),
        ("user", text(known, "user_id")),
        ("state", stand(known)),
        ("payment", sum(known)),
        ("digest", text(known, "digest")),
        ("begun", text(known, "created_at")),
        ("expires", text(known, "expires_at")),
        ("confirmed", text(known, "confirmed_at")),
        ("page", text(known, "confirm_url")),
    ];
    told.retain(|(_, value)| !value.is_empty());
    facts(told)
}
