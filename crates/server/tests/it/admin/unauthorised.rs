//! Every route of the admin API, without the token.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use server::http::admin;

use super::{Desk, NOWHERE, TOKEN, least};
use crate::support::Reply;

#[tokio::test]
pub async fn t102_no_route_does_anything_without_the_token() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    desk.register(&tenant, "u-1", 1).await;
    let log = format!("/tenants/{}/audit_logs", tenant.id);
    let before = desk.ask("GET", &log).await.body;
    let headers = [
        vec![],
        vec![("authorization", "Bearer wrong".to_owned())],
        vec![("authorization", format!("Bearer {TOKEN}x"))],
        vec![("authorization", format!("Bearer {}", &TOKEN[1..]))],
        vec![("authorization", format!("Basic {TOKEN}"))],
        vec![("authorization", TOKEN.to_owned())],
        // An API key is not the operator's, wherever it stands; nor is the token elsewhere.
        vec![("authorization", format!("Bearer {}", tenant.key))],
        vec![("apikey", tenant.key.clone())],
        vec![("apikey", TOKEN.to_owned())],
        vec![("cookie", format!("token={TOKEN}"))],
    ];
    let mut tried = 0;
    for (method, path) in admin::routes() {
        tried += 1;
        let path = path.replacen("{}", &tenant.id, 1).replace("{}", NOWHERE);
        for headers in &headers {
            let mut request = Request::builder()
                .method(method.clone())
                .uri(&path)
                .header("host", "localhost")
                .header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let body = Body::from(least("Other").to_string());
            let reply = desk.send(request.body(body).unwrap()).await;
            assert_turned_away(&reply, &format!("{method} {path} {headers:?}"));
        }
    }
    assert_eq!(tried, 28, "a new route is tried as well; count it here");
    assert_eq!(desk.ask("GET", &log).await.body, before);
    let tenants = desk.ask("GET", "/tenants").await;
    assert_eq!(tenants.body.as_array().unwrap().len(), 1);
}

/// 401 for the first tries of an address, 429 when they come in numbers; the same for every route.
#[track_caller]
fn assert_turned_away(reply: &Reply, what: &str) {
    match reply.status.as_u16() {
        401 => {
            assert_eq!(
                reply.body,
                json!({
                    "title": "The admin token is missing or wrong",
                    "details": "send it as Authorization: Bearer <token>; the server prints where \
                                it is kept",
                    "status": 401,
                    "code": "not_proven",
                }),
                "{what}"
            );
            assert_eq!(reply.headers["www-authenticate"], "Bearer", "{what}");
        }
        429 => assert_eq!(reply.headers["retry-after"], "1", "{what}"),
        _ => panic!("{what}: {reply:?}"),
    }
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
pub async fn paths_that_are_none_want_the_token_too() {
    let desk = Desk::new().await;
    for path in [
        "/nothing",
        "/metrics",
        "/tenants/",
        "/health",
        "/health/alive/",
    ] {
        let request = Request::get(path).header("host", "localhost");
        let reply = desk.send(request.body(Body::empty()).unwrap()).await;
        assert_turned_away(&reply, path);
        desk.ask("GET", path).await.problem(404, "Not Found", "");
    }
    // Another method on a path is no path either.
    desk.ask("PATCH", "/tenants")
        .await
        .problem(404, "Not Found", "");
}

#[tokio::test]
pub async fn health_wants_no_token() {
    let desk = Desk::new().await;
    for (path, expected) in [
        ("/health/alive", json!({ "alive": true })),
        ("/health/ready", json!({ "ready": true })),
    ] {
        let request = Request::get(path).header("host", "10.0.0.7:8081");
        let reply = desk.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, expected);
    }
}
