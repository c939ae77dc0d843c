//! The accounts of a tenant, listed for its backend and for the operator.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use testkit::Passkey;
use wire::solana::Address;

use crate::admin::Desk;
use crate::sessions::{GRID, app, query, session_key, submission};
use crate::support::{AUDIENCE, Reply};
use crate::tenants::{App, config, found};

const OLDER: &str = "/api/v1";

async fn call(app: &App, method: &str, path: &str, environment: &str, body: Value) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {}", app.key))
        .header("x-grid-environment", environment)
        .body(Body::from(body.to_string()))
        .unwrap();
    app.world.send(request).await
}

/// Makes the account of a passkey, with a session key that lives for so many seconds. Accounts are
/// listed by their age.
async fn made(app: &App, environment: &str, seed: u64, seconds: u64) -> String {
    app.world.advance_ms(1_000);
    let asked = json!({ "sessionKey": session_key(seconds) });
    let url = call(app, "POST", &format!("{GRID}/passkeys"), environment, asked).await;
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    let passkey = Passkey::es256(seed, host, AUDIENCE);
    let answer = submission("create", &query(&url.ok()), &passkey);
    let submit = format!("{GRID}/passkeys/submit");
    let bound = call(app, "POST", &submit, environment, answer).await.ok();
    bound["address"].as_str().unwrap().to_owned()
}

async fn listed(app: &App, query: &str, environment: &str) -> Value {
    let path = format!("{GRID}/passkeys/accounts{query}");
    call(app, "GET", &path, environment, json!({})).await.ok()
}

fn addresses(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|it| it["address"].as_str().unwrap()).collect()
}

#[tokio::test]
pub async fn a_tenants_accounts_are_listed_newest_first() {
    let app = &app().await;
    let none = listed(app, "", "sandbox").await;
    assert_eq!(
        none,
        json!({ "data": [], "page": 1, "per_page": 20, "total": 0 })
    );
    let first = made(app, "sandbox", 1, 900).await;
    let second = made(app, "sandbox", 2, 60).await;
    let third = made(app, "sandbox", 3, 900).await;
    let elsewhere = made(app, "devnet", 4, 900).await;

    let whole = listed(app, "", "sandbox").await;
    assert_eq!(addresses(&whole["data"]), [&third, &second, &first]);
    assert_eq!(whole["total"], 3);
    let page = listed(app, "?page=2&per_page=2", "sandbox").await;
    assert_eq!(addresses(&page["data"]), [&first]);
    assert_eq!(
        (&page["page"], &page["per_page"], &page["total"]),
        (&json!(2), &json!(2), &json!(3))
    );
    let devnet = listed(app, "", "devnet").await;
    assert_eq!(addresses(&devnet["data"]), [&elsewhere]);
    let mainnet = listed(app, "", "production").await;
    assert_eq!(addresses(&mainnet["data"]), [""; 0]);

    // An item says what there is to know.
    let now = app.world.now_ms() / 1_000;
    let item = &devnet["data"][0];
    let known = verify::solana::execution_account(&elsewhere.parse().unwrap());
    assert_eq!(
        item,
        &json!({
            "address": elsewhere,
            "executionAccount": known.address,
            "rpId": "zegel.example",
            "environment": "devnet",
            "createdAt": item["createdAt"],
            "updatedAt": item["updatedAt"],
            "session": {
                "key": Address::from_bytes([9; 32]),
                "expiration": now + 900,
                "scope": {},
                "used": { "lamports": 0, "transactions": 0 },
                "revoked": false,
            },
        })
    );

    // Live are those whose key may act.
    let live = async || {
        let list = listed(app, "?session=live", "sandbox").await;
        let live = addresses(&list["data"]);
        assert_eq!(list["total"], live.len());
        live.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(live().await, [&*third, &second, &first]);
    app.world.advance_ms(60_000);
    assert_eq!(live().await, [&*third, &first], "t47");
    let session = format!("{GRID}/passkeys/account/{third}/session");
    call(app, "DELETE", &session, "sandbox", json!({}))
        .await
        .ok();
    assert_eq!(live().await, [&*first], "t47");
    let whole = listed(app, "", "sandbox").await;
    assert_eq!(whole["data"][0]["session"]["revoked"], true);

    // Older clients ask below their own base.
    let older = format!("{OLDER}/passkeys/accounts");
    let older = call(app, "GET", &older, "sandbox", json!({})).await.ok();
    assert_eq!(older, whole);
}

#[tokio::test]
pub async fn t82_a_list_holds_the_accounts_of_its_own_tenant() {
    let ours = app().await;
    let (tenant, key) = found(&ours.world, config()).await;
    let world = ours.world.shared();
    let theirs = App { world, tenant, key };
    let account = made(&ours, "sandbox", 1, 900).await;
    assert_eq!(listed(&theirs, "", "sandbox").await["total"], 0);
    let list = listed(&ours, "", "sandbox").await;
    assert_eq!(addresses(&list["data"]), [&account]);
}

#[tokio::test]
pub async fn a_list_wants_a_key_and_a_page_that_is_one() {
    let app = app().await;
    let path = format!("{GRID}/passkeys/accounts");
    for key in [None, Some("wrong")] {
        // A tenant that is only named shows nothing.
        let mut request = Request::get(format!("{path}?tenant={}", app.tenant));
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let refused = app.world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.is(401)["code"], "Unauthorized");
    }
    for (query, field) in [
        ("?per_page=101", "per_page"),
        ("?per_page=all", "per_page"),
        ("?page=-1", "page"),
        ("?session=dead", "session"),
    ] {
        let refused = call(&app, "GET", &format!("{path}{query}"), "sandbox", json!({})).await;
        let body = refused.is(400);
        assert_eq!(body["code"], "InvalidRequest");
        assert_eq!(body["details"][0]["field"], field, "{query}");
    }
    let unknown = call(&app, "GET", &path, "testnet", json!({})).await;
    assert_eq!(unknown.is(400)["code"], "InvalidNetwork");
    let posted = call(&app, "POST", &path, "sandbox", json!({})).await;
    assert_eq!(posted.is(404)["code"], "NotFound");
}

