//! API keys and token keys.

use std::path::Path;

use serde_json::{Value, json};
use store::Location;

use super::{Desk, NOWHERE, TOKEN, Tenant, text};
use crate::stores;

impl Desk {
    async fn new_key(&self, tenant: &Tenant, kind: &str, name: &str) -> Value {
        // Keys are listed by their age.
        self.world.advance_ms(1);
        let path = format!("/tenants/{}/secrets/{kind}", tenant.id);
        let made = self.tell("POST", &path, &json!({ "name": name })).await;
        assert_eq!(made.status, 201, "{:#}", made.body);
        made.body
    }

    async fn keys(&self, tenant: &Tenant, kind: &str) -> Vec<Value> {
        let path = format!("/tenants/{}/secrets/{kind}", tenant.id);
        let listed = self.ask("GET", &path).await;
        assert_eq!(listed.status, 200);
        listed.body.as_array().unwrap().clone()
    }

    /// The ids of the keys that anybody can verify tokens with.
    async fn published(&self, tenant: &Tenant) -> Vec<String> {
        let jwks = self
            .call(tenant, "GET", "/.well-known/jwks.json", &json!({}))
            .await;
        assert_eq!(jwks.status, 200, "{:#}", jwks.body);
        let keys = jwks.body["keys"].as_array().unwrap();
        keys.iter().map(|key| text(&key["kid"])).collect()
    }
}

/// Who signed a token, by its header.
fn signer(token: &str) -> String {
    let header = token.split('.').next().unwrap();
    let header = wire::encoding::base64url::decode(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    text(&header["kid"])
}

#[tokio::test]
pub async fn an_api_key_is_shown_once_and_works_until_it_is_removed() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let made = desk.new_key(&tenant, "api", "second").await;
    let secret = text(&made["secret"]);
    assert_eq!(secret.len(), 88);
    let listed = desk.keys(&tenant, "api").await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["name"], "Initial API Key");
    assert_eq!(
        listed[1],
        json!({
            "id": made["id"], "name": "second", "secret": "", "environment": null,
            "created_at": made["created_at"],
        })
    );
    let status = async |key: &str| {
        let nothing = json!({});
        let reply = desk.call_with(key, &tenant, "GET", "/credentials", &nothing);
        reply.await.status.as_u16()
    };
    assert_eq!(status(&secret).await, 200);
    assert_eq!(status(&tenant.key).await, 200);
    let path = format!("/tenants/{}/secrets/api/{}", tenant.id, text(&made["id"]));
    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
    assert_eq!(status(&secret).await, 401);
    assert_eq!(status(&tenant.key).await, 200);
    let id = text(&made["id"]);
    desk.ask("DELETE", &path)
        .await
        .problem(404, &format!("secret with ID '{id}' not found"), "");
}

#[tokio::test]
pub async fn an_api_key_may_be_for_one_environment() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}/secrets/api", tenant.id);
    for (named, environment) in [
        (json!("sandbox"), json!("sandbox")),
        (json!("devnet"), json!("devnet")),
        (json!("mainnet"), json!("mainnet")),
        (json!("production"), json!("mainnet")),
        (json!(null), json!(null)),
    ] {
        desk.world.advance_ms(1);
        let body = json!({ "name": format!("for {named}"), "environment": named });
        let made = desk.tell("POST", &path, &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.body["environment"], environment);
        let listed = desk.keys(&tenant, "api").await;
        assert_eq!(listed.last().unwrap()["environment"], environment);
    }
    // A misspelt one would be good everywhere if it were taken for none.
    for (named, details) in [
        ("", "environment: \"\" is not sandbox, devnet or mainnet"),
        (
            "Devnet",
            "environment: \"Devnet\" is not sandbox, devnet or mainnet",
        ),
        (
            "testnet",
            "environment: \"testnet\" is not sandbox, devnet or mainnet",
        ),
    ] {
        let body = json!({ "name": "misspelt", "environment": named });
        desk.tell("POST", &path, &body)
            .await
            .problem(400, "unable to create key", details);
    }
    let mistyped = json!({ "name": "mistyped", "environment": ["devnet"] });
    let refused = desk.tell("POST", &path, &mistyped).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_eq!(desk.keys(&tenant, "api").await.len(), 6);
    // The first key of a tenant is for everything.
    let first = &desk.keys(&tenant, "api").await[0];
    assert_eq!(first["environment"], json!(null));
}

#[tokio::test]
pub async fn secrets_are_hashed_in_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("data");
    let location = Location::Directory(place.clone());
    let runtime = tokio::runtime::Handle::current();
    let secrets = tokio::task::spawn_blocking(move || {
        let mut secrets = Vec::new();
        stores::on(
            move || location.clone(),
            || {
                secrets = runtime.block_on(async {
                    let desk = Desk::new().await;
                    let tenant = desk.tenant("Shop").await;
                    let second = desk.new_key(&tenant, "api", "second").await;
                    vec![tenant.key, text(&second["secret"])]
                });
            },
        );
        secrets
    });
    let mut secrets = secrets.await.unwrap();
    secrets.push(TOKEN.to_owned());
    let mut files = 0;
    for entry in std::fs::read_dir(&place).unwrap() {
        let file = entry.unwrap().path();
        files += 1;
        for secret in &secrets {
            assert!(!holds(&file, secret), "{}", file.display());
        }
    }
    assert!(files > 0);
    // The name is there, so the search works.
    assert!(
        std::fs::read_dir(&place)
            .unwrap()
            .any(|entry| holds(&entry.unwrap().path(), "second"))
    );
}

