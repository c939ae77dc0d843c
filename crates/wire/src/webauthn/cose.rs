//! Credential public keys: the part of COSE that WebAuthn allows (§5.8.5, §6.5.1, RFC 9053).
//!
//! A credential key names its algorithm, and the algorithm pins everything else: key type,
//! curve, length of coordinates. What remains is five shapes. Whether a point lies on its curve
//! is arithmetic and belongs to `verify`.

use std::fmt;

use crate::encoding::cbor::{self, CborError, Map, Value};

macro_rules! algorithms {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $spelling:literal;)*) => {
        /// A signature algorithm from the IANA COSE registry that we can verify.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CoseAlgorithm { $($(#[$doc])* $name,)* }

        impl CoseAlgorithm {
            /// Every algorithm, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The algorithm with this COSE number.
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// The COSE number, as `pubKeyCredParams` carries it.
            pub const fn number(self) -> i64 {
                match self { $(Self::$name => $number,)* }
            }

            /// The registered name, such as `ES256`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $spelling,)* }
            }
        }
    };
}

algorithms! {
    /// ECDSA on P-256 with SHA-256.
    Es256 = -7, "ES256";
    /// EdDSA, in WebAuthn always Ed25519.
    EdDsa = -8, "EdDSA";
    /// Fully specified ES256 (RFC 9864); WebAuthn advises against offering it.
    Esp256 = -9, "ESP256";
    /// Fully specified Ed25519 (RFC 9864); WebAuthn advises against offering it.
    Ed25519 = -19, "Ed25519";
    /// ECDSA on P-384 with SHA-384.
    Es384 = -35, "ES384";
    /// ECDSA on P-521 with SHA-512.
    Es512 = -36, "ES512";
    /// RSASSA-PSS with SHA-256.
    Ps256 = -37, "PS256";
    /// RSASSA-PSS with SHA-384.
    Ps384 = -38, "PS384";
    /// RSASSA-PSS with SHA-512.
    Ps512 = -39, "PS512";
    /// ECDSA on secp256k1 with SHA-256.
    Es256K = -47, "ES256K";
    /// ML-DSA-44.
    MlDsa44 = -48, "ML-DSA-44";
    /// ML-DSA-65.
    MlDsa65 = -49, "ML-DSA-65";
    /// ML-DSA-87.
    MlDsa87 = -50, "ML-DSA-87";
    /// Fully specified ES384 (RFC 9864); WebAuthn advises against offering it.
    Esp384 = -51, "ESP384";
    /// Fully specified ES512 (RFC 9864); WebAuthn advises against offering it.
    Esp512 = -52, "ESP512";
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 = -257, "RS256";
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 = -258, "RS384";
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 = -259, "RS512";
    /// RSASSA-PKCS1-v1_5 with SHA-1: old TPMs and the conformance suite only.
    Rs1 = -65535, "RS1";
}

impl fmt::Display for CoseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A credential public key whose parameters have the right shape for its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CoseKey<'a> {
    /// The algorithm the key is for, and the only one it may be used with.
    pub algorithm: CoseAlgorithm,
    /// The key itself, big-endian throughout.
    pub material: KeyMaterial<'a>,
}

/// The numbers of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMaterial<'a> {
    /// A point on the algorithm's curve; both coordinates have the field's full length.
    Ec2 {
        /// The x coordinate.
        x: &'a [u8],
        /// The y coordinate.
        y: &'a [u8],
    },
    /// A 32-byte Ed25519 public key.
    Okp {
        /// The encoded point.
        x: &'a [u8],
    },
    /// An RSA key; neither number has leading zero bytes.
    Rsa {
        /// The modulus.
        n: &'a [u8],
        /// The public exponent.
        e: &'a [u8],
    },
    /// An ML-DSA public key of the parameter set's length.
    Akp {
        /// The encoded key.
        public: &'a [u8],
    },
}

