//! Typed payments, from the beginning to the one that executes them.

use futures_util::future::join_all;
use serde_json::{Value, json};
use wire::log::VerifierKey;

use super::tokens::claims;
use super::{App, Person, challenge, payment, thirty_euros};

fn at(id: &str, verb: &str) -> String {
    format!("/v2/transactions/{id}{verb}")
}

async fn state(app: &App, id: &str) -> Value {
    app.get(&at(id, "")).await.ok()["state"].clone()
}

async fn consume(app: &App, id: &str, payment: Value) -> crate::support::Reply {
    let body = json!({ "payment": payment });
    app.post(&at(id, "/consume"), body).await
}

/// Answers with a signature that is not right, and gives the options for the next try.
async fn fail(app: &App, person: &Person, id: &str, options: &Value) {
    let mut answer = person.answer(options);
    answer["response"]["signature"] = person
        .answer(&json!({ "publicKey": { "challenge": "AAAA" } }))["response"]["signature"]
        .clone();
    let answer = app.post(&at(id, "/confirm"), answer).await;
    answer.is_refused(401, "signature_invalid");
}

#[tokio::test]
pub async fn a_payment_is_confirmed_and_executed_once() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let mut body = payment("ada", "pay-1");
    body["return_url"] = "https://app.example/done".into();
    let made = app.post("/v2/transactions", body).await.is(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["transaction_id"], "pay-1");
    assert_eq!(made["user_id"], "ada");
    assert_eq!(made["state"], "pending");
    assert_eq!(made["consumed"], false);
    assert_eq!(made["method"], "webauthn");
    assert_eq!(made["payment"], thirty_euros());
    assert_eq!(made["attempts_left"], 5);
    assert_eq!(made["created_at"], "2027-01-15T08:00:00.000Z");
    assert_eq!(made["expires_at"], "2027-01-15T08:05:00.000Z");
    assert_eq!(made["return_url"], "https://app.example/done");
    assert_eq!(
        made["confirm_url"],
        format!("{}/confirm/{id}", crate::support::AUDIENCE)
    );
    let signed = challenge(&made);
    assert_eq!(signed.len(), 64);
    assert_eq!(hex::encode(&signed[32..]), made["digest"].as_str().unwrap());
    consume(&app, "pay-1", thirty_euros())
        .await
        .is_refused(409, "not_confirmed");
    app.get(&at("pay-1", "/receipt"))
        .await
        .is_refused(404, "not_confirmed");

    app.world.advance_ms(1000);
    let answer = app
        .post(&at("pay-1", "/confirm"), ada.answer(&made))
        .await
        .ok();
    let confirmed = &answer["transaction"];
    assert_eq!(confirmed["state"], "confirmed");
    assert_eq!(confirmed["confirmed_at"], "2027-01-15T08:00:01.000Z");
    assert_eq!(claims(&answer)["txd"], made["digest"]);
    assert_eq!(state(&app, "pay-1").await, "confirmed");

    let mut other = thirty_euros();
    other["amount"] = "30.01".into();
    consume(&app, "pay-1", other)
        .await
        .is_refused(409, "payment_mismatch");
    let taken = consume(&app, "pay-1", thirty_euros()).await.ok();
    assert_eq!(taken["transaction"]["consumed"], true);
    consume(&app, "pay-1", thirty_euros())
        .await
        .is_refused(409, "already_consumed");
}

/// Whoever lost the answer asks again and gets the same one.
#[tokio::test]
pub async fn the_same_confirmation_again_is_answered_the_same() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    let answer = ada.answer(&made);
    let path = at("pay-1", "/confirm");
    let first = app.post(&path, answer.clone()).await.ok();
    app.world.advance_ms(2000);
    let again = app.post(&path, answer.clone()).await.ok();
    assert_eq!(again["transaction"], first["transaction"]);
    assert_eq!(claims(&again), claims(&first));
    // The same answer in another body is not the same request.
    let mut other = answer;
    other["more"] = json!(1);
    app.post(&path, other)
        .await
        .is_refused(409, "transaction_confirmed");
}

