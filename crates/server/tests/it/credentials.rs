//! Credentials: expiry, eviction, limits and the last one.

use serde_json::{Value, json};
use testkit::{ApiKey, Passkey};

use crate::support::{Persona, World, api_key, authenticator};

fn expiring(name: &str, key: &ApiKey, seconds: &str) -> Value {
    let mut key = api_key(name, key);
    key["expirationSeconds"] = seconds.into();
    key
}

async fn register(world: &World, keys: Value) -> crate::support::Reply {
    let parameters = json!({ "userId": world.root.user, "apiKeys": keys });
    world
        .submit(&world.root, "CREATE_API_KEYS_V2", parameters)
        .await
}

#[tokio::test]
pub async fn an_expired_key_is_refused_in_the_words_clients_know() {
    let world = World::new().await;
    let short = ApiKey::p256(20);
    register(&world, json!([expiring("short", &short, "60")]))
        .await
        .completed();
    let holder = Persona {
        key: short,
        ..world.root.clone()
    };
    world.advance_ms(59_999);
    assert_eq!(world.ask(&holder, "whoami", json!({})).await.status, 200);
    world.advance_ms(1);
    let refused = world.ask(&holder, "whoami", json!({})).await;
    refused.fails(401, "Unauthenticated desc = expired api key publicKey=");
    assert_eq!(refused.body["turnkeyErrorCode"], "API_KEY_EXPIRED");
    world.advance_ms(1);
    world
        .submit(
            &holder,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [] }),
        )
        .await
        .fails(401, "expired api key");
}

#[tokio::test]
pub async fn a_removed_credential_stops_at_once() {
    let world = World::new().await;
    let spare = ApiKey::p256(21);
    let created = register(&world, json!([api_key("spare", &spare)]))
        .await
        .completed();
    let holder = Persona {
        key: spare,
        ..world.root.clone()
    };
    assert_eq!(world.ask(&holder, "whoami", json!({})).await.status, 200);
    world
        .done(
            &world.root,
            "DELETE_API_KEYS",
            json!({
                "userId": world.root.user, "apiKeyIds": created["apiKeyIds"],
            }),
        )
        .await;
    world
        .ask(&holder, "whoami", json!({}))
        .await
        .fails(401, "could not find public key");
}

