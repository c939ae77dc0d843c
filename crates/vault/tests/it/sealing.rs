//! Sealed values open where they belong and nowhere else.

use vault::{
    Error, KeyRef, PassphraseCost, PrivateKeyRow, RootKey, Vault, WalletRow, WordCount,
    WrappedRootKey,
};
use wire::Sealed;
use wire::id::{PrivateKeyId, WalletId};
use wire::keys::{Curve, DerivationPath};

use crate::support::{ABANDON, Counting, key_row, organisation, root_key, vault, wallet_row};

#[test]
fn t98_nothing_of_a_secret_shows_in_what_is_stored() {
    let vault = vault();
    let secret = [0x5a; 31].iter().copied().chain([1]).collect::<Vec<_>>();
    let row = key_row(1);
    let (sealed, _) = vault
        .import_private_key(&row, Curve::P256, &secret, &mut Counting(0))
        .unwrap();
    assert!(!contains(sealed.as_bytes(), &secret[..4]));

    let sealed = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    // Twelve times "abandon" is all zeros but for the checksum.
    assert!(!contains(sealed.as_bytes(), &[0; 4]));
    let seed = hex::decode("5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1");
    assert!(!contains(sealed.as_bytes(), &seed.unwrap()[..4]));
}

#[test]
fn t98_another_root_key_does_not_open_it() {
    let sealed = vault()
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    let stranger = Vault::new(root_key(2));
    assert_eq!(
        open_wallet(&stranger, wallet_row(1), &sealed),
        Err(Error::OtherRootKey)
    );
    assert_eq!(open_wallet(&vault(), wallet_row(1), &sealed), Ok(()));
}

#[test]
fn t99_a_seed_opens_in_its_own_row_only() {
    let own = wallet_row(1);
    let sealed = vault()
        .import_wallet(&own, ABANDON, &mut Counting(0))
        .unwrap();
    assert_eq!(open_wallet(&vault(), own, &sealed), Ok(()));
    for other in [
        WalletRow {
            organisation: organisation(2),
            ..own
        },
        WalletRow {
            wallet: WalletId::from_bytes([2; 16]),
            ..own
        },
    ] {
        assert_eq!(
            open_wallet(&vault(), other, &sealed),
            Err(Error::Unopenable),
            "{other:?}"
        );
    }
}

#[test]
fn t99_a_private_key_opens_in_its_own_row_only() {
    let own = key_row(1);
    let (sealed, _) = vault()
        .create_private_key(&own, Curve::Ed25519, &mut Counting(0))
        .unwrap();
    assert_eq!(open_key(&vault(), own, &sealed, Curve::Ed25519), Ok(()));
    for other in [
        PrivateKeyRow {
            organisation: organisation(2),
            ..own
        },
        PrivateKeyRow {
            key: PrivateKeyId::from_bytes([2; 16]),
            ..own
        },
    ] {
        let opened = open_key(&vault(), other, &sealed, Curve::Ed25519);
        assert_eq!(opened, Err(Error::Unopenable), "{other:?}");
    }
}

#[test]
fn t99_a_seed_never_opens_as_a_private_key_nor_the_other_way_round() {
    let vault = vault();
    let seed = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    let (key, _) = vault
        .create_private_key(&key_row(1), Curve::P256, &mut Counting(0))
        .unwrap();
    assert_eq!(
        open_key(&vault, key_row(1), &seed, Curve::P256),
        Err(Error::Unopenable)
    );
    assert_eq!(
        open_wallet(&vault, wallet_row(1), &key),
        Err(Error::Unopenable)
    );
}

