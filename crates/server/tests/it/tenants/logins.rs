//! Logging in, with passkeys and with second factors.

use serde_json::{Value, json};
use testkit::authenticator::UV;

use super::tokens::claims;
use super::{App, challenge};

#[tokio::test]
pub async fn whoever_answers_is_logged_in() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    app.register("bob", 2).await;
    let options = app.begin_login().await;
    let told = &options["publicKey"];
    assert_eq!(challenge(&options).len(), 32);
    assert_eq!(told["rpId"], "app.example");
    assert_eq!(told["timeout"], 60_000);
    assert_eq!(told["userVerification"], "required");
    assert!(told.get("allowCredentials").is_none());
    let answer = app
        .post_keyless("/login/finalize", ada.answer(&options))
        .await;
    let claims = claims(&answer.ok());
    assert_eq!(claims["sub"], "ada");
    assert_eq!(claims["use"], "login");
    assert_eq!(claims["cred"], ada.credential_id());
}

#[tokio::test]
pub async fn a_named_user_is_offered_what_he_has() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let second = app.register("ada", 2).await;
    app.register_mfa("ada", 3).await;
    let options = app
        .post("/login/initialize", json!({ "user_id": "ada" }))
        .await
        .ok();
    assert_eq!(
        options["publicKey"]["allowCredentials"],
        json!([
            { "type": "public-key", "id": ada.credential_id() },
            { "type": "public-key", "id": second.credential_id() },
        ])
    );
    // The user is known, so the handle may be missing; security keys tell none.
    let answer = second.assertion(&options).to_json(None);
    let claims = claims(&app.post_keyless("/login/finalize", answer).await.ok());
    assert_eq!(claims["sub"], "ada");
}

#[tokio::test]
pub async fn naming_a_user_needs_the_key() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let named = json!({ "user_id": "ada" });
    let begin = async |key, body: Value| {
        app.call("POST", "/login/initialize", key, Some(&body))
            .await
    };
    begin(None, named.clone())
        .await
        .says(401, "api key is missing", "");
    begin(Some("  "), named.clone())
        .await
        .says(401, "api key is missing", "");
    begin(Some("wrong"), named.clone()).await.says(
        401,
        "The api key is invalid",
        "api keys needs to be an apiKey Header and 32 byte long",
    );
    // Whether there is such a user is nobody's business.
    begin(None, json!({ "user_id": "nobody" }))
        .await
        .says(401, "api key is missing", "");
    // Without a name the key does not matter, not even a wrong one.
    begin(Some("wrong"), json!({})).await.ok();
    let padded = format!(" {} ", app.key);
    begin(Some(&padded), named.clone()).await.ok();
    let key = Some(app.key.as_str());
    begin(key, json!({ "user_id": "nobody" }))
        .await
        .says(404, "user not found", "");
    begin(key, json!({ "user_id": "" })).await.says(
        400,
        "unable to validate request",
        "user_id must at least have 1 entry",
    );
}

#[tokio::test]
pub async fn who_has_only_second_factors_cannot_log_in() {
    let app = App::new().await;
    let ada = app.register_mfa("ada", 1).await;
    app.post("/login/initialize", json!({ "user_id": "ada" }))
        .await
        .says(
            400,
            "failed to create webauthn assertion options for login: Found no credentials for user",
            "",
        );
    app.log_in(&ada)
        .await
        .is_refused(401, "credential_not_found");
}

#[tokio::test]
pub async fn a_second_factor_is_shown_with_any_credential_of_the_user() {
    let app = App::new().await;
    let passkey = app.register("ada", 1).await;
    let factor = app.register_mfa("ada", 2).await;
    let listed = app.get("/credentials").await.ok();
    let of = |id: &str| {
        let listed = listed.as_array().unwrap().iter();
        listed.clone().find(|one| one["id"] == id).unwrap().clone()
    };
    assert_eq!(of(&factor.credential_id())["is_mfa"], true);
    assert_eq!(of(&passkey.credential_id())["is_mfa"], false);
    for with in [&passkey, &factor] {
        let body = json!({ "user_id": "ada" });
        let options = app.post("/mfa/login/initialize", body).await.ok();
        let allowed = options["publicKey"]["allowCredentials"].as_array().unwrap();
        assert_eq!(allowed.len(), 2);
        assert_eq!(options["publicKey"]["userVerification"], "preferred");
        let answer = app.post("/mfa/login/finalize", with.answer(&options)).await;
        let claims = claims(&answer.ok());
        assert_eq!(claims["use"], "mfa_login");
        assert_eq!(claims["sub"], "ada");
    }
    let body = json!({ "user_id": "nobody" });
    app.post("/mfa/login/initialize", body)
        .await
        .says(404, "user not found", "");
    app.post("/mfa/login/initialize", json!({})).await.says(
        400,
        "unable to validate request",
        "user_id is a required field",
    );
}

