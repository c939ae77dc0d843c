//! `zegel tenants`

mod keys;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::id::TenantId;

use crate::admin::{AdminArgs, PageArgs, confirmed, encoded, path_of, tenant_id};
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::table::{facts, shown, table};

/// Tend the tenants of the Passkey API. Works through the admin API of a running server.
#[derive(Args)]
pub struct Tenants {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Create(Create),
    Show(Show),
    Rename(Rename),
    Configure(Configure),
    Delete(Delete),
    Keys(keys::Keys),
    TokenKeys(keys::TokenKeys),
    Events(Events),
}

/// List all tenants.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants list
  zegel tenants list --data-dir /var/lib/zegel --json | jq -r '.tenants[].id'")]
struct List {
    #[command(flatten)]
    admin: AdminArgs,
}

/// Make a tenant, with an API key that is shown this once.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants create --name Shop --rp-id shop.example --origin https://shop.example
  zegel tenants create --name Shop --file shop.json --json | jq -r .api_key.secret

The file holds what `zegel tenants show --config-only` prints: everything that can be set. The
flags set what every tenant needs, and leave the rest at its defaults.")]
struct Create {
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The domain its passkeys are for.
    #[arg(long, value_name = "DOMAIN", required_unless_present = "file")]
    rp_id: Option<String>,
    /// What authenticators call it [default: the tenant's name].
    #[arg(long, value_name = "NAME")]
    rp_name: Option<String>,
    /// Where its pages are; may be given more than once.
    #[arg(
        long = "origin",
        value_name = "ORIGIN",
        required_unless_present = "file"
    )]
    origins: Vec<String>,
    /// What its tokens are signed with.
    #[arg(long, value_name = "ALG", value_parser = ["RS256", "ES256", "EdDSA"])]
    token_algorithm: Option<String>,
    /// A file with the whole configuration (JSON), or - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rp_id", "rp_name", "origins", "token_algorithm"])]
    file: Option<PathBuf>,
    /// Make no API key.
    #[arg(long)]
    no_key: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Show a tenant and how it is configured.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants show 0d8f4b8e-…
  zegel tenants show 0d8f4b8e-… --config-only > shop.json")]
struct Show {
    /// Its id.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// Only the configuration, as `configure` and `create` take it.
    #[arg(long)]
    config_only: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Call a tenant something else.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants rename 0d8f4b8e-… 'Shop (production)'")]
struct Rename {
    /// Its id.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// Its new name.
    name: String,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Configure a tenant anew. What the file leaves out goes back to its default.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants show 0d8f4b8e-… --config-only > shop.json
  zegel tenants configure 0d8f4b8e-… shop.json
  jq '.webauthn.timeout = 120000' shop.json | zegel tenants configure 0d8f4b8e-… -")]
struct Configure {
    /// Its id.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// The configuration (JSON), or - for standard input.
    file: PathBuf,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Remove a tenant with its users, their passkeys, its keys and its audit log.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel tenants delete 0d8f4b8e-… --yes

Nobody can log in there any more, and no backup of the server's keys brings it back. Receipts that
were handed out still verify.")]
struct Delete {
    /// Its id.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// That is what is meant.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Show what happened in a tenant, newest first: its audit log.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel tenants events 0d8f4b8e-…
  zegel tenants events 0d8f4b8e-… --type webauthn_authentication_final_failed --json")]
struct Events {
    /// Its id.
    #[arg(value_parser = tenant_id)]
    tenant: TenantId,
    /// Only this type; may be given more than once.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    admin: AdminArgs,
}

impl Tenants {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(command) => command.run(out),
            Command::Create(command) => command.run(out),
            Command::Show(command) => command.run(out),
            Command::Rename(command) => command.run(out),
            Command::Configure(command) => command.run(out),
            Command::Delete(command) => command.run(out),
            Command::Keys(command) => command.run(out),
            Command::TokenKeys(command) => command.run(out),
            Command::Events(command) => command.run(out),
        }
    }
}

impl List {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let tenants = self.admin.open()?.list("/tenants")?.entries;
        let value = json!({ "tenants": tenants });
        out.answer(&value, |_| {
            let rows = tenants
                .iter()
                .map(|tenant| [text(tenant, "id"), text(tenant, "display_name")]);
            table(["id", "name"], &rows.collect::<Vec<_>>())
        });
        Ok(Outcome::Done)
    }
}

impl Create {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let body = json!({
            "display_name": self.name,
            "config": self.config()?,
            "create_api_key": !self.no_key,
        });
        let made = self.admin.open()?.post("/tenants", &body)?;
        out.answer(&made, |out| {
            let mut known = vec![("tenant", text(&made, "id"))];
            let key = &made["api_key"];
            if key.is_object() {
                known.push(("API key", text(key, "secret")));
            }
            let title = out.bold("The tenant is made.");
            let mut lines = format!("{title}\n\n{}", facts(known));
            if key.is_object() {
                let warning = "The key is shown this once: put it where your backend finds it.";
                lines.push_str(&format!("\n\n{}", out.warning(warning)));
            }
            lines
        });
        Ok(Outcome::Done)
    }

