//! What the page's script calls the browser with.

use engine::tenants::{Options, PaymentRequest, RequestOptions};
use serde_json::{Value, json};
use wire::encoding::base64url;
use wire::tenants::Payment;

/// `{"publicKey": …}` or `{"payment_request": …}`.
///
/// `None` if a stored payment cannot be read.
pub(super) fn json(options: &Options) -> Option<Value> {
    Some(match options {
        Options::Request(request) => json!({ "publicKey": public_key(request) }),
        Options::Payment(request) => json!({ "payment_request": payment_request(request)? }),
    })
}

/// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn §5.5).
fn public_key(request: &RequestOptions) -> Value {
    let allow: Vec<Value> = request
        .allow
        .iter()
        .map(|passkey| {
            json!({ "type": "public-key", "id": base64url::encode(&passkey.credential_id) })
        })
        .collect();
    json!({
        "challenge": base64url::encode(&request.challenge),
        "timeout": request.timeout_ms,
        "rpId": request.rp_id,
        "allowCredentials": allow,
        "userVerification": request.user_verification,
    })
}

/// `SecurePaymentConfirmationRequest` with ids and challenge as text, and the `total` that goes
/// beside it (SPC §3).
fn payment_request(request: &PaymentRequest) -> Option<Value> {
    let payment = Payment::from_value(&serde_json::from_str(&request.payment).ok()?).ok()?;
    let ids = request.credential_ids.iter().map(base64url::encode);
    let mut asked = json!({
        "credentialIds": ids.collect::<Vec<String>>(),
        "challenge": base64url::encode(&request.challenge),
        "rpId": request.rp_id,
        "instrument": request.spc.instrument,
        "payeeName": payment.payee().name(),
        "timeout": request.timeout_ms,
        "total": {
            "label": payment.payee().name(),
            "amount": { "currency": payment.currency(), "value": payment.amount() },
        },
    });
    if let Some(origin) = &request.spc.payee_origin {
        asked["payeeOrigin"] = origin.as_str().into();
    }
    Some(asked)
}
