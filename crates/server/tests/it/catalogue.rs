//! One example of everything that can be submitted or asked, so that tables of tests can walk
//! all of it. An endpoint that is served and not listed here fails a test.

use serde_json::{Value, json};
use testkit::{ApiKey, Passkey};
use wire::activities::Support;
use wire::activities::endpoint::{QUERY, SUBMIT};

use crate::support::{Persona, Wallet, World, api_key, authenticator, ethereum_account, root_user};

/// Identifiers of one organisation's things.
pub struct Things {
    pub organisation: String,
    pub user: String,
    pub api_key: String,
    pub authenticator: String,
    pub user_tag: String,
    pub key_tag: String,
    pub wallet: String,
    pub account: String,
    pub address: String,
    pub private_key: String,
    pub activity: String,
    pub fingerprint: String,
}

impl Things {
    /// Makes one of everything in an organisation.
    pub async fn of(world: &World, owner: &Persona, wallet: &Wallet) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let seed = u64::from_str_radix(&owner.organisation[..8], 16).unwrap();
        let key = api_key("extra", &ApiKey::p256(seed));
        let keys = world
            .done(
                owner,
                "CREATE_API_KEYS_V2",
                json!({ "userId": owner.user, "apiKeys": [key] }),
            )
            .await;
        let passkey = Passkey::es256(seed, "app.example", "https://app.example");
        let passkeys = world
            .done(
                owner,
                "CREATE_AUTHENTICATORS_V2",
                json!({
                    "userId": owner.user,
                    "authenticators": [authenticator("passkey", &passkey)],
                }),
            )
            .await;
        let user_tag = world
            .done(
                owner,
                "CREATE_USER_TAG",
                json!({ "userTagName": "t", "userIds": [owner.user] }),
            )
            .await;
        let made = world
            .submit(
                owner,
                "CREATE_PRIVATE_KEYS_V2",
                json!({ "privateKeys": [{
                "privateKeyName": "raw", "curve": "CURVE_ED25519",
                "privateKeyTags": [], "addressFormats": ["ADDRESS_FORMAT_SOLANA"],
            }] }),
            )
            .await;
        let private_key = text(&made.completed()["privateKeys"][0]["privateKeyId"]);
        let key_tag = world
            .done(
                owner,
                "CREATE_PRIVATE_KEY_TAG",
                json!({
                    "privateKeyTagName": "t", "privateKeyIds": [private_key],
                }),
            )
            .await;
        let accounts = world
            .ask(
                owner,
                "list_wallet_accounts",
                json!({ "walletId": wallet.id }),
            )
            .await;
        Self {
            organisation: owner.organisation.clone(),
            user: owner.user.clone(),
            api_key: text(&keys["apiKeyIds"][0]),
            authenticator: text(&passkeys["authenticatorIds"][0]),
            user_tag: text(&user_tag["userTagId"]),
            key_tag: text(&key_tag["privateKeyTagId"]),
            wallet: wallet.id.clone(),
            account: text(&accounts.body["accounts"][0]["walletAccountId"]),
            address: wallet.address.clone(),
            private_key,
            activity: text(&made.activity()["id"]),
            fingerprint: text(&made.activity()["fingerprint"]),
        }
    }

    /// Identifiers of nothing at all.
    pub fn nowhere() -> Self {
        let id = |n: u32| format!("00000000-0000-4000-8000-{n:012x}");
        Self {
            organisation: id(1),
            user: id(2),
            api_key: id(3),
            authenticator: id(4),
            user_tag: id(5),
            key_tag: id(6),
            wallet: id(7),
            account: id(8),
            address: format!("0x{}", "00".repeat(20)),
            private_key: id(9),
            activity: id(10),
            fingerprint: format!("sha256:{}", "00".repeat(32)),
        }
    }

    /// A text with these identifiers blanked out.
    pub fn mask(&self, text: &str) -> String {
        [
            &self.organisation,
            &self.user,
            &self.api_key,
            &self.authenticator,
            &self.user_tag,
            &self.key_tag,
            &self.wallet,
            &self.account,
            &self.address,
            &self.private_key,
            &self.activity,
            &self.fingerprint,
        ]
        .into_iter()
        .fold(text.to_owned(), |text, id| text.replace(id.as_str(), "…"))
    }
}

