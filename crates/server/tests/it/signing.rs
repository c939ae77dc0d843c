//! Signatures, checked with a library that did not make them.

use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use serde_json::{Value, json};
use testkit::ApiKey;

use crate::support::{World, ethereum_account};

/// The unsigned transaction of EIP-155's example.
pub const EIP155_UNSIGNED: &str =
    "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080";

fn account(curve: &str, path: &str, format: &str) -> Value {
    json!({
        "curve": curve, "pathFormat": "PATH_FORMAT_BIP32", "path": path, "addressFormat": format,
    })
}

fn payload(sign_with: &Value, payload: &str, encoding: &str, hash: &str) -> Value {
    json!({
        "signWith": sign_with, "payload": payload,
        "encoding": format!("PAYLOAD_ENCODING_{encoding}"),
        "hashFunction": format!("HASH_FUNCTION_{hash}"),
    })
}

#[tokio::test]
pub async fn an_ethereum_signature_recovers_to_the_address() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let digest = [0x42; 32];
    for sign_with in [wallet.address.clone(), wallet.address.to_lowercase()] {
        let signed = world
            .done(
                &child,
                "SIGN_RAW_PAYLOAD_V2",
                payload(
                    &sign_with.into(),
                    &hex::encode(digest),
                    "HEXADECIMAL",
                    "NO_OP",
                ),
            )
            .await;
        let part = |name: &str| hex::decode(signed[name].as_str().unwrap()).unwrap();
        let compact = [part("r"), part("s")].concat();
        let id = RecoveryId::try_from(i32::from(part("v")[0])).unwrap();
        let signature = RecoverableSignature::from_compact(&compact, id).unwrap();
        let message = secp256k1::Message::from_digest(digest);
        let key = signature.recover(message).unwrap();
        assert_eq!(address_of(&key), wallet.address.to_lowercase());
    }
}

fn address_of(key: &secp256k1::PublicKey) -> String {
    use sha3::Digest;
    let hash = sha3::Keccak256::digest(&key.serialize_uncompressed()[1..]);
    format!("0x{}", hex::encode(&hash[12..]))
}

#[tokio::test]
pub async fn every_curve_signs_and_verifies() {
    let world = World::new().await;
    let made = world
        .done(
            &world.root,
            "CREATE_WALLET",
            json!({ "walletName": "w", "accounts": [
            ethereum_account(0),
            account("CURVE_ED25519", "m/44'/501'/0'/0'", "ADDRESS_FORMAT_SOLANA"),
            account("CURVE_P256", "m/0'/0", "ADDRESS_FORMAT_COMPRESSED"),
        ] }),
        )
        .await;
    let accounts = world
        .ask(
            &world.root,
            "list_wallet_accounts",
            json!({ "walletId": made["walletId"] }),
        )
        .await;
    let public_key = |address: &Value| {
        let accounts = accounts.body["accounts"].as_array().unwrap();
        let found = accounts
            .iter()
            .find(|account| account["address"] == *address)
            .unwrap();
        hex::decode(found["publicKey"].as_str().unwrap()).unwrap()
    };
    let both = |signed: &Value| {
        hex::decode(format!(
            "{}{}",
            signed["r"].as_str().unwrap(),
            signed["s"].as_str().unwrap()
        ))
        .unwrap()
    };
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
    let solana = &made["addresses"][1];
    let signed = world
        .done(
            &world.root,
            "SIGN_RAW_PAYLOAD_V2",
            payload(solana, "68656c6c6f", "HEXADECIMAL", "NOT_APPLICABLE"),
        )
        .await;
    UnparsedPublicKey::new(&ED25519, public_key(solana))
        .verify(b"hello", &both(&signed))
        .unwrap();
    assert_eq!(signed["v"], "00");
    let p256 = &made["addresses"][2];
    let signed = world
        .done(
            &world.root,
            "SIGN_RAW_PAYLOAD_V2",
            payload(p256, "hello", "TEXT_UTF8", "SHA256"),
        )
        .await;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key(p256))
        .verify(b"hello", &both(&signed))
        .unwrap();
}

