//! Opt-in strictness: threats T4, T9, T14.

use serde_json::json;
use testkit::ApiKey;

use crate::support::{AUDIENCE, World};

async fn ask_for(world: &World, value: &str) {
    let feature = json!({ "name": "FEATURE_NAME_ZEGEL_STRICT", "value": value });
    world
        .done(&world.root, "SET_ORGANIZATION_FEATURE", feature)
        .await;
}

#[tokio::test]
pub async fn t9_reads_must_be_fresh_where_asked() {
    let world = World::new().await;
    let old = json!({ "organizationId": world.root.organisation })
        .to_string()
        .into_bytes();
    let path = "/public/v1/query/whoami";
    assert_eq!(
        world
            .post(path, &old, world.root.key.stamp(&old))
            .await
            .status,
        200
    );
    ask_for(&world, "fresh-reads").await;
    world
        .post(path, &old, world.root.key.stamp(&old))
        .await
        .fails(400, "requires fresh reads");
    let fresh = json!({ "timestampMs": world.now_ms().to_string() });
    assert_eq!(
        world.ask(&world.root, "whoami", fresh.clone()).await.status,
        200
    );
    world.advance_ms(3_600_000);
    world
        .ask(&world.root, "whoami", fresh)
        .await
        .fails(400, "an hour old");
}

#[tokio::test]
pub async fn t14_bodies_must_name_this_server_where_asked() {
    let world = World::new().await;
    ask_for(&world, "audience").await;
    world
        .ask(&world.root, "whoami", json!({}))
        .await
        .fails(400, "requires an audience");
    let named = json!({ "audience": AUDIENCE });
    assert_eq!(world.ask(&world.root, "whoami", named).await.status, 200);
    let elsewhere = json!({ "audience": "https://staging.example" });
    world
        .ask(&world.root, "whoami", elsewhere)
        .await
        .fails(400, "is another server");
}

#[tokio::test]
pub async fn t4_unknown_members_are_refused_where_asked() {
    let world = World::new().await;
    let misspelled = json!({ "walletName": "w", "accounts": [], "mnemonicLenght": 24 });
    world
        .done(&world.root, "CREATE_WALLET", misspelled.clone())
        .await;
    ask_for(&world, "strict-members").await;
    world
        .submit(&world.root, "CREATE_WALLET", misspelled)
        .await
        .fails(400, "unknown member parameters.mnemonicLenght");
    world
        .ask(&world.root, "whoami", json!({ "organisationId": "x" }))
        .await
        .fails(400, "organisationId");
}

#[tokio::test]
pub async fn a_child_is_never_laxer_than_its_parent() {
    let world = World::new().await;
    let (child, _) = world.child("Child", ApiKey::p256(2)).await;
    ask_for(&world, "fresh-reads").await;
    world
        .ask(&child, "whoami", json!({}))
        .await
        .fails(400, "requires fresh reads");
    world
        .submit(
            &world.root,
            "SET_ORGANIZATION_FEATURE",
            json!({
                "name": "FEATURE_NAME_ZEGEL_STRICT", "value": "fresh",
            }),
        )
        .await
        .fails(400, "is not one of");
}
