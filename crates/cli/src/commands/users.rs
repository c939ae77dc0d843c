//! `zegel users`

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use wire::id::TenantUserId;

use super::tenants::text;
use crate::admin::{Admin, PageArgs, TenantArgs, confirmed, encoded};
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::table::{facts, table};

/// Look at a tenant's users, and remove them.
#[derive(Args)]
pub struct Users {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Show(Show),
    Delete(Delete),
}

/// List users, newest first.
#[derive(Args)]
#[command(after_help = "\
Examples:
  zegel users list --tenant 0d8f4b8e-…
  ZEGEL_TENANT=0d8f4b8e-… zegel users list --per-page 1000 --json | jq .total")]
struct List {
    #[command(flatten)]
    page: PageArgs,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Show a user with passkeys and transactions.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel users show u-42 --tenant 0d8f4b8e-…")]
struct Show {
    /// The user, by the tenant's own name for them or by the id that `list` shows.
    user: String,
    #[command(flatten)]
    tenant: TenantArgs,
}

/// Remove a user with passkeys and transactions.
#[derive(Args)]
#[command(after_help = "\
Example:
  zegel users delete u-42 --tenant 0d8f4b8e-… --yes")]
struct Delete {
    /// The user, by the tenant's own name for them or by the id that `list` shows.
    user: String,
    /// That is what is meant.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    tenant: TenantArgs,
}

impl Users {
    /// Does it.
    pub fn run(self, out: Output) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(List { page, tenant }) => {
                let (admin, path) = tenant.open()?;
                let listed = admin.list(&format!("{path}/users?{}", page.query()))?;
                let value = json!({ "users": listed.entries, "total": listed.total });
                out.answer(&value, |_| {
                    let rows = listed.entries.iter().map(|user| {
                        ["id", "user_id", "name", "display_name"].map(|member| text(user, member))
                    });
                    table(["id", "user", "account", "name"], &rows.collect::<Vec<_>>())
                });
            }
            Command::Show(Show { user, tenant }) => {
                let (admin, path) = tenant.open()?;
                let id = internal_id(&admin, &path, &user)?;
                let user = admin.get(&format!("{path}/users/{}", encoded(&id)))?;
                out.answer(&user, |_| for_people(&user));
            }
            Command::Delete(Delete { user, yes, tenant }) => {
                confirmed(
                    yes,
                    &format!("user {user} would be removed with every passkey and transaction"),
                )?;
                let (admin, path) = tenant.open()?;
                let id = internal_id(&admin, &path, &user)?;
                admin.delete(&format!("{path}/users/{}", encoded(&id)))?;
                out.answer(&json!({ "id": id, "deleted": true }), |_| {
                    format!("{user} is gone.")
                });
            }
        }
        Ok(Outcome::Done)
    }
}

/// The id of the user whom the tenant calls this. If it calls nobody so, the text may be an id.
fn internal_id(admin: &Admin, tenant: &str, user: &str) -> anyhow::Result<String> {
    let found = admin.list(&format!("{tenant}/users?user_id={}", encoded(user)))?;
    match found.entries.first() {
        Some(known) => Ok(text(known, "id")),
        None if TenantUserId::from_str(user).is_ok() => Ok(user.to_owned()),
        None => {
            let message = format!("the tenant knows nobody it calls {user:?}");
            Err(Problem::new("NOT_FOUND", message)
                .next("`zegel users list` shows whom it knows")
                .into())
        }
    }
}

fn for_people(user: &Value) -> String {
    let known = facts([
        ("id", text(user, "id")),
        ("user", text(user, "user_id")),
        ("account", text(user, "name")),
        ("name", text(user, "display_name")),
    ]);
    format!(
        "{known}\n\nPasskeys\n{}\n\nTransactions\n{}",
        super::credentials::for_people(list(user, "credentials")),
        transactions(list(user, "transactions"))
    )
}

fn list<'v>(user: &'v Value, member: &str) -> &'v [Value] {
    user[member]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn transactions(transactions: &[Value]) -> String {
    let rows = transactions
        .iter()
        .map(|known| [text(known, "created_at"), text(known, "identifier")]);
    table(["begun", "transaction"], &rows.collect::<Vec<_>>())
}
