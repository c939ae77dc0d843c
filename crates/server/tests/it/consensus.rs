//! Held activities and votes: threats T90–T95.

use serde_json::{Value, json};
use testkit::ApiKey;

use crate::support::{Persona, World};

/// A root organisation of two with a quorum of two.
async fn pair() -> (World, Persona) {
    let world = World::new().await;
    let second = world.user("Second", ApiKey::p256(5)).await;
    let quorum = json!({ "threshold": 2, "userIds": [world.root.user, second.user] });
    world.done(&world.root, "UPDATE_ROOT_QUORUM", quorum).await;
    (world, second)
}

fn wallet(name: &str) -> Value {
    json!({ "walletName": name, "accounts": [] })
}

async fn held(world: &World, who: &Persona, name: &str) -> Value {
    let reply = world.submit(who, "CREATE_WALLET", wallet(name)).await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        "{:#}",
        reply.body
    );
    assert_eq!(reply.activity()["result"], json!({}));
    reply.activity().clone()
}

#[tokio::test]
pub async fn the_last_missing_approval_executes() {
    let (world, second) = pair().await;
    let activity = held(&world, &world.root, "w").await;
    let vote = json!({ "fingerprint": activity["fingerprint"] });
    let reply = world
        .submit(&second, "APPROVE_ACTIVITY", vote.clone())
        .await;
    assert_eq!(reply.activity()["id"], activity["id"]);
    assert!(reply.completed()["walletId"].is_string());
    assert_eq!(reply.activity()["votes"].as_array().unwrap().len(), 2);
    // T94: what is over takes no more votes.
    world
        .submit(&second, "APPROVE_ACTIVITY", vote.clone())
        .await
        .fails(400, "does not wait");
    world
        .submit(&second, "REJECT_ACTIVITY", vote)
        .await
        .fails(400, "does not wait");
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
pub async fn a_rejection_ends_it() {
    let (world, second) = pair().await;
    let activity = held(&world, &world.root, "w").await;
    let vote = json!({ "fingerprint": activity["fingerprint"] });
    let reply = world.submit(&second, "REJECT_ACTIVITY", vote.clone()).await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_REJECTED",
        "{:#}",
        reply.body
    );
    world
        .submit(&second, "APPROVE_ACTIVITY", vote)
        .await
        .fails(400, "does not wait");
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"], json!([]));
}

#[tokio::test]
pub async fn t92_one_person_votes_once_with_however_many_credentials() {
    let (world, _) = pair().await;
    let spare = ApiKey::p256(77);
    let key = crate::support::api_key("spare", &spare);
    world
        .done(
            &world.root,
            "CREATE_API_KEYS_V2",
            json!({ "userId": world.root.user, "apiKeys": [key] }),
        )
        .await;
    let activity = held(&world, &world.root, "w").await;
    let same_person = Persona {
        key: spare,
        ..world.root.clone()
    };
    world
        .submit(
            &same_person,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": activity["fingerprint"] }),
        )
        .await
        .fails(409, "has voted on this activity already");
}

#[tokio::test]
pub async fn t91_votes_of_users_who_left_the_quorum_do_not_count() {
    let world = World::new().await;
    let second = world.user("Second", ApiKey::p256(5)).await;
    let third = world.user("Third", ApiKey::p256(6)).await;
    let all = json!([world.root.user, second.user, third.user]);
    world
        .done(
            &world.root,
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": 1, "userIds": all }),
        )
        .await;
    // Third proposes under a threshold of two, then is dropped from the quorum.
    world
        .done(
            &world.root,
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": 2, "userIds": all }),
        )
        .await;
    let proposed = held(&world, &third, "w").await;
    let two = json!({ "threshold": 2, "userIds": [world.root.user, second.user] });
    let change = world.submit(&world.root, "UPDATE_ROOT_QUORUM", two).await;
    let fingerprint = change.activity()["fingerprint"].clone();
    world
        .submit(
            &second,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": fingerprint }),
        )
        .await
        .completed();
    let reply = world
        .submit(
            &second,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": proposed["fingerprint"] }),
        )
        .await;
    reply.fails(403, "sufficient permissions");
    let wallets = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(wallets.body["wallets"], json!([]));
}

#[tokio::test]
pub async fn t93_a_vote_is_for_one_fingerprint() {
    let (world, second) = pair().await;
    let one = held(&world, &world.root, "one").await;
    let other = held(&world, &world.root, "other").await;
    assert_ne!(one["fingerprint"], other["fingerprint"]);
    world
        .submit(
            &second,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": one["fingerprint"] }),
        )
        .await
        .completed();
    let untouched = world
        .ask(
            &world.root,
            "get_activity",
            json!({ "activityId": other["id"] }),
        )
        .await;
    assert_eq!(
        untouched.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED"
    );
    world
        .submit(
            &second,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": format!("sha256:{}", "0".repeat(64)) }),
        )
        .await
        .fails(404, "No activity found with fingerprint");
}

