//! How requests are read: ids, keys, bodies, and what else is in them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, Request};
use futures_util::stream;
use serde_json::{Value, json};

use super::{App, RP_ID};
use crate::raw;
use crate::support::Reply;

async fn send(app: &App, path: &str, headers: &[(&str, &str)], body: Body) -> Reply {
    let mut request = Request::post(format!("/{}{path}", app.tenant));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.world.send(request.body(body).unwrap()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
pub async fn a_login_begins_with_an_empty_body_of_any_kind() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let path = "/login/initialize";
    let named = r#"{"user_id":"ada"}"#;
    let none = Vec::<Result<Bytes, std::io::Error>>::new;
    for (what, headers, body) in [
        ("nothing at all", &[][..], Body::empty()),
        ("nothing, called JSON", &[JSON], Body::empty()),
        (
            "nothing, called text",
            &[("content-type", "text/plain")],
            Body::empty(),
        ),
        ("an empty object", &[JSON], Body::from("{}")),
        ("null", &[JSON], Body::from("null")),
        ("no chunk", &[JSON], Body::from_stream(stream::iter(none()))),
    ] {
        let answer = send(&app, path, headers, body).await;
        let options = answer.ok();
        assert_eq!(options["publicKey"]["rpId"], RP_ID, "{what}");
        assert!(
            options["publicKey"].get("allowCredentials").is_none(),
            "{what}"
        );
    }
    let key = ("apikey", app.key.as_str());
    let answer = send(&app, path, &[JSON, key], Body::from(named)).await;
    assert!(answer.ok()["publicKey"]["allowCredentials"].is_array());
    let chunk: Result<Bytes, std::io::Error> = Ok(Bytes::from_static(named.as_bytes()));
    let chunks = Body::from_stream(stream::iter([chunk]));
    let answer = send(&app, path, &[JSON, key], chunks).await;
    assert!(answer.ok()["publicKey"]["allowCredentials"].is_array());
}

#[tokio::test]
pub async fn a_body_has_to_be_called_json() {
    let app = App::new().await;
    let key = ("apikey", app.key.as_str());
    let path = "/registration/initialize";
    let body = r#"{"user_id":"u","username":"n"}"#;
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
    ] {
        let headers = [("content-type", kind), key];
        send(&app, path, &headers, Body::from(body)).await.ok();
    }
    for headers in [
        &[key][..],
        &[("content-type", "text/plain"), key],
        &[("content-type", "application/x-www-form-urlencoded"), key],
        &[("content-type", "application/xml"), key],
    ] {
        let answer = send(&app, path, headers, Body::from(body)).await;
        answer.says(400, "unable to process request", "Unsupported Media Type");
    }
    // Browsers' answers are read whatever they are called.
    let answer = send(&app, "/login/finalize", &[], Body::from("{}")).await;
    answer.says(400, "unable to finish login", "Parse error for Assertion");
}

#[tokio::test]
pub async fn t3_a_body_has_one_meaning() {
    let app = App::new().await;
    let key = ("apikey", app.key.as_str());
    for body in [
        r#"{"user_id":"a","username":"n","user_id":"b"}"#,
        r#"{"user_id":"a","username":"n","USER_ID":"b"}"#,
        r#"{"user_id":"a","username":"n"}{}"#,
        r#"{"user_id":"a","username":"\ud800"}"#,
        r#"{"user_id":"a","username":"n""#,
    ] {
        let answer = send(
            &app,
            "/registration/initialize",
            &[JSON, key],
            Body::from(body),
        )
        .await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.body["title"], "unable to process request");
        let details = answer.body["details"].as_str().unwrap();
        assert!(details.starts_with("Syntax error"), "{details}");
    }
    let answer = app
        .post("/registration/initialize", json!({ "user_id": ["a"] }))
        .await;
    answer.says(
        400,
        "unable to process request",
        "Unmarshal type error: expected=string, got=array, field=user_id",
    );
    let answer = app.post("/registration/initialize", json!({})).await;
    answer.says(
        400,
        "unable to validate request",
        "user_id is a required field and username is a required field",
    );
}

#[tokio::test]
pub async fn a_tenant_is_found_in_every_spelling_and_nothing_else_is_one() {
    let app = App::new().await;
    let id = app.tenant.to_string();
    let get = async |path: String| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        app.world.send(request).await
    };
    for first in [
        id.clone(),
        id.to_uppercase(),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
    ] {
        get(format!("/{first}/.well-known/jwks.json")).await.ok();
    }
    for path in [
        "/favicon.ico",
        "/health/ready",
        "/no-tenant/login/initialize",
    ] {
        let answer = get(path.to_owned()).await;
        answer.says(400, "tenant_id must be a valid uuid4", "");
    }
    let nobody = "/11111111-1111-4111-8111-111111111111";
    for path in ["/credentials", "/nothing", ""] {
        get(format!("{nobody}{path}"))
            .await
            .says(404, "tenant not found", "");
    }
    // Other families keep their paths.
    get("/public/v2/x".to_owned())
        .await
        .fails(404, "there is no path");
    assert_eq!(get("/healthz".to_owned()).await.status, 200);
}

