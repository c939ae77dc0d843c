//! Receipts: proof that an outcome is in the log.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use testkit::ApiKey;
use wire::log::leaf::Subject;

use crate::support::World;

async fn key(world: &World) -> String {
    let reply = world
        .send(Request::get("/log/key").body(Body::empty()).unwrap())
        .await;
    reply.body.as_str().unwrap().trim().to_owned()
}

#[tokio::test]
pub async fn every_outcome_has_a_receipt_that_verifies_offline() {
    let world = World::new().await;
    let (child, _) = world.child("Child", ApiKey::p256(2)).await;
    let wallet = json!({ "walletName": "w", "accounts": [] });
    let made = world.submit(&child, "CREATE_WALLET", wallet).await;
    let id = made.activity()["id"].clone();
    let reply = world
        .ask(&child, "get_receipt", json!({ "activityId": id }))
        .await;
    let receipt = reply.body["receipt"].as_str().unwrap();
    let verified = verify::receipt::verify(receipt, &key(&world).await.parse().unwrap()).unwrap();
    assert_eq!(
        verified.leaf().subject,
        Subject::Activity {
            organisation: child.organisation.parse().unwrap(),
            activity: id.as_str().unwrap().parse().unwrap(),
        }
    );
    assert_eq!(
        format!("sha256:{}", hex::encode(verified.leaf().fingerprint)),
        made.activity()["fingerprint"].as_str().unwrap()
    );
}

#[tokio::test]
pub async fn t76_no_byte_of_a_receipt_can_change() {
    let world = World::new().await;
    let made = world
        .submit(
            &world.root,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [] }),
        )
        .await;
    let id = made.activity()["id"].clone();
    let reply = world
        .ask(&world.root, "get_receipt", json!({ "activityId": id }))
        .await;
    let receipt = reply.body["receipt"].as_str().unwrap();
    let key = key(&world).await.parse().unwrap();
    assert!(verify::receipt::verify(receipt, &key).is_ok());
    for i in 0..receipt.len() {
        let mut bytes = receipt.as_bytes().to_vec();
        bytes[i] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        assert!(verify::receipt::verify(&changed, &key).is_err(), "byte {i}");
    }
}

#[tokio::test]
pub async fn the_log_is_public_and_holds_only_hashes() {
    let world = World::new().await;
    let reply = world
        .send(Request::get("/log/checkpoint").body(Body::empty()).unwrap())
        .await;
    assert_eq!(reply.status, 200);
    let text = reply.body.as_str().unwrap();
    assert!(
        text.lines().nth(1).unwrap().parse::<u64>().unwrap() >= 1,
        "{text}"
    );
    assert!(!text.contains(&world.root.organisation));
}
