//! What is changed after it was signed.

use testkit::keys;
use verify::evm::Family;

use crate::ceremony::{
    COINBASE, DAIMO_V1, DAIMO_V2, FAMILIES, HASH, KEY_SLOT, OWNER_INDEX, Passkey,
};
use crate::wallets::Wallets;

#[test]
fn nobody_but_safe_takes_the_high_s() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for family in FAMILIES {
        let signed = passkey.answer(&family, |_| {});
        let high = signed.draft().with_high_s(&signed.signature);
        let accepted = wallets.accept(&family, &HASH, &high.spell(&family));
        assert_eq!(accepted, family == Family::Safe, "{family:?}");
        // Whichever of the two an authenticator made, the low one is what is sent.
        let mut twin = signed.clone();
        twin.signature = keys::p256_twin(&signed.signature);
        let encoded = signed.encode(&family, &passkey.key()).unwrap();
        assert_eq!(twin.encode(&family, &passkey.key()), Ok(encoded));
    }
}

#[test]
fn a_wrong_place_is_refused_by_who_is_told_places() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for family in [COINBASE, Family::Solady, Family::OpenZeppelin, DAIMO_V1] {
        let mut draft = passkey.answer(&family, |_| {}).draft();
        assert!(wallets.accept(&family, &HASH, &draft.spell(&family)));
        for places in [
            (24, 1),
            (22, 1),
            (23, 0),
            (23, 2),
            (1, 23),
            (999, 1),
            (23, 999),
        ] {
            (draft.challenge_index, draft.type_index) = places;
            let sent = draft.spell(&family);
            assert!(
                !wallets.accept(&family, &HASH, &sent),
                "{family:?} {places:?}"
            );
        }
    }
}

#[test]
fn an_owner_at_another_place_is_not_this_one() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    let elsewhere = [
        Family::Coinbase {
            owner_index: OWNER_INDEX + 1,
        },
        with_slot(DAIMO_V1, KEY_SLOT + 1),
        with_slot(DAIMO_V2, KEY_SLOT + 1),
    ];
    for family in elsewhere {
        let signed = passkey.answer(&family, |_| {});
        let encoded = signed.encode(&family, &passkey.key()).unwrap();
        assert!(!wallets.accept(&family, &HASH, &encoded.signature));
    }
}

fn with_slot(family: Family, slot: u8) -> Family {
    match family {
        Family::Daimo {
            version,
            valid_until,
            ..
        } => Family::Daimo {
            version,
            key_slot: slot,
            valid_until,
        },
        other => other,
    }
}

#[test]
fn the_end_that_was_signed_is_the_end_that_counts() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for (family, last_byte_of_end) in [(DAIMO_V1, 6), (DAIMO_V2, 5)] {
        let mut bytes = passkey.answer(&family, |_| {}).draft().spell(&family);
        assert!(wallets.accept(&family, &HASH, &bytes));
        bytes[last_byte_of_end] += 1;
        assert!(!wallets.accept(&family, &HASH, &bytes));
    }
}

#[test]
fn a_flipped_bit_is_refused_unless_it_is_in_the_padding() {
    let passkey = Passkey::new(1);
    let mut wallets = Wallets::osaka(&passkey.key());
    for family in FAMILIES {
        let draft = passkey.answer(&family, |_| {}).draft();
        let good = draft.spell(&family);
        let accepted = (0..good.len()).filter(|&place| {
            let mut bytes = good.clone();
            bytes[place] ^= 0x80;
            wallets.accept(&family, &HASH, &bytes)
        });
        let accepted: Vec<usize> = accepted.collect();
        let text = match family {
            Family::Safe => draft.fields(),
            _ => &draft.client,
        };
        let mut padding = padding_behind(&good, &draft.data);
        padding.extend(padding_behind(&good, text));
        assert_eq!(accepted, padding, "{family:?}");
    }
}

/// The places that fill the last word of some bytes.
fn padding_behind(all: &[u8], bytes: &[u8]) -> Vec<usize> {
    let mut windows = all.windows(bytes.len());
    let begin = windows.position(|window| window == bytes).unwrap();
    (begin + bytes.len()..begin + bytes.len().next_multiple_of(32)).collect()
}
