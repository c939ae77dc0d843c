//! Project Wycheproof's signatures against [`ParsedKey`], for every scheme we accept: the keys
//! go in as COSE, the signatures in the encoding of §6.5.5.

use verify::webauthn::ParsedKey;
use wire::webauthn::CoseAlgorithm;
use wycheproof::{TestResult, ecdsa, eddsa, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

/// How many cases were decided, so that an empty file cannot pass.
#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
}

impl Tally {
    /// Verifies one case. `acceptable` ones are malformed in ways we may refuse, and are skipped.
    fn check(
        &mut self,
        key: Option<&ParsedKey>,
        msg: &[u8],
        sig: &[u8],
        id: usize,
        result: TestResult,
    ) {
        let is_accepted = key.is_some_and(|key| key.verify(msg, sig).is_ok());
        match result {
            TestResult::Valid => {
                assert!(is_accepted, "case {id} is valid");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!is_accepted, "case {id} is invalid");
                self.invalid += 1;
            }
            TestResult::Acceptable => {}
        }
    }
}

/// A CBOR integer.
fn integer(number: i64) -> Vec<u8> {
    match number {
        0.. => head(0, number as usize),
        _ => head(1, (-1 - number) as usize),
    }
}

fn bytes(content: &[u8]) -> Vec<u8> {
    [head(2, content.len()), content.to_vec()].concat()
}

fn head(major: u8, argument: usize) -> Vec<u8> {
    match argument {
        0..24 => vec![major << 5 | argument as u8],
        24..256 => vec![major << 5 | 24, argument as u8],
        _ => [&[major << 5 | 25][..], &(argument as u16).to_be_bytes()].concat(),
    }
}

/// A COSE key from its parameters, given in canonical order.
fn cose(kty: i64, algorithm: CoseAlgorithm, parameters: &[(i64, Vec<u8>)]) -> Vec<u8> {
    let mut key = head(5, 2 + parameters.len());
    key.extend(
        [
            integer(1),
            integer(kty),
            integer(3),
            integer(algorithm.number()),
        ]
        .concat(),
    );
    for (label, value) in parameters {
        key.extend(integer(*label));
        key.extend(value);
    }
    key
}

fn check_ecdsa(name: ecdsa::TestName, algorithm: CoseAlgorithm, curve: i64) -> Tally {
    let mut tally = Tally::default();
    for group in ecdsa::TestSet::load(name)
        .expect("the crate carries its files")
        .test_groups
    {
        let point = &group.key.key[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let parameters = [(-1, integer(curve)), (-2, bytes(x)), (-3, bytes(y))];
        let key = ParsedKey::from_cose(&cose(2, algorithm, &parameters)).ok();
        for test in group.tests {
            tally.check(key.as_ref(), &test.msg, &test.sig, test.tc_id, test.result);
        }
    }
    tally
}

#[test]
fn es256() {
    let tally = check_ecdsa(
        ecdsa::TestName::EcdsaSecp256r1Sha256,
        CoseAlgorithm::Es256,
        1,
    );
    assert_eq!((tally.valid, tally.invalid), (174, 310));
}

#[test]
fn es384() {
    let tally = check_ecdsa(
        ecdsa::TestName::EcdsaSecp384r1Sha384,
        CoseAlgorithm::Es384,
        2,
    );
    assert_eq!(tally.valid + tally.invalid, 504);
}

#[test]
fn es512() {
    let tally = check_ecdsa(
        ecdsa::TestName::EcdsaSecp521r1Sha512,
        CoseAlgorithm::Es512,
        3,
    );
    assert_eq!(tally.valid + tally.invalid, 542);
}

#[test]
fn es256k() {
    let tally = check_ecdsa(
        ecdsa::TestName::EcdsaSecp256k1Sha256,
        CoseAlgorithm::Es256K,
        8,
    );
    assert_eq!((tally.valid, tally.invalid), (168, 308));
}

#[test]
fn eddsa() {
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        let parameters = [(-1, integer(6)), (-2, bytes(&group.key.pk))];
        let key = ParsedKey::from_cose(&cose(1, CoseAlgorithm::EdDsa, &parameters)).ok();
        for test in group.tests {
            tally.check(key.as_ref(), &test.msg, &test.sig, test.tc_id, test.result);
        }
    }
    assert_eq!((tally.valid, tally.invalid), (88, 63));
}

fn rsa(algorithm: CoseAlgorithm, n: &[u8], e: &[u8]) -> Option<ParsedKey> {
    let strip = |number: &[u8]| {
        let start = number
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(number.len());
        bytes(&number[start..])
    };
    ParsedKey::from_cose(&cose(3, algorithm, &[(-1, strip(n)), (-2, strip(e))])).ok()
}

#[test]
fn rs256_rs384_rs512() {
    use rsa_pkcs1_verify::TestName as Name;
    let mut tally = Tally::default();
    for (name, algorithm) in [
        (Name::Rsa2048Sha256, CoseAlgorithm::Rs256),
        (Name::Rsa2048Sha384, CoseAlgorithm::Rs384),
        (Name::Rsa2048Sha512, CoseAlgorithm::Rs512),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = rsa(algorithm, &group.key.n, &group.key.e);
            for test in group.tests {
                tally.check(key.as_ref(), &test.msg, &test.sig, test.tc_id, test.result);
            }
        }
    }
    assert_eq!((tally.valid, tally.invalid), (24, 749));
}

#[test]
fn ps256_ps384_ps512() {
    use rsa_pss_verify::TestName as Name;
    let mut tally = Tally::default();
    for (name, algorithm) in [
        (Name::RsaPss2048Sha256Mgf1SaltLen32, CoseAlgorithm::Ps256),
        (Name::RsaPss3072Sha256Mgf1SaltLen32, CoseAlgorithm::Ps256),
        (Name::RsaPss2048Sha384Mgf1SaltLen48, CoseAlgorithm::Ps384),
        (Name::RsaPss4096Sha512Mgf1SaltLen64, CoseAlgorithm::Ps512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = rsa(algorithm, &group.key.n, &group.key.e);
            for test in group.tests {
                tally.check(key.as_ref(), &test.msg, &test.sig, test.tc_id, test.result);
            }
        }
    }
    assert_eq!((tally.valid, tally.invalid), (353, 183));
}

#[test]
fn ps256_refuses_another_salt_length() {
    let name = rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen0;
    for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
        let key = rsa(CoseAlgorithm::Ps256, &group.key.n, &group.key.e).expect("a sound key");
        for test in group
            .tests
            .iter()
            .filter(|test| test.result == TestResult::Valid)
        {
            assert!(
                key.verify(&test.msg, &test.sig).is_err(),
                "case {}",
                test.tc_id
            );
        }
    }
}

#[test]
fn ml_dsa() {
    use mldsa_verify::TestName as Name;
    let mut tally = Tally::default();
    for (name, algorithm) in [
        (Name::MlDsa44Verify, CoseAlgorithm::MlDsa44),
        (Name::MlDsa65Verify, CoseAlgorithm::MlDsa65),
        (Name::MlDsa87Verify, CoseAlgorithm::MlDsa87),
    ] {
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = ParsedKey::from_cose(&cose(7, algorithm, &[(-1, bytes(&group.pubkey))])).ok();
            // WebAuthn signs without a context string.
            let plain = |test: &&mldsa_verify::Test| test.ctx.as_ref().is_none_or(|c| c.is_empty());
            for test in group.tests.iter().filter(plain) {
                tally.check(key.as_ref(), &test.msg, &test.sig, test.tc_id, test.result);
            }
        }
    }
    assert_eq!((tally.valid, tally.invalid), (221, 389));
}
