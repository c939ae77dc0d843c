//! How keys, their paths and their addresses are named: curves, derivation paths and the
//! thirty-eight address formats of the activities family.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod address_format;
mod path;

pub use address_format::{AddressFormat, BitcoinNetwork, BitcoinScript};
pub use path::{ChildIndex, DerivationPath, InvalidPath};

/// The text names none of the values of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a known {0}")]
pub struct UnknownName(pub(crate) &'static str);

/// The curve a signing key lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Curve {
    /// SEC 2 secp256k1: ECDSA with recovery, and Schnorr signatures for Taproot.
    #[serde(rename = "CURVE_SECP256K1")]
    Secp256k1,
    /// NIST P-256, also called secp256r1: ECDSA.
    #[serde(rename = "CURVE_P256")]
    P256,
    /// Edwards25519: pure Ed25519 of RFC 8032.
    #[serde(rename = "CURVE_ED25519")]
    Ed25519,
}

impl Curve {
    /// Every curve, in the order of declaration.
    pub const ALL: [Self; 3] = [Self::Secp256k1, Self::P256, Self::Ed25519];

    /// The name on the wire, such as `CURVE_SECP256K1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secp256k1 => "CURVE_SECP256K1",
            Self::P256 => "CURVE_P256",
            Self::Ed25519 => "CURVE_ED25519",
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Curve {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|curve| curve.as_str() == text)
            .ok_or(UnknownName("curve"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_spelt_the_same_by_display_parse_and_serde() {
        for curve in Curve::ALL {
            assert_eq!(curve.to_string().parse(), Ok(curve));
            let json = serde_json::to_string(&curve).unwrap();
            assert_eq!(json, format!("\"{curve}\""));
            assert_eq!(serde_json::from_str::<Curve>(&json).unwrap(), curve);
        }
    }

    #[test]
    fn refuses_an_unknown_curve() {
        assert_eq!("CURVE_P384".parse::<Curve>(), Err(UnknownName("curve")));
        assert_eq!("curve_p256".parse::<Curve>(), Err(UnknownName("curve")));
    }
}
