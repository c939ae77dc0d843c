//! Users, their credentials and their transactions.

use serde_json::{Value, json};
use wire::encoding::base64url;

use super::{Desk, NOWHERE, Tenant, text};
use crate::support::Reply;

impl Desk {
    async fn look(&self, tenant: &Tenant, below: &str) -> Reply {
        self.ask("GET", &format!("/tenants/{}{below}", tenant.id))
            .await
    }

    /// Our id of a user.
    async fn id_of(&self, tenant: &Tenant, user: &str) -> String {
        let found = self.look(tenant, &format!("/users?user_id={user}")).await;
        text(&found.body[0]["id"])
    }
}

fn names(listed: &Reply) -> Vec<&str> {
    let users = listed.body.as_array().unwrap().iter();
    users
        .map(|user| user["user_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
pub async fn users_are_listed_page_by_page() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    for number in 1..=3 {
        desk.world.advance_ms(1);
        desk.register(&tenant, &format!("u-{number}"), number).await;
    }
    let all = desk.look(&tenant, "/users").await;
    assert_eq!(names(&all), ["u-3", "u-2", "u-1"]);
    assert_eq!(all.headers["x-total-count"], "3");
    let user = all.body[2].as_object().unwrap();
    assert_eq!(
        all.body[2],
        json!({
            "id": user["id"], "user_id": "u-1", "name": "u-1@shop.example", "icon": "",
            "display_name": "u-1@shop.example",
        })
    );
    let oldest = desk
        .look(&tenant, "/users?sort_direction=asc&per_page=2")
        .await;
    assert_eq!(names(&oldest), ["u-1", "u-2"]);
    let links = oldest.headers["link"].to_str().unwrap();
    assert!(links.contains("page=2&per_page=2"), "{links}");
    assert!(links.contains("rel=\"next\""), "{links}");
    let rest = desk
        .look(&tenant, "/users?sort_direction=asc&per_page=2&page=2")
        .await;
    assert_eq!(names(&rest), ["u-3"]);

    let one = desk.look(&tenant, "/users?user_id=u-2").await;
    assert_eq!(names(&one), ["u-2"]);
    assert_eq!(one.headers["x-total-count"], "1");
    for nobody in ["u", "u-4", "%00", "U-1"] {
        let none = desk
            .look(&tenant, &format!("/users?user_id={nobody}"))
            .await;
        assert_eq!(none.body, json!([]), "{nobody}");
        assert_eq!(none.headers["x-total-count"], "0");
    }
    desk.look(&tenant, "/users?sort_direction=up")
        .await
        .problem(400, "sort_direction must be desc or asc", "");
    desk.look(&tenant, "/users?page=two").await.problem(
        400,
        "unable to parse request",
        "page must be a whole number from 1 to 4294967295",
    );
}

#[tokio::test]
pub async fn a_user_is_shown_with_passkeys_and_transactions() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let passkey = desk.register(&tenant, "u-1", 1).await;
    let asked = json!({
        "user_id": "u-1", "transaction_id": "tx-1", "transaction_data": { "b": 1, "a": 2 },
    });
    let begun = desk
        .call(&tenant, "POST", "/transaction/initialize", &asked)
        .await;
    assert_eq!(begun.status, 200, "{:#}", begun.body);
    let id = desk.id_of(&tenant, "u-1").await;
    let user = desk.look(&tenant, &format!("/users/{id}")).await;
    assert_eq!(user.status, 200);
    assert_eq!(user.body["user_id"], "u-1");
    let credential = &user.body["credentials"][0];
    assert_eq!(credential["id"], base64url::encode(passkey.credential_id()));
    assert_eq!(credential["user_id"], "u-1");
    let transaction = &user.body["transactions"][0];
    assert_eq!(transaction["identifier"], "tx-1");
    assert_eq!(transaction["data"], r#"{"a":2,"b":1}"#);
}

#[tokio::test]
pub async fn a_user_goes_with_passkeys_and_transactions() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    desk.register(&tenant, "u-1", 1).await;
    desk.register(&tenant, "u-2", 2).await;
    desk.payment(&tenant, "u-1", "pay-1").await;
    let id = desk.id_of(&tenant, "u-1").await;
    let path = format!("/tenants/{}/users/{id}", tenant.id);
    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
    desk.ask("GET", &path)
        .await
        .problem(404, "user not found", "");
    desk.ask("DELETE", &path)
        .await
        .problem(404, "user not found", "");
    assert_eq!(names(&desk.look(&tenant, "/users").await), ["u-2"]);
    let left = desk.look(&tenant, "/credentials").await;
    assert_eq!(left.headers["x-total-count"], "1");
    let left = desk.look(&tenant, "/transactions").await;
    assert_eq!(left.body, json!([]));
}

#[tokio::test]
pub async fn t82_what_belongs_to_another_tenant_is_not_there() {
    let desk = Desk::new().await;
    let (tenant, other) = (desk.tenant("Shop").await, desk.tenant("Other").await);
    let passkey = desk.register(&other, "u-1", 1).await;
    let begun = desk.payment(&other, "u-1", "pay-1").await;
    desk.confirm(&other, "u-1", &passkey, &begun).await;
    let user = desk.id_of(&other, "u-1").await;
    let credential = base64url::encode(passkey.credential_id());
    let mine = format!("/tenants/{}", tenant.id);
    for (method, below, nowhere) in [
        ("GET", format!("/users/{user}"), format!("/users/{NOWHERE}")),
        (
            "DELETE",
            format!("/users/{user}"),
            format!("/users/{NOWHERE}"),
        ),
        (
            "GET",
            format!("/credentials/{credential}"),
            "/credentials/AAAA".to_owned(),
        ),
        (
            "PATCH",
            format!("/credentials/{credential}"),
            "/credentials/AAAA".to_owned(),
        ),
        (
            "DELETE",
            format!("/credentials/{credential}"),
            "/credentials/AAAA".to_owned(),
        ),
        (
            "GET",
            "/transactions/pay-1".to_owned(),
            "/transactions/pay-2".to_owned(),
        ),
        (
            "POST",
            "/transactions/pay-1/cancel".to_owned(),
            "/transactions/pay-2/cancel".to_owned(),
        ),
        (
            "GET",
            "/transactions/pay-1/receipt".to_owned(),
            "/transactions/pay-2/receipt".to_owned(),
        ),
    ] {
        let body = json!({ "name": "Mine now" });
        let there = desk.tell(method, &format!("{mine}{below}"), &body).await;
        let nowhere = desk.tell(method, &format!("{mine}{nowhere}"), &body).await;
        assert_eq!(there.status, 404, "{method} {below}: {:#}", there.body);
        let masked = |body: &Value| body.to_string().replace(&credential, "AAAA");
        assert_eq!(
            masked(&there.body),
            masked(&nowhere.body),
            "{method} {below}"
        );
    }
    for list in ["/users", "/credentials", "/transactions"] {
        assert_eq!(desk.look(&tenant, list).await.body, json!([]), "{list}");
    }
    let untouched = desk
        .look(&other, &format!("/credentials/{credential}"))
        .await;
    assert_ne!(untouched.body["name"], "Mine now");
    for strange in ["x", "1", "%00"] {
        for method in ["GET", "DELETE"] {
            desk.ask(method, &format!("{mine}/users/{strange}"))
                .await
                .problem(400, "invalid user_id", "");
        }
    }
}

#[tokio::test]
pub async fn credentials_are_listed_renamed_and_removed() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let passkey = desk.register(&tenant, "u-1", 1).await;
    desk.world.advance_ms(1);
    desk.register(&tenant, "u-2", 2).await;
    let listed = desk.look(&tenant, "/credentials").await;
    assert_eq!(names(&listed), ["u-2", "u-1"]);
    let own = desk
        .look(&tenant, "/credentials?user_id=u-1&order=asc")
        .await;
    assert_eq!(names(&own), ["u-1"]);
    assert_eq!(own.headers["x-total-count"], "1");

    let id = base64url::encode(passkey.credential_id());
    let path = format!("/tenants/{}/credentials/{id}", tenant.id);
    let renamed = desk
        .tell("PATCH", &path, &json!({ "name": "Laptop" }))
        .await;
    assert_eq!(renamed.status, 204, "{:#}", renamed.body);
    assert_eq!(desk.ask("GET", &path).await.body["name"], "Laptop");
    desk.tell("PATCH", &path, &json!({})).await.problem(
        400,
        "unable to validate request",
        "name is a required field",
    );
    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
    let title = format!("credential with id '{id}' not found");
    desk.ask("GET", &path).await.problem(404, &title, "");
    desk.ask("DELETE", &path).await.problem(404, &title, "");
}

