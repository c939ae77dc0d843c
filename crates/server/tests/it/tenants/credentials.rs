//! Listing, renaming and removing credentials; the audit log; signals.

use axum::body::Body;
use axum::http::Request;
use engine::tenants::Authenticators;
use serde_json::{Value, json};
use testkit::Passkey;
use testkit::encode::cbor::Cbor;

use super::{App, ORIGIN, RP_ID, challenge, config};
use crate::support::World;

#[tokio::test]
pub async fn a_credential_is_shown_renamed_and_removed() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let path = format!("/credentials/{}", ada.credential_id());
    let shown = app.get(&path).await.ok();
    assert_eq!(
        shown,
        json!({
            "id": ada.credential_id(),
            "name": format!("cred-{}", ada.credential_id()),
            "public_key": wire::encoding::base64url::encode(ada.passkey.public_key()),
            "attestation_type": "none",
            "aaguid": "00000000-0000-0000-0000-000000000000",
            "created_at": "2027-01-15T08:00:00.000Z",
            "last_used_at": "2027-01-15T08:00:00.000Z",
            "transports": ["internal"],
            "backup_eligible": false,
            "backup_state": false,
            "is_mfa": false,
            "user_id": "ada",
        })
    );
    app.world.advance_ms(5);
    app.log_in(&ada).await.ok();
    let shown = app.get(&path).await.ok();
    assert_eq!(shown["last_used_at"], "2027-01-15T08:00:00.005Z");

    let rename = async |body: Value| app.call("PATCH", &path, Some(&app.key), Some(&body)).await;
    let done = rename(json!({ "name": "Ada’s phone" })).await;
    assert_eq!((done.status.as_u16(), done.body), (204, json!("")));
    assert_eq!(app.get(&path).await.ok()["name"], "Ada’s phone");
    rename(json!({})).await.says(
        400,
        "unable to validate request",
        "name is a required field",
    );

    let remove = async || app.call("DELETE", &path, Some(&app.key), None).await;
    assert_eq!(remove().await.status, 204);
    let title = format!("credential with id '{}' not found", ada.credential_id());
    remove().await.says(404, &title, "");
    app.get(&path).await.says(404, &title, "");
    rename(json!({ "name": "x" })).await.says(404, &title, "");
    app.get("/credentials/not*base64").await.says(
        404,
        "credential with id 'not*base64' not found",
        "",
    );
    app.log_in(&ada)
        .await
        .is_refused(401, "credential_not_found");
}

#[tokio::test]
pub async fn credentials_are_listed_page_by_page() {
    let app = App::new().await;
    let mut ids = Vec::new();
    for seed in 1..=25 {
        app.world.advance_ms(1);
        let user = if seed % 5 == 0 { "bob" } else { "ada" };
        ids.push(app.register(user, seed).await.credential_id());
    }
    let list = async |query: &str| {
        let listed = app.get(&format!("/credentials{query}")).await;
        assert_eq!(listed.status, 200, "{:#}", listed.body);
        let seen = listed.body.as_array().unwrap().iter();
        let seen: Vec<String> = seen
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        (seen, listed.headers)
    };
    let newest: Vec<String> = ids.iter().rev().cloned().collect();
    let (seen, headers) = list("").await;
    assert_eq!(seen, newest[..20]);
    assert_eq!(headers["x-total-count"], "25");
    let at = format!("{}/{}/credentials", crate::support::AUDIENCE, app.tenant);
    assert_eq!(
        headers["link"],
        format!("<{at}?page=2&per_page=20>; rel=\"last\",<{at}?page=2&per_page=20>; rel=\"next\"")
    );
    assert_eq!(list("?page=2").await.0, newest[20..]);
    assert_eq!(list("?order=asc&per_page=3").await.0, ids[..3]);
    let (seen, headers) = list("?user_id=bob&order=desc").await;
    assert_eq!(
        seen,
        [
            &newest[0],
            &newest[5],
            &newest[10],
            &newest[15],
            &newest[20]
        ]
        .map(Clone::clone)
    );
    assert_eq!(headers["x-total-count"], "5");
    assert_eq!(list("?user_id=nobody").await.0, Vec::<String>::new());
    app.get("/credentials?order=up").await.says(
        400,
        "unable to validate request",
        "Order must be one of 'asc desc'",
    );
    app.get("/credentials?page=x")
        .await
        .is_refused(400, "invalid");
}

