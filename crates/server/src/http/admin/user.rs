//! The users of a tenant: listed, shown with all they have, removed with all they have.

use rules::tenant::{Command, TenantUser};
use serde_json::{Value, json};
use url::form_urlencoded;
use wire::id::{TenantId, TenantUserId};

use super::tenant::{OPERATOR, done};
use crate::http::tenants::call::Call;
use crate::http::tenants::problem::{Deed, Problem};
use crate::http::tenants::reply::Reply;
use crate::http::tenants::{credential, transaction};

/// `GET /tenants/{id}/users`: newest first unless asked otherwise, or the one whom the tenant
/// calls by a name.
pub(super) async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let (mut user_id, mut newest_first) = (None, true);
    for (name, value) in form_urlencoded::parse(call.query().unwrap_or_default().as_bytes()) {
        match (&*name, value.to_ascii_lowercase().as_str()) {
            ("user_id" | "sort_direction", "") => {}
            ("user_id", _) => user_id = Some(value.into_owned()),
            ("sort_direction", "asc") => newest_first = false,
            ("sort_direction", "desc") => newest_first = true,
            ("sort_direction", _) => {
                return Err(Problem::bad_request(
                    "sort_direction must be desc or asc",
                    "",
                ));
            }
            _ => {}
        }
    }
    let page = call.page("unable to parse request")?;
    let reader = call.reader().await?;
    let (users, total) = match user_id {
        None => {
            let listed = reader.users(page.into(), newest_first).await?;
            (listed.items, listed.total)
        }
        Some(user_id) => {
            let found: Vec<TenantUser> = reader.user(&user_id).await?.into_iter().collect();
            let total = found.len() as u64;
            (found, total)
        }
    };
    let objects = users.iter().map(object);
    Ok(Reply::ok(objects.collect()).with(call.page_headers(page, total)))
}

/// `GET /tenants/{id}/users/{user_id}`, by our id for the user.
pub(super) async fn show(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let id = user_id(id)?;
    let reader = call.reader().await?;
    let user = reader.user_by_id(id).await?;
    let user = user.ok_or_else(|| Problem::absent("user not found", "user_not_found"))?;
    let credentials = reader.credentials_of(id).await?;
    let transactions = reader.transactions_of(id).await?;
    let mut told = object(&user);
    told["credentials"] = credentials.iter().map(credential::object).collect();
    told["transactions"] = transactions.iter().map(transaction::compatible).collect();
    Ok(Reply::ok(told))
}

/// `DELETE /tenants/{id}/users/{user_id}`.
pub(super) async fn delete(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let id = user_id(id)?;
    let read = |_: &[u8]| Ok(Command::DeleteUser { id });
    let deed = Deed::Operate("unable to remove user");
    done(call.perform(deed, OPERATOR, Vec::new(), read).await?)
}

/// Our id, in any spelling of a UUID, as tenants have theirs.
fn user_id(text: &str) -> Result<TenantUserId, Problem> {
    let uuid = TenantId::parse_lenient(text);
    let uuid = uuid.ok_or_else(|| Problem::bad_request("invalid user_id", ""))?;
    Ok(TenantUserId::from_bytes(*uuid.as_bytes()))
}

fn object(user: &TenantUser) -> Value {
    json!({
        "id": user.id,
        "user_id": user.user_id,
        "name": user.profile.name,
        "icon": user.profile.icon.as_deref().unwrap_or_default(),
        "display_name": user.profile.display_name,
    })
}
