//! What contracts would make of an assertion, said beforehand. That they do is shown on a machine
//! of theirs, below `chains/evm`; here it is which assertion is refused for what.

use serde::Deserialize;
use testkit::authenticator::{AuthData, BE, BS, ClientData, UP, UV};
use testkit::{Passkey, keys, vectors};
use verify::evm::{
    Assertion, DaimoVersion, Encoded, EvmRejection, Family, SignatureRejection, challenge, encode,
    public_key,
};
use wire::encoding::{base64url, hex};
use wire::evm::daimo::ValidUntil;
use wire::solana::secp256r1::CompressedKey;
use wire::webauthn::{ClientDataError, CoseKey, KeyMaterial};

const RP_ID: &str = "auth.example.com";
const HASH: [u8; 32] = [0x5a; 32];

const COINBASE: Family = Family::Coinbase { owner_index: 3 };
const DAIMO_V1: Family = daimo(DaimoVersion::V1);
const DAIMO_V2: Family = daimo(DaimoVersion::V2);
const FAMILIES: [Family; 6] = [
    COINBASE,
    Family::Solady,
    Family::OpenZeppelin,
    Family::Safe,
    DAIMO_V1,
    DAIMO_V2,
];

const fn daimo(version: DaimoVersion) -> Family {
    Family::Daimo {
        version,
        key_slot: 9,
        valid_until: ValidUntil::FOR_EVER,
    }
}

fn passkey(seed: u64) -> Passkey {
    Passkey::es256(seed, RP_ID, "https://auth.example.com")
}

fn key(passkey: &Passkey) -> CompressedKey {
    let cose = passkey.public_key();
    let KeyMaterial::Ec2 { x, y } = CoseKey::parse(&cose).unwrap().material else {
        panic!("an ES256 key is a point");
    };
    let prefix = 2 | y.last().unwrap() & 1;
    let bytes = [&[prefix], x].concat();
    CompressedKey::from_bytes(bytes.try_into().unwrap()).unwrap()
}

fn of(assertion: &testkit::Assertion) -> Assertion<'_> {
    Assertion {
        authenticator_data: &assertion.authenticator_data,
        client_data_json: &assertion.client_data_json,
        signature: &assertion.signature,
    }
}

/// What becomes of an assertion for `family` whose parts were changed before they were signed.
fn encoded(
    family: &Family,
    edit: impl FnOnce(&mut ClientData, &mut AuthData),
) -> Result<Encoded, EvmRejection> {
    let passkey = passkey(1);
    let assertion = passkey.assertion_with(&challenge(family, &HASH), edit);
    encode(family, &of(&assertion), &key(&passkey), &HASH)
}

/// Who of all families refuses, and why.
fn refusals(edit: impl Fn(&mut ClientData, &mut AuthData)) -> Vec<(Family, EvmRejection)> {
    let all = FAMILIES.iter();
    all.filter_map(|family| Some((*family, encoded(family, &edit).err()?)))
        .collect()
}

/// The same from all.
fn all(rejection: EvmRejection) -> Vec<(Family, EvmRejection)> {
    FAMILIES.map(|family| (family, rejection)).to_vec()
}

#[test]
fn accepts_what_browsers_write_for_every_family() {
    assert_eq!(refusals(|_, _| {}), []);
    let more = |client: &mut ClientData, data: &mut AuthData| {
        client.set("topOrigin", "https://a.example");
        data.sign_count = 7;
        data.flags |= BE | BS;
    };
    assert_eq!(refusals(more), []);
}

#[test]
fn the_precompile_is_asked_for_the_same_with_a_low_s() {
    let passkey = passkey(1);
    let mut assertion = passkey.assertion(&HASH);
    let low = encode(&COINBASE, &of(&assertion), &key(&passkey), &HASH).unwrap();
    assertion.signature = keys::p256_twin(&assertion.signature);
    let twin = encode(&COINBASE, &of(&assertion), &key(&passkey), &HASH).unwrap();
    assert_eq!(low, twin);
    assert!(low.precompile_input[64] < 0x80);
    assert_eq!(low.precompile_input[96..], low.public_key);
    assert_eq!(
        public_key(&key(&passkey)).unwrap().to_bytes(),
        low.public_key
    );
}

#[test]
fn refuses_an_unverified_user_where_contracts_do() {
    let unverified = EvmRejection::UserVerification;
    assert_eq!(
        refusals(|_, data| data.flags = UP),
        [
            (Family::OpenZeppelin, unverified),
            (Family::Safe, unverified)
        ]
    );
    for family in FAMILIES {
        let refused = encoded(&family, |_, data| data.flags = UP).is_err();
        assert_eq!(refused, family.demands_user_verification());
    }
}

#[test]
fn refuses_an_absent_user_everywhere() {
    let absent = refusals(|_, data| data.flags = UV);
    assert_eq!(absent, all(EvmRejection::UserPresence));
}

