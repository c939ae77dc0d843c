//! Each family's bytes, written out by hand.

use super::coinbase::SignatureWrapper;
use super::daimo::{SignatureV1, SignatureV2, ValidUntil};
use super::*;
use crate::encoding::hex;

const SIGNATURE: P256Signature = P256Signature {
    r: [0x77; 32],
    s: [0x55; 32],
};
const DATA: &[u8] = &[0xaa; 37];
const CLIENT: &[u8] = b"{}";

fn r() -> String {
    "77".repeat(32)
}

fn s() -> String {
    "55".repeat(32)
}

/// 37 bytes, with their length before and the padding behind.
fn data() -> [String; 3] {
    ["25".to_owned(), "aa".repeat(32), left("aaaaaaaaaa")]
}

/// Two bytes of client data.
fn client() -> [String; 2] {
    ["2".to_owned(), left("7b7d")]
}

fn left(text: &str) -> String {
    format!("{text:0<64}")
}

/// Words from their last digits.
fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words = words.into_iter().map(|word| format!("{word:0>64}"));
    words.collect()
}

fn text(parts: &[&[String]]) -> String {
    words(
        parts
            .iter()
            .flat_map(|part| part.iter())
            .map(String::as_str),
    )
}

fn heads(heads: &[&str]) -> Vec<String> {
    heads.iter().map(|&head| head.to_owned()).collect()
}

#[test]
fn coinbase_wraps_a_struct_with_the_owner() {
    let auth = coinbase::WebAuthnAuth {
        authenticator_data: DATA,
        client_data_json: CLIENT,
        challenge_index: 23,
        type_index: 1,
        signature: SIGNATURE,
    }
    .to_bytes();
    let members = heads(&["20", "c0", "120", "17", "1", &r(), &s()]);
    let expected = text(&[&members, &data(), &client()]);
    assert_eq!(hex::encode(&auth), expected);

    let wrapped = SignatureWrapper {
        owner_index: 3,
        signature_data: &auth,
    };
    let outer = words(["20", "3", "40", "180"]);
    assert_eq!(hex::encode(wrapped.to_bytes()), outer + &expected);
}

#[test]
fn openzeppelin_has_no_offset_before_its_members() {
    let auth = openzeppelin::WebAuthnAuth {
        signature: SIGNATURE,
        challenge_index: 23,
        type_index: 1,
        authenticator_data: DATA,
        client_data_json: CLIENT,
    };
    let members = heads(&[&r(), &s(), "17", "1", "c0", "120"]);
    let expected = text(&[&members, &data(), &client()]);
    assert_eq!(hex::encode(auth.to_bytes()), expected);
}

#[test]
fn safe_has_no_offset_before_its_members_either() {
    let signature = safe::Signature {
        authenticator_data: DATA,
        client_data_fields: CLIENT,
        signature: SIGNATURE,
    };
    let members = heads(&["80", "e0", &r(), &s()]);
    let expected = text(&[&members, &data(), &client()]);
    assert_eq!(hex::encode(signature.to_bytes()), expected);
}

#[test]
fn daimo_puts_version_end_and_slot_first() {
    let signature = SignatureV1 {
        valid_until: ValidUntil::at_s(0x0102_0304_0506).unwrap(),
        key_slot: 9,
        authenticator_data: DATA,
        client_data_json: CLIENT,
        challenge_location: 23,
        response_type_location: 1,
        signature: SIGNATURE,
    };
    let members = heads(&["20", "c0", "120", "17", "1", &r(), &s()]);
    let expected = text(&[&members, &data(), &client()]);
    assert_eq!(
        hex::encode(signature.to_bytes()),
        format!("0101020304050609{expected}")
    );
}

#[test]
fn daimo_moved_the_slot_into_the_struct() {
    let signature = SignatureV2 {
        valid_until: ValidUntil::at_s(0x0102_0304_0506).unwrap(),
        key_slot: 9,
        authenticator_data: DATA,
        client_data_json: CLIENT,
        signature: SIGNATURE,
    };
    let members = heads(&["20", "9", "a0", "100", &r(), &s()]);
    let expected = text(&[&members, &data(), &client()]);
    assert_eq!(
        hex::encode(signature.to_bytes()),
        format!("010203040506{expected}")
    );
}

#[test]
fn daimo_has_its_end_signed() {
    let until = ValidUntil::at_s(0x0102_0304_0506).unwrap();
    let hash = "ee".repeat(32);
    let first = daimo::challenge_v1(until, &[0xee; 32]);
    assert_eq!(hex::encode(first), format!("01010203040506{hash}"));
    let second = daimo::challenge_v2(until, &[0xee; 32]);
    assert_eq!(hex::encode(second), format!("010203040506{hash}"));
}

#[test]
fn an_end_has_six_bytes() {
    assert_eq!(ValidUntil::at_s(0), Some(ValidUntil::FOR_EVER));
    let last = ValidUntil::at_s((1 << 48) - 1).unwrap();
    assert_eq!(last.to_bytes(), [0xff; 6]);
    assert_eq!(ValidUntil::at_s(1 << 48), None);
}

#[test]
fn the_precompile_takes_five_words() {
    let key = PublicKey {
        x: [3; 32],
        y: [4; 32],
    };
    assert_eq!(PublicKey::from_bytes(&key.to_bytes()), key);
    let input = P256Verify {
        hash: [0; 32],
        signature: P256Signature::from_bytes(&[[1; 32], [2; 32]].concat().try_into().unwrap()),
        key,
    };
    let expected = [[0; 32], [1; 32], [2; 32], [3; 32], [4; 32]].concat();
    assert_eq!(input.to_bytes().as_slice(), expected);
}
