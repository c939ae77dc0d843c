//! Whose stamp a session key is, and whose it is not.

use rules::tenant::Command;
use serde_json::json;
use testkit::{ApiKey, Passkey};
use wire::solana::Address;

use super::{Place, asked, asked_again, bind, organisations};
use crate::sessions::{GRID, passkey, post, query, submission};
use crate::support::{AUDIENCE, Persona, World, authenticator};
use crate::tenants::{App, found};

#[tokio::test]
pub async fn t82_a_session_for_one_organisation_is_none_for_any_other() {
    let (place, _) = Place::bound().await;
    let world = place.world();
    let (sibling, _) = world.child("Sibling", ApiKey::p256(3)).await;
    let nowhere = "11111111-2222-4333-8444-555555555555";
    for other in [&sibling.organisation, &world.root.organisation, nowhere] {
        let told = "could not find public key in organization or its parent";
        let tag = json!({ "userTagName": "t", "userIds": [] });
        let reply = world
            .submit_in(&place.anna, other, "CREATE_USER_TAG", tag)
            .await;
        reply.fails(401, told);
        let reply = world.ask_in(&place.anna, other, "list_wallets", json!({}));
        reply.await.fails(401, told);
        let reply = world.ask_in(&place.anna, other, "whoami", json!({}));
        reply.await.fails(401, told);
    }
    // A body that names none is nobody's.
    let body = b"{}";
    let path = "/public/v1/query/whoami";
    let reply = world.post(path, body, place.anna.key.stamp(body)).await;
    assert_eq!(reply.status, 401, "{:#}", reply.body);
}

/// The user of a parent reads its children with a stamp of his own. His session is for the parent.
#[tokio::test]
pub async fn t81_a_session_of_the_parents_user_is_nobody_in_the_child() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let root = world.root.clone();
    let own = json!({
        "userId": root.user, "authenticators": [authenticator("phone", &passkey())],
    });
    world.done(&root, "CREATE_AUTHENTICATORS_V2", own).await;
    let both = organisations(&[&root.organisation, &child.organisation]);
    let (tenant, key) = found(&world, both).await;
    let app = App { world, tenant, key };
    let session = Persona {
        key: ApiKey::ed25519(60),
        ..root.clone()
    };
    let sign = json!({
        "signWith": wallet.address, "payload": "11".repeat(32),
        "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
    });
    let told = "could not find public key in organization or its parent";
    for (kind, named, is_home) in [
        ("create", &root.organisation, true),
        // His passkey is none of the child's.
        ("auth", &child.organisation, false),
    ] {
        let scope = json!({ "organizationId": named });
        bind(&app, kind, &passkey(), asked(&session.key, scope)).await;
        let kind = "SIGN_RAW_PAYLOAD_V2";
        let there = &child.organisation;
        let reply = app.world.submit_in(&session, there, kind, sign.clone());
        reply.await.fails(401, told);
        let reply = app.world.ask_in(&session, there, "list_wallets", json!({}));
        reply.await.fails(401, told);
        let home = app.world.ask(&session, "list_wallets", json!({})).await;
        assert_eq!(home.status == 200, is_home, "{:#}", home.body);
    }
}

#[tokio::test]
pub async fn t47_only_the_passkey_of_a_user_makes_a_session_his() {
    let place = Place::new().await;
    // Somebody else's passkey, with an account at the same tenant and the same scope.
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    let stranger = Passkey::es256(8, host, AUDIENCE);
    let again = asked_again(&place);
    bind(&place.app, "create", &stranger, again).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t35_a_passkey_of_another_relying_party_makes_no_session() {
    let place = Place::new().await;
    let page = "https://auth.app.example/passkeys";
    let mut config = organisations(&[&place.owner.organisation]);
    config["zegel"]["sessions"]["base_urls"] = json!([page]);
    place.configure(config).await;
    // The same key, made for another page.
    let twin = Passkey::es256(7, "auth.app.example", "https://auth.app.example");
    assert_eq!(twin.public_key(), passkey().public_key());
    let mut asked = asked_again(&place);
    asked["baseUrl"] = page.into();
    bind(&place.app, "create", &twin, asked).await;
    place.is_unknown(&place.anna).await;
}

#[tokio::test]
pub async fn t45_a_key_of_two_sessions_stamps_for_neither() {
    let (place, _) = Place::bound().await;
    let (world, here) = (place.world(), &place.owner.organisation);
    let (tenant, key) = found(world, organisations(&[here])).await;
    let other = App {
        world: world.shared(),
        tenant,
        key,
    };
    bind(&other, "create", &passkey(), asked_again(&place)).await;
    let refused = place.sign(&place.anna).await;
    refused.fails(401, "more than one passkey session");
    assert_eq!(refused.body["turnkeyErrorCode"], "CREDENTIAL_CONFLICT");
    // One that leads to nobody takes nothing from the other.
    other
        .operate(Command::ConfigureTenant {
            config: Box::new(serde_json::from_value(organisations(&[])).unwrap()),
        })
        .await;
    place.sign(&place.anna).await.completed();
}

#[tokio::test]
pub async fn t49_the_key_that_was_signed_is_the_key_that_stamps() {
    let place = Place::new().await;
    let thief = Persona {
        key: ApiKey::ed25519(66),
        ..place.anna.clone()
    };
    let open = format!("{GRID}/passkeys");
    let url = post(&place.app, &open, asked_again(&place)).await.ok();
    let mut page = query(&url);
    let swapped = Address::from_bytes(thief.key.public_key().try_into().unwrap());
    page.insert("session-key".to_owned(), swapped.to_string());
    let submit = format!("{GRID}/passkeys/submit");
    let answer = submission("create", &page, &passkey());
    let refused = post(&place.app, &submit, answer).await;
    assert!(refused.status.is_client_error(), "{:#}", refused.body);
    place.is_unknown(&thief).await;
    place.is_unknown(&place.anna).await;
}
