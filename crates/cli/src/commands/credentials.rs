//! `zegel credentials`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::tenants::text;
use crate::admin::{PageArgs, TenantArgs, confirmed, encoded};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::{shown, table};

/// Look at the passkeys of a tenant's users, rename and remove them.
#[derive(Args)]
pub struct Credentials {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Rename(Rename),
    Delete(Delete),
}

/// List passkeys, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel credentials list --tenant 0d8f4b8e-…
  zegel credentials list --tenant 0d8f4b8e-… --user u-42 --json")]
struct List {
    /// Only this user's, by the tenant's own name for them.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Call a passkey something else.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel credentials rename 9QEe… 'Work laptop' --tenant 0d8f4b8e-…

An id that begins with a hyphen goes behind --, after everything else.")]
struct Rename {
    /// Its id.
    credential: String,
    /// Its new name.
    name: String,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Remove a passkey. Its user cannot log in with it any more.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel credentials delete 9QEe… --tenant 0d8f4b8e-… --yes

An id that begins with a hyphen goes behind --, after everything else.")]
struct Delete {
    /// Its id.
    credential: String,
    /// That is what is meant.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    tenant: TenantArgs,
}

impl Credentials {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(List { user, page, tenant }) => {
                let (admin, path) = tenant.open()?;
                let user = user.map(|user| format!("&user_id={}", encoded(&user)));
                let user = user.unwrap_or_default();
                let listed = admin.list(&format!("{path}/credentials?{}{user}", page.query()))?;
                let value = json!({ "credentials": listed.entries, "total": listed.total });
                out.answer(&value, |_| for_people(&listed.entries));
            }
            Command::Rename(Rename {
                credential,
                name,
                tenant,
            }) => {
                let (admin, path) = tenant.open()?;
                let path = format!("{path}/credentials/{}", encoded(&credential));
                admin.patch(&path, &json!({ "name": name }))?;
                let value = json!({ "id": credential, "name": name });
                out.answer(&value, |_| {
                    format!("{credential} is called {} now.", shown(&name))
                });
            }
            Command::Delete(Delete {
                credential,
                yes,
                tenant,
            }) => {
                confirmed(yes, &format!("passkey {credential} would be removed"))?;
                let (admin, path) = tenant.open()?;
                admin.delete(&format!("{path}/credentials/{}", encoded(&credential)))?;
                out.answer(&json!({ "id": credential, "deleted": true }), |_| {
                    format!("{credential} is gone.")
                });
            }
        }
        Ok(Outcome::Done)
    }
}

/// Passkeys as a table.
pub(super) fn for_people(credentials: &[Value]) -> String {
    let rows = credentials.iter().map(|known| {
        let kind = match known["is_mfa"].as_bool() {
            Some(true) => "second factor",
            _ => "passkey",
        };
        [
            text(known, "id"),
            text(known, "user_id"),
            kind.to_owned(),
            text(known, "last_used_at"),
            text(known, "name"),
        ]
    });
    table(
        ["id", "user", "kind", "last used", "name"],
        &rows.collect::<Vec<_>>(),
    )
}