#[tokio::test]
pub async fn the_eleventh_expiring_key_evicts_an_expired_one_else_the_oldest() {
    let world = World::new().await;
    let keys: Vec<ApiKey> = (100..112).map(ApiKey::p256).collect();
    // The second expires first.
    for (i, key) in keys[..10].iter().enumerate() {
        let seconds = if i == 1 { "10" } else { "100000" };
        register(&world, json!([expiring(&format!("k{i}"), key, seconds)]))
            .await
            .completed();
    }
    world.advance_ms(10_000);
    register(&world, json!([expiring("k10", &keys[10], "100000")]))
        .await
        .completed();
    register(&world, json!([expiring("k11", &keys[11], "100000")]))
        .await
        .completed();
    let held = world.ask(&world.root, "get_api_keys", json!({})).await;
    let held: Vec<&str> = held.body["apiKeys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["credential"]["publicKey"].as_str().unwrap())
        .collect();
    assert_eq!(held.len(), 11);
    assert!(
        !held.contains(&keys[1].public_key_hex().as_str()),
        "the expired one goes first"
    );
    assert!(
        !held.contains(&keys[0].public_key_hex().as_str()),
        "then the oldest"
    );
}

#[tokio::test]
pub async fn long_lived_keys_and_passkeys_have_limits() {
    let world = World::new().await;
    let keys: Vec<Value> = (200..209)
        .map(|seed| api_key(&format!("k{seed}"), &ApiKey::p256(seed)))
        .collect();
    register(&world, json!(keys)).await.completed();
    register(&world, json!([api_key("one more", &ApiKey::p256(300))]))
        .await
        .fails(429, "user has exceeded maximum long-lived api keys");
    let passkeys: Vec<Value> = (0..11)
        .map(|seed| {
            let passkey = Passkey::es256(seed, "app.example", "https://app.example");
            authenticator(&format!("p{seed}"), &passkey)
        })
        .collect();
    world
        .submit(
            &world.root,
            "CREATE_AUTHENTICATORS_V2",
            json!({
                "userId": world.root.user, "authenticators": passkeys,
            }),
        )
        .await
        .fails(429, "user has exceeded maximum authenticators");
}

#[tokio::test]
pub async fn the_last_lasting_credential_of_a_quorum_member_stays() {
    let world = World::new().await;
    register(
        &world,
        json!([expiring("short", &ApiKey::p256(22), "1000")]),
    )
    .await
    .completed();
    let keys = world.ask(&world.root, "get_api_keys", json!({})).await;
    let lasting = keys.body["apiKeys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key.get("expirationSeconds").is_none())
        .unwrap()["apiKeyId"]
        .clone();
    world
        .submit(
            &world.root,
            "DELETE_API_KEYS",
            json!({
                "userId": world.root.user, "apiKeyIds": [lasting],
            }),
        )
        .await
        .fails(400, "user missing valid credential");
}

#[tokio::test]
pub async fn t20_keys_that_are_no_points_are_refused() {
    let world = World::new().await;
    let good = ApiKey::p256(23).public_key_hex();
    for (curve, key) in [
        ("API_KEY_CURVE_P256", format!("04{}", &good[2..])),
        ("API_KEY_CURVE_P256", format!("02{}", "ff".repeat(32))),
        ("API_KEY_CURVE_P256", "00".repeat(33)),
        ("API_KEY_CURVE_P256", "00".to_owned()),
        ("API_KEY_CURVE_P256", good.to_uppercase()),
        ("API_KEY_CURVE_P256", format!("0x{good}")),
        ("API_KEY_CURVE_SECP256K1", format!("02{}", "ff".repeat(32))),
        ("API_KEY_CURVE_ED25519", good.clone()),
        ("API_KEY_CURVE_X", good.clone()),
    ] {
        let key = json!({ "apiKeyName": "k", "publicKey": key, "curveType": curve });
        register(&world, json!([key]))
            .await
            .fails(400, "parameters.apiKeys[0].");
    }
}

#[tokio::test]
pub async fn users_tags_and_features_are_kept() {
    let world = World::new().await;
    let user = world.user("Ada", ApiKey::p256(24)).await;
    let tag = world
        .done(
            &world.root,
            "CREATE_USER_TAG",
            json!({ "userTagName": "ops", "userIds": [user.user] }),
        )
        .await["userTagId"]
        .clone();
    world
        .done(
            &world.root,
            "UPDATE_USER",
            json!({
                "userId": user.user, "userName": "Ada L.", "userEmail": "ada@example.org",
                "userPhoneNumber": "+31201234567", "userTagIds": [tag],
            }),
        )
        .await;
    let read = world
        .ask(&world.root, "get_user", json!({ "userId": user.user }))
        .await;
    let read = &read.body["user"];
    assert_eq!(read["userName"], "Ada L.");
    assert_eq!(read["userEmail"], "ada@example.org");
    assert_eq!(read["userTags"], json!([tag]));
    for member in ["authenticators", "apiKeys", "oauthProviders", "mfaPolicies"] {
        assert!(read[member].is_array(), "{member}");
    }
    let deleted = world
        .done(
            &world.root,
            "DELETE_USER_TAGS",
            json!({ "userTagIds": [tag] }),
        )
        .await;
    assert_eq!(deleted["userIds"], json!([user.user]));
    world
        .done(
            &world.root,
            "DELETE_USERS",
            json!({ "userIds": [user.user] }),
        )
        .await;
    world
        .ask(&user, "whoami", json!({}))
        .await
        .fails(401, "could not find public key");
    let set = json!({ "name": "FEATURE_NAME_WEBHOOK", "value": "https://example.org" });
    let features = world
        .done(&world.root, "SET_ORGANIZATION_FEATURE", set)
        .await;
    assert_eq!(features["features"][0]["value"], "https://example.org");
    let configs = world
        .ask(&world.root, "get_organization_configs", json!({}))
        .await;
    assert_eq!(configs.body["configs"]["quorum"]["threshold"], 1);
    let gone = json!({ "name": "FEATURE_NAME_WEBHOOK" });
    assert_eq!(
        world
            .done(&world.root, "REMOVE_ORGANIZATION_FEATURE", gone)
            .await["features"],
        json!([])
    );
}
