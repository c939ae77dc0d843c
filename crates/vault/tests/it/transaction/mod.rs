//! Unsigned transactions, against vectors that other implementations computed.

use serde::Deserialize;
use testkit::vectors;
use vault::transaction::UnsignedTransaction;
use wire::signing::TransactionType;

mod ethereum;
mod signer;
mod solana;
mod tron;

/// A transaction that must be refused, with the whole text of the error.
#[derive(Deserialize)]
struct Refused {
    name: String,
    unsigned: String,
    expect: String,
}

fn refuses_each(file: &str, kind: TransactionType) {
    for Refused {
        name,
        unsigned,
        expect,
    } in vectors::read::<Vec<_>>(file)
    {
        let refusal = UnsignedTransaction::parse(&unsigned, kind).map_err(|e| e.to_string());
        assert_eq!(refusal, Err(expect), "{name}");
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex::decode(digits).unwrap()
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    bytes(digits).try_into().unwrap()
}

#[test]
fn families_that_are_not_signed_for_are_refused_by_name() {
    for kind in [TransactionType::Bitcoin, TransactionType::Tempo] {
        let refusal = UnsignedTransaction::parse("00", kind).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            format!("unsupported transaction type: {kind}")
        );
    }
}
