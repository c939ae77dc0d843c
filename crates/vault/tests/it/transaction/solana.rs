//! Solana transactions, legacy and version 0, with one and with several signers.

use ed25519_dalek::{Signature, VerifyingKey};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;
use testkit::vectors;
use wire::signing::TransactionType;
use wire::solana::{Address, MessageError, Transaction, Version};

use super::{array, bytes, refuses_each};

#[derive(Deserialize)]
struct Vector {
    name: String,
    version: Option<u8>,
    signers: usize,
    accounts: usize,
    instructions: usize,
    lookups: usize,
    unsigned: String,
    public_key: String,
    slot: usize,
    message: String,
    signature: String,
    signed: String,
}

fn known() -> Vec<Vector> {
    vectors::read("transaction/solana.json")
}

#[test]
fn finds_the_slot_and_fills_it_as_web3_does() {
    for vector in known() {
        let name = &vector.name;
        let key = Address::from_bytes(array(&vector.public_key));
        let transaction = Transaction::parse(&bytes(&vector.unsigned)).expect(name);
        let message = transaction.message();
        let version = match message.version() {
            Version::Legacy => None,
            Version::V0 => Some(0),
        };
        assert_eq!(version, vector.version, "{name}");
        assert_eq!(message.signers().len(), vector.signers, "{name}");
        assert_eq!(message.account_keys().len(), vector.accounts, "{name}");
        assert_eq!(message.instructions().len(), vector.instructions, "{name}");
        assert_eq!(
            message.address_table_lookups().len(),
            vector.lookups,
            "{name}"
        );
        assert_eq!(transaction.slot_of(&key), Ok(vector.slot), "{name}");
        assert_eq!(
            hex::encode(transaction.message_bytes()),
            vector.message,
            "{name}"
        );
        let signed = transaction.with_signature(&key, &array(&vector.signature));
        assert_eq!(
            hex::encode(signed.unwrap().to_bytes()),
            vector.signed,
            "{name}"
        );
    }
}

#[test]
fn the_signatures_of_the_vectors_cover_the_message_bytes() {
    for vector in known() {
        let transaction = Transaction::parse(&bytes(&vector.unsigned)).unwrap();
        let key = VerifyingKey::from_bytes(&array(&vector.public_key)).unwrap();
        let signature = Signature::from_bytes(&array(&vector.signature));
        assert!(
            key.verify_strict(transaction.message_bytes(), &signature)
                .is_ok()
        );
    }
}

#[test]
fn signing_again_changes_nothing_and_other_slots_stay() {
    for vector in known() {
        let signed = Transaction::parse(&bytes(&vector.signed)).unwrap();
        let key = Address::from_bytes(array(&vector.public_key));
        let again = signed
            .clone()
            .with_signature(&key, &array(&vector.signature));
        assert_eq!(again, Ok(signed), "{}", vector.name);
    }
}

#[test]
fn refuses_a_key_that_need_not_sign() {
    for vector in known() {
        let transaction = Transaction::parse(&bytes(&vector.unsigned)).unwrap();
        let message = transaction.message();
        let bystanders = &message.account_keys()[vector.signers..];
        for key in bystanders.iter().chain([&Address::from_bytes([0xee; 32])]) {
            assert_eq!(transaction.slot_of(key), Err(MessageError::NotASigner));
            let refusal = transaction.clone().with_signature(key, &[1; 64]);
            assert_eq!(refusal, Err(MessageError::NotASigner), "{}", vector.name);
        }
    }
}

#[test]
fn knows_who_signs_who_may_write_and_which_program_runs() {
    let named = |name: &str| {
        let vector = known()
            .into_iter()
            .find(|vector| vector.name.starts_with(name))
            .unwrap();
        Transaction::parse(&bytes(&vector.unsigned))
            .unwrap()
            .message()
            .clone()
    };
    let memo = named("legacy: a read-only signer");
    assert_eq!(
        (0..3).map(|i| memo.is_signer(i)).collect::<Vec<_>>(),
        [true, true, false]
    );
    assert_eq!(
        (0..3).map(|i| memo.is_writable(i)).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_eq!(memo.instructions()[0].data, [0x6d; 300]);

    let tables = named("version 0 with accounts from two tables");
    let writable: Vec<_> = (0..6).map(|index| tables.is_writable(index)).collect();
    // Payer, System, memo; then what the tables load: two writable, one read-only.
    assert_eq!(writable, [true, false, false, true, true, false]);
    let programs: Vec<_> = tables
        .instructions()
        .iter()
        .map(|i| tables.program(i))
        .collect();
    assert!(
        programs.contains(&Some(&Address::from_bytes([0; 32]))),
        "the System program is 32 zero bytes"
    );
    assert_eq!(*tables.recent_blockhash(), [9; 32]);
}

#[test]
fn refuses_what_is_not_a_transaction_and_says_why() {
    refuses_each("transaction/refused-solana.json", TransactionType::Solana);
}

#[test]
fn refuses_every_transaction_cut_short_or_made_longer() {
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        for end in 0..unsigned.len() {
            assert!(
                Transaction::parse(&unsigned[..end]).is_err(),
                "{}",
                vector.name
            );
        }
        let longer = [&unsigned[..], &[0]].concat();
        assert_eq!(Transaction::parse(&longer), Err(MessageError::Trailing));
    }
}

#[test]
fn refuses_a_changed_byte_or_reads_another_transaction() {
    for vector in known() {
        let unsigned = bytes(&vector.unsigned);
        let original = Transaction::parse(&unsigned).unwrap();
        let message_starts = unsigned.len() - original.message_bytes().len();
        for at in message_starts..unsigned.len() {
            for change in [0x01, 0x40, 0x80, 0xff] {
                let mut changed = unsigned.clone();
                changed[at] ^= change;
                if let Ok(transaction) = Transaction::parse(&changed) {
                    assert_ne!(
                        transaction.message(),
                        original.message(),
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
    fn no_bytes_make_it_panic(slots in 0..4_u8, header in any::<[u8; 3]>(),
                              version in prop::option::of(Just(0x80_u8)),
                              rest in vec(any::<u8>(), 0..300)) {
        let mut transaction = vec![slots];
        transaction.extend(vec![0; usize::from(slots) * 64]);
        transaction.extend(version);
        transaction.extend(header.map(|count| count % 4));
        transaction.extend(rest);
        if let Ok(transaction) = Transaction::parse(&transaction) {
            for index in 0..=u8::MAX {
                let _ = transaction.message().is_writable(index);
            }
        }
    }
}
