//! What is signed for a payload, against vectors that other implementations computed.

use proptest::prelude::*;
use serde::Deserialize;
use testkit::vectors;
use vault::payload::{PayloadError, ToSign, TypedData, prepare};
use wire::keys::Curve;
use wire::signing::{HashFunction, PayloadEncoding};

const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[derive(Deserialize)]
struct Accepted {
    payload: String,
    digest: String,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    payload: String,
    expect: String,
}

fn digest(payload: &str, encoding: PayloadEncoding) -> Result<String, PayloadError> {
    match prepare(payload, encoding, HashFunction::NoOp, Curve::Secp256k1)? {
        ToSign::Digest(digest) => Ok(hex::encode(digest)),
        ToSign::Message(_) => panic!("a digest was asked for"),
    }
}

fn typed_data() -> Vec<Accepted> {
    vectors::read("payload/typed-data.json")
}

#[test]
fn typed_data_has_the_digest_that_viem_and_ethers_compute() {
    for Accepted {
        payload,
        digest: expected,
    } in typed_data()
    {
        assert_eq!(
            digest(&payload, PayloadEncoding::Eip712),
            Ok(expected),
            "{payload}"
        );
    }
}

#[test]
fn the_mail_example_has_the_domain_separator_and_the_digest_of_the_eip() {
    let mail = typed_data().swap_remove(0);
    assert_eq!(
        mail.digest,
        "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"
    );
    let typed = TypedData::parse(&mail.payload).unwrap();
    assert_eq!(typed.primary_type(), "Mail");
    assert_eq!(
        typed.domain_separator().map(hex::encode).unwrap(),
        "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"
    );
}

#[test]
fn refuses_typed_data_and_names_the_culprit() {
    for Refused {
        name,
        payload,
        expect,
    } in vectors::read::<Vec<_>>("payload/refused-typed-data.json")
    {
        let refusal = digest(&payload, PayloadEncoding::Eip712).map_err(|e| e.to_string());
        assert_eq!(refusal, Err(expect), "{name}");
    }
}

#[test]
fn refuses_typed_data_cut_short_anywhere() {
    for Accepted { payload, .. } in typed_data() {
        for (end, _) in payload.char_indices() {
            assert!(
                digest(&payload[..end], PayloadEncoding::Eip712).is_err(),
                "{end}: {payload}"
            );
        }
    }
}

