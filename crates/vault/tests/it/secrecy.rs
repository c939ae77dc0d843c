//! Secrets neither print, nor compare, nor copy, nor stay behind in memory.

use vault::{ApiKeyPair, Error, LogKey, RootKey, Vault};
use wire::keys::Curve;

use crate::support::{ABANDON, Counting, evidence, key_row, vault, wallet_row};

/// Does not compile when the type has the trait: then two implementations answer to the call.
macro_rules! t105_lacks {
    ($type:ty: $($trait:path),+) => {$(const _: fn() = || {
        trait Answers<Which> {
            fn call() {}
        }
        impl<T: ?Sized> Answers<()> for T {}
        struct HasTheTrait;
        impl<T: ?Sized + $trait> Answers<HasTheTrait> for T {}
        <$type as Answers<_>>::call()
    };)+};
}

t105_lacks!(RootKey: std::fmt::Debug, std::fmt::Display, Clone, PartialEq, Default);
t105_lacks!(Vault: std::fmt::Debug, std::fmt::Display, Clone, PartialEq, Default);
t105_lacks!(ApiKeyPair: std::fmt::Debug, std::fmt::Display, Clone, PartialEq, Default);
t105_lacks!(LogKey: std::fmt::Debug, std::fmt::Display, Clone, PartialEq, Default);

#[test]
fn t105_no_error_repeats_its_input() {
    const CANARY: &str = "canary";
    let words = format!("{CANARY} ").repeat(12);
    let refused: [Option<Error>; 4] = [
        vault()
            .import_wallet(&wallet_row(1), &words, &mut Counting(0))
            .err(),
        vault()
            .import_private_key(
                &key_row(1),
                Curve::P256,
                CANARY.as_bytes(),
                &mut Counting(0),
            )
            .err(),
        RootKey::from_key_file_bytes(CANARY.as_bytes()).err(),
        ApiKeyPair::from_private_hex(Curve::P256, CANARY).err(),
    ];
    for error in refused {
        let error = error.unwrap();
        assert!(!format!("{error} {error:?}").contains(CANARY));
    }
}

#[test]
fn the_vault_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Vault>();
}

#[cfg(target_os = "linux")]
mod memory {
    use vault::{KeyRef, PublicKey};
    use zeroize::Zeroize;

    use super::*;
    use crate::own_memory::{MASK, copies};

    /// A secret that this test's own memory never holds in the clear for long.
    fn masked_secret(curve: Curve) -> [u8; 32] {
        std::array::from_fn(|at| (at as u8).wrapping_mul(37) ^ curve as u8 ^ 0x31 ^ MASK)
    }

    #[test]
    fn t104_after_a_thousand_signatures_the_key_is_in_its_cell_and_nowhere_else() {
        for curve in Curve::ALL {
            let (vault, key, masked) = (vault(), key_row(1), masked_secret(curve));
            let mut secret = masked.map(|byte| byte ^ MASK);
            let (sealed, _): (_, PublicKey) = vault
                .import_private_key(&key, curve, &secret, &mut Counting(0))
                .unwrap();
            secret.zeroize();
            assert_eq!(copies(&masked), 0, "{curve}: sealed and forgotten");

            let reference = KeyRef::PrivateKey {
                key,
                sealed: &sealed,
                curve,
            };
            let evidence = evidence(1);
            for number in 0..1000u32 {
                let mut digest = [0; 32];
                digest[..4].copy_from_slice(&number.to_be_bytes());
                match curve {
                    Curve::Ed25519 => vault.sign_message(&evidence, &reference, &digest).unwrap(),
                    Curve::Secp256k1 | Curve::P256 => {
                        vault.sign_digest(&evidence, &reference, &digest).unwrap()
                    }
                };
            }
            assert_eq!(copies(&masked), 1, "{curve}: warm");

            vault.forget_private_key(key.key);
            assert_eq!(copies(&masked), 0, "{curve}: forgotten");
        }
    }

    #[test]
    fn t104_the_root_key_is_in_its_cell_and_nowhere_else() {
        let masked = masked_secret(Curve::P256);
        let mut secret = masked.map(|byte| byte ^ MASK);
        let vault = Vault::new(RootKey::from_bytes(&secret).unwrap());
        secret.zeroize();
        vault
            .create_private_key(&key_row(1), Curve::P256, &mut Counting(0))
            .unwrap();
        assert_eq!(copies(&masked), 1);
        drop(vault);
        assert_eq!(copies(&masked), 0);
    }

    #[test]
    fn t104_a_wallets_seed_is_gone_once_an_account_is_derived() {
        let (vault, wallet) = (vault(), wallet_row(1));
        let sealed = vault
            .import_wallet(&wallet, ABANDON, &mut Counting(0))
            .unwrap();
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        let curve = Curve::Secp256k1;
        let account = KeyRef::Account {
            wallet,
            sealed: &sealed,
            path: &path,
            curve,
        };
        vault.sign_digest(&evidence(1), &account, &[7; 32]).unwrap();

        // The first half of the seed of BIP-39's best known words, never in the clear here.
        let seed = "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc1";
        let digits = seed.as_bytes().chunks(2);
        let masked: Vec<u8> = digits
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap() ^ MASK)
            .collect();
        assert_eq!(copies(&masked.try_into().unwrap()), 0);
    }
}
