//! From unsigned to signed through the vault: the deterministic signatures of RFC 6979 and
//! RFC 8032 make the result equal to what the chains' own libraries produced with the same key.

use serde::Deserialize;
use testkit::vectors;
use vault::payload::ToSign;
use vault::transaction::{TransactionError, UnsignedTransaction};
use vault::{KeyRef, PublicKey, RecoverableSignature};
use wire::keys::Curve;
use wire::signing::TransactionType;
use wire::solana::MessageError;

use crate::support::{Counting, evidence, key_row, vault};

#[derive(Deserialize)]
struct Vector {
    name: String,
    unsigned: String,
    signed: String,
    #[serde(default)]
    public_key: String,
}

/// Signs with the vault, which has the key imported.
fn sign(
    unsigned: &str,
    kind: TransactionType,
    curve: Curve,
    secret: &[u8; 32],
) -> Result<String, TransactionError> {
    let (vault, row) = (vault(), key_row(2));
    let (sealed, public) = vault
        .import_private_key(&row, curve, secret, &mut Counting(7))
        .unwrap();
    let awaiting = UnsignedTransaction::parse(unsigned, kind)?.for_signer(&public)?;
    let key = KeyRef::PrivateKey {
        key: row,
        sealed: &sealed,
        curve,
    };
    let signature = vault.sign(&evidence(1), &key, &awaiting.to_sign()).unwrap();
    awaiting.into_signed(&signature)
}

/// Compares what the vault makes of a vector with what the chain's own library made.
fn check(vector: &Vector, kind: TransactionType, curve: Curve, secret: &[u8; 32]) {
    let found = sign(&vector.unsigned, kind, curve, secret);
    assert_eq!(found.as_ref(), Ok(&vector.signed), "{}", vector.name);
}

#[test]
fn signs_ethereum_transactions_as_viem_does() {
    for vector in vectors::read::<Vec<_>>("transaction/ethereum.json") {
        check(
            &vector,
            TransactionType::Ethereum,
            Curve::Secp256k1,
            &[0x46; 32],
        );
    }
}

#[test]
fn signs_tron_transactions_as_tronweb_does() {
    for vector in vectors::read::<Vec<_>>("transaction/tron.json") {
        check(
            &vector,
            TransactionType::Tron,
            Curve::Secp256k1,
            &[0x46; 32],
        );
    }
}

#[test]
fn signs_solana_transactions_as_web3_does() {
    for mut vector in vectors::read::<Vec<Vector>>("transaction/solana.json") {
        vector.unsigned.insert_str(0, "0x");
        // The seeds of the vectors' keys are 32 times 1, 2, 3 or 4.
        let mut seeds = (1..=4).map(|byte| [byte; 32]);
        let seed = seeds.find(|seed| public_of(seed) == vector.public_key);
        check(
            &vector,
            TransactionType::Solana,
            Curve::Ed25519,
            &seed.expect("a known key"),
        );
    }
}

#[test]
fn refuses_a_signer_on_another_curve() {
    let check = |file, kind, curve: Curve, needs| {
        let unsigned = vectors::read::<Vec<Vector>>(file).swap_remove(0).unsigned;
        let refusal = sign(&unsigned, kind, curve, &[0x46; 32]);
        assert_eq!(
            refusal,
            Err(TransactionError::WrongCurve {
                needs,
                found: curve
            })
        );
    };
    use TransactionType::{Ethereum, Solana, Tron};
    for curve in [Curve::Ed25519, Curve::P256] {
        check(
            "transaction/ethereum.json",
            Ethereum,
            curve,
            Curve::Secp256k1,
        );
        check("transaction/tron.json", Tron, curve, Curve::Secp256k1);
    }
    for curve in [Curve::Secp256k1, Curve::P256] {
        check("transaction/solana.json", Solana, curve, Curve::Ed25519);
    }
}

#[test]
fn refuses_a_solana_signer_before_anything_is_signed() {
    let unsigned = vectors::read::<Vec<Vector>>("transaction/solana.json")
        .swap_remove(0)
        .unsigned;
    let refusal = sign(
        &unsigned,
        TransactionType::Solana,
        Curve::Ed25519,
        &[0x46; 32],
    );
    assert_eq!(
        refusal,
        Err(TransactionError::Solana(MessageError::NotASigner))
    );
    assert_eq!(
        refusal.unwrap_err().to_string(),
        "invalid transaction: the signer is not among the required signers"
    );
}

#[test]
fn refuses_a_recovery_id_that_no_transaction_can_carry() {
    let unsigned = vectors::read::<Vec<Vector>>("transaction/ethereum.json")
        .swap_remove(0)
        .unsigned;
    let signer = PublicKey::Secp256k1([2; 33]);
    let awaiting = UnsignedTransaction::parse(&unsigned, TransactionType::Ethereum)
        .unwrap()
        .for_signer(&signer)
        .unwrap();
    assert!(matches!(awaiting.to_sign(), ToSign::Digest(_)));
    let signature = RecoverableSignature {
        r: [1; 32],
        s: [1; 32],
        v: 2,
    };
    assert_eq!(
        awaiting.into_signed(&signature),
        Err(TransactionError::RecoveryId)
    );
}

fn public_of(seed: &[u8; 32]) -> String {
    hex::encode(
        ed25519_dalek::SigningKey::from_bytes(seed)
            .verifying_key()
            .as_bytes(),
    )
}
