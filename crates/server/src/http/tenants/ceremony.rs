//! Ceremonies: registrations, logins, and transactions as the compatible calls know them.

use axum::body::Body;
use engine::tenants::{Answer, Options};
use rules::tenant::Least;
use serde_json::json;

use super::call::Call;
use super::problem::{Deed, Problem};
use super::reply::Reply;
use super::{dialect, options};

/// `registration/initialize`, `mfa/registration/initialize`.
pub(super) async fn begin_registration(
    call: Call<'_>,
    body: Body,
    mfa: bool,
) -> Result<Reply, Problem> {
    let body = call.bound(body).await?;
    let read = |body: &[u8]| dialect::begin_registration(body, mfa);
    let deed = Deed::BeginRegistration;
    match call.perform(deed, Least::Bearer, body, read).await? {
        Answer::Creation(told) => Ok(Reply::ok(options::creation(&told))),
        other => Err(Problem::unexpected(&other)),
    }
}

/// `registration/finalize`, `mfa/registration/finalize`.
pub(super) async fn finish_registration(
    call: Call<'_>,
    body: Body,
    mfa: bool,
) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let read = |body: &[u8]| dialect::finish_registration(body, mfa);
    let deed = Deed::FinishRegistration;
    token(call.perform(deed, least(mfa), body, read).await?)
}

/// `login/initialize`, `mfa/login/initialize`. Whether a key is needed shows only in the body.
pub(super) async fn begin_login(call: Call<'_>, body: Body, mfa: bool) -> Result<Reply, Problem> {
    let body = call.bound(body).await?;
    let read = |body: &[u8]| dialect::begin_login(body, mfa);
    match call
        .perform(Deed::BeginLogin, least(mfa), body, read)
        .await?
    {
        Answer::Request(told) => Ok(Reply::ok(options::request(&told))),
        other => Err(Problem::unexpected(&other)),
    }
}

/// `login/finalize`, `mfa/login/finalize`.
pub(super) async fn finish_login(call: Call<'_>, body: Body, mfa: bool) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let read = |body: &[u8]| dialect::finish_login(body, mfa);
    token(
        call.perform(Deed::FinishLogin, least(mfa), body, read)
            .await?,
    )
}

/// `transaction/initialize`.
pub(super) async fn begin_transaction(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let body = call.bound(body).await?;
    let deed = Deed::BeginTransaction;
    let read = dialect::begin_transaction;
    match call.perform(deed, Least::Bearer, body, read).await? {
        Answer::Transaction(answer) => match answer.options {
            Some(Options::Request(told)) => Ok(Reply::ok(options::request(&told))),
            other => Err(Problem::unexpected(&other)),
        },
        other => Err(Problem::unexpected(&other)),
    }
}

/// `transaction/finalize`.
pub(super) async fn finish_transaction(call: Call<'_>, body: Body) -> Result<Reply, Problem> {
    let body = call.collect(body).await?;
    let deed = Deed::FinishTransaction;
    let read = |body: &[u8]| dialect::confirm(body, None);
    token(call.perform(deed, Least::Bearer, body, read).await?)
}

/// Second factors are the backend's affair from beginning to end.
fn least(mfa: bool) -> Least {
    match mfa {
        true => Least::Bearer,
        false => Least::Nobody,
    }
}

fn token(answer: Answer) -> Result<Reply, Problem> {
    let token = match answer {
        Answer::Token(token) => Some(token),
        Answer::Transaction(answer) => answer.token,
        other => return Err(Problem::unexpected(&other)),
    };
    match token {
        Some(token) => Ok(Reply::ok(json!({ "token": token }))),
        None => Err(Problem::unexpected(&"a confirmation without a token")),
    }
}
