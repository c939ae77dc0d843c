//! Cosmos SDK accounts: bech32 of the key's hash under the chain's prefix.

use bech32::{Bech32, Hrp};

use super::hash160;
use crate::Error;

pub(super) fn address(prefix: &str, key: &[u8; 33]) -> Result<String, Error> {
    let prefix = Hrp::parse(prefix).map_err(|_| Error::Crypto)?;
    bech32::encode::<Bech32>(prefix, &hash160(key)).map_err(|_| Error::Crypto)
}
