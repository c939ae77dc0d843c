//! The thirty-eight address formats and the curves each can be made from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Curve, UnknownName};

macro_rules! address_formats {
    ($($(#[$doc:meta])* $name:ident = $text:literal on $($curve:ident)|+;)*) => {
        /// How an account's address is written: a network and a kind of script or contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum AddressFormat {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl AddressFormat {
            /// Every format, in the order of the published interface.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name on the wire, such as `ADDRESS_FORMAT_ETHEREUM`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The curves whose keys have an address of this format.
            pub const fn curves(self) -> &'static [Curve] {
                match self {
                    $(Self::$name => &[$(Curve::$curve),+],)*
                }
            }
        }
    };
}

address_formats! {
    /// The SEC 1 uncompressed public key, 65 bytes in hex.
    Uncompressed = "ADDRESS_FORMAT_UNCOMPRESSED" on Secp256k1 | P256;
    /// The public key in hex: 33 bytes of SEC 1 compressed form, or 32 bytes of Ed25519.
    Compressed = "ADDRESS_FORMAT_COMPRESSED" on Secp256k1 | P256 | Ed25519;
    /// Ethereum and its kin: twenty bytes with the EIP-55 checksum.
    Ethereum = "ADDRESS_FORMAT_ETHEREUM" on Secp256k1;
    /// Solana: base58 of the public key.
    Solana = "ADDRESS_FORMAT_SOLANA" on Ed25519;
    /// Cosmos Hub: bech32 with prefix `cosmos`.
    Cosmos = "ADDRESS_FORMAT_COSMOS" on Secp256k1;
    /// TRON: base58check with version 0x41.
    Tron = "ADDRESS_FORMAT_TRON" on Secp256k1;
    /// Sui: BLAKE2b-256 of the flagged public key.
    Sui = "ADDRESS_FORMAT_SUI" on Ed25519;
    /// Aptos: SHA3-256 of the public key and the single-key scheme.
    Aptos = "ADDRESS_FORMAT_APTOS" on Ed25519;
    /// Bitcoin, main network, pay to public key hash.
    BitcoinMainnetP2pkh = "ADDRESS_FORMAT_BITCOIN_MAINNET_P2PKH" on Secp256k1;
    /// Bitcoin, main network, pay to script hash wrapping P2WPKH.
    BitcoinMainnetP2sh = "ADDRESS_FORMAT_BITCOIN_MAINNET_P2SH" on Secp256k1;
    /// Bitcoin, main network, pay to witness public key hash.
    BitcoinMainnetP2wpkh = "ADDRESS_FORMAT_BITCOIN_MAINNET_P2WPKH" on Secp256k1;
    /// Bitcoin, main network, pay to witness script hash.
    BitcoinMainnetP2wsh = "ADDRESS_FORMAT_BITCOIN_MAINNET_P2WSH" on Secp256k1;
    /// Bitcoin, main network, Taproot key path.
    BitcoinMainnetP2tr = "ADDRESS_FORMAT_BITCOIN_MAINNET_P2TR" on Secp256k1;
    /// Bitcoin, test network, pay to public key hash.
    BitcoinTestnetP2pkh = "ADDRESS_FORMAT_BITCOIN_TESTNET_P2PKH" on Secp256k1;
    /// Bitcoin, test network, pay to script hash wrapping P2WPKH.
    BitcoinTestnetP2sh = "ADDRESS_FORMAT_BITCOIN_TESTNET_P2SH" on Secp256k1;
    /// Bitcoin, test network, pay to witness public key hash.
    BitcoinTestnetP2wpkh = "ADDRESS_FORMAT_BITCOIN_TESTNET_P2WPKH" on Secp256k1;
    /// Bitcoin, test network, pay to witness script hash.
    BitcoinTestnetP2wsh = "ADDRESS_FORMAT_BITCOIN_TESTNET_P2WSH" on Secp256k1;
    /// Bitcoin, test network, Taproot key path.
    BitcoinTestnetP2tr = "ADDRESS_FORMAT_BITCOIN_TESTNET_P2TR" on Secp256k1;
    /// Bitcoin, signet, pay to public key hash.
    BitcoinSignetP2pkh = "ADDRESS_FORMAT_BITCOIN_SIGNET_P2PKH" on Secp256k1;
    /// Bitcoin, signet, pay to script hash wrapping P2WPKH.
    BitcoinSignetP2sh = "ADDRESS_FORMAT_BITCOIN_SIGNET_P2SH" on Secp256k1;
    /// Bitcoin, signet, pay to witness public key hash.
    BitcoinSignetP2wpkh = "ADDRESS_FORMAT_BITCOIN_SIGNET_P2WPKH" on Secp256k1;
    /// Bitcoin, signet, pay to witness script hash.
    BitcoinSignetP2wsh = "ADDRESS_FORMAT_BITCOIN_SIGNET_P2WSH" on Secp256k1;
    /// Bitcoin, signet, Taproot key path.
    BitcoinSignetP2tr = "ADDRESS_FORMAT_BITCOIN_SIGNET_P2TR" on Secp256k1;
    /// Bitcoin, regression test network, pay to public key hash.
    BitcoinRegtestP2pkh = "ADDRESS_FORMAT_BITCOIN_REGTEST_P2PKH" on Secp256k1;
    /// Bitcoin, regression test network, pay to script hash wrapping P2WPKH.
    BitcoinRegtestP2sh = "ADDRESS_FORMAT_BITCOIN_REGTEST_P2SH" on Secp256k1;
    /// Bitcoin, regression test network, pay to witness public key hash.
    BitcoinRegtestP2wpkh = "ADDRESS_FORMAT_BITCOIN_REGTEST_P2WPKH" on Secp256k1;
    /// Bitcoin, regression test network, pay to witness script hash.
    BitcoinRegtestP2wsh = "ADDRESS_FORMAT_BITCOIN_REGTEST_P2WSH" on Secp256k1;
    /// Bitcoin, regression test network, Taproot key path.
    BitcoinRegtestP2tr = "ADDRESS_FORMAT_BITCOIN_REGTEST_P2TR" on Secp256k1;
    /// Sei: bech32 with prefix `sei`. The chain takes transactions from secp256k1 keys only, so
    /// an Ed25519 key gets no address that could receive but never spend.
    Sei = "ADDRESS_FORMAT_SEI" on Secp256k1;
    /// Stellar: StrKey of the public key, `G…`.
    Xlm = "ADDRESS_FORMAT_XLM" on Ed25519;
    /// Dogecoin, main network, pay to public key hash.
    DogeMainnet = "ADDRESS_FORMAT_DOGE_MAINNET" on Secp256k1;
    /// Dogecoin, test network, pay to public key hash.
    DogeTestnet = "ADDRESS_FORMAT_DOGE_TESTNET" on Secp256k1;
    /// TON, wallet contract v3 revision 2.
    TonV3r2 = "ADDRESS_FORMAT_TON_V3R2" on Ed25519;
    /// TON, wallet contract v4 revision 2.
    TonV4r2 = "ADDRESS_FORMAT_TON_V4R2" on Ed25519;
    /// TON, wallet contract v5 revision 1.
    TonV5r1 = "ADDRESS_FORMAT_TON_V5R1" on Ed25519;
    /// XRP Ledger: base58check in the ledger's own alphabet.
    Xrp = "ADDRESS_FORMAT_XRP" on Secp256k1;
    /// Spark, main network: bech32m with prefix `spark`.
    SparkMainnet = "ADDRESS_FORMAT_SPARK_MAINNET" on Secp256k1;
    /// Spark, regression test network: bech32m with prefix `sparkrt`.
    SparkRegtest = "ADDRESS_FORMAT_SPARK_REGTEST" on Secp256k1;
}

