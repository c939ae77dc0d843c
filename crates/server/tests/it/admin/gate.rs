//! Under which names, and for which pages.

use axum::body::Body;
use axum::http::Request;

use super::{Desk, TOKEN};

#[tokio::test]
pub async fn t137_a_page_cannot_reach_it_under_a_name_of_its_own() {
    let desk = Desk::new().await;
    for path in ["/tenants", "/health/alive", "/nothing"] {
        for host in [
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "",
        ] {
            let request = Request::get(path)
                .header("host", host)
                .header("authorization", format!("Bearer {TOKEN}"));
            let reply = desk.send(request.body(Body::empty()).unwrap()).await;
            reply.problem(
                421,
                "Misdirected Request",
                "this is the admin API of another host; names it is reached under are listed \
                 under [admin] names",
            );
        }
        let request = Request::get(path).header("authorization", format!("Bearer {TOKEN}"));
        let reply = desk.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 421, "no name at all");
    }
}

#[tokio::test]
pub async fn t55_no_page_may_read_its_answers() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    for method in ["GET", "OPTIONS", "POST"] {
        let request = super::request(method, &format!("/tenants/{}", tenant.id))
            .header("origin", super::ORIGIN)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization");
        let reply = desk.send(request.body(Body::empty()).unwrap()).await;
        let names = reply.headers.keys();
        let cors: Vec<_> = names
            .filter(|name| name.as_str().starts_with("access-control-"))
            .collect();
        assert!(cors.is_empty(), "{method}: {cors:?}");
    }
}

#[tokio::test]
pub async fn nothing_it_says_is_kept_by_anybody() {
    let desk = Desk::new().await;
    for path in ["/tenants", "/nothing", "/", "/health/alive"] {
        let reply = desk.ask("GET", path).await;
        assert_eq!(reply.headers["cache-control"], "no-store", "{path}");
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
pub async fn an_answer_names_its_request() {
    let desk = Desk::new().await;
    let named = super::request("GET", "/tenants").header("x-request-id", "r-1");
    let reply = desk.send(named.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.headers["x-request-id"], "r-1");
    let reply = desk.ask("GET", "/tenants").await;
    assert_eq!(reply.headers["x-request-id"].len(), 32);
}
