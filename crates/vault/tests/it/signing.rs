//! Signatures: published vectors, determinism, and what each curve refuses.

use sha2::{Digest, Sha256};
use vault::{Error, KeyRef, PublicKey, RecoverableSignature, Vault, WordCount, address};
use wire::Sealed;
use wire::keys::{AddressFormat, Curve, DerivationPath};

use crate::support::{ABANDON, Counting, evidence, key_row, root_key, vault, wallet_row};

/// A raw key in a vault of its own.
struct Signer {
    vault: Vault,
    sealed: Sealed,
    public: PublicKey,
}

impl Signer {
    fn new(curve: Curve, secret: &str) -> Self {
        let (vault, secret) = (vault(), hex::decode(secret).unwrap());
        let imported = vault.import_private_key(&key_row(1), curve, &secret, &mut Counting(0));
        let (sealed, public) = imported.unwrap();
        Self {
            vault,
            sealed,
            public,
        }
    }

    fn key(&self) -> KeyRef<'_> {
        KeyRef::PrivateKey {
            key: key_row(1),
            sealed: &self.sealed,
            curve: self.public.curve(),
        }
    }

    fn sign_sha256(&self, message: &[u8]) -> RecoverableSignature {
        self.vault
            .sign_digest(&evidence(1), &self.key(), &Sha256::digest(message).into())
            .unwrap()
    }
}

