use std::cell::Cell;

use wire::Sealed;
use wire::id::OrganisationId;
use zeroize::Zeroizing;

use super::*;

/// A shelf, and how many keys had to be made.
struct Shop {
    warm: WarmKeys,
    made: Cell<usize>,
}

impl Shop {
    fn new(capacity: usize) -> Self {
        Self {
            warm: WarmKeys::new(capacity),
            made: Cell::new(0),
        }
    }

    /// Asks for key `number`; says whether it had to be made.
    fn ask(&self, number: u8) -> bool {
        self.ask_by(name(number))
    }

    fn ask_by(&self, name: WarmName) -> bool {
        let before = self.made.get();
        self.warm
            .get_or_insert(name, |arena| {
                self.made.set(before + 1);
                SigningKey::new(Curve::Ed25519, &mut Zeroizing::new([7; 32]), arena)
            })
            .unwrap();
        self.made.get() > before
    }
}

fn row(number: u8) -> PrivateKeyRow {
    let organisation = OrganisationId::from_bytes([1; 16]);
    PrivateKeyRow {
        organisation,
        key: PrivateKeyId::from_bytes([number; 16]),
    }
}

fn name(number: u8) -> WarmName {
    let sealed = Sealed::from_bytes(vec![number; 40]);
    WarmName::of(&KeyRef::PrivateKey {
        key: row(number),
        sealed: &sealed,
        curve: Curve::Ed25519,
    })
}

#[test]
fn a_key_is_made_once_while_it_is_warm() {
    let shop = Shop::new(2);
    assert!(shop.ask(1));
    assert!(!shop.ask(1));
    assert!(!shop.ask(1));
}

#[test]
fn the_key_used_longest_ago_makes_room() {
    let shop = Shop::new(2);
    assert!(shop.ask(1));
    assert!(shop.ask(2));
    assert!(!shop.ask(1));
    assert!(shop.ask(3), "2 makes room");
    assert!(!shop.ask(1));
    assert!(!shop.ask(3));
    assert!(shop.ask(2));
}

#[test]
fn a_shelf_without_room_keeps_nothing() {
    let shop = Shop::new(0);
    assert!(shop.ask(1));
    assert!(shop.ask(1));
}

#[test]
fn t99_every_part_of_the_name_counts() {
    let shop = Shop::new(8);
    let sealed = |byte| Sealed::from_bytes(vec![byte; 40]);
    let ask = |key, sealed: &Sealed, curve| {
        shop.ask_by(WarmName::of(&KeyRef::PrivateKey { key, sealed, curve }))
    };
    assert!(ask(row(1), &sealed(1), Curve::Ed25519));
    assert!(!ask(row(1), &sealed(1), Curve::Ed25519));
    assert!(ask(row(1), &sealed(2), Curve::Ed25519));
    assert!(ask(row(1), &sealed(1), Curve::P256));
    let organisation = OrganisationId::from_bytes([2; 16]);
    assert!(ask(
        PrivateKeyRow {
            organisation,
            ..row(1)
        },
        &sealed(1),
        Curve::Ed25519
    ));
}

#[test]
fn t104_a_forgotten_key_has_to_be_made_again_and_the_others_stay() {
    let shop = Shop::new(8);
    shop.ask(1);
    shop.ask(2);
    shop.warm.forget(|name| name.is_private_key(row(1).key));
    assert!(shop.ask(1));
    assert!(!shop.ask(2));
}

#[test]
fn t104_a_key_forgotten_while_it_is_made_is_not_kept() {
    let shop = Shop::new(8);
    shop.warm
        .get_or_insert(name(1), |arena| {
            shop.warm.forget(|_| true);
            SigningKey::new(Curve::Ed25519, &mut Zeroizing::new([7; 32]), arena)
        })
        .unwrap();
    assert!(shop.ask(1));
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let shop = Shop::new(8);
    let failed = shop.warm.get_or_insert(name(1), |_| Err(Error::Unopenable));
    assert_eq!(failed.err(), Some(Error::Unopenable));
    assert!(shop.ask(1));
}
