//! The Passkey API from outside: what a tenant's backend and its pages get to see.

mod binding;
mod ceremonies;
mod corpus;
mod credentials;
mod hostile;
mod logins;
mod pages;
mod payments;
mod rates;
mod registrations;
mod servers;
mod shown;
mod tokens;
mod transactions;
mod walls;

pub use self::{
    binding::*, ceremonies::*, credentials::*, hostile::*, logins::*, pages::*, payments::*,
    registrations::*, servers::*, shown::*, tokens::*, transactions::*, walls::*,
};

use axum::body::Body;
use axum::http::Request;
use rules::tenant::{Command, Config, Source};
use serde_json::{Value, json};
use testkit::Passkey;
use testkit::authenticator::Assertion;
use verify::tenant::{Operator, hash_secret};
use wire::encoding::base64url;
use wire::id::TenantId;

use crate::support::{Reply, World};

pub const RP_ID: &str = "app.example";
pub const ORIGIN: &str = "https://app.example";

/// A server with a tenant, and the key of the tenant's backend.
pub struct App {
    pub world: World,
    pub tenant: TenantId,
    pub key: String,
}

/// Somebody with one passkey.
#[derive(Clone)]
pub struct Person {
    pub user_id: String,
    pub passkey: Passkey,
}

/// What a tenant is usually set to.
pub fn config() -> Value {
    json!({
        "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
        "webauthn": {
            "relying_party": { "id": RP_ID, "display_name": "App", "origins": [ORIGIN] },
            "timeout": 60_000,
            "user_verification": "required",
            "attestation_preference": "none",
            "resident_key_requirement": "required",
        },
        "mfa": {
            "timeout": 30_000,
            "user_verification": "preferred",
            "attachment": "cross-platform",
            "attestation_preference": "none",
            "resident_key_requirement": "discouraged",
        },
        // Quicker to make than RSA keys.
        "zegel": {
            "token_algorithm": "ES256",
            "return_urls": ["https://app.example/done"],
            "payment_caller_origins": ["https://shop.example"],
        },
    })
}

pub fn operator() -> Operator {
    Operator::recognise("token", &hash_secret("token")).unwrap()
}

impl App {
    pub async fn new() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Value) -> Self {
        let world = World::new().await;
        let (tenant, key) = found(&world, config).await;
        Self { world, tenant, key }
    }

    /// Carries out what an operator asks for.
    pub async fn operate(&self, command: Command) -> engine::tenants::Answer {
        operate(&self.world, self.tenant, command).await
    }

    /// Sends what is asked for below this tenant, as a program does: JSON, and a key if there is
    /// one.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Reply {
        let tenant = self.tenant;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/{tenant}{path}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("apiKey", key);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.world.send(request.body(body).unwrap()).await
    }

    /// As the tenant's backend.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(&self.key), Some(&body)).await
    }

    /// As a page, which has no key.
    pub async fn post_keyless(&self, path: &str, body: Value) -> Reply {
        self.call("POST", path, None, Some(&body)).await
    }

    /// As the tenant's backend.
    pub async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, Some(&self.key), None).await
    }

    /// The options a registration begins with.
    pub async fn begin_registration(&self, user_id: &str) -> Value {
        let body = json!({ "user_id": user_id, "username": format!("{user_id}@app") });
        self.post("/registration/initialize", body).await.ok()
    }

    /// Registers a passkey of this seed for a user.
    pub async fn register(&self, user_id: &str, seed: u64) -> Person {
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let options = self.begin_registration(user_id).await;
        let made = passkey.attestation(&challenge(&options));
        let done = self.post_keyless("/registration/finalize", made.to_json());
        done.await.ok();
        Person {
            user_id: user_id.to_owned(),
            passkey,
        }
    }

    /// Registers a second factor of this seed for a user.
    pub async fn register_mfa(&self, user_id: &str, seed: u64) -> Person {
        let passkey = Passkey::es256(seed, RP_ID, ORIGIN);
        let body = json!({ "user_id": user_id, "username": user_id });
        let options = self.post("/mfa/registration/initialize", body).await.ok();
        let made = passkey.attestation(&challenge(&options));
        let done = self.post("/mfa/registration/finalize", made.to_json());
        done.await.ok();
        Person {
            user_id: user_id.to_owned(),
            passkey,
        }
    }

    /// The options of a login of whoever answers.
    pub async fn begin_login(&self) -> Value {
        self.post_keyless("/login/initialize", json!({})).await.ok()
    }

    /// Logs somebody in; the answer is not looked at.
    pub async fn log_in(&self, person: &Person) -> Reply {
        let options = self.begin_login().await;
        let answer = person.answer(&options);
        self.post_keyless("/login/finalize", answer).await
    }

    /// Begins a compatible transaction; the answer is not looked at.
    pub async fn begin_transaction(&self, user_id: &str, id: &str, data: Value) -> Reply {
        let body = json!({
            "user_id": user_id, "transaction_id": id, "transaction_data": data,
        });
        self.post("/transaction/initialize", body).await
    }

    /// Begins a payment; the answer is not looked at.
    pub async fn begin_payment(&self, user_id: &str, id: &str) -> Reply {
        self.post("/v2/transactions", payment(user_id, id)).await
    }
}