#[test]
fn refuses_an_impossible_backup_where_contracts_do() {
    let impossible = EvmRejection::BackupState;
    assert_eq!(
        refusals(|_, data| data.flags = UP | UV | BS),
        [
            (Family::OpenZeppelin, impossible),
            (DAIMO_V1, impossible),
            (DAIMO_V2, impossible)
        ]
    );
}

#[test]
fn refuses_authenticator_data_without_a_counter() {
    let passkey = passkey(1);
    for family in FAMILIES {
        let mut assertion = passkey.assertion(&challenge(&family, &HASH));
        assertion.authenticator_data.truncate(36);
        assert_eq!(
            encode(&family, &of(&assertion), &key(&passkey), &HASH),
            Err(EvmRejection::AuthenticatorData)
        );
    }
}

#[test]
fn refuses_members_in_another_order_where_contracts_do() {
    let turned = |client: &mut ClientData, _: &mut AuthData| client.0.rotate_right(1);
    let beginning = EvmRejection::Beginning;
    assert_eq!(
        refusals(turned),
        [
            (Family::Safe, beginning),
            (DAIMO_V1, beginning),
            (DAIMO_V2, beginning)
        ]
    );
}

#[test]
fn refuses_another_ceremony_and_no_client_data_everywhere() {
    let created = refusals(|client, _| client.set("type", "webauthn.create"));
    assert_eq!(created, all(EvmRejection::Ceremony));
    let nobody = refusals(|client, _| client.remove("origin"));
    let missing = EvmRejection::ClientData(ClientDataError::OriginMissing);
    assert_eq!(nobody, all(missing));
}

#[test]
fn refuses_the_challenge_of_another_hash_and_of_another_end() {
    let passkey = passkey(1);
    for family in FAMILIES {
        let assertion = passkey.assertion(&challenge(&family, &[0x5b; 32]));
        assert_eq!(
            encode(&family, &of(&assertion), &key(&passkey), &HASH),
            Err(EvmRejection::Challenge)
        );
    }
    let Family::Daimo {
        version, key_slot, ..
    } = DAIMO_V2
    else {
        unreachable!("it is Daimo's");
    };
    let later = Family::Daimo {
        version,
        key_slot,
        valid_until: ValidUntil::at_s(1).unwrap(),
    };
    let assertion = passkey.assertion(&challenge(&DAIMO_V2, &HASH));
    assert_eq!(
        encode(&later, &of(&assertion), &key(&passkey), &HASH),
        Err(EvmRejection::Challenge)
    );
}

#[test]
fn refuses_a_signature_that_is_not_the_keys() {
    let (passkey, other) = (passkey(1), passkey(2));
    let good = passkey.assertion(&HASH);
    let refusal = |assertion: &testkit::Assertion, key: &CompressedKey| {
        encode(&COINBASE, &of(assertion), key, &HASH).unwrap_err()
    };
    let mismatch = EvmRejection::Signature(SignatureRejection::Mismatch);
    assert_eq!(refusal(&good, &key(&other)), mismatch);

    let mut counted = good.clone();
    counted.authenticator_data[36] ^= 1;
    assert_eq!(refusal(&counted, &key(&passkey)), mismatch);

    let mut raw = good.clone();
    raw.signature = vec![1; 64];
    let malformed = EvmRejection::Signature(SignatureRejection::Malformed);
    assert_eq!(refusal(&raw, &key(&passkey)), malformed);

    // 2^256 − 1 is no coordinate.
    let mut bytes = [0xff; 33];
    bytes[0] = 2;
    let nowhere = CompressedKey::from_bytes(bytes).unwrap();
    let off_curve = EvmRejection::Signature(SignatureRejection::Key);
    assert_eq!(refusal(&good, &nowhere), off_curve);
    assert_eq!(public_key(&nowhere), Err(SignatureRejection::Key));
}

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
    low_s: String,
    public_key: String,
}

#[test]
fn real_assertions_fit_every_family_whose_challenge_is_a_hash() {
    let known: Vectors = vectors::read("solana/assertions.json");
    let mut fitting = 0;
    for case in &known.cases {
        let bytes = |text: &String| base64url::decode(text).unwrap();
        let (data, client) = (
            bytes(&case.authenticator_data),
            bytes(&case.client_data_json),
        );
        let assertion = Assertion {
            authenticator_data: &data,
            client_data_json: &client,
            signature: &hex::decode(&case.signature).unwrap(),
        };
        let key = hex::decode_array(&case.public_key).unwrap();
        let key = CompressedKey::from_bytes(key).unwrap();
        let hash: [u8; 32] = bytes(&case.challenge).try_into().unwrap();
        for family in [COINBASE, Family::Solady, Family::OpenZeppelin, Family::Safe] {
            let encoded = encode(&family, &assertion, &key, &hash);
            if client.starts_with(br#"{"type":"webauthn.create""#) {
                assert_eq!(encoded, Err(EvmRejection::Ceremony), "{}", case.name);
            } else {
                let input = encoded.expect(&case.name).precompile_input;
                assert_eq!(hex::encode(&input[32..96]), case.low_s, "{}", case.name);
                fitting += 1;
            }
        }
    }
    assert_eq!(fitting, 8 * 4);
}