    fn config(&self) -> anyhow::Result<Value> {
        if let Some(file) = &self.file {
            return read_config(file);
        }
        let mut config = json!({
            "cors": { "allowed_origins": self.origins, "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party": {
                    "id": self.rp_id,
                    "display_name": self.rp_name.as_ref().unwrap_or(&self.name),
                    "origins": self.origins,
                },
                "timeout": TIMEOUT_MS,
            },
        });
        if let Some(algorithm) = &self.token_algorithm {
            config["zegel"] = json!({ "token_algorithm": algorithm });
        }
        Ok(config)
    }
}

/// Five minutes: as long as people may take, by the specification's advice (WebAuthn §15.1).
const TIMEOUT_MS: u32 = 300_000;

impl Show {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let mut tenant = self.admin.open()?.get(&path_of(self.tenant))?;
        if self.config_only {
            tenant = tenant["config"].take();
        }
        out.document(&tenant);
        Ok(Outcome::Done)
    }
}

impl Rename {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let body = json!({ "display_name": self.name });
        self.admin.open()?.put(&path_of(self.tenant), &body)?;
        let value = json!({ "id": self.tenant, "display_name": self.name });
        out.answer(&value, |_| {
            format!("{} is called {} now.", self.tenant, shown(&self.name))
        });
        Ok(Outcome::Done)
    }
}

impl Configure {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let config = read_config(&self.file)?;
        let path = format!("{}/config", path_of(self.tenant));
        self.admin.open()?.put(&path, &config)?;
        let value = json!({ "id": self.tenant, "configured": true });
        out.answer(&value, |_| format!("{} is configured anew.", self.tenant));
        Ok(Outcome::Done)
    }
}

impl Delete {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let id = self.tenant;
        confirmed(
            self.yes,
            &format!("tenant {id} would be removed with every user, passkey and key"),
        )?;
        self.admin.open()?.delete(&path_of(id))?;
        out.answer(&json!({ "id": id, "deleted": true }), |_| {
            format!("{id} is gone.")
        });
        Ok(Outcome::Done)
    }
}

impl Events {
    fn run(self, out: Output) -> anyhow::Result<Outcome> {
        let types = self.types.iter();
        let types: String = types
            .map(|kind| format!("&type={}", encoded(kind)))
            .collect();
        let path = format!(
            "{}/audit_logs?{}{types}",
            path_of(self.tenant),
            self.page.query()
        );
        let listed = self.admin.open()?.list(&path)?;
        let value = json!({ "events": listed.entries, "total": listed.total });
        out.answer(&value, |_| {
            let rows = listed.entries.iter().map(|event| {
                [
                    text(event, "created_at"),
                    text(event, "type"),
                    text(event, "actor_user_id"),
                    text(event, "meta_source_ip"),
                    text(event, "error"),
                ]
            });
            table(
                ["time", "type", "user", "from", "error"],
                &rows.collect::<Vec<_>>(),
            )
        });
        Ok(Outcome::Done)
    }
}

/// A configuration from a file, or from standard input.
fn read_config(file: &Path) -> anyhow::Result<Value> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.context("standard input broke off")?;
        text
    } else {
        std::fs::read_to_string(file).map_err(|error| {
            Problem::new(
                "CONFIG_FILE",
                format!("cannot read {}: {error}", file.display()),
            )
        })?
    };
    serde_json::from_str(&text).map_err(|error| {
        Problem::new(
            "CONFIG_FILE",
            format!("{} is not JSON: {error}", file.display()),
        )
        .next("`zegel tenants show TENANT --config-only` prints one to begin with")
        .into()
    })
}

/// A member that is text; nothing if it is not there.
pub(super) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}