/// The body of a payment.
pub fn payment(user_id: &str, id: &str) -> Value {
    json!({ "user_id": user_id, "transaction_id": id, "payment": thirty_euros() })
}

/// What is usually paid.
pub fn thirty_euros() -> Value {
    json!({
        "amount": "30.00", "currency": "EUR",
        "payee": { "name": "Bücher Schmidt", "account": "DE02120300000000202051" },
        "reason": "Invoice 4711",
    })
}

impl Person {
    /// Answers the options of a login or a transaction.
    pub fn answer(&self, options: &Value) -> Value {
        self.assertion(options)
            .to_json(Some(self.user_id.as_bytes()))
    }

    pub fn assertion(&self, options: &Value) -> Assertion {
        self.passkey.assertion(&challenge(options))
    }

    pub fn credential_id(&self) -> String {
        base64url::encode(self.passkey.credential_id())
    }
}

/// The challenge in options.
pub fn challenge(options: &Value) -> Vec<u8> {
    base64url::decode(options["publicKey"]["challenge"].as_str().unwrap()).unwrap()
}

/// A new tenant on a server.
pub async fn found(world: &World, config: Value) -> (TenantId, String) {
    let tenant = world.state.engine.new_tenant_id().unwrap();
    let config: Config = serde_json::from_value(config).unwrap();
    let command = Command::CreateTenant {
        tenant,
        name: "App".to_owned(),
        config: Box::new(config),
        with_key: true,
    };
    match operate(world, tenant, command).await {
        engine::tenants::Answer::Tenant { key: Some(key), .. } => (tenant, key.secret.to_string()),
        other => panic!("{other:?}"),
    }
}

async fn operate(world: &World, tenant: TenantId, command: Command) -> engine::tenants::Answer {
    let body = format!("{command:?} at {}", world.now_ms()).into_bytes();
    let engine = &world.state.engine;
    let done = engine
        .operate(operator(), tenant, body, Source::default(), |_| {
            Ok::<_, ()>(command.clone())
        })
        .await;
    done.unwrap().into_inner().unwrap()
}

impl Reply {
    /// Expects 200 and gives the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.is(200)
    }

    /// Expects a status and gives the body.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// Expects this family's error shape with this status and code.
    #[track_caller]
    pub fn is_refused(&self, status: u16, code: &str) {
        self.is_told(status);
        assert_eq!(self.body["code"], code, "{:#}", self.body);
    }

    /// Expects this family's error shape with this status, title and details.
    #[track_caller]
    pub fn says(&self, status: u16, title: &str, details: &str) {
        self.is_told(status);
        assert_eq!(self.body["title"], title, "{:#}", self.body);
        assert_eq!(self.body["details"], details, "{:#}", self.body);
    }

    #[track_caller]
    fn is_told(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        assert_eq!(self.body["status"], status, "{:#}", self.body);
        assert!(self.body["title"].is_string(), "{:#}", self.body);
        assert!(self.body["details"].is_string(), "{:#}", self.body);
        assert_eq!(
            self.headers["content-type"],
            "application/json; charset=UTF-8"
        );
        assert!(self.headers.contains_key("x-request-id"));
    }
}
