//! A server without a socket, and people who stamp.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use engine::chain::Chain;
use engine::{Clock, Engine, FirstCredential, FirstStep, Settings};
use http_body_util::BodyExt;
use rules::command::NewApiKey;
use rules::text::Label;
use serde_json::{Value, json};
use server::http::{State, intake::Limits, router, tenants::Doors};
use server::rate_limit::{RateConfig, RateLimits};
use store::{Location, Store};
use testkit::{ApiKey, Passkey};
use tower::ServiceExt;
use vault::{LogKey, RootKey, Vault};
use wire::environment::Environment;
use wire::{Sealed, Timestamp};

/// Where every test begins: 2027-01-15.
pub const START_MS: u64 = 1_800_000_000_000;

/// The name by which bodies can say they mean this server.
pub const AUDIENCE: &str = "https://zegel.example";

/// A server of its own for one test.
pub struct World {
    pub router: Router,
    pub state: Arc<State>,
    /// The root organisation's first user.
    pub root: Persona,
    host: Host,
}

/// What outlives a server: the machine it runs on.
#[derive(Clone)]
struct Host {
    location: Location,
    key_file: Vec<u8>,
    log_key: Sealed,
    not_before: Timestamp,
}

/// Somebody with one API key in one organisation.
#[derive(Clone)]
pub struct Persona {
    pub key: ApiKey,
    pub organisation: String,
    pub user: String,
}