#[tokio::test]
pub async fn transactions_are_listed_called_off_and_proven() {
    let desk = Desk::new().await;
    let tenant = desk.tenant("Shop").await;
    let passkey = desk.register(&tenant, "u-1", 1).await;
    let first = desk.payment(&tenant, "u-1", "pay/1 ü").await;
    desk.world.advance_ms(1);
    let second = desk.payment(&tenant, "u-1", "pay-2").await;
    desk.confirm(&tenant, "u-1", &passkey, &second).await;

    let ids = |listed: &Reply| -> Vec<String> {
        let all = listed.body.as_array().unwrap().iter();
        all.map(|known| text(&known["transaction_id"])).collect()
    };
    let all = desk.look(&tenant, "/transactions").await;
    assert_eq!(ids(&all), ["pay-2", "pay/1 ü"]);
    assert_eq!(all.headers["x-total-count"], "2");
    let pending = desk
        .look(&tenant, "/transactions?state=pending&user_id=u-1")
        .await;
    assert_eq!(ids(&pending), ["pay/1 ü"]);
    let none = desk.look(&tenant, "/transactions?user_id=u-2").await;
    assert_eq!(none.body, json!([]));

    let path = format!("/tenants/{}/transactions/pay%2F1%20%C3%BC", tenant.id);
    let shown = desk.ask("GET", &path).await;
    assert_eq!(shown.body["transaction_id"], "pay/1 ü");
    assert_eq!(shown.body["payment"], first.body["payment"]);
    assert_eq!(shown.body["state"], "pending");
    let cancelled = desk.ask("POST", &format!("{path}/cancel")).await;
    assert_eq!(cancelled.status, 200, "{:#}", cancelled.body);
    assert_eq!(cancelled.body["state"], "cancelled");
    let again = desk.ask("POST", &format!("{path}/cancel")).await;
    assert_eq!(again.status, 409);
    assert_eq!(again.body["code"], "transaction_cancelled");
    let unconfirmed = desk.ask("GET", &format!("{path}/receipt")).await;
    assert_eq!(unconfirmed.status, 404);

    let receipt = desk.look(&tenant, "/transactions/pay-2/receipt").await;
    assert_eq!(receipt.status, 200, "{:#}", receipt.body);
    let key = desk.world.state.engine.log_verifier_key().parse().unwrap();
    let verified = verify::evidence::verify(&receipt.body.to_string(), &key).unwrap();
    assert_eq!(verified.transaction().transaction_id, "pay-2");
    assert_eq!(verified.tenant().to_string(), tenant.id);
}
