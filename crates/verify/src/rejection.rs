//! Why a request is not believed.

use wire::json::JsonError;
use wire::stamp::StampError;

use crate::stamp;

/// Not believed. Counted, never recorded: the caller is unknown.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    /// No stamp, two stamps, or one that is not well-formed.
    #[error(transparent)]
    Stamp(StampError),
    /// The body is not one strict JSON document.
    #[error("bad request body: {0}")]
    Body(JsonError),
    /// The body is JSON, but not an object.
    #[error("bad request body: must be a JSON object")]
    BodyNotAnObject,
    /// `organizationId` is there and is no UUID.
    #[error(
        "malformed organization ID provided: organizationId must be a UUID in lower case with \
         hyphens"
    )]
    MalformedOrganisation,
    /// The credential's life is over.
    #[error("the API key has expired")]
    Expired,
    /// The signature does not prove what the stamp claims.
    #[error(transparent)]
    Signature(#[from] stamp::Rejection),
}
