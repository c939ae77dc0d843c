//! The envelope and what every client insists on in an answer.

use serde_json::json;
use testkit::ApiKey;

use crate::support::{World, api_key, ethereum_account, root_user};

#[tokio::test]
pub async fn an_activity_has_every_member() {
    let world = World::new().await;
    let reply = world
        .submit(
            &world.root,
            "CREATE_WALLET",
            json!({
                "walletName": "w", "accounts": [ethereum_account(0)], "mnemonicLength": null,
            }),
        )
        .await;
    let activity = reply.activity();
    for member in [
        "id",
        "organizationId",
        "status",
        "type",
        "intent",
        "result",
        "votes",
        "fingerprint",
        "canApprove",
        "canReject",
        "createdAt",
        "updatedAt",
        "failure",
    ] {
        assert!(activity.get(member).is_some(), "{member} is missing");
    }
    assert!(activity["createdAt"]["seconds"].is_string());
    assert!(activity["createdAt"]["nanos"].is_string());
    assert_eq!(activity["intent"]["createWalletIntent"]["walletName"], "w");
    assert!(
        activity["intent"]["createWalletIntent"]
            .get("mnemonicLength")
            .is_none()
    );
    assert_eq!(reply.headers["content-type"], "application/json");
    let vote = &activity["votes"][0];
    assert_eq!(vote["selection"], "VOTE_SELECTION_APPROVED");
    assert_eq!(vote["scheme"], "SIGNATURE_SCHEME_TK_API_P256");
    assert_eq!(vote["user"]["userName"], "Root user");
    assert_eq!(vote["publicKey"], world.root.key.public_key_hex());
    assert_eq!(activity["canApprove"], false);
}

#[tokio::test]
pub async fn a_vote_verifies_by_itself() {
    let world = World::new().await;
    let reply = world
        .submit(
            &world.root,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [] }),
        )
        .await;
    let vote = &reply.activity()["votes"][0];
    let key = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
        hex::decode(vote["publicKey"].as_str().unwrap()).unwrap(),
    );
    let signature = hex::decode(vote["signature"].as_str().unwrap()).unwrap();
    key.verify(vote["message"].as_str().unwrap().as_bytes(), &signature)
        .unwrap();
}

#[tokio::test]
pub async fn every_version_of_a_type_is_accepted_and_named() {
    let world = World::new().await;
    let old_key =
        |seed| json!({ "apiKeyName": "k", "publicKey": ApiKey::p256(seed).public_key_hex() });
    for (version, seed) in [("", 10), ("_V2", 11)] {
        let kind = format!("CREATE_API_KEYS{version}");
        let reply = world
            .submit(
                &world.root,
                &kind,
                json!({ "userId": world.root.user, "apiKeys": [old_key(seed)] }),
            )
            .await;
        reply.completed();
        assert!(
            reply.activity()["intent"][format!("createApiKeysIntent{}", version.replace('_', ""))]
                .is_object()
        );
        assert!(reply.activity()["result"]["createApiKeysResult"].is_object());
    }
    for (version, key) in [
        ("_V2", "createSubOrganizationResult"),
        ("_V3", "createSubOrganizationResultV3"),
        ("_V4", "createSubOrganizationResultV4"),
        ("_V5", "createSubOrganizationResultV5"),
        ("_V6", "createSubOrganizationResultV6"),
        ("_V7", "createSubOrganizationResultV7"),
        ("_V8", "createSubOrganizationResultV8"),
    ] {
        let reply = world
            .submit(
                &world.root,
                &format!("CREATE_SUB_ORGANIZATION{version}"),
                json!({
                    "subOrganizationName": "Sub", "rootQuorumThreshold": 1,
                    "rootUsers": [root_user("Owner", &[&ApiKey::p256(12)], &[])], "privateKeys": [],
                }),
            )
            .await;
        reply.completed();
        assert!(
            reply.activity()["result"][key].is_object(),
            "{:#}",
            reply.body
        );
    }
}

#[tokio::test]
pub async fn malformed_bodies_name_the_member() {
    let world = World::new().await;
    let wallet = |parameters| world.submit(&world.root, "CREATE_WALLET", parameters);
    for (parameters, fragment) in [
        (
            json!({ "accounts": [] }),
            "parameters: missing field `walletName`",
        ),
        (
            json!({ "walletName": 7, "accounts": [] }),
            "parameters.walletName",
        ),
        (
            json!({ "walletName": "", "accounts": [] }),
            "parameters.walletName: must be 1 to 255",
        ),
        (
            json!({ "walletName": "a\u{0}b", "accounts": [] }),
            "parameters.walletName",
        ),
        (
            json!({ "walletName": "w", "accounts": [], "mnemonicLength": 13 }),
            "parameters.mnemonicLength",
        ),
        (
            json!({ "walletName": "w", "accounts": [{}] }),
            "parameters.accounts[0]",
        ),
        (json!(null), "parameters"),
        (json!([]), "parameters"),
    ] {
        wallet(parameters).await.fails(400, fragment);
    }
    let account = |member: &str, value: &str| {
        let mut account = ethereum_account(0);
        account[member] = value.into();
        json!({ "walletName": "w", "accounts": [account] })
    };
    for (member, value, fragment) in [
        (
            "curve",
            "CURVE_X",
            "invalid curve: parameters.accounts[0].curve",
        ),
        ("curve", "CURVE_ED25519", "invalid address format"),
        (
            "pathFormat",
            "BIP44",
            "invalid path format: parameters.accounts[0].pathFormat",
        ),
        ("path", "44/60", "invalid path: parameters.accounts[0].path"),
        ("path", "m/2147483648", "invalid path"),
        (
            "addressFormat",
            "ADDRESS_FORMAT_X",
            "invalid address format",
        ),
    ] {
        wallet(account(member, value)).await.fails(400, fragment);
    }
    let left = world.ask(&world.root, "list_wallets", json!({})).await;
    assert_eq!(left.body["wallets"], json!([]));
}

