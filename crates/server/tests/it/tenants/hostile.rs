//! Whatever is sent, it is answered, and the fault is never ours.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::{App, payment};

const ROUTES: &[(&str, &str)] = &[
    ("POST", "/registration/initialize"),
    ("POST", "/registration/finalize"),
    ("POST", "/login/initialize"),
    ("POST", "/login/finalize"),
    ("POST", "/mfa/registration/initialize"),
    ("POST", "/mfa/registration/finalize"),
    ("POST", "/mfa/login/initialize"),
    ("POST", "/mfa/login/finalize"),
    ("POST", "/transaction/initialize"),
    ("POST", "/transaction/finalize"),
    ("POST", "/v2/transactions"),
    ("POST", "/v2/transactions/pay-1/challenge"),
    ("POST", "/v2/transactions/pay-1/confirm"),
    ("POST", "/v2/transactions/pay-1/consume"),
    ("PATCH", "/credentials/AAAA"),
    ("DELETE", "/credentials/AAAA"),
];

/// Sends bytes as the tenant's backend.
async fn send(app: &App, method: &str, path: &str, body: &[u8]) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(format!("/{}{path}", app.tenant))
        .header("apiKey", &app.key)
        .header("content-type", "application/json")
        .header("user-agent", "\u{1f980} or so".as_bytes())
        .body(Body::from(body.to_vec()))
        .unwrap();
    app.world.send(request).await.status.as_u16()
}

fn bodies() -> Vec<Vec<u8>> {
    let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let strange = [
        json!(null),
        json!(0),
        json!(-0.0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(true),
        json!(""),
        json!("\0"),
        json!("\u{202e}\u{feff}\u{1f980}"),
        json!("a".repeat(20_000)),
        json!([]),
        json!({}),
        json!({ "\0": "\0" }),
    ];
    let mut bodies: Vec<Vec<u8>> = vec![
        b"\0".to_vec(),
        b"\xff\xfe".to_vec(),
        b"{\"user_id\":\"\\ud800\"}".to_vec(),
        b"{\"user_id\":1e999}".to_vec(),
        nest(40).into_bytes(),
        format!("{{\"transaction_data\":{}}}", nest(31)).into_bytes(),
    ];
    let good = [
        json!({ "user_id": "ada", "username": "ada", "name": "n" }),
        json!({ "user_id": "ada", "transaction_id": "t", "transaction_data": {} }),
        payment("ada", "pay-2"),
        json!({
            "id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": {
                "clientDataJSON": "e30", "attestationObject": "AAAA",
                "authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA",
            },
        }),
    ];
    for whole in &good {
        for name in whole.as_object().unwrap().keys() {
            for strange in &strange {
                let mut body = whole.clone();
                body[name] = strange.clone();
                bodies.push(body.to_string().into_bytes());
            }
        }
    }
    bodies.extend(strange.iter().map(|body| body.to_string().into_bytes()));
    bodies
}

#[tokio::test]
pub async fn whatever_is_in_a_body_is_answered_and_never_with_a_five() {
    let app = App::new().await;
    app.register("ada", 1).await;
    app.begin_payment("ada", "pay-1").await.is(201);
    let bodies = bodies();
    for (method, path) in ROUTES {
        for body in &bodies {
            let status = send(&app, method, path, body).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(200)]);
            assert!(status < 500, "{method} {path} {status}: {shown}");
        }
    }
}

#[tokio::test]
pub async fn whatever_is_in_an_address_is_answered_and_never_with_a_five() {
    let app = App::new().await;
    let strange = [
        "%00",
        "a%00b",
        "%F0%9F%A6%80",
        "%ff",
        "%",
        "..",
        "%2e%2e%2f",
        "'%20OR%201=1--",
        "-1",
        "99999999999999999999",
        "AAAA",
    ];
    for id in strange
        .iter()
        .map(|id| (*id).to_owned())
        .chain(["A".repeat(5000)])
    {
        for path in [
            format!("/credentials/{id}"),
            format!("/credentials?user_id={id}"),
            format!("/credentials?page={id}&per_page={id}&order={id}"),
            format!("/credentials?page=4294967295&per_page=4294967295&x={id}"),
            format!("/transaction/{id}"),
            format!("/users/{id}/signals"),
            format!("/v2/transactions/{id}"),
            format!("/v2/transactions/{id}/receipt"),
            format!("/v2/transactions?user_id={id}&state={id}"),
            format!("/v2/transactions?user_id={id}&state=expired"),
            format!("/audit_logs?q={id}&type={id}"),
            format!("/audit_logs?actor_user_id={id}&meta_source_ip={id}"),
            format!("/audit_logs?start_time={id}&end_time={id}"),
            format!("/{id}"),
        ] {
            let status = send(&app, "GET", &path, b"").await;
            assert!(status < 500, "{path}: {status}");
        }
        for verb in ["challenge", "cancel", "consume", "confirm"] {
            let path = format!("/v2/transactions/{id}/{verb}");
            let body = json!({ "payment": super::thirty_euros() }).to_string();
            let status = send(&app, "POST", &path, body.as_bytes()).await;
            assert!((400..500).contains(&status), "{path}: {status}");
        }
    }
}

/// What a user is called is what every list, token and options call them, to the character.
#[tokio::test]
pub async fn names_come_back_as_they_were_given() {
    let app = App::new().await;
    for (seed, name) in [
        (1, "Zoë & Söhne <b>\"x\"</b>"),
        (2, "\u{202e}evil\u{2066}"),
        (3, "a\u{301}\u{1f980}\n\t"),
        (4, " spaced "),
        (5, "%2F/..\\'"),
    ] {
        let person = app.register(name, seed).await;
        let claims = super::tokens::claims(&app.log_in(&person).await.ok());
        assert_eq!(claims["sub"], name);
        let query: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let listed = app.get(&format!("/credentials?user_id={query}")).await.ok();
        assert_eq!(listed[0]["user_id"], name);
        let signals = app.get(&format!("/users/{query}/signals")).await.ok();
        assert_eq!(signals["name"], Value::from(format!("{name}@app")));
    }
}
