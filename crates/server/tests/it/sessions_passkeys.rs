//! Several passkeys for one account, over HTTP: who joins, who leaves, who says so, and who may act.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use engine::chain::Chain;
use futures_util::future::join_all;
use rules::tenant::Command;
use serde_json::{Value, json};
use testkit::Passkey;
use wire::encoding::{base64, base64url};
use wire::environment::Environment;
use wire::solana::Address;

use crate::admin::networks::Purse;
use crate::sessions::{GRID, app, query, session_key, submission};
use crate::support::{AUDIENCE, Reply, World};
use crate::tenants::{App, config, found};

const SANDBOX: &str = "sandbox";

fn passkey(n: u64) -> Passkey {
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    Passkey::es256(n, host, AUDIENCE)
}

async fn call(
    app: &App,
    method: &str,
    path: &str,
    (key, environment): (Option<&str>, &str),
    body: Value,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{GRID}/{path}"))
        .header("content-type", "application/json")
        .header("x-grid-environment", environment);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    app.world.send(request).await
}

async fn post(app: &App, path: &str, body: Value) -> Reply {
    call(app, "POST", path, (Some(&app.key), SANDBOX), body).await
}

async fn get(app: &App, path: &str) -> Value {
    let caller = (Some(app.key.as_str()), SANDBOX);
    call(app, "GET", path, caller, json!({})).await.ok()
}

/// Makes the account of a passkey.
async fn made(app: &App, caller: (Option<&str>, &str), n: u64) -> String {
    let opened = call(app, "POST", "passkeys", caller, json!({})).await.ok();
    let body = submission("create", &query(&opened), &passkey(n));
    let made = call(app, "POST", "passkeys/submit", caller, body).await;
    made.ok()["passkeyAccount"].as_str().unwrap().to_owned()
}

/// The accounts of the passkeys 1 to `count`.
async fn accounts(app: &App, count: u64) -> Vec<String> {
    let mut accounts = Vec::new();
    for n in 1..=count {
        accounts.push(made(app, (Some(&app.key), SANDBOX), n).await);
    }
    accounts
}

async fn try_add(app: &App, account: &str, passkey: &str) -> Reply {
    let path = format!("accounts/{account}/passkeys/transaction?admin=true");
    post(app, &path, json!({ "passkey": { "address": passkey } })).await
}

async fn try_remove(app: &App, account: &str, passkey: &str, body: Value) -> Reply {
    let path = format!("accounts/{account}/passkeys/{passkey}/transaction?admin=true");
    let caller = (Some(app.key.as_str()), SANDBOX);
    call(app, "DELETE", &path, caller, body).await
}

/// What waits for a passkey of the account.
async fn adding(app: &App, account: &str, passkey: &str) -> Value {
    try_add(app, account, passkey).await.ok()["data"].clone()
}

async fn removing(app: &App, account: &str, passkey: &str) -> Value {
    let nested = json!({ "transaction_signers": { "transaction_signers": [] } });
    let asked = try_remove(app, account, passkey, nested).await;
    asked.ok()["data"].clone()
}

/// A page answers, which has no key.
async fn answer(app: &App, asked: &Value, by: u64) -> Reply {
    let page = query(asked);
    let mut body = submission("auth", &page, &passkey(by));
    body["tenant"] = page["tenant"].clone().into();
    call(app, "POST", "passkeys/submit", (None, SANDBOX), body).await
}

async fn add(app: &App, account: &str, passkey: &str, by: u64) -> Value {
    let asked = adding(app, account, passkey).await;
    answer(app, &asked, by).await.ok()
}

/// A session for a named account, not answered yet.
async fn opened(app: &App, account: &str) -> Value {
    let asked = json!({ "sessionKey": session_key(900), "account": account });
    post(app, "passkeys/auth", asked).await.ok()
}

fn refused(reply: Reply, status: u16, code: &str) {
    let body = reply.is(status);
    assert_eq!(body["details"][0]["code"], code, "{body:#}");
}

async fn addresses(app: &App, account: &str) -> Vec<String> {
    let listed = get(app, &format!("accounts/{account}/passkeys")).await;
    let all = listed["data"]["passkeys"].as_array().unwrap().clone();
    let address = |it: &Value| it["address"].as_str().unwrap().to_owned();
    assert!(all.is_empty() || listed["data"]["passkey"] == all[0]);
    all.iter().map(address).collect()
}