/// Every served submission: type and parameters. Deletions come last.
pub fn examples(t: &Things) -> Vec<(&'static str, Value)> {
    let key = ApiKey::p256(1_000_001);
    let passkey = Passkey::es256(1_000_002, "app.example", "https://app.example");
    let sign = json!({
        "signWith": t.address, "payload": "00".repeat(32),
        "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
    });
    let mut user = root_user("New", &[&ApiKey::p256(1_000_003)], &[]);
    user["userTags"] = json!([t.user_tag]);
    vec![
        (
            "CREATE_SUB_ORGANIZATION_V7",
            json!({
                "subOrganizationName": "Grandchild", "rootQuorumThreshold": 1,
                "rootUsers": [root_user("Owner", &[&ApiKey::p256(1_000_004)], &[])],
            }),
        ),
        (
            "UPDATE_ORGANIZATION_NAME",
            json!({ "organizationName": "Taken over" }),
        ),
        (
            "UPDATE_ROOT_QUORUM",
            json!({ "threshold": 1, "userIds": [t.user] }),
        ),
        (
            "SET_ORGANIZATION_FEATURE",
            json!({ "name": "FEATURE_NAME_WEBHOOK", "value": "https://x.example" }),
        ),
        (
            "REMOVE_ORGANIZATION_FEATURE",
            json!({ "name": "FEATURE_NAME_WEBHOOK" }),
        ),
        ("CREATE_USERS_V3", json!({ "users": [user] })),
        (
            "UPDATE_USER",
            json!({ "userId": t.user, "userName": "Renamed" }),
        ),
        (
            "UPDATE_USER_NAME",
            json!({ "userId": t.user, "userName": "Renamed again" }),
        ),
        (
            "UPDATE_USER_EMAIL",
            json!({ "userId": t.user, "userEmail": "a@example.org" }),
        ),
        (
            "UPDATE_USER_PHONE_NUMBER",
            json!({ "userId": t.user, "userPhoneNumber": "+31201234567" }),
        ),
        (
            "CREATE_API_KEYS_V2",
            json!({ "userId": t.user, "apiKeys": [api_key("k", &key)] }),
        ),
        (
            "CREATE_AUTHENTICATORS_V2",
            json!({
                "userId": t.user, "authenticators": [authenticator("p", &passkey)],
            }),
        ),
        (
            "CREATE_USER_TAG",
            json!({ "userTagName": "tag", "userIds": [t.user] }),
        ),
        (
            "UPDATE_USER_TAG",
            json!({
                "userTagId": t.user_tag, "newUserTagName": "renamed", "addUserIds": [], "removeUserIds": [],
            }),
        ),
        (
            "CREATE_PRIVATE_KEY_TAG",
            json!({ "privateKeyTagName": "tag", "privateKeyIds": [t.private_key] }),
        ),
        (
            "UPDATE_PRIVATE_KEY_TAG",
            json!({
                "privateKeyTagId": t.key_tag, "newPrivateKeyTagName": "renamed",
                "addPrivateKeyIds": [], "removePrivateKeyIds": [],
            }),
        ),
        (
            "CREATE_WALLET",
            json!({ "walletName": "Second", "accounts": [ethereum_account(0)] }),
        ),
        (
            "CREATE_WALLET_ACCOUNTS",
            json!({ "walletId": t.wallet, "accounts": [ethereum_account(7)] }),
        ),
        (
            "UPDATE_WALLET",
            json!({ "walletId": t.wallet, "walletName": "Renamed" }),
        ),
        (
            "UPDATE_WALLET_ACCOUNT_NAME",
            json!({ "walletAccountId": t.account, "name": "Named" }),
        ),
        (
            "CREATE_PRIVATE_KEYS_V2",
            json!({ "privateKeys": [{
            "privateKeyName": "second", "curve": "CURVE_P256",
            "privateKeyTags": [t.key_tag], "addressFormats": [],
        }] }),
        ),
        ("SIGN_RAW_PAYLOAD_V2", sign.clone()),
        (
            "SIGN_RAW_PAYLOADS",
            json!({
                "signWith": t.address, "payloads": ["00".repeat(32)],
                "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
            }),
        ),
        (
            "SIGN_TRANSACTION_V2",
            json!({
                "signWith": t.address, "type": "TRANSACTION_TYPE_ETHEREUM",
                "unsignedTransaction": crate::signing::EIP155_UNSIGNED,
            }),
        ),
        ("APPROVE_ACTIVITY", json!({ "fingerprint": t.fingerprint })),
        ("REJECT_ACTIVITY", json!({ "fingerprint": t.fingerprint })),
        (
            "DELETE_API_KEYS",
            json!({ "userId": t.user, "apiKeyIds": [t.api_key] }),
        ),
        (
            "DELETE_AUTHENTICATORS",
            json!({ "userId": t.user, "authenticatorIds": [t.authenticator] }),
        ),
        ("DELETE_USER_TAGS", json!({ "userTagIds": [t.user_tag] })),
        (
            "DELETE_PRIVATE_KEY_TAGS",
            json!({ "privateKeyTagIds": [t.key_tag] }),
        ),
        (
            "DELETE_WALLET_ACCOUNTS",
            json!({ "walletAccountIds": [t.account], "deleteWithoutExport": true }),
        ),
        (
            "DELETE_WALLETS",
            json!({ "walletIds": [t.wallet], "deleteWithoutExport": true }),
        ),
        (
            "DELETE_PRIVATE_KEYS",
            json!({ "privateKeyIds": [t.private_key], "deleteWithoutExport": true }),
        ),
        ("DELETE_USERS", json!({ "userIds": [t.user] })),
        (
            "DELETE_SUB_ORGANIZATION",
            json!({ "deleteWithoutExport": true }),
        ),
    ]
}

