//! Secure Payment Confirmation, as a browser does it.

use serde_json::{Value, json};

use super::{Assertion, AuthData, ClientData, Passkey};
use crate::encode::{base64url, sha256};
use crate::keys::SigningKey;

/// What a browser returns from a payment request, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentAssertion {
    /// The passkey's answer.
    pub assertion: Assertion,
    /// The browser's own signature, if it has a key.
    pub browser_bound_signature: Option<Vec<u8>>,
}

impl PaymentAssertion {
    /// `AuthenticationResponseJSON`, as a page posts it.
    pub fn to_json(&self, user_handle: Option<&[u8]>) -> Value {
        let mut body = self.assertion.to_json(user_handle);
        let payment = match &self.browser_bound_signature {
            None => json!({}),
            Some(signature) => {
                json!({ "browserBoundSignature": { "signature": base64url(signature) } })
            }
        };
        body["clientExtensionResults"] = json!({ "payment": payment });
        body
    }
}

impl ClientData {
    /// For a payment: `payment` is the member of that name, as
    /// [`Passkey::payment_assertion`] describes it.
    pub fn payment(challenge: &[u8], caller_origin: &str, payment: &Value) -> Self {
        let mut data = Self::get(challenge, caller_origin);
        data.set("type", "payment.get");
        data.set("payment", payment.clone());
        data
    }
}

impl Passkey {
    /// Confirms a payment that a page on `caller_origin` asked for: user present and verified,
    /// counter zero.
    ///
    /// `payment` is what the browser shows and signs: `rpId`, `topOrigin`, `payeeName`,
    /// `payeeOrigin`, `paymentEntitiesLogos`, `total` and `instrument`.
    pub fn payment_assertion(
        &self,
        challenge: &[u8],
        caller_origin: &str,
        payment: &Value,
    ) -> PaymentAssertion {
        self.payment_assertion_with(challenge, caller_origin, payment, None, |_, _| {})
    }

    /// Confirms a payment in a browser that has a key of its own, if `browser` is one, with the
    /// parts changed by `edit` before they are signed.
    pub fn payment_assertion_with(
        &self,
        challenge: &[u8],
        caller_origin: &str,
        payment: &Value,
        browser: Option<&BrowserKey>,
        edit: impl FnOnce(&mut ClientData, &mut AuthData),
    ) -> PaymentAssertion {
        let mut payment = payment.clone();
        if let Some(browser) = browser {
            payment["browserBoundPublicKey"] = base64url(browser.public_key()).into();
        }
        let mut client = ClientData::payment(challenge, caller_origin, &payment);
        let mut data = AuthData::assertion(&self.rp_id);
        edit(&mut client, &mut data);
        let (client_data_json, authenticator_data) = (client.encode(), data.encode());
        let hash = sha256(&[&client_data_json]);
        PaymentAssertion {
            browser_bound_signature: browser.map(|browser| browser.sign(&client_data_json)),
            assertion: Assertion {
                credential_id: self.credential_id.clone(),
                signature: self.key.sign(&[&*authenticator_data, &hash].concat()),
                client_data_json,
                authenticator_data,
            },
        }
    }
}

/// The key that a browser keeps for itself on one device.
pub struct BrowserKey {
    key: SigningKey,
    algorithm: i64,
}

impl BrowserKey {
    /// A key of one COSE algorithm.
    pub fn new(algorithm: i64, seed: u64) -> Self {
        let key = SigningKey::for_algorithm(algorithm, &format!("browser {seed}"));
        Self { key, algorithm }
    }

    /// The public key as COSE_Key.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.cose(self.algorithm).encode()
    }

    /// Signs client data.
    pub fn sign(&self, client_data_json: &[u8]) -> Vec<u8> {
        self.key.sign(client_data_json)
    }
}
