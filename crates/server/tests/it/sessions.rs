//! Passkey sessions over HTTP, as clients of both generations ask for them.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use testkit::Passkey;
use wire::encoding::{base64url, hex};
use wire::solana::Address;

use crate::support::{AUDIENCE, Reply};
use crate::tenants::{App, config};

pub const GRID: &str = "/api/grid/v1";
const OLDER: &str = "/api/v1";

/// A tenant that lists a page of its own, and where people come back to.
pub async fn app() -> App {
    let mut config = config();
    config["zegel"]["sessions"] = json!({
        "base_urls": ["https://auth.app.example/passkeys"],
        "redirect_urls": ["https://app.example/back"],
    });
    App::with(config).await
}

pub fn passkey() -> Passkey {
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    Passkey::es256(7, host, AUDIENCE)
}

pub async fn send(app: &App, method: &str, path: &str, key: Option<&str>, body: Value) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("x-grid-environment", "sandbox");
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    app.world.send(request).await
}

pub async fn post(app: &App, path: &str, body: Value) -> Reply {
    send(app, "POST", path, Some(&app.key), body).await
}

pub fn session_key(expiration: u64) -> Value {
    json!({ "key": Address::from_bytes([9; 32]), "expiration": expiration })
}

/// What the page gets to see of a session.
pub fn query(url: &Value) -> HashMap<String, String> {
    let (_, query) = url["url"].as_str().unwrap().split_once('?').unwrap();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.into_owned().collect()
}

/// What the page submits, as the newer clients spell it.
pub fn submission(kind: &str, page: &HashMap<String, String>, passkey: &Passkey) -> Value {
    let challenge = base64url::decode(&page["challenge"]).unwrap();
    let made = passkey.assertion(&challenge);
    let mut body = json!({
        "ceremonyType": kind,
        "slotNumber": page["slot-num"].parse::<u64>().unwrap(),
        "authenticatorResponse": { "response": {
            "clientDataJSON": base64url::encode(&made.client_data_json),
            "authenticatorData": base64url::encode(&made.authenticator_data),
            "signature": base64url::encode(&made.signature),
        } },
    });
    if let Some(key) = page.get("session-key") {
        body["sessionKey"] = json!({ "key": key, "expiration": 900 });
    }
    if kind == "create" {
        let cose = passkey.public_key();
        let head = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
        let spki = [&hex::decode(head).unwrap(), &cose[10..42], &cose[45..77]].concat();
        let response = &mut body["authenticatorResponse"]["response"];
        response["publicKey"] = base64url::encode(spki).into();
    }
    body
}

#[tokio::test]
pub async fn an_account_is_made_bound_and_found() {
    let app = &app().await;
    let asked = json!({ "sessionKey": session_key(900), "metaInfo": { "appName": "Wallet" } });
    let url = post(app, &format!("{GRID}/passkeys"), asked.clone())
        .await
        .ok();
    assert!(
        url["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{AUDIENCE}/create?"))
    );
    let page = query(&url);
    assert_eq!(page["app-name"], "Wallet");
    assert_eq!(page["expiration-in-seconds"], "900");
    // The page has no key and names the tenant.
    let mut body = submission("create", &page, &passkey());
    body["tenant"] = page["tenant"].clone().into();
    let made = send(app, "POST", &format!("{GRID}/passkeys/submit"), None, body)
        .await
        .ok();
    let address = made["passkeyAccount"].as_str().unwrap().to_owned();
    assert_eq!(made["externallySignedAccount"], made["address"]);
    assert_eq!(made["passkey_account"].as_array().unwrap().len(), 32);
    assert_eq!(made["session_key"]["key"], json!([9_u8; 32].as_slice()));

    let url = post(app, &format!("{GRID}/passkeys/auth"), asked)
        .await
        .ok();
    assert!(
        url["url"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{AUDIENCE}/auth?"))
    );
    let body = submission("auth", &query(&url), &passkey());
    let bound = post(app, &format!("{GRID}/passkeys/submit"), body)
        .await
        .ok();
    assert_eq!(bound["address"], address);

    let find = format!("{GRID}/passkeys/find");
    let url = send(app, "GET", &find, Some(&app.key), json!({}))
        .await
        .ok();
    let body = submission("find", &query(&url), &passkey());
    assert_eq!(post(app, &find, body).await.ok()["address"], address);

    let path = format!("{GRID}/passkeys/account/{address}");
    let account = send(app, "GET", &path, Some(&app.key), json!({}))
        .await
        .ok();
    assert_eq!(account["relyingPartyId"], "zegel.example");
    assert_eq!(
        account["sessionKey"]["key"],
        Address::from_bytes([9; 32]).to_string()
    );
    let session = format!("{path}/session");
    let stranger = send(app, "DELETE", &session, None, json!({})).await;
    assert_eq!(code(stranger, 401), "Unauthorized");
    let revoked = send(app, "DELETE", &session, Some(&app.key), json!({}))
        .await
        .ok();
    assert_eq!(revoked.get("sessionKey"), None);
    let account = send(app, "GET", &path, Some(&app.key), json!({}))
        .await
        .ok();
    assert_eq!(account.get("sessionKey"), None, "t47: revoked is revoked");

    let path = format!("{GRID}/accounts/{address}/passkeys");
    let passkeys = send(app, "GET", &path, Some(&app.key), json!({}))
        .await
        .ok();
    assert_eq!(passkeys["data"]["passkey"]["role"], "primary");
}