#[tokio::test]
pub async fn a_backup_joins_an_account_and_acts_for_it() {
    let app = &app().await;
    let [a, b] = &accounts(app, 2).await[..] else {
        panic!("two accounts are expected");
    };
    let asked = adding(app, a, b).await;
    assert_eq!(asked["passkey"]["address"], *b);
    assert_eq!(asked["passkey"]["role"], "backup");
    let all = json!(["CAN_INITIATE", "CAN_VOTE", "CAN_EXECUTE"]);
    assert_eq!(asked["passkey"]["permissions"], all);
    assert_eq!(asked["threshold"], 1);
    assert_eq!(asked["status"], "pending");
    assert!(asked["expires_at"].is_string());
    let url = asked["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{AUDIENCE}/auth?")), "{url}");

    // The document holds all that is signed.
    let document = base64::decode(asked["transaction"].as_str().unwrap()).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let address = |value: &Value| value.as_str().unwrap().parse::<Address>().unwrap();
    let nonce = verify::solana::Nonce {
        slot_hash: *address(&document["nonce"]["slotHash"]).as_bytes(),
        signer: address(&document["nonce"]["signer"]),
    };
    let challenge = nonce.add_passkey(address(&document["account"]), address(&document["passkey"]));
    assert_eq!(document["challenge"], base64url::encode(challenge));
    assert_eq!(query(&asked)["challenge"], base64url::encode(challenge));
    assert_eq!(
        (&document["account"], &document["passkey"]),
        (&json!(a), &json!(b))
    );

    assert_eq!(addresses(app, a).await, [a.as_str()], "nobody said yes yet");
    let added = answer(app, &asked, 1).await.ok();
    assert_eq!(added["passkeyAccount"], *a);
    assert_eq!(added["passkey"]["address"], *b);
    assert!(added.get("sessionKey").is_none(), "no session is opened");
    assert_eq!(addresses(app, a).await, [a.as_str(), b]);
    assert_eq!(addresses(app, b).await, [b.as_str()], "it works one way");

    for by in [2, 1] {
        let bound = answer(app, &opened(app, a).await, by).await.ok();
        assert_eq!(bound["passkeyAccount"], *a, "{by}");
        assert!(bound["sessionKey"]["key"].is_string());
    }
    let looked = get(app, &format!("passkeys/account/{a}")).await;
    assert!(looked["sessionKey"].is_object());
    let looked = get(app, &format!("passkeys/account/{b}")).await;
    assert!(looked.get("sessionKey").is_none(), "its own has none");

    let own = json!({ "sessionKey": session_key(900) });
    let own = post(app, "passkeys/auth", own).await.ok();
    let bound = answer(app, &own, 2).await.ok();
    assert_eq!(bound["passkeyAccount"], *b, "unless an account is named");
}

#[tokio::test]
pub async fn t47_a_passkey_that_left_opens_no_session_more() {
    let app = &app().await;
    let [a, b] = &accounts(app, 2).await[..] else {
        panic!("two accounts are expected");
    };
    add(app, a, b, 1).await;
    answer(app, &opened(app, a).await, 2).await.ok();
    let early = opened(app, a).await;
    let asked = removing(app, a, b).await;
    assert_eq!(asked["removed_passkey"]["address"], *b);
    let removed = answer(app, &asked, 1).await.ok();
    assert_eq!(removed["removed_passkey"]["address"], *b);
    assert_eq!(addresses(app, a).await, [a.as_str()]);

    refused(answer(app, &early, 2).await, 403, "not_a_member");
    refused(
        answer(app, &opened(app, a).await, 2).await,
        403,
        "not_a_member",
    );
    let live = get(app, &format!("passkeys/account/{a}")).await;
    assert!(live["sessionKey"].is_object(), "what was opened stays");

    add(app, a, b, 1).await;
    let ending = try_remove(app, a, b, json!({ "revokeSession": true })).await;
    answer(app, &ending.ok()["data"], 1).await.ok();
    let over = get(app, &format!("passkeys/account/{a}")).await;
    assert!(over.get("sessionKey").is_none(), "unless it is to end");
}

