//! What a reviewer who wanted in tried.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::ApiKey;

use crate::support::{Reply, World, api_key, path_of};

/// Stamped and believed before its credential was removed, decided after: what is recorded must
/// rest on the credentials as they are when it is recorded (threat T47).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t47_a_command_under_way_does_not_outlive_its_credential() {
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
                removed_at = Some(leaf(&world, &reply).await);
            } else if reply.status == 200 {
                stolen_at.push(leaf(&world, &reply).await);
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
async fn leaf(world: &World, reply: &Reply) -> u64 {
    let id = json!({ "activityId": reply.activity()["id"] });
    let receipt = world.ask(&world.root, "get_receipt", id).await;
    let receipt = receipt.body["receipt"].as_str().unwrap().to_owned();
    let index = receipt.lines().find_map(|line| line.strip_prefix("index "));
    index
        .unwrap_or_else(|| panic!("{receipt}"))
        .parse()
        .unwrap()
}
