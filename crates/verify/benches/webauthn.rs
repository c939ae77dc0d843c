//! What an ES256 assertion costs beyond the signature itself.
//!
//! Three rungs: the library's verification alone, our judgement of a decoded response with a
//! parsed key, and the same from the JSON envelope with the key still in COSE.

use std::hint::black_box;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use criterion::{Criterion, criterion_group, criterion_main};
use testkit::{Assertion, Passkey};
use verify::webauthn::{
    AssertionExpect, CredentialRecord, ExpectedUser, ParsedKey, RelyingParty, assertion,
};
use wire::encoding::base64url;
use wire::webauthn::AssertionResponse;

const CHALLENGE: &[u8; 64] = &[b'a'; 64];

fn es256(criterion: &mut Criterion) {
    let passkey = Passkey::es256(1, "example.org", "https://example.org");
    let Assertion {
        credential_id,
        client_data_json,
        authenticator_data,
        signature,
    } = passkey.assertion(CHALLENGE);
    let response = AssertionResponse {
        credential_id,
        client_data_json,
        authenticator_data,
        signature,
        ..Default::default()
    };
    let cose = passkey.public_key();
    let parsed = ParsedKey::from_cose(&cose).expect("a sound key");
    let rp = RelyingParty::new("example.org", &["https://example.org"]);
    let rp_id_hash = passkey.rp_id_hash();
    let expect = AssertionExpect::new(CHALLENGE, ExpectedUser::Identified(b"user"));

    let mut group = criterion.benchmark_group("webauthn/es256");
    let point = cose_point(&cose);
    let bare = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).expect("a sound key");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &response.client_data_json);
    let signed = [&response.authenticator_data[..], hash.as_ref()].concat();
    group.bench_function("signature alone", |bencher| {
        bencher.iter(|| {
            bare.verify_sig(black_box(&signed), &response.signature)
                .expect("in order")
        });
    });
    group.bench_function("assertion, parsed key", |bencher| {
        let record = record(&passkey, &rp_id_hash, &parsed);
        bencher.iter(|| {
            assertion::finish(&rp, &expect, black_box(&response), Some(&record)).expect("in order")
        });
    });
    let body = envelope(&response);
    group.bench_function("assertion, envelope and COSE key", |bencher| {
        bencher.iter(|| {
            let response = AssertionResponse::from_json(black_box(&body)).expect("well-formed");
            let key = ParsedKey::from_cose(&cose).expect("a sound key");
            assertion::finish(
                &rp,
                &expect,
                &response,
                Some(&record(&passkey, &rp_id_hash, &key)),
            )
            .expect("in order")
        });
    });
    group.finish();
}

fn record<'a>(
    passkey: &'a Passkey,
    rp_id_hash: &'a [u8; 32],
    key: &'a ParsedKey,
) -> CredentialRecord<'a> {
    CredentialRecord {
        id: passkey.credential_id(),
        key,
        user_handle: b"user",
        rp_id_hash: Some(rp_id_hash),
        sign_count: 0,
        backup_eligible: Some(false),
        enabled: true,
    }
}

/// The uncompressed point in an ES256 COSE key: the coordinates end the map, 35 bytes apart.
fn cose_point(cose: &[u8]) -> Vec<u8> {
    let y = cose.len() - 32;
    [&[0x04], &cose[y - 35..y - 3], &cose[y..]].concat()
}

fn envelope(response: &AssertionResponse) -> Vec<u8> {
    let id = base64url::encode(&response.credential_id);
    serde_json::json!({
        "id": id, "rawId": id, "type": "public-key",
        "response": {
            "clientDataJSON": base64url::encode(&response.client_data_json),
            "authenticatorData": base64url::encode(&response.authenticator_data),
            "signature": base64url::encode(&response.signature),
        },
        "clientExtensionResults": {},
    })
    .to_string()
    .into_bytes()
}

criterion_group!(benches, es256);
criterion_main!(benches);
