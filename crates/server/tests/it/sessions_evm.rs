//! Signatures for accounts on an EVM over HTTP: each family, and what none of them gets.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use testkit::Passkey;
use verify::evm::{Family, encode, public_key};
use verify::solana::Assertion;
use wire::encoding::{base64url, hex};
use wire::solana::secp256r1::CompressedKey;

use crate::sessions::{GRID, app, passkey, query, session_key, submission};
use crate::support::{AUDIENCE, Reply};
use crate::tenants::{App, config};

async fn post(app: &App, path: &str, key: Option<&str>, body: Value) -> Reply {
    let mut request = Request::post(format!("{GRID}/{path}"));
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    app.world.send(request).await
}

/// An app whose tenant has an account of the passkey's.
async fn scene() -> App {
    let app = app().await;
    give_account(&app).await;
    app
}

async fn give_account(app: &App) {
    let asked = json!({ "sessionKey": session_key(900) });
    let page = query(&post(app, "passkeys", Some(&app.key), asked).await.ok());
    let made = submission("create", &page, &passkey());
    post(app, "passkeys/submit", Some(&app.key), made)
        .await
        .ok();
}

/// The first user operation of the vectors, which viem has hashed.
fn operation() -> (Value, String) {
    let rows: Vec<Value> = testkit::vectors::read("payload/user-operations.json");
    let members = rows[0]["user_operation"].as_str().unwrap();
    let hash = rows[0]["hash"].as_str().unwrap().to_owned();
    (serde_json::from_str(members).unwrap(), hash)
}

fn typed() -> Value {
    json!({
        "domain": { "chainId": 8453, "verifyingContract": format!("0x{}", "11".repeat(20)) },
        "types": {
            "EIP712Domain": [
                { "name": "chainId", "type": "uint256" },
                { "name": "verifyingContract", "type": "address" },
            ],
            "SafeMessage": [{ "name": "message", "type": "bytes" }],
        },
        "primaryType": "SafeMessage",
        "message": { "message": "0x0102" },
    })
}

fn on_operation(family: &str) -> Value {
    json!({
        "family": family, "chainId": "eip155:8453",
        "userOperation": operation().0, "entryPointVersion": "0.6",
    })
}

fn on_typed(family: &str) -> Value {
    json!({ "family": family, "chainId": "eip155:8453", "typedData": typed() })
}

fn with(mut evm: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        evm[name] = value.clone();
    }
    evm
}

async fn open(app: &App, evm: Value) -> Reply {
    let asked = json!({ "evm": evm, "metaInfo": { "appName": "Wallet" } });
    post(app, "passkeys/sign", Some(&app.key), asked).await
}

/// What the page submits. With `verified` the user was asked for a finger.
fn signed(page: &HashMap<String, String>, passkey: &Passkey, verified: bool) -> Value {
    let challenge = base64url::decode(&page["challenge"]).unwrap();
    let made = passkey.assertion_with(&challenge, |_, data| {
        data.flags = if verified { 0x05 } else { 0x01 };
    });
    json!({
        "ceremonyType": "sign",
        "tenant": page["tenant"],
        "authenticatorResponse": { "response": {
            "clientDataJSON": base64url::encode(&made.client_data_json),
            "authenticatorData": base64url::encode(&made.authenticator_data),
            "signature": base64url::encode(&made.signature),
        } },
    })
}

fn bytes(body: &Value, pointer: &str) -> Vec<u8> {
    let text = body.pointer(pointer).unwrap().as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap()).unwrap()
}

fn key() -> CompressedKey {
    let cose = passkey().public_key();
    let sign = 2 + (cose[76] & 1);
    CompressedKey::from_bytes([&[sign], &cose[10..42]].concat().try_into().unwrap()).unwrap()
}

