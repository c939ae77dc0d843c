//! Tenants: made, shown, renamed, configured, removed.

use serde_json::{Value, json};

use super::{Desk, NOWHERE, least, text};

#[tokio::test]
pub async fn a_tenant_is_made_shown_and_listed() {
    let desk = Desk::new().await;
    assert_eq!(desk.ask("GET", "/tenants").await.body, json!([]));
    let mut body = least("Shop");
    body["create_api_key"] = json!(true);
    let made = desk.tell("POST", "/tenants", &body).await;
    assert_eq!(made.status, 201, "{:#}", made.body);
    let id = text(&made.body["id"]);
    let key = &made.body["api_key"];
    assert_eq!(key["name"], "Initial API Key");
    let secret = text(&key["secret"]);
    assert_eq!(secret.len(), 88);
    assert!(secret.ends_with("=="));
    assert!(text(&key["created_at"]).ends_with('Z'));

    let shown = desk.ask("GET", &format!("/tenants/{id}")).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.body["id"], id);
    assert_eq!(shown.body["display_name"], "Shop");
    let config = &shown.body["config"];
    assert_eq!(config["cors"], body["config"]["cors"]);
    assert_eq!(config["webauthn"]["user_verification"], "required");
    assert_eq!(config["mfa"]["attachment"], "cross-platform");
    assert!(shown.body.get("api_key").is_none());

    let listed = desk.ask("GET", "/tenants").await;
    assert_eq!(listed.body, json!([{ "id": id, "display_name": "Shop" }]));
}

#[tokio::test]
pub async fn a_tenant_without_an_api_key_has_a_token_key_all_the_same() {
    let desk = Desk::new().await;
    let made = desk.tell("POST", "/tenants", &least("Shop")).await;
    assert!(made.body.get("api_key").is_none(), "{:#}", made.body);
    let id = text(&made.body["id"]);
    let keys = desk.ask("GET", &format!("/tenants/{id}/secrets/api")).await;
    assert_eq!(keys.body, json!([]));
    let keys = desk.ask("GET", &format!("/tenants/{id}/secrets/jwk")).await;
    assert_eq!(keys.body[0]["name"], "Initial JWK Key");
}

#[tokio::test]
pub async fn what_is_wrong_with_a_tenant_is_told_at_once() {
    let desk = Desk::new().await;
    let missing = "allowed_origins is a required field and allow_unsafe_wildcard is a required \
                   field and id is a required field and display_name is a required field and \
                   origins is a required field and timeout is a required field";
    let whole = format!("display_name is a required field and {missing}");
    let title = "unable to create tenant";
    desk.tell("POST", "/tenants", &json!({}))
        .await
        .problem(400, title, &whole);
    desk.ask("POST", "/tenants")
        .await
        .problem(400, title, &whole);
    desk.tell("POST", "/tenants", &json!({ "display_name": 1 }))
        .await
        .problem(
            400,
            title,
            "Unmarshal type error: expected=string, got=number, field=display_name",
        );
    let mut strange = least("Shop");
    strange["config"]["zegel"] = json!({ "attestation": { "allow_aaguids": ["x"] } });
    let refused = desk.tell("POST", "/tenants", &strange).await;
    assert_eq!(refused.status, 400, "{:#}", refused.body);
    assert_eq!(refused.body["title"], title);

    let form = super::request("POST", "/tenants")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("display_name=Shop".into())
        .unwrap();
    desk.send(form)
        .await
        .problem(400, title, "Unsupported Media Type");

    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}", tenant.id);
    desk.tell("PUT", &path, &json!({})).await.problem(
        400,
        "unable to update tenant",
        "display_name is a required field",
    );
    desk.tell("PUT", &format!("{path}/config"), &json!({}))
        .await
        .problem(400, "unable to update tenant config", missing);
    assert_eq!(
        desk.ask("GET", "/tenants")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
pub async fn a_tenant_is_renamed() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}", tenant.id);
    let before = desk.ask("GET", &path).await.body;
    let renamed = desk
        .tell("PUT", &path, &json!({ "display_name": "Shop 2" }))
        .await;
    assert_eq!(renamed.status, 204);
    assert_eq!(renamed.body, "");
    let after = desk.ask("GET", &path).await.body;
    assert_eq!(after["display_name"], "Shop 2");
    assert_eq!(after["config"], before["config"]);
}

#[tokio::test]
pub async fn a_configuration_is_replaced_as_a_whole() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}", tenant.id);
    let set = async |config: &Value| {
        let reply = desk.tell("PUT", &format!("{path}/config"), config).await;
        assert_eq!(reply.status, 204, "{:#}", reply.body);
        desk.ask("GET", &path).await.body["config"].clone()
    };
    let plain = least("Shop")["config"].clone();
    let mut rich = plain.clone();
    rich["webauthn"]["user_verification"] = json!("preferred");
    rich["mfa"] = json!({ "timeout": 1000, "user_verification": "required" });
    rich["zegel"] = json!({ "token_algorithm": "ES256", "issuer": "https://keys.example" });
    let shown = set(&rich).await;
    assert_eq!(shown["webauthn"]["user_verification"], "preferred");
    assert_eq!(shown["mfa"]["timeout"], 1000);
    assert_eq!(shown["zegel"]["issuer"], "https://keys.example");
    // What was shown can be written back; nothing changes.
    assert_eq!(set(&shown).await, shown);
    // What is left out goes back to its default.
    let shown = set(&plain).await;
    assert_eq!(shown["webauthn"]["user_verification"], "required");
    assert_eq!(shown["mfa"]["timeout"], 60000);
    assert_eq!(shown["zegel"]["issuer"], Value::Null);
}

