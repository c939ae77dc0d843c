//! Commands that can be told apart, sent as fast as they are answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use vault::ApiKeyPair;
use wire::keys::Curve;

use super::http::{Connection, Reply};
use crate::zegel::{Place, Server};

/// Every so many commands one makes a sub-organisation, the others sign. The one shows that an
/// effect happens once, the other keeps the writer busy.
const FOUNDING_EVERY: u64 = 6;

/// Who sends, and what there is to sign with.
pub(super) struct Load {
    key: ApiKeyPair,
    public_key: String,
    organisation: String,
    address: String,
    next: AtomicU64,
}

/// A command that was sent.
pub(super) struct Sent {
    /// Where to.
    path: &'static str,
    /// The exact bytes.
    body: String,
    /// The sub-organisation that it makes, if it makes one.
    pub(super) makes: Option<String>,
    /// What came back, if the server lived to say it.
    pub(super) answer: Option<Answer>,
}

/// An acknowledgement: the activity, and what it led to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) activity: String,
    result: Value,
}

impl Load {
    /// Makes a wallet to sign with.
    pub(super) fn prepare(place: &Place) -> anyhow::Result<Self> {
        let mut load = Self {
            key: ApiKeyPair::from_private_hex(Curve::P256, &place.private_key)?,
            public_key: place.public_key.clone(),
            organisation: place.organisation.clone(),
            address: String::new(),
            next: AtomicU64::new(1),
        };
        let server = place.serve()?;
        let account = json!({
            "curve": "CURVE_SECP256K1",
            "pathFormat": "PATH_FORMAT_BIP32",
            "path": "m/44'/60'/0'/0/0",
            "addressFormat": "ADDRESS_FORMAT_ETHEREUM",
        });
        let parameters = json!({ "walletName": "Load", "accounts": [account] });
        let body = load.body("ACTIVITY_TYPE_CREATE_WALLET", &parameters)?;
        let mut connection = Connection::open(&server.url)?;
        let answer = load.submit(&mut connection, "/public/v1/submit/create_wallet", &body)?;
        let addresses = &answer.result["createWalletResult"]["addresses"];
        load.address = addresses[0]
            .as_str()
            .context("a wallet without an address")?
            .to_owned();
        Ok(load)
    }

    /// How many commands `prepare` sent.
    pub(super) const PREPARATIONS: u64 = 1;

    /// Loads the server from several clients, kills it after a while, and returns what was sent.
    pub(super) fn until_killed(
        &self,
        server: Server,
        clients: u32,
        after: Duration,
    ) -> anyhow::Result<Vec<Sent>> {
        let url = server.url.clone();
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..clients)
                .map(|_| scope.spawn(|| self.until_cut_off(&url)))
                .collect();
            // The one thing here that has to wait for the real clock.
            #[expect(
                clippy::disallowed_methods,
                reason = "the load runs while this thread rests"
            )]
            std::thread::sleep(after);
            server.kill()?;
            let mut all = Vec::new();
            for client in clients {
                let Ok(sent) = client.join() else {
                    bail!("a client panicked")
                };
                all.extend(sent?);
            }
            Ok(all)
        })
    }

    /// One client, until its connection breaks. An answer that is no success is an error: the
    /// load asks for nothing that could be refused.
    fn until_cut_off(&self, url: &str) -> anyhow::Result<Vec<Sent>> {
        let mut all = Vec::new();
        let Ok(mut connection) = Connection::open(url) else {
            return Ok(all);
        };
        loop {
            let mut sent = self.command()?;
            let reply = connection.post(sent.path, &sent.body, &self.stamp(&sent.body)?);
            let cut_off = reply.is_err();
            if let Ok(reply) = reply {
                sent.answer = Some(completed(&reply)?);
            }
            all.push(sent);
            if cut_off {
                return Ok(all);
            }
        }
    }

    fn command(&self) -> anyhow::Result<Sent> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(FOUNDING_EVERY) {
            let name = format!("Sub {number}");
            let key = json!({
                "apiKeyName": "key",
                "publicKey": self.public_key,
                "curveType": "API_KEY_CURVE_P256",
            });
            let user = json!({
                "userName": "Owner",
                "apiKeys": [key],
                "authenticators": [],
                "oauthProviders": [],
            });
            let parameters = json!({
                "subOrganizationName": name,
                "rootUsers": [user],
                "rootQuorumThreshold": 1,
            });
            let body = self.body("ACTIVITY_TYPE_CREATE_SUB_ORGANIZATION_V7", &parameters)?;
            let path = "/public/v1/submit/create_sub_organization";
            return Ok(Sent {
                path,
                body,
                makes: Some(name),
                answer: None,
            });
        }
        let parameters = json!({
            "signWith": self.address,
            "payload": format!("command {number}"),
            "encoding": "PAYLOAD_ENCODING_TEXT_UTF8",
            "hashFunction": "HASH_FUNCTION_SHA256",
        });
        let body = self.body("ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2", &parameters)?;
        Ok(Sent {
            path: "/public/v1/submit/sign_raw_payload",
            body,
            makes: None,
            answer: None,
        })
    }

    fn body(&self, kind: &str, parameters: &Value) -> anyhow::Result<String> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .as_millis();
        let body = json!({
            "type": kind,
            "timestampMs": now.to_string(),
            "organizationId": self.organisation,
            "parameters": parameters,
        });
        Ok(body.to_string())
    }

    fn stamp(&self, body: &str) -> anyhow::Result<String> {
        Ok(self
            .key
            .stamp(self.key.default_scheme(), body.as_bytes())?
            .to_header())
    }

    /// Sends again what was sent before.
    pub(super) fn again(&self, connection: &mut Connection, sent: &Sent) -> anyhow::Result<Answer> {
        self.submit(connection, sent.path, &sent.body)
    }

    fn submit(
        &self,
        connection: &mut Connection,
        path: &str,
        body: &str,
    ) -> anyhow::Result<Answer> {
        completed(&connection.post(path, body, &self.stamp(body)?)?)
    }

    /// Asks a query about the organisation.
    pub(super) fn ask(
        &self,
        connection: &mut Connection,
        name: &str,
        mut question: Value,
    ) -> anyhow::Result<Value> {
        question["organizationId"] = self.organisation.clone().into();
        let body = question.to_string();
        let path = format!("/public/v1/query/{name}");
        read(&connection.post(&path, &body, &self.stamp(&body)?)?)
    }
}

fn completed(reply: &Reply) -> anyhow::Result<Answer> {
    let answer = read(reply)?;
    let activity = &answer["activity"];
    ensure!(
        activity["status"] == "ACTIVITY_STATUS_COMPLETED",
        "not completed: {activity}"
    );
    let id = activity["id"]
        .as_str()
        .context("an activity without an id")?;
    Ok(Answer {
        activity: id.to_owned(),
        result: activity["result"].clone(),
    })
}

fn read(reply: &Reply) -> anyhow::Result<Value> {
    let text = String::from_utf8_lossy(&reply.body);
    ensure!(reply.status == 200, "status {}: {text}", reply.status);
    serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
}
