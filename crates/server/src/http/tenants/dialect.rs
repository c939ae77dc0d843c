//! From bodies to commands.

use rules::tenant::transaction::Method;
use rules::tenant::{Command, Purpose, UserProfile, Which};
use serde_json::Value;
use url::Url;
use wire::tenants::record::SpcTerms;
use wire::tenants::{ConfirmationMethod, Payment, go_json};
use wire::webauthn::{AssertionResponse, ClientData, Instrument, RegistrationResponse};

use super::fields::{Object, Read, Wrong};

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Fault {
    /// Its shape is wrong.
    Process(String),
    /// Its shape is right and something in it is not.
    Validate(String),
    /// It is no answer of an authenticator; the code says where.
    Envelope(&'static str),
}

/// Most characters in a name, and in a transaction's identifier.
const MAX_NAME: usize = 128;

/// No limit but that of the body.
const UNLIMITED: usize = usize::MAX;

/// `registration/initialize`.
pub(super) fn begin_registration(body: &[u8], mfa: bool) -> Read<Command> {
    let body = Object::lenient(body)?;
    let (conditional, payment) = (body.flag("conditional")?, body.flag("payment")?);
    let (user_id, name) = (body.text("user_id")?, body.text("username")?);
    let (icon, display_name) = (body.text("icon")?, body.text("display_name")?);
    let mut wrong = Wrong::default();
    let user_id = wrong.required("user_id", user_id, UNLIMITED);
    let name = wrong.required("username", name, MAX_NAME);
    if icon.is_some_and(|icon| Url::parse(icon).is_err()) {
        wrong.note("icon must be a valid URL");
    }
    let display_name = wrong.optional("display_name", display_name, MAX_NAME);
    let purpose = match (mfa, payment) {
        (false, false) => Purpose::Passkey,
        (false, true) => Purpose::Payment,
        (true, _) => Purpose::Mfa,
    };
    if mfa && (payment || conditional) {
        wrong.note("payment and conditional are for passkeys and not for second factors");
    }
    let profile = UserProfile {
        display_name: display_name
            .filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| name.clone()),
        name,
        icon: icon.map(str::to_owned),
    };
    wrong.check()?;
    Ok(Command::BeginRegistration {
        user_id,
        profile,
        purpose,
        conditional,
    })
}

/// `registration/finalize`.
pub(super) fn finish_registration(body: &[u8], mfa: bool) -> Read<Command> {
    let mut response =
        RegistrationResponse::from_json(body).map_err(|error| Fault::Envelope(error.code()))?;
    client_data(&response.client_data_json)?;
    if response.transports.is_empty() {
        response.transports = outer_transports(body);
    }
    let response = Box::new(response);
    Ok(Command::FinishRegistration { mfa, response })
}

