//! Addresses: how each network writes a public key.
//!
//! Only hashing and spelling, no secrets. One file per family of encodings.

mod bitcoin;
mod cosmos;
mod ethereum;
mod spark;
mod stellar;
mod ton;
mod xrp;

use blake2::Blake2b;
use blake2::digest::consts::U32;
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use sha3::Sha3_256;
use wire::keys::AddressFormat;

use crate::{Error, PublicKey};

/// The address of `key` in `format`.
///
/// [`Error::WrongCurve`] when the format is not for keys of this curve, see
/// [`AddressFormat::curves`]. Everything else succeeds for a valid key, except Taproot for one
/// key in 2¹²⁸.
pub fn address(format: AddressFormat, key: &PublicKey) -> Result<String, Error> {
    if !format.curves().contains(&key.curve()) {
        return Err(Error::WrongCurve);
    }
    match key {
        PublicKey::Secp256k1(point) => of_secp256k1(format, key, point),
        PublicKey::P256(_) => of_any(format, key),
        PublicKey::Ed25519(point) => of_ed25519(format, key, point),
    }
}

fn of_secp256k1(format: AddressFormat, key: &PublicKey, point: &[u8; 33]) -> Result<String, Error> {
    if let Some((network, script)) = format.bitcoin() {
        return bitcoin::address(network, script, point);
    }
    match format {
        AddressFormat::Ethereum => Ok(ethereum::address(&key.to_uncompressed()?)),
        AddressFormat::Tron => Ok(ethereum::tron_address(&key.to_uncompressed()?)),
        AddressFormat::Cosmos => cosmos::address("cosmos", point),
        AddressFormat::Sei => cosmos::address("sei", point),
        AddressFormat::DogeMainnet => Ok(bitcoin::base58_p2pkh(0x1e, point)),
        AddressFormat::DogeTestnet => Ok(bitcoin::base58_p2pkh(0x71, point)),
        AddressFormat::Xrp => Ok(xrp::address(point)),
        AddressFormat::SparkMainnet => spark::address("spark", point),
        AddressFormat::SparkRegtest => spark::address("sparkrt", point),
        _ => of_any(format, key),
    }
}

fn of_ed25519(format: AddressFormat, key: &PublicKey, point: &[u8; 32]) -> Result<String, Error> {
    match format {
        AddressFormat::Solana => Ok(bs58::encode(point).into_string()),
        AddressFormat::Sui => Ok(sui(point)),
        AddressFormat::Aptos => Ok(aptos(point)),
        AddressFormat::Xlm => Ok(stellar::address(point)),
        AddressFormat::TonV3r2 => Ok(ton::address(ton::Contract::V3r2, point)),
        AddressFormat::TonV4r2 => Ok(ton::address(ton::Contract::V4r2, point)),
        AddressFormat::TonV5r1 => Ok(ton::address(ton::Contract::V5r1, point)),
        _ => of_any(format, key),
    }
}

fn of_any(format: AddressFormat, key: &PublicKey) -> Result<String, Error> {
    match format {
        AddressFormat::Compressed => Ok(key.to_hex()),
        AddressFormat::Uncompressed => Ok(hex::encode(key.to_uncompressed()?)),
        // The curve table has let nothing else through.
        _ => Err(Error::WrongCurve),
    }
}

/// BLAKE2b-256 of the Ed25519 flag and the key.
fn sui(point: &[u8; 32]) -> String {
    let hash = Blake2b::<U32>::new()
        .chain_update([0x00])
        .chain_update(point)
        .finalize();
    format!("0x{}", hex::encode(hash))
}

/// SHA3-256 of the key and the scheme of a single Ed25519 key.
fn aptos(point: &[u8; 32]) -> String {
    let hash = Sha3_256::new()
        .chain_update(point)
        .chain_update([0x00])
        .finalize();
    format!("0x{}", hex::encode(hash))
}

/// RIPEMD-160 of SHA-256, the twenty bytes that Bitcoin and its kin name a key by.
fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// Version, payload and four bytes of double SHA-256, in base58 with the given alphabet.
fn base58check(version: u8, payload: &[u8], alphabet: &bs58::Alphabet) -> String {
    let mut bytes = vec![version];
    bytes.extend_from_slice(payload);
    let checksum = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&checksum[..4]);
    bs58::encode(bytes).with_alphabet(alphabet).into_string()
}