#[track_caller]
fn code(reply: Reply, status: u16) -> String {
    reply.is(status)["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
pub async fn every_family_gets_what_its_contract_takes() {
    use verify::evm::DaimoVersion::{V1, V2};
    let app = scene().await;
    let daimo = |version| Family::Daimo {
        version,
        key_slot: 3,
        valid_until: wire::evm::daimo::ValidUntil::at_s(1_900_000_000).unwrap(),
    };
    let key_of_daimo = json!({ "keySlot": 3, "validUntil": 1_900_000_000_u64 });
    for (evm, family, length) in [
        (
            with(on_operation("coinbase"), json!({ "ownerIndex": 1 })),
            Family::Coinbase { owner_index: 1 },
            32,
        ),
        (on_operation("solady"), Family::Solady, 32),
        (on_operation("openzeppelin"), Family::OpenZeppelin, 32),
        (on_typed("safe"), Family::Safe, 32),
        (
            with(on_operation("daimo-v1"), key_of_daimo.clone()),
            daimo(V1),
            39,
        ),
        (with(on_operation("daimo-v2"), key_of_daimo), daimo(V2), 38),
    ] {
        let name = evm["family"].clone();
        let url = open(&app, evm).await.ok();
        let address = url["url"].as_str().unwrap();
        assert!(address.starts_with(&format!("{AUDIENCE}/sign?")));
        let page = query(&url);
        assert_eq!(page["chain"], "eip155:8453");
        let challenge = base64url::decode(&page["challenge"]).unwrap();
        assert_eq!(challenge.len(), length, "{name}");

        let body = signed(&page, &passkey(), true);
        // The page has no key.
        let told = post(&app, "passkeys/submit", None, body.clone()).await.ok();
        let evm = &told["evm"];
        assert_eq!(
            (&evm["family"], &evm["chainId"]),
            (&name, &json!("eip155:8453"))
        );
        let hash: [u8; 32] = bytes(&told, "/evm/hash").try_into().unwrap();
        assert!(challenge.ends_with(&hash));
        if family != Family::Safe {
            assert_eq!(hex::encode(hash), operation().1, "as viem has it");
        }
        let response = |name| {
            let text = body["authenticatorResponse"]["response"][name].as_str();
            base64url::decode(text.unwrap()).unwrap()
        };
        let (data, client, signature) = (
            response("authenticatorData"),
            response("clientDataJSON"),
            response("signature"),
        );
        let assertion = Assertion {
            authenticator_data: &data,
            client_data_json: &client,
            signature: &signature,
        };
        let expected = encode(&family, &assertion, &key(), &hash).unwrap();
        assert_eq!(bytes(&told, "/evm/signature"), expected.signature);
        assert_eq!(bytes(&told, "/evm/verifyInput"), expected.precompile_input);
        let owner = public_key(&key()).unwrap();
        assert_eq!(bytes(&told, "/evm/publicKey/x"), owner.x);
        assert_eq!(bytes(&told, "/evm/publicKey/y"), owner.y);
        assert!(told["passkeyAccount"].is_string());
        // Nothing is bound, and nothing is answered twice.
        assert_eq!(told.get("sessionKey"), None);
        let again = post(&app, "passkeys/submit", None, body).await;
        assert_eq!(code(again, 409), "ChallengeAlreadyUsed", "{name}");
    }
}

#[tokio::test]
pub async fn an_unverified_user_is_told_of_before_gas_is_paid() {
    let app = scene().await;
    for (evm, demands) in [
        (on_typed("safe"), true),
        (on_operation("openzeppelin"), true),
        (on_operation("solady"), false),
    ] {
        let page = query(&open(&app, evm).await.ok());
        let body = signed(&page, &passkey(), false);
        let reply = post(&app, "passkeys/submit", None, body).await;
        if demands {
            let told = reply.is(400);
            assert_eq!(told["code"], "InvalidAuthenticatorResponse");
            assert_eq!(told["details"][0]["code"], "user_verification");
        } else {
            reply.ok();
        }
    }
}

#[tokio::test]
pub async fn t28_a_signature_is_asked_of_the_tenants_own_passkeys_once_and_for_a_minute() {
    let app = scene().await;
    let evm = || on_operation("solady");
    let asked = json!({ "evm": evm() });
    let stranger = post(&app, "passkeys/sign", None, asked.clone()).await;
    assert_eq!(code(stranger, 401), "Unauthorized");
    let wrong = post(&app, "passkeys/sign", Some("wrong"), asked).await;
    assert_eq!(code(wrong, 401), "Unauthorized");

    // A passkey that nobody has an account for.
    let page = query(&open(&app, evm()).await.ok());
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    let other = Passkey::es256(8, host, AUDIENCE);
    let unknown = post(&app, "passkeys/submit", None, signed(&page, &other, true)).await;
    assert_eq!(code(unknown, 404), "NoValidExternallySignedAccount");
    let late = post(
        &app,
        "passkeys/submit",
        None,
        signed(&page, &passkey(), true),
    )
    .await;
    assert_eq!(
        code(late, 409),
        "ChallengeAlreadyUsed",
        "a wrong answer burns it"
    );

    // Another tenant, which knows neither the challenge nor the passkey.
    let page = query(&open(&app, evm()).await.ok());
    let (theirs, their_key) = crate::tenants::found(&app.world, config()).await;
    let body = signed(&page, &passkey(), true);
    let reply = post(&app, "passkeys/submit", Some(&their_key), body.clone()).await;
    assert_eq!(code(reply, 409), "ChallengeAlreadyUsed");
    let mut named = body.clone();
    named["tenant"] = theirs.to_string().into();
    let reply = post(&app, "passkeys/submit", None, named).await;
    assert_eq!(code(reply, 409), "ChallengeAlreadyUsed");
    let asked = json!({ "evm": evm() });
    let opened = post(&app, "passkeys/sign", Some(&their_key), asked).await;
    let page_of_theirs = query(&opened.ok());
    let reply = post(
        &app,
        "passkeys/submit",
        None,
        signed(&page_of_theirs, &passkey(), true),
    )
    .await;
    assert_eq!(code(reply, 404), "NoValidExternallySignedAccount");
    post(&app, "passkeys/submit", None, body).await.ok();

    let page = query(&open(&app, evm()).await.ok());
    app.world.advance_ms(60_001);
    let late = post(
        &app,
        "passkeys/submit",
        None,
        signed(&page, &passkey(), true),
    )
    .await;
    assert_eq!(code(late, 400), "ChallengeExpired");
    // The same document has the same challenge, and can be asked for again: at once, and late.
    let first = query(&open(&app, evm()).await.ok());
    let page = query(&open(&app, evm()).await.ok());
    assert_eq!(first["challenge"], page["challenge"]);
    app.world.advance_ms(60_001);
    let page = query(&open(&app, evm()).await.ok());
    post(
        &app,
        "passkeys/submit",
        None,
        signed(&page, &passkey(), true),
    )
    .await
    .ok();
}

#[tokio::test]
pub async fn t29_what_was_asked_as_one_thing_is_not_answered_as_another() {
    let app = scene().await;
    for kind in ["create", "auth"] {
        let page = query(&open(&app, on_operation("solady")).await.ok());
        let mut body = signed(&page, &passkey(), true);
        body["ceremonyType"] = kind.into();
        let reply = post(&app, "passkeys/submit", None, body).await;
        assert_eq!(code(reply, 409), "ChallengeAlreadyUsed", "{kind}");
    }
    let page = query(&open(&app, on_operation("solady")).await.ok());
    let body = signed(&page, &passkey(), true);
    assert_eq!(
        code(post(&app, "passkeys/find", None, body).await, 409),
        "ChallengeAlreadyUsed"
    );

    let asked = json!({ "sessionKey": session_key(900) });
    let page = query(
        &post(&app, "passkeys/auth", Some(&app.key), asked)
            .await
            .ok(),
    );
    let body = signed(&page, &passkey(), true);
    let reply = post(&app, "passkeys/submit", None, body).await;
    assert_eq!(code(reply, 409), "ChallengeAlreadyUsed");
    let nothing = json!({ "ceremonyType": "sell" });
    assert_eq!(
        code(
            post(&app, "passkeys/submit", Some(&app.key), nothing).await,
            400
        ),
        "InvalidRequest"
    );
}

/// 32 bytes of a caller's choice may be what another protocol has its users' passkeys sign.
#[tokio::test]
pub async fn t143_no_caller_chooses_what_a_passkey_signs_but_by_a_document() {
    let app = scene().await;
    let hash = format!("0x{}", "11".repeat(32));
    let mut refused = Vec::new();
    for name in ["hash", "challenge", "userOpHash"] {
        refused.push(with(on_operation("solady"), json!({ name: hash })));
        let mut without = json!({ "family": "solady", "chainId": "eip155:8453" });
        without[name] = json!(hash);
        refused.push(without);
    }
    refused.push(with(
        on_operation("solady"),
        json!({ "userOperation": hash }),
    ));
    let mut inside = on_operation("solady");
    inside["userOperation"]["hash"] = json!(hash);
    refused.push(inside);
    // Shown, and not signed.
    for place in ["domain", "message"] {
        let mut evm = on_typed("safe");
        evm["typedData"][place]["to"] = json!("Alice");
        refused.push(evm);
    }
    // Of another chain, or of every chain.
    refused.push(with(on_typed("safe"), json!({ "chainId": "eip155:1" })));
    let mut evm = on_typed("safe");
    evm["typedData"]["domain"]["chainId"] = json!(1);
    refused.push(evm);
    let mut evm = on_typed("safe");
    evm["typedData"]["types"]["EIP712Domain"]
        .as_array_mut()
        .unwrap()
        .remove(0);
    evm["typedData"]["domain"]
        .as_object_mut()
        .unwrap()
        .remove("chainId");
    refused.push(evm);
    // What the account's contract hashes otherwise.
    refused.push(on_operation("safe"));
    let key = json!({ "keySlot": 0, "validUntil": 0 });
    refused.push(with(on_typed("daimo-v1"), key.clone()));
    refused.push(with(on_typed("daimo-v2"), key));
    let late = json!({ "keySlot": 0, "validUntil": 1_u64 << 48 });
    refused.push(with(on_operation("daimo-v1"), late));
    // Longer than anybody is shown.
    let mut evm = on_operation("solady");
    evm["userOperation"]["callData"] = format!("0x{}", "00".repeat(20_000)).into();
    refused.push(evm);
    for evm in refused {
        let told = evm.to_string();
        assert_eq!(code(open(&app, evm).await, 400), "InvalidRequest", "{told}");
    }
}

#[tokio::test]
async fn the_page_is_where_the_tenant_says() {
    let app = scene().await;
    for (base, status) in [
        ("https://auth.app.example/passkeys", 200),
        ("https://evil.example", 400),
    ] {
        let asked = json!({ "evm": on_operation("solady"), "baseUrl": base });
        let reply = post(&app, "passkeys/sign", Some(&app.key), asked).await;
        if status == 200 {
            let url = reply.ok();
            assert!(
                url["url"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("{base}/sign?"))
            );
            // The answer of another page is not believed.
            let body = signed(&query(&url), &passkey(), true);
            let reply = post(&app, "passkeys/submit", None, body).await;
            assert_eq!(code(reply, 400), "InvalidAuthenticatorResponse");
        } else {
            assert_eq!(code(reply, status), "InvalidRequest");
        }
    }
    let mut asked = json!({ "evm": on_operation("solady") });
    asked["env"] = "mainnet".into();
    let reply = post(&app, "passkeys/sign", Some(&app.key), asked).await;
    assert_eq!(code(reply, 400), "InvalidNetwork");
}