#[tokio::test]
pub async fn t48_who_may_say_yes_to_a_change() {
    // 1 is the account's own, 2 joined it, 3 is to join, 4 is a stranger and 5 has no account.
    let app = &app().await;
    let all = accounts(app, 4).await;
    let (a, b, c) = (&all[0], &all[1], &all[2]);
    add(app, a, b, 1).await;
    for (by, status, code) in [
        (3, 403, "own_change"),
        (4, 403, "not_a_member"),
        (5, 404, "account_unknown"),
    ] {
        let asked = adding(app, a, c).await;
        refused(answer(app, &asked, by).await, status, code);
        // A wrong answer burns the link.
        refused(answer(app, &asked, 1).await, 409, "challenge_unknown");
    }
    for (by, status, code) in [(2, 403, "own_change"), (4, 403, "not_a_member")] {
        let asked = removing(app, a, b).await;
        refused(answer(app, &asked, by).await, status, code);
    }
    assert_eq!(addresses(app, a).await, [a.as_str(), b]);
    // Whoever joined may say yes as well, to another one; and that one to its going.
    add(app, a, c, 2).await;
    let asked = removing(app, a, b).await;
    answer(app, &asked, 3).await.ok();
    assert_eq!(addresses(app, a).await, [a.as_str(), c]);
}

#[tokio::test]
pub async fn a_change_is_answered_once_in_time_and_as_what_it_is() {
    let app = &app().await;
    let [a, b] = &accounts(app, 2).await[..] else {
        panic!("two accounts are expected");
    };
    let asked = adding(app, a, b).await;
    // Whoever only looks up an account says yes to nothing.
    let mut found = submission("auth", &query(&asked), &passkey(1));
    found.as_object_mut().unwrap().remove("ceremonyType");
    refused(
        post(app, "passkeys/find", found).await,
        409,
        "challenge_unknown",
    );
    refused(answer(app, &asked, 1).await, 409, "challenge_unknown");

    let asked = adding(app, a, b).await;
    app.world.advance_ms(60_000);
    refused(answer(app, &asked, 1).await, 400, "ceremony_expired");

    // The signature for one is none for the other.
    let (adds, session) = (adding(app, a, b).await, opened(app, a).await);
    let mut mixed = submission("auth", &query(&adds), &passkey(1));
    let other = submission("auth", &query(&session), &passkey(1));
    mixed["authenticatorResponse"]["response"]["signature"] =
        other["authenticatorResponse"]["response"]["signature"].clone();
    let body = post(app, "passkeys/submit", mixed).await;
    assert!(body.status.is_client_error());
    assert_eq!(addresses(app, a).await, [a.as_str()]);

    let asked = adding(app, a, b).await;
    let answers = join_all((0..8).map(|_| answer(app, &asked, 1))).await;
    let done = answers.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1);
    for reply in answers.into_iter().filter(|reply| reply.status != 200) {
        refused(reply, 409, "challenge_unknown");
    }
}

#[tokio::test]
pub async fn what_cannot_be_is_refused_before_anybody_is_asked() {
    let app = &app().await;
    let all = accounts(app, 3).await;
    let (a, b, c) = (&all[0], &all[1], &all[2]);
    add(app, a, b, 1).await;
    let nobody = Address::from_bytes([1; 32]).to_string();
    refused(try_add(app, a, b).await, 409, "member_exists");
    refused(try_add(app, a, a).await, 409, "member_exists");
    refused(try_add(app, a, &nobody).await, 404, "account_unknown");
    refused(try_add(app, &nobody, b).await, 404, "account_unknown");
    let none = json!({});
    refused(
        try_remove(app, a, a, none.clone()).await,
        400,
        "primary_stays",
    );
    refused(
        try_remove(app, a, c, none.clone()).await,
        404,
        "member_unknown",
    );
    refused(
        try_remove(app, &nobody, b, none).await,
        404,
        "account_unknown",
    );
    let path = format!("accounts/{a}/passkeys/transaction");
    for part in [
        json!({ "address": c, "permissions": ["CAN_VOTE"] }),
        json!({ "address": c, "role": "owner" }),
        json!({ "address": "x" }),
        json!(null),
    ] {
        let refused = post(app, &path, json!({ "passkey": part })).await.is(400);
        assert_eq!(refused["code"], "InvalidRequest");
    }
    let body = json!({ "passkey": { "address": c } });
    let keyless = call(app, "POST", &path, (None, SANDBOX), body).await;
    keyless.is(401);
    let named = json!({ "sessionKey": session_key(900), "account": nobody });
    refused(
        post(app, "passkeys/auth", named).await,
        404,
        "account_unknown",
    );
    let created = json!({ "account": a });
    refused(post(app, "passkeys", created).await, 400, "invalid");
}