/// Why bytes are not a credential public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoseKeyError {
    /// Not canonical CBOR, or the labels are out of order.
    #[error("the public key is not canonical CBOR")]
    Cbor(Option<CborError>),
    /// The CBOR item is not a map.
    #[error("the public key is not a map")]
    NotMap,
    /// Label 1, the key type, is absent.
    #[error("the public key has no kty")]
    KtyMissing,
    /// Label 3, the algorithm, is absent.
    #[error("the public key has no alg")]
    AlgMissing,
    /// The algorithm is not one we verify, or not a number.
    #[error("the algorithm of the public key is not supported")]
    AlgUnsupported,
    /// The key type does not belong to the algorithm.
    #[error("the key type does not belong to the algorithm")]
    KtyAlgMismatch,
    /// The curve is absent or not the one the algorithm pins.
    #[error("the curve does not belong to the algorithm")]
    CurveAlgMismatch,
    /// A coordinate or the encoded key is absent or not a byte string.
    #[error("a coordinate is missing")]
    CoordinateMissing,
    /// The y coordinate is a sign bit.
    #[error("the point is compressed")]
    CompressedPoint,
    /// A coordinate or the encoded key has the wrong length.
    #[error("a coordinate has the wrong length")]
    CoordinateLength,
    /// The modulus or the exponent is absent or not a byte string.
    #[error("an RSA parameter is missing")]
    RsaParameterMissing,
    /// The modulus has fewer than 2048 bits.
    #[error("the RSA modulus is too small")]
    RsaTooSmall,
    /// The modulus is even, has leading zeros or more than 8192 bits.
    #[error("the RSA modulus is malformed")]
    RsaBadModulus,
    /// The exponent is even, below 3, has leading zeros or more than 32 bits.
    #[error("the RSA exponent is malformed")]
    RsaBadExponent,
    /// The map has a label that credential keys must not have (§6.5.1).
    #[error("the public key has a parameter that does not belong there")]
    UnexpectedParameter,
}

impl CoseKeyError {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cbor(_) => "authdata_pubkey_cbor",
            Self::NotMap => "cose_not_map",
            Self::KtyMissing => "cose_kty_missing",
            Self::AlgMissing => "cose_alg_missing",
            Self::AlgUnsupported => "cose_alg_unsupported",
            Self::KtyAlgMismatch => "cose_kty_alg_mismatch",
            Self::CurveAlgMismatch => "cose_curve_alg_mismatch",
            Self::CoordinateMissing => "cose_coord_missing",
            Self::CompressedPoint => "cose_compressed_point",
            Self::CoordinateLength => "cose_coord_length",
            Self::RsaParameterMissing => "cose_rsa_param_missing",
            Self::RsaTooSmall => "cose_rsa_too_small",
            Self::RsaBadModulus => "cose_rsa_bad_modulus",
            Self::RsaBadExponent => "cose_rsa_bad_exponent",
            Self::UnexpectedParameter => "cose_unexpected_param",
        }
    }
}

/// What an algorithm pins about its keys: COSE key type, curve and byte lengths.
enum Shape {
    Ec2 { curve: i64, coordinate: usize },
    Okp { curve: i64, length: usize },
    Rsa,
    Akp { length: usize },
}

impl Shape {
    fn of(algorithm: CoseAlgorithm) -> Self {
        use CoseAlgorithm as A;
        match algorithm {
            A::Es256 | A::Esp256 => Self::Ec2 {
                curve: 1,
                coordinate: 32,
            },
            A::Es384 | A::Esp384 => Self::Ec2 {
                curve: 2,
                coordinate: 48,
            },
            A::Es512 | A::Esp512 => Self::Ec2 {
                curve: 3,
                coordinate: 66,
            },
            A::Es256K => Self::Ec2 {
                curve: 8,
                coordinate: 32,
            },
            A::EdDsa | A::Ed25519 => Self::Okp {
                curve: 6,
                length: 32,
            },
            A::Rs256 | A::Rs384 | A::Rs512 | A::Rs1 => Self::Rsa,
            A::Ps256 | A::Ps384 | A::Ps512 => Self::Rsa,
            A::MlDsa44 => Self::Akp { length: 1312 },
            A::MlDsa65 => Self::Akp { length: 1952 },
            A::MlDsa87 => Self::Akp { length: 2592 },
        }
    }

    fn key_type(&self) -> i64 {
        match self {
            Self::Okp { .. } => 1,
            Self::Ec2 { .. } => 2,
            Self::Rsa => 3,
            Self::Akp { .. } => 7,
        }
    }
}

const KTY: i64 = 1;
const ALG: i64 = 3;

impl<'a> CoseKey<'a> {
    /// Reads the CBOR of a credential public key, to the last byte.
    ///
    /// # Errors
    ///
    /// [`CoseKeyError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CoseKeyError> {
        use CoseKeyError as E;

