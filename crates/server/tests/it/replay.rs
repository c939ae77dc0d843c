//! The same body twice: threats T8, T10, T13, T19.

use serde_json::json;
use wire::activities::endpoint::{QUERY, SUBMIT};

use crate::support::World;

const PATH: &str = "/public/v1/submit/create_wallet";

fn wallet(world: &World) -> Vec<u8> {
    world.body(
        &world.root,
        "CREATE_WALLET",
        json!({ "walletName": "w", "accounts": [] }),
    )
}

#[tokio::test]
pub async fn t10_the_same_body_is_the_same_activity() {
    let world = World::new().await;
    let body = wallet(&world);
    let first = world.post(PATH, &body, world.root.key.stamp(&body)).await;
    world.advance_ms(1000);
    let second = world.post(PATH, &body, world.root.key.stamp(&body)).await;
    assert_eq!(first.activity()["id"], second.activity()["id"]);
    assert_eq!(first.completed(), second.completed());
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
pub async fn t10_a_hundred_at_once_are_one() {
    let world = World::new().await;
    let body = wallet(&world);
    let posts = (0..100).map(|_| world.post(PATH, &body, world.root.key.stamp(&body)));
    let replies = futures_util::future::join_all(posts).await;
    let first = replies[0].activity()["id"].clone();
    for reply in &replies {
        reply.completed();
        assert_eq!(reply.activity()["id"], first);
    }
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
pub async fn t13_the_window_is_an_hour_back_and_five_minutes_ahead() {
    let world = World::new().await;
    let now = i64::try_from(world.now_ms()).unwrap();
    let (hour, ahead) = (3_600_000, 300_000);
    for (offset, fine) in [
        (-hour - 1, false),
        (-hour, false),
        (1 - hour, true),
        (ahead, true),
        (ahead + 1, false),
    ] {
        let body = json!({
            "type": "ACTIVITY_TYPE_CREATE_WALLET",
            "timestampMs": (now + offset).to_string(),
            "organizationId": world.root.organisation,
            "parameters": { "walletName": format!("w{offset}"), "accounts": [] },
        });
        let body = body.to_string().into_bytes();
        let reply = world.post(PATH, &body, world.root.key.stamp(&body)).await;
        if fine {
            drop(reply.completed())
        } else {
            reply.fails(400, "timestampMs")
        }
    }
    for bad in ["", "x", "-1", "1.5", "1e3", "007", "18446744073709551616"] {
        let body = json!({
            "type": "ACTIVITY_TYPE_CREATE_WALLET", "timestampMs": bad,
            "organizationId": world.root.organisation,
            "parameters": { "walletName": "w", "accounts": [] },
        });
        let body = body.to_string().into_bytes();
        let reply = world.post(PATH, &body, world.root.key.stamp(&body)).await;
        reply.fails(400, "timestampMs");
    }
}

#[tokio::test]
pub async fn t8_a_submission_is_good_for_one_path_only() {
    let world = World::new().await;
    let body = wallet(&world);
    let stamp = || world.root.key.stamp(&body);
    for endpoint in SUBMIT
        .iter()
        .filter(|endpoint| endpoint.name != "create_wallet")
    {
        let path = format!("/public/v1/submit/{}", endpoint.name);
        let reply = world.post(&path, &body, stamp()).await;
        assert!(
            matches!(reply.status.as_u16(), 400 | 501),
            "{path}: {:#}",
            reply.body
        );
    }
    // On a query path it is a query, which changes nothing.
    for endpoint in QUERY {
        let path = format!("/public/v1/query/{}", endpoint.name);
        world.post(&path, &body, stamp()).await;
    }
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"], json!([]));
}

#[tokio::test]
pub async fn t8_a_query_is_no_submission() {
    let world = World::new().await;
    let body = json!({ "organizationId": world.root.organisation })
        .to_string()
        .into_bytes();
    for endpoint in SUBMIT {
        let path = format!("/public/v1/submit/{}", endpoint.name);
        let reply = world.post(&path, &body, world.root.key.stamp(&body)).await;
        assert!(
            matches!(reply.status.as_u16(), 400 | 501),
            "{path}: {:#}",
            reply.body
        );
    }
}

#[tokio::test]
pub async fn t19_the_high_s_twin_of_a_stamp_is_the_same_activity() {
    let world = World::new().await;
    let body = wallet(&world);
    let stamp = world.root.key.make_stamp(&body);
    let mut twin = stamp.clone();
    twin.signature = testkit::keys::p256_twin(&stamp.signature);
    assert_ne!(twin.signature, stamp.signature);
    let first = world
        .post(PATH, &body, ("X-Stamp", stamp.to_header()))
        .await;
    let second = world.post(PATH, &body, ("X-Stamp", twin.to_header())).await;
    assert_eq!(first.completed(), second.completed());
    assert_eq!(first.activity()["id"], second.activity()["id"]);
}

#[tokio::test]
pub async fn t11_a_restored_server_refuses_what_was_stamped_before() {
    let world = World::restored_at(crate::support::START_MS + 1000).await;
    let old = wallet(&world);
    let reply = world.post(PATH, &old, world.root.key.stamp(&old)).await;
    reply.fails(400, "before this server was restored");
    world.advance_ms(1000);
    let new = wallet(&world);
    world
        .post(PATH, &new, world.root.key.stamp(&new))
        .await
        .completed();
}

#[tokio::test]
pub async fn a_crowd_that_changes_one_organisation_gets_through() {
    let world = World::new().await;
    let bodies: Vec<Vec<u8>> = (0..64)
        .map(|i| {
            let parameters = json!({ "walletName": format!("w{i}"), "accounts": [] });
            world.body(&world.root, "CREATE_WALLET", parameters)
        })
        .collect();
    let posts = bodies
        .iter()
        .map(|body| world.post(PATH, body, world.root.key.stamp(body)));
    for reply in futures_util::future::join_all(posts).await {
        reply.completed();
    }
}

#[tokio::test]
pub async fn t10_a_refused_body_stays_refused() {
    let world = World::new().await;
    let taken = world
        .done(
            &world.root,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [] }),
        )
        .await;
    world.advance_ms(1);
    let body = wallet(&world);
    world
        .post(PATH, &body, world.root.key.stamp(&body))
        .await
        .fails(409, "there is a wallet named");
    let gone = json!({ "walletIds": [taken["walletId"]], "deleteWithoutExport": true });
    world.done(&world.root, "DELETE_WALLETS", gone).await;
    // Whoever kept the stamped bytes gets the same answer, though the name is free by now.
    world
        .post(PATH, &body, world.root.key.stamp(&body))
        .await
        .fails(409, "there is a wallet named");
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"], json!([]));
}

#[tokio::test]
pub async fn t8_a_submission_is_no_query() {
    let world = World::new().await;
    let body = wallet(&world);
    let reply = world
        .post(
            "/public/v1/query/whoami",
            &body,
            world.root.key.stamp(&body),
        )
        .await;
    reply.fails(400, "type belongs to activities");
}
