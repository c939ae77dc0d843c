//! Secure Payment Confirmation: what the browser showed is what was asked for, member by member.

use serde_json::{Value, json};
use testkit::Passkey;
use testkit::authenticator::BrowserKey;
use testkit::keys::alg;
use wire::encoding::base64url;
use wire::log::VerifierKey;

use super::tokens::claims;
use super::{App, ORIGIN, RP_ID, challenge, payment};

const SHOP: &str = "https://shop.example";

/// A bank whose customer pays in a shop with a card.
async fn bank() -> (App, Passkey) {
    let app = App::new().await;
    let asked = json!({ "user_id": "ada", "username": "ada", "payment": true });
    let options = app.post("/registration/initialize", asked).await.ok();
    let card = Passkey::es256(1, RP_ID, ORIGIN);
    let made = card.attestation(&challenge(&options)).to_json();
    app.post_keyless("/registration/finalize", made).await.ok();
    (app, card)
}

/// Begins a payment and gives the request the shop's page is to make.
async fn begin(app: &App, id: &str) -> Value {
    let mut body = payment("ada", id);
    body["method"] = "secure_payment_confirmation".into();
    body["spc"] = json!({
        "caller_origin": SHOP,
        "payee_origin": SHOP,
        "instrument": {
            "display_name": "Card ••42", "icon": "data:image/png;base64,AA==",
            "details": "Debit",
        },
    });
    let made = app.post("/v2/transactions", body).await.is(201);
    made["payment_request"].clone()
}

/// What a browser shows and signs for a request.
fn shown(request: &Value) -> Value {
    json!({
        "rpId": request["rpId"],
        "topOrigin": SHOP,
        "payeeName": request["payeeName"],
        "payeeOrigin": request["payeeOrigin"],
        "paymentEntitiesLogos": [],
        "total": request["total"]["amount"],
        "instrument": request["instrument"],
    })
}

fn signed(request: &Value) -> Vec<u8> {
    base64url::decode(request["challenge"].as_str().unwrap()).unwrap()
}

#[tokio::test]
pub async fn what_the_browser_showed_is_confirmed_and_proven() {
    let (app, card) = bank().await;
    for (id, browser) in [
        ("pay-1", None),
        ("pay-2", Some(BrowserKey::new(alg::ES256, 1))),
    ] {
        let request = begin(&app, id).await;
        let answer = card.payment_assertion_with(
            &signed(&request),
            SHOP,
            &shown(&request),
            browser.as_ref(),
            |_, _| {},
        );
        let path = format!("/v2/transactions/{id}");
        let body = answer.to_json(Some(b"ada"));
        let told = app.post(&format!("{path}/confirm"), body).await.ok();
        assert_eq!(told["transaction"]["state"], "confirmed");
        assert_eq!(claims(&told)["use"], "transaction");

        let receipt = app.get(&format!("{path}/receipt")).await.ok();
        let key: VerifierKey = app.world.state.engine.log_verifier_key().parse().unwrap();
        let proven = verify::evidence::verify(&receipt.to_string(), &key).unwrap();
        assert_eq!(proven.transaction().transaction_id, id);
        assert_eq!(proven.payment().unwrap().amount(), "30.00");
    }
}

#[tokio::test]
pub async fn t61_nothing_else_than_what_was_asked_for_can_be_shown() {
    let (app, card) = bank().await;
    for (number, (pointer, value, code)) in [
        ("/rpId", json!("evil.example"), "spc_rp_id_mismatch"),
        ("/topOrigin", json!(ORIGIN), "spc_top_origin_mismatch"),
        ("/payeeName", json!("Mallory"), "spc_payee_name_mismatch"),
        ("/payeeName", Value::Null, "spc_payee_name_type"),
        ("/payeeOrigin", json!(ORIGIN), "spc_payee_origin_mismatch"),
        ("/total/currency", json!("USD"), "spc_currency_mismatch"),
        ("/total/value", json!("30"), "spc_value_mismatch"),
        ("/total/value", json!("3.00"), "spc_value_mismatch"),
        (
            "/instrument/displayName",
            json!("Card"),
            "spc_instrument_display_name_mismatch",
        ),
        (
            "/instrument/icon",
            json!("data:,"),
            "spc_instrument_icon_mismatch",
        ),
        (
            "/instrument/details",
            json!("Credit"),
            "spc_instrument_details_mismatch",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("pay-{number}");
        let request = begin(&app, &id).await;
        let mut shown = shown(&request);
        *shown.pointer_mut(pointer).unwrap() = value;
        let answer = card.payment_assertion(&signed(&request), SHOP, &shown);
        let path = format!("/v2/transactions/{id}/confirm");
        let told = app.post(&path, answer.to_json(Some(b"ada"))).await;
        told.is_refused(401, code);
    }
}

#[tokio::test]
pub async fn t31_a_payment_is_no_login_and_a_login_no_payment() {
    let (app, card) = bank().await;
    let request = begin(&app, "pay-1").await;
    // A page of the shop asks for a login and is answered with what it shows as a payment.
    let options = app.begin_login().await;
    let answer = card.payment_assertion(&challenge(&options), SHOP, &shown(&request));
    let told = app.post_keyless("/login/finalize", answer.to_json(Some(b"ada")));
    told.await.is_refused(401, "type_mismatch");

    let path = "/v2/transactions/pay-1/confirm";
    let answer = card.assertion(&signed(&request)).to_json(Some(b"ada"));
    app.post(path, answer)
        .await
        .is_refused(401, "type_mismatch");

    // From another page than the one that was named.
    let renewed = app
        .post("/v2/transactions/pay-1/challenge", Value::Null)
        .await
        .ok();
    let request = &renewed["payment_request"];
    let answer = card.payment_assertion(&signed(request), ORIGIN, &shown(request));
    let told = app.post(path, answer.to_json(Some(b"ada"))).await;
    told.is_refused(401, "origin_mismatch");
}