#[tokio::test]
pub async fn the_same_payment_again_gets_a_fresh_challenge_and_another_is_refused() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    app.register("bob", 2).await;
    let first = app.begin_payment("ada", "pay-1").await.is(201);
    let second = app.begin_payment("ada", "pay-1").await.is(200);
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["digest"], first["digest"]);
    assert_ne!(challenge(&second), challenge(&first));
    let path = at("pay-1", "/confirm");
    app.post(&path, ada.answer(&first))
        .await
        .is_refused(401, "challenge_unknown");

    let mut other = payment("ada", "pay-1");
    other["payment"]["amount"] = "30.01".into();
    let other = app.post("/v2/transactions", other).await;
    other.is_refused(409, "transaction_exists");
    let other = app.begin_payment("bob", "pay-1").await;
    other.is_refused(409, "transaction_exists");
    // The name is taken for compatible transactions as well.
    let other = app.begin_transaction("ada", "pay-1", json!(1)).await;
    other.is_refused(409, "transaction_exists");

    app.post(&path, ada.answer(&second)).await.ok();
    let again = app.begin_payment("ada", "pay-1").await;
    again.is_refused(409, "transaction_exists");
}

#[tokio::test]
pub async fn a_renewed_challenge_voids_the_one_before() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    let renewed = app.post(&at("pay-1", "/challenge"), Value::Null).await.ok();
    let path = at("pay-1", "/confirm");
    app.post(&path, ada.answer(&made))
        .await
        .is_refused(401, "challenge_unknown");
    app.post(&path, ada.answer(&renewed)).await.ok();
    let again = app.post(&at("pay-1", "/challenge"), Value::Null).await;
    again.is_refused(409, "transaction_confirmed");
}

#[tokio::test]
pub async fn five_failed_attempts_block() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let mut options = app.begin_payment("ada", "pay-1").await.is(201);
    for left in (0..5).rev() {
        fail(&app, &ada, "pay-1", &options).await;
        let shown = app.get(&at("pay-1", "")).await.ok();
        assert_eq!(shown["attempts_left"], left);
        // The challenge is burnt by the attempt.
        let spent = app
            .post(&at("pay-1", "/confirm"), ada.answer(&options))
            .await;
        assert!(
            [401, 409].contains(&spent.status.as_u16()),
            "{:#}",
            spent.body
        );
        if left > 0 {
            options = app.post(&at("pay-1", "/challenge"), Value::Null).await.ok();
        }
    }
    assert_eq!(state(&app, "pay-1").await, "blocked");
    for verb in ["/challenge", "/cancel"] {
        let answer = app.post(&at("pay-1", verb), Value::Null).await;
        answer.is_refused(409, "transaction_blocked");
    }
    let answer = consume(&app, "pay-1", thirty_euros()).await;
    answer.is_refused(409, "transaction_blocked");
}

#[tokio::test]
pub async fn a_cancelled_payment_stays_cancelled() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    let cancelled = app.post(&at("pay-1", "/cancel"), Value::Null).await.ok();
    assert_eq!(cancelled["state"], "cancelled");
    let answer = app.post(&at("pay-1", "/confirm"), ada.answer(&made)).await;
    answer.is_refused(409, "transaction_cancelled");
    let answer = app.post(&at("pay-1", "/cancel"), Value::Null).await;
    answer.is_refused(409, "transaction_cancelled");
    let answer = app.begin_payment("ada", "pay-1").await;
    answer.is_refused(409, "transaction_exists");
}

#[tokio::test]
pub async fn t30_a_payment_expires_to_the_millisecond() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    for (id, seconds, wait, state_then) in [
        ("pay-1", 30, 29_999, "confirmed"),
        ("pay-2", 30, 30_000, "expired"),
        ("pay-3", 3600, 3_599_999, "confirmed"),
        ("pay-4", 3600, 3_600_000, "expired"),
    ] {
        let mut body = payment("ada", id);
        body["expires_in_seconds"] = seconds.into();
        let made = app.post("/v2/transactions", body).await.is(201);
        app.world.advance_ms(wait);
        let answer = app.post(&at(id, "/confirm"), ada.answer(&made)).await;
        if state_then == "expired" {
            answer.is_refused(409, "transaction_expired");
            let answer = app.post(&at(id, "/challenge"), Value::Null).await;
            answer.is_refused(409, "transaction_expired");
        } else {
            answer.ok();
        }
        assert_eq!(state(&app, id).await, state_then, "{id}");
    }
}

