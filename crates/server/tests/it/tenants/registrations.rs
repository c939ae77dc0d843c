//! Registering passkeys and second factors.

use serde_json::{Value, json};
use testkit::Passkey;
use testkit::authenticator::UV;
use wire::encoding::base64url;

use super::tokens::claims;
use super::{App, ORIGIN, RP_ID, challenge, config};

#[tokio::test]
pub async fn options_say_what_the_tenant_asks_for() {
    let app = App::new().await;
    let body = json!({
        "user_id": "u-1", "username": "ada", "display_name": "Ada", "icon": "https://app.example/i",
    });
    let options = app.post("/registration/initialize", body).await.ok();
    let told = &options["publicKey"];
    assert_eq!(told["rp"], json!({ "id": RP_ID, "name": "App" }));
    assert_eq!(
        told["user"],
        json!({
            "id": base64url::encode("u-1"), "name": "ada", "displayName": "Ada",
            "icon": "https://app.example/i",
        })
    );
    assert_eq!(challenge(&options).len(), 32);
    assert_eq!(told["timeout"], 60_000);
    assert_eq!(told["attestation"], "none");
    assert_eq!(told["authenticatorSelection"]["residentKey"], "required");
    assert!(told.get("excludeCredentials").is_none());
    assert!(told.get("extensions").is_none());

    let body = json!({ "user_id": "u-1", "username": "ada" });
    let options = app.post("/mfa/registration/initialize", body).await.ok();
    let selection = &options["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["authenticatorAttachment"], "cross-platform");
    assert_eq!(selection["residentKey"], "discouraged");
    assert_eq!(selection["requireResidentKey"], false);
    assert_eq!(options["publicKey"]["timeout"], 30_000);
}

#[tokio::test]
pub async fn a_passkey_is_registered_and_a_token_says_so() {
    let app = App::new().await;
    let passkey = Passkey::es256(1, RP_ID, ORIGIN);
    let options = app.begin_registration("u-1").await;
    let made = passkey.attestation(&challenge(&options)).to_json();
    let answer = app
        .post_keyless("/registration/finalize", made.clone())
        .await;
    let claims = claims(&answer.ok());
    assert_eq!(claims["sub"], "u-1");
    assert_eq!(claims["use"], "registration");
    assert_eq!(claims["cred"], made["id"]);

    let listed = app.get("/credentials?user_id=u-1").await.ok();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], made["id"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(listed[0]["name"], format!("cred-{id}"));
    assert_eq!(listed[0]["is_mfa"], false);
    assert_eq!(listed[0]["transports"], json!(["internal"]));

    // Spent: the same answer again is an answer to nothing.
    app.post_keyless("/registration/finalize", made).await.says(
        400,
        "received challenge does not match with any stored one",
        "",
    );
}

/// A second registration on the same authenticator would replace the first.
#[tokio::test]
pub async fn what_a_user_has_is_excluded_from_what_is_registered_next() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let factor = app.register_mfa("ada", 2).await;
    let other = app.register("bob", 3).await;
    let options = app.begin_registration("ada").await;
    let excluded = options["publicKey"]["excludeCredentials"]
        .as_array()
        .unwrap();
    let ids: Vec<&str> = excluded
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, [ada.credential_id(), factor.credential_id()]);
    assert!(excluded.iter().all(|one| one["type"] == "public-key"));
    assert!(!ids.contains(&other.credential_id().as_str()));
}

/// Nothing is known of a user until a ceremony succeeds.
#[tokio::test]
pub async fn a_registration_that_is_only_begun_changes_nothing() {
    let app = App::new().await;
    app.begin_registration("ada").await;
    let begun = json!({ "user_id": "ada" });
    app.post("/login/initialize", begun)
        .await
        .says(404, "user not found", "");
    app.register("bob", 1).await;
    let renamed = json!({ "user_id": "bob", "username": "mallory" });
    app.post("/registration/initialize", renamed).await.ok();
    let signals = app.get("/users/bob/signals").await.ok();
    assert_eq!(signals["name"], "bob@app");
}

#[tokio::test]
pub async fn a_credential_is_registered_once_in_a_tenant() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let options = app.begin_registration("bob").await;
    let made = Passkey::es256(1, RP_ID, ORIGIN).attestation(&challenge(&options));
    let again = app
        .post_keyless("/registration/finalize", made.to_json())
        .await;
    again.is_refused(409, "credential_taken");
    // Another tenant of the same relying party may have it as well: staging and production.
    let (tenant, key) = super::found(&app.world, config()).await;
    let staging = App { tenant, key, ..app };
    staging.register("ada", 1).await;
}