/// Every served query.
pub fn queries(t: &Things) -> Vec<(&'static str, Value)> {
    vec![
        ("get_activity", json!({ "activityId": t.activity })),
        ("get_api_key", json!({ "apiKeyId": t.api_key })),
        ("get_api_keys", json!({})),
        (
            "get_authenticator",
            json!({ "authenticatorId": t.authenticator }),
        ),
        ("get_authenticators", json!({ "userId": t.user })),
        ("get_oauth_providers", json!({})),
        ("get_organization_configs", json!({})),
        ("get_private_key", json!({ "privateKeyId": t.private_key })),
        ("get_receipt", json!({ "activityId": t.activity })),
        ("get_user", json!({ "userId": t.user })),
        ("get_wallet", json!({ "walletId": t.wallet })),
        (
            "get_wallet_account",
            json!({ "walletId": t.wallet, "address": t.address }),
        ),
        ("list_activities", json!({})),
        ("list_private_key_tags", json!({})),
        ("list_private_keys", json!({})),
        ("list_suborgs", json!({})),
        ("list_user_tags", json!({})),
        ("list_users", json!({})),
        ("list_wallet_accounts", json!({ "walletId": t.wallet })),
        ("list_wallets", json!({})),
        ("whoami", json!({})),
    ]
}

#[test]
fn every_served_endpoint_has_an_example() {
    let things = Things::nowhere();
    let served = |support: Support| support == Support::Served;
    for endpoint in SUBMIT.iter().filter(|endpoint| served(endpoint.support)) {
        let listed = examples(&things)
            .iter()
            .any(|(kind, _)| endpoint.accepts(&format!("ACTIVITY_TYPE_{kind}")));
        assert!(listed, "{} has no example", endpoint.name);
    }
    for endpoint in QUERY.iter().filter(|endpoint| served(endpoint.support)) {
        let listed = queries(&things)
            .iter()
            .any(|(name, _)| *name == endpoint.name);
        assert!(listed, "{} has no example", endpoint.name);
    }
}

#[tokio::test]
pub async fn every_example_completes_for_the_owner() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let things = Things::of(&world, &child, &wallet).await;
    for (name, body) in queries(&things) {
        let reply = world.ask(&child, name, body).await;
        assert_eq!(reply.status, 200, "{name}: {:#}", reply.body);
    }
    for (kind, parameters) in examples(&things) {
        let reply = world.submit(&child, kind, parameters).await;
        match kind {
            // A child has no children; nothing waits for a vote; the last member cannot go.
            "CREATE_SUB_ORGANIZATION_V7" => reply.fails(429, "cannot have sub-organizations"),
            "APPROVE_ACTIVITY" | "REJECT_ACTIVITY" => reply.fails(400, "does not wait"),
            "DELETE_USERS" => reply.fails(400, "member of the root quorum"),
            _ => drop(reply.completed()),
        }
    }
}

#[tokio::test]
pub async fn t83_every_endpoint_refuses_a_request_without_a_stamp() {
    let world = World::new().await;
    for (endpoints, door) in [(SUBMIT, "submit"), (QUERY, "query")] {
        for endpoint in endpoints {
            let path = format!("/public/v1/{door}/{}", endpoint.name);
            let body = json!({ "organizationId": world.root.organisation }).to_string();
            let request = axum::http::Request::post(&path).body(body.into()).unwrap();
            let reply = world.send(request).await;
            match endpoint.support {
                Support::Served => reply.fails(401, "no valid authentication signature found"),
                Support::NotServed => reply.fails(501, "is not served"),
            }
        }
    }
}
