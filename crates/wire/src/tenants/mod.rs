//! What the Passkey API is spoken in.
//!
//! * [`payment`]: what a user is asked to confirm, typed, with one canonical text;
//! * [`currency`]: the currencies a payment may be in, and how finely each divides;
//! * [`go_json`]: the canonical JSON of older servers of this API, for their digests;
//! * [`record`]: what the log remembers of a confirmation, for whoever checks it later.
//!
//! Nothing here hashes; that is `verify::transaction`.

pub mod currency;
pub mod go_json;
pub mod payment;
pub mod record;

pub use currency::Currency;
pub use payment::{Payee, Payment, PaymentError, PaymentProblem};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a user confirms a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationMethod {
    /// An assertion on a page that shows the payment.
    Webauthn,
    /// Secure Payment Confirmation: the browser itself shows the payment.
    SecurePaymentConfirmation,
}

impl ConfirmationMethod {
    /// The name, as it travels and is hashed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webauthn => "webauthn",
            Self::SecurePaymentConfirmation => "secure_payment_confirmation",
        }
    }
}

impl fmt::Display for ConfirmationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no way to confirm a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be \"webauthn\" or \"secure_payment_confirmation\"")]
pub struct NotAMethod;

impl FromStr for ConfirmationMethod {
    type Err = NotAMethod;

    fn from_str(text: &str) -> Result<Self, NotAMethod> {
        [Self::Webauthn, Self::SecurePaymentConfirmation]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(NotAMethod)
    }
}
