//! Keys to repeat requests by: who sends a request once more under its key is told once more what
//! it was answered, and nothing is done again.
//!
//! It is a courtesy to clients that got no answer, and no safety rests on it: a challenge is good
//! for one answer, whatever the keys. What is kept are statuses and bodies as they went out. None
//! holds a secret: addresses, public keys, challenges, and links that whoever has the API key may
//! make at will.

use aws_lc_rs::digest::{Context, SHA256, digest};
use axum::body::to_bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::tenants::{Idempotent, Turn};
use serde_json::Value;

use super::Route;
use super::call::Call;
use super::problem::Problem;
use crate::http::tenants::reply;

/// The header a key comes in, and is told back in.
pub(super) const KEY: HeaderName = HeaderName::from_static("x-idempotency-key");

/// The header of an answer that is told again.
const REPLAY: HeaderName = HeaderName::from_static("x-idempotent-replay");

/// A key as a caller may make it up.
pub(super) struct Key(HeaderValue);

impl Key {
    /// The key of a request, if it has one.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(value) = headers.get(KEY) else {
            return Ok(None);
        };
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let bytes = value.as_bytes();
        if (1..=128).contains(&bytes.len()) && bytes.iter().all(is_plain) {
            Ok(Some(Self(value.clone())))
        } else {
            Err(Problem::idempotency_key())
        }
    }

    /// The header that tells it back.
    pub(super) fn echo(&self) -> HeaderValue {
        self.0.clone()
    }

    fn text(&self) -> &str {
        self.0.to_str().expect("letters, digits, `-` and `_`")
    }
}

/// A request, as far as its answer depends on it.
pub(super) struct Asked<'a> {
    pub(super) parts: &'a Parts,
    pub(super) route: Route<'a>,
    pub(super) environment: &'a str,
    pub(super) body: &'a [u8],
    pub(super) request_id: &'a str,
}

impl Asked<'_> {
    /// Two requests are the same if these are, and who makes them. No text here has a zero in it,
    /// and the rest has its length.
    fn binding(&self, api_key: &str) -> [u8; 32] {
        let target = self.parts.uri.path_and_query();
        let target = target.map_or("", |target| target.as_str());
        let mut context = Context::new(&SHA256);
        for text in [self.parts.method.as_str(), target, self.environment] {
            context.update(text.as_bytes());
            context.update(&[0]);
        }
        context.update(digest(&SHA256, self.body).as_ref());
        context.update(&verify::tenant::hash_secret(api_key));
        let mut binding = [0; 32];
        binding.copy_from_slice(context.finish().as_ref());
        binding
    }

    /// Who only looks wants to see what is there now.
    fn only_looks(&self) -> bool {
        matches!(
            self.route,
            Route::Account(_) | Route::Accounts | Route::Passkeys(_)
        )
    }
}

/// Answers a request once under its key. Without one, or from somebody who has shown no API key of
/// the tenant, it is answered each time: strangers fill no table (threat T125).
pub(super) async fn once(
    key: Option<Key>,
    asked: Asked<'_>,
    call: &Call<'_>,
    answer: impl Future<Output = Result<Value, Problem>>,
) -> Result<Response, Problem> {
    let (Some(key), Some(api_key), false) = (key, &call.key, asked.only_looks()) else {
        return Ok(reply::json(StatusCode::OK, &answer.await?));
    };
    let engine = &call.state.engine;
    let binding = asked.binding(api_key);
    let found = engine.begin_idempotent(call.tenant, key.text(), binding);
    match found.await? {
        Idempotent::Begun(turn) => {
            let response = match answer.await {
                Ok(body) => reply::json(StatusCode::OK, &body),
                Err(problem) => problem.into_answer(engine.clock().now(), asked.request_id),
            };
            Ok(keep(call, turn, response).await)
        }
        Idempotent::Replay { status, body } => replay(status, body),
        Idempotent::Other => Err(Problem::idempotency_key_reused()),
        Idempotent::UnderWay => Err(Problem::idempotency_key_in_progress()),
    }
}

/// Keeps an answer for the next time, or frees the key if the next time may go better.
async fn keep(call: &Call<'_>, turn: Turn, response: Response) -> Response {
    let engine = &call.state.engine;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .expect("the body was made in memory, whole");
    let kept = if is_final(parts.status) {
        engine
            .finish_idempotent(turn, parts.status.as_u16(), &body)
            .await
    } else {
        engine.release_idempotent(turn).await
    };
    // What was done is done, and whoever asked is told. The key is stuck for a minute.
    if let Err(error) = kept {
        tracing::warn!(%error, "an answer could not be kept under its key");
    }
    Response::from_parts(parts, body.into())
}

/// Whether the same request would be answered alike.
fn is_final(status: StatusCode) -> bool {
    !status.is_server_error()
        && status != StatusCode::UNAUTHORIZED
        && status != StatusCode::TOO_MANY_REQUESTS
}

/// What was answered the first time, byte for byte.
fn replay(status: u16, body: Vec<u8>) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(status)
        .map_err(|_| engine::Error::Unreadable(format!("{status} was kept as a status")))?;
    let headers = [
        (header::CONTENT_TYPE, reply::JSON),
        (REPLAY, HeaderValue::from_static("true")),
    ];
    Ok((status, headers, body).into_response())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn binding(method: &str, uri: &str, environment: &str, body: &str, key: &str) -> [u8; 32] {
        let request = Request::builder().method(method).uri(uri);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let asked = Asked {
            parts: &parts,
            route: Route::Open(None),
            environment,
            body: body.as_bytes(),
            request_id: "",
        };
        asked.binding(key)
    }

    #[test]
    fn a_key_stands_for_all_that_the_answer_depends_on() {
        let bind = |of: [&str; 5]| binding(of[0], of[1], of[2], of[3], of[4]);
        let first = ["POST", "/a?b=c", "sandbox", "{}", "key"];
        assert_eq!(bind(first), bind(first));
        for (place, other) in ["DELETE", "/a?b=d", "devnet", "{} ", "Key"]
            .iter()
            .enumerate()
        {
            let mut second = first;
            second[place] = other;
            assert_ne!(bind(first), bind(second), "{other}");
        }
        // Nothing slides from one part into the next.
        let one = ["POST", "/a", "sandbox", "", "key"];
        let other = ["POST", "/as", "andbox", "", "key"];
        assert_ne!(bind(one), bind(other));
    }

    #[test]
    fn only_what_would_be_answered_alike_is_kept() {
        for (status, expected) in [
            (200, true),
            (400, true),
            (401, false),
            (403, true),
            (404, true),
            (409, true),
            (429, false),
            (500, false),
            (501, false),
            (503, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(is_final(status), expected, "{status}");
        }
    }
}
