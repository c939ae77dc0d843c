//! What intake lets in: threats T15, T16, T22–T24, T55, T122.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::World;

fn body(world: &World) -> Vec<u8> {
    json!({ "organizationId": world.root.organisation })
        .to_string()
        .into_bytes()
}

const WHOAMI: &str = "/public/v1/query/whoami";

#[tokio::test]
async fn t15_two_stamps_are_refused() {
    let world = World::new().await;
    let body = body(&world);
    let (name, stamp) = world.root.key.stamp(&body);
    let passkey = testkit::Passkey::es256(1, "app.example", "https://app.example");
    let twice = Request::post(WHOAMI)
        .header(name, &stamp)
        .header(name, &stamp);
    let reply = world
        .send(twice.body(Body::from(body.clone())).unwrap())
        .await;
    reply.fails(400, "X-Stamp appears more than once");
    let both = Request::post(WHOAMI)
        .header(name, &stamp)
        .header("X-Stamp-WebAuthn", passkey.stamp(&body).1);
    let reply = world.send(both.body(Body::from(body)).unwrap()).await;
    reply.fails(400, "malformed activity stamp");
}

#[tokio::test]
async fn t22_only_exact_paths_reach_a_handler() {
    let world = World::new().await;
    let body = body(&world);
    for path in [
        "/public/v1/query/whoami/",
        "/public/v1/query//whoami",
        "//public/v1/query/whoami",
        "/public/v1/query/%77hoami",
        "/public/v1/query/WHOAMI",
        "/public/v1/query/whoami.",
        "/public/v1/query/../query/whoami",
        "/public/v1/submit/whoami",
        "/public/v2/query/whoami",
        "/public/v1/query/whoami%2f",
        "/public/v1/query/whoami;x",
    ] {
        let reply = world.post(path, &body, world.root.key.stamp(&body)).await;
        reply.fails(404, "there is no path");
    }
}

#[tokio::test]
async fn t23_only_post_does_anything() {
    let world = World::new().await;
    let body = body(&world);
    let (name, stamp) = world.root.key.stamp(&body);
    for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"] {
        let request = Request::builder()
            .method(method)
            .uri(WHOAMI)
            .header(name, &stamp)
            .header("X-HTTP-Method-Override", "POST")
            .body(Body::from(body.clone()))
            .unwrap();
        assert_eq!(world.send(request).await.status, 405, "{method}");
    }
}

#[tokio::test]
async fn t24_encoded_bodies_are_refused() {
    let world = World::new().await;
    let body = body(&world);
    let (name, stamp) = world.root.key.stamp(&body);
    for encoding in ["gzip", "br", "deflate", "identity"] {
        let request = Request::post(WHOAMI)
            .header(name, &stamp)
            .header("Content-Encoding", encoding)
            .body(Body::from(body.clone()))
            .unwrap();
        world.send(request).await.fails(415, "Content-Encoding");
    }
}

