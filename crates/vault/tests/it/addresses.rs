//! Address vectors: keys, and accounts from mnemonics.

use std::collections::BTreeSet;

use vault::{Error, KeyRef, PublicKey, address};
use wire::keys::{AddressFormat, Curve, DerivationPath};

use crate::support::{ABANDON, Counting, read_vectors, vault, wallet_row};

const KEYS: &str = include_str!("../../../../vectors/address/keys.txt");
const DEFAULTS: &str = include_str!("../../../../vectors/address/defaults.txt");
const ACCOUNTS: &str = include_str!("../../../../vectors/address/accounts.txt");

#[test]
fn every_public_key_has_the_published_address() {
    let vectors = read_vectors(KEYS);
    assert_eq!(vectors.len(), 22);
    for vector in vectors {
        let curve: Curve = vector["curve"].parse().unwrap();
        let format: AddressFormat = vector["format"].parse().unwrap();
        let key = PublicKey::from_bytes(curve, &hex::decode(vector["public"]).unwrap()).unwrap();
        assert_eq!(
            address(format, &key).as_deref(),
            Ok(vector["address"]),
            "{format}"
        );
    }
}

#[test]
fn every_account_has_the_published_address() {
    let vectors = read_vectors(ACCOUNTS);
    assert_eq!(vectors.len(), 20);
    for vector in vectors {
        let format: AddressFormat = vector["format"].parse().unwrap();
        let key = account(
            vector["mnemonic"],
            vector["path"],
            vector["curve"].parse().unwrap(),
        );
        let address = address(format, &key);
        assert_eq!(
            address.as_deref(),
            Ok(vector["address"]),
            "{format} {}",
            vector["path"]
        );
    }
}

/// One account in every format, at the path that clients use for it. These were made by this
/// code, not published: they hold every later version to what this one handed out.
#[test]
fn t109_no_address_we_ever_handed_out_has_changed() {
    let vectors = read_vectors(DEFAULTS);
    let formats: BTreeSet<&str> = vectors.iter().map(|vector| vector["format"]).collect();
    assert_eq!(
        formats,
        AddressFormat::ALL
            .iter()
            .map(|format| format.as_str())
            .collect()
    );
    for vector in vectors {
        let key = account(ABANDON, vector["path"], vector["curve"].parse().unwrap());
        let address = address(vector["format"].parse().unwrap(), &key);
        assert_eq!(
            address.as_deref(),
            Ok(vector["address"]),
            "{}",
            vector["format"]
        );
    }
}

#[test]
fn t109_an_ed25519_path_means_the_same_with_and_without_hardened_marks() {
    let plain = account(ABANDON, "m/44'/501'/0'/0", Curve::Ed25519);
    let hardened = account(ABANDON, "m/44'/501'/0'/0'", Curve::Ed25519);
    assert_eq!(plain, hardened);
    let plain = account(ABANDON, "m/44'/60'/0'/0", Curve::Secp256k1);
    let hardened = account(ABANDON, "m/44'/60'/0'/0'", Curve::Secp256k1);
    assert_ne!(plain, hardened);
}

#[test]
fn every_format_takes_keys_of_its_curves_and_no_other() {
    let keys = Curve::ALL.map(|curve| account(ABANDON, "m/0'", curve));
    for &format in AddressFormat::ALL {
        for key in &keys {
            let address = address(format, key);
            if format.curves().contains(&key.curve()) {
                assert!(address.is_ok_and(|address| !address.is_empty()), "{format}");
            } else {
                assert_eq!(address, Err(Error::WrongCurve), "{format}");
            }
        }
    }
}

/// Test and signed test network share their spelling; every other pair of formats differs.
#[test]
fn no_two_networks_share_an_address_but_testnet_and_signet() {
    for curve in Curve::ALL {
        let key = account(ABANDON, "m/0'", curve);
        let formats = AddressFormat::ALL
            .iter()
            .filter(|format| format.curves().contains(&curve));
        let spelt_apart = formats.filter(|format| {
            // Regtest keeps the base58 versions of the test network.
            let name = format.as_str();
            !name.contains("SIGNET")
                && !name.ends_with("REGTEST_P2PKH")
                && !name.ends_with("REGTEST_P2SH")
        });
        let addresses: Vec<_> = spelt_apart
            .map(|format| address(*format, &key).unwrap())
            .collect();
        let distinct: BTreeSet<_> = addresses.iter().collect();
        assert_eq!(distinct.len(), addresses.len(), "{curve}");
    }
}

#[test]
fn refuses_bytes_that_are_no_public_key() {
    for (curve, bytes) in [
        (Curve::Secp256k1, vec![]),
        (Curve::Secp256k1, vec![2; 32]),
        // BIP-340 vector 5: not on the curve.
        (
            Curve::Secp256k1,
            hex::decode("02eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34")
                .unwrap(),
        ),
        (Curve::P256, vec![0]),
        (Curve::P256, vec![2; 32]),
        (Curve::Ed25519, vec![1; 31]),
        (Curve::Ed25519, vec![1; 33]),
    ] {
        assert_eq!(
            PublicKey::from_bytes(curve, &bytes),
            Err(Error::InvalidPublicKey)
        );
    }
}

fn account(mnemonic: &str, path: &str, curve: Curve) -> PublicKey {
    let (vault, wallet) = (vault(), wallet_row(1));
    let path: DerivationPath = path.parse().unwrap();
    let sealed = vault
        .import_wallet(&wallet, mnemonic, &mut Counting(0))
        .unwrap();
    vault
        .public_key(&KeyRef::Account {
            wallet,
            sealed: &sealed,
            path: &path,
            curve,
        })
        .unwrap()
}