#[tokio::test]
async fn a_passkey_is_named_after_its_model_where_it_has_a_name() {
    let known = Authenticators {
        name: Box::new(|aaguid| (*aaguid == [7; 16]).then(|| "Seven Keys".to_owned())),
        ..Authenticators::default()
    };
    let world = World::with(|engine| engine.with_authenticators(known)).await;
    let (tenant, key) = super::found(&world, config()).await;
    let app = App { world, tenant, key };
    for (seed, aaguid, name) in [(1, 7, Some("Seven Keys")), (2, 8, None)] {
        let options = app.begin_registration("ada").await;
        let made = Passkey::es256(seed, RP_ID, ORIGIN).attestation_with(
            &challenge(&options),
            |_, data| data.credential().aaguid = [aaguid; 16],
            |_, _, _| ("none", Cbor::Map(vec![])),
        );
        let id = made.to_json()["id"].as_str().unwrap().to_owned();
        app.post_keyless("/registration/finalize", made.to_json())
            .await
            .ok();
        let shown = app.get(&format!("/credentials/{id}")).await.ok();
        let unnamed = format!("cred-{id}");
        assert_eq!(shown["name"], name.unwrap_or(&unnamed));
    }
}

#[tokio::test]
pub async fn signals_tell_authenticators_what_is_left() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    let gone = app.register("ada", 2).await;
    let path = format!("/credentials/{}", gone.credential_id());
    app.call("DELETE", &path, Some(&app.key), None).await;
    assert_eq!(
        app.get("/users/ada/signals").await.ok(),
        json!({
            "rpId": RP_ID, "userId": wire::encoding::base64url::encode("ada"),
            "allAcceptedCredentialIds": [ada.credential_id()],
            "name": "ada@app", "displayName": "ada@app",
        })
    );
    app.get("/users/nobody/signals")
        .await
        .is_refused(404, "user_not_found");
    let answer = app.call("GET", "/users/ada/signals", None, None).await;
    answer.is_refused(401, "not_proven");
}

#[tokio::test]
pub async fn the_audit_log_keeps_what_happened_failures_included() {
    let app = App::new().await;
    let ada = app.register("ada", 1).await;
    app.world.advance_ms(1000);
    let options = app.begin_transaction("ada", "tx-1", json!(1)).await.ok();
    app.world.advance_ms(1000);
    let mut bad = ada.answer(&options);
    bad["response"]["userHandle"] = "Ym9i".into();
    let long = "x".repeat(300);
    let request = Request::post(format!("/{}/transaction/finalize", app.tenant))
        .header("apiKey", &app.key)
        .header("x-request-id", "request-7")
        .header("user-agent", &long)
        .body(Body::from(bad.to_string()))
        .unwrap();
    app.world
        .send(request)
        .await
        .is_refused(401, "user_handle_mismatch");

    let listed = app.get("/audit_logs").await;
    assert_eq!(listed.headers["x-total-count"], "5");
    let entries = listed.ok();
    let types: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "webauthn_transaction_final_failed",
            "webauthn_transaction_init_succeeded",
            "webauthn_registration_final_succeeded",
            "webauthn_registration_init_succeeded",
            "tenant_created",
        ]
    );
    let failed = &entries[0];
    let why = failed["error"].as_str().unwrap();
    assert!(why.starts_with("user_handle_mismatch"), "{why}");
    assert_eq!(failed["meta_http_request_id"], "request-7");
    assert_eq!(failed["meta_user_agent"].as_str().unwrap().len(), 255);
    assert_eq!(failed["meta_source_ip"], "127.0.0.1");
    assert_eq!(failed["actor_user_id"], "ada");
    assert_eq!(failed["transaction_id"], "tx-1");
    assert_eq!(failed["tenant_id"], app.tenant.to_string());
    assert_eq!(entries[2]["transaction_id"], Value::Null);

    let count = async |query: &str| {
        let listed = app.get(&format!("/audit_logs?{query}")).await.ok();
        listed.as_array().unwrap().len()
    };
    assert_eq!(
        count("type=webauthn_transaction_final_failed,nothing").await,
        1
    );
    let both = "type=webauthn_transaction_final_failed&type=webauthn_transaction_init_succeeded";
    assert_eq!(count(both).await, 2);
    assert_eq!(count("start_time=2027-01-15T08:00:01Z").await, 2);
    assert_eq!(count("end_time=2027-01-15T08:00:01Z").await, 3);
    assert_eq!(count("actor_user_id=ad").await, 4);
    assert_eq!(count("actor_user_id=%25").await, 0);
    assert_eq!(count("q=127.0").await, 4);
    assert_eq!(count("meta_source_ip=10.").await, 0);
    assert_eq!(count("type=x')%20OR%20true--").await, 0);
    let answer = app.get("/audit_logs?start_time=yesterday").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["title"], "unable to list audit logs");
}
