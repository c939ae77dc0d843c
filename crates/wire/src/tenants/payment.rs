//! A payment that a user confirms: typed, with one spelling per meaning.

use std::str::FromStr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::currency::{Currency, NotACurrency};
use crate::json;

/// Most characters (Unicode scalar values) in a name, account, reason or reference.
pub const MAX_TEXT: usize = 140;

/// A payment: how much, in what, to whom and what for.
///
/// Amounts are text with exactly the fraction digits their currency has, so that each value has
/// one spelling (threats T5 and T66). Names keep the characters they came in, homoglyphs and
/// direction marks included: whoever shows them escapes what does not show (threat T65). Control
/// characters are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payment {
    amount: String,
    currency: Currency,
    payee: Payee,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payee {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

/// Which member of a payment is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct PaymentError {
    /// The member, with its path: `payee.name`. The payment itself is `payment`.
    pub field: String,
    /// What is wrong with it.
    pub problem: PaymentProblem,
}

/// What is wrong with a member; the text says what to send instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentProblem {
    /// Not strict JSON, or not in the canonical spelling.
    #[error("must be the RFC 8785 text of a payment")]
    NotCanonical,
    /// Not an object.
    #[error("must be an object")]
    NotAnObject,
    /// Absent.
    #[error("is required")]
    Missing,
    /// Another member than a payment has.
    #[error(
        "is not a member of a payment: send amount, currency, payee.name and, if you like, \
         payee.account, reason and reference"
    )]
    Unknown,
    /// Not a string.
    #[error("must be a string")]
    NotText,
    /// Empty, or longer than a screen shows.
    #[error("must have 1 to {MAX_TEXT} characters")]
    Length,
    /// A character that moves the cursor instead of showing.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// No code of a currency.
    #[error(transparent)]
    Currency(#[from] NotACurrency),
    /// A number.
    #[error("must be a string such as \"12.50\", never a number: numbers lose digits on the way")]
    AmountNotText,
    /// A sign, an exponent, a space, a leading zero, another digit or another point.
    #[error(
        "must be digits and a decimal point, such as \"12.50\": no sign, exponent, space, grouping \
         or leading zero, and at most 15 digits before the point"
    )]
    AmountForm,
    /// A value finer or coarser than the minor unit of the currency.
    #[error("must have exactly {} digits after the decimal point, as {currency} has", currency.digits())]
    AmountDigits {
        /// The currency of the payment.
        currency: Currency,
    },
}

impl Payment {
    /// Reads a payment that came as a member of a request.
    ///
    /// # Errors
    ///
    /// [`PaymentError`], naming the first member that is wrong.
    pub fn from_value(value: &Value) -> Result<Self, PaymentError> {
        let payment = object(value, "payment")?;
        let currency = text(payment, "", "currency")?
            .ok_or_else(|| wrong("currency", PaymentProblem::Missing))?
            .parse::<Currency>()
            .map_err(|error| wrong("currency", error.into()))?;
        let payee = payment
            .get("payee")
            .ok_or_else(|| wrong("payee", PaymentProblem::Missing))?;
        let read = Self {
            amount: amount(payment.get("amount"), currency)?,
            currency,
            payee: Payee::from_value(payee)?,
            reason: shown(payment, "", "reason")?,
            reference: shown(payment, "", "reference")?,
        };
        let known = ["amount", "currency", "payee", "reason", "reference"];
        no_others(payment, "", &known)?;
        Ok(read)
    }

    /// The one canonical text (RFC 8785). Two payments are the same exactly if this is.
    pub fn canonical(&self) -> String {
        serde_json_canonicalizer::to_string(self)
            .expect("a payment is an object of strings, which has a canonical form")
    }

    /// The amount: digits, and a point if the currency has a minor unit.
    pub fn amount(&self) -> &str {
        &self.amount
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Who is paid.
    pub fn payee(&self) -> &Payee {
        &self.payee
    }

    /// What for, in the words of the payer.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What for, in the words of the payee's bookkeeping.
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }
}

impl Payee {
    fn from_value(value: &Value) -> Result<Self, PaymentError> {
        let payee = object(value, "payee")?;
        let read = Self {
            name: shown(payee, "payee.", "name")?
                .ok_or_else(|| wrong("payee.name", PaymentProblem::Missing))?,
            account: shown(payee, "payee.", "account")?,
        };
        no_others(payee, "payee.", &["name", "account"])?;
        Ok(read)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The account: an IBAN, a card, an address. Its form is not judged.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

/// Reads the canonical text back, and no other.
impl FromStr for Payment {
    type Err = PaymentError;

    fn from_str(text: &str) -> Result<Self, PaymentError> {
        let other = || wrong("payment", PaymentProblem::NotCanonical);
        let value = json::parse(text.as_bytes()).map_err(|_| other())?;
        let payment = Self::from_value(&value)?;
        if payment.canonical() == text {
            Ok(payment)
        } else {
            Err(other())
        }
    }
}

/// `0|[1-9][0-9]{0,14}`, and the fraction digits of the currency.
fn amount(value: Option<&Value>, currency: Currency) -> Result<String, PaymentError> {
    let wrong = |problem| wrong("amount", problem);
    let text = match value {
        None => return Err(wrong(PaymentProblem::Missing)),
        Some(Value::String(text)) => text,
        Some(_) => return Err(wrong(PaymentProblem::AmountNotText)),
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_whole =
        is_digits(whole) && whole.len() <= 15 && (whole == "0" || !whole.starts_with('0'));
    if !is_whole || !fraction.is_none_or(is_digits) {
        return Err(wrong(PaymentProblem::AmountForm));
    }
    if fraction.map_or(0, str::len) == usize::from(currency.digits()) {
        Ok(text.clone())
    } else {
        Err(wrong(PaymentProblem::AmountDigits { currency }))
    }
}

/// A member that people read, if it is there.
fn shown(
    members: &Map<String, Value>,
    path: &str,
    name: &str,
) -> Result<Option<String>, PaymentError> {
    let Some(text) = text(members, path, name)? else {
        return Ok(None);
    };
    let problem = if !(1..=MAX_TEXT).contains(&text.chars().count()) {
        PaymentProblem::Length
    } else if text.chars().any(char::is_control) {
        PaymentProblem::ControlCharacter
    } else {
        return Ok(Some(text.to_owned()));
    };
    Err(wrong(&format!("{path}{name}"), problem))
}

/// A textual member, if it is there. `null` is not an absence here: there is one way to leave a
/// member out.
fn text<'a>(
    members: &'a Map<String, Value>,
    path: &str,
    name: &str,
) -> Result<Option<&'a str>, PaymentError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(&format!("{path}{name}"), PaymentProblem::NotText)),
    }
}

fn object<'a>(value: &'a Value, field: &str) -> Result<&'a Map<String, Value>, PaymentError> {
    value
        .as_object()
        .ok_or_else(|| wrong(field, PaymentProblem::NotAnObject))
}

fn no_others(members: &Map<String, Value>, path: &str, known: &[&str]) -> Result<(), PaymentError> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(other) => Err(wrong(&format!("{path}{other}"), PaymentProblem::Unknown)),
    }
}

fn wrong(field: &str, problem: PaymentProblem) -> PaymentError {
    PaymentError {
        field: field.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests;