#[test]
fn t99_a_warm_key_does_not_cover_for_a_swapped_row() {
    let vault = vault();
    let mine = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    let other = vault
        .create_wallet(&wallet_row(2), WordCount::Twelve, &mut Counting(9))
        .unwrap();
    assert_eq!(open_wallet(&vault, wallet_row(1), &mine), Ok(()));
    assert_eq!(open_wallet(&vault, wallet_row(2), &other), Ok(()));
    assert_eq!(
        open_wallet(&vault, wallet_row(1), &other),
        Err(Error::Unopenable)
    );
    assert_eq!(
        open_wallet(&vault, wallet_row(2), &mine),
        Err(Error::Unopenable)
    );
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let vault = vault();
    let sealed = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    for position in 0..sealed.as_bytes().len() {
        let mut damaged = sealed.as_bytes().to_vec();
        damaged[position] ^= 1;
        let opened = open_wallet(&vault, wallet_row(1), &Sealed::from_bytes(damaged));
        // Bytes 1 to 8 name the root key.
        let expected = if (1..9).contains(&position) {
            Error::OtherRootKey
        } else {
            Error::Unopenable
        };
        assert_eq!(opened, Err(expected), "byte {position}");
    }
}

#[test]
fn a_stub_of_any_length_is_refused() {
    let vault = vault();
    let sealed = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut Counting(0))
        .unwrap();
    for length in 0..sealed.as_bytes().len() {
        let stub = Sealed::from_bytes(sealed.as_bytes()[..length].to_vec());
        assert_eq!(
            open_wallet(&vault, wallet_row(1), &stub),
            Err(Error::Unopenable),
            "{length}"
        );
    }
}

#[test]
fn t100_two_clones_that_repeat_a_nonce_reveal_no_more_than_equality() {
    // The clones draw the same bytes, but seal different secrets in one row.
    let row = key_row(1);
    let seal = |secret: u8| {
        let secret = [secret; 32];
        let clone = vault();
        let sealed = clone.import_private_key(&row, Curve::Ed25519, &secret, &mut Counting(7));
        sealed.unwrap().0.into_bytes()
    };
    let (one, same, other) = (seal(1), seal(1), seal(2));
    assert_eq!(one[..21], other[..21], "header and nonce repeat");
    assert_eq!(one, same);
    // Under a repeated keystream the ciphertexts would differ by the plaintexts' difference.
    let difference = |at: usize| one[at] ^ other[at];
    let ciphertext = 22..22 + 32;
    assert!(!ciphertext.clone().all(|at| difference(at) == 1 ^ 2));
    assert!(ciphertext.filter(|at| difference(*at) == 1 ^ 2).count() < 4);
}

#[test]
fn t100_sealing_twice_draws_two_nonces() {
    let (vault, mut entropy) = (vault(), Counting(0));
    let one = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut entropy)
        .unwrap();
    let two = vault
        .import_wallet(&wallet_row(1), ABANDON, &mut entropy)
        .unwrap();
    assert_ne!(one.as_bytes()[9..21], two.as_bytes()[9..21]);
}

#[test]
fn a_key_file_reads_back() {
    let file = root_key(1).to_key_file_bytes();
    assert_eq!(file.len(), 65);
    let again = RootKey::from_key_file_bytes(&file).unwrap();
    assert_eq!(*again.to_key_file_bytes(), *file);
    assert!(
        RootKey::from_key_file_bytes(&file[..64]).is_ok(),
        "the newline is optional"
    );
}

#[test]
fn refuses_a_key_file_in_any_other_spelling() {
    let good = root_key(1).to_key_file_bytes();
    let upper: Vec<u8> = good.iter().map(u8::to_ascii_uppercase).collect();
    for file in [
        &b""[..],
        &b"\n"[..],
        &good[..63],
        &good[1..],
        &upper,
        &[&good[..], b"\n"].concat(),
        &[b" ", &good[..]].concat(),
        &[&good[..64], b"\r\n"].concat(),
        &[b'0'; 64],
        &[7; 32],
    ] {
        let refused = RootKey::from_key_file_bytes(file).err();
        assert_eq!(refused, Some(Error::MalformedRootKey), "{file:?}");
    }
}

/// The cheapest cost that is accepted; the real one would make the tests slow.
const CHEAP: PassphraseCost = PassphraseCost {
    memory_kib: 8 * 1024,
    passes: 1,
    lanes: 1,
};

