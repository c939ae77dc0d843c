//! Passkeys as credentials: registration inside an activity, stamps over bodies.

use serde_json::json;
use testkit::{ApiKey, Passkey};

use crate::support::{World, authenticator, ethereum_account, root_user};

/// A sub-organisation owned by a passkey alone, and its wallet's address.
async fn owned_by(world: &World, passkey: &Passkey) -> (String, String) {
    let created = world
        .done(
            &world.root,
            "CREATE_SUB_ORGANIZATION_V7",
            json!({
                "subOrganizationName": "Passkey's own", "rootQuorumThreshold": 1,
                "rootUsers": [root_user("Owner", &[], &[authenticator("phone", passkey)])],
                "wallet": { "walletName": "First", "accounts": [ethereum_account(0)] },
            }),
        )
        .await;
    (
        created["subOrganizationId"].as_str().unwrap().to_owned(),
        created["wallet"]["addresses"][0]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}

fn sign(world: &World, organisation: &str, address: &str) -> Vec<u8> {
    world.advance_ms(1);
    world.body_in(
        organisation,
        "SIGN_RAW_PAYLOAD_V2",
        json!({
            "signWith": address, "payload": "11".repeat(32),
            "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
        }),
    )
}

const SIGN: &str = "/public/v1/submit/sign_raw_payload";

#[tokio::test]
pub async fn a_passkey_signs_with_its_own_wallet() {
    let world = World::new().await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (organisation, address) = owned_by(&world, &passkey).await;
    let body = sign(&world, &organisation, &address);
    let reply = world.post(SIGN, &body, passkey.stamp(&body)).await;
    let signature = reply.completed();
    assert_eq!(signature["r"].as_str().unwrap().len(), 64);
    assert_eq!(
        reply.activity()["votes"][0]["scheme"],
        "SIGNATURE_SCHEME_TK_WEBAUTHN"
    );
    // The parent's key does not.
    let body = sign(&world, &organisation, &address);
    let refused = world.post(SIGN, &body, world.root.key.stamp(&body)).await;
    refused.fails(400, "organization mismatch");
}

#[tokio::test]
pub async fn t35_a_stamp_for_another_rp_or_page_is_refused() {
    let world = World::new().await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (organisation, address) = owned_by(&world, &passkey).await;
    for (rp_id, origin) in [
        ("evil.example", "https://evil.example"),
        ("app.example", "https://evil.example"),
        ("evil.example", "https://app.example"),
        ("app.example", "http://app.example"),
        ("app.example", "https://app.example.evil.example"),
    ] {
        let phished = Passkey::es256(1, rp_id, origin);
        let body = sign(&world, &organisation, &address);
        let mut stamp = phished.make_stamp(&body);
        stamp.credential_id = passkey.credential_id().to_vec();
        let header = ("X-Stamp-Webauthn", stamp.to_header());
        world
            .post(SIGN, &body, header)
            .await
            .fails(401, "could not verify WebAuthN signature");
    }
}

#[tokio::test]
pub async fn t32_listed_origins_are_exact_and_reach_into_children() {
    let world = World::new().await;
    world
        .done(
            &world.root,
            "SET_ORGANIZATION_FEATURE",
            json!({
                "name": "FEATURE_NAME_WEBAUTHN_ORIGINS", "value": "https://app.example",
            }),
        )
        .await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (organisation, address) = owned_by(&world, &passkey).await;
    let body = sign(&world, &organisation, &address);
    world
        .post(SIGN, &body, passkey.stamp(&body))
        .await
        .completed();
    for origin in [
        "https://app.example:444",
        "https://app.example.",
        "https://sub.app.example",
        "https://APP.example",
        "http://app.example",
        "null",
        "https://app.example/",
    ] {
        let elsewhere = Passkey::es256(1, "app.example", origin);
        let body = sign(&world, &organisation, &address);
        world
            .post(SIGN, &body, elsewhere.stamp(&body))
            .await
            .fails(401, "WebAuthN");
    }
    let unlisted = Passkey::es256(2, "other.example", "https://other.example");
    world
        .submit(
            &world.root,
            "CREATE_AUTHENTICATORS_V2",
            json!({
                "userId": world.root.user, "authenticators": [authenticator("p", &unlisted)],
            }),
        )
        .await
        .fails(400, "invalid authenticator attestation");
}

#[tokio::test]
pub async fn t27_a_stamp_covers_one_body() {
    let world = World::new().await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (organisation, address) = owned_by(&world, &passkey).await;
    let one = sign(&world, &organisation, &address);
    let other = sign(&world, &organisation, &address);
    world
        .post(SIGN, &other, passkey.stamp(&one))
        .await
        .fails(401, "WebAuthN");
}

#[tokio::test]
pub async fn t43_a_passkey_is_registered_once_in_an_organisation() {
    let world = World::new().await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let add = || {
        world.submit(
            &world.root,
            "CREATE_AUTHENTICATORS_V2",
            json!({
                "userId": world.root.user, "authenticators": [authenticator("p", &passkey)],
            }),
        )
    };
    add().await.completed();
    add().await.fails(
        409,
        "this passkey is registered in the organization already",
    );
}

#[tokio::test]
pub async fn t45_a_passkey_known_in_two_children_is_ambiguous_without_one_named() {
    let world = World::new().await;
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (one, _) = owned_by(&world, &passkey).await;
    let whoami = |organisation: String| {
        let body = json!({ "organizationId": organisation })
            .to_string()
            .into_bytes();
        let stamp = passkey.stamp(&body);
        let world = &world;
        async move { world.post("/public/v1/query/whoami", &body, stamp).await }
    };
    let found = whoami(world.root.organisation.clone()).await;
    assert_eq!(found.body["organizationId"], one.as_str());
    let (two, _) = owned_by(&world, &passkey).await;
    whoami(world.root.organisation.clone())
        .await
        .fails(401, "more than one suborg associated with a credential ID");
    assert_eq!(
        whoami(two.clone()).await.body["organizationId"],
        two.as_str()
    );
}

#[tokio::test]
pub async fn t21_a_stamp_of_the_wrong_kind_is_refused() {
    let world = World::new().await;
    let wallet = ApiKey::eip191(30);
    world.child("Wallet's own", wallet.clone()).await;
    // Both secp256k1 schemes go with the key; a P-256 stamp by the same bytes cannot exist.
    let passkey = Passkey::es256(1, "app.example", "https://app.example");
    let (organisation, address) = owned_by(&world, &passkey).await;
    let body = sign(&world, &organisation, &address);
    let mut stamp = passkey.make_stamp(&body);
    stamp.credential_id = vec![1, 2, 3];
    let header = ("X-Stamp-Webauthn", stamp.to_header());
    world
        .post(SIGN, &body, header)
        .await
        .fails(401, "credential ID could not be found");
}
