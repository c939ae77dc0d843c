//! One tenant's things are nobody else's (threat T82).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{App, config, found, thirty_euros};
use crate::support::Reply;

/// Two tenants on one server that know the same names.
async fn neighbours() -> (App, App) {
    let app = App::new().await;
    let (tenant, key) = found(&app.world, config()).await;
    let world = app.world.shared();
    (app, App { world, tenant, key })
}

/// An answer without what differs from request to request, and without the id that was asked for.
fn told(answer: &Reply, id: &str) -> (u16, String) {
    (
        answer.status.as_u16(),
        answer.body.to_string().replace(id, "…"),
    )
}

#[tokio::test]
pub async fn t82_what_is_anothers_is_told_like_what_does_not_exist() {
    let (ours, theirs) = neighbours().await;
    let ada = theirs.register("ada", 1).await;
    theirs.begin_payment("ada", "pay-1").await.is(201);
    theirs.begin_transaction("ada", "tx-1", json!(1)).await.ok();
    let foreign = ada.credential_id();
    let random = "AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let rename = json!({ "name": "mine" });
    let pay = json!({ "payment": thirty_euros() });
    let nothing = json!({});
    for (method, path, body, foreign, random) in [
        (
            "GET",
            "/credentials/{}",
            None,
            foreign.as_str(),
            random.as_str(),
        ),
        ("PATCH", "/credentials/{}", Some(&rename), &foreign, &random),
        ("DELETE", "/credentials/{}", None, &foreign, &random),
        ("GET", "/credentials?user_id={}", None, "ada", "xyz"),
        ("GET", "/users/{}/signals", None, "ada", "xyz"),
        ("GET", "/transaction/{}", None, "ada", "xyz"),
        ("GET", "/v2/transactions/{}", None, "pay-1", "xyz-1"),
        ("GET", "/v2/transactions/{}/receipt", None, "pay-1", "xyz-1"),
        (
            "POST",
            "/v2/transactions/{}/challenge",
            Some(&nothing),
            "pay-1",
            "xyz-1",
        ),
        (
            "POST",
            "/v2/transactions/{}/cancel",
            Some(&nothing),
            "pay-1",
            "xyz-1",
        ),
        (
            "POST",
            "/v2/transactions/{}/consume",
            Some(&pay),
            "pay-1",
            "xyz-1",
        ),
    ] {
        let ask = async |id: &str| {
            let answer = ours
                .call(method, &path.replace("{}", id), Some(&ours.key), body)
                .await;
            told(&answer, id)
        };
        assert_eq!(ask(foreign).await, ask(random).await, "{method} {path}");
    }
    // Nothing of it had any effect.
    let shown = theirs.get(&format!("/credentials/{foreign}")).await.ok();
    assert_ne!(shown["name"], "mine");
    let shown = theirs.get("/v2/transactions/pay-1").await.ok();
    assert_eq!(shown["state"], "pending");
    // And no list shows any of it.
    for list in ["/credentials", "/v2/transactions"] {
        assert_eq!(ours.get(list).await.ok(), json!([]), "{list}");
    }
    let entries = ours.get("/audit_logs?per_page=100").await.ok();
    let tenants = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["tenant_id"]);
    assert!(tenants.clone().count() > 0);
    assert!(
        tenants
            .into_iter()
            .all(|tenant| *tenant == ours.tenant.to_string())
    );
}

#[tokio::test]
pub async fn t82_a_key_opens_one_tenant() {
    let (ours, theirs) = neighbours().await;
    for path in ["/credentials", "/audit_logs", "/v2/transactions"] {
        let answer = theirs.call("GET", path, Some(&ours.key), None).await;
        answer.is_refused(401, "not_proven");
    }
}

#[tokio::test]
pub async fn the_same_names_mean_each_tenants_own() {
    let (ours, theirs) = neighbours().await;
    let here = ours.register("ada", 1).await;
    let there = theirs.register("ada", 2).await;
    join_all([
        ours.begin_payment("ada", "pay-1"),
        theirs.begin_payment("ada", "pay-1"),
    ])
    .await
    .into_iter()
    .for_each(|made| {
        made.is(201);
    });
    let digest = async |app: &App| app.get("/v2/transactions/pay-1").await.ok()["digest"].clone();
    assert_ne!(digest(&ours).await, digest(&theirs).await);
    ours.log_in(&here).await.ok();
    ours.log_in(&there)
        .await
        .is_refused(401, "credential_not_found");
    let listed = theirs.get("/credentials").await.ok();
    let ids: Vec<&Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [&json!(there.credential_id())]);
}