fn holds(file: &Path, text: &str) -> bool {
    let bytes = std::fs::read(file).unwrap();
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test]
pub async fn a_name_is_given_once_in_a_tenant_to_keys_of_either_kind() {
    let desk = Desk::new().await;
    let (tenant, other) = (desk.tenant("Shop").await, desk.tenant("Other").await);
    desk.new_key(&tenant, "api", "backend").await;
    for kind in ["api", "jwk"] {
        for name in ["backend", "Initial API Key", "Initial JWK Key"] {
            let path = format!("/tenants/{}/secrets/{kind}", tenant.id);
            desk.tell("POST", &path, &json!({ "name": name }))
                .await
                .problem(409, "Secret with this name already exists", "");
        }
    }
    desk.new_key(&other, "api", "backend").await;
}

#[tokio::test]
pub async fn a_new_token_key_signs_at_once_and_the_old_one_still_verifies() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let passkey = desk.register(&tenant, "u-1", 1).await;
    let first = text(&desk.keys(&tenant, "jwk").await[0]["id"]);
    assert_eq!(signer(&desk.log_in(&tenant, "u-1", &passkey).await), first);

    let second = desk.new_key(&tenant, "jwk", "second").await;
    assert_eq!(second["secret"], "");
    assert_eq!(second["algorithm"], "RS256");
    let second = text(&second["id"]);
    assert_eq!(signer(&desk.log_in(&tenant, "u-1", &passkey).await), second);
    let mut published = desk.published(&tenant).await;
    published.sort();
    let mut both = vec![first.clone(), second.clone()];
    both.sort();
    assert_eq!(published, both);
    let listed = desk.keys(&tenant, "jwk").await;
    let signing: Vec<bool> = listed
        .iter()
        .map(|key| key["is_signing"].as_bool().unwrap())
        .collect();
    assert_eq!(signing, [false, true]);

    let path = |id: &str| format!("/tenants/{}/secrets/jwk/{id}", tenant.id);
    assert_eq!(desk.ask("DELETE", &path(&first)).await.status, 204);
    assert_eq!(desk.published(&tenant).await, [second.as_str()]);
    desk.ask("DELETE", &path(&second)).await.problem(
        409,
        "unable to remove key",
        "the only token key cannot be removed; create another one first",
    );
    assert_eq!(signer(&desk.log_in(&tenant, "u-1", &passkey).await), second);
}

#[tokio::test]
pub async fn a_new_token_key_is_of_the_algorithm_that_is_configured_then() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let path = format!("/tenants/{}", tenant.id);
    for algorithm in ["ES256", "EdDSA", "RS256"] {
        let mut config = super::least("Shop")["config"].clone();
        config["zegel"] = json!({ "token_algorithm": algorithm });
        let set = desk.tell("PUT", &format!("{path}/config"), &config).await;
        assert_eq!(set.status, 204);
        let made = desk.new_key(&tenant, "jwk", algorithm).await;
        assert_eq!(made["algorithm"], algorithm);
    }
    let passkey = desk.register(&tenant, "u-1", 1).await;
    desk.log_in(&tenant, "u-1", &passkey).await;
    assert_eq!(desk.published(&tenant).await.len(), 4);
}

#[tokio::test]
pub async fn keys_are_removed_by_their_id_where_they_are() {
    let desk = Desk::new().await;
    let (tenant, other) = (desk.tenant("Shop").await, desk.tenant("Other").await);
    let key = text(&desk.keys(&other, "api").await[0]["id"]);
    let token_key = text(&desk.keys(&other, "jwk").await[0]["id"]);
    for (kind, id) in [
        // A neighbour's, a key of the other kind, and one that is nobody's: told alike.
        ("api", key.as_str()),
        ("jwk", token_key.as_str()),
        ("api", token_key.as_str()),
        ("jwk", key.as_str()),
        ("api", NOWHERE),
        ("jwk", NOWHERE),
    ] {
        let path = format!("/tenants/{}/secrets/{kind}/{id}", tenant.id);
        desk.ask("DELETE", &path).await.problem(
            404,
            &format!("secret with ID '{id}' not found"),
            "",
        );
        let path = format!("/tenants/{}/secrets/{kind}/no-id", tenant.id);
        desk.ask("DELETE", &path).await.problem(
            400,
            "unable to remove key",
            "SecretId must be a valid uuid4",
        );
    }
    assert_eq!(desk.keys(&other, "api").await.len(), 1);
    assert_eq!(desk.keys(&other, "jwk").await.len(), 1);
}

#[tokio::test]
pub async fn a_key_needs_a_name() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    for kind in ["api", "jwk"] {
        let path = format!("/tenants/{}/secrets/{kind}", tenant.id);
        desk.tell("POST", &path, &json!({ "name": "" }))
            .await
            .problem(400, "unable to create key", "name is a required field");
    }
}

#[tokio::test]
pub async fn a_tenant_has_a_bounded_number_of_keys() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    for number in 1..50 {
        desk.new_key(&tenant, "api", &number.to_string()).await;
    }
    let path = format!("/tenants/{}/secrets/api", tenant.id);
    desk.tell("POST", &path, &json!({ "name": "one more" }))
        .await
        .problem(
            409,
            "unable to create key",
            "a tenant has at most 50 keys of a kind",
        );
}
