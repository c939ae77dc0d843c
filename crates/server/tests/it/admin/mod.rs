//! The admin API from outside.

mod gate;
pub mod networks;
mod secrets;
mod tenants;
mod unauthorised;
mod users;

// For `every_store`, which calls the tests once more on other stores.
pub use self::{networks::*, secrets::*, tenants::*, unauthorised::*, users::*};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use server::http::admin::{self, Gate};
use testkit::Passkey;
use tower::ServiceExt;

use crate::support::{Reply, World};

/// The operator's token in these tests.
pub const TOKEN: &str = "zegel_admin_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// What the least configuration says, for everybody who needs a passkey.
pub const RP_ID: &str = "shop.example";
pub const ORIGIN: &str = "https://shop.example";

/// No tenant, no user, no key.
pub const NOWHERE: &str = "11111111-2222-4333-8444-555555555555";

/// A server with its admin API, and the operator in front of it.
pub struct Desk {
    pub world: World,
    router: Router,
}

/// A tenant with an API key.
pub struct Tenant {
    pub id: String,
    pub key: String,
}

impl Desk {
    pub async fn new() -> Self {
        Self::of(World::new().await)
    }

    /// The operator in front of a server there is.
    pub fn of(world: World) -> Self {
        let gate = Gate::new(verify::tenant::hash_secret(TOKEN), &[]);
        let router = admin::router(world.state.clone(), gate);
        Self { world, router }
    }

    /// Sends exactly this to the admin API.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// Asks as the operator, without a body.
    pub async fn ask(&self, method: &str, path: &str) -> Reply {
        self.send(request(method, path).body(Body::empty()).unwrap())
            .await
    }

    /// Asks as the operator, with a body.
    pub async fn tell(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = request(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// A tenant with an API key.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let mut body = least(name);
        body["create_api_key"] = json!(true);
        let made = self.tell("POST", "/tenants", &body).await;
        assert_eq!(made.status, 201, "{:#}", made.body);
        Tenant {
            id: text(&made.body["id"]),
            key: text(&made.body["api_key"]["secret"]),
        }
    }

    /// Calls the public API as a tenant's backend does.
    pub async fn call(&self, tenant: &Tenant, method: &str, path: &str, body: &Value) -> Reply {
        self.call_with(&tenant.key, tenant, method, path, body)
            .await
    }

    /// The same with another key.
    pub async fn call_with(
        &self,
        key: &str,
        tenant: &Tenant,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(format!("/{}{path}", tenant.id))
            .header("apiKey", key)
            .header("content-type", "application/json")
            .header("content-length", body.to_string().len())
            .body(Body::from(body.to_string()))
            .unwrap();
        self.world.send(request).await
    }

    /// Registers a passkey for a user.
    pub async fn register(&self, tenant: &Tenant, user: &str, seed: u64) -> Passkey {
        let asked = json!({ "user_id": user, "username": format!("{user}@shop.example") });
        let begun = self
            .call(tenant, "POST", "/registration/initialize", &asked)
            .await;
        assert_eq!(begun.status, 200, "{:#}", begun.body);
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let made = passkey.attestation(&challenge(&begun.body["publicKey"]));
        let finished = self
            .call(tenant, "POST", "/registration/finalize", &made.to_json())
            .await;
        assert_eq!(finished.status, 200, "{:#}", finished.body);
        passkey
    }

    /// The token of a login without a name.
    pub async fn log_in(&self, tenant: &Tenant, user: &str, passkey: &Passkey) -> String {
        let begun = self
            .call(tenant, "POST", "/login/initialize", &json!({}))
            .await;
        assert_eq!(begun.status, 200, "{:#}", begun.body);
        let answer = passkey
            .assertion(&challenge(&begun.body["publicKey"]))
            .to_json(Some(user.as_bytes()));
        let finished = self.call(tenant, "POST", "/login/finalize", &answer).await;
        assert_eq!(finished.status, 200, "{:#}", finished.body);
        text(&finished.body["token"])
    }

    /// Begins a typed payment of this user.
    pub async fn payment(&self, tenant: &Tenant, user: &str, transaction: &str) -> Reply {
        let body = json!({
            "user_id": user,
            "transaction_id": transaction,
            "payment": { "amount": "123.45", "currency": "EUR", "payee": { "name": "Bakery" } },
        });
        let begun = self.call(tenant, "POST", "/v2/transactions", &body).await;
        assert_eq!(begun.status, 201, "{:#}", begun.body);
        begun
    }

    /// Confirms what was begun.
    pub async fn confirm(&self, tenant: &Tenant, user: &str, passkey: &Passkey, begun: &Reply) {
        let answer = passkey
            .assertion(&challenge(&begun.body["publicKey"]))
            .to_json(Some(user.as_bytes()));
        let id = text(&begun.body["transaction_id"]);
        let path = format!("/v2/transactions/{id}/confirm");
        let confirmed = self.call(tenant, "POST", &path, &answer).await;
        assert_eq!(confirmed.status, 200, "{:#}", confirmed.body);
    }
}

impl Reply {
    /// Expects this family's error shape.
    #[track_caller]
    pub fn problem(&self, status: u16, title: &str, details: &str) {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        assert_eq!(self.body["title"], title, "{:#}", self.body);
        assert_eq!(self.body["details"], details, "{:#}", self.body);
        assert_eq!(self.body["status"], status, "{:#}", self.body);
        assert_eq!(
            self.headers["content-type"],
            "application/json; charset=UTF-8"
        );
    }
}

/// A request under the server's own name, with the operator's token.
pub fn request(method: &str, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:8081")
        .header("authorization", format!("Bearer {TOKEN}"))
}

/// The least a tenant must be given.
pub fn least(name: &str) -> Value {
    json!({
        "display_name": name,
        "config": {
            "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party": { "id": RP_ID, "display_name": name, "origins": [ORIGIN] },
                "timeout": 60000,
            },
        },
    })
}

/// A JSON text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value:#}"))
        .to_owned()
}

fn challenge(options: &Value) -> Vec<u8> {
    wire::encoding::base64url::decode(text(&options["challenge"])).unwrap()
}
