//! What a reviewer who wanted in tried.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::{ApiKey, Passkey};

use crate::support::{
    Persona, Reply, World, api_key, authenticator, ethereum_account, path_of, root_user,
};

/// Stamped and believed before its credential was removed, decided after: what is recorded must
/// rest on the credentials as they are when it is recorded (threat T47).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
pub async fn t47_a_command_under_way_does_not_outlive_its_credential() {
    let world = Arc::new(World::new().await);
    for round in 0..20 {
        let stolen = ApiKey::p256(100 + round);
        let parameters =
            json!({ "userId": world.root.user, "apiKeys": [api_key("stolen", &stolen)] });
        let created = world
            .done(&world.root, "CREATE_API_KEYS_V2", parameters)
            .await;
        world.advance_ms(1);
        let removal = json!({
            "userId": world.root.user, "apiKeyIds": created["apiKeyIds"],
        });
        let mut crowd: Vec<(&str, Value, ApiKey)> = (0..8)
            .map(|i| {
                let name = json!({ "organizationName": format!("Stolen {round}.{i}") });
                ("UPDATE_ORGANIZATION_NAME", name, stolen.clone())
            })
            .collect();
        crowd.insert(2, ("DELETE_API_KEYS", removal, world.root.key.clone()));
        let posts = crowd.into_iter().map(|(kind, parameters, key)| {
            let body = world.body(&world.root, kind, parameters);
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let reply = world.post(&path_of(kind), &body, key.stamp(&body)).await;
                (kind, reply)
            })
        });
        let mut removed_at = None;
        let mut stolen_at = Vec::new();
        for reply in join_all(posts).await {
            let (kind, reply) = reply.unwrap();
            if kind == "DELETE_API_KEYS" {
                reply.completed();
                removed_at = Some(leaf(&world, &world.root, &reply).await);
            } else if reply.status == 200 {
                stolen_at.push(leaf(&world, &world.root, &reply).await);
            } else {
                reply.fails(401, "could not find public key");
            }
        }
        let removed_at = removed_at.unwrap();
        assert!(
            stolen_at.iter().all(|leaf| *leaf < removed_at),
            "recorded at {stolen_at:?}, after the key was removed at {removed_at}"
        );
    }
}

/// The place in the log, which is the order in which things were recorded.
pub async fn leaf(world: &World, asker: &Persona, reply: &Reply) -> u64 {
    let id = json!({ "activityId": reply.activity()["id"] });
    let receipt = world.ask(asker, "get_receipt", id).await;
    let receipt = receipt.body["receipt"].as_str().unwrap().to_owned();
    let index = receipt.lines().find_map(|line| line.strip_prefix("index "));
    index
        .unwrap_or_else(|| panic!("{receipt}"))
        .parse()
        .unwrap()
}

/// The signature of an expired key is asked for before anything is told of it (threat T26).
#[tokio::test]
pub async fn t26_only_its_holder_learns_that_a_key_has_expired() {
    let world = World::new().await;
    let short = ApiKey::p256(20);
    let mut key = api_key("short", &short);
    key["expirationSeconds"] = "60".into();
    let parameters = json!({ "userId": world.root.user, "apiKeys": [key] });
    world
        .done(&world.root, "CREATE_API_KEYS_V2", parameters)
        .await;
    world.advance_ms(60_000);
    // No organisation is named, and the stamp is over another body: a stranger's guess.
    let stamp = short.stamp(b"another body");
    let reply = world.post("/public/v1/query/whoami", b"{}", stamp).await;
    reply.fails(401, "could not verify api key signature");
    assert!(
        !reply.body.to_string().contains(&world.root.organisation),
        "{:#}",
        reply.body
    );
    let holder = Persona {
        key: short,
        ..world.root.clone()
    };
    world
        .ask(&holder, "whoami", json!({}))
        .await
        .fails(401, "expired api key");
}

/// A tag that cannot be there was a foreign key violation, taken for a rival's change and tried
/// sixty-four times.
#[tokio::test]
pub async fn a_new_sub_organisation_cannot_name_tags() {
    let world = World::new().await;
    let tag = world
        .done(
            &world.root,
            "CREATE_USER_TAG",
            json!({ "userTagName": "t" }),
        )
        .await;
    let owner = ApiKey::p256(2);
    let mut user = root_user("Owner", &[&owner], &[]);
    user["userTags"] = json!([tag["userTagId"]]);
    let parameters = json!({
        "subOrganizationName": "Child", "rootUsers": [user], "rootQuorumThreshold": 1,
    });
    world
        .submit(&world.root, "CREATE_SUB_ORGANIZATION_V7", parameters)
        .await
        .fails(400, "has no tags yet");
    let parameters = json!({
        "subOrganizationName": "Child", "rootUsers": [root_user("Owner", &[&owner], &[])],
        "rootQuorumThreshold": 1,
        "privateKeys": [{
            "privateKeyName": "k", "curve": "CURVE_SECP256K1", "addressFormats": [],
            "privateKeyTags": [tag["userTagId"]],
        }],
    });
    world
        .submit(&world.root, "CREATE_SUB_ORGANIZATION_V3", parameters)
        .await
        .fails(400, "has no tags yet");
}

