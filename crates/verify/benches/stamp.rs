//! What a stamp costs beyond the signature itself.
//!
//! The yardstick is the library's verification of the same P-256 signature over the same body
//! with a key parsed beforehand. Both kinds of stamp are measured from the header's text to the
//! proof, hashing the body included, with their keys in the cache.
//!
//! Beside criterion's statistics a ratio is printed, from the fastest of many short rounds that
//! take turns: on a busy machine means drift apart, minima much less.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use criterion::{Criterion, criterion_group, criterion_main};
use testkit::{ApiKey, Passkey};
use verify::stamp::{self, Body, KeyCache, PasskeyRecord};
use verify::webauthn::RelyingParty;
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, WebAuthnStamp};

/// A body of 300 bytes, as long as a small activity.
fn body() -> Vec<u8> {
    let mut body = br#"{"type":"ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2","parameters":""#.to_vec();
    body.resize(298, b'f');
    body.extend(br#""}"#);
    body
}

fn stamps(criterion: &mut Criterion) {
    let body = body();
    let cache = KeyCache::new(1024);

    let key = ApiKey::p256(1);
    let public_key = key.public_key();
    let (_, header) = key.stamp(&body);
    let signature = key.make_stamp(&body).signature;
    let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &public_key).expect("a sound key");
    let raw = || parsed.verify_sig(black_box(&body), &signature).is_ok();
    let api_key = || {
        let stamp = ApiKeyStamp::parse(black_box(&header)).expect("well-formed");
        let body = Body::new(black_box(&body));
        stamp::api_key::check(&stamp, Curve::P256, &public_key, &body, &cache).is_ok()
    };

    let passkey = Passkey::es256(1, "example.org", "https://example.org");
    let (_, assertion) = passkey.stamp(&body);
    let rp = RelyingParty::new("example.org", &["https://example.org"]);
    let record = PasskeyRecord {
        credential_id: passkey.credential_id().to_vec(),
        public_key: passkey.public_key(),
        rp_id_hash: passkey.rp_id_hash(),
        backup_eligible: false,
        sign_count: 0,
        enabled: true,
    };
    let webauthn = || {
        let stamp = WebAuthnStamp::parse(black_box(&assertion)).expect("well-formed");
        let body = Body::new(black_box(&body));
        stamp::webauthn::check(&stamp, &body, &rp, &record, &cache).is_ok()
    };
    assert!(raw() && api_key() && webauthn(), "all three verify");

    let [raw_time, api_key_time, webauthn_time] = fastest([&raw, &api_key, &webauthn]);
    let ratio = |time: Duration| 100.0 * raw_time.as_secs_f64() / time.as_secs_f64();
    println!(
        "fastest: raw {raw_time:?}; API key {api_key_time:?}, {:.1} % of the raw rate; passkey \
         {webauthn_time:?}, {:.1} %",
        ratio(api_key_time),
        ratio(webauthn_time)
    );

    let mut group = criterion.benchmark_group("stamp");
    group.bench_function("P-256 signature alone", |bencher| bencher.iter(raw));
    group.bench_function("API key", |bencher| bencher.iter(api_key));
    group.bench_function("passkey", |bencher| bencher.iter(webauthn));
    group.finish();
}

/// The time of one call of each, from the fastest of rounds that take turns.
fn fastest(calls: [&dyn Fn() -> bool; 3]) -> [Duration; 3] {
    const ROUNDS: u32 = 200;
    const CALLS: u32 = 50;
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        for (call, best) in calls.iter().zip(&mut best) {
            let start = Instant::now();
            for _ in 0..CALLS {
                black_box(call());
            }
            *best = start.elapsed().min(*best);
        }
    }
    best.map(|time| time / CALLS)
}

criterion_group!(benches, stamps);
criterion_main!(benches);
