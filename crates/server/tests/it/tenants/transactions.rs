//! Transactions as the compatible calls know them: any JSON, and a challenge over it.

use aws_lc_rs::digest::{SHA256, digest};
use futures_util::future::join_all;
use serde_json::json;

use super::tokens::claims;
use super::{App, challenge};

const FINISH: &str = "/transaction/finalize";

#[tokio::test]
pub async fn a_transaction_is_confirmed_by_its_challenge() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    app.register_mfa("ada", 2).await;
    let data = json!({ "b": 1.0, "a": "<x>", "n": 12345678901234567890_u64 });
    let options = app.begin_transaction("ada", "tx-1", data).await.ok();
    let signed = challenge(&options);
    assert_eq!(signed.len(), 64);
    let canonical = r#"{"a":"\u003cx\u003e","b":1,"n":12345678901234567000}"#;
    let expected = digest(&SHA256, format!("tx-1{canonical}").as_bytes());
    assert_eq!(&signed[32..], expected.as_ref());
    // Second factors confirm nothing.
    assert_eq!(
        options["publicKey"]["allowCredentials"],
        json!([{ "type": "public-key", "id": ada.credential_id() }])
    );

    let answer = ada.answer(&options);
    let claims = claims(&app.post(FINISH, answer.clone()).await.ok());
    assert_eq!(claims["trans"], "tx-1");
    assert_eq!(claims["sub"], "ada");
    app.post(FINISH, answer).await.says(
        401,
        "failed to get session data",
        "received challenge does not match with any stored one",
    );

    let signals = app.get("/transaction/ada").await.ok();
    let listed = signals.as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["identifier"], "tx-1");
    assert_eq!(listed[0]["data"], canonical);
    assert!(listed[0]["created_at"].is_string() && listed[0]["updated_at"].is_string());
}

/// A security key tells no user handle, and the user is known anyway.
#[tokio::test]
pub async fn a_user_handle_may_be_missing() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let options = app.begin_transaction("ada", "tx-1", json!(1)).await.ok();
    let answer = ada.assertion(&options).to_json(None);
    app.post(FINISH, answer).await.ok();
}

#[tokio::test]
pub async fn what_is_wrong_is_found_in_the_order_clients_know() {
    let app = App::new().await;
    app.register("ada", 1).await;
    app.register_mfa("factor", 2).await;
    let begin = async |user: &str, id: &str| app.begin_transaction(user, id, json!({})).await;
    begin("", "").await.says(
        400,
        "unable to validate request",
        "user_id is a required field and transaction_id is a required field",
    );
    begin("nobody", "tx-1")
        .await
        .says(404, "unable to find user", "");
    begin("ada", "tx-1").await.ok();
    begin("nobody", "tx-1")
        .await
        .says(404, "unable to find user", "");
    // Taken in the whole tenant, by whomever, in whatever state.
    begin("ada", "tx-1")
        .await
        .says(409, "transaction already exists", "");
    begin("factor", "tx-1")
        .await
        .says(409, "transaction already exists", "");
    begin("factor", "tx-2").await.says(
        400,
        "user has no suitable credentials for this operation",
        "",
    );
    let body = json!({ "user_id": "ada", "transaction_id": "tx-3", "transaction_data": null });
    app.post("/transaction/initialize", body).await.says(
        400,
        "unable to validate request",
        "transaction_data is a required field",
    );
}

#[tokio::test]
pub async fn a_confirmation_fails_in_the_words_clients_know() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let bob = app.register("bob", 2).await;
    let factor = app.register_mfa("ada", 3).await;
    for (number, other) in [&bob, &factor].into_iter().enumerate() {
        let id = format!("tx-{number}");
        let options = app.begin_transaction("ada", &id, json!(1)).await.ok();
        let answer = app.post(FINISH, other.answer(&options)).await;
        answer.says(
            401,
            "failed to validate assertion",
            "Unable to find the credential for the returned credential ID",
        );
        // One try is all a compatible transaction has: its challenge is gone.
        let answer = app.post(FINISH, ada.answer(&options)).await;
        answer.is_refused(401, "challenge_unknown");
    }
    let answer = app.post(FINISH, json!({ "id": "" })).await;
    answer.says(
        400,
        "unable to finish transaction",
        "Parse error for Assertion",
    );
    let answer = app.call("POST", FINISH, None, Some(&json!({}))).await;
    answer.is_refused(401, "not_proven");
}

/// By the tenant's name for a user, or by ours.
#[tokio::test]
pub async fn transactions_of_a_user_are_listed_under_either_id() {
    let app = App::new().await;
    app.register("ada", 1).await;
    for id in ["tx-1", "tx-2"] {
        app.begin_transaction("ada", id, json!({ "id": id }))
            .await
            .ok();
    }
    let listed = app.get("/transaction/ada").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let nobody = "11111111-1111-4111-8111-111111111111";
    let listed = app.get(&format!("/transaction/{nobody}")).await.ok();
    assert_eq!(listed, json!([]));
    app.get("/transaction/nobody")
        .await
        .says(400, "invalid user id", "");
}

#[tokio::test]
pub async fn t64_of_a_hundred_transactions_of_one_name_one_is_begun() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let begun = (0..100).map(|n| app.begin_transaction("ada", "tx-1", json!({ "n": n })));
    let answers = join_all(begun).await;
    let with = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((with(200), with(409)), (1, 99));
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        answer.says(409, "transaction already exists", "");
    }
}