#[test]
fn t107_p256_signatures_are_those_of_rfc_6979() {
    // RFC 6979 A.2.5, SHA-256. The RFC does not lower s, and neither do we on this curve.
    let signer = Signer::new(
        Curve::P256,
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    );
    for (message, r, s) in [
        (
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
        (
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ),
    ] {
        let signature = signer.sign_sha256(message.as_bytes());
        assert_eq!(
            (hex::encode(signature.r), hex::encode(signature.s)),
            (r.into(), s.into())
        );
        let q = p256_recovered(message, &signature);
        assert_eq!(q, signer.public, "v names the key");
    }
}

#[test]
fn t107_secp256k1_signatures_are_rfc_6979_with_low_s() {
    // The vectors that Bitcoin libraries share, for the private key one.
    let signer = Signer::new(Curve::Secp256k1, &format!("{:064x}", 1));
    for (message, r, s) in [
        (
            "Satoshi Nakamoto",
            "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8",
            "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
        ),
        (
            "All those moments will be lost in time, like tears in rain. Time to die...",
            "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b",
            "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21",
        ),
    ] {
        let signature = signer.sign_sha256(message.as_bytes());
        assert_eq!(
            (hex::encode(signature.r), hex::encode(signature.s)),
            (r.into(), s.into())
        );
    }
}

#[test]
fn the_recovery_id_leads_back_to_the_key_and_s_is_low() {
    let signer = Signer::new(Curve::Secp256k1, &"42".repeat(32));
    let half = [0x7f; 1]
        .iter()
        .chain(&[0xff; 15])
        .copied()
        .collect::<Vec<u8>>();
    let mut seen = [false; 2];
    for number in 0..32u8 {
        let digest: [u8; 32] = Sha256::digest([number]).into();
        let signature = signer
            .vault
            .sign_digest(&evidence(1), &signer.key(), &digest)
            .unwrap();
        seen[usize::from(signature.v)] = true;
        assert!(signature.s[..16] <= half[..]);
        let id = secp256k1::ecdsa::RecoveryId::try_from(i32::from(signature.v)).unwrap();
        let recovered =
            secp256k1::ecdsa::RecoverableSignature::from_compact(&signature.to_bytes(), id)
                .unwrap()
                .recover(secp256k1::Message::from_digest(digest))
                .unwrap();
        assert_eq!(PublicKey::Secp256k1(recovered.serialize()), signer.public);
    }
    assert_eq!(seen, [true, true]);
}

#[test]
fn ed25519_signatures_are_those_of_rfc_8032() {
    // RFC 8032 §7.1, tests 1 to 3.
    for (secret, public, message, signature) in [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ] {
        let signer = Signer::new(Curve::Ed25519, secret);
        assert_eq!(signer.public.to_hex(), public);
        let message = hex::decode(message).unwrap();
        let signed = signer
            .vault
            .sign_message(&evidence(1), &signer.key(), &message)
            .unwrap();
        assert_eq!(hex::encode(signed.to_bytes()), signature);
        assert_eq!(signed.v, 0);
    }
}

#[test]
fn a_taproot_signature_is_the_one_of_bip_341() {
    // BIP-341 wallet test vectors, keyPathSpending, input 0 (the witness without its hash type).
    let signer = Signer::new(
        Curve::Secp256k1,
        "6b973d88838f27366ed61c9ad6367663045cb456e28335c109e30717ae0c6baa",
    );
    let digest = "2514a6272f85cfa0f45eb907fcb0d121b808ed37c6ea160a5a9046ed5526d555";
    let digest = hex::decode(digest).unwrap().try_into().unwrap();
    let signature = signer
        .vault
        .sign_taproot(&evidence(1), &signer.key(), &digest)
        .unwrap();
    assert_eq!(
        hex::encode(signature.to_bytes()),
        "ed7c1647cb97379e76892be0cacff57ec4a7102aa24296ca39af7541246d8ff1\
         4d38958d4cc1e2e478e4d4a764bbfd835b16d4e314b72937b29833060b87276c"
    );
    assert_eq!(signature.v, 0);
}

#[test]
fn a_taproot_signature_verifies_under_the_key_in_the_address() {
    for number in 1..20 {
        let signer = Signer::new(Curve::Secp256k1, &format!("{number:064x}"));
        let format = AddressFormat::BitcoinMainnetP2tr;
        let address = address(format, &signer.public).unwrap();
        let (_, _, program) = bech32::segwit::decode(&address).unwrap();
        let output =
            secp256k1::XOnlyPublicKey::from_byte_array(program.try_into().unwrap()).unwrap();
        let digest = [number as u8; 32];
        let signature = signer
            .vault
            .sign_taproot(&evidence(1), &signer.key(), &digest)
            .unwrap()
            .to_bytes();
        let signature = secp256k1::schnorr::Signature::from_byte_array(signature);
        secp256k1::schnorr::verify(&signature, &digest, &output).unwrap();
    }
}

#[test]
fn a_warm_key_signs_as_a_cold_one() {
    let signer = Signer::new(Curve::P256, &"42".repeat(32));
    let cold = signer.sign_sha256(b"x");
    assert_eq!(signer.sign_sha256(b"x"), cold);
    signer.vault.forget_private_key(key_row(1).key);
    assert_eq!(signer.sign_sha256(b"x"), cold);
}

#[test]
fn threads_that_push_each_others_keys_out_still_sign_with_their_own() {
    let vault = Vault::with_warm_keys(root_key(1), 2);
    let wallet = wallet_row(1);
    let sealed = vault
        .import_wallet(&wallet, ABANDON, &mut Counting(0))
        .unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (vault, sealed) = (&vault, &sealed);
            scope.spawn(move || {
                let path: DerivationPath = format!("m/44'/60'/0'/0/{thread}").parse().unwrap();
                let curve = Curve::Secp256k1;
                let key = KeyRef::Account {
                    wallet,
                    sealed,
                    path: &path,
                    curve,
                };
                let evidence = evidence(1);
                let own = vault.sign_digest(&evidence, &key, &[7; 32]).unwrap();
                for round in 0..20 {
                    if (thread + round) % 5 == 0 {
                        vault.forget_wallet(wallet.wallet);
                    }
                    assert_eq!(vault.sign_digest(&evidence, &key, &[7; 32]).unwrap(), own);
                }
            });
        }
    });
}

#[test]
fn each_curve_refuses_the_other_curves_way_of_signing() {
    for curve in Curve::ALL {
        let signer = Signer::new(curve, &"42".repeat(32));
        let (vault, key) = (&signer.vault, &signer.key());
        let refused = |offered: bool, result: Result<RecoverableSignature, Error>| {
            assert_eq!(
                result.err(),
                (!offered).then_some(Error::WrongCurve),
                "{curve}"
            );
        };
        refused(
            curve != Curve::Ed25519,
            vault.sign_digest(&evidence(1), key, &[1; 32]),
        );
        refused(
            curve == Curve::Ed25519,
            vault.sign_message(&evidence(1), key, b"hello"),
        );
        refused(
            curve == Curve::Secp256k1,
            vault.sign_taproot(&evidence(1), key, &[1; 32]),
        );
    }
}

