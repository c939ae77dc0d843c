//! What a session key may stamp, and what it may not.

use serde_json::{Value, json};

use super::{Place, asked, asked_again, bind};
use crate::catalogue::{Things, examples, queries};
use crate::sessions::{GRID, passkey, post};

#[tokio::test]
pub async fn t48_a_session_signs_and_reads_and_does_nothing_else() {
    let (place, _) = Place::bound().await;
    let (world, anna) = (place.world(), &place.anna);
    let things = Things::of(world, &place.owner, &place.wallet).await;
    let mut refused = 0;
    for (kind, parameters) in examples(&things) {
        let reply = world.submit(anna, kind, parameters).await;
        if kind.starts_with("SIGN_") {
            reply.completed();
            continue;
        }
        refused += 1;
        reply.fails(403, "a session's key may not send ");
        assert_eq!(reply.activity()["status"], Value::Null, "{kind}");
    }
    assert!(refused > 30, "{refused} of the catalogue");
    for (name, body) in queries(&things) {
        let reply = world.ask(anna, name, body).await;
        assert_eq!(reply.status, 200, "{name}: {:#}", reply.body);
    }
    // Each attempt is on record as hers.
    let failed = json!({
        "filterByStatus": ["ACTIVITY_STATUS_FAILED"], "paginationOptions": { "limit": "100" },
    });
    let failed = world.ask(&place.owner, "list_activities", failed).await;
    let failed = failed.body["activities"].as_array().unwrap();
    let hers = |activity: &&Value| activity["votes"][0]["userId"] == anna.user.as_str();
    assert_eq!(failed.iter().filter(hers).count(), refused);
}

#[tokio::test]
pub async fn t48_a_narrower_session_signs_what_it_names() {
    let place = Place::new().await;
    let narrow = json!({
        "organizationId": place.owner.organisation, "types": ["ACTIVITY_TYPE_SIGN_TRANSACTION"],
    });
    let narrow = asked(&place.anna.key, narrow);
    bind(&place.app, "create", &passkey(), narrow).await;
    place
        .sign(&place.anna)
        .await
        .fails(403, "this one may send ACTIVITY_TYPE_SIGN_TRANSACTION_V2.");
    let transaction = json!({
        "signWith": place.wallet.address, "type": "TRANSACTION_TYPE_ETHEREUM",
        "unsignedTransaction": crate::signing::EIP155_UNSIGNED,
    });
    let world = place.world();
    for version in ["SIGN_TRANSACTION", "SIGN_TRANSACTION_V2"] {
        let signed = world.submit(&place.anna, version, transaction.clone());
        signed.await.completed();
    }
}

#[tokio::test]
pub async fn t48_a_session_that_was_not_asked_to_stamps_nothing() {
    let place = Place::new().await;
    let silent = asked(&place.anna.key, Value::Null);
    bind(&place.app, "create", &passkey(), silent).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t48_the_operator_alone_lists_organisations() {
    let place = Place::new().await;
    let open = format!("{GRID}/passkeys");
    let refused = async |activities: Value| {
        let reply = post(&place.app, &open, asked(&place.anna.key, activities)).await;
        let body = reply.is(400);
        body["message"].as_str().unwrap().to_owned()
    };
    let root = &place.world().root.organisation;
    let told = refused(json!({ "organizationId": root })).await;
    let listed = format!("organizationId {root} is not among the tenant's");
    assert!(told.contains(&listed), "{told}");
    let here = &place.owner.organisation;
    for (types, words) in [
        (
            json!(["ACTIVITY_TYPE_CREATE_WALLET"]),
            "send some of ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2",
        ),
        (json!(["*"]), "is not a type of activity that signs"),
        (json!([]), "activities.types is empty"),
    ] {
        let told = refused(json!({ "organizationId": here, "types": types })).await;
        assert!(told.contains(words), "{types}: {told}");
    }
}

/// Another passkey that acts for the account is not thereby its owner's in an organisation.
#[tokio::test]
pub async fn t48_no_further_passkey_of_an_account_lets_a_key_stamp() {
    let (place, account) = Place::bound().await;
    let open = format!("{GRID}/passkeys/auth");
    let mut named = asked_again(&place);
    named["account"] = account.clone().into();
    let refused = post(&place.app, &open, named).await.is(400);
    let told = refused["message"].as_str().unwrap();
    assert!(told.contains("leave account out"), "{told}");
    // For an account that is named a key acts, and stamps nothing.
    let mut silent = asked(&place.anna.key, Value::Null);
    silent["account"] = account.into();
    bind(&place.app, "auth", &passkey(), silent).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t48_a_key_that_is_registered_is_what_it_is_registered_as() {
    let (place, _) = Place::bound().await;
    let key = crate::support::api_key("own", &place.anna.key);
    let keys = json!({ "userId": place.owner.user, "apiKeys": [key] });
    let world = place.world();
    let made = world.done(&place.owner, "CREATE_API_KEYS_V2", keys).await;
    let signed = place.sign(&place.anna).await;
    signed.completed();
    assert_eq!(
        signed.activity()["votes"][0]["userId"],
        place.owner.user,
        "the organisation's own key comes first"
    );
    let removal = json!({ "userId": place.owner.user, "apiKeyIds": made["apiKeyIds"] });
    world.done(&place.owner, "DELETE_API_KEYS", removal).await;
    let signed = place.sign(&place.anna).await;
    assert_eq!(signed.activity()["votes"][0]["userId"], place.anna.user);
}

/// What a session proposes waits for others as anything does, and its own vote is none.
#[tokio::test]
pub async fn t48_a_session_proposes_and_does_not_approve() {
    let (place, _) = Place::bound().await;
    let (world, owner, anna) = (place.world(), &place.owner, &place.anna);
    let both = json!({ "threshold": 2, "userIds": [owner.user, anna.user] });
    world.done(owner, "UPDATE_ROOT_QUORUM", both).await;
    let held = place.sign(anna).await;
    assert_eq!(
        held.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED"
    );
    let about = json!({ "fingerprint": held.activity()["fingerprint"] });
    let refused = world.submit(anna, "APPROVE_ACTIVITY", about.clone()).await;
    refused.fails(403, "a session's key may not send APPROVE_ACTIVITY");
    let voted = world.submit(owner, "APPROVE_ACTIVITY", about.clone()).await;
    assert_eq!(
        voted.activity()["status"],
        "ACTIVITY_STATUS_CONSENSUS_NEEDED",
        "{:#}",
        voted.body
    );
    // With her passkey she agrees.
    world.advance_ms(1);
    let body = world.body(anna, "APPROVE_ACTIVITY", about);
    let path = "/public/v1/submit/approve_activity";
    let voted = world.post(path, &body, passkey().stamp(&body)).await;
    voted.completed();
}