#[tokio::test]
pub async fn several_payloads_are_signed_in_order() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let signed = world
        .done(
            &child,
            "SIGN_RAW_PAYLOADS",
            json!({
                "signWith": wallet.address, "payloads": ["11".repeat(32), "22".repeat(32)],
                "encoding": "PAYLOAD_ENCODING_HEXADECIMAL", "hashFunction": "HASH_FUNCTION_NO_OP",
            }),
        )
        .await;
    let signatures = signed["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert_ne!(signatures[0], signatures[1]);
}

#[tokio::test]
pub async fn a_private_key_signs_by_id_address_and_public_key() {
    let world = World::new().await;
    let made = world
        .done(
            &world.root,
            "CREATE_PRIVATE_KEYS_V2",
            json!({ "privateKeys": [{
            "privateKeyName": "raw", "curve": "CURVE_SECP256K1",
            "privateKeyTags": [], "addressFormats": ["ADDRESS_FORMAT_ETHEREUM"],
        }] }),
        )
        .await;
    let made = &made["privateKeys"][0];
    let read = world
        .ask(
            &world.root,
            "get_private_key",
            json!({ "privateKeyId": made["privateKeyId"] }),
        )
        .await;
    let mut signatures = Vec::new();
    for sign_with in [
        &made["privateKeyId"],
        &made["addresses"][0]["address"],
        &read.body["privateKey"]["publicKey"],
    ] {
        let digest = "33".repeat(32);
        let parameters = payload(sign_with, &digest, "HEXADECIMAL", "NO_OP");
        signatures.push(
            world
                .done(&world.root, "SIGN_RAW_PAYLOAD_V2", parameters)
                .await,
        );
    }
    assert!(
        signatures
            .iter()
            .all(|signature| *signature == signatures[0]),
        "RFC 6979 repeats itself"
    );
}

#[tokio::test]
pub async fn an_ethereum_transaction_comes_back_signed() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    for unsigned in [EIP155_UNSIGNED.to_owned(), format!("0x{EIP155_UNSIGNED}")] {
        let signed = world
            .done(
                &child,
                "SIGN_TRANSACTION_V2",
                json!({
                    "signWith": wallet.address, "type": "TRANSACTION_TYPE_ETHEREUM",
                    "unsignedTransaction": unsigned,
                }),
            )
            .await;
        let signed = signed["signedTransaction"].as_str().unwrap();
        assert!(signed.contains("098504a817c800825208943535"), "{signed}");
    }
}

#[tokio::test]
pub async fn what_cannot_be_signed_is_refused_in_the_words_clients_know() {
    let world = World::new().await;
    let (child, wallet) = world.child("Child", ApiKey::p256(2)).await;
    let address = Value::from(wallet.address);
    for (text, encoding, hash, fragment) in [
        (
            "00",
            "HEXADECIMAL",
            "NO_OP",
            "expected a 32-bytes-long digest",
        ),
        ("xyz", "HEXADECIMAL", "NO_OP", "invalid payload encoding"),
        ("00", "BASE64", "NO_OP", "invalid payload encoding"),
        ("00", "HEXADECIMAL", "MD5", "invalid hash function"),
        (
            "00",
            "HEXADECIMAL",
            "NOT_APPLICABLE",
            "invalid hash function",
        ),
        ("{}", "EIP712", "NO_OP", "invalid payload encoding"),
    ] {
        let reply = world
            .submit(
                &child,
                "SIGN_RAW_PAYLOAD_V2",
                payload(&address, text, encoding, hash),
            )
            .await;
        reply.fails(400, fragment);
    }
    let digest = "00".repeat(32);
    world
        .submit(
            &child,
            "SIGN_RAW_PAYLOAD_V2",
            payload(&"0xnone".into(), &digest, "HEXADECIMAL", "NO_OP"),
        )
        .await
        .fails(404, "could not find a wallet account or private key");
    for (kind, text, fragment) in [
        ("ETHEREUM", "", "invalid transaction"),
        ("ETHEREUM", "c0", "invalid transaction"),
        ("SOLANA", "00", "invalid transaction"),
        ("TEMPO", "00", "unsupported transaction type"),
        ("DOGE", "00", "unsupported transaction type"),
    ] {
        let reply = world
            .submit(
                &child,
                "SIGN_TRANSACTION_V2",
                json!({
                    "signWith": address, "type": format!("TRANSACTION_TYPE_{kind}"),
                    "unsignedTransaction": text,
                }),
            )
            .await;
        reply.fails(400, fragment);
    }
}
