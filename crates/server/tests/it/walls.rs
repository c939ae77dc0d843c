//! Who may do what where: threats T81, T82, T84, T26.

use serde_json::json;
use testkit::ApiKey;

use crate::catalogue::{Things, examples, queries};
use crate::support::World;

#[tokio::test]
pub async fn t81_a_parent_can_never_act_in_its_child() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let things = Things::of(&world, &child, &wallet).await;
    for (kind, parameters) in examples(&things) {
        let reply = world
            .submit_in(&world.root, &child.organisation, kind, parameters)
            .await;
        assert_eq!(reply.status, 400, "{kind}: {:#}", reply.body);
        reply.fails(
            400,
            "organization mismatch: request is targeting organization (\"",
        );
        assert_eq!(
            reply.body["turnkeyErrorCode"], "ORGANIZATION_MISMATCH",
            "{kind}"
        );
    }
    // Not one of the attempts left anything behind in the child; each is on the parent's record.
    let failed = json!({ "filterByStatus": ["ACTIVITY_STATUS_FAILED"] });
    let left = world.ask(&child, "list_activities", failed.clone()).await;
    assert_eq!(left.body["activities"], json!([]));
    let own = world.ask(&world.root, "list_activities", failed).await;
    assert!(!own.body["activities"].as_array().unwrap().is_empty());
    let wallets = world.ask(&child, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
pub async fn t81_a_parent_can_read_its_child() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let things = Things::of(&world, &child, &wallet).await;
    for (name, body) in queries(&things) {
        let reply = world
            .ask_in(&world.root, &child.organisation, name, body)
            .await;
        assert_eq!(reply.status, 200, "{name}: {:#}", reply.body);
    }
}

#[tokio::test]
pub async fn t82_strangers_and_random_organisations_are_answered_alike() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let (sibling, _) = world.child("Sibling", ApiKey::p256(3)).await;
    let things = Things::of(&world, &child, &wallet).await;
    let nowhere = "11111111-2222-4333-8444-555555555555";
    let stranger = world.root_of_nobody();
    for who in [&sibling, &stranger] {
        for (name, body) in queries(&things) {
            let there = world
                .ask_in(who, &child.organisation, name, body.clone())
                .await;
            let nowhere_at_all = world.ask_in(who, nowhere, name, body).await;
            assert_eq!(there.status, 401, "{name}");
            assert_eq!(
                there.body.to_string().replace(&child.organisation, nowhere),
                nowhere_at_all.body.to_string(),
                "{name}"
            );
        }
        for (kind, parameters) in examples(&things) {
            let there = world
                .submit_in(who, &child.organisation, kind, parameters.clone())
                .await;
            let nowhere_at_all = world.submit_in(who, nowhere, kind, parameters).await;
            assert_eq!(there.status, 401, "{kind}");
            assert_eq!(
                there.body.to_string().replace(&child.organisation, nowhere),
                nowhere_at_all.body.to_string(),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
pub async fn t82_foreign_and_random_ids_are_answered_alike() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let (sibling, other) = world.child("Sibling", ApiKey::p256(3)).await;
    let foreign = Things::of(&world, &sibling, &other).await;
    let random = Things::nowhere();
    let _ = wallet;
    for ((name, body), (_, nowhere)) in queries(&foreign).into_iter().zip(queries(&random)) {
        let there = world.ask(&child, name, body.clone()).await;
        let nowhere_at_all = world.ask(&child, name, nowhere.clone()).await;
        assert_eq!(
            there.status, nowhere_at_all.status,
            "{name}: {:#}",
            there.body
        );
        if body != nowhere && there.status != 200 {
            let masked = foreign.mask(&there.body.to_string());
            assert_eq!(
                masked,
                random.mask(&nowhere_at_all.body.to_string()),
                "{name}"
            );
        }
    }
    for ((kind, parameters), (_, nowhere)) in examples(&foreign).into_iter().zip(examples(&random))
    {
        let before = parameters != nowhere;
        if !before || kind.starts_with("DELETE_SUB_ORG") {
            continue;
        }
        let there = world.submit(&child, kind, parameters).await;
        let nowhere_at_all = world.submit(&child, kind, nowhere).await;
        assert_ne!(there.status, 200, "{kind}: {:#}", there.body);
        assert_eq!(there.status, nowhere_at_all.status, "{kind}");
        let masked = foreign.mask(&there.body.to_string());
        assert_eq!(
            masked,
            random.mask(&nowhere_at_all.body.to_string()),
            "{kind}"
        );
    }
}

#[tokio::test]
pub async fn t84_a_body_without_an_organisation_is_refused() {
    let world = World::new().await;
    let body = json!({
        "type": "ACTIVITY_TYPE_CREATE_WALLET",
        "timestampMs": world.now_ms().to_string(),
        "parameters": { "walletName": "w", "accounts": [] },
    });
    let body = body.to_string().into_bytes();
    let stamp = world.root.key.stamp(&body);
    let reply = world
        .post("/public/v1/submit/create_wallet", &body, stamp)
        .await;
    reply.fails(400, "organizationId");
}

#[tokio::test]
pub async fn a_user_outside_the_quorum_is_refused_and_may_tend_his_own_credentials() {
    let world = World::new().await;
    let user = world.user("Ada", ApiKey::p256(5)).await;
    let refused = world
        .submit(
            &user,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [] }),
        )
        .await;
    refused.fails(
        403,
        "You don't have sufficient permissions to take this action.",
    );
    assert_eq!(
        refused.body["details"][0]["@type"],
        "type.googleapis.com/errors.v1.PolicyEnginePermissionError"
    );
    let more = ApiKey::p256(6);
    let key = crate::support::api_key("second", &more);
    world
        .done(
            &user,
            "CREATE_API_KEYS_V2",
            json!({ "userId": user.user, "apiKeys": [key.clone()] }),
        )
        .await;
    world
        .submit(
            &user,
            "CREATE_API_KEYS_V2",
            json!({ "userId": world.root.user, "apiKeys": [key] }),
        )
        .await
        .fails(403, "sufficient permissions");
}

#[tokio::test]
pub async fn a_refusal_is_recorded_and_does_not_burn_the_body() {
    let world = World::new().await;
    let insider = world.user("Ada", ApiKey::p256(5)).await;
    world.advance_ms(1);
    let body = world.body(
        &world.root,
        "CREATE_WALLET",
        json!({ "walletName": "Contested", "accounts": [] }),
    );
    let path = "/public/v1/submit/create_wallet";
    let first = world.post(path, &body, insider.key.stamp(&body)).await;
    first.fails(403, "sufficient permissions");
    world
        .post(path, &body, world.root.key.stamp(&body))
        .await
        .completed();
    let failed = world
        .ask(
            &world.root,
            "list_activities",
            json!({ "filterByStatus": ["ACTIVITY_STATUS_FAILED"] }),
        )
        .await;
    assert_eq!(
        failed.body["activities"].as_array().unwrap().len(),
        1,
        "{:#}",
        failed.body
    );
    assert_eq!(failed.body["activities"][0]["failure"]["code"], 7);
}

impl World {
    /// Somebody no organisation knows.
    fn root_of_nobody(&self) -> crate::support::Persona {
        crate::support::Persona {
            key: ApiKey::p256(99),
            organisation: self.root.organisation.clone(),
            user: String::new(),
        }
    }
}