#[test]
fn refuses_typed_data_nested_without_end() {
    let types = r#""types":{"T":[{"name":"t","type":"T[]"}]},"primaryType":"T""#;
    let message = format!("{}{}", r#"{"t":["#.repeat(50_000), "]}".repeat(50_000));
    let refusal = digest(
        &format!(r#"{{{types},"message":{message}}}"#),
        PayloadEncoding::Eip712,
    );
    assert!(
        refusal
            .unwrap_err()
            .to_string()
            .ends_with("is nested too deeply")
    );

    let arrays = "[]".repeat(50_000);
    let value = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let refusal = digest(
        &format!(
            r#"{{"types":{{"T":[{{"name":"t","type":"bool{arrays}"}}]}},"primaryType":"T","message":{{"t":{value}}}}}"#
        ),
        PayloadEncoding::Eip712,
    );
    assert!(
        refusal
            .unwrap_err()
            .to_string()
            .ends_with("is nested too deeply")
    );
}

#[test]
fn refuses_a_chain_of_types_without_end() {
    let types: Vec<String> = (0..1000)
        .map(|n| format!(r#""T{n}":[{{"name":"t","type":"T{}[]"}}]"#, n + 1))
        .collect();
    let refusal = digest(
        &format!(
            r#"{{"types":{{{},"T1000":[]}},"primaryType":"T0","message":{{"t":[]}}}}"#,
            types.join(",")
        ),
        PayloadEncoding::Eip712,
    );
    assert!(
        refusal
            .unwrap_err()
            .to_string()
            .ends_with("reaches too many struct types")
    );
}

#[test]
fn a_derived_domain_binds_like_a_written_one_and_unlike_an_empty_one() {
    let rest = r#""types":{"T":[]},"primaryType":"T","message":{}"#;
    let named = digest(
        &format!(r#"{{"domain":{{"name":"a"}},{rest}}}"#),
        PayloadEncoding::Eip712,
    );
    let other = digest(
        &format!(r#"{{"domain":{{"name":"b"}},{rest}}}"#),
        PayloadEncoding::Eip712,
    );
    let empty = digest(
        &format!(r#"{{"domain":{{}},{rest}}}"#),
        PayloadEncoding::Eip712,
    );
    let absent = digest(&format!("{{{rest}}}"), PayloadEncoding::Eip712);
    assert_ne!(named, other);
    assert_ne!(named, empty);
    assert_eq!(empty, absent);
}

#[test]
fn integers_have_the_same_digest_in_each_spelling() {
    let with = |value: &str| {
        let types = r#""types":{"T":[{"name":"v","type":"int256"}]},"primaryType":"T""#;
        digest(
            &format!(r#"{{{types},"message":{{"v":{value}}}}}"#),
            PayloadEncoding::Eip712,
        )
        .unwrap()
    };
    for spelling in ["255", r#""255""#, r#""0xff""#, r#""0XFF""#, r#""00255""#] {
        assert_eq!(with(spelling), with("255"), "{spelling}");
    }
    assert_eq!(with("-255"), with(r#""-0xff""#));
    assert_eq!(with("-0"), with("0"));
    assert_ne!(with("-255"), with("255"));
}

#[test]
fn authorizations_have_the_digest_that_viem_and_ethers_compute() {
    for Accepted {
        payload,
        digest: expected,
    } in vectors::read::<Vec<_>>("payload/authorization.json")
    {
        let found = digest(&payload, PayloadEncoding::Eip7702Authorization);
        assert_eq!(found, Ok(expected.clone()), "{payload}");
        let spelled = payload
            .replace(r#""nonce":7"#, r#""nonce":"0x7""#)
            .to_lowercase();
        let spelled = spelled.replace("chainid", "chainId");
        assert_eq!(
            digest(&spelled, PayloadEncoding::Eip7702Authorization),
            Ok(expected)
        );
    }
}

#[test]
fn refuses_authorizations_and_names_the_culprit() {
    let check = |payload: &str, expect: &str| {
        let refusal = digest(payload, PayloadEncoding::Eip7702Authorization).unwrap_err();
        let expect = format!("invalid payload encoding: EIP-7702 authorization: {expect}");
        assert_eq!(refusal.to_string(), expect, "{payload}");
    };
    let address = format!("0x{}", "ab".repeat(20));
    check("", "not a JSON object with unique members");
    check(
        r#"{"nonce":1,"nonce":2}"#,
        "not a JSON object with unique members",
    );
    check(
        &format!(r#"{{"address":"{address}","nonce":1}}"#),
        "`chainId` is missing",
    );
    check(
        &format!(r#"{{"address":"{address}","chainId":1}}"#),
        "`nonce` is missing",
    );
    check(r#"{"chainId":1,"nonce":1}"#, "`address` is missing");
    check(
        r#"{"address":"0xab","chainId":1,"nonce":1}"#,
        "`address` is not 0x and 40 hexadecimal digits",
    );
    let numbers = |chain_id: &str, nonce: &str| {
        format!(r#"{{"address":"{address}","chainId":{chain_id},"nonce":{nonce}}}"#)
    };
    check(&numbers("-1", "1"), "`chainId`: not an integer");
    check(&numbers("1", "1.5"), "`nonce`: not an integer");
    check(
        &numbers("1", "18446744073709551616"),
        "`nonce`: an integer of more than 64 bits",
    );
    let beyond = format!("\"0x1{}\"", "0".repeat(64));
    check(
        &numbers(&beyond, "1"),
        "`chainId`: an integer of more than 256 bits",
    );
}

#[test]
fn hexadecimal_and_text_payloads_become_digests() {
    use HashFunction::{Keccak256, NoOp, Sha256};
    use PayloadEncoding::{Hexadecimal, TextUtf8};
    let check = |payload: &str, encoding, hash, expect: &str| {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let digest: [u8; 32] = hex::decode(expect).unwrap().try_into().unwrap();
            assert_eq!(
                prepare(payload, encoding, hash, curve),
                Ok(ToSign::Digest(digest))
            );
        }
    };
    // FIPS 180-4 and Keccak's reference vectors for "abc" and for nothing.
    let sha_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let keccak_abc = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45";
    let keccak_nothing = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    check("abc", TextUtf8, Sha256, sha_abc);
    check("abc", TextUtf8, Keccak256, keccak_abc);
    check("0x616263", Hexadecimal, Sha256, sha_abc);
    check("616263", Hexadecimal, Keccak256, keccak_abc);
    check("0x", Hexadecimal, Keccak256, keccak_nothing);
    check(DIGEST, Hexadecimal, NoOp, DIGEST);
    check(
        &format!("0x{}", DIGEST.to_uppercase()),
        Hexadecimal,
        NoOp,
        DIGEST,
    );
    check(&"a".repeat(32), TextUtf8, NoOp, &"61".repeat(32));
}

#[test]
fn ed25519_signs_the_message_itself() {
    let prepared = |payload, encoding| {
        prepare(
            payload,
            encoding,
            HashFunction::NotApplicable,
            Curve::Ed25519,
        )
    };
    assert_eq!(
        prepared("0xC0ffee", PayloadEncoding::Hexadecimal),
        Ok(ToSign::Message(vec![0xc0, 0xff, 0xee]))
    );
    assert_eq!(
        prepared("grüße", PayloadEncoding::TextUtf8),
        Ok(ToSign::Message("grüße".as_bytes().to_vec()))
    );
    assert_eq!(
        prepared("", PayloadEncoding::Hexadecimal),
        Ok(ToSign::Message(vec![]))
    );
}

#[test]
fn t110_refuses_hash_functions_that_do_not_go_with_the_curve() {
    let check = |hash, curve| {
        let refusal = prepare(DIGEST, PayloadEncoding::Hexadecimal, hash, curve).unwrap_err();
        assert_eq!(refusal, PayloadError::HashForCurve { hash, curve });
        let text = refusal.to_string();
        assert!(
            text.starts_with("invalid hash function: HASH_FUNCTION_"),
            "{text}"
        );
    };
    check(HashFunction::NotApplicable, Curve::Secp256k1);
    check(HashFunction::NotApplicable, Curve::P256);
    check(HashFunction::NoOp, Curve::Ed25519);
    check(HashFunction::Sha256, Curve::Ed25519);
    check(HashFunction::Keccak256, Curve::Ed25519);
}

#[test]
fn refuses_to_hash_or_sign_with_ed25519_what_is_a_digest_by_its_own_rule() {
    for encoding in [
        PayloadEncoding::Eip712,
        PayloadEncoding::Eip7702Authorization,
    ] {
        for &hash in HashFunction::ALL {
            let refusal = prepare("{}", encoding, hash, Curve::Ed25519).unwrap_err();
            let curve = Curve::Ed25519;
            assert_eq!(refusal, PayloadError::EncodingForCurve { encoding, curve });
            assert!(
                refusal
                    .to_string()
                    .starts_with("invalid payload encoding: ")
            );
            if hash != HashFunction::NoOp {
                let refusal = prepare("{}", encoding, hash, Curve::Secp256k1).unwrap_err();
                assert_eq!(refusal, PayloadError::HashForEncoding { encoding });
                assert!(refusal.to_string().starts_with("invalid hash function: "));
            }
        }
    }
}

#[test]
fn refuses_an_unhashed_payload_that_is_no_digest() {
    for length in [0, 31, 33, 64] {
        let refusal = prepare(
            &"ab".repeat(length),
            PayloadEncoding::Hexadecimal,
            HashFunction::NoOp,
            Curve::P256,
        );
        assert_eq!(refusal, Err(PayloadError::NotADigest { found: length }));
        let text = refusal.unwrap_err().to_string();
        assert_eq!(
            text,
            format!("expected a 32-bytes-long digest, found {length} bytes")
        );
    }
}

#[test]
fn refuses_a_payload_that_is_not_hexadecimal() {
    for payload in ["abc", "0xzz", "hello", "0x 00", "é"] {
        let refusal = digest(payload, PayloadEncoding::Hexadecimal)
            .unwrap_err()
            .to_string();
        assert!(
            refusal.starts_with("invalid payload encoding: "),
            "{refusal}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(payload in ".*", which in 0..4_usize, hash in 0..4_usize) {
        for curve in Curve::ALL {
            let _ = prepare(&payload, PayloadEncoding::ALL[which], HashFunction::ALL[hash], curve);
        }
    }

    #[test]
    fn t111_no_changed_byte_makes_typed_data_panic(which: prop::sample::Index, at: prop::sample::Index,
                                              byte in 0x20..0x7f_u8) {
        let vectors = typed_data();
        let mut payload = vectors[which.index(vectors.len())].payload.clone().into_bytes();
        let at = at.index(payload.len());
        payload[at] = byte;
        if let Ok(payload) = String::from_utf8(payload) {
            let _ = digest(&payload, PayloadEncoding::Eip712);
        }
    }
}
