//! `zegel sessions`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::environment::Environment;
use wire::solana::Address;

use super::tenants::text;
use crate::admin::{PageArgs, TenantArgs};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::table;

/// Look at the accounts of a tenant's passkeys, and take session keys away.
#[derive(Args)]
pub struct Sessions {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Revoke(Revoke),
}

/// List accounts with their session keys, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel sessions list --tenant 0d8f4b8e-…
  zegel sessions list --tenant 0d8f4b8e-… --environment devnet --live --json

The list is what the server has kept. On a chain an account may have another session by now, made
elsewhere.")]
struct List {
    /// Only in this environment: sandbox, devnet or mainnet.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<Environment>,
    /// Only accounts whose session key may act now.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Take an account's session key away before its time. Its owner opens another session.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel sessions revoke 7xKX… --environment devnet --tenant 0d8f4b8e-…

The server does nothing for the key from now on. The chain does not know: who holds the key and pays
the fees can act without the server until the session's end.")]
struct Revoke {
    /// The account's address.
    account: Address,
    /// Where: sandbox, devnet or mainnet. The same passkey has the same address in each.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Environment,
    #[command(flatten)]
    tenant: TenantArgs,
}

impl Sessions {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(command) => command.run(out),
            Command::Revoke(command) => command.run(out),
        }
    }
}

impl List {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let (admin, tenant) = self.tenant.open()?;
        let mut path = format!("{tenant}/accounts?{}", self.page.query());
        if let Some(environment) = self.environment {
            path.push_str(&format!("&environment={environment}"));
        }
        if self.live {
            path.push_str("&session=live");
        }
        let listed = admin.list(&path)?;
        let value = json!({ "accounts": listed.entries, "total": listed.total });
        out.answer(&value, |_| for_people(&listed.entries));
        Ok(Outcome::Done)
    }
}

impl Revoke {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let (admin, tenant) = self.tenant.open()?;
        let path = format!(
            "{tenant}/accounts/{}/session?environment={}",
            self.account, self.environment
        );
        admin.delete(&path)?;
        let value = json!({
            "address": self.account, "environment": self.environment, "revoked": true,
        });
        out.answer(&value, |_| {
            format!("No session key acts for {} any more.", self.account)
        });
        Ok(Outcome::Done)
    }
}

/// Accounts as a table.
fn for_people(accounts: &[Value]) -> String {
    let rows = accounts.iter().map(|known| {
        let session = &known["session"];
        [
            text(known, "address"),
            text(known, "environment"),
            text(known, "rp_id"),
            text(known, "created_at"),
            text(session, "key"),
            end(session),
        ]
    });
    table(
        [
            "account",
            "environment",
            "page",
            "made",
            "session key",
            "until",
        ],
        &rows.collect::<Vec<_>>(),
    )
}

/// When a session is over, or was.
fn end(session: &Value) -> String {
    match session["revoked"].as_bool() {
        Some(true) => "revoked".to_owned(),
        _ => text(session, "expires_at"),
    }
}
