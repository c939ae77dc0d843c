//! How long zegel and its peers take to verify a passkey's assertion.
//!
//! All of them run in this one process, take turns in short rounds, and begin with the JSON text
//! that a browser sent. The yardstick is the library's verification of a P-256 signature of the
//! same length, its key parsed beforehand. Prints one JSON object: the rates, and a fixture for
//! peers in other languages.

mod ours;
mod raw;
mod theirs;

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::{Value, json};
use testkit::Passkey;
use wire::encoding::base64url;

/// What is measured: one verification, and whether it succeeded.
type Call = Box<dyn Fn() -> bool>;

const RP_ID: &str = "localhost";
const ORIGIN: &str = "http://localhost";
/// As the passkey's relying party chose it.
const USER: &[u8] = b"user-1";

/// A round is short and all take turns: on a busy machine means drift apart, and the fastest
/// rounds are those that nobody disturbed.
const ROUNDS: u32 = 60;
const CALLS: u32 = 100;

fn main() -> anyhow::Result<()> {
    let passkey = Passkey::es256(1, RP_ID, ORIGIN);
    let contestants: Vec<(&str, Call)> = vec![
        ("raw", raw::call(&passkey)?),
        ("zegel, key at hand", ours::with_key_at_hand(&passkey)?),
        ("zegel, key read each time", ours::reading_the_key(&passkey)),
        ("webauthn-rs-core 0.6.2", theirs::newest(&passkey)?),
        ("webauthn-rs-core 0.5.5", theirs::openssl(&passkey)?),
    ];
    for (name, call) in &contestants {
        ensure!(call(), "{name} refuses what it should verify");
    }
    let mut fastest = vec![Duration::MAX; contestants.len()];
    for _ in 0..ROUNDS {
        for ((_, call), fastest) in contestants.iter().zip(&mut fastest) {
            let began = Instant::now();
            for _ in 0..CALLS {
                black_box(call());
            }
            *fastest = began.elapsed().min(*fastest);
        }
    }
    let rates = contestants.iter().zip(fastest).map(|((name, _), time)| {
        json!({ "name": name, "perSecond": f64::from(CALLS) / time.as_secs_f64() })
    });
    let told = json!({
        "rates": rates.collect::<Vec<_>>(),
        "fixture": fixture(&passkey),
    });
    println!("{told}");
    Ok(())
}

/// An assertion, and what somebody needs to verify it.
fn fixture(passkey: &Passkey) -> Value {
    json!({
        "response": passkey.assertion(ours::CHALLENGE).to_json(Some(USER)),
        "challenge": base64url::encode(ours::CHALLENGE),
        "origin": ORIGIN,
        "rpId": RP_ID,
        "credentialId": base64url::encode(passkey.credential_id()),
        "publicKey": base64url::encode(passkey.public_key()),
    })
}