#[tokio::test]
pub async fn t82_passkeys_join_within_one_tenant_and_environment() {
    let app = &app().await;
    let a = &accounts(app, 1).await[0];
    let (other, key) = found(&app.world, config()).await;
    let elsewhere = made(app, (Some(&key), SANDBOX), 2).await;
    refused(try_add(app, a, &elsewhere).await, 404, "account_unknown");
    made(app, (Some(&app.key), "devnet"), 2).await;
    refused(try_add(app, a, &elsewhere).await, 404, "account_unknown");

    // A neighbour's tenant has no such link, and its key reaches nobody else's account.
    made(app, (Some(&app.key), SANDBOX), 2).await;
    let asked = adding(app, a, &elsewhere).await;
    let mut body = submission("auth", &query(&asked), &passkey(1));
    body["tenant"] = other.to_string().into();
    let strange = call(app, "POST", "passkeys/submit", (None, SANDBOX), body).await;
    refused(strange, 409, "challenge_unknown");
    answer(app, &asked, 1).await.ok();
    let path = format!("accounts/{a}/passkeys/transaction");
    let body = json!({ "passkey": { "address": elsewhere } });
    let theirs = call(app, "POST", &path, (Some(&key), SANDBOX), body.clone()).await;
    refused(theirs, 404, "account_unknown");
    let devnet = call(app, "POST", &path, (Some(&app.key), "devnet"), body).await;
    refused(devnet, 404, "account_unknown");
    assert_eq!(addresses(app, a).await, [a.as_str(), &elsewhere]);
    let path = format!("accounts/{a}/passkeys");
    let devnet = call(app, "GET", &path, (Some(&app.key), "devnet"), json!({})).await;
    assert_eq!(devnet.ok()["data"]["passkeys"], json!([]));

    // Nor does a key for another environment answer.
    let command = Command::CreateSecret {
        name: "devnet".to_owned(),
        environment: Some(Environment::Devnet),
    };
    let engine::tenants::Answer::Secret(bound) = app.operate(command).await else {
        panic!("a key is expected");
    };
    let opened = opened(app, a).await;
    let body = submission("auth", &query(&opened), &passkey(2));
    let caller = (Some(bound.secret.as_str()), SANDBOX);
    call(app, "POST", "passkeys/submit", caller, body)
        .await
        .is(403);
}

#[tokio::test]
pub async fn on_a_chain_an_account_has_one_passkey_for_good() {
    // The chain is silent: nobody has to ask it.
    let chain: Arc<dyn Chain> = Arc::new(Purse(None));
    let world = World::on([(Environment::Sandbox, chain)].into()).await;
    let (tenant, key) = found(&world, config()).await;
    let app = &App { world, tenant, key };
    let [a, b] = [1, 2].map(|n| Address::from_bytes([n; 32]).to_string());
    let named = json!({ "sessionKey": session_key(900), "account": a });
    for reply in [
        try_add(app, &a, &b).await,
        try_remove(app, &a, &b, json!({})).await,
        post(app, "passkeys/auth", named).await,
    ] {
        let refused = reply.is(501);
        assert_eq!(refused["code"], "InvalidNetwork");
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("one passkey for good"), "{message}");
    }
    // There is no main network that is only kept.
    let path = format!("accounts/{a}/passkeys/transaction");
    let body = json!({ "passkey": { "address": b } });
    let mainnet = call(app, "POST", &path, (Some(&app.key), "mainnet"), body).await;
    refused(mainnet, 400, "no_network");
}

#[tokio::test]
pub async fn an_account_has_ten_passkeys_beside_its_own() {
    let app = &app().await;
    let all = accounts(app, 12).await;
    let a = &all[0];
    for passkey in &all[1..10] {
        add(app, a, passkey, 1).await;
    }
    // Two ask for the last place, and both are told yes at once.
    let last = [
        adding(app, a, &all[10]).await,
        adding(app, a, &all[11]).await,
    ];
    let answers = join_all(last.iter().map(|asked| answer(app, asked, 1))).await;
    let done = answers.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1);
    for reply in answers.into_iter().filter(|reply| reply.status != 200) {
        refused(reply, 400, "limit_exceeded");
    }
    let joined = addresses(app, a).await;
    assert_eq!(joined.len(), 11);
    let late = all[1..].iter().find(|it| !joined.contains(it)).unwrap();
    refused(try_add(app, a, late).await, 400, "limit_exceeded");
}