#[tokio::test]
pub async fn every_mfa_route_needs_the_key() {
    let app = App::new().await;
    for path in [
        "/mfa/registration/initialize",
        "/mfa/registration/finalize",
        "/mfa/login/initialize",
        "/mfa/login/finalize",
        "/mfa/anything",
    ] {
        let answer = app.post_keyless(path, json!({ "not": "readable" })).await;
        answer.is_refused(401, "not_proven");
    }
    app.post("/mfa/anything", json!({}))
        .await
        .says(404, "Not Found", "");
}

/// An id of sixteen bytes is an id, and not the bytes of a UUID.
#[tokio::test]
pub async fn a_user_id_may_have_any_length_a_handle_may_have() {
    let app = App::new().await;
    for (length, seed) in [(1, 1), (15, 2), (16, 3), (17, 4), (64, 5)] {
        let person = app.register(&"u".repeat(length), seed).await;
        let claims = claims(&app.log_in(&person).await.ok());
        assert_eq!(claims["sub"], person.user_id.as_str(), "{length}");
    }
    let long = json!({ "user_id": "u".repeat(65), "username": "u" });
    app.post("/registration/initialize", long)
        .await
        .is_refused(400, "invalid");
}

/// Credentials that were moved from older servers tell a UUID's sixteen bytes.
#[tokio::test]
pub async fn a_uuid_is_known_by_its_bytes_as_well() {
    let app = App::new().await;
    let id = "0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a11";
    let ada = app.register(id, 1).await;
    let bytes = hex::decode(id.replace('-', "")).unwrap();
    for handle in [&bytes[..], id.as_bytes()] {
        let options = app.begin_login().await;
        let answer = ada.assertion(&options).to_json(Some(handle));
        let claims = claims(&app.post_keyless("/login/finalize", answer).await.ok());
        assert_eq!(claims["sub"], id);
    }
}

#[tokio::test]
pub async fn a_login_fails_in_the_words_clients_know() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let refused = async |edit: &dyn Fn(&mut serde_json::Value)| {
        let options = app.begin_login().await;
        let mut answer = ada.answer(&options);
        edit(&mut answer);
        app.post_keyless("/login/finalize", answer).await
    };
    let failed = "failed to validate assertion";
    refused(&|answer| {
        answer["id"] = "AAAA".into();
        answer["rawId"] = "AAAA".into();
    })
    .await
    .says(
        401,
        failed,
        "Unable to find the credential for the returned credential ID",
    );
    refused(&|answer| answer["response"]["userHandle"] = "Ym9i".into())
        .await
        .says(401, failed, "userHandle and User ID do not match");
    refused(&|answer| answer["response"]["userHandle"] = serde_json::Value::Null)
        .await
        .says(401, "failed to get user handle", "user not found");
    let answer = refused(&|answer| answer["response"]["signature"] = "AAAA".into()).await;
    answer.is_refused(401, "sig_not_der");
    refused(&|answer| answer["id"] = serde_json::Value::Null)
        .await
        .says(400, "unable to finish login", "Parse error for Assertion");

    let options = app.begin_login().await;
    let elsewhere = testkit::Passkey::es256(1, super::RP_ID, "https://evil.example");
    let answer = elsewhere
        .assertion(&challenge(&options))
        .to_json(Some(b"ada"));
    let answer = app.post_keyless("/login/finalize", answer).await;
    answer.says(401, failed, "Error validating origin");

    let options = app.begin_login().await;
    let unverified = |_: &mut _, data: &mut testkit::authenticator::AuthData| data.flags &= !UV;
    let answer = ada.passkey.assertion_with(&challenge(&options), unverified);
    let answer = app
        .post_keyless("/login/finalize", answer.to_json(Some(b"ada")))
        .await;
    answer.is_refused(401, "user_verification_missing");

    let never = ada.passkey.assertion(&[7; 32]).to_json(Some(b"ada"));
    app.post_keyless("/login/finalize", never).await.says(
        401,
        "failed to get session data",
        "received challenge does not match with any stored one",
    );
}

#[tokio::test]
pub async fn t37_a_counter_that_does_not_rise_is_refused() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    for (count, status) in [
        (0, 200),
        (5, 200),
        (6, 200),
        (6, 401),
        (5, 401),
        (0, 401),
        (7, 200),
    ] {
        let options = app.begin_login().await;
        let counted =
            |_: &mut _, data: &mut testkit::authenticator::AuthData| data.sign_count = count;
        let answer = ada.passkey.assertion_with(&challenge(&options), counted);
        let answer = app
            .post_keyless("/login/finalize", answer.to_json(Some(b"ada")))
            .await;
        assert_eq!(answer.status, status, "{count}: {:#}", answer.body);
    }
}
