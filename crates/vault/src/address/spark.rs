//! Spark: bech32m of a protobuf message whose only field is the identity key.

use bech32::{Bech32m, Hrp};

use crate::Error;

pub(super) fn address(prefix: &str, key: &[u8; 33]) -> Result<String, Error> {
    let prefix = Hrp::parse(prefix).map_err(|_| Error::Crypto)?;
    // Field 1, length-delimited, 33 bytes.
    let message = [&[0x0a, 0x21], &key[..]].concat();
    bech32::encode::<Bech32m>(prefix, &message).map_err(|_| Error::Crypto)
}
