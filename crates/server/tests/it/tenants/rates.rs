//! How often somebody may call, and whom that is told of.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use server::rate_limit::{RateConfig, RateLimits};

use super::{App, config, found};
use crate::support::{Reply, World};

const BURST: u32 = 5;

/// A server at which an address may call a few times at once, behind a proxy of its own network.
async fn slow() -> App {
    let rates = RateConfig {
        per_ip_per_second: 1,
        per_ip_burst: BURST,
        per_key_per_second: 1,
        per_key_burst: 2 * BURST,
    };
    let world = World::set(|doors| {
        doors.rates = RateLimits::new(&rates);
        doors.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let (tenant, key) = found(&world, config()).await;
    App { world, tenant, key }
}

/// Asks from an address, perhaps with a key and in the name of another address.
async fn ask(app: &App, from: &str, key: Option<&str>, forwarded: Option<&str>) -> Reply {
    let peer: SocketAddr = format!("{from}:4711").parse().unwrap();
    let mut request = Request::get(format!("/{}/credentials", app.tenant));
    if let Some(key) = key {
        request = request.header("apiKey", key);
    }
    if let Some(forwarded) = forwarded {
        request = request
            .header("x-forwarded-for", forwarded)
            .header("x-forwarded-proto", "http");
    }
    let request = request.extension(ConnectInfo(peer));
    app.world.send(request.body(Body::empty()).unwrap()).await
}

/// Bursts among many calls that get an answer of their own. What drains while they are made, one
/// call a second, does not make another burst.
async fn bursts(app: &App, from: &str, key: Option<&str>, forwarded: Option<&str>) -> u32 {
    let mut let_in = 0;
    for _ in 0..4 * BURST {
        let answer = ask(app, from, key, forwarded).await;
        if answer.status == 429 {
            answer.is_refused(429, "too_many_requests");
            assert_eq!(answer.headers["retry-after"], "1");
        } else {
            let_in += 1;
        }
    }
    let_in / BURST
}

#[tokio::test]
async fn t132_calls_without_a_key_are_counted_by_address() {
    let app = slow().await;
    assert_eq!(bursts(&app, "192.0.2.1", None, None).await, 1);
    assert_eq!(bursts(&app, "192.0.2.2", None, None).await, 1);
    // The backend behind the same address has its key.
    let key = app.key.as_str();
    assert_eq!(bursts(&app, "192.0.2.1", Some(key), None).await, 2);
}

#[tokio::test]
async fn t132_guessing_keys_is_as_slow_as_having_none() {
    let app = slow().await;
    let mut let_in = 0;
    for guess in 0..4 * BURST {
        let guess = format!("guess-{guess}");
        let answer = ask(&app, "192.0.2.1", Some(&guess), None).await;
        let_in += u32::from(answer.status == 401);
    }
    assert_eq!(let_in / BURST, 1);
}

#[tokio::test]
async fn t132_guessing_tenants_is_as_slow_as_having_no_key() {
    let app = slow().await;
    let mut let_in = 0;
    for _ in 0..4 * BURST {
        let guess = App {
            world: app.world.shared(),
            tenant: app.world.state.engine.new_tenant_id().unwrap(),
            key: "guess".to_owned(),
        };
        let answer = ask(&guess, "192.0.2.1", Some("guess"), None).await;
        let_in += u32::from(answer.status == 404);
    }
    assert_eq!(let_in / BURST, 1);
    // A right key counts for itself from its first call on, even of a tenant nobody asked before.
    let key = Some(app.key.as_str());
    assert_eq!(bursts(&app, "192.0.2.2", key, None).await, 2);
    assert_eq!(bursts(&app, "192.0.2.2", None, None).await, 1);
}

#[tokio::test]
async fn t132_one_tenant_cannot_use_up_what_is_anothers() {
    let app = slow().await;
    let (tenant, key) = found(&app.world, config()).await;
    let other = App {
        world: app.world.shared(),
        tenant,
        key,
    };
    let ours = Some(app.key.as_str());
    assert_eq!(bursts(&app, "192.0.2.1", ours, None).await, 2);
    let theirs = Some(other.key.as_str());
    assert_eq!(bursts(&other, "192.0.2.1", theirs, None).await, 2);
}

#[tokio::test]
async fn t25_only_a_proxy_of_ours_speaks_for_others() {
    let app = slow().await;
    let proxy = "10.0.0.1";
    assert_eq!(bursts(&app, proxy, None, Some("192.0.2.1")).await, 1);
    assert_eq!(bursts(&app, proxy, None, Some("192.0.2.2")).await, 1);
    // Anybody can write the header; it makes no new callers.
    let stranger = "203.0.113.9";
    assert_eq!(bursts(&app, stranger, None, Some("192.0.2.3")).await, 1);
    assert_eq!(bursts(&app, stranger, None, Some("192.0.2.4")).await, 0);

    let key = Some(app.key.as_str());
    let told = ask(&app, proxy, key, Some("192.0.2.5")).await;
    let link = told.headers["link"].to_str().unwrap();
    assert!(link.starts_with("<http://zegel.example/"), "{link}");
    let told = ask(&app, stranger, key, Some("192.0.2.5")).await;
    let link = told.headers["link"].to_str().unwrap();
    assert!(link.starts_with("<https://zegel.example/"), "{link}");
}
