//! Stamps from local keys, and the log's checkpoints.

use sha2::{Digest, Sha256};
use vault::{ApiKeyPair, Error, LogKey, PublicKey};
use wire::keys::Curve;
use wire::stamp::Scheme;

use crate::support::{Counting, root_key};

const BODY: &[u8] = br#"{"organizationId":"11111111-2222-4333-8444-555555555555"}"#;
const SEVEN: &str = "0000000000000000000000000000000000000000000000000000000000000007";

#[test]
fn a_p256_stamp_is_the_one_that_existing_clients_make() {
    let key = ApiKeyPair::from_private_hex(Curve::P256, SEVEN).unwrap();
    let stamp = key.stamp(key.default_scheme(), BODY).unwrap();
    assert_eq!(stamp.scheme, Scheme::P256);
    assert_eq!(
        hex::encode(&stamp.public_key),
        "028e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3"
    );
    assert_eq!(
        hex::encode(&stamp.signature),
        "30440220056281b741a713e61d28564963f366347d731e80db74e05ee5cb3ad39e6f5cf5\
         022010e2523afdf0323e8feb0305448182ec9c7de00f464584f0ca5b4f0311ec3900"
    );
}

#[test]
fn a_secp256k1_stamp_verifies_over_sha_256_of_the_body() {
    let key = ApiKeyPair::from_private_hex(Curve::Secp256k1, SEVEN).unwrap();
    let stamp = key.stamp(key.default_scheme(), BODY).unwrap();
    let message = secp256k1::Message::from_digest(Sha256::digest(BODY).into());
    assert!(secp256k1_accepts(
        &stamp.public_key,
        message,
        &stamp.signature
    ));
}

#[test]
fn an_eip_191_stamp_verifies_over_the_prefixed_body() {
    use sha3::Keccak256;
    let key = ApiKeyPair::from_private_hex(Curve::Secp256k1, SEVEN).unwrap();
    let stamp = key.stamp(Scheme::Secp256k1Eip191, BODY).unwrap();
    let prefixed = [b"\x19Ethereum Signed Message:\n57", BODY].concat();
    let message = secp256k1::Message::from_digest(Keccak256::digest(prefixed).into());
    assert!(secp256k1_accepts(
        &stamp.public_key,
        message,
        &stamp.signature
    ));
}

#[test]
fn an_ed25519_stamp_verifies_over_the_body_itself() {
    let key = ApiKeyPair::from_private_hex(Curve::Ed25519, SEVEN).unwrap();
    let stamp = key.stamp(key.default_scheme(), BODY).unwrap();
    let verifier = aws_lc_rs::signature::UnparsedPublicKey::new(
        &aws_lc_rs::signature::ED25519,
        &stamp.public_key,
    );
    verifier.verify(BODY, &stamp.signature).unwrap();
    assert_eq!(stamp.public_key.len(), 32);
}

#[test]
fn a_scheme_for_another_curve_is_refused() {
    for curve in Curve::ALL {
        let key = ApiKeyPair::generate(curve, &mut Counting(0)).unwrap();
        for scheme in Scheme::ALL {
            let refused = key.stamp(scheme, BODY).err();
            assert_eq!(
                refused,
                (scheme.curve() != curve).then_some(Error::WrongCurve)
            );
        }
    }
}

#[test]
fn a_key_file_reads_back() {
    for curve in Curve::ALL {
        let key = ApiKeyPair::generate(curve, &mut Counting(0)).unwrap();
        let digits = key.to_private_hex();
        assert_eq!(digits.len(), 64);
        let again = ApiKeyPair::from_private_hex(curve, &digits).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }
}

#[test]
fn two_generated_keys_differ() {
    let mut entropy = Counting(0);
    let one = ApiKeyPair::generate(Curve::P256, &mut entropy).unwrap();
    let two = ApiKeyPair::generate(Curve::P256, &mut entropy).unwrap();
    assert_ne!(one.public_key(), two.public_key());
}

#[test]
fn refuses_what_is_no_private_key_file() {
    for digits in [
        "",
        "07",
        &"00".repeat(32),
        &"zz".repeat(32),
        &format!("{SEVEN}\n"),
    ] {
        let refused = ApiKeyPair::from_private_hex(Curve::P256, digits).err();
        assert_eq!(refused, Some(Error::InvalidPrivateKey), "{digits:?}");
    }
}

const ORIGIN: &str = "log.example/zegel";

#[test]
fn a_checkpoint_verifies_under_the_published_key() {
    let log = LogKey::generate(ORIGIN, &mut Counting(0)).unwrap();
    let verifier = log.verifier_key();
    let text = b"log.example/zegel\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let signature = log.sign_checkpoint(text).unwrap();
    assert_eq!(
        (signature.name.as_str(), signature.key_id),
        (ORIGIN, verifier.key_id)
    );
    let key = PublicKey::from_bytes(Curve::Ed25519, &verifier.public_key).unwrap();
    aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key.as_bytes())
        .verify(text, &signature.signature)
        .unwrap();
}

#[test]
fn the_key_id_is_the_signed_note_hash() {
    let log = LogKey::generate(ORIGIN, &mut Counting(0)).unwrap();
    let verifier = log.verifier_key();
    let preimage = [ORIGIN.as_bytes(), b"\n\x01", &verifier.public_key].concat();
    assert_eq!(verifier.key_id, Sha256::digest(preimage)[..4]);
}

#[test]
fn a_sealed_log_key_opens_for_its_own_origin_only() {
    let root = root_key(1);
    let log = LogKey::generate(ORIGIN, &mut Counting(0)).unwrap();
    let sealed = log.seal(&root, &mut Counting(9)).unwrap();
    let again = LogKey::open(&root, ORIGIN, &sealed).unwrap();
    assert_eq!(again.verifier_key(), log.verifier_key());
    let refused = |root, origin| LogKey::open(root, origin, &sealed).err();
    assert_eq!(refused(&root, "log.example/other"), Some(Error::Unopenable));
    assert_eq!(refused(&root_key(2), ORIGIN), Some(Error::OtherRootKey));
}

fn secp256k1_accepts(key: &[u8], message: secp256k1::Message, der: &[u8]) -> bool {
    let key = secp256k1::PublicKey::from_slice(key).unwrap();
    let signature = secp256k1::ecdsa::Signature::from_der(der).unwrap();
    secp256k1::ecdsa::verify(&signature, message, &key).is_ok()
}
