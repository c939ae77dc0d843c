//! The accounts of passkeys in a tenant, and the session keys that act for them.

use engine::tenants::Answer;
use rules::tenant::{Command, PasskeyAccount};
use serde_json::{Value, json};
use url::form_urlencoded;
use verify::solana::execution_account;
use wire::Timestamp;
use wire::environment::Environment;
use wire::solana::Address;

use super::tenant::OPERATOR;
use crate::http::instant::rfc3339;
use crate::http::tenants::call::Call;
use crate::http::tenants::problem::{Deed, Problem};
use crate::http::tenants::reply::Reply;

/// `GET /tenants/{id}/accounts`: newest first; of one environment or of all, with a session key that
/// may act or with any.
pub(super) async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let asked = Asked::read(&call, "unable to list accounts")?;
    let page = call.page("unable to list accounts")?;
    let reader = call.reader().await?;
    let listed = reader
        .passkey_accounts(asked.environment, asked.are_live, page.into())
        .await?;
    let objects = listed.items.iter().map(object);
    Ok(Reply::ok(objects.collect()).with(call.page_headers(page, listed.total)))
}

/// `DELETE /tenants/{id}/accounts/{address}/session`: takes the session key away, in the environment
/// that is named. It must be: the same passkey has the same address in each.
pub(super) async fn revoke(call: Call<'_>, address: &str) -> Result<Reply, Problem> {
    const TITLE: &str = "unable to revoke session";
    let bad = |details: &str| Problem::bad_request(TITLE, details);
    let account: Address = address
        .parse()
        .map_err(|_| bad("the address must be 32 bytes in base58"))?;
    let environment = Asked::read(&call, TITLE)?.environment;
    let environment = environment.ok_or_else(|| bad("environment is a required parameter"))?;
    let read = |_: &[u8]| {
        Ok(Command::RevokeSession {
            environment,
            account,
        })
    };
    let deed = Deed::Operate(TITLE);
    match call.perform(deed, OPERATOR, Vec::new(), read).await? {
        Answer::SessionBound(account) => Ok(Reply::ok(object(&account))),
        other => Err(Problem::unexpected(&other)),
    }
}

/// What the address asks for behind its path.
#[derive(Default)]
struct Asked {
    environment: Option<Environment>,
    are_live: bool,
}

impl Asked {
    fn read(call: &Call<'_>, title: &'static str) -> Result<Self, Problem> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(call.query().unwrap_or_default().as_bytes()) {
            match (&*name, &*value) {
                ("environment" | "session", "") => {}
                ("environment", name) => {
                    let bad = |error: wire::environment::NotAnEnvironment| error.to_string();
                    let read = name.parse().map_err(bad);
                    let read = read.map_err(|why| Problem::bad_request(title, why))?;
                    asked.environment = Some(read);
                }
                ("session", "live") => asked.are_live = true,
                ("session", _) => return Err(Problem::bad_request(title, "session must be live")),
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn object(account: &PasskeyAccount) -> Value {
    let session = account.session.as_ref().map(|session| {
        json!({
            "key": session.key,
            "expires_at": rfc3339(Timestamp::from_millis(0).plus_seconds(session.expires_at_seconds)),
            "scope": session.scope,
            "used": session.used,
            "revoked": session.is_revoked,
        })
    });
    json!({
        "address": account.address,
        "execution_account": execution_account(&account.address).address,
        "rp_id": account.rp_id,
        "environment": account.environment,
        "created_at": rfc3339(account.created_at),
        "updated_at": rfc3339(account.updated_at),
        "session": session,
    })
}
