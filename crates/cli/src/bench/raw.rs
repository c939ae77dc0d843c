//! What the libraries and the disk do by themselves: the yardsticks.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use verify::stamp::{self, Body, KeyCache};
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, WebAuthnStamp};

use super::population::FastKey;
use crate::passkey::Passkey;

/// Per second, on one core.
pub struct Raw {
    /// P-256 signatures the library verifies, over a body of 300 bytes, its key parsed beforehand.
    pub p256: f64,
    /// API-key stamps, from the text of the header to the proof.
    pub api_key_stamp: f64,
    /// Passkey stamps, likewise.
    pub passkey_stamp: f64,
    /// Appends of four KiB, each followed by `fdatasync`.
    pub fdatasync: f64,
}

/// A round is short and the three take turns: on a busy machine means drift apart, and the
/// fastest rounds are those that nobody disturbed.
const ROUND: u32 = 200;
const ROUNDS: usize = 60;
const BODY: usize = 300;

/// Measures all of them; the disk is that of `directory`.
pub fn measure(directory: &Path) -> anyhow::Result<Raw> {
    let body = vec![b'x'; BODY];
    let keys = KeyCache::new(16);

    let key = FastKey::generate()?;
    let signature = key.sign(&body)?;
    let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.public_key)?;
    let raw = || parsed.verify_sig(black_box(&body), &signature).is_ok();

    let header = key.stamp(&body)?;
    let api_key = || {
        ApiKeyStamp::parse(black_box(&header)).is_ok_and(|stamp| {
            let body = Body::new(black_box(&body));
            stamp::api_key::check(&stamp, Curve::P256, &key.public_key, &body, &keys).is_ok()
        })
    };

    let passkey = Passkey::new("http://localhost".to_owned())?;
    let (record, relying_party) = (passkey.record(), passkey.relying_party());
    let assertion = passkey.stamp(&body)?;
    let webauthn = || {
        WebAuthnStamp::parse(black_box(&assertion)).is_ok_and(|stamp| {
            let body = Body::new(black_box(&body));
            stamp::webauthn::check(&stamp, &body, &relying_party, &record, &keys).is_ok()
        })
    };
    ensure!(
        raw() && api_key() && webauthn(),
        "what is to be measured does not verify"
    );

    let mut fastest = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let calls: [&dyn Fn() -> bool; 3] = [&raw, &api_key, &webauthn];
        for (call, fastest) in calls.into_iter().zip(&mut fastest) {
            let began = Instant::now();
            for _ in 0..ROUND {
                black_box(call());
            }
            *fastest = (*fastest).min(began.elapsed());
        }
    }
    let [p256, api_key_stamp, passkey_stamp] =
        fastest.map(|time| f64::from(ROUND) / time.as_secs_f64());
    Ok(Raw {
        p256,
        api_key_stamp,
        passkey_stamp,
        fdatasync: fdatasync(directory)?,
    })
}

fn fdatasync(directory: &Path) -> anyhow::Result<f64> {
    let mut file = File::create(directory.join("fdatasync"))?;
    let block = [0; 4096];
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < Duration::from_millis(500) {
        file.write_all(&block)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
