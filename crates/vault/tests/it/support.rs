//! A vault to test with, and the reader of our vector files.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use vault::{Entropy, Error, PrivateKeyRow, RootKey, Vault, WalletRow};
use verify::Authenticated;
use wire::id::{OrganisationId, PrivateKeyId, WalletId};

/// Different bytes at every call, the same in every run.
pub struct Counting(pub u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::digest(self.0.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.0 += 1;
        }
        Ok(())
    }
}

pub fn root_key(number: u64) -> RootKey {
    RootKey::generate(&mut Counting(1_000_000 * number)).unwrap()
}

pub fn vault() -> Vault {
    Vault::new(root_key(1))
}

pub fn organisation(number: u8) -> OrganisationId {
    OrganisationId::from_bytes([number; 16])
}

pub fn wallet_row(number: u8) -> WalletRow {
    let wallet = WalletId::from_bytes([number; 16]);
    WalletRow {
        organisation: organisation(1),
        wallet,
    }
}

pub fn key_row(number: u8) -> PrivateKeyRow {
    let key = PrivateKeyId::from_bytes([number; 16]);
    PrivateKeyRow {
        organisation: organisation(1),
        key,
    }
}

/// Evidence that somebody of [`organisation`] `home` stamped a request.
pub fn evidence(home: u8) -> Authenticated {
    crate::evidence::evidence(organisation(home))
}

/// The mnemonic everyone tests with.
pub const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon \
                           abandon abandon abandon about";

/// Reads `name: value` lines in blocks with empty lines between them; `#` starts a comment.
pub fn read_vectors(text: &'static str) -> Vec<BTreeMap<&'static str, &'static str>> {
    let lines = |block: &'static str| block.lines().filter(|line| !line.starts_with('#'));
    text.split("\n\n")
        .map(|block| {
            lines(block)
                .filter_map(|line| line.split_once(": "))
                .collect()
        })
        .filter(|block: &BTreeMap<_, _>| !block.is_empty())
        .collect()
}
