//! API keys that are for one environment alone.

use axum::body::Body;
use axum::http::Request;
use engine::tenants::Answer;
use rules::tenant::Command;
use serde_json::{Value, json};
use wire::encoding::base64;
use wire::environment::Environment;
use wire::solana::{Address, Instruction, Message, Transaction, Version};

use crate::session_stamps::organisations;
use crate::sessions::{GRID, app, passkey, query, session_key, submission};
use crate::support::Reply;
use crate::tenants::{App, thirty_euros};

const OLDER: &str = "/api/v1";

impl App {
    /// Another key of the tenant.
    async fn key_for(&self, environment: Environment) -> String {
        let command = Command::CreateSecret {
            name: format!("{environment} at {}", self.world.now_ms()),
            environment: Some(environment),
        };
        match self.operate(command).await {
            Answer::Secret(key) => key.secret.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

/// A call of a passkey session in an environment; of none that is named, in `sandbox`.
async fn call(
    app: &App,
    (method, path): (&str, &str),
    environment: Option<&str>,
    key: Option<&str>,
    body: Value,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(environment) = environment {
        request = request.header("x-grid-environment", environment);
    }
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    app.world.send(request).await
}

/// Expects that the key is refused, and that the answer names where it is for.
#[track_caller]
fn is_elsewhere(reply: Reply, own: &str) {
    let body = reply.is(403);
    assert_eq!(body["code"], "Forbidden", "{body:#}");
    assert_eq!(body["error"]["code"], "Forbidden");
    assert_eq!(body["message"], format!("the api key is for {own} alone"));
    assert_eq!(body["details"][0]["code"], "other_environment");
}

#[tokio::test]
pub async fn a_key_for_one_environment_opens_sessions_there_alone() {
    let app = &app().await;
    let key = app.key_for(Environment::Devnet).await;
    for base in [GRID, OLDER] {
        let path = format!("{base}/passkeys");
        let open = async |environment, key: &str| {
            let asked = json!({ "sessionKey": session_key(900) });
            call(app, ("POST", &path), environment, Some(key), asked).await
        };
        assert_eq!(
            query(&open(Some("devnet"), &key).await.ok())["env"],
            "devnet"
        );
        for other in [Some("sandbox"), None, Some("mainnet"), Some("production")] {
            is_elsewhere(open(other, &key).await, "devnet");
        }
        // A key that is for all of them is told of a network that there is none.
        assert_eq!(
            open(Some("mainnet"), &app.key).await.is(400)["code"],
            "InvalidNetwork"
        );
        open(Some("devnet"), &app.key).await.ok();
        open(None, &app.key).await.ok();
    }
    let mainnet = app.key_for(Environment::Mainnet).await;
    let path = format!("{GRID}/passkeys");
    let open = async |environment| {
        let asked = json!({ "sessionKey": session_key(900) });
        call(
            app,
            ("POST", &path),
            Some(environment),
            Some(&mainnet),
            asked,
        )
        .await
    };
    assert_eq!(open("production").await.is(400)["code"], "InvalidNetwork");
    is_elsewhere(open("devnet").await, "mainnet");
}

#[tokio::test]
pub async fn t48_a_key_for_trying_things_out_has_no_key_stamp_for_an_organisation() {
    let app = &app().await;
    let here = "01010101-0101-0101-0101-010101010101";
    let config = serde_json::from_value(organisations(&[here])).unwrap();
    app.operate(Command::ConfigureTenant {
        config: Box::new(config),
    })
    .await;
    let path = format!("{GRID}/passkeys");
    let open = async |environment: Environment, key: &str, scope: Value| {
        let mut asked = json!({ "sessionKey": session_key(900) });
        asked["sessionKey"]["scope"] = scope;
        let environment = Some(environment.name());
        call(app, ("POST", &path), environment, Some(key), asked).await
    };
    let stamps = || json!({ "activities": { "organizationId": here } });
    for own in [Environment::Sandbox, Environment::Devnet] {
        let key = app.key_for(own).await;
        let refused = open(own, &key, stamps()).await;
        let refused = refused.is(400);
        let told = format!("the api key is for {own} alone");
        assert!(
            refused["message"].as_str().unwrap().contains(&told),
            "{refused:#}"
        );
        open(own, &key, json!({ "maxTransactions": 1 })).await.ok();
        // A key that is for all of them may.
        open(own, &app.key, stamps()).await.ok();
    }
    for (seconds, status) in [(86_400, 200), (86_401, 400)] {
        let mut asked = json!({ "sessionKey": session_key(seconds) });
        asked["sessionKey"]["scope"] = stamps();
        let answer = call(app, ("POST", &path), None, Some(&app.key), asked).await;
        assert_eq!(answer.status, status, "{seconds} s: {answer:?}");
    }
}

#[tokio::test]
pub async fn a_key_for_one_environment_looks_and_acts_there_alone() {
    let app = &app().await;
    let key = app.key_for(Environment::Devnet).await;
    let address = Address::from_bytes([1; 32]);
    let account = format!("passkeys/account/{address}");
    let older = format!("passkeys/externally-signed-account/{address}");
    let session = format!("{account}/session");
    let passkeys = format!("accounts/{address}/passkeys");
    let (prepare, submit) = (
        format!("accounts/{address}/transactions"),
        format!("accounts/{address}/submit"),
    );
    let sent = json!({ "transaction": base64::encode(nothing_much()) });
    let asked = json!({ "sessionKey": session_key(900) });
    let typed = json!({
        "domain": { "chainId": 8453, "verifyingContract": format!("0x{}", "11".repeat(20)) },
        "types": {
            "EIP712Domain": [
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" },
            ],
            "SafeMessage": [{ "name": "message", "type": "bytes" }],
        },
        "primaryType": "SafeMessage",
        "message": { "message": "0xc0ffee" },
    });
    let evm = json!({ "evm": {
        "family": "safe", "chainId": "eip155:8453", "typedData": typed,
    } });
    // Chains that passkeys sign for by themselves are in no environment.
    let sign = format!("{GRID}/passkeys/sign");
    for (key, status) in [(&key, 400), (&app.key, 200)] {
        let target = ("POST", sign.as_str());
        let answer = call(app, target, Some("devnet"), Some(key), evm.clone()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
    for (method, path, body) in [
        ("POST", "passkeys/auth", &asked),
        ("GET", "passkeys/find", &json!({})),
        ("GET", "passkeys/accounts", &json!({})),
        ("GET", &account, &json!({})),
        ("GET", &older, &json!({})),
        ("DELETE", &session, &json!({})),
        ("GET", &passkeys, &json!({})),
        ("POST", &prepare, &sent),
        ("POST", &submit, &sent),
    ] {
        for base in [GRID, OLDER] {
            let path = format!("{base}/{path}");
            let target = (method, path.as_str());
            let there = call(app, target, Some("devnet"), Some(&key), body.clone()).await;
            assert_ne!(there.status, 403, "{target:?}: {there:?}");
            let elsewhere = call(app, target, Some("sandbox"), Some(&key), body.clone()).await;
            is_elsewhere(elsewhere, "devnet");
            let unbound = call(app, target, Some("sandbox"), Some(&app.key), body.clone()).await;
            assert_eq!(unbound.status, there.status, "{target:?}");
        }
    }
}

/// A transaction that asks for nothing, in the bytes of one.
fn nothing_much() -> Vec<u8> {
    let payer = Address::from_bytes([2; 32]);
    let memo = Instruction {
        program: Address::from_bytes([3; 32]),
        accounts: Vec::new(),
        data: Vec::new(),
    };
    let message = Message::compile(Version::Legacy, payer, &[memo], [4; 32]).unwrap();
    Transaction::unsigned(message).to_bytes()
}

#[tokio::test]
pub async fn a_key_for_one_environment_brings_answers_to_its_own_sessions_alone() {
    let app = &app().await;
    let key = app.key_for(Environment::Devnet).await;
    let open = async |environment: &str| {
        let path = format!("{GRID}/passkeys");
        let asked = json!({ "sessionKey": session_key(900) });
        let opened = call(
            app,
            ("POST", &path),
            Some(environment),
            Some(&app.key),
            asked,
        );
        submission("create", &query(&opened.await.ok()), &passkey())
    };
    for submit in [
        format!("{GRID}/passkeys/submit"),
        format!("{OLDER}/passkeys/submit-passkey-session"),
    ] {
        // Whatever environment the caller names: the session was opened in one.
        for named in [Some("sandbox"), Some("devnet"), None] {
            let answer = open("sandbox").await;
            let target = ("POST", submit.as_str());
            let brought = call(app, target, named, Some(&key), answer.clone()).await;
            is_elsewhere(brought, "devnet");
            // Like every refused answer it has burnt its challenge.
            let again = call(app, target, named, None, named_tenant(app, answer)).await;
            assert_eq!(again.is(409)["code"], "ChallengeAlreadyUsed");
        }
        let answer = open("devnet").await;
        let target = ("POST", submit.as_str());
        let bound = call(app, target, None, Some(&key), answer.clone()).await;
        assert!(bound.ok()["address"].is_string());
        // Once more it is used up, and not somebody else's.
        let again = call(app, target, None, Some(&key), answer).await;
        assert_eq!(again.is(409)["code"], "ChallengeAlreadyUsed");
    }
}

fn named_tenant(app: &App, mut body: Value) -> Value {
    body["tenant"] = app.tenant.to_string().into();
    body
}

#[tokio::test]
pub async fn a_key_for_one_environment_is_refused_by_the_passkey_api() {
    let app = &App::new().await;
    let key = app.key_for(Environment::Sandbox).await;
    let ada = app.register("ada", 1).await;
    app.begin_payment("ada", "pay-1").await.is(201);
    let of_ada = json!({ "user_id": "ada", "username": "ada" });
    let named = json!({ "user_id": "ada" });
    let answer = ada.answer(&app.begin_login().await);
    let made = {
        let options = app.begin_registration("eve").await;
        let passkey = testkit::Passkey::es256(2, crate::tenants::RP_ID, crate::tenants::ORIGIN);
        passkey
            .attestation(&crate::tenants::challenge(&options))
            .to_json()
    };
    let begun = json!({ "user_id": "ada", "transaction_id": "t", "transaction_data": 1 });
    let payment = crate::tenants::payment("ada", "pay-2");
    let consumed = json!({ "payment": thirty_euros() });
    let credential = format!("/credentials/{}", ada.credential_id());
    let nothing = json!({});
    let renamed = json!({ "name": "mine" });
    for (method, path, body) in [
        ("POST", "/registration/initialize", Some(&of_ada)),
        ("POST", "/registration/finalize", Some(&made)),
        ("POST", "/mfa/registration/initialize", Some(&of_ada)),
        ("POST", "/mfa/registration/finalize", Some(&made)),
        ("POST", "/login/initialize", Some(&nothing)),
        ("POST", "/login/initialize", Some(&named)),
        ("POST", "/login/finalize", Some(&answer)),
        ("POST", "/mfa/login/initialize", Some(&named)),
        ("POST", "/mfa/login/finalize", Some(&answer)),
        ("POST", "/transaction/initialize", Some(&begun)),
        ("POST", "/transaction/finalize", Some(&answer)),
        ("GET", "/transaction/ada", None),
        ("GET", "/credentials", None),
        ("GET", &credential, None),
        ("PATCH", &credential, Some(&renamed)),
        ("DELETE", &credential, None),
        ("GET", "/audit_logs", None),
        ("GET", "/users/ada/signals", None),
        ("POST", "/v2/transactions", Some(&payment)),
        ("GET", "/v2/transactions", None),
        ("GET", "/v2/transactions/pay-1", None),
        ("POST", "/v2/transactions/pay-1/challenge", Some(&nothing)),
        ("POST", "/v2/transactions/pay-1/confirm", Some(&answer)),
        ("POST", "/v2/transactions/pay-1/cancel", Some(&nothing)),
        ("POST", "/v2/transactions/pay-1/consume", Some(&consumed)),
        ("GET", "/v2/transactions/pay-1/receipt", None),
    ] {
        let refused = app.call(method, path, Some(&key), body).await;
        assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
        refused.is_refused(403, "other_environment");
        assert_eq!(refused.body["title"], "the api key is for sandbox alone");
    }
    // Nothing has happened to anybody, and with a key for everything it does.
    let listed = app.get("/credentials").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_ne!(listed[0]["name"], "mine");
    let pending = app.get("/v2/transactions/pay-1").await.ok();
    assert_eq!(pending["state"], "pending");
    app.log_in(&ada).await.ok();
    // What anybody may read, who shows such a key may read as well.
    let jwks = "/.well-known/jwks.json";
    app.call("GET", jwks, Some(&key), None).await.ok();
}
