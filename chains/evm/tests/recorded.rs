//! Assertions that browsers and authenticators really made, taken by the contracts.
//!
//! They were made for another chain. A challenge is 32 bytes there as well, so it can stand for the
//! hash of an operation here; Daimo's, which are longer, cannot.

use serde::Deserialize;
use testkit::vectors;
use verify::evm::{EvmRejection, Family};
use wire::encoding::{base64url, hex};
use wire::solana::secp256r1::CompressedKey;

use crate::ceremony::{COINBASE, Signed};
use crate::wallets::Wallets;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    challenge: String,
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    public_key: String,
}

#[test]
fn what_real_authenticators_signed_is_taken() {
    let known: Vectors = vectors::read("solana/assertions.json");
    let mut taken = 0;
    for case in &known.cases {
        let signed = Signed {
            data: base64url::decode(&case.authenticator_data).unwrap(),
            client: base64url::decode(&case.client_data_json).unwrap(),
            signature: hex::decode(&case.signature).unwrap(),
        };
        let key = hex::decode_array(&case.public_key).unwrap();
        let key = CompressedKey::from_bytes(key).unwrap();
        let hash = base64url::decode(&case.challenge).unwrap();
        let hash: [u8; 32] = hash.try_into().unwrap();
        let mut wallets = Wallets::osaka(&key);
        for family in [COINBASE, Family::Solady, Family::OpenZeppelin, Family::Safe] {
            let label = format!("{}, {family:?}", case.name);
            let foreseen = signed.encode_for(&family, &key, &hash);
            if case.is_creation() {
                assert_eq!(foreseen.unwrap_err(), EvmRejection::Ceremony, "{label}");
                let sent = signed.draft().spell(&family);
                assert!(!wallets.accept(&family, &hash, &sent), "{label}");
            } else {
                let sent = foreseen.expect(&label).signature;
                assert!(wallets.accept(&family, &hash, &sent), "{label}");
                assert!(!wallets.accept(&family, &[0; 32], &sent), "{label}");
                taken += 1;
            }
        }
    }
    assert_eq!(taken, 8 * 4);
}

impl Case {
    fn is_creation(&self) -> bool {
        let client = base64url::decode(&self.client_data_json).unwrap();
        client.starts_with(br#"{"type":"webauthn.create""#)
    }
}
