//! When a session key stamps no more.

use futures_util::future::join_all;
use rules::tenant::Command;
use serde_json::{Value, json};
use store::{EventFilter, Page};
use testkit::ApiKey;

use super::{Place, asked, asked_again, bind, organisations};
use crate::hostile::leaf;
use crate::sessions::{GRID, passkey, send};
use crate::support::{AUDIENCE, Persona, authenticator};
use crate::tenants::App;

#[tokio::test]
pub async fn t47_a_session_stamps_until_its_last_moment() {
    let (place, account) = Place::bound().await;
    let path = format!("{GRID}/passkeys/account/{account}");
    let told = send(&place.app, "GET", &path, Some(&place.app.key), json!({})).await;
    let end = told.ok()["sessionKey"]["expiration"].as_u64().unwrap() * 1000;
    // Signing takes a millisecond of its own.
    let until = |ms: u64| place.world().advance_ms(ms - place.world().now_ms());
    until(end - 2);
    place.sign(&place.anna).await.completed();
    assert_eq!(place.world().now_ms(), end - 1);
    let asked = place.world().ask(&place.anna, "whoami", json!({})).await;
    assert_eq!(asked.status, 200);
    until(end);
    place.is_over().await;
    until(end + 86_400_000);
    place.is_over().await;
    // Bound anew it stamps again.
    let again = asked_again(&place);
    bind(&place.app, "auth", &passkey(), again).await;
    place.sign(&place.anna).await.completed();
}

#[tokio::test]
pub async fn t47_a_session_that_was_taken_away_is_over() {
    let (place, account) = Place::bound().await;
    let path = format!("{GRID}/passkeys/account/{account}/session");
    let revoked = send(&place.app, "DELETE", &path, Some(&place.app.key), json!({}));
    revoked.await.ok();
    place.is_over().await;
    // Whoever has not the key is not told.
    let mut body = json!({ "organizationId": place.owner.organisation }).to_string();
    let (header, stamp) = place.anna.key.stamp(body.as_bytes());
    body.push(' ');
    let path = "/public/v1/query/whoami";
    let forged = place.world().post(path, body.as_bytes(), (header, stamp));
    let told = forged.await.body["message"].to_string();
    assert!(!told.contains("expired"), "t26: {told}");
}

/// Stamped and believed before the session was taken away, decided after: what is recorded must
/// rest on the session as it is when it is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
pub async fn t47_a_command_under_way_does_not_outlive_its_session() {
    let (place, account) = Place::bound().await;
    let world = place.world();
    let revoke = format!("{GRID}/passkeys/account/{account}/session");
    for _ in 0..10 {
        bind(&place.app, "auth", &passkey(), asked_again(&place)).await;
        let bodies: Vec<Vec<u8>> = (0..12)
            .map(|_| {
                world.advance_ms(1);
                world.body(&place.anna, "SIGN_RAW_PAYLOAD_V2", place.payload())
            })
            .collect();
        let signing = bodies.into_iter().map(|body| {
            let (world, stamp) = (world.shared(), place.anna.key.stamp(&body));
            let path = "/public/v1/submit/sign_raw_payload";
            tokio::spawn(async move { world.post(path, &body, stamp).await })
        });
        let signing: Vec<_> = signing.collect();
        let revoked = send(
            &place.app,
            "DELETE",
            &revoke,
            Some(&place.app.key),
            json!({}),
        );
        revoked.await.ok();
        let revoked_at = revoked_at(&place.app).await;
        for reply in join_all(signing).await {
            let reply = reply.unwrap();
            if reply.status == 200 {
                let signed_at = leaf(world, &place.owner, &reply).await;
                assert!(signed_at < revoked_at, "{signed_at}, over at {revoked_at}");
            } else {
                reply.fails(401, "expired api key");
            }
        }
    }
}

/// The place in the log at which the last session was taken away.
async fn revoked_at(app: &App) -> u64 {
    let store = app.world.state.engine.store();
    let filter = EventFilter {
        types: vec!["passkey_session_revoked".to_owned()],
        ..EventFilter::default()
    };
    let newest = Page { number: 1, size: 1 };
    let events = store.events(app.tenant, &filter, newest).await.unwrap();
    let proof = store.event_inclusion(app.tenant, events.items[0].id).await;
    proof.unwrap().unwrap().index
}

#[tokio::test]
pub async fn t47_a_session_in_whose_place_another_is_stamps_nothing() {
    let (place, _) = Place::bound().await;
    let other = Persona {
        key: ApiKey::ed25519(61),
        ..place.anna.clone()
    };
    let here = json!({ "organizationId": place.owner.organisation });
    bind(&place.app, "auth", &passkey(), asked(&other.key, here)).await;
    place.is_unknown(&place.anna).await;
    place.sign(&other).await.completed();
    // Nor does one whose key was bound again for less.
    let silent = asked(&other.key, Value::Null);
    bind(&place.app, "auth", &passkey(), silent).await;
    place.is_unknown(&other).await;
}

#[tokio::test]
pub async fn t47_a_session_goes_with_its_passkey_and_its_owner() {
    let (place, _) = Place::bound().await;
    let removal = json!({
        "userId": place.anna.user, "authenticatorIds": [place.authenticator],
    });
    let world = place.world();
    world
        .done(&place.owner, "DELETE_AUTHENTICATORS", removal)
        .await;
    place.is_unknown(&place.anna).await;
    let back = json!({
        "userId": place.anna.user, "authenticators": [authenticator("phone", &passkey())],
    });
    world
        .done(&place.owner, "CREATE_AUTHENTICATORS_V2", back)
        .await;
    place.sign(&place.anna).await.completed();

    let alone = json!({ "threshold": 1, "userIds": [place.owner.user] });
    world.done(&place.owner, "UPDATE_ROOT_QUORUM", alone).await;
    let refused = place.sign(&place.anna).await;
    refused.fails(403, "You don't have sufficient permissions");
    let users = json!({ "userIds": [place.anna.user] });
    world.done(&place.owner, "DELETE_USERS", users).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t47_a_session_goes_with_what_the_operator_takes_from_its_tenant() {
    let (place, _) = Place::bound().await;
    place.configure(organisations(&[])).await;
    place.is_unknown(&place.anna).await;
    let root = place.world().root.organisation.clone();
    place.configure(organisations(&[&root])).await;
    place.is_unknown(&place.anna).await;
    place
        .configure(organisations(&[&root, &place.owner.organisation]))
        .await;
    place.sign(&place.anna).await.completed();
    place.app.operate(Command::DeleteTenant).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t47_an_organisation_that_lists_its_pages_has_sessions_of_those_alone() {
    let (place, _) = Place::bound().await;
    let set = async |origins: &str| {
        let value = json!({ "name": "FEATURE_NAME_WEBAUTHN_ORIGINS", "value": origins });
        let world = place.world();
        world
            .done(&world.root, "SET_ORGANIZATION_FEATURE", value)
            .await;
    };
    set("https://elsewhere.example").await;
    place.is_unknown(&place.anna).await;
    set(&format!("https://elsewhere.example,{AUDIENCE}")).await;
    place.sign(&place.anna).await.completed();
}