#[tokio::test]
pub async fn t90_what_a_held_command_needs_is_judged_again_when_it_executes() {
    let (world, second) = pair().await;
    let one = held(&world, &world.root, "same name").await;
    let other = held(&world, &world.root, "same name").await;
    let approve = |fingerprint: Value| {
        world.submit(
            &second,
            "APPROVE_ACTIVITY",
            json!({ "fingerprint": fingerprint }),
        )
    };
    approve(one["fingerprint"].clone()).await.completed();
    approve(other["fingerprint"].clone())
        .await
        .fails(409, "there is a wallet named");
}

#[tokio::test]
pub async fn approvals_lapse_after_a_day() {
    let (world, second) = pair().await;
    let activity = held(&world, &world.root, "w").await;
    let vote = json!({ "fingerprint": activity["fingerprint"] });
    world.advance_ms(24 * 60 * 60 * 1000);
    let reply = world
        .submit(&second, "APPROVE_ACTIVITY", vote.clone())
        .await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        "{:#}",
        reply.body
    );
    world
        .submit(&world.root, "APPROVE_ACTIVITY", vote)
        .await
        .completed();
}

#[tokio::test]
pub async fn t95_a_quorum_can_be_neither_impossible_nor_empty() {
    let world = World::new().await;
    let quorum = |threshold: i64, users: Value| {
        world.submit(
            &world.root,
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": threshold, "userIds": users }),
        )
    };
    let me = world.root.user.clone();
    quorum(0, json!([me]))
        .await
        .fails(400, "quorum threshold must be non-zero integer");
    quorum(-1, json!([me]))
        .await
        .fails(400, "quorum threshold must be non-zero integer");
    quorum(2, json!([me]))
        .await
        .fails(400, "larger than the number of its users");
    quorum(1, json!([]))
        .await
        .fails(400, "quorum users missing");
    quorum(1, json!([me, me])).await.fails(400, "listed twice");
    quorum(1, json!(["00000000-0000-4000-8000-000000000000"]))
        .await
        .fails(404, "not found");
}

#[tokio::test]
pub async fn only_those_whose_vote_is_wanted_can_approve() {
    let (world, second) = pair().await;
    let activity = held(&world, &world.root, "w").await;
    let seen = |who: &Persona| {
        let (who, id) = (who.clone(), activity["id"].clone());
        let world = &world;
        async move {
            let reply = world
                .ask(&who, "get_activity", json!({ "activityId": id }))
                .await;
            reply.activity()["canApprove"].clone()
        }
    };
    assert_eq!(seen(&world.root).await, false);
    assert_eq!(seen(&second).await, true);
}

#[tokio::test]
pub async fn votes_go_with_the_credential_they_were_cast_with() {
    let (world, second) = pair().await;
    let stolen = ApiKey::p256(78);
    let key = crate::support::api_key("stolen", &stolen);
    let added = world
        .submit(
            &world.root,
            "CREATE_API_KEYS_V2",
            json!({ "userId": world.root.user, "apiKeys": [key] }),
        )
        .await;
    let id = added.completed()["apiKeyIds"].clone();
    let thief = Persona {
        key: stolen,
        ..world.root.clone()
    };
    let activity = held(&world, &thief, "loot").await;
    let vote = json!({ "fingerprint": activity["fingerprint"] });
    world
        .done(
            &world.root,
            "DELETE_API_KEYS",
            json!({ "userId": world.root.user, "apiKeyIds": id }),
        )
        .await;
    let reply = world
        .submit(&second, "APPROVE_ACTIVITY", vote.clone())
        .await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        "{:#}",
        reply.body
    );
    // And the owner of the key has a say of his own.
    let reply = world.submit(&world.root, "REJECT_ACTIVITY", vote).await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_REJECTED",
        "{:#}",
        reply.body
    );
}

#[tokio::test]
pub async fn a_member_may_reject_what_he_approved() {
    let (world, _) = pair().await;
    let activity = held(&world, &world.root, "w").await;
    let seen = world
        .ask(
            &world.root,
            "get_activity",
            json!({ "activityId": activity["id"] }),
        )
        .await;
    assert_eq!(seen.activity()["canApprove"], false);
    assert_eq!(seen.activity()["canReject"], true);
    let vote = json!({ "fingerprint": activity["fingerprint"] });
    let reply = world.submit(&world.root, "REJECT_ACTIVITY", vote).await;
    assert_eq!(
        reply.activity()["status"],
        "ACTIVITY_STATUS_REJECTED",
        "{:#}",
        reply.body
    );
}

#[tokio::test]
pub async fn t95_a_quorum_must_outlast_its_expiring_keys() {
    let world = World::new().await;
    let mut user = crate::support::root_user("Fleeting", &[&ApiKey::p256(79)], &[]);
    user["apiKeys"][0]["expirationSeconds"] = "1".into();
    user["userTags"] = json!([]);
    let users = world
        .done(&world.root, "CREATE_USERS_V3", json!({ "users": [user] }))
        .await;
    world
        .submit(
            &world.root,
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": 1, "userIds": users["userIds"] }),
        )
        .await
        .fails(400, "user missing valid credential");
}
