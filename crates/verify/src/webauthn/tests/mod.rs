//! The ceremonies against a software authenticator: each step of §7.1 and §7.2 refuses what it
//! must, by its exact variant, and accepts the case beside it.

mod assertion;
mod attestation;
mod payment;
mod registration;

use testkit::keys::SigningKey;
use wire::Timestamp;

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge of any length";
const ES256: i64 = -7;
/// Midsummer 2026.
const NOW: Timestamp = Timestamp::from_millis(1_782_000_000_000);

fn key(label: &str) -> SigningKey {
    SigningKey::for_algorithm(ES256, label)
}
