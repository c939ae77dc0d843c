//! Bitcoin's five single-key scripts on its four networks, and Dogecoin's P2PKH.

use bech32::{Hrp, hrp, segwit};
use sha2::{Digest, Sha256};
use wire::keys::{BitcoinNetwork, BitcoinScript};

use super::{base58check, hash160};
use crate::{Error, schnorr};

pub(super) fn address(
    network: BitcoinNetwork,
    script: BitcoinScript,
    key: &[u8; 33],
) -> Result<String, Error> {
    let Parameters { p2pkh, p2sh, hrp } = Parameters::of(network);
    match script {
        BitcoinScript::P2pkh => Ok(base58_p2pkh(p2pkh, key)),
        BitcoinScript::P2sh => Ok(base58check(p2sh, &hash160(&witness_v0(key)), BITCOIN)),
        BitcoinScript::P2wpkh => segwit(segwit::encode_v0(hrp, &hash160(key))),
        BitcoinScript::P2wsh => segwit(segwit::encode_v0(hrp, &Sha256::digest(pay_to_key(key)))),
        BitcoinScript::P2tr => {
            let key = secp256k1::PublicKey::from_slice(key).map_err(|_| Error::InvalidPublicKey)?;
            segwit(segwit::encode_v1(
                hrp,
                &schnorr::output_key(&key)?.to_byte_array(),
            ))
        }
    }
}

/// Base58check of the key's hash under a network's version byte.
pub(super) fn base58_p2pkh(version: u8, key: &[u8; 33]) -> String {
    base58check(version, &hash160(key), BITCOIN)
}

struct Parameters {
    p2pkh: u8,
    p2sh: u8,
    hrp: Hrp,
}

impl Parameters {
    fn of(network: BitcoinNetwork) -> Self {
        let (p2pkh, p2sh, hrp) = match network {
            BitcoinNetwork::Mainnet => (0x00, 0x05, hrp::BC),
            BitcoinNetwork::Testnet | BitcoinNetwork::Signet => (0x6f, 0xc4, hrp::TB),
            BitcoinNetwork::Regtest => (0x6f, 0xc4, hrp::BCRT),
        };
        Self { p2pkh, p2sh, hrp }
    }
}

/// The P2WPKH program as a script: `OP_0 <20 bytes>` (BIP-49's redeem script).
fn witness_v0(key: &[u8; 33]) -> Vec<u8> {
    [&[0x00, 0x14], &hash160(key)[..]].concat()
}

/// `<33 bytes> OP_CHECKSIG`, the one-key witness script we hash for P2WSH.
fn pay_to_key(key: &[u8; 33]) -> Vec<u8> {
    [&[0x21], &key[..], &[0xac]].concat()
}

fn segwit(encoded: Result<String, segwit::EncodeError>) -> Result<String, Error> {
    // Programs of 20 and 32 bytes are always encodable.
    encoded.map_err(|_| Error::Crypto)
}

const BITCOIN: &bs58::Alphabet = bs58::Alphabet::BITCOIN;
