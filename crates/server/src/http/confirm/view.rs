//! From a stored transaction to what its page shows: a pure function of what was signed.

use rules::tenant::{Config, Content, Method, State, Tenant, Transaction};
use url::Url;
use wire::Timestamp;
use wire::encoding::hex;
use wire::tenants::Payment;

use crate::pages::confirm as page;

/// Where the page is shown.
pub(super) struct Place {
    /// The origin the browser has it from.
    pub origin: String,
    /// Whether another page opened it and waits to be told.
    pub is_popup: bool,
}

/// What the page shows; `None` if what is stored cannot be read.
pub(super) fn of(
    tenant: &Tenant,
    transaction: &Transaction,
    place: Place,
    now: Timestamp,
) -> Option<page::ConfirmView> {
    let state = transaction.state(now);
    let problem = (state == State::Pending)
        .then(|| problem(&tenant.config, transaction, place.origin))
        .flatten();
    Some(page::ConfirmView {
        // The name people know from the prompt in which they registered.
        tenant_name: tenant.config.webauthn.relying_party.display_name.clone(),
        rp_id: transaction.terms.rp_id.clone(),
        transaction_id: transaction.identifier.clone(),
        content: content(&transaction.terms.content)?,
        digest: hex::decode_array(&transaction.terms.digest).ok()?,
        method: match transaction.spc() {
            Some(_) => page::Method::SecurePaymentConfirmation,
            None => page::Method::Webauthn,
        },
        state: match state {
            State::Pending => page::State::Pending,
            State::Confirmed => page::State::Confirmed,
            State::Expired => page::State::Expired,
            State::Cancelled => page::State::Cancelled,
            State::Blocked => page::State::Blocked,
        },
        expires_at_ms: transaction.expires_at.as_millis(),
        now_ms: now.as_millis(),
        return_origin: return_url(transaction).map(|url| url.origin().ascii_serialization()),
        return_to: match state {
            State::Pending => None,
            _ => return_to(transaction, state),
        },
        is_popup: place.is_popup,
        problem,
    })
}

/// Every text from the canonical text that is hashed, and from nowhere else (threat T61).
fn content(content: &Content) -> Option<page::Content> {
    let payment = match content {
        Content::Payment { payment, .. } => payment,
        Content::Compatible { data } => return Some(page::Content::Data(data.clone())),
    };
    let payment = Payment::from_value(&serde_json::from_str(payment).ok()?).ok()?;
    Some(page::Content::Payment {
        amount: format!("{} {}", payment.amount(), payment.currency()),
        payee_name: payment.payee().name().to_owned(),
        payee_account: payment.payee().account().map(ToOwned::to_owned),
        reason: payment.reason().map(ToOwned::to_owned),
        reference: payment.reference().map(ToOwned::to_owned),
    })
}

/// Why an answer from this page would not be believed, told before anybody answers.
fn problem(
    config: &Config,
    transaction: &Transaction,
    origin: String,
) -> Option<page::PageProblem> {
    match &transaction.terms.content {
        Content::Payment {
            method: Method::SecurePaymentConfirmation(spc),
            ..
        } => (spc.caller_origin != origin || spc.top_origin != origin)
            .then(|| page::PageProblem::OnAnotherPage(spc.caller_origin.clone())),
        _ => (!config.origins().contains(&origin))
            .then_some(page::PageProblem::OriginNotListed(origin)),
    }
}

/// Where the tenant wants people back, which was on its list when the transaction was begun
/// (threat T50).
fn return_url(transaction: &Transaction) -> Option<Url> {
    let url = Url::parse(transaction.terms.return_url.as_deref()?).ok()?;
    matches!(url.scheme(), "https" | "http").then_some(url)
}

/// The same with how it ended, for the page there. It says nothing that should be believed: who
/// is told asks the API.
pub(super) fn return_to(transaction: &Transaction, state: State) -> Option<String> {
    let mut url = return_url(transaction)?;
    url.query_pairs_mut()
        .append_pair("transaction_id", &transaction.identifier)
        .append_pair("state", state.name());
    Some(url.into())
}