#[tokio::test]
pub async fn t28_a_hundred_confirmations_at_once_are_one() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    let answer = ada.answer(&made);
    let path = at("pay-1", "/confirm");
    let answers = join_all((0..100).map(|_| app.post(&path, answer.clone()))).await;
    let mut ids: Vec<Value> = answers
        .into_iter()
        .map(|answer| claims(&answer.ok())["jti"].clone())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    let taken = join_all((0..100).map(|_| consume(&app, "pay-1", thirty_euros()))).await;
    let done = taken.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1);
    for answer in taken.iter().filter(|answer| answer.status != 200) {
        answer.is_refused(409, "already_consumed");
    }
}

#[tokio::test]
pub async fn t64_of_a_hundred_payments_of_one_name_one_is_made() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let bodies = (0..100).map(|n| {
        let mut body = payment("ada", "pay-1");
        body["payment"]["amount"] = format!("{n}.00").into();
        app.post("/v2/transactions", body)
    });
    let answers = join_all(bodies).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.is_refused(409, "transaction_exists");
    }
}

/// `("ab", "c")` and `("a", "bc")` are two payments.
#[tokio::test]
pub async fn t62_nothing_runs_together_into_the_same_digest() {
    let app = App::new().await;
    app.register("ab", 1).await;
    app.register("a", 2).await;
    let one = app.begin_payment("ab", "c").await.is(201);
    let other = app.begin_payment("a", "bc").await.is(201);
    assert_ne!(one["digest"], other["digest"]);
}

#[tokio::test]
pub async fn a_receipt_shows_others_what_was_confirmed() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let made = app.begin_payment("ada", "pay-1").await.is(201);
    app.post(&at("pay-1", "/confirm"), ada.answer(&made))
        .await
        .ok();
    let receipt = app.get(&at("pay-1", "/receipt")).await.ok();
    let key: VerifierKey = app.world.state.engine.log_verifier_key().parse().unwrap();
    let text = receipt["receipt"].as_str().unwrap();
    let leaf = verify::receipt::verify(text, &key).unwrap();
    let fingerprint = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        ada.answer(&made).to_string().as_bytes(),
    );
    assert_eq!(leaf.leaf().fingerprint, fingerprint.as_ref());
    let record: Value = serde_json::from_str(receipt["record"].as_str().unwrap()).unwrap();
    let told = &record["detail"]["transaction"];
    assert_eq!(told["digest"], made["digest"]);
    assert_eq!(told["transactionId"], "pay-1");
    app.get(&at("pay-2", "/receipt"))
        .await
        .is_refused(404, "transaction_not_found");
}

#[tokio::test]
pub async fn payments_are_listed_by_user_and_state() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    app.register("bob", 2).await;
    for (user, id) in [("ada", "a"), ("ada", "b"), ("ada", "c/d é"), ("bob", "e")] {
        app.world.advance_ms(1);
        app.begin_payment(user, id).await.is(201);
    }
    let options = app.post(&at("a", "/challenge"), Value::Null).await.ok();
    app.post(&at("a", "/confirm"), ada.answer(&options))
        .await
        .ok();
    app.post(&at("b", "/cancel"), Value::Null).await.ok();
    let ids = async |query: &str| {
        let listed = app.get(&format!("/v2/transactions{query}")).await;
        let total = listed.headers["x-total-count"].to_str().unwrap().to_owned();
        let listed = listed.ok();
        let listed = listed.as_array().unwrap();
        let ids = listed
            .iter()
            .map(|one| one["transaction_id"].as_str().unwrap());
        (ids.collect::<Vec<_>>().join(" "), total)
    };
    let expect = |ids: &str, total: &str| (ids.to_owned(), total.to_owned());
    assert_eq!(ids("").await, expect("e c/d é b a", "4"));
    assert_eq!(ids("?user_id=ada").await, expect("c/d é b a", "3"));
    assert_eq!(ids("?state=pending").await, expect("e c/d é", "2"));
    assert_eq!(ids("?state=confirmed&user_id=ada").await, expect("a", "1"));
    assert_eq!(ids("?per_page=2&page=2").await, expect("b a", "4"));
    app.world.advance_ms(300_000);
    assert_eq!(ids("?state=expired").await, expect("e c/d é", "2"));
    assert_eq!(ids("?state=pending").await, expect("", "0"));
    app.get("/v2/transactions?state=lost")
        .await
        .is_refused(400, "invalid");
    let shown = app.get(&at("c%2Fd%20%C3%A9", "")).await.ok();
    assert_eq!(shown["transaction_id"], "c/d é");
}

