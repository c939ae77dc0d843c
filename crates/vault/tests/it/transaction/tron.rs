//! Tron transactions, against vectors that its JavaScript library computed.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use testkit::vectors;
use vault::transaction::TronTransaction;
use wire::signing::TransactionType;

use super::{array, bytes, refuses_each};

#[derive(Deserialize)]
struct Vector {
    name: String,
    type_url: String,
    permission_id: i64,
    fee_limit: i64,
    memo: String,
    expiration_ms: i64,
    timestamp_ms: i64,
    unsigned: String,
    signing_hash: String,
    r: String,
    s: String,
    y_parity: u8,
    signed: String,
}

fn known() -> Vec<Vector> {
    vectors::read("transaction/tron.json")
}

#[test]
fn reads_hashes_and_signs_as_tronweb_does() {
    for vector in known() {
        let name = &vector.name;
        let transaction = TronTransaction::parse(&bytes(&vector.unsigned)).expect(name);
        let fields = transaction.fields();
        assert_eq!(fields.contract.type_url, vector.type_url, "{name}");
        assert_eq!(
            fields.contract.permission_id, vector.permission_id,
            "{name}"
        );
        assert_eq!(fields.fee_limit, vector.fee_limit, "{name}");
        assert_eq!(hex::encode(&fields.data), vector.memo, "{name}");
        assert_eq!(fields.expiration_ms, vector.expiration_ms, "{name}");
        assert_eq!(fields.timestamp_ms, vector.timestamp_ms, "{name}");
        assert_eq!(
            hex::encode(transaction.signing_hash()),
            vector.signing_hash,
            "{name}"
        );
        let signed =
            transaction.into_signed(&array(&vector.r), &array(&vector.s), vector.y_parity == 1);
        assert_eq!(signed, vector.signed, "{name}");
    }
}

#[test]
fn refuses_what_is_not_the_raw_part_of_a_transaction_and_says_why() {
    refuses_each("transaction/refused-tron.json", TransactionType::Tron);
}

#[test]
fn refuses_a_contract_cut_short() {
    // Fields behind the contract may be absent, so a cut there is another, shorter transaction.
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        let original = TronTransaction::parse(&unsigned).unwrap();
        let behind_contract = 7 + if original.fields().fee_limit == 0 {
            0
        } else {
            6
        };
        for end in 0..unsigned.len() {
            let cut = TronTransaction::parse(&unsigned[..end]);
            if end < unsigned.len() - behind_contract {
                assert!(cut.is_err(), "{} {end}", vector.name);
            } else if let Ok(cut) = cut {
                assert_ne!(cut.fields(), original.fields(), "{} {end}", vector.name);
            }
        }
    }
}

#[test]
fn refuses_a_changed_byte_or_reads_another_transaction() {
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        let original = TronTransaction::parse(&unsigned).unwrap();
        for at in 0..unsigned.len() {
            for change in [0x01, 0x08, 0x40, 0x80, 0xff] {
                let mut changed = unsigned.clone();
                changed[at] ^= change;
                if let Ok(transaction) = TronTransaction::parse(&changed) {
                    assert_ne!(
                        transaction.fields(),
                        original.fields(),
                        "{} {at}",
                        vector.name
                    );
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(rest in vec(any::<u8>(), 0..200)) {
        let _ = TronTransaction::parse(&rest);
        let contract = [&[0x5a, rest.len().min(127) as u8][..], &rest].concat();
        let _ = TronTransaction::parse(&contract);
    }
}
