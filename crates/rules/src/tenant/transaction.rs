//! A payment, or any other deed, that somebody is to confirm with a passkey.
//!
//! ```text
//!            ┌──────────► confirmed ──► (consumed)
//!  pending ──┼──────────► cancelled
//!            ├─ 5 failed ► blocked
//!            └─ time ────► expired
//! ```
//!
//! Nothing leaves a state on the right. Expiry is a matter of the clock: no row is written for it.

use serde::{Deserialize, Serialize};
use wire::Timestamp;
use wire::id::{EventId, TenantUserId, TransactionId};
use wire::tenants::ConfirmationMethod;
use wire::tenants::record::SpcTerms;

/// Failed attempts before a transaction is blocked (RTS on SCA, article 4(3)(b)).
pub const MAX_ATTEMPTS: u8 = 5;

/// A transaction. Found by its identifier, by its id, or by its open challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Our identifier, unguessable: it is in the confirmation page's link.
    pub id: TransactionId,
    /// The tenant's, unique in the tenant.
    pub identifier: String,
    /// Who is to confirm.
    pub user: TenantUserId,
    /// The challenge that waits for an answer, if any.
    pub challenge: Option<Vec<u8>>,
    /// Where it stands, but for expiry: see [`Transaction::state`].
    pub stage: Stage,
    /// The first instant at which it is too late to confirm.
    pub expires_at: Timestamp,
    /// Everything else.
    pub terms: Terms,
    /// Raised by one by every change.
    pub revision: u64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The columns' rest, kept as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Who is to confirm, as the tenant calls them.
    pub user_id: String,
    /// What is to be confirmed.
    pub content: Content,
    /// The RP ID the confirmation is for.
    pub rp_id: String,
    /// SHA-256 of what is signed; lower-case hex. The second half of every challenge.
    pub digest: String,
    /// Failed attempts left.
    pub attempts_left: u8,
    /// Where the confirmation page leads back to.
    pub return_url: Option<String>,
    /// How it was confirmed.
    pub confirmation: Option<Confirmation>,
    /// When the executing system took the confirmation.
    pub consumed_at: Option<Timestamp>,
}

/// What is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "version", rename_all = "snake_case")]
pub enum Content {
    /// Any JSON, in the form the compatible challenge hashes.
    Compatible {
        /// The canonical text.
        data: String,
    },
    /// A typed payment.
    Payment {
        /// Its canonical text (RFC 8785).
        payment: String,
        /// How it is confirmed.
        method: Method,
    },
}

/// How a payment is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Method {
    /// An assertion over the challenge.
    #[serde(rename = "webauthn")]
    WebAuthn,
    /// Secure Payment Confirmation: the browser shows the payment and signs what it showed.
    SecurePaymentConfirmation(SpcTerms),
}

impl Method {
    /// Which it is, without its terms.
    pub fn kind(&self) -> ConfirmationMethod {
        match self {
            Self::WebAuthn => ConfirmationMethod::Webauthn,
            Self::SecurePaymentConfirmation(_) => ConfirmationMethod::SecurePaymentConfirmation,
        }
    }
}

/// How a transaction was confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The event that records it; also the token's `jti`.
    pub event: EventId,
    /// When.
    pub at: Timestamp,
    /// SHA-256 of the request that confirmed it, lower-case hex: the same request again gets the
    /// same answer.
    pub fingerprint: String,
    /// With which credential (base64url).
    pub credential_id: String,
    /// The challenge that was answered (base64url), to judge the same request again by.
    pub challenge: String,
}

/// Where a transaction stands in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Stage {
    Pending,
    Confirmed,
    Cancelled,
    Blocked,
}

/// Where a transaction stands, the clock included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum State {
    Pending,
    Confirmed,
    Expired,
    Cancelled,
    Blocked,
}

impl State {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
        }
    }
}

impl Stage {
    /// Its name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
        }
    }

    /// The stage with this name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Confirmed,
            Self::Cancelled,
            Self::Blocked,
        ]
        .into_iter()
        .find(|stage| stage.name() == name)
    }
}

impl Transaction {
    /// Where it stands now.
    pub fn state(&self, now: Timestamp) -> State {
        match self.stage {
            Stage::Pending if now >= self.expires_at => State::Expired,
            Stage::Pending => State::Pending,
            Stage::Confirmed => State::Confirmed,
            Stage::Cancelled => State::Cancelled,
            Stage::Blocked => State::Blocked,
        }
    }

    /// What Secure Payment Confirmation shows, if that is how it is confirmed.
    pub fn spc(&self) -> Option<&SpcTerms> {
        match &self.terms.content {
            Content::Payment {
                method: Method::SecurePaymentConfirmation(spc),
                ..
            } => Some(spc),
            _ => None,
        }
    }

    /// After an attempt that was not believed: its challenge is burnt, and with the last attempt
    /// the transaction is blocked.
    pub fn after_failure(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.challenge = None;
        next.terms.attempts_left = next.terms.attempts_left.saturating_sub(1);
        if next.terms.attempts_left == 0 {
            next.stage = Stage::Blocked;
        }
        next.updated_at = now;
        next
    }

    /// After the payer said no.
    pub fn cancelled(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.challenge = None;
        next.stage = Stage::Cancelled;
        next.updated_at = now;
        next
    }

    /// After the executing system took the confirmation.
    pub fn consumed(&self, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.terms.consumed_at = Some(now);
        next.updated_at = now;
        next
    }

    /// After it was confirmed.
    pub fn confirmed(&self, confirmation: Confirmation) -> Self {
        let mut next = self.clone();
        next.challenge = None;
        next.stage = Stage::Confirmed;
        next.updated_at = confirmation.at;
        next.terms.confirmation = Some(confirmation);
        next
    }

    /// With a fresh challenge; the one before it is void.
    pub fn challenged(&self, challenge: Vec<u8>, now: Timestamp) -> Self {
        let mut next = self.clone();
        next.challenge = Some(challenge);
        next.updated_at = now;
        next
    }
}