#[tokio::test]
pub async fn secure_payment_confirmation_needs_a_credential_registered_for_it() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let mut body = payment("ada", "pay-1");
    body["method"] = "secure_payment_confirmation".into();
    body["spc"] = json!({
        "caller_origin": "https://shop.example",
        "payee_origin": "https://shop.example",
        "instrument": { "display_name": "Card ••42", "icon": "data:image/png;base64,AA==" },
    });
    let refused = app.post("/v2/transactions", body.clone()).await;
    refused.is_refused(400, "no_credentials");

    let asked = json!({ "user_id": "ada", "username": "ada", "payment": true });
    let options = app.post("/registration/initialize", asked).await.ok();
    let card = testkit::Passkey::es256(2, super::RP_ID, super::ORIGIN);
    let made = card.attestation(&challenge(&options)).to_json();
    app.post_keyless("/registration/finalize", made.clone())
        .await
        .ok();
    let begun = app.post("/v2/transactions", body.clone()).await.is(201);
    assert_eq!(begun["method"], "secure_payment_confirmation");
    assert!(begun.get("publicKey").is_none());
    let request = &begun["payment_request"];
    assert_eq!(request["credentialIds"], json!([made["id"]]));
    assert_eq!(request["rpId"], "app.example");
    assert_eq!(request["payeeName"], "Bücher Schmidt");
    assert_eq!(request["payeeOrigin"], "https://shop.example");
    assert_eq!(
        request["total"]["amount"],
        json!({ "currency": "EUR", "value": "30.00" })
    );
    // An assertion that any page could ask for never passes for what the browser shows.
    let signed = wire::encoding::base64url::decode(request["challenge"].as_str().unwrap());
    let plain = card.assertion(&signed.unwrap()).to_json(Some(b"ada"));
    let answer = app.post(&at("pay-1", "/confirm"), plain).await;
    answer.is_refused(401, "type_mismatch");

    body["transaction_id"] = "pay-2".into();
    body["spc"]["caller_origin"] = "https://evil.example".into();
    let refused = app.post("/v2/transactions", body).await;
    refused.is_refused(400, "invalid");
}

#[tokio::test]
pub async fn what_cannot_be_paid_is_refused_by_name() {
    let app = App::new().await;
    app.register("ada", 1).await;
    app.register_mfa("factor", 2).await;
    for (pointer, value, status, code) in [
        ("/payment/amount", json!("30.0"), 400, "invalid"),
        ("/payment/amount", json!(30), 400, "invalid"),
        ("/payment/payee/iban", json!("DE"), 400, "invalid"),
        ("/user_id", json!("nobody"), 404, "user_not_found"),
        ("/user_id", json!("factor"), 400, "no_credentials"),
        (
            "/return_url",
            json!("https://evil.example/done"),
            400,
            "invalid",
        ),
        ("/expires_in_seconds", json!(29), 400, "invalid"),
        ("/another", json!(1), 400, "invalid"),
    ] {
        let mut body = payment("ada", "pay-1");
        match body.pointer_mut(pointer) {
            Some(member) => *member = value,
            None => {
                let (parent, name) = pointer.rsplit_once('/').unwrap();
                body.pointer_mut(parent).unwrap()[name] = value;
            }
        }
        let answer = app.post("/v2/transactions", body).await;
        answer.is_refused(status, code);
    }
    for verb in ["/challenge", "/cancel"] {
        let answer = app.post(&at("nothing", verb), Value::Null).await;
        answer.is_refused(404, "transaction_not_found");
    }
    let answer = consume(&app, "nothing", thirty_euros()).await;
    answer.is_refused(404, "transaction_not_found");
    app.get(&at("nothing", ""))
        .await
        .is_refused(404, "transaction_not_found");
}