        let value = cbor::decode(bytes).map_err(|error| E::Cbor(Some(error)))?;
        let map = value.as_map().ok_or(E::NotMap)?;
        if !map.is_canonical() {
            return Err(E::Cbor(None));
        }
        let kty = map.integer(KTY).ok_or(E::KtyMissing)?;
        let alg = map.integer(ALG).ok_or(E::AlgMissing)?;
        let algorithm = alg
            .as_integer()
            .and_then(CoseAlgorithm::from_number)
            .ok_or(E::AlgUnsupported)?;
        let shape = Shape::of(algorithm);
        if kty.as_integer() != Some(shape.key_type()) {
            return Err(E::KtyAlgMismatch);
        }
        let (material, parameters) = match shape {
            Shape::Ec2 { curve, coordinate } => (ec2(map, curve, coordinate)?, 3),
            Shape::Okp { curve, length } => (okp(map, curve, length)?, 2),
            Shape::Rsa => (rsa(map)?, 2),
            Shape::Akp { length } => (akp(map, length)?, 1),
        };
        // §6.5.1: no optional parameters. All the required ones were found, and keys are
        // distinct, so a longer map has something else in it.
        if map.entries().len() != parameters + 2 {
            return Err(E::UnexpectedParameter);
        }
        Ok(Self {
            algorithm,
            material,
        })
    }
}

fn ec2<'a>(map: &Map<'a>, curve: i64, length: usize) -> Result<KeyMaterial<'a>, CoseKeyError> {
    check_curve(map, curve)?;
    if matches!(map.integer(-3), Some(Value::Bool(_))) {
        return Err(CoseKeyError::CompressedPoint);
    }
    Ok(KeyMaterial::Ec2 {
        x: coordinate(map, -2, length)?,
        y: coordinate(map, -3, length)?,
    })
}

fn okp<'a>(map: &Map<'a>, curve: i64, length: usize) -> Result<KeyMaterial<'a>, CoseKeyError> {
    check_curve(map, curve)?;
    Ok(KeyMaterial::Okp {
        x: coordinate(map, -2, length)?,
    })
}

fn akp<'a>(map: &Map<'a>, length: usize) -> Result<KeyMaterial<'a>, CoseKeyError> {
    Ok(KeyMaterial::Akp {
        public: coordinate(map, -1, length)?,
    })
}

fn check_curve(map: &Map<'_>, curve: i64) -> Result<(), CoseKeyError> {
    match map.integer(-1).and_then(Value::as_integer) {
        Some(named) if named == curve => Ok(()),
        _ => Err(CoseKeyError::CurveAlgMismatch),
    }
}

fn coordinate<'a>(map: &Map<'a>, label: i64, length: usize) -> Result<&'a [u8], CoseKeyError> {
    let bytes = map
        .integer(label)
        .and_then(Value::as_bytes)
        .ok_or(CoseKeyError::CoordinateMissing)?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(CoseKeyError::CoordinateLength)
    }
}