/// An answer, read as JSON.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl World {
    /// A server with one root organisation, in memory unless [`stores`](crate::stores) says
    /// otherwise.
    pub async fn new() -> Self {
        Self::restored_at(0).await
    }

    /// A server whose memory begins at this time.
    pub async fn restored_at(not_before_ms: u64) -> Self {
        Self::made(not_before_ms, |engine| engine).await
    }

    /// A server whose engine is changed before anybody asks it.
    pub async fn with(change: impl FnOnce(Engine) -> Engine) -> Self {
        Self::made(0, change).await
    }

    /// A server whose doors of the Passkey API are set otherwise.
    pub async fn set(set: impl FnOnce(&mut Doors)) -> Self {
        let Self {
            router,
            state,
            root,
            host,
        } = Self::new().await;
        drop(router);
        let State { engine, .. } = Arc::into_inner(state).expect("nobody else has it");
        let mut doors = doors();
        set(&mut doors);
        Self::behind(doors, engine, root, host)
    }

    /// A server with these chains behind its environments.
    pub async fn on(chains: BTreeMap<Environment, Arc<dyn Chain>>) -> Self {
        Self::new().await.joined(chains).await
    }

    /// The same server, once its operator has named nodes.
    pub async fn joined(self, chains: BTreeMap<Environment, Arc<dyn Chain>>) -> Self {
        let Self {
            router,
            state,
            root,
            host,
        } = self;
        drop(router);
        let State { engine, .. } = Arc::into_inner(state).expect("nobody else has it");
        let engine = engine.with_chains(chains).await.unwrap();
        Self::serving(engine, root, host)
    }

    async fn made(not_before_ms: u64, change: impl FnOnce(Engine) -> Engine) -> Self {
        let host = Host::new(crate::stores::fresh(), not_before_ms);
        let engine = change(host.engine(START_MS));
        let key = ApiKey::p256(1);
        let founded = engine
            .found_organisation(FirstStep {
                organisation: Label::parse("Root").unwrap(),
                user: Label::parse("Root user").unwrap(),
                credential: FirstCredential::ApiKey(NewApiKey {
                    name: Label::parse("root key").unwrap(),
                    curve: key.curve(),
                    public_key: key.public_key(),
                    expiration_seconds: None,
                }),
                body: b"{}".to_vec(),
            })
            .await
            .unwrap()
            .into_inner();
        let root = Persona {
            key,
            organisation: founded.organisation.to_string(),
            user: founded.user.to_string(),
        };
        Self::serving(engine, root, host)
    }

    fn serving(engine: Engine, root: Persona, host: Host) -> Self {
        Self::behind(doors(), engine, root, host)
    }

    fn behind(tenants: Doors, engine: Engine, root: Persona, host: Host) -> Self {
        let state = Arc::new(State {
            engine,
            limits: Limits::default(),
            tenants,
        });
        Self {
            router: router(Arc::clone(&state)),
            state,
            root,
            host,
        }
    }

    /// The server stopped and started anew, at the same moment. What is only in memory is gone.
    pub fn restarted(self) -> Self {
        let now = self.now_ms();
        let Self {
            router,
            state,
            root,
            host,
        } = self;
        // The store closes with its last user.
        drop((router, state));
        Self::serving(host.engine(now), root, host)
    }

    /// A second server on the same database, as a second process would be.
    pub fn beside(&self) -> Self {
        let host = self.host.clone();
        Self::serving(host.engine(self.now_ms()), self.root.clone(), host)
    }

    /// The same server, in somebody else's hands as well.
    pub fn shared(&self) -> Self {
        Self {
            router: self.router.clone(),
            state: Arc::clone(&self.state),
            root: self.root.clone(),
            host: self.host.clone(),
        }
    }

    /// Lets time pass.
    pub fn advance_ms(&self, ms: u64) {
        let now = self.state.engine.clock().now().as_millis();
        self.state
            .engine
            .clock()
            .set(Timestamp::from_millis(now + ms));
    }

    pub fn now_ms(&self) -> u64 {
        self.state.engine.clock().now().as_millis()
    }

    /// Sends exactly this.
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

    /// Posts these bytes with this stamp.
    pub async fn post(&self, path: &str, body: &[u8], stamp: (&str, String)) -> Reply {
        let request = Request::post(path)
            .header(stamp.0, stamp.1)
            .body(Body::from(body.to_vec()))
            .unwrap();
        self.send(request).await
    }

    /// The body of a submission by `who` in its own organisation, stamped now.
    pub fn body(&self, who: &Persona, kind: &str, parameters: Value) -> Vec<u8> {
        self.body_in(&who.organisation, kind, parameters)
    }

    /// The body of a submission in any organisation.
    pub fn body_in(&self, organisation: &str, kind: &str, parameters: Value) -> Vec<u8> {
        json!({
            "type": format!("ACTIVITY_TYPE_{kind}"),
            "timestampMs": self.now_ms().to_string(),
            "organizationId": organisation,
            "parameters": parameters,
        })
        .to_string()
        .into_bytes()
    }

    /// Submits and expects nothing in particular.
    pub async fn submit(&self, who: &Persona, kind: &str, parameters: Value) -> Reply {
        self.submit_in(who, &who.organisation, kind, parameters)
            .await
    }

    /// Submits to an organisation that need not be one's own.
    pub async fn submit_in(
        &self,
        who: &Persona,
        organisation: &str,
        kind: &str,
        parameters: Value,
    ) -> Reply {
        // A body is an activity: two of them must differ.
        self.advance_ms(1);
        let body = self.body_in(organisation, kind, parameters);
        self.post(&path_of(kind), &body, who.key.stamp(&body)).await
    }

    /// Submits, expects completion and gives the one member of `result`.
    pub async fn done(&self, who: &Persona, kind: &str, parameters: Value) -> Value {
        let reply = self.submit(who, kind, parameters).await;
        reply.completed()
    }

    /// Asks about one's own organisation.
    pub async fn ask(&self, who: &Persona, name: &str, body: Value) -> Reply {
        self.ask_in(who, &who.organisation, name, body).await
    }

    /// Asks about an organisation that need not be one's own.
    pub async fn ask_in(
        &self,
        who: &Persona,
        organisation: &str,
        name: &str,
        mut body: Value,
    ) -> Reply {
        body["organizationId"] = organisation.into();
        let body = body.to_string().into_bytes();
        self.post(
            &format!("/public/v1/query/{name}"),
            &body,
            who.key.stamp(&body),
        )
        .await
    }

    /// A sub-organisation owned by one new API key, with one wallet of one Ethereum account.
    pub async fn child(&self, name: &str, key: ApiKey) -> (Persona, Wallet) {
        let created = self
            .done(
                &self.root,
                "CREATE_SUB_ORGANIZATION_V7",
                json!({
                    "subOrganizationName": name,
                    "rootUsers": [root_user("Owner", &[&key], &[])],
                    "rootQuorumThreshold": 1,
                    "wallet": { "walletName": "First", "accounts": [ethereum_account(0)] },
                }),
            )
            .await;
        let persona = Persona {
            key,
            organisation: created["subOrganizationId"].as_str().unwrap().to_owned(),
            user: created["rootUserIds"][0].as_str().unwrap().to_owned(),
        };
        let wallet = Wallet {
            id: created["wallet"]["walletId"].as_str().unwrap().to_owned(),
            address: created["wallet"]["addresses"][0]
                .as_str()
                .unwrap()
                .to_owned(),
        };
        (persona, wallet)
    }

    /// A user of the root organisation with one API key.
    pub async fn user(&self, name: &str, key: ApiKey) -> Persona {
        let mut user = root_user(name, &[&key], &[]);
        user["userTags"] = json!([]);
        let created = self
            .done(&self.root, "CREATE_USERS_V3", json!({ "users": [user] }))
            .await;
        Persona {
            key,
            organisation: self.root.organisation.clone(),
            user: created["userIds"][0].as_str().unwrap().to_owned(),
        }
    }
}