/// Where pages of earlier days put the transports.
fn outer_transports(body: &[u8]) -> Vec<String> {
    let listed = wire::json::parse(body).ok();
    let listed = listed
        .as_ref()
        .and_then(|body| body.get("transports")?.as_array());
    let texts = listed.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// `login/initialize`. `user_id` makes it a login of that user, for which the API key is needed.
pub(super) fn begin_login(body: &[u8], mfa: bool) -> Read<Command> {
    let body = Object::lenient(body)?;
    let user_id = body.text("user_id")?;
    let mut wrong = Wrong::default();
    let user_id = match (mfa, user_id) {
        (true, user_id) => Some(wrong.required("user_id", user_id, UNLIMITED)),
        (false, Some("")) => {
            wrong.note("user_id must at least have 1 entry");
            None
        }
        (false, user_id) => wrong.optional("user_id", user_id, UNLIMITED),
    };
    wrong.check()?;
    Ok(Command::BeginLogin { mfa, user_id })
}

/// `login/finalize`.
pub(super) fn finish_login(body: &[u8], mfa: bool) -> Read<Command> {
    let response = Box::new(assertion(body)?);
    Ok(Command::FinishLogin { mfa, response })
}

/// `transaction/initialize`.
pub(super) fn begin_transaction(body: &[u8]) -> Read<Command> {
    let body = Object::lenient(body)?;
    let (user_id, transaction_id) = (body.text("user_id")?, body.text("transaction_id")?);
    let mut wrong = Wrong::default();
    let user_id = wrong.required("user_id", user_id, UNLIMITED);
    let transaction_id = wrong.required("transaction_id", transaction_id, MAX_NAME);
    let data = body.value("transaction_data");
    if data.is_none() {
        wrong.note("transaction_data is a required field");
    }
    wrong.check()?;
    Ok(Command::BeginTransaction {
        transaction_id,
        user_id,
        data: data.map(go_json::canonical).unwrap_or_default(),
    })
}

/// `transaction/finalize`, and `confirm` for `which` transaction.
pub(in crate::http) fn confirm(body: &[u8], which: Option<Which>) -> Read<Command> {
    let response = Box::new(assertion(body)?);
    Ok(Command::ConfirmTransaction { which, response })
}

fn assertion(body: &[u8]) -> Read<AssertionResponse> {
    let response =
        AssertionResponse::from_json(body).map_err(|error| Fault::Envelope(error.code()))?;
    client_data(&response.client_data_json)?;
    Ok(response)
}

/// Client data that cannot be read names no challenge, so nothing could be looked up by it.
fn client_data(bytes: &[u8]) -> Read<()> {
    match ClientData::parse(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(Fault::Envelope(error.code())),
    }
}

/// `PATCH credentials/{credential_id}`.
pub(super) fn rename_credential(body: &[u8], credential_id: &[u8]) -> Read<Command> {
    let body = Object::lenient(body)?;
    let name = body.text("name")?;
    let mut wrong = Wrong::default();
    let name = wrong.required("name", name, 255);
    wrong.check()?;
    Ok(Command::RenameCredential {
        credential_id: credential_id.to_vec(),
        name,
    })
}

/// How long a payment waits to be confirmed, in seconds: at least, unless said, and at most.
const EXPIRY_SECONDS: (u64, u64, u64) = (30, 300, 3600);

/// `POST v2/transactions`.
pub(super) fn begin_payment(body: &[u8]) -> Read<Command> {
    let body = Object::strict(
        body,
        &[
            "user_id",
            "transaction_id",
            "payment",
            "expires_in_seconds",
            "method",
            "return_url",
            "spc",
        ],
    )?;
    let (shortest, usual, longest) = EXPIRY_SECONDS;
    let mut wrong = Wrong::default();
    let user_id = wrong.required("user_id", body.text("user_id")?, UNLIMITED);
    let transaction_id = wrong.required("transaction_id", body.text("transaction_id")?, MAX_NAME);
    let expires_in_seconds = body.number("expires_in_seconds")?.unwrap_or(usual);
    if !(shortest..=longest).contains(&expires_in_seconds) {
        wrong.note(format!(
            "expires_in_seconds must be between {shortest} and {longest}"
        ));
    }
    let kind = body.text("method")?.unwrap_or("webauthn");
    let return_url = wrong.optional("return_url", body.text("return_url")?, 2048);
    wrong.check()?;
    let method = method(kind, body.value("spc"))?;
    Ok(Command::BeginPayment {
        transaction_id,
        user_id,
        payment: payment(&body)?,
        method,
        expires_in_seconds,
        return_url,
    })
}

/// `POST v2/transactions/{transaction_id}/consume`.
pub(super) fn consume(body: &[u8], transaction_id: &str) -> Read<Command> {
    let body = Object::strict(body, &["payment"])?;
    Ok(Command::ConsumeTransaction {
        transaction_id: transaction_id.to_owned(),
        payment: payment(&body)?,
    })
}

fn payment(body: &Object) -> Read<Payment> {
    let value = body
        .value("payment")
        .ok_or_else(|| Fault::Validate("payment is a required field".to_owned()))?;
    Payment::from_value(value).map_err(|error| {
        Fault::Validate(match error.field.as_str() {
            "payment" => error.to_string(),
            _ => format!("payment.{error}"),
        })
    })
}

fn method(kind: &str, spc: Option<&Value>) -> Read<Method> {
    let refuse = |message: String| Err(Fault::Validate(message));
    let kind: ConfirmationMethod = match kind.parse() {
        Ok(kind) => kind,
        Err(error) => return refuse(format!("method {error}")),
    };
    match (kind, spc) {
        (ConfirmationMethod::Webauthn, None) => Ok(Method::WebAuthn),
        (ConfirmationMethod::Webauthn, Some(_)) => {
            refuse("spc goes with the method secure_payment_confirmation and no other".to_owned())
        }
        (ConfirmationMethod::SecurePaymentConfirmation, None) => {
            refuse("spc is a required field for secure_payment_confirmation".to_owned())
        }
        (ConfirmationMethod::SecurePaymentConfirmation, Some(spc)) => {
            Ok(Method::SecurePaymentConfirmation(spc_terms(spc)?))
        }
    }
}

/// Longest text of an instrument. A picture is best sent along, as a `data:` URL.
const MAX_LINE: usize = 140;

fn spc_terms(spc: &Value) -> Read<SpcTerms> {
    let names = ["caller_origin", "top_origin", "payee_origin", "instrument"];
    let spc = Object::inside("spc.", spc, &names)?;
    let nothing = Value::Object(serde_json::Map::new());
    let shown = spc.value("instrument").unwrap_or(&nothing);
    let names = ["display_name", "icon", "details", "icon_must_be_shown"];
    let shown = Object::inside("spc.instrument.", shown, &names)?;
    let mut wrong = Wrong::default();
    let caller = spc.text("caller_origin")?;
    let caller_origin = wrong.required("spc.caller_origin", caller, MAX_ORIGIN);
    let top_origin = wrong.optional("spc.top_origin", spc.text("top_origin")?, MAX_ORIGIN);
    let payee = spc.text("payee_origin")?;
    let payee_origin = wrong.optional("spc.payee_origin", payee, MAX_ORIGIN);
    if payee_origin
        .as_deref()
        .is_some_and(|text| !is_https_origin(text))
    {
        wrong.note("spc.payee_origin must be an https origin such as https://shop.example");
    }
    let name = shown.text("display_name")?;
    let icon = shown.text("icon")?;
    let instrument = Instrument {
        display_name: wrong.required("spc.instrument.display_name", name, MAX_LINE),
        icon: wrong.required("spc.instrument.icon", icon, UNLIMITED),
        details: wrong.optional("spc.instrument.details", shown.text("details")?, MAX_LINE),
        icon_must_be_shown: match shown.value("icon_must_be_shown") {
            None => true,
            Some(_) => shown.flag("icon_must_be_shown")?,
        },
    };
    if icon.is_some_and(|icon| Url::parse(icon).is_err()) {
        wrong.note("spc.instrument.icon must be a valid URL");
    }
    wrong.check()?;
    Ok(SpcTerms {
        top_origin: top_origin.unwrap_or_else(|| caller_origin.clone()),
        caller_origin,
        payee_origin,
        instrument,
    })
}

const MAX_ORIGIN: usize = 300;

/// Whether the text is an origin as browsers spell it, of a secure page.
fn is_https_origin(text: &str) -> bool {
    Url::parse(text)
        .is_ok_and(|url| url.scheme() == "https" && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests;