#[tokio::test]
pub async fn t36_a_registration_without_verification_has_an_answer_of_its_own() {
    let app = App::new().await;
    let options = app.begin_registration("ada").await;
    let none = |_: &_, _: &[u8], _: &[u8; 32]| ("none", testkit::encode::cbor::Cbor::Map(vec![]));
    let made = Passkey::es256(1, RP_ID, ORIGIN).attestation_with(
        &challenge(&options),
        |_, data| data.flags &= !UV,
        none,
    );
    app.post_keyless("/registration/finalize", made.to_json())
        .await
        .says(
            422,
            "failed to validate attestation: Error validating the authenticator response: User \
             verification required but flag not set by authenticator\n",
            "Error validating the authenticator response",
        );
}

/// As a passkey is named after its model where anybody knows it, whatever it says of itself.
#[tokio::test]
pub async fn a_credential_id_may_be_of_any_length_up_to_1023_bytes() {
    let app = App::new().await;
    for (length, seed) in [(1, 1), (192, 2), (255, 3), (256, 4), (1023, 5)] {
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let id = vec![u8::try_from(seed).unwrap(); length];
        let user = format!("user-{length}");
        let options = app.begin_registration(&user).await;
        let none =
            |_: &_, _: &[u8], _: &[u8; 32]| ("none", testkit::encode::cbor::Cbor::Map(vec![]));
        let edit = |_: &mut _, data: &mut testkit::authenticator::AuthData| {
            data.credential().id = id.clone();
        };
        let mut made = passkey.attestation_with(&challenge(&options), edit, none);
        made.credential_id = id.clone();
        let done = app.post_keyless("/registration/finalize", made.to_json());
        done.await.ok();

        let options = app.begin_login().await;
        let mut answer = passkey.assertion(&challenge(&options));
        answer.credential_id = id.clone();
        let answer = answer.to_json(Some(user.as_bytes()));
        app.post_keyless("/login/finalize", answer).await.ok();

        let path = format!("/credentials/{}", base64url::encode(&id));
        assert_eq!(app.get(&path).await.ok()["user_id"], user.as_str());
        let gone = app.call("DELETE", &path, Some(&app.key), None).await;
        assert_eq!(gone.status, 204);
    }
}

#[tokio::test]
pub async fn a_conditional_registration_needs_nobody_to_be_present() {
    let app = App::new().await;
    let none = |_: &_, _: &[u8], _: &[u8; 32]| ("none", testkit::encode::cbor::Cbor::Map(vec![]));
    for (conditional, status) in [(true, 200), (false, 400)] {
        let body = json!({ "user_id": "u", "username": "u", "conditional": conditional });
        let options = app.post("/registration/initialize", body).await.ok();
        assert_eq!(options.get("mediation").is_some(), conditional);
        let made = Passkey::es256(1, RP_ID, ORIGIN).attestation_with(
            &challenge(&options),
            |_, data| data.flags &= !testkit::authenticator::UP,
            none,
        );
        let done = app.post_keyless("/registration/finalize", made.to_json());
        assert_eq!(done.await.status, status);
    }
}

#[tokio::test]
pub async fn a_payment_credential_is_asked_for_as_browsers_demand() {
    let app = App::new().await;
    let body = json!({ "user_id": "u", "username": "u", "payment": true });
    let options = app.post("/registration/initialize", body).await.ok();
    let told = &options["publicKey"];
    assert_eq!(
        told["extensions"],
        json!({ "payment": { "isPayment": true } })
    );
    let selection = &told["authenticatorSelection"];
    assert_eq!(selection["authenticatorAttachment"], "platform");
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(selection["residentKey"], "required");
}

/// Older pages put the transports beside the response.
#[tokio::test]
pub async fn transports_are_kept_wherever_they_stand() {
    let app = App::new().await;
    for (seed, inner, outer, expected) in [
        (
            1,
            json!(["usb", "nfc"]),
            json!(["ble"]),
            json!(["usb", "nfc"]),
        ),
        (2, json!([]), json!(["hybrid"]), json!(["hybrid"])),
        (3, json!([]), Value::Null, json!([])),
    ] {
        let options = app.begin_registration("ada").await;
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let mut made = passkey.attestation(&challenge(&options)).to_json();
        made["response"]["transports"] = inner;
        made["transports"] = outer;
        app.post_keyless("/registration/finalize", made.clone())
            .await
            .ok();
        let path = format!("/credentials/{}", made["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.ok()["transports"], expected);
    }
}
