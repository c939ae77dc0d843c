//! Typed payments: begun, confirmed, consumed, shown to third parties.

use axum::body::Body;
use engine::tenants::{Answer, TransactionAnswer};
use rules::tenant::transaction::State;
use rules::tenant::{Command, Least, Transaction, Which};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::call::Call;
use super::dialect;
use super::options;
use super::problem::{Deed, Problem};
use super::reply::Reply;
use super::transaction::object;

/// `POST v2/transactions`.
pub(super) async fn begin(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let answer = transaction(perform(&call, body, dialect::begin_payment).await?)?;
    let told = with_options(&call, &answer)?;
    Ok(match answer.is_new {
        true => Reply::created(told),
        false => Reply::ok(told),
    })
}

/// `POST v2/transactions/{transaction_id}/challenge`.
pub(super) async fn renew(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let command = Command::RenewChallenge { which: named(id) };
    let answer = transaction(perform(&call, Vec::new(), |_| Ok(command.clone())).await?)?;
    Ok(Reply::ok(with_options(&call, &answer)?))
}

/// `POST v2/transactions/{transaction_id}/confirm`.
pub(super) async fn confirm(call: Call<'_>, body: Body, id: &str) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let read = |body: &[u8]| dialect::confirm(body, Some(named(id)));
    let deed = Deed::Confirm;
    let answer = transaction(call.perform(deed, Least::Bearer, body, read).await?)?;
    Ok(Reply::ok(json!({
        "transaction": told(&call, &answer.transaction),
        "token": answer.token,
    })))
}

/// `POST v2/transactions/{transaction_id}/cancel`.
pub(in crate::http) async fn cancel(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let command = Command::CancelTransaction { which: named(id) };
    let answer = transaction(perform(&call, Vec::new(), |_| Ok(command.clone())).await?)?;
    Ok(Reply::ok(told(&call, &answer.transaction)))
}

/// `POST v2/transactions/{transaction_id}/consume`.
pub(super) async fn consume(call: Call<'_>, body: Body, id: &str) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let read = |body: &[u8]| dialect::consume(body, id);
    let answer = transaction(perform(&call, body, read).await?)?;
    let told = told(&call, &answer.transaction);
    Ok(Reply::ok(json!({ "transaction": told })))
}

/// `GET v2/transactions/{transaction_id}`.
pub(in crate::http) async fn show(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let found = call.reader().await?.transaction(id).await?;
    let transaction = found.ok_or_else(absent)?;
    Ok(Reply::ok(told(&call, &transaction)))
}

/// `GET v2/transactions`: of one user or of all, newest first.
pub(in crate::http) async fn list(call: Call<'_>) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    let (mut user_id, mut state) = (None, None);
    for (name, value) in form_urlencoded::parse(call.query().unwrap_or_default().as_bytes()) {
        match (&*name, &*value) {
            ("user_id", "") | ("state", "") => {}
            ("user_id", value) => user_id = Some(value.to_owned()),
            ("state", value) => state = Some(known_state(value)?),
            _ => {}
        }
    }
    let page = call.page(UNREADABLE)?;
    let listed = reader
        .transactions(user_id.as_deref(), state, page.into())
        .await?;
    let objects = listed.items.iter().map(|item| told(&call, item));
    Ok(Reply::ok(objects.collect()).with(call.page_headers(page, listed.total)))
}

/// `GET v2/transactions/{transaction_id}/receipt`.
pub(in crate::http) async fn receipt(call: Call<'_>, id: &str) -> Result<Reply, Problem> {
    let reader = call.reader().await?;
    match reader.receipt(id).await? {
        Some(document) => Ok(Reply::ok(json!(document))),
        None => Err(match reader.transaction(id).await? {
            None => absent(),
            Some(_) => Problem::absent("the transaction is not confirmed", "not_confirmed"),
        }),
    }
}

const UNREADABLE: &str = "unable to process request";

fn known_state(name: &str) -> Result<State, Problem> {
    let states = [
        State::Pending,
        State::Confirmed,
        State::Expired,
        State::Cancelled,
        State::Blocked,
    ];
    let found = states.into_iter().find(|state| state.name() == name);
    found.ok_or_else(|| {
        let known = states.map(State::name).join(" ");
        Problem::bad_request(
            "unable to validate request",
            format!("state must be one of '{known}'"),
        )
    })
}

async fn perform(
    call: &Call<'_>,
    body: Vec<u8>,
    read: impl Fn(&[u8]) -> Result<Command, dialect::Fault>,
) -> Result<Answer, Problem> {
    call.perform(Deed::Ours, Least::Bearer, body, read).await
}

fn named(id: &str) -> Which {
    Which::Identifier(id.to_owned())
}

fn absent() -> Problem {
    Problem::absent("transaction not found", "transaction_not_found")
}

fn transaction(answer: Answer) -> Result<Box<TransactionAnswer>, Problem> {
    match answer {
        Answer::Transaction(answer) => Ok(answer),
        other => Err(Problem::unexpected(&other)),
    }
}

fn told(call: &Call<'_>, transaction: &Transaction) -> Value {
    let now = call.state().engine.clock().now();
    object(transaction, now, &call.state().tenants.public_url)
}

/// The object, and what to call the browser with.
fn with_options(call: &Call<'_>, answer: &TransactionAnswer) -> Result<Value, Problem> {
    let mut told = told(call, &answer.transaction);
    if let Some(options) = &answer.options {
        let (member, value) =
            options::of_transaction(options).map_err(|error| Problem::unexpected(&error))?;
        told[member] = value;
    }
    Ok(told)
}
