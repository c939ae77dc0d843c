//! The yardstick: the signature alone.

use anyhow::Context;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use testkit::Passkey;

use crate::{Call, ours};

/// Verifies what an assertion signs, with a key parsed beforehand.
pub fn call(passkey: &Passkey) -> anyhow::Result<Call> {
    let assertion = passkey.assertion(ours::CHALLENGE);
    let hash = digest(&SHA256, &assertion.client_data_json);
    let signed = [&assertion.authenticator_data[..], hash.as_ref()].concat();
    let signature = assertion.signature;
    let point = point(&passkey.public_key()).context("a COSE key of P-256")?;
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)?;
    Ok(Box::new(move || {
        key.verify_sig(&signed, &signature).is_ok()
    }))
}

/// The uncompressed point of an ES256 COSE key, whose map ends with `-2: x, -3: y`: each a byte
/// for the name, two for type and length, and 32.
fn point(cose: &[u8]) -> Option<Vec<u8>> {
    let (rest, y) = cose.split_last_chunk::<32>()?;
    let (_, x) = rest.get(..rest.len() - 3)?.split_last_chunk::<32>()?;
    Some([&[0x04], &x[..], &y[..]].concat())
}