#[tokio::test]
pub async fn older_clients_are_served() {
    let app = &app().await;
    let asked = json!({
        "action": "create", "sessionKey": session_key(900), "metaInfo": { "appName": "Wallet" },
    });
    let url = post(app, &format!("{OLDER}/passkeys"), asked).await.ok();
    let mut body = submission("create", &query(&url), &passkey());
    body["sessionKey"]["key"] = json!([9_u8; 32].as_slice());
    let path = format!("{OLDER}/passkeys/submit-passkey-session");
    let made = post(app, &path, body).await.ok();
    assert_eq!(
        made["sessionKey"]["key"],
        json!([9_u8; 32].as_slice()),
        "told as it was asked"
    );
    let address = made["externallySignedAccount"].as_str().unwrap();
    let path = format!("{OLDER}/passkeys/externally-signed-account/{address}");
    send(app, "GET", &path, Some(&app.key), json!({}))
        .await
        .ok();
    let find = json!({ "action": "get", "metaInfo": { "appName": "Wallet" } });
    let url = post(app, &format!("{OLDER}/passkeys"), find).await.ok();
    let body = submission("find", &query(&url), &passkey());
    let path = format!("{OLDER}/passkeys/externally-signed-account");
    assert_eq!(
        post(app, &path, body).await.ok()["externallySignedAccount"],
        address
    );
}

