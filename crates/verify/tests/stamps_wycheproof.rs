//! Project Wycheproof's signatures against [`stamp::api_key::check`], for the three curves that
//! stamp (threats T18 and T19).

use verify::stamp::{self, Body, KeyCache};
use wire::stamp::{ApiKeyStamp, Scheme};
use wycheproof::{TestResult, ecdsa, eddsa};

/// Runs one case; answers whether it was meant to be valid.
fn judge(scheme: Scheme, key: &[u8], body: &[u8], signature: &[u8], result: TestResult) -> bool {
    let stamp = ApiKeyStamp {
        public_key: key.to_vec(),
        scheme,
        signature: signature.to_vec(),
    };
    let body = Body::new(body);
    let verdict = stamp::api_key::check(&stamp, scheme.curve(), key, &body, &KeyCache::new(0));
    let accepted = verdict.is_ok();
    assert_ne!(result, TestResult::Acceptable, "the files used have none");
    assert_eq!(accepted, result == TestResult::Valid, "{stamp:?}");
    accepted
}

fn count_ecdsa(name: ecdsa::TestName, scheme: Scheme) -> (usize, usize) {
    let verdicts: Vec<bool> = ecdsa::TestSet::load(name)
        .unwrap()
        .test_groups
        .into_iter()
        .flat_map(|group| {
            let point = &group.key.key;
            let key = [&[2 + (point[64] & 1)], &point[1..33]].concat();
            group
                .tests
                .into_iter()
                .map(move |test| judge(scheme, &key, &test.msg, &test.sig, test.result))
        })
        .collect();
    count(&verdicts)
}

fn count(verdicts: &[bool]) -> (usize, usize) {
    let valid = verdicts.iter().filter(|accepted| **accepted).count();
    (valid, verdicts.len() - valid)
}

#[test]
fn t18_p256() {
    let counts = count_ecdsa(ecdsa::TestName::EcdsaSecp256r1Sha256, Scheme::P256);
    assert_eq!(counts, (174, 310));
}

#[test]
fn t18_secp256k1() {
    let counts = count_ecdsa(ecdsa::TestName::EcdsaSecp256k1Sha256, Scheme::Secp256k1);
    assert_eq!(counts, (168, 308));
}

#[test]
fn ed25519() {
    let verdicts: Vec<bool> = eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
        .into_iter()
        .flat_map(|group| {
            group.tests.into_iter().map(move |test| {
                judge(
                    Scheme::Ed25519,
                    &group.key.pk,
                    &test.msg,
                    &test.sig,
                    test.result,
                )
            })
        })
        .collect();
    assert_eq!(count(&verdicts), (88, 63));
}