#[tokio::test]
pub async fn t23_a_wrong_method_is_told_like_a_wrong_path_and_only_with_the_key() {
    let app = App::new().await;
    for (method, path) in [
        ("GET", "/login/initialize"),
        ("PUT", "/registration/finalize"),
        ("GET", "/nothing"),
        ("DELETE", "/.well-known/jwks.json"),
    ] {
        let answer = app.call(method, path, None, None).await;
        answer.says(404, "Not Found", "");
    }
    for (method, path) in [
        ("PUT", "/credentials"),
        ("GET", "/transaction"),
        ("GET", "/mfa/login/initialize"),
        ("POST", "/audit_logs"),
        ("DELETE", "/v2/transactions/x"),
    ] {
        let answer = app.call(method, path, None, None).await;
        answer.is_refused(401, "not_proven");
        let answer = app.call(method, path, Some(&app.key), None).await;
        answer.says(404, "Not Found", "");
    }
    let answer = app.call("HEAD", "/credentials", Some(&app.key), None).await;
    assert_eq!((answer.status.as_u16(), answer.body), (404, json!("")));
}

/// The order of the checks: tenant, key, body.
#[tokio::test]
pub async fn a_key_is_asked_for_before_the_body_is_read() {
    let app = App::new().await;
    for (method, path) in [
        ("POST", "/registration/initialize"),
        ("POST", "/mfa/login/finalize"),
        ("POST", "/transaction/initialize"),
        ("POST", "/transaction/finalize"),
        ("GET", "/transaction/not-a-uuid"),
        ("GET", "/credentials?order=wrong"),
        ("GET", "/credentials/x"),
        ("PATCH", "/credentials/x"),
        ("DELETE", "/credentials/x"),
        ("GET", "/audit_logs?start_time=wrong"),
        ("GET", "/users/x/signals"),
        ("POST", "/v2/transactions"),
        ("GET", "/v2/transactions?state=wrong"),
        ("GET", "/v2/transactions/x"),
        ("GET", "/v2/transactions/x/receipt"),
        ("POST", "/v2/transactions/x/challenge"),
        ("POST", "/v2/transactions/x/confirm"),
        ("POST", "/v2/transactions/x/cancel"),
        ("POST", "/v2/transactions/x/consume"),
    ] {
        for key in [None, Some("wrong"), Some("")] {
            let answer = app.call(method, path, key, Some(&json!([]))).await;
            answer.says(
                401,
                "The api key is invalid",
                "api keys needs to be an apiKey Header and 32 byte long",
            );
        }
    }
    let twice = Request::get(format!("/{}/credentials", app.tenant))
        .header("apiKey", &app.key)
        .header("apiKey", &app.key);
    let answer = app.world.send(twice.body(Body::empty()).unwrap()).await;
    answer.is_refused(401, "not_proven");
}

#[tokio::test]
pub async fn a_request_id_comes_back_if_it_is_plain() {
    let app = App::new().await;
    let id = async |given: &str| {
        let name = HeaderName::from_static("x-request-id");
        let request = Request::get(format!("/{}/.well-known/jwks.json", app.tenant));
        let request = request.header(name, given).body(Body::empty()).unwrap();
        let answer = app.world.send(request).await;
        answer.headers["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id("abc-123").await, "abc-123");
    assert_eq!(id(&"a".repeat(200)).await.len(), 32);
    assert_ne!(id("a b").await, "a b");
    let answer = app.post_keyless("/login/finalize", Value::Null).await;
    assert_eq!(answer.headers["x-request-id"].len(), 32);
}

#[tokio::test]
pub async fn t122_long_and_encoded_bodies_are_refused() {
    let app = App::new().await;
    let long = Body::from(vec![b' '; 64 * 1024 + 1]);
    let answer = send(&app, "/login/finalize", &[JSON], long).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.body["title"], "unable to process request");
    let headers = [JSON, ("content-encoding", "gzip")];
    let answer = send(&app, "/login/finalize", &headers, Body::from("{}")).await;
    assert_eq!(answer.status, 415);
}

/// As bytes on a socket: a body with a length is read, and one in chunks is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_length_of_a_body_is_what_the_socket_says() {
    let app = App::new().await;
    app.register("ada", 1).await;
    let address = raw::listening(&app.world).await;
    let head = format!(
        "POST /{}/login/initialize HTTP/1.1\r\nHost: x\r\napiKey: {}\r\n\
         Content-Type: application/json\r\nConnection: close\r\n",
        app.tenant, app.key
    );
    let named = r#"{"user_id":"ada"}"#;
    let length = named.len();
    for (body, is_named) in [
        (format!("Content-Length: {length}\r\n\r\n{named}"), true),
        ("Content-Length: 0\r\n\r\n".to_owned(), false),
        ("\r\n".to_owned(), false),
        (
            format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{named}\r\n0\r\n\r\n"),
            true,
        ),
        (
            "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
            false,
        ),
    ] {
        let request = format!("{head}{body}");
        let said = tokio::task::spawn_blocking(move || raw::ask(address, request.as_bytes()))
            .await
            .unwrap();
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        assert_eq!(
            said.contains("allowCredentials"),
            is_named,
            "{body}: {said}"
        );
    }
}