/// Doors at which nobody has to wait.
fn doors() -> Doors {
    Doors {
        rates: RateLimits::new(&RateConfig {
            per_ip_per_second: u32::MAX,
            per_ip_burst: u32::MAX,
            per_key_per_second: u32::MAX,
            per_key_burst: u32::MAX,
        }),
        ..Doors::new(AUDIENCE)
    }
}

impl Host {
    fn new(location: Location, not_before_ms: u64) -> Self {
        let source = &mut engine::entropy::System;
        let root_key = RootKey::generate(source).unwrap();
        let log_key = LogKey::generate(LOG, source)
            .unwrap()
            .seal(&root_key, source)
            .unwrap();
        let key_file = root_key.to_key_file_bytes().to_vec();
        let not_before = Timestamp::from_millis(not_before_ms);
        Self {
            location,
            key_file,
            log_key,
            not_before,
        }
    }

    fn engine(&self, now_ms: u64) -> Engine {
        let store = Store::open(&self.location).unwrap();
        let root_key = RootKey::from_key_file_bytes(&self.key_file).unwrap();
        let log_key = LogKey::open(&root_key, LOG, &self.log_key).unwrap();
        let clock = Arc::new(Clock::manual(Timestamp::from_millis(now_ms)));
        let settings = Settings {
            audience: AUDIENCE.to_owned(),
            not_before: self.not_before,
        };
        Engine::new(store, Vault::new(root_key), log_key, clock, settings)
    }
}

const LOG: &str = "zegel.example/log";

/// A wallet with one Ethereum account.
pub struct Wallet {
    pub id: String,
    pub address: String,
}

impl Reply {
    /// The one member of `activity.result` of a completed activity.
    pub fn completed(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{:#}", self.body);
        assert_eq!(
            self.activity()["status"],
            "ACTIVITY_STATUS_COMPLETED",
            "{:#}",
            self.body
        );
        let result = self.activity()["result"].as_object().unwrap();
        assert_eq!(result.len(), 1, "{result:?}");
        result.values().next().unwrap().clone()
    }

    pub fn activity(&self) -> &Value {
        &self.body["activity"]
    }

    /// Expects this family's error shape, with this status and a message containing `fragment`.
    #[track_caller]
    pub fn fails(&self, status: u16, fragment: &str) {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        let message = self.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(fragment), "{message:?} lacks {fragment:?}");
        assert!(self.body["code"].is_u64(), "{:#}", self.body);
        assert!(self.body["details"].is_array(), "{:#}", self.body);
        assert_eq!(self.headers["content-type"], "application/json");
        assert_eq!(self.headers["access-control-allow-origin"], "*");
    }
}

/// Parameters of a user with these credentials.
pub fn root_user(name: &str, keys: &[&ApiKey], passkeys: &[Value]) -> Value {
    let keys: Vec<Value> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| api_key(&format!("key {i}"), key))
        .collect();
    json!({ "userName": name, "apiKeys": keys, "authenticators": passkeys, "oauthProviders": [] })
}

/// Parameters of an API key.
pub fn api_key(name: &str, key: &ApiKey) -> Value {
    let curve = key.curve().as_str().replace("CURVE_", "API_KEY_CURVE_");
    json!({ "apiKeyName": name, "publicKey": key.public_key_hex(), "curveType": curve })
}

/// Parameters of a passkey, made over a challenge of the client's own.
pub fn authenticator(name: &str, passkey: &Passkey) -> Value {
    let challenge = b"a challenge made by the client";
    let made = passkey.attestation(challenge);
    let text = |bytes: &[u8]| wire::encoding::base64url::encode(bytes);
    json!({
        "authenticatorName": name,
        "challenge": text(challenge),
        "attestation": {
            "credentialId": text(&made.credential_id),
            "clientDataJson": text(&made.client_data_json),
            "attestationObject": text(&made.attestation_object),
            "transports": ["AUTHENTICATOR_TRANSPORT_INTERNAL"],
        },
    })
}

/// Parameters of an Ethereum account.
pub fn ethereum_account(index: u32) -> Value {
    json!({
        "curve": "CURVE_SECP256K1",
        "pathFormat": "PATH_FORMAT_BIP32",
        "path": format!("m/44'/60'/0'/0/{index}"),
        "addressFormat": "ADDRESS_FORMAT_ETHEREUM",
    })
}

/// The path a type is posted to.
pub fn path_of(kind: &str) -> String {
    server::http::activities::dialect::path_of(&format!("ACTIVITY_TYPE_{kind}"))
}
