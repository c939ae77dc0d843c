//! Credentials: the object, and the calls that list, show, rename and remove them.

use axum::body::Body;
use engine::tenants::Answer;
use rules::tenant::{Command, Least, Passkey};
use serde_json::{Value, json};
use url::form_urlencoded;
use wire::encoding::base64url;
use wire::id::TenantId;

use super::call::Call;
use super::dialect;
use super::problem::{Deed, Problem};
use super::reply::Reply;
use crate::http::instant::rfc3339;

/// The object.
pub(in crate::http) fn object(passkey: &Passkey) -> Value {
    let mut object = json!({
        "id": base64url::encode(&passkey.credential_id),
        "public_key": base64url::encode(&passkey.public_key),
        "attestation_type": passkey.attestation_format,
        // Sixteen bytes in the spelling of a UUID, which is all that is borrowed here.
        "aaguid": TenantId::from_bytes(passkey.aaguid).to_string(),
        "last_used_at": rfc3339(passkey.last_used_at),
        "created_at": rfc3339(passkey.created_at),
        "transports": passkey.transports,
        "backup_eligible": passkey.backup_eligible,
        "backup_state": passkey.backup_state,
        "is_mfa": passkey.purpose.is_mfa(),
        "user_id": passkey.user_id,
    });
    if let Some(name) = &passkey.name {
        object["name"] = name.as_str().into();
    }
    object
}

/// `GET credentials`: of one user or of all, newest first unless asked otherwise.
pub(in crate::http) async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let (mut user_id, mut newest_first) = (None, true);
    for (name, value) in form_urlencoded::parse(call.query().unwrap_or_default().as_bytes()) {
        match (&*name, &*value) {
            ("user_id", "") | ("order", "") => {}
            ("user_id", value) => user_id = Some(value.to_owned()),
            ("order", "asc") => newest_first = false,
            ("order", "desc") => newest_first = true,
            ("order", _) => {
                let why = "Order must be one of 'asc desc'";
                return Err(Problem::bad_request("unable to validate request", why));
            }
            _ => {}
        }
    }
    let page = call.page("unable to process request")?;
    let listed = reader
        .credentials(user_id.as_deref(), page.into(), newest_first)
        .await?;
    let objects = listed.items.iter().map(object);
    Ok(Reply::ok(objects.collect()).with(call.page_headers(page, listed.total)))
}

/// `GET credentials/{credential_id}`.
pub(in crate::http) async fn show(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let found = match base64url::decode(id) {
        Ok(credential_id) => reader.credential(&credential_id).await?,
        Err(_) => None,
    };
    let passkey = found.ok_or_else(|| Problem::no_credential(id))?;
    Ok(Reply::ok(object(&passkey)))
}

/// `PATCH credentials/{credential_id}`.
pub(in crate::http) async fn rename(
    call: Call<'_>,
    body: Body,
    id: &str,
) -> Result<Reply, Problem> {
    let body = call.bound(body).await?;
    // What is no base64url is nobody's id; the empty one is neither.
    let credential_id = base64url::decode(id).unwrap_or_default();
    let read = |body: &[u8]| dialect::rename_credential(body, &credential_id);
    done(call.perform(deed(id), Least::Bearer, body, read).await?)
}

/// `DELETE credentials/{credential_id}`. Whatever body comes along is left alone.
pub(in crate::http) async fn delete(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let credential_id = base64url::decode(id).unwrap_or_default();
    let read = |_: &[u8]| {
        Ok(Command::DeleteCredential {
            credential_id: credential_id.clone(),
        })
    };
    done(
        call.perform(deed(id), Least::Bearer, Vec::new(), read)
            .await?,
    )
}

fn deed(id: &str) -> Deed {
    Deed::Credential(id.to_owned())
}

fn done(answer: Answer) -> Result<Reply, Problem> {
    match answer {
        Answer::Done => Ok(Reply::nothing()),
        other => Err(Problem::unexpected(&other)),
    }
}
