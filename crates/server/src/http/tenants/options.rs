//! What a page calls the browser with, as JSON.

use engine::tenants::{CreationOptions, Options, PaymentRequest, RequestOptions};
use rules::tenant::Passkey;
use rules::tenant::config::{ALGORITHMS, Preference};
use serde_json::{Value, json};
use wire::encoding::base64url;
use wire::tenants::{Payment, PaymentError};

/// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn §5.1.8) in its member `publicKey`, and what
/// else `navigator.credentials.create()` is to be told.
pub(super) fn creation(options: &CreationOptions) -> Value {
    let asked = &options.asked;
    let algorithms = ALGORITHMS.iter();
    let mut user = json!({
        "id": base64url::encode(&options.user_handle),
        "name": options.user_name,
        "displayName": options.user_display_name,
    });
    if let Some(icon) = &options.user_icon {
        user["icon"] = icon.as_str().into();
    }
    let mut selection = json!({
        "requireResidentKey": asked.resident_key_requirement == Preference::Required,
        "residentKey": asked.resident_key_requirement,
        "userVerification": asked.user_verification,
    });
    if let Some(attachment) = asked.attachment {
        selection["authenticatorAttachment"] = json!(attachment);
    }
    let mut public_key = json!({
        "rp": { "id": options.rp_id, "name": options.rp_name },
        "user": user,
        "challenge": base64url::encode(&options.challenge),
        "pubKeyCredParams": algorithms
            .map(|algorithm| json!({ "type": "public-key", "alg": algorithm.number() }))
            .collect::<Vec<_>>(),
        "timeout": options.timeout_ms,
        "authenticatorSelection": selection,
        "attestation": asked.attestation_preference,
    });
    if !options.exclude.is_empty() {
        public_key["excludeCredentials"] = descriptors(&options.exclude);
    }
    if options.payment {
        public_key["extensions"] = json!({ "payment": { "isPayment": true } });
    }
    let mut body = json!({ "publicKey": public_key });
    if options.conditional {
        body["mediation"] = "conditional".into();
    }
    body
}

/// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn §5.1.9) in its member `publicKey`.
pub(super) fn request(options: &RequestOptions) -> Value {
    json!({ "publicKey": request_options(options) })
}

fn request_options(options: &RequestOptions) -> Value {
    let mut public_key = json!({
        "challenge": base64url::encode(&options.challenge),
        "timeout": options.timeout_ms,
        "rpId": options.rp_id,
        "userVerification": options.user_verification,
    });
    if !options.allow.is_empty() {
        public_key["allowCredentials"] = descriptors(&options.allow);
    }
    public_key
}

/// Transports are left out: with them, browsers on Android and Windows have asked for the wrong
/// authenticator.
fn descriptors(passkeys: &[Passkey]) -> Value {
    let described = passkeys.iter().map(
        |passkey| json!({ "type": "public-key", "id": base64url::encode(&passkey.credential_id) }),
    );
    described.collect()
}

/// `SecurePaymentConfirmationRequest`, and the total of the payment request around it. Ids and
/// challenge are base64url: the page makes buffers of them.
fn payment_request(request: &PaymentRequest) -> Result<Value, PaymentError> {
    let payment: Payment = request.payment.parse()?;
    let ids = request.credential_ids.iter().map(base64url::encode);
    let mut body = json!({
        "credentialIds": ids.collect::<Vec<_>>(),
        "challenge": base64url::encode(&request.challenge),
        "rpId": request.rp_id,
        "instrument": request.spc.instrument,
        "payeeName": payment.payee().name(),
        "timeout": request.timeout_ms,
        "total": {
            "label": payment.payee().name(),
            "amount": { "currency": payment.currency().code(), "value": payment.amount() },
        },
    });
    if let Some(origin) = &request.spc.payee_origin {
        body["payeeOrigin"] = origin.as_str().into();
    }
    Ok(body)
}

/// The member a transaction's options are told in, by the way it is confirmed.
///
/// # Errors
///
/// If the stored payment does not read back, which is a bug.
pub(in crate::http) fn of_transaction(
    options: &Options,
) -> Result<(&'static str, Value), PaymentError> {
    Ok(match options {
        Options::Request(options) => ("publicKey", request_options(options)),
        Options::Payment(request) => ("payment_request", payment_request(request)?),
    })
}

#[cfg(test)]
mod tests {
    use rules::tenant::config::{Attachment, Ceremonies, Conveyance};
    use wire::tenants::record::SpcTerms;
    use wire::webauthn::Instrument;