#[test]
fn nobody_signs_with_another_organisations_key() {
    for curve in Curve::ALL {
        let signer = Signer::new(curve, &"42".repeat(32));
        let (vault, key, stranger) = (&signer.vault, &signer.key(), &evidence(2));
        let refused = Err(Error::ForeignKey);
        // Cold and warm alike.
        for _ in 0..2 {
            assert_eq!(vault.sign_digest(stranger, key, &[1; 32]), refused);
            assert_eq!(vault.sign_message(stranger, key, b"hello"), refused);
            assert_eq!(vault.sign_taproot(stranger, key, &[1; 32]), refused);
            vault.public_key(key).unwrap();
        }
    }
}

#[test]
fn a_key_is_not_used_on_another_curve() {
    let signer = Signer::new(Curve::P256, &"42".repeat(32));
    for curve in [Curve::Secp256k1, Curve::Ed25519] {
        let key = KeyRef::PrivateKey {
            key: key_row(1),
            sealed: &signer.sealed,
            curve,
        };
        assert_eq!(signer.vault.public_key(&key), Err(Error::WrongCurve));
    }
}

#[test]
fn refuses_bytes_that_are_no_private_key() {
    const ORDER: &str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    for (curve, secret) in [
        (Curve::Secp256k1, ORDER),
        (Curve::Secp256k1, &"00".repeat(32)),
        (Curve::Secp256k1, &"42".repeat(31)),
        (Curve::Secp256k1, &"42".repeat(33)),
        (Curve::P256, P256_ORDER),
        (Curve::P256, &"00".repeat(32)),
        (Curve::Ed25519, &"42".repeat(64)),
        (Curve::Ed25519, ""),
    ] {
        let secret = hex::decode(secret).unwrap();
        let refused = vault().import_private_key(&key_row(1), curve, &secret, &mut Counting(0));
        assert_eq!(refused.err(), Some(Error::InvalidPrivateKey));
    }
}

#[test]
fn a_new_wallet_of_each_length_signs_on_each_curve() {
    let vault = vault();
    let path: DerivationPath = "m/44'/60'/0'/0/0".parse().unwrap();
    for (number, words) in [12, 15, 18, 21, 24].into_iter().enumerate() {
        let wallet = wallet_row(number as u8);
        let words = WordCount::from_number(words).unwrap();
        let sealed = vault
            .create_wallet(&wallet, words, &mut Counting(number as u64))
            .unwrap();
        for curve in Curve::ALL {
            let key = KeyRef::Account {
                wallet,
                sealed: &sealed,
                path: &path,
                curve,
            };
            let signed = match curve {
                Curve::Ed25519 => vault.sign_message(&evidence(1), &key, b"hello"),
                Curve::Secp256k1 | Curve::P256 => vault.sign_digest(&evidence(1), &key, &[1; 32]),
            };
            assert!(signed.is_ok());
        }
    }
    assert_eq!(WordCount::from_number(13), None);
    assert_eq!(WordCount::from_number(9), None);
}

#[test]
fn refuses_what_is_no_english_mnemonic() {
    let twelve_times = "abandon ".repeat(12);
    for words in [
        "",
        "abandon",
        twelve_times.trim(),
        &ABANDON.to_uppercase(),
        &format!("{ABANDON} about"),
        &ABANDON.replace("about", "zegel"),
        "abandon abandon abandon abandon abandon abandon abandon abandon address",
    ] {
        let refused = vault().import_wallet(&wallet_row(1), words, &mut Counting(0));
        assert_eq!(refused.err(), Some(Error::InvalidMnemonic), "{words:?}");
    }
}

fn p256_recovered(message: &str, signature: &RecoverableSignature) -> PublicKey {
    let parsed = p256::ecdsa::Signature::from_slice(&signature.to_bytes()).unwrap();
    let id = p256::ecdsa::RecoveryId::from_byte(signature.v).unwrap();
    let digest = Sha256::digest(message);
    let key = p256::ecdsa::VerifyingKey::recover_from_prehash(&digest, &parsed, id).unwrap();
    PublicKey::from_bytes(Curve::P256, key.to_sec1_point(true).as_bytes()).unwrap()
}