#[tokio::test]
pub async fn tagging_twice_and_untagging_twice_is_done_once() {
    let world = World::new().await;
    let me = world.root.user.clone();
    let tag = world
        .done(
            &world.root,
            "CREATE_USER_TAG",
            json!({ "userTagName": "t", "userIds": [me] }),
        )
        .await["userTagId"]
        .clone();
    for change in ["addUserIds", "removeUserIds", "removeUserIds"] {
        let parameters = json!({ "userTagId": tag, change: [me] });
        world.done(&world.root, "UPDATE_USER_TAG", parameters).await;
    }
    let key = world
        .done(
            &world.root,
            "CREATE_PRIVATE_KEYS_V2",
            json!({ "privateKeys": [{
            "privateKeyName": "k", "curve": "CURVE_SECP256K1", "addressFormats": [],
            "privateKeyTags": [],
        }] }),
        )
        .await["privateKeys"][0]["privateKeyId"]
        .clone();
    let tag = world
        .done(
            &world.root,
            "CREATE_PRIVATE_KEY_TAG",
            json!({
                "privateKeyTagName": "t", "privateKeyIds": [key],
            }),
        )
        .await["privateKeyTagId"]
        .clone();
    for change in [
        "addPrivateKeyIds",
        "removePrivateKeyIds",
        "removePrivateKeyIds",
    ] {
        let parameters = json!({ "privateKeyTagId": tag, change: [key] });
        world
            .done(&world.root, "UPDATE_PRIVATE_KEY_TAG", parameters)
            .await;
    }
}

#[tokio::test]
pub async fn transports_are_names() {
    let world = World::new().await;
    let passkey = Passkey::es256(7, "app.example", "https://app.example");
    let names = [
        "A".repeat(65),
        String::new(),
        "A B".to_owned(),
        "A\0".to_owned(),
    ];
    let lists = names.map(|name| json!([name]));
    for transports in lists.into_iter().chain([json!(vec!["A"; 17])]) {
        let mut new = authenticator("passkey", &passkey);
        new["attestation"]["transports"] = transports;
        let parameters = json!({ "userId": world.root.user, "authenticators": [new] });
        world
            .submit(&world.root, "CREATE_AUTHENTICATORS_V2", parameters)
            .await
            .fails(400, "transports");
    }
}

/// Some databases cannot be asked for a NUL, and then the store seemed to be gone.
#[tokio::test]
pub async fn a_nul_is_the_senders_fault() {
    let world = World::new().await;
    let filter = json!({ "filterType": "NAME", "filterValue": "a\0" });
    world
        .ask(&world.root, "list_suborgs", filter)
        .await
        .fails(400, "NUL");
    let feature = json!({ "name": "FEATURE_NAME_WEBHOOK", "value": "a\0" });
    world
        .submit(&world.root, "SET_ORGANIZATION_FEATURE", feature)
        .await
        .fails(400, "NUL");
    let payload = json!({
        "signWith": "a\0", "payload": "00", "encoding": "PAYLOAD_ENCODING_HEXADECIMAL",
        "hashFunction": "HASH_FUNCTION_NO_OP",
    });
    world
        .submit(&world.root, "SIGN_RAW_PAYLOAD_V2", payload)
        .await
        .fails(404, "sign with");
}

/// Bodies that make the server work are bounded, and none of them makes it fail.
#[tokio::test]
pub async fn extremes_are_answered_and_never_with_a_five() {
    let world = World::new().await;
    let accounts: Vec<Value> = (0..300).map(ethereum_account).collect();
    let with = |path: &str, curve: &str, format: &str| json!([{ "curve": curve, "pathFormat": "PATH_FORMAT_BIP32", "path": path, "addressFormat": format }]);
    let mut forever = api_key("forever", &ApiKey::p256(30));
    forever["expirationSeconds"] = u64::MAX.to_string().into();
    let cases = [
        (
            "CREATE_WALLET",
            json!({ "walletName": "many", "accounts": accounts }),
        ),
        (
            "CREATE_WALLET",
            json!({
                "walletName": "deep",
                "accounts": with("m/0/1/2/3/4/5/6/7/8/2147483647'", "CURVE_ED25519", "ADDRESS_FORMAT_SOLANA"),
            }),
        ),
        (
            "CREATE_API_KEYS_V2",
            json!({ "userId": world.root.user, "apiKeys": [forever] }),
        ),
        (
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": i64::MAX, "userIds": [world.root.user] }),
        ),
        (
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": u32::MAX, "userIds": [world.root.user] }),
        ),
    ];
    for (kind, parameters) in cases {
        let reply = world.submit(&world.root, kind, parameters).await;
        assert!(reply.status.as_u16() < 500, "{kind}: {:#}", reply.body);
    }
    // And the organisation can still be read.
    assert_eq!(
        world.ask(&world.root, "list_users", json!({})).await.status,
        200
    );
}
