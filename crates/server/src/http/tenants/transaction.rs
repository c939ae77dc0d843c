//! Transactions: the objects, and the list of the compatible calls.

use rules::tenant::Transaction;
use rules::tenant::transaction::Content;
use serde_json::{Value, json};
use wire::Timestamp;
use wire::id::{TenantId, TenantUserId};
use wire::tenants::ConfirmationMethod;

use super::call::Call;
use super::problem::Problem;
use super::reply::Reply;
use crate::http::instant::rfc3339;

/// The object of the compatible calls, which tells nothing of how the transaction stands.
pub(in crate::http) fn compatible(transaction: &Transaction) -> Value {
    json!({
        "id": transaction.id,
        "identifier": transaction.identifier,
        "data": text(&transaction.terms.content),
        "created_at": rfc3339(transaction.created_at),
        "updated_at": rfc3339(transaction.updated_at),
    })
}

/// The canonical text that is confirmed.
fn text(content: &Content) -> &str {
    match content {
        Content::Compatible { data } => data,
        Content::Payment { payment, .. } => payment,
    }
}

/// The object of our own calls, as the transaction stands now.
pub(in crate::http) fn object(
    transaction: &Transaction,
    now: Timestamp,
    public_url: &str,
) -> Value {
    let terms = &transaction.terms;
    let mut object = json!({
        "id": transaction.id,
        "transaction_id": transaction.identifier,
        "user_id": terms.user_id,
        "state": transaction.state(now),
        "consumed": terms.consumed_at.is_some(),
        "digest": terms.digest,
        "attempts_left": terms.attempts_left,
        "expires_at": rfc3339(transaction.expires_at),
        "created_at": rfc3339(transaction.created_at),
        "updated_at": rfc3339(transaction.updated_at),
        "confirm_url": format!("{public_url}/confirm/{}", transaction.id),
    });
    match &terms.content {
        Content::Compatible { data } => {
            object["method"] = json!(ConfirmationMethod::Webauthn);
            object["data"] = data.as_str().into();
        }
        Content::Payment { payment, method } => {
            object["method"] = json!(method.kind());
            // What was stored is one JSON document; told as text it could not be compared.
            object["payment"] = serde_json::from_str(payment).unwrap_or(Value::Null);
        }
    }
    if let Some(confirmation) = &terms.confirmation {
        object["confirmed_at"] = rfc3339(confirmation.at).into();
    }
    if let Some(url) = &terms.return_url {
        object["return_url"] = url.as_str().into();
    }
    object
}

/// `GET transaction/{user_id}`. The id is our own for the user, as in other servers of this API,
/// or the tenant's.
pub(super) async fn list_of_user(call: Call<'_>, user: &str) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let internal = TenantId::parse_lenient(user);
    let internal = internal.map(|uuid| TenantUserId::from_bytes(*uuid.as_bytes()));
    let id = match reader.user(user).await? {
        Some(known) => Some(known.id),
        None => internal,
    };
    let Some(id) = id else {
        return Err(Problem::bad_request("invalid user id", ""));
    };
    let transactions = reader.transactions_of(id).await?;
    Ok(Reply::ok(transactions.iter().map(compatible).collect()))
}
