//! What every family takes, with the precompiled contract and without.

use verify::evm::Family;

use crate::ceremony::{FAMILIES, HASH, Passkey};
use crate::wallets::Wallets;

#[test]
fn every_family_takes_what_a_passkey_signed() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for family in FAMILIES {
        let signed = passkey.answer(&family, |_| {});
        let encoded = signed.encode(&family, &passkey.key()).unwrap();
        assert!(
            wallets.accept(&family, &HASH, &encoded.signature),
            "{family:?}"
        );
        // And for nothing else.
        assert!(!wallets.accept(&family, &[0xfc; 32], &encoded.signature));
    }
}

#[test]
fn nobody_takes_what_another_passkey_signed() {
    let (owner, other) = (Passkey::new(1), Passkey::new(2));
    let mut wallets = Wallets::osaka(&owner.key());
    for family in FAMILIES {
        let signed = other.answer(&family, |_| {});
        let encoded = signed.encode(&family, &other.key()).unwrap();
        assert!(
            !wallets.accept(&family, &HASH, &encoded.signature),
            "{family:?}"
        );
        assert!(signed.encode(&family, &owner.key()).is_err());
    }
}

#[test]
fn without_the_precompile_some_compute_the_curve_themselves() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::prague(&passkey.key());
    for family in FAMILIES {
        let signed = passkey.answer(&family, |_| {});
        let encoded = signed.encode(&family, &passkey.key()).unwrap();
        // Solady asks a contract at a fixed address, which is not there.
        let computes = match family {
            Family::Coinbase { .. } | Family::Solady => false,
            Family::OpenZeppelin | Family::Safe | Family::Daimo { .. } => true,
        };
        let accepted = wallets.accept(&family, &HASH, &encoded.signature);
        assert_eq!(accepted, computes, "{family:?}");
    }
}

#[test]
fn a_safe_without_a_contract_for_the_curve_needs_the_precompile() {
    let passkey = Passkey::new(1);
    let signed = passkey.answer(&Family::Safe, |_| {});
    let encoded = signed.encode(&Family::Safe, &passkey.key()).unwrap();
    let mut with = Wallets::osaka(&passkey.key());
    assert!(with.safe_without_help(&HASH, &encoded.signature));
    let mut without = Wallets::prague(&passkey.key());
    assert!(!without.safe_without_help(&HASH, &encoded.signature));
}