/// One of the Bitcoin networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BitcoinNetwork {
    /// The main network.
    Mainnet,
    /// The public test networks, whose addresses look alike.
    Testnet,
    /// The signed test network; its addresses look like the test network's.
    Signet,
    /// The local regression test network.
    Regtest,
}

/// What a single-key Bitcoin output demands of its spender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BitcoinScript {
    /// Pay to public key hash.
    P2pkh,
    /// Pay to script hash, the script being the P2WPKH program (BIP-49).
    P2sh,
    /// Pay to witness public key hash (BIP-84).
    P2wpkh,
    /// Pay to witness script hash, the script being `<key> OP_CHECKSIG`.
    P2wsh,
    /// Taproot with the key path only (BIP-86).
    P2tr,
}

impl AddressFormat {
    /// The Bitcoin network and script of the twenty Bitcoin formats, `None` for the others.
    pub const fn bitcoin(self) -> Option<(BitcoinNetwork, BitcoinScript)> {
        use BitcoinNetwork::{Mainnet, Regtest, Signet, Testnet};
        use BitcoinScript::{P2pkh, P2sh, P2tr, P2wpkh, P2wsh};
        Some(match self {
            Self::BitcoinMainnetP2pkh => (Mainnet, P2pkh),
            Self::BitcoinMainnetP2sh => (Mainnet, P2sh),
            Self::BitcoinMainnetP2wpkh => (Mainnet, P2wpkh),
            Self::BitcoinMainnetP2wsh => (Mainnet, P2wsh),
            Self::BitcoinMainnetP2tr => (Mainnet, P2tr),
            Self::BitcoinTestnetP2pkh => (Testnet, P2pkh),
            Self::BitcoinTestnetP2sh => (Testnet, P2sh),
            Self::BitcoinTestnetP2wpkh => (Testnet, P2wpkh),
            Self::BitcoinTestnetP2wsh => (Testnet, P2wsh),
            Self::BitcoinTestnetP2tr => (Testnet, P2tr),
            Self::BitcoinSignetP2pkh => (Signet, P2pkh),
            Self::BitcoinSignetP2sh => (Signet, P2sh),
            Self::BitcoinSignetP2wpkh => (Signet, P2wpkh),
            Self::BitcoinSignetP2wsh => (Signet, P2wsh),
            Self::BitcoinSignetP2tr => (Signet, P2tr),
            Self::BitcoinRegtestP2pkh => (Regtest, P2pkh),
            Self::BitcoinRegtestP2sh => (Regtest, P2sh),
            Self::BitcoinRegtestP2wpkh => (Regtest, P2wpkh),
            Self::BitcoinRegtestP2wsh => (Regtest, P2wsh),
            Self::BitcoinRegtestP2tr => (Regtest, P2tr),
            _ => return None,
        })
    }

