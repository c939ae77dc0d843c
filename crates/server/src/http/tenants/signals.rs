//! What a page passes on with the signal methods of `PublicKeyCredential` (WebAuthn §5.1.10), so
//! that authenticators stop offering what is gone and show names as they are now.

use serde_json::json;
use wire::encoding::base64url;

use super::call::Call;
use super::problem::Problem;
use super::reply::Reply;

/// `GET users/{user_id}/signals`.
pub(super) async fn show(call: Call<'_>, user_id: &str) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let found = reader.user(user_id).await?;
    let user = found.ok_or_else(|| Problem::absent("user not found", "user_not_found"))?;
    let passkeys = reader.credentials_of(user.id).await?;
    let ids = passkeys
        .iter()
        .map(|passkey| base64url::encode(&passkey.credential_id));
    Ok(Reply::ok(json!({
        "rpId": reader.tenant().config.webauthn.relying_party.id,
        "userId": base64url::encode(user.user_id.as_bytes()),
        "allAcceptedCredentialIds": ids.collect::<Vec<_>>(),
        "name": user.profile.name,
        "displayName": user.profile.display_name,
    })))
}