/// The code of an error, in both places.
#[track_caller]
fn code(reply: Reply, status: u16) -> String {
    let body = reply.is(status);
    assert_eq!(body["code"], body["error"]["code"]);
    assert!(body["message"].is_string() && body["request_id"].is_string());
    body["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
pub async fn every_refusal_has_its_code() {
    let app = app().await;
    let open = format!("{GRID}/passkeys");
    let submit = format!("{GRID}/passkeys/submit");
    let asked = json!({ "sessionKey": session_key(900) });
    let no_key = send(&app, "POST", &open, None, asked.clone()).await;
    assert_eq!(code(no_key, 401), "Unauthorized");
    let wrong_key = send(&app, "POST", &open, Some("wrong"), asked.clone()).await;
    assert_eq!(code(wrong_key, 401), "Unauthorized");
    let auth = post(&app, &format!("{GRID}/passkeys/auth"), json!({})).await;
    assert_eq!(code(auth, 400), "MissingSessionKey");
    let mut main = asked.clone();
    main["env"] = "mainnet".into();
    let request = Request::post(&open)
        .header("authorization", format!("Bearer {}", app.key))
        .body(Body::from(main.to_string()))
        .unwrap();
    assert_eq!(code(app.world.send(request).await, 400), "InvalidNetwork");
    for base in ["https://evil.example", "javascript:alert(1)"] {
        let mut asked = asked.clone();
        asked["baseUrl"] = base.into();
        assert_eq!(code(post(&app, &open, asked).await, 400), "InvalidRequest");
    }
    let mut away = asked.clone();
    away["metaInfo"] = json!({ "redirectUrl": "https://app.example/back?x" });
    assert_eq!(code(post(&app, &open, away).await, 400), "InvalidRequest");

    let page = query(&post(&app, &open, asked.clone()).await.ok());
    let mut body = submission("create", &page, &passkey());
    body["slotNumber"] = 1.into();
    assert_eq!(
        code(post(&app, &submit, body.clone()).await, 400),
        "ChallengeMismatch"
    );
    assert_eq!(
        code(post(&app, &submit, body).await, 409),
        "ChallengeAlreadyUsed"
    );

    let page = query(&post(&app, &open, asked.clone()).await.ok());
    let mut body = submission("create", &page, &passkey());
    body["authenticatorResponse"]["response"]["signature"] = base64url::encode([7; 70]).into();
    let refused = post(&app, &submit, body).await;
    assert_eq!(code(refused, 400), "InvalidAuthenticatorResponse");

    let auth = format!("{GRID}/passkeys/auth");
    let page = query(&post(&app, &auth, asked.clone()).await.ok());
    let unknown = post(&app, &submit, submission("auth", &page, &passkey())).await;
    assert_eq!(code(unknown, 404), "NoValidExternallySignedAccount");

    let page = query(&post(&app, &open, asked).await.ok());
    app.world.advance_ms(60_001);
    let late = post(&app, &submit, submission("create", &page, &passkey())).await;
    assert_eq!(code(late, 400), "ChallengeExpired");

    let path = format!("{GRID}/passkeys/account/{}", Address::from_bytes([1; 32]));
    let none = send(&app, "GET", &path, Some(&app.key), json!({})).await;
    assert_eq!(code(none, 404), "NoValidExternallySignedAccount");
    let path = format!("{GRID}/accounts/x/passkeys/transaction");
    let nobody = post(&app, &path, json!({})).await;
    assert_eq!(code(nobody, 400), "InvalidRequest");
    let nowhere = post(&app, &format!("{GRID}/nowhere"), json!({})).await;
    assert_eq!(code(nowhere, 404), "NotFound");
}

#[tokio::test]
async fn a_page_of_the_tenants_own_is_the_relying_party() {
    let app = app().await;
    let asked = json!({
        "sessionKey": session_key(900), "baseUrl": "https://auth.app.example/passkeys",
        "metaInfo": { "redirectUrl": "https://app.example/back" },
    });
    let url = post(&app, &format!("{GRID}/passkeys"), asked).await.ok();
    let page = query(&url);
    assert!(
        url["url"]
            .as_str()
            .unwrap()
            .starts_with("https://auth.app.example/passkeys/create?")
    );
    assert_eq!(page["redirect-url"], "https://app.example/back");
    let submit = format!("{GRID}/passkeys/submit");
    let elsewhere = post(&app, &submit, submission("create", &page, &passkey())).await;
    assert_eq!(code(elsewhere, 400), "InvalidAuthenticatorResponse");
}

#[tokio::test]
async fn a_ceremony_in_a_frame_is_refused_and_told_why() {
    let app = app().await;
    let asked = json!({ "sessionKey": session_key(900) });
    for framed in [
        r#""crossOrigin":true"#,
        r#""crossOrigin":true,"topOrigin":"https://app.example""#,
    ] {
        let page = query(
            &post(&app, &format!("{GRID}/passkeys"), asked.clone())
                .await
                .ok(),
        );
        let mut body = submission("create", &page, &passkey());
        let response = &mut body["authenticatorResponse"]["response"];
        let json = base64url::decode(response["clientDataJSON"].as_str().unwrap()).unwrap();
        let json = String::from_utf8(json).unwrap();
        let changed = json.replace(r#""crossOrigin":false"#, framed);
        assert_ne!(json, changed);
        response["clientDataJSON"] = base64url::encode(changed).into();
        let refused = post(&app, &format!("{GRID}/passkeys/submit"), body).await;
        let told = refused.is(400);
        assert_eq!(told["code"], "InvalidAuthenticatorResponse");
        let detail = &told["details"][0];
        assert_eq!(detail["code"], "cross_origin_not_allowed");
        let advice = detail["suggestion"].as_str().unwrap();
        assert!(advice.contains("in the whole window or in a popup"));
        // Clients show no more than the message.
        assert!(told["message"].as_str().unwrap().contains(advice));
    }
}

#[tokio::test]
async fn t50_what_only_looks_like_a_listed_address_opens_no_session() {
    let mut config = config();
    let back = "https://app.example/back";
    config["zegel"]["sessions"] = json!({ "base_urls": [back], "redirect_urls": [back] });
    let app = App::with(config).await;
    let open = format!("{GRID}/passkeys");
    for row in testkit::vectors::addresses("https://app.example") {
        // An empty text is none.
        let is_good = row.opens || row.address.is_empty();
        let status = if is_good { 200 } else { 400 };
        let as_page = json!({ "sessionKey": session_key(900), "baseUrl": row.address });
        let about = json!({ "redirectUrl": row.address });
        let as_back = json!({ "sessionKey": session_key(900), "metaInfo": about });
        for asked in [as_page, as_back] {
            let reply = post(&app, &open, asked).await;
            assert_eq!(reply.status, status, "{row:?}");
        }
    }
}

#[tokio::test]
pub async fn a_tenant_sees_its_own_accounts_alone() {
    let app = app().await;
    let (other, key) = crate::tenants::found(&app.world, config()).await;
    let asked = json!({ "sessionKey": session_key(900) });
    let page = query(&post(&app, &format!("{GRID}/passkeys"), asked).await.ok());
    let submit = format!("{GRID}/passkeys/submit");
    let body = submission("create", &page, &passkey());
    // Another tenant does not know the challenge, and does not burn it.
    let theirs = send(&app, "POST", &submit, Some(&key), body.clone()).await;
    assert_eq!(code(theirs, 409), "ChallengeAlreadyUsed");
    let mut named = body.clone();
    named["tenant"] = other.to_string().into();
    let theirs = send(&app, "POST", &submit, None, named).await;
    assert_eq!(code(theirs, 409), "ChallengeAlreadyUsed");
    let made = post(&app, &submit, body).await.ok();
    let path = format!(
        "{GRID}/passkeys/account/{}",
        made["address"].as_str().unwrap()
    );
    let theirs = send(&app, "GET", &path, Some(&key), json!({})).await;
    assert_eq!(code(theirs, 404), "NoValidExternallySignedAccount");
}

#[tokio::test]
async fn a_page_may_ask_and_reads_what_its_tenant_lets_it() {
    let app = app().await;
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri(format!("{GRID}/passkeys/submit"))
        .header("origin", "https://anywhere.example")
        .body(Body::empty())
        .unwrap();
    let allowed = app.world.send(preflight).await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.headers["access-control-allow-origin"], "*");
    assert!(
        !allowed
            .headers
            .contains_key("access-control-allow-credentials")
    );
    for (origin, may_read) in [
        ("https://app.example", true),
        ("https://evil.example", false),
    ] {
        let request = Request::post(format!("{GRID}/passkeys"))
            .header("origin", origin)
            .header("authorization", format!("Bearer {}", app.key))
            .body(Body::from(
                json!({ "sessionKey": session_key(9) }).to_string(),
            ))
            .unwrap();
        let reply = app.world.send(request).await;
        let told = reply.headers.contains_key("access-control-allow-origin");
        assert_eq!(told, may_read, "{origin}");
    }
}

#[tokio::test]
async fn a_link_to_find_an_account_is_asked_for_in_the_query() {
    let app = app().await;
    let find = format!("{GRID}/passkeys/find");
    let get = async |query: &str| {
        let request = Request::get(format!("{find}?{query}"))
            .header("authorization", format!("Bearer {}", app.key))
            .body(Body::empty())
            .unwrap();
        app.world.send(request).await
    };
    let asked = "metaInfo[appName]=Wallet&redirectUrl=https://app.example/back\
                 &baseUrl=https://auth.app.example/passkeys";
    let url = get(asked).await.ok();
    assert!(
        url["url"]
            .as_str()
            .unwrap()
            .starts_with("https://auth.app.example/passkeys/find?")
    );
    let page = query(&url);
    assert_eq!(page["app-name"], "Wallet");
    assert_eq!(page["redirect-url"], "https://app.example/back");
    // What is asked for in the query is judged like what is asked for in a body.
    for bad in [
        "redirectUrl=https://evil.example/",
        "baseUrl=https://evil.example",
        "appName=A&appName=B",
    ] {
        assert_eq!(code(get(bad).await, 400), "InvalidRequest", "{bad}");
    }
}

#[tokio::test]
async fn a_session_opened_to_bind_a_key_finds_the_account_too() {
    let app = &app().await;
    let asked = json!({ "sessionKey": session_key(900) });
    let page = query(&post(app, &format!("{GRID}/passkeys"), asked).await.ok());
    let submit = format!("{GRID}/passkeys/submit");
    let made = post(app, &submit, submission("create", &page, &passkey()))
        .await
        .ok();
    let other = Address::from_bytes([8; 32]).to_string();
    let asked = json!({ "sessionKey": { "key": other, "expiration": 60 } });
    let page = query(
        &post(app, &format!("{GRID}/passkeys/auth"), asked)
            .await
            .ok(),
    );
    let body = submission("auth", &page, &passkey());
    let found = post(app, &format!("{GRID}/passkeys/find"), body.clone())
        .await
        .ok();
    assert_eq!(found["address"], made["address"]);
    assert_eq!(found["sessionKey"], made["sessionKey"], "no other is bound");
    assert_eq!(
        code(post(app, &submit, body).await, 409),
        "ChallengeAlreadyUsed"
    );
}

#[tokio::test]
async fn an_idempotency_key_is_plain_and_told_back() {
    let app = app().await;
    for (given, is_good) in [("a-B_9", true), ("a b", false), ("", false)] {
        let request = Request::post(format!("{GRID}/passkeys"))
            .header("authorization", format!("Bearer {}", app.key))
            .header("x-idempotency-key", given)
            .body(Body::from(
                json!({ "sessionKey": session_key(9) }).to_string(),
            ))
            .unwrap();
        let reply = app.world.send(request).await;
        if is_good {
            assert_eq!(reply.headers["x-idempotency-key"], given);
            reply.ok();
        } else {
            let body = reply.is(400);
            assert_eq!(body["details"][0]["code"], "INVALID_IDEMPOTENCY_KEY");
        }
    }
}