#[tokio::test]
pub async fn every_answer_about_an_account_says_where_its_money_lies() {
    let app = &app().await;
    let address = made(app, "sandbox", 1, 900).await;
    let known = verify::solana::execution_account(&address.parse().unwrap());
    let lies_there = |body: &Value| {
        assert_eq!(body["executionAccount"], json!(known.address), "{body:#}");
        assert_eq!(body["execution_account"], json!(known.address), "{body:#}");
    };
    for path in ["passkeys/account", "passkeys/externally-signed-account"] {
        let path = format!("{GRID}/{path}/{address}");
        lies_there(&call(app, "GET", &path, "sandbox", json!({})).await.ok());
    }
    let host = AUDIENCE.strip_prefix("https://").unwrap();
    let passkey = Passkey::es256(1, host, AUDIENCE);
    for (submit, kind) in [("passkeys/submit", "auth"), ("passkeys/account", "create")] {
        let open = match kind {
            "auth" => format!("{GRID}/passkeys/auth"),
            _ => format!("{GRID}/passkeys"),
        };
        let asked = json!({ "sessionKey": session_key(900) });
        let url = call(app, "POST", &open, "sandbox", asked).await.ok();
        let answer = submission(kind, &query(&url), &passkey);
        let submit = format!("{GRID}/{submit}");
        lies_there(&call(app, "POST", &submit, "sandbox", answer).await.ok());
    }
}

#[tokio::test]
pub async fn the_operator_lists_accounts_and_takes_session_keys_away() {
    let app = app().await;
    let desk = Desk::of(app.world.shared());
    let first = made(&app, "sandbox", 1, 900).await;
    let second = made(&app, "devnet", 1, 900).await;
    assert_eq!(first, second, "one passkey has one address");
    let third = made(&app, "devnet", 2, 900).await;
    let path = format!("/tenants/{}/accounts", app.tenant);
    let list = async |query: &str| {
        let listed = desk.ask("GET", &format!("{path}{query}")).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        listed
    };
    let all = list("").await;
    assert_eq!(addresses(&all.body), [&third, &second, &first]);
    assert_eq!(all.headers["x-total-count"], "3");
    assert_eq!(all.body[2]["environment"], "sandbox");
    assert_eq!(
        all.body[0]["session"]["expires_at"],
        "2027-01-15T08:15:03.000Z"
    );
    assert_eq!(
        addresses(&list("?environment=devnet&per_page=1").await.body),
        [&third]
    );

    let session = |account: &str| format!("{path}/{account}/session");
    for (query, details) in [
        ("", "environment is a required parameter"),
        (
            "?environment=testnet",
            "\"testnet\" is not sandbox, devnet or mainnet",
        ),
    ] {
        let path = format!("{}{query}", session(&first));
        let refused = desk.ask("DELETE", &path).await;
        refused.problem(400, "unable to revoke session", details);
    }
    let path = format!("{}?environment=devnet", session(&second));
    let revoked = desk.ask("DELETE", &path).await.is(200);
    assert_eq!(revoked["session"]["revoked"], true);
    let live = list("?session=live").await;
    assert_eq!(addresses(&live.body), [&third, &first], "t47");
    let nobody = Address::from_bytes([1; 32]).to_string();
    let path = format!("{}?environment=devnet", session(&nobody));
    assert_eq!(
        desk.ask("DELETE", &path).await.is(404)["code"],
        "account_unknown"
    );
    // What was done is in the tenant's audit log.
    let log = format!(
        "/tenants/{}/audit_logs?type=passkey_session_revoked",
        app.tenant
    );
    let log = desk.ask("GET", &log).await;
    assert_eq!(log.headers["x-total-count"], "1", "{log:?}");
}
