//! Receipts made by another implementation, and everything near them that is none.

use serde::Deserialize;
use verify::receipt::{ReceiptRejection, VerifiedReceipt, verify};
use wire::log::VerifierKey;

/// `vectors/receipts/receipts.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    log: String,
    receipts: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    what: String,
    log: Option<String>,
    receipt: String,
    expect: String,
    index: Option<u64>,
    size: Option<u64>,
}

fn vectors() -> Vectors {
    testkit::vectors::read("receipts/receipts.json")
}

fn judge(receipt: &str, log: &str) -> Result<VerifiedReceipt, ReceiptRejection> {
    let log: VerifierKey = log.parse().expect("the keys of the vectors are in form");
    verify(receipt, &log)
}

fn class(rejection: ReceiptRejection) -> &'static str {
    match rejection {
        ReceiptRejection::Malformed(_) => "malformed",
        ReceiptRejection::KeyId => "key id",
        ReceiptRejection::UnknownSigner => "unknown signer",
        ReceiptRejection::Signature => "signature",
        ReceiptRejection::Origin => "origin",
        ReceiptRejection::NoLeaf => "no leaf",
        ReceiptRejection::Inclusion => "inclusion",
        ReceiptRejection::Consistency => "consistency",
    }
}

#[test]
fn every_vector_ends_as_expected() {
    let Vectors { log, receipts } = vectors();
    for case in receipts {
        let judged = judge(&case.receipt, case.log.as_deref().unwrap_or(&log));
        let name = format!("{} ({})", case.id, case.what);
        let got = judged
            .as_ref()
            .map_or_else(|rejection| class(*rejection), |_| "accept");
        assert_eq!(got, case.expect, "{name}");
        if let Ok(verified) = judged {
            assert_eq!(Some(verified.index()), case.index, "{name}");
            assert_eq!(Some(verified.checkpoint().size()), case.size, "{name}");
            assert_eq!(
                verified.leaf().time.as_millis() - 1_764_000_000_000,
                verified.index()
            );
        }
    }
}

/// Threat T76. A byte changed in any of three ways, left out, or doubled.
#[test]
fn no_change_of_any_byte_survives() {
    let Vectors { log, receipts } = vectors();
    let case = receipts.iter().find(|case| case.what == "leaf 128 of 300");
    let receipt = &case.expect("the vectors have it").receipt;
    judge(receipt, &log).expect("the receipt itself is good");
    let mut tried = 0;
    for at in 0..receipt.len() {
        let byte = receipt.as_bytes()[at];
        let with = |middle: &[u8]| {
            [
                &receipt.as_bytes()[..at],
                middle,
                &receipt.as_bytes()[at + 1..],
            ]
            .concat()
        };
        for changed in [
            with(&[byte ^ 0x01]),
            with(&[byte ^ 0x20]),
            with(&[byte.wrapping_add(1)]),
            with(&[]),
            with(&[byte, byte]),
        ] {
            // What is not UTF-8 is no text, and so no receipt.
            let Ok(changed) = String::from_utf8(changed) else {
                continue;
            };
            tried += 1;
            assert!(judge(&changed, &log).is_err(), "byte {at} of\n{changed}");
        }
    }
    assert!(tried > 5_000, "only {tried} changes were text");
}
