//! What browsers ask for: CORS, and what is well known.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use server::http::tenants::well_known::{AndroidApp, WellKnown};

use super::{App, config};
use crate::support::{Reply, World};

async fn from_page(app: &App, method: &str, path: &str, origin: &str) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(format!("/{}{path}", app.tenant))
        .header("origin", origin)
        .header("access-control-request-headers", "content-type,apikey")
        .body(Body::empty())
        .unwrap();
    app.world.send(request).await
}

const LOGIN: &str = "/login/initialize";

#[tokio::test]
pub async fn t55_a_tenants_pages_may_read_its_answers_and_others_may_not() {
    let app = App::new().await;
    let ours = from_page(&app, "POST", LOGIN, "https://app.example").await;
    assert_eq!(ours.status, 200);
    assert_eq!(
        ours.headers["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(ours.headers["access-control-allow-credentials"], "true");
    assert_eq!(ours.headers["vary"], "Origin");
    // Errors are readable as well, or no page could tell its user why.
    let ours = from_page(&app, "POST", "/login/finalize", "https://app.example").await;
    assert_eq!(ours.status, 400);
    assert_eq!(
        ours.headers["access-control-allow-origin"],
        "https://app.example"
    );

    // Processed, but no page of that origin gets to read it.
    let other = from_page(&app, "POST", LOGIN, "https://evil.example").await;
    assert_eq!(other.status, 200);
    assert!(!other.headers.contains_key("access-control-allow-origin"));
    assert_eq!(other.headers["vary"], "Origin");
}

#[tokio::test]
pub async fn t23_every_options_request_below_a_tenant_is_a_preflight() {
    let app = App::new().await;
    for path in [LOGIN, "", "/", "/nothing/here", "/credentials/x"] {
        let answer = from_page(&app, "OPTIONS", path, "https://app.example").await;
        assert_eq!(answer.status, 204, "{path}");
        let allowed = &answer.headers["access-control-allow-headers"];
        assert_eq!(allowed, "content-type,apikey");
        assert_eq!(answer.headers["access-control-max-age"], "7200");
        let other = from_page(&app, "OPTIONS", path, "https://evil.example").await;
        assert_eq!(other.status, 204, "{path}");
        assert!(!other.headers.contains_key("access-control-allow-origin"));
    }
    let nowhere = App {
        tenant: app.world.state.engine.new_tenant_id().unwrap(),
        ..app
    };
    let answer = from_page(&nowhere, "OPTIONS", LOGIN, "https://app.example").await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
pub async fn t55_each_tenant_has_its_own_list() {
    let app = App::new().await;
    let mut other = config();
    other["cors"]["allowed_origins"] = json!(["https://*.other.example", "http://localhost:*"]);
    let (tenant, key) = super::found(&app.world, other).await;
    let other = App { tenant, key, ..app };
    for (origin, allowed) in [
        ("https://a.other.example", true),
        ("http://localhost:5173", true),
        ("https://app.example", false),
        ("https://other.example", false),
        ("null", false),
    ] {
        let answer = from_page(&other, "POST", LOGIN, origin).await;
        let told = answer.headers.get("access-control-allow-origin");
        assert_eq!(told.is_some(), allowed, "{origin}");
    }
}

#[tokio::test]
pub async fn related_origins_are_told_to_whoever_asks() {
    let mut config = config();
    config["zegel"]["related_origins"] = json!(["https://app.example.de"]);
    let app = App::with(config).await;
    let answer = app.call("GET", "/.well-known/webauthn", None, None).await;
    assert_eq!(answer.headers["cache-control"], "max-age=600");
    assert_eq!(
        answer.ok(),
        json!({ "origins": ["https://app.example.de"] })
    );
}

async fn root(world: &World, name: &str) -> Reply {
    let request = Request::get(format!("/.well-known/{name}"));
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_servers_own_host_name_serves_what_is_set_and_nothing_else() {
    let unset = World::new().await;
    let names = [
        "webauthn",
        "passkey-endpoints",
        "assetlinks.json",
        "apple-app-site-association",
    ];
    for name in names {
        assert_eq!(root(&unset, name).await.status, 404, "{name}");
    }
    let well_known = WellKnown {
        related_origins: vec!["https://app.example.de".to_owned()],
        passkey_enroll_url: Some("https://app.example/new".to_owned()),
        passkey_manage_url: None,
        android_apps: vec![AndroidApp {
            package: "com.example.app".to_owned(),
            sha256_fingerprints: vec!["AB:CD".to_owned()],
        }],
        apple_apps: vec!["TEAM.com.example.app".to_owned()],
    };
    let set = World::set(|doors| doors.well_known = well_known).await;
    let documents = [
        json!({ "origins": ["https://app.example.de"] }),
        json!({ "enroll": "https://app.example/new" }),
        json!([{
            "relation": [
                "delegate_permission/common.handle_all_urls",
                "delegate_permission/common.get_login_creds",
            ],
            "target": {
                "namespace": "android_app", "package_name": "com.example.app",
                "sha256_cert_fingerprints": ["AB:CD"],
            },
        }]),
        json!({ "webcredentials": { "apps": ["TEAM.com.example.app"] } }),
    ];
    for (name, document) in names.into_iter().zip(documents) {
        let answer = root(&set, name).await;
        assert_eq!(answer.headers["content-type"], "application/json", "{name}");
        assert_eq!(answer.ok(), document, "{name}");
    }
}
