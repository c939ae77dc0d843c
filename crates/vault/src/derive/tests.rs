use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::keys::{ChildIndex, Curve, DerivationPath};

use super::*;
use crate::memory::Arena;
use crate::seed::WalletSeed;
use crate::signing_key::SigningKey;

const BIP32: &str = include_str!("../../../../vectors/hd/bip32.txt");
const SLIP10: &str = include_str!("../../../../vectors/hd/slip10.txt");
const SECOND_OPINION: &str = include_str!("../../../../vectors/hd/second-opinion.txt");
const BIP39: &str = include_str!("../../../../vectors/hd/bip39.txt");

#[test]
fn t109_derives_the_keys_of_bip_32() {
    assert_eq!(check_vectors(BIP32), 17);
}

/// Includes the vectors in which a P-256 seed and a P-256 child have to be drawn again.
#[test]
fn t109_derives_the_keys_of_slip_10() {
    assert_eq!(check_vectors(SLIP10), 40);
}

#[test]
fn t109_agrees_with_a_second_implementation_on_every_curve() {
    assert_eq!(check_vectors(SECOND_OPINION), 60);
}

#[test]
fn t109_makes_the_seeds_of_bip_39() {
    let vectors = read(BIP39);
    assert_eq!(vectors.len(), 24);
    for vector in vectors {
        let seed = WalletSeed::from_mnemonic(vector["mnemonic"]).unwrap();
        assert_eq!(hex::encode(seed.bytes()), vector["seed"]);
        let text = seed.to_plaintext();
        let entropy = hex::decode(vector["entropy"]).unwrap();
        assert_eq!(text[2..][..entropy.len()], entropy);
        assert_eq!(
            WalletSeed::from_plaintext(&text).unwrap().bytes(),
            seed.bytes()
        );
    }
}

#[test]
fn t109_every_level_of_an_ed25519_path_is_hardened() {
    let path = |text: &str| text.parse::<DerivationPath>().unwrap();
    let key = |text: &str| secret(Curve::Ed25519, &[7; 64], path(text).levels()).unwrap();
    assert_eq!(*key("m/44/501/0/0"), *key("m/44'/501'/0'/0'"));
    assert_ne!(*key("m/44'/501'/0'/0"), *key("m/44'/501'/0'"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn t109_agrees_with_another_bip_32_library(
        seed: [u8; 64],
        levels in prop::collection::vec(any::<u32>(), 0..6),
    ) {
        let ours = levels.iter().map(|level| index(*level)).collect::<Vec<_>>();
        let ours = node(Curve::Secp256k1, &seed, &ours).unwrap();
        let theirs = levels.iter().fold(bip32::XPrv::new(&seed).unwrap(), |parent, level| {
            parent.derive_child(bip32::ChildNumber(*level)).unwrap()
        });
        prop_assert_eq!(&ours.key[..], &theirs.to_bytes()[..]);
        prop_assert_eq!(&ours.chain_code[..], &theirs.attrs().chain_code[..]);
    }
}

fn check_vectors(text: &'static str) -> usize {
    let vectors = read(text);
    for vector in &vectors {
        let curve = match vector["curve"] {
            "secp256k1" => Curve::Secp256k1,
            "p256" => Curve::P256,
            "ed25519" => Curve::Ed25519,
            other => panic!("unknown curve {other}"),
        };
        let levels = match vector["path"] {
            "m" => vec![],
            path => path.parse::<DerivationPath>().unwrap().levels().to_vec(),
        };
        let mut node = node(curve, &hex::decode(vector["seed"]).unwrap(), &levels).unwrap();
        let named = (curve, vector["path"]);
        assert_eq!(
            hex::encode(node.chain_code.as_slice()),
            vector["chain-code"],
            "{named:?}"
        );
        assert_eq!(
            hex::encode(node.key.as_slice()),
            vector["private"],
            "{named:?}"
        );
        let key = SigningKey::new(curve, &mut node.key, &Arena::new(1)).unwrap();
        assert_eq!(key.public().to_hex(), vector["public"], "{named:?}");
    }
    vectors.len()
}

fn read(text: &'static str) -> Vec<BTreeMap<&'static str, &'static str>> {
    let blocks = text.split("\n\n").map(|block| {
        block
            .lines()
            .filter_map(|line| line.split_once(": "))
            .collect::<BTreeMap<_, _>>()
    });
    blocks.filter(|block| block.len() > 1).collect()
}

fn index(number: u32) -> ChildIndex {
    const HARDENED: u32 = 1 << 31;
    let index = if number >= HARDENED {
        ChildIndex::hardened(number - HARDENED)
    } else {
        ChildIndex::normal(number)
    };
    index.unwrap()
}
