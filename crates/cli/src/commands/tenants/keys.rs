//! `zegel tenants keys` and `zegel tenants token-keys`

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::environment::Environment;
use wire::id::{TenantId, TenantSecretId, TokenKeyId};

use super::text;
use crate::admin::{AdminArgs, confirmed, path_of, tenant_id};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::{facts, table};

/// Tend a tenant's API keys, with which its own backend calls.
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    List(ListKeys),
    #[command(alias = "create")]
    New(NewKey),
    Delete(DeleteKey),
}

/// Tend a tenant's token keys, which sign what its users' logins are worth.
#[derive(Args)]
pub struct TokenKeys {
    #[command(subcommand)]
    command: TokenKeysCommand,
}

#[derive(Subcommand)]
enum TokenKeysCommand {
    List(ListTokenKeys),
    New(NewTokenKey),
    Retire(RetireTokenKey),
}

/// List API keys. Their secrets are not known any more.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants keys list 0d8f4b8e-…")]
struct ListKeys {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Make an API key, which is shown this once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants keys new 0d8f4b8e-… --name backend-2
  zegel tenants keys new 0d8f4b8e-… --name backend-2 --json | jq -r .secret
  zegel tenants keys new 0d8f4b8e-… --name staging --environment devnet

A key for one environment opens passkey sessions there, and is refused everything else.")]
struct NewKey {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The one environment it is for: sandbox, devnet or mainnet [default: all of them, and the
    /// Passkey API].
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<Environment>,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Remove an API key. Whoever calls with it is refused from now on.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants keys delete 0d8f4b8e-… 5c2a91f0-… --yes")]
struct DeleteKey {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// The key's id.
    key: TenantSecretId,
    /// That is what is meant.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

/// List token keys. The newest signs; all of them are in the tenant's JWKS.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants token-keys list 0d8f4b8e-…")]
struct ListTokenKeys {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Make a token key, which signs from now on. Tokens of the older keys stay good.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants token-keys new 0d8f4b8e-… --name 2027-01

To rotate, make a new key, wait until every service has read the JWKS again and the last old token
has expired (ten minutes and five), and retire the old one.")]
struct NewTokenKey {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Retire a token key. Tokens it signed verify no more; the last key cannot go.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants token-keys retire 0d8f4b8e-… 8b7c6d5e-… --yes")]
struct RetireTokenKey {
    /// The tenant.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// The key's id, the kid of its tokens.
    key: TokenKeyId,
    /// That is what is meant.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

impl Keys {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            KeysCommand::List(ListKeys { tenant, admin }) => {
                let keys = admin.open()?.list(&keys_of(tenant))?.entries;
                out.answer(&json!({ "keys": keys }), |_| {
                    let rows = keys.iter().map(|key| {
                        [
                            text(key, "id"),
                            text(key, "created_at"),
                            reach(key),
                            text(key, "name"),
                        ]
                    });
                    table(
                        ["id", "made", "environment", "name"],
                        &rows.collect::<Vec<_>>(),
                    )
                });
            }
            KeysCommand::New(NewKey {
                tenant,
                name,
                environment,
                admin,
            }) => {
                let path = keys_of(tenant);
                let body = json!({ "name": name, "environment": environment });
                let key = admin.open()?.post(&path, &body)?;
                out.answer(&key, |out| {
                    let warning = "It is shown this once: put it where your backend finds it.";
                    let known = facts([
                        ("id", text(&key, "id")),
                        ("API key", text(&key, "secret")),
                        ("for", reach(&key)),
                    ]);
                    format!("{known}\n\n{}", out.warning(warning))
                });
            }
            KeysCommand::Delete(DeleteKey {
                tenant,
                key,
                yes,
                admin,
            }) => {
                confirmed(yes, &format!("API key {key} would be removed"))?;
                admin
                    .open()?
                    .delete(&format!("{}/{key}", keys_of(tenant)))?;
                tell_gone(out, key.to_string());
            }
        }
        Ok(Outcome::Done)
    }
}

impl TokenKeys {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            TokenKeysCommand::List(ListTokenKeys { tenant, admin }) => {
                let keys = admin.open()?.list(&token_keys_of(tenant))?.entries;
                out.answer(&json!({ "keys": keys }), |_| {
                    let rows = keys.iter().map(|key| {
                        [
                            text(key, "id"),
                            text(key, "created_at"),
                            text(key, "algorithm"),
                            signs(key).to_owned(),
                            text(key, "name"),
                        ]
                    });
                    table(
                        ["id", "made", "algorithm", "use", "name"],
                        &rows.collect::<Vec<_>>(),
                    )
                });
            }
            TokenKeysCommand::New(NewTokenKey {
                tenant,
                name,
                admin,
            }) => {
                let path = token_keys_of(tenant);
                let key = admin.open()?.post(&path, &json!({ "name": name }))?;
                out.answer(&key, |_| {
                    let id = text(&key, "id");
                    format!("{id} signs from now on, with {}.", text(&key, "algorithm"))
                });
            }
            TokenKeysCommand::Retire(RetireTokenKey {
                tenant,
                key,
                yes,
                admin,
            }) => {
                confirmed(
                    yes,
                    &format!("token key {key} would be retired, and tokens it signed be worthless"),
                )?;
                admin
                    .open()?
                    .delete(&format!("{}/{key}", token_keys_of(tenant)))?;
                tell_gone(out, key.to_string());
            }
        }
        Ok(Outcome::Done)
    }
}

fn keys_of(tenant: TenantId) -> String {
    format!("{}/secrets/api", path_of(tenant))
}

fn token_keys_of(tenant: TenantId) -> String {
    format!("{}/secrets/jwk", path_of(tenant))
}

/// Where an API key is good.
fn reach(key: &Value) -> String {
    match key["environment"].as_str() {
        Some(environment) => environment.to_owned(),
        None => "all".to_owned(),
    }
}

fn signs(key: &Value) -> &'static str {
    match key["is_signing"].as_bool() {
        Some(true) => "signs",
        _ => "verifies",
    }
}

fn tell_gone(out: Output, id: String) {
    out.answer(&json!({ "id": id, "deleted": true }), |_| {
        format!("{id} is gone.")
    });
}
