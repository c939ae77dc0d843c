//! Writers for the encodings that authenticators use, and for their malformed cousins.

pub mod cbor;
pub mod certificate;
pub mod der;

pub use wire::encoding::base64url::encode as base64url;

/// SHA-256 of the parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The digest of `message` under any of the library's algorithms.
pub fn digest(algorithm: &'static aws_lc_rs::digest::Algorithm, message: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(algorithm, message)
        .as_ref()
        .to_vec()
}
