//! What a shop's backend asks the server, with its API key.

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::client::Connection;
use crate::throw_away::ThrowAway;

/// A shop with a tenant of its own.
pub(super) struct Merchant {
    connection: Connection,
    tenant: String,
    api_key: String,
}

/// Where customers come back to after approving on the server's page.
pub(super) const RETURN_PATH: &str = "/paid";

impl Merchant {
    /// What an operator does once: a tenant for the shop, and an API key for its backend. `server`
    /// and `shop` are the origins of the two pages a passkey is used on.
    pub(super) fn open(zegel: &ThrowAway, server: &str, shop: &str) -> anyhow::Result<Self> {
        let config = json!({
            "cors": { "allowed_origins": [shop], "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party": {
                    "id": "localhost",
                    "display_name": "The Corner Bakery",
                    "origins": [server, shop],
                },
                "timeout": 120_000,
                "user_verification": "required",
                "attestation_preference": "none",
            },
            "zegel": { "return_urls": [format!("{shop}{RETURN_PATH}")] },
        });
        let asked = json!({
            "display_name": "The Corner Bakery",
            "config": config,
            "create_api_key": true,
        });
        let made = zegel.as_operator("POST", "/tenants", Some(&asked))?;
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        Ok(Self {
            connection: Connection::to(zegel.url.clone())?,
            tenant: text(&made["id"]).context("a tenant's id")?,
            api_key: text(&made["api_key"]["secret"]).context("an API key")?,
        })
    }

    /// What the customer's browser is to make a passkey with.
    pub(super) fn begin_registration(&self, customer: &str) -> anyhow::Result<Value> {
        let user = json!({ "user_id": customer, "username": "Customer of the Corner Bakery" });
        self.call("POST", "/registration/initialize", Some(&user))
    }

    /// The passkey it made.
    pub(super) fn finish_registration(&self, credential: &Value) -> anyhow::Result<()> {
        self.call("POST", "/registration/finalize", Some(credential))?;
        Ok(())
    }

    /// Asks the customer to approve a payment: the transaction, with the link to its page.
    pub(super) fn begin_payment(
        &self,
        customer: &str,
        order: &str,
        payment: &Value,
        return_url: &str,
    ) -> anyhow::Result<Value> {
        let asked = json!({
            "user_id": customer,
            "transaction_id": order,
            "payment": payment,
            "return_url": return_url,
        });
        self.call("POST", "/v2/transactions", Some(&asked))
    }

    /// How the transaction stands.
    pub(super) fn transaction(&self, order: &str) -> anyhow::Result<Value> {
        self.call("GET", &format!("/v2/transactions/{order}"), None)
    }

    /// Takes the approval, once, for exactly this payment: only then may anything be paid.
    pub(super) fn consume(&self, order: &str, payment: &Value) -> anyhow::Result<Value> {
        let path = format!("/v2/transactions/{order}/consume");
        let answer = self.call("POST", &path, Some(&json!({ "payment": payment })))?;
        Ok(answer["transaction"].clone())
    }

    /// The proof, for the shop's books and for the customer.
    pub(super) fn receipt(&self, order: &str) -> anyhow::Result<Value> {
        self.call("GET", &format!("/v2/transactions/{order}/receipt"), None)
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let path = format!("/{}{path}", self.tenant);
        let key = ("apiKey", self.api_key.as_str());
        let reply = self
            .connection
            .exchange(method, &path, key, body.map(Value::to_string))?;
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let said = [&answer["title"], &answer["details"]].map(|text| text.as_str().unwrap_or(""));
        ensure!(
            (200..300).contains(&reply.status),
            "the server answered {}: {}",
            reply.status,
            said.join(" ").trim()
        );
        Ok(answer)
    }
}