    /// Whether payloads for this address are signed with BIP-340 Schnorr by the tweaked key.
    pub const fn is_taproot(self) -> bool {
        matches!(self.bitcoin(), Some((_, BitcoinScript::P2tr)))
    }
}

impl fmt::Display for AddressFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AddressFormat {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str() == text)
            .ok_or(UnknownName("address format"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thirty_eight_and_their_spellings_agree() {
        assert_eq!(AddressFormat::ALL.len(), 38);
        for &format in AddressFormat::ALL {
            let json = serde_json::to_string(&format).unwrap();
            assert_eq!(json, format!("\"{format}\""));
            assert_eq!(
                serde_json::from_str::<AddressFormat>(&json).unwrap(),
                format
            );
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }

    #[test]
    fn the_bitcoin_name_says_network_and_script() {
        let mut count = 0;
        for &format in AddressFormat::ALL {
            let Some((network, script)) = format.bitcoin() else {
                assert!(!format.as_str().contains("BITCOIN"), "{format}");
                continue;
            };
            let named = format!("ADDRESS_FORMAT_BITCOIN_{network:?}_{script:?}").to_uppercase();
            assert_eq!(named, format.as_str());
            assert_eq!(format.is_taproot(), script == BitcoinScript::P2tr);
            count += 1;
        }
        assert_eq!(count, 20);
    }

    #[test]
    fn refuses_an_unknown_format() {
        let unknown = Err(UnknownName("address format"));
        assert_eq!("ADDRESS_FORMAT_MONERO".parse::<AddressFormat>(), unknown);
        assert_eq!("ethereum".parse::<AddressFormat>(), unknown);
    }
}