    use super::*;

    fn creation_options() -> CreationOptions {
        CreationOptions {
            rp_id: "app.example".to_owned(),
            rp_name: "App".to_owned(),
            user_handle: b"u-42".to_vec(),
            user_name: "ada".to_owned(),
            user_display_name: "Ada".to_owned(),
            user_icon: None,
            challenge: vec![0xff; 3],
            timeout_ms: 60_000,
            asked: Ceremonies {
                timeout: 60_000,
                user_verification: Preference::Required,
                attachment: None,
                attestation_preference: Conveyance::Direct,
                resident_key_requirement: Preference::Required,
            },
            exclude: Vec::new(),
            payment: false,
            conditional: false,
        }
    }

    #[test]
    fn creation_options_have_the_members_browsers_parse() {
        let body = creation(&creation_options());
        let algorithms = body["publicKey"]["pubKeyCredParams"].as_array().unwrap();
        assert_eq!(algorithms[0], json!({ "type": "public-key", "alg": -7 }));
        assert_eq!(algorithms.len(), 10);
        let mut body = body.clone();
        body["publicKey"]["pubKeyCredParams"] = Value::Null;
        assert_eq!(
            body,
            json!({ "publicKey": {
                "rp": { "id": "app.example", "name": "App" },
                "user": { "id": "dS00Mg", "name": "ada", "displayName": "Ada" },
                "challenge": "____",
                "pubKeyCredParams": null,
                "timeout": 60_000,
                "authenticatorSelection": {
                    "requireResidentKey": true,
                    "residentKey": "required",
                    "userVerification": "required",
                },
                "attestation": "direct",
            } })
        );
    }

    #[test]
    fn what_is_asked_for_specially_is_told() {
        let mut options = creation_options();
        options.user_icon = Some("https://app.example/ada".to_owned());
        options.asked.attachment = Some(Attachment::CrossPlatform);
        options.asked.resident_key_requirement = Preference::Discouraged;
        (options.payment, options.conditional) = (true, true);
        let body = creation(&options);
        let told = &body["publicKey"];
        assert_eq!(told["user"]["icon"], "https://app.example/ada");
        assert_eq!(
            told["authenticatorSelection"],
            json!({
                "authenticatorAttachment": "cross-platform",
                "requireResidentKey": false,
                "residentKey": "discouraged",
                "userVerification": "required",
            })
        );
        assert_eq!(
            told["extensions"],
            json!({ "payment": { "isPayment": true } })
        );
        assert_eq!(body["mediation"], "conditional");
    }

    #[test]
    fn a_login_of_whoever_answers_names_no_credentials() {
        let options = RequestOptions {
            rp_id: "app.example".to_owned(),
            challenge: vec![0; 3],
            timeout_ms: 1,
            allow: Vec::new(),
            user_verification: Preference::Discouraged,
        };
        assert_eq!(
            request(&options),
            json!({ "publicKey": {
                "challenge": "AAAA", "timeout": 1, "rpId": "app.example",
                "userVerification": "discouraged",
            } })
        );
    }

    #[test]
    fn the_browser_is_told_what_to_show() {
        let request = PaymentRequest {
            rp_id: "bank.example".to_owned(),
            challenge: vec![0; 3],
            timeout_ms: 1,
            credential_ids: vec![vec![0xff; 3]],
            spc: SpcTerms {
                caller_origin: "https://shop.example".to_owned(),
                top_origin: "https://shop.example".to_owned(),
                payee_origin: Some("https://shop.example".to_owned()),
                instrument: Instrument {
                    display_name: "Card".to_owned(),
                    icon: "data:,".to_owned(),
                    details: None,
                    icon_must_be_shown: true,
                },
            },
            payment: r#"{"amount":"1.00","currency":"EUR","payee":{"name":"Shop"}}"#.to_owned(),
        };
        let (member, body) = of_transaction(&Options::Payment(Box::new(request))).unwrap();
        assert_eq!(member, "payment_request");
        assert_eq!(
            body,
            json!({
                "credentialIds": ["____"], "challenge": "AAAA", "rpId": "bank.example",
                "instrument": { "displayName": "Card", "icon": "data:," },
                "payeeName": "Shop", "payeeOrigin": "https://shop.example", "timeout": 1,
                "total": { "label": "Shop", "amount": { "currency": "EUR", "value": "1.00" } },
            })
        );
    }
}