#[test]
fn a_passphrase_opens_what_it_wrapped_and_no_other_does() {
    let root = root_key(1);
    let wrapped = root
        .wrap_with_passphrase(b"correct horse", CHEAP, &mut Counting(3))
        .unwrap();
    let bytes = wrapped.to_bytes().unwrap();
    let read = WrappedRootKey::from_bytes(&bytes).unwrap();
    assert_eq!(read, wrapped);
    let opened = RootKey::from_passphrase(&read, b"correct horse").unwrap();
    assert_eq!(*opened.to_key_file_bytes(), *root.to_key_file_bytes());
    let refused = RootKey::from_passphrase(&read, b"battery staple").err();
    assert_eq!(refused, Some(Error::WrongPassphrase));
}

#[test]
fn every_byte_of_a_wrapped_root_key_counts() {
    let wrapped = root_key(1)
        .wrap_with_passphrase(b"x", CHEAP, &mut Counting(3))
        .unwrap();
    let bytes = wrapped.to_bytes().unwrap();
    assert!(!contains(&bytes, &root_key(1).to_key_file_bytes()[..8]));
    // Magic, version, method, cost, salt, nonce, ciphertext, tag.
    for position in [0, 14, 15, 19, 23, 27, 28, 44, 56, 88, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1;
        let opened = WrappedRootKey::from_bytes(&damaged)
            .and_then(|wrapped| RootKey::from_passphrase(&wrapped, b"x"));
        assert!(opened.is_err(), "byte {position}");
    }
    for length in 0..bytes.len() {
        assert!(
            WrappedRootKey::from_bytes(&bytes[..length]).is_err(),
            "{length}"
        );
    }
    assert!(WrappedRootKey::from_bytes(&[&bytes[..], b"x"].concat()).is_err());
}

#[test]
fn refuses_a_cost_that_is_too_low_or_could_exhaust_the_machine() {
    for cost in [
        PassphraseCost {
            memory_kib: 1024,
            ..CHEAP
        },
        PassphraseCost {
            memory_kib: 2 * 1024 * 1024,
            ..CHEAP
        },
        PassphraseCost { passes: 0, ..CHEAP },
        PassphraseCost {
            passes: 17,
            ..CHEAP
        },
        PassphraseCost { lanes: 0, ..CHEAP },
        PassphraseCost { lanes: 17, ..CHEAP },
    ] {
        let wrapped = root_key(1).wrap_with_passphrase(b"x", cost, &mut Counting(3));
        assert_eq!(wrapped, Err(Error::InvalidCost), "{cost:?}");
    }
}

#[test]
fn a_key_services_ciphertext_is_carried_as_it_is() {
    let wrapped = WrappedRootKey::External {
        key_name: "zegel-root".to_owned(),
        ciphertext: b"vault:v1:abcdef".to_vec(),
    };
    let bytes = wrapped.to_bytes().unwrap();
    assert_eq!(WrappedRootKey::from_bytes(&bytes), Ok(wrapped.clone()));
    assert_eq!(
        RootKey::from_passphrase(&wrapped, b"x").err(),
        Some(Error::WrongPassphrase)
    );
    assert!(RootKey::from_bytes(&[1; 31]).is_err());
    assert!(
        RootKey::from_bytes(&[1; 32]).is_err(),
        "one repeated byte is no key"
    );
    let unwrapped: Vec<u8> = (0..32).collect();
    assert!(RootKey::from_bytes(&unwrapped).is_ok());
}

fn open_wallet(vault: &Vault, wallet: WalletRow, sealed: &Sealed) -> Result<(), Error> {
    let path: DerivationPath = "m/0'".parse().unwrap();
    let key = KeyRef::Account {
        wallet,
        sealed,
        path: &path,
        curve: Curve::Ed25519,
    };
    vault.public_key(&key).map(drop)
}

fn open_key(vault: &Vault, key: PrivateKeyRow, sealed: &Sealed, curve: Curve) -> Result<(), Error> {
    vault
        .public_key(&KeyRef::PrivateKey { key, sealed, curve })
        .map(drop)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
