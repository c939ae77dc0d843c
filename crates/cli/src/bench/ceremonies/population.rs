//! Tenants of the Passkey API with users, each with a passkey, and the requests they send.

use std::sync::Arc;

use anyhow::{Context, ensure};
use aws_lc_rs::rand::fill;
use serde::Deserialize;
use serde_json::{Value, json};
use wire::encoding::hex;

use super::Kind;
use super::tokens::{Claims, Keys};
use crate::bench::load::Turns;
use crate::client::Connection;
use crate::passkey::Passkey;
use crate::throw_away::ThrowAway;

/// How many of what.
#[derive(Clone, Copy)]
pub struct Size {
    /// Tenants.
    pub tenants: usize,
    /// Users in each.
    pub users: usize,
}

/// Everybody.
pub struct Population {
    tenants: Vec<Tenant>,
}

struct Tenant {
    id: String,
    api_key: String,
    /// What its tokens are verified with, as published.
    keys: Keys,
    users: Vec<User>,
}

struct User {
    id: String,
    passkey: Passkey,
}

/// Whole ceremonies, each begun on its connection and finished there.
#[derive(Clone)]
pub struct Ceremonies {
    population: Arc<Population>,
    kind: Kind,
    openings: Arc<Vec<Vec<u8>>>,
}

impl Turns for Ceremonies {
    fn request(&self, index: usize) -> Option<&[u8]> {
        self.openings.get(index).map(Vec::as_slice)
    }

    /// The answer brings the challenge.
    fn follow_up(&self, index: usize, answer: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
        self.population.ending(self.kind, index, answer).map(Some)
    }
}

const ORIGIN: &str = "http://localhost";

impl Population {
    /// Makes everybody, one after the other.
    pub fn make(server: &ThrowAway, size: Size, algorithm: &str) -> anyhow::Result<Self> {
        let connection = Connection::to(server.url.clone())?;
        let tenants =
            (0..size.tenants).map(|_| Tenant::make(server, &connection, size.users, algorithm));
        Ok(Self {
            tenants: tenants.collect::<anyhow::Result<_>>()?,
        })
    }

    /// So many whole ceremonies.
    pub fn ceremonies(self: &Arc<Self>, kind: Kind, count: usize) -> anyhow::Result<Ceremonies> {
        Ok(Ceremonies {
            population: Arc::clone(self),
            kind,
            openings: Arc::new(self.openings(kind, count)?),
        })
    }

    /// So many requests to `initialize`.
    pub fn openings(&self, kind: Kind, count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
        // A tenant knows each transaction once, for good.
        let mut batch = [0; 8];
        fill(&mut batch).ok().context("randomness")?;
        let batch = hex::encode(batch);
        let requests = (0..count).map(|index| {
            let (tenant, user) = self.turn_of(index);
            let body = match kind {
                Kind::Login => json!({}),
                Kind::Transaction => json!({
                    "user_id": user.id,
                    "transaction_id": format!("{batch}-{index}"),
                    "transaction_data": { "amount": "129.90", "currency": "EUR", "to": "Bakery" },
                }),
            };
            tenant.request(kind, "initialize", &body)
        });
        Ok(requests.collect())
    }

    /// The request to `finalize` that follows this answer, signed now.
    pub fn ending(&self, kind: Kind, index: usize, answer: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (tenant, user) = self.turn_of(index);
        let begun: Begun = serde_json::from_slice(answer).context("request options")?;
        let answer = user
            .passkey
            .answered(&begun.public_key.challenge, user.id.as_bytes())?;
        Ok(tenant.request(kind, "finalize", &answer))
    }

    /// Verifies the tokens in answers with the keys their tenants publish. Gives their number.
    pub fn verify(&self, kind: Kind, answers: &[(usize, Vec<u8>)]) -> anyhow::Result<usize> {
        for (index, answer) in answers {
            let (tenant, user) = self.turn_of(*index);
            let answer: Value = serde_json::from_slice(answer)?;
            let token = answer["token"].as_str().context("a token")?;
            let Claims { sub, usage } = tenant.keys.verify(token)?;
            ensure!(
                sub == user.id && usage == kind.name(),
                "{} did a {} and the token says {sub} and {usage}",
                user.id,
                kind.name()
            );
        }
        Ok(answers.len())
    }

    /// Whose turn it is: tenants alternate, and within each its users.
    fn turn_of(&self, index: usize) -> (&Tenant, &User) {
        let tenant = &self.tenants[index % self.tenants.len()];
        let turn = index / self.tenants.len();
        (tenant, &tenant.users[turn % tenant.users.len()])
    }
}

/// Request options, as far as a passkey needs them.
#[derive(Deserialize)]
struct Begun {
    #[serde(rename = "publicKey")]
    public_key: Options,
}

#[derive(Deserialize)]
struct Options {
    challenge: String,
}

impl Tenant {
    fn make(
        server: &ThrowAway,
        connection: &Connection,
        users: usize,
        algorithm: &str,
    ) -> anyhow::Result<Self> {
        let asked = json!({
            "display_name": "Bench",
            "create_api_key": true,
            "config": {
                "cors": { "allowed_origins": [ORIGIN], "allow_unsafe_wildcard": false },
                "webauthn": {
                    "relying_party":
                        { "id": "localhost", "display_name": "Bench", "origins": [ORIGIN] },
                    // Some are begun long before they are finished.
                    "timeout": 600_000,
                },
                "zegel": { "token_algorithm": algorithm },
            },
        });
        let made = server.as_operator("POST", "/tenants", Some(&asked))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = text(&made["id"]).context("a tenant's id")?;
        let jwks = connection.get(&format!("/{id}/.well-known/jwks.json"))?;
        let mut tenant = Self {
            api_key: text(&made["api_key"]["secret"]).context("an API key")?,
            keys: serde_json::from_str(&jwks.body).context("a JWKS")?,
            users: Vec::new(),
            id,
        };
        for number in 0..users {
            let user = tenant.register(connection, format!("user-{number}"))?;
            tenant.users.push(user);
        }
        Ok(tenant)
    }

    fn register(&self, connection: &Connection, id: String) -> anyhow::Result<User> {
        let asked = json!({ "user_id": id, "username": id });
        let begun = self.post(connection, "registration/initialize", &asked)?;
        let challenge = begun["publicKey"]["challenge"].as_str();
        let passkey = Passkey::new(ORIGIN.to_owned())?;
        let created = passkey.created(challenge.context("a challenge")?)?;
        self.post(connection, "registration/finalize", &created)?;
        Ok(User { id, passkey })
    }

    fn post(&self, connection: &Connection, path: &str, body: &Value) -> anyhow::Result<Value> {
        let path = format!("/{}/{path}", self.id);
        let key = ("apiKey", self.api_key.clone());
        let reply = connection.send(&path, body.to_string(), Some(key))?;
        ensure!(reply.status == 200, "{path} was refused: {}", reply.body);
        Ok(serde_json::from_str(&reply.body)?)
    }

    /// A whole HTTP request.
    fn request(&self, kind: Kind, step: &str, body: &Value) -> Vec<u8> {
        let Self { id, api_key, .. } = self;
        let (name, body) = (kind.name(), body.to_string());
        let key = match kind {
            Kind::Login => String::new(),
            Kind::Transaction => format!("apiKey: {api_key}\r\n"),
        };
        let length = body.len();
        format!(
            "POST /{id}/{name}/{step} HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n{key}\r\n{body}"
        )
        .into_bytes()
    }
}
