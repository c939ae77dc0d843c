//! Byte encodings with exactly one accepted spelling per value.
//!
//! Every decoder here is the strict inverse of its encoder: what decodes also re-encodes to the
//! same text, so two different texts never mean the same bytes (threat T17).

pub mod base58;
pub mod base64;
pub mod base64url;
pub mod cbor;
pub mod hex;