#[tokio::test]
async fn t55_any_page_may_ask_and_none_gets_credentials() {
    let world = World::new().await;
    let request = Request::options(WHOAMI)
        .header("Origin", "https://app.example")
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "content-type,x-client-version,x-stamp",
        )
        .body(Body::empty())
        .unwrap();
    let reply = world.send(request).await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
    assert!(
        !reply
            .headers
            .contains_key("access-control-allow-credentials")
    );
    let allowed = reply.headers["access-control-allow-headers"]
        .to_str()
        .unwrap()
        .to_lowercase();
    for header in [
        "content-type",
        "x-stamp",
        "x-stamp-webauthn",
        "x-client-version",
        "x-session",
    ] {
        assert!(allowed.contains(header), "{header}");
    }
    assert!(!reply.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn t122_long_bodies_are_refused_before_anything_else() {
    let world = World::new().await;
    let long = vec![b' '; 64 * 1024 + 1];
    let reply = world.post(WHOAMI, &long, world.root.key.stamp(&long)).await;
    reply.fails(413, "longer than 65536 bytes");
}

#[tokio::test]
async fn t17_stamps_that_are_spelled_otherwise_are_refused() {
    let world = World::new().await;
    let body = body(&world);
    let (name, stamp) = world.root.key.stamp(&body);
    for bad in [
        format!("{stamp}="),
        format!(" {stamp}"),
        format!("{stamp} "),
        stamp.to_uppercase(),
        stamp[1..].to_owned(),
        String::new(),
        "e30".to_owned(),
        "W10".to_owned(),
    ] {
        let reply = world.post(WHOAMI, &body, (name, bad.clone())).await;
        // Blanks around a header's value are no part of it (RFC 9110 §5.5).
        if bad.trim() == stamp {
            continue;
        }
        reply.fails(400, "malformed activity stamp");
    }
}

#[tokio::test]
async fn t1_only_the_stamped_bytes_verify() {
    let world = World::new().await;
    let organisation = &world.root.organisation;
    let stamped = format!("{{\"organizationId\":\"{organisation}\"}}");
    let stamp = world.root.key.stamp(stamped.as_bytes());
    for variant in [
        format!("{{\"organizationId\": \"{organisation}\"}}"),
        format!("{{\"organizationId\":\"{organisation}\"}}\n"),
        format!("{{\"organization\\u0049d\":\"{organisation}\"}}"),
        format!("{{\"organizationId\":\"{organisation}\",\"x\":1}}"),
    ] {
        let reply = world.post(WHOAMI, variant.as_bytes(), stamp.clone()).await;
        reply.fails(401, "could not verify api key signature");
        let own = world.root.key.stamp(variant.as_bytes());
        assert_eq!(
            world.post(WHOAMI, variant.as_bytes(), own).await.status,
            200,
            "{variant}"
        );
    }
}

#[tokio::test]
async fn t3_repeated_members_are_refused_at_every_depth() {
    let world = World::new().await;
    let organisation = &world.root.organisation;
    for bad in [
        format!("{{\"organizationId\":\"{organisation}\",\"organizationId\":\"{organisation}\"}}"),
        format!("{{\"organizationId\":\"{organisation}\",\"a\":{{\"b\":1,\"\\u0062\":2}}}}"),
    ] {
        let reply = world
            .post(WHOAMI, bad.as_bytes(), world.root.key.stamp(bad.as_bytes()))
            .await;
        reply.fails(400, "appears twice");
    }
}

#[tokio::test]
async fn t85_identifiers_have_one_spelling() {
    let world = World::new().await;
    let upper = world.root.organisation.to_uppercase();
    for spelled in [
        upper,
        world.root.organisation.replace('-', ""),
        "x".to_owned(),
    ] {
        let body = json!({ "organizationId": spelled })
            .to_string()
            .into_bytes();
        let reply = world.post(WHOAMI, &body, world.root.key.stamp(&body)).await;
        reply.fails(400, "malformed organization ID provided");
    }
}

#[tokio::test]
async fn unknown_paths_of_the_protocol_are_told_apart_from_unserved_ones() {
    let world = World::new().await;
    let body = body(&world);
    let stamp = || world.root.key.stamp(&body);
    let served = world
        .post("/public/v1/submit/create_policy", &body, stamp())
        .await;
    served.fails(501, "create_policy is not served by this server");
    assert_eq!(served.body["code"], 12);
    let unknown = world
        .post("/public/v1/submit/no_such_thing", &body, stamp())
        .await;
    unknown.fails(404, "there is no path");
}

#[tokio::test]
async fn probes_answer() {
    let world = World::new().await;
    for path in ["/", "/healthz", "/readyz"] {
        let reply = world
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn t25_headers_about_forwarding_change_nothing() {
    let world = World::new().await;
    let body = body(&world);
    let (name, stamp) = world.root.key.stamp(&body);
    let plain = world.post(WHOAMI, &body, (name, stamp.clone())).await;
    for (header, value) in [
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1;proto=https;host=zegel.example"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-Host", "zegel.example"),
        ("X-Original-URL", "/public/v1/submit/delete_wallets"),
        ("X-Rewrite-URL", "/public/v1/submit/delete_wallets"),
    ] {
        let request = Request::post(WHOAMI)
            .header(name, &stamp)
            .header(header, value);
        let reply = world
            .send(request.body(Body::from(body.clone())).unwrap())
            .await;
        assert_eq!(
            (reply.status, &reply.body),
            (plain.status, &plain.body),
            "{header}"
        );
        let unstamped = Request::post(WHOAMI).header(header, value);
        let reply = world
            .send(unstamped.body(Body::from(body.clone())).unwrap())
            .await;
        reply.fails(401, "no valid authentication signature");
    }
}

#[tokio::test]
async fn t26_an_expired_or_wrong_key_tells_nothing_it_was_not_told() {
    let world = World::new().await;
    // The signature is judged first: who does not hold the key learns no more than that.
    let body = body(&world);
    let mut stamp = world.root.key.make_stamp(&body);
    stamp.signature = testkit::ApiKey::p256(2).make_stamp(&body).signature;
    let reply = world
        .post(WHOAMI, &body, ("X-Stamp", stamp.to_header()))
        .await;
    reply.fails(401, "could not verify api key signature");
    let said = reply.body.to_string();
    assert!(
        !said.contains(&world.root.organisation) && !said.contains(&world.root.user),
        "{said}"
    );
}