fn rsa<'a>(map: &Map<'a>) -> Result<KeyMaterial<'a>, CoseKeyError> {
    let parameter = |label| {
        map.integer(label)
            .and_then(Value::as_bytes)
            .ok_or(CoseKeyError::RsaParameterMissing)
    };
    let (n, e) = (parameter(-1)?, parameter(-2)?);
    // RFC 8230 §4: numbers in the fewest octets.
    let [first, .., last] = n else {
        return Err(CoseKeyError::RsaTooSmall);
    };
    let bits = n.len() * 8 - first.leading_zeros() as usize;
    if *first == 0 || last & 1 == 0 || bits > 8192 {
        return Err(CoseKeyError::RsaBadModulus);
    }
    if bits < 2048 {
        return Err(CoseKeyError::RsaTooSmall);
    }
    match e {
        [] | [0 | 1] | [0, ..] => Err(CoseKeyError::RsaBadExponent),
        [.., last] if last & 1 == 0 || e.len() > 4 => Err(CoseKeyError::RsaBadExponent),
        _ => Ok(KeyMaterial::Rsa { n, e }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ES256 key with the given kty, alg and crv bytes, x and y.
    fn es256(kty: u8, alg: u8, crv: u8, x: &[u8], y: &[u8]) -> Vec<u8> {
        let mut key = vec![
            0xa5,
            0x01,
            kty,
            0x03,
            alg,
            0x20,
            crv,
            0x21,
            0x58,
            x.len() as u8,
        ];
        key.extend_from_slice(x);
        key.extend_from_slice(&[0x22, 0x58, y.len() as u8]);
        key.extend_from_slice(y);
        key
    }

    fn rs256(n: &[u8], e: &[u8]) -> Vec<u8> {
        let mut key = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
        match u8::try_from(n.len()) {
            Ok(length) => key.extend_from_slice(&[0x58, length]),
            Err(_) => {
                key.push(0x59);
                key.extend_from_slice(&(n.len() as u16).to_be_bytes());
            }
        }
        key.extend_from_slice(n);
        key.extend_from_slice(&[0x21, 0x40 | e.len() as u8]);
        key.extend_from_slice(e);
        key
    }

    fn refuses(key: &[u8], expected: CoseKeyError) {
        assert_eq!(CoseKey::parse(key), Err(expected), "{key:02x?}");
    }

    #[test]
    fn accepts_the_shape_the_algorithm_pins() {
        let key = es256(0x02, 0x26, 0x01, &[1; 32], &[2; 32]);
        let read = CoseKey::parse(&key).unwrap();
        assert_eq!(read.algorithm, CoseAlgorithm::Es256);
        assert_eq!(
            read.material,
            KeyMaterial::Ec2 {
                x: &[1; 32],
                y: &[2; 32]
            }
        );
        assert!(CoseKey::parse(&rs256(&[0xff; 256], &[1, 0, 1])).is_ok());
    }

    #[test]
    fn t40_refuses_another_key_type_curve_or_length() {
        use CoseKeyError as E;
        refuses(
            &es256(0x01, 0x26, 0x01, &[1; 32], &[2; 32]),
            E::KtyAlgMismatch,
        );
        refuses(
            &es256(0x02, 0x26, 0x02, &[1; 32], &[2; 32]),
            E::CurveAlgMismatch,
        );
        refuses(
            &es256(0x02, 0x26, 0x01, &[1; 31], &[2; 32]),
            E::CoordinateLength,
        );
        refuses(
            &es256(0x02, 0x26, 0x01, &[1; 32], &[2; 33]),
            E::CoordinateLength,
        );
    }

    #[test]
    fn t41_refuses_malformed_maps() {
        use CoseKeyError as E;
        refuses(&[0x80], E::NotMap);
        refuses(&[0xa1, 0x03, 0x26], E::KtyMissing);
        refuses(&[0xa1, 0x01, 0x02], E::AlgMissing);
        refuses(&[0xa2, 0x03, 0x26, 0x01, 0x02], E::Cbor(None));
        refuses(
            &[0xa2, 0x01, 0x02, 0x03, 0x39, 0x03, 0xe6],
            E::AlgUnsupported,
        );
        refuses(
            &[0xa2, 0x01, 0x02, 0x03, 0x65, b'E', b'S', b'2', b'5', b'6'],
            E::AlgUnsupported,
        );
        refuses(&[0xa2, 0x01, 0x02, 0x03, 0x26], E::CurveAlgMismatch);
        refuses(
            &[0xa3, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01],
            E::CoordinateMissing,
        );
        let compressed = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..],
            &[1; 32],
            &[0x22, 0xf5],
        ];
        refuses(&compressed.concat(), E::CompressedPoint);
        let mut extra = es256(0x02, 0x26, 0x01, &[1; 32], &[2; 32]);
        extra[0] = 0xa6;
        extra.extend_from_slice(&[0x23, 0x00]);
        refuses(&extra, E::UnexpectedParameter);
    }

    #[test]
    fn refuses_weak_and_malformed_rsa_keys() {
        use CoseKeyError as E;
        let leading_zero = [&[0][..], &[0xff; 256]].concat();
        let even = [&[0xff; 255][..], &[0xfe]].concat();
        refuses(&rs256(&[0xff; 128], &[1, 0, 1]), E::RsaTooSmall);
        refuses(&rs256(&leading_zero, &[1, 0, 1]), E::RsaBadModulus);
        refuses(&rs256(&even, &[1, 0, 1]), E::RsaBadModulus);
        refuses(&rs256(&[0xff; 2048], &[1, 0, 1]), E::RsaBadModulus);
        for exponent in [&[][..], &[1], &[4], &[0, 3], &[1, 0, 0, 0, 1]] {
            refuses(&rs256(&[0xff; 256], exponent), E::RsaBadExponent);
        }
    }

    #[test]
    fn numbers_and_names_agree_with_the_registry() {
        for algorithm in CoseAlgorithm::ALL {
            assert_eq!(
                CoseAlgorithm::from_number(algorithm.number()),
                Some(*algorithm)
            );
        }
        assert_eq!(CoseAlgorithm::from_number(-53), None);
    }
}