#[tokio::test]
pub async fn a_tenant_goes_with_everything_in_it() {
    let desk = Desk::new().await;
    let (gone, stays) = (desk.tenant("Gone").await, desk.tenant("Stays").await);
    for tenant in [&gone, &stays] {
        let passkey = desk.register(tenant, "u-1", 1).await;
        let begun = desk.payment(tenant, "u-1", "pay-1").await;
        desk.confirm(tenant, "u-1", &passkey, &begun).await;
    }
    let path = format!("/tenants/{}", gone.id);
    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
    for below in [
        "",
        "/audit_logs",
        "/secrets/api",
        "/secrets/jwk",
        "/users",
        "/credentials",
        "/transactions",
        "/transactions/pay-1",
        "/transactions/pay-1/receipt",
    ] {
        desk.ask("GET", &format!("{path}{below}"))
            .await
            .problem(404, "tenant not found", "");
    }
    desk.ask("DELETE", &path)
        .await
        .problem(404, "tenant not found", "");
    let public = desk.call(&gone, "GET", "/credentials", &json!({})).await;
    assert_eq!(public.status, 404);
    // Its neighbour, with the same passkey and the same names, has lost nothing.
    let path = format!("/tenants/{}", stays.id);
    for (below, count) in [("/users", 1), ("/credentials", 1), ("/transactions", 1)] {
        let listed = desk.ask("GET", &format!("{path}{below}")).await;
        assert_eq!(listed.body.as_array().unwrap().len(), count, "{below}");
    }
    let receipt = desk
        .ask("GET", &format!("{path}/transactions/pay-1/receipt"))
        .await;
    assert_eq!(receipt.status, 200);
    let tenants = desk.ask("GET", "/tenants").await;
    assert_eq!(
        tenants.body,
        json!([{ "id": stays.id, "display_name": "Stays" }])
    );
}

#[tokio::test]
pub async fn a_tenant_is_found_in_every_spelling_of_its_id_and_in_no_other() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    for spelt in [
        tenant.id.clone(),
        tenant.id.to_uppercase(),
        tenant.id.replace('-', ""),
        format!("urn:uuid:{}", tenant.id),
        format!("%7B{}%7D", tenant.id),
    ] {
        let shown = desk.ask("GET", &format!("/tenants/{spelt}")).await;
        assert_eq!(shown.body["id"], tenant.id, "{spelt}");
    }
    for strange in ["x", "1", "%20", &tenant.id[1..]] {
        desk.ask("GET", &format!("/tenants/{strange}"))
            .await
            .problem(400, "tenant_id must be a valid uuid4", "");
    }
    let nobody = format!("/tenants/{NOWHERE}");
    desk.ask("GET", &nobody)
        .await
        .problem(404, "tenant not found", "");
    // Before the body is read.
    desk.tell("PUT", &nobody, &json!({}))
        .await
        .problem(404, "tenant not found", "");
}

#[tokio::test]
pub async fn what_the_operator_does_is_in_the_audit_log() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}", tenant.id);
    desk.tell("PUT", &path, &json!({ "display_name": "Shop 2" }))
        .await;
    let key = json!({ "name": "second" });
    desk.tell("POST", &format!("{path}/secrets/api"), &key)
        .await;
    desk.tell("POST", &format!("{path}/secrets/api"), &key)
        .await;
    let request = super::request("POST", &format!("{path}/secrets/jwk"))
        .header("content-type", "application/json")
        .header("x-request-id", "r-1")
        .header("user-agent", "u".repeat(300))
        .body(json!({ "name": "third" }).to_string().into())
        .unwrap();
    assert_eq!(desk.send(request).await.status, 201);
    let log = desk.ask("GET", &format!("{path}/audit_logs")).await;
    assert_eq!(log.headers["x-total-count"], "5", "{:#}", log.body);
    let types: Vec<&str> = log
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "token_key_created",
            "api_key_created_failed",
            "api_key_created",
            "tenant_updated",
            "tenant_created",
        ]
    );
    let last = &log.body[0];
    assert_eq!(last["meta_http_request_id"], "r-1");
    assert_eq!(last["meta_user_agent"].as_str().unwrap().len(), 255);
    assert_eq!(last["tenant_id"], tenant.id);
    assert_eq!(last["transaction_id"], Value::Null);
    assert!(text(&log.body[1]["error"]).starts_with("secret_name_taken"));
    let one = desk
        .ask(
            "GET",
            &format!("{path}/audit_logs?type=tenant_updated&per_page=1"),
        )
        .await;
    assert_eq!(one.headers["x-total-count"], "1");
    desk.ask("GET", &format!("{path}/audit_logs?page=x"))
        .await
        .problem(
            400,
            "unable to list audit logs",
            "page must be a whole number from 1 to 4294967295",
        );
}

#[tokio::test]
pub async fn the_status_page_is_for_people() {
    let desk = Desk::new().await;
    let page = desk.ask("GET", "/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.headers.contains_key("content-security-policy"));
}