#[tokio::test]
pub async fn names_are_unique_and_limits_hold() {
    let world = World::new().await;
    let root = &world.root;
    let wallet = json!({ "walletName": "w", "accounts": [] });
    world.done(root, "CREATE_WALLET", wallet.clone()).await;
    world
        .submit(root, "CREATE_WALLET", wallet)
        .await
        .fails(409, "there is a wallet named");
    let twice =
        json!({ "walletName": "v", "accounts": [ethereum_account(0), ethereum_account(0)] });
    world
        .submit(root, "CREATE_WALLET", twice)
        .await
        .fails(409, "parameters.accounts[1]");
    for i in 1..100 {
        world
            .done(
                root,
                "CREATE_WALLET",
                json!({ "walletName": format!("w{i}"), "accounts": [] }),
            )
            .await;
    }
    world
        .submit(
            root,
            "CREATE_WALLET",
            json!({ "walletName": "one more", "accounts": [] }),
        )
        .await
        .fails(429, "maximum wallets: 100");
    let key = api_key("k", &ApiKey::p256(1));
    world
        .submit(
            root,
            "CREATE_API_KEYS_V2",
            json!({ "userId": root.user, "apiKeys": [key] }),
        )
        .await
        .fails(409, "registered in the organization already");
}

#[tokio::test]
pub async fn lists_are_cut_into_pages() {
    let world = World::new().await;
    let wallet = world
        .done(
            &world.root,
            "CREATE_WALLET",
            json!({
                "walletName": "w", "accounts": (0..25).map(ethereum_account).collect::<Vec<_>>(),
            }),
        )
        .await;
    let mut seen = Vec::new();
    let mut after = serde_json::Value::Null;
    loop {
        let page = world
            .ask(
                &world.root,
                "list_wallet_accounts",
                json!({
                    "walletId": wallet["walletId"],
                    "paginationOptions": { "limit": "10", "after": after },
                }),
            )
            .await;
        let accounts = page.body["accounts"].as_array().unwrap().clone();
        let Some(last) = accounts.last() else { break };
        after = last["walletAccountId"].clone();
        seen.extend(accounts.into_iter().map(|account| account["path"].clone()));
    }
    seen.sort_by_key(ToString::to_string);
    seen.dedup();
    assert_eq!(seen.len(), 25);
    world
        .ask(
            &world.root,
            "list_wallet_accounts",
            json!({ "paginationOptions": { "limit": "101" } }),
        )
        .await
        .fails(400, "paginationOptions.limit");
}

#[tokio::test]
pub async fn sub_organisations_are_found_by_what_is_in_them() {
    let world = World::new().await;
    let (child, wallet) = world.child("Findable", ApiKey::p256(2)).await;
    world.child("Other", ApiKey::p256(3)).await;
    for (kind, value) in [
        ("NAME", "Findable".to_owned()),
        ("PUBLIC_KEY", child.key.public_key_hex()),
        ("WALLET_ACCOUNT_ADDRESS", wallet.address.clone()),
    ] {
        let reply = world
            .ask(
                &world.root,
                "list_suborgs",
                json!({ "filterType": kind, "filterValue": value }),
            )
            .await;
        assert_eq!(
            reply.body["organizationIds"],
            json!([child.organisation]),
            "{kind}"
        );
    }
    let all = world.ask(&world.root, "list_suborgs", json!({})).await;
    assert_eq!(all.body["organizationIds"].as_array().unwrap().len(), 2);
}

#[tokio::test]
pub async fn whoami_finds_the_one_child_that_knows_the_key() {
    let world = World::new().await;
    let (child, _) = world.child("Child", ApiKey::p256(2)).await;
    let found = world
        .ask_in(&child, &world.root.organisation, "whoami", json!({}))
        .await;
    assert_eq!(
        found.body["organizationId"],
        child.organisation.as_str(),
        "{:#}",
        found.body
    );
    assert_eq!(found.body["userId"], child.user.as_str());
    world.child("Twin", ApiKey::p256(2)).await;
    world
        .ask_in(&child, &world.root.organisation, "whoami", json!({}))
        .await
        .fails(401, "more than one suborg associated with a public key");
}
