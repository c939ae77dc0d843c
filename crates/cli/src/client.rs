//! Talking to a server: bodies, stamps, answers.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde_json::{Value, json};
use server::outbound;
use ureq::Agent;
use vault::ApiKeyPair;
use wire::id::OrganisationId;
use wire::stamp::{MemberOrder, X_STAMP};

use crate::outcome::Problem;

/// Somebody with a key, in an organisation, at a server.
pub struct Client {
    connection: Connection,
    key: ApiKeyPair,
    organisation: OrganisationId,
}

impl Client {
    /// A client of the server at `url`.
    pub fn new(url: String, key: ApiKeyPair, organisation: OrganisationId) -> anyhow::Result<Self> {
        Ok(Self {
            connection: Connection::to(url)?,
            key,
            organisation,
        })
    }

    /// The connection, for others to use.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Submits an activity, stamped now, and gives the whole answer.
    pub fn submit(&self, name: &str, kind: &str, parameters: Value) -> anyhow::Result<Value> {
        self.submit_in(self.organisation, name, kind, parameters)
    }

    /// Submits an activity to an organisation that need not be one's own.
    pub fn submit_in(
        &self,
        organisation: OrganisationId,
        name: &str,
        kind: &str,
        parameters: Value,
    ) -> anyhow::Result<Value> {
        let body = activity(organisation, kind, &parameters);
        let stamp = (X_STAMP, stamp(&self.key, body.as_bytes())?);
        self.connection
            .post(&format!("/public/v1/submit/{name}"), body, stamp)
    }

    /// Asks about the organisation. `body` is an object; its organisation is filled in.
    pub fn ask(&self, name: &str, mut body: Value) -> anyhow::Result<Value> {
        body["organizationId"] = self.organisation.to_string().into();
        let body = body.to_string();
        let stamp = (X_STAMP, stamp(&self.key, body.as_bytes())?);
        self.connection
            .post(&format!("/public/v1/query/{name}"), body, stamp)
    }
}

/// The body of an activity, submitted now.
pub fn activity(organisation: OrganisationId, kind: &str, parameters: &Value) -> String {
    json!({
        "type": format!("ACTIVITY_TYPE_{kind}"),
        "timestampMs": now_ms().to_string(),
        "organizationId": organisation,
        "parameters": parameters,
    })
    .to_string()
}

/// The value of an `X-Stamp` header over a body.
pub fn stamp(key: &ApiKeyPair, body: &[u8]) -> anyhow::Result<String> {
    let stamp = key.stamp(key.default_scheme(), body)?;
    Ok(stamp.to_header_ordered(MemberOrder::SignatureFirst))
}

/// Milliseconds since 1970, by this machine's clock.
pub fn now_ms() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}

/// A server, without anybody in particular talking to it.
pub struct Connection {
    agent: Agent,
    url: String,
}

/// What a server said.
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// How many entries there are, if it is a page of a list.
    pub total: Option<u64>,
}

impl Connection {
    /// To the server at `url`.
    pub fn to(url: String) -> anyhow::Result<Self> {
        Ok(Self {
            agent: outbound::agent(None)?,
            url,
        })
    }

    /// Posts a body under a header, expecting JSON and success.
    pub fn post(&self, path: &str, body: String, header: (&str, String)) -> anyhow::Result<Value> {
        let reply = self.send(path, body, Some(header))?;
        let json: Option<Value> = serde_json::from_str(&reply.body).ok();
        if reply.status == 200 {
            return json
                .with_context(|| format!("{} answered something that is not JSON", self.url));
        }
        Err(refusal(reply.status, json.as_ref()).into())
    }

    /// Posts a body and gives back whatever comes.
    pub fn send(
        &self,
        path: &str,
        body: String,
        header: Option<(&str, String)>,
    ) -> anyhow::Result<Reply> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.url))
            .header("Content-Type", "application/json");
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        self.reply(request.send(body))
    }

    /// Sends any request, with or without a JSON body, and gives back whatever comes.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        header: (&str, &str),
        body: Option<String>,
    ) -> anyhow::Result<Reply> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header(header.0, header.1);
        self.reply(match body {
            None => self.agent.run(request.body(())?),
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body)?)
            }
        })
    }

    /// Gets a path.
    pub fn get(&self, path: &str) -> anyhow::Result<Reply> {
        self.reply(self.agent.get(format!("{}{path}", self.url)).call())
    }

    fn reply(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<Reply> {
        let mut answer = answer.map_err(|error| {
            Problem::new(
                "UNREACHABLE",
                format!("{} does not answer: {error}", self.url),
            )
            .next("check the address, and that `zegel serve` is running there")
        })?;
        let status = answer.status().as_u16();
        let total = answer.headers().get("x-total-count");
        let total = total.and_then(|count| count.to_str().ok()?.parse().ok());
        let body = answer
            .body_mut()
            .read_to_string()
            .context("the answer broke off")?;
        Ok(Reply {
            status,
            body,
            total,
        })
    }
}

/// An answer that is not success, as a problem.
fn refusal(status: u16, body: Option<&Value>) -> Problem {
    let text = |member: &str| {
        body.and_then(|body| body[member].as_str())
            .unwrap_or_default()
    };
    let (name, said) = (text("turnkeyErrorCode"), text("message"));
    let code = if name.is_empty() {
        format!("HTTP_{status}")
    } else {
        name.to_owned()
    };
    let said = if said.is_empty() {
        "no reason was given"
    } else {
        said
    };
    let problem = Problem::new(code, format!("the server answered {status}: {said}"));
    match status {
        401 => problem
            .refusal()
            .next("is it the right key, and the right organisation?"),
        403 => problem.refusal(),
        _ => problem,
    }
}
