//! From a connection to a [`RawRequest`]: bounded bytes, unambiguous headers, nothing read.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, HeaderMap, HeaderName};
use axum::http::request::Parts;
use wire::RawRequest;

/// What intake lets in before it knows who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest body, in bytes.
    pub body: usize,
    /// Longest a body may take to arrive.
    pub body_time: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            body_time: std::time::Duration::from_secs(30),
        }
    }
}

/// Why a request is not even looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The body is longer than the limit.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The body did not arrive in time.
    #[error("the body did not arrive within {0} seconds")]
    TooSlow(u64),
    /// The connection broke off.
    #[error("the body broke off")]
    BrokenOff,
    /// The body is compressed: a stamp covers the bytes that are sent, and one meaning is enough.
    #[error("Content-Encoding is not accepted; send the body as it was stamped")]
    Encoded,
    /// A stamp header is there more than once.
    #[error("malformed activity stamp: the header {0} appears more than once")]
    Repeated(&'static str),
    /// A stamp of a kind that is not served comes with one that is: which is meant?
    #[error("malformed activity stamp: X-Stamp-Attested and another stamp at once")]
    Ambiguous,
    /// A stamp header is not plain text.
    #[error("malformed activity stamp: the header {0} is not visible ASCII")]
    NotText(&'static str),
}

const STAMP: HeaderName = HeaderName::from_static("x-stamp");
const STAMP_WEBAUTHN: HeaderName = HeaderName::from_static("x-stamp-webauthn");
const STAMP_ATTESTED: HeaderName = HeaderName::from_static("x-stamp-attested");

/// Collects a request within limits.
pub async fn collect(parts: Parts, content: Body, limits: Limits) -> Result<RawRequest, Refused> {
    let stamp = only(&parts.headers, &STAMP, "X-Stamp")?;
    let webauthn_stamp = only(&parts.headers, &STAMP_WEBAUTHN, "X-Stamp-Webauthn")?;
    if parts.headers.contains_key(STAMP_ATTESTED) && (stamp.is_some() || webauthn_stamp.is_some()) {
        return Err(Refused::Ambiguous);
    }
    Ok(RawRequest {
        path: parts.uri.path().to_owned(),
        body: body(&parts.headers, content, limits).await?,
        stamp,
        webauthn_stamp,
    })
}

/// Collects a body within limits.
pub async fn body(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Vec<u8>, Refused> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Refused::Encoded);
    }
    tokio::time::timeout(limits.body_time, bounded(body, limits.body))
        .await
        .map_err(|_| Refused::TooSlow(limits.body_time.as_secs()))?
}

/// The one value of a header, if it has one. Clients send stamps as plain ASCII.
fn only(
    headers: &HeaderMap,
    name: &HeaderName,
    spelled: &'static str,
) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refused::Repeated(spelled));
    }
    let text = value.to_str().map_err(|_| Refused::NotText(spelled))?;
    Ok(Some(text.to_owned()))
}

/// The body, given up as soon as it grows past the limit.
async fn bounded(body: Body, limit: usize) -> Result<Vec<u8>, Refused> {
    use http_body_util::{BodyExt, LengthLimitError, Limited};
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Refused::TooLarge(limit))
        }
        Err(_) => Err(Refused::BrokenOff),
    }
}
