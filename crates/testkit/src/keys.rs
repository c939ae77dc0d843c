//! Signing keys of every algorithm the corpus needs, with signatures that come out the same each
//! time.
//!
//! aws-lc mixes randomness into ECDSA and PSS, rightly; a vector that must be regenerated cannot
//! have that. So ECDSA here is RFC 6979 and RSA is the textbook operation over known primes.

use aws_lc_rs::digest;
use num_bigint::BigUint;
use p256::ecdsa::signature::hazmat::PrehashSigner;

use crate::encode::cbor::{Cbor, bytes};
use crate::encode::{der, sha256};

/// COSE algorithm identifiers.
pub mod alg {
    /// ECDSA on P-256 with SHA-256.
    pub const ES256: i64 = -7;
    /// Ed25519 in practice.
    pub const EDDSA: i64 = -8;
    /// ECDSA on P-384 with SHA-384.
    pub const ES384: i64 = -35;
    /// RSASSA-PSS with SHA-256.
    pub const PS256: i64 = -37;
    /// ECDSA on secp256k1 with SHA-256.
    pub const ES256K: i64 = -47;
    /// ML-DSA-44.
    pub const ML_DSA_44: i64 = -48;
    /// ML-DSA-65.
    pub const ML_DSA_65: i64 = -49;
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub const RS256: i64 = -257;
    /// RSASSA-PKCS1-v1_5 with SHA-1.
    pub const RS1: i64 = -65535;
}

/// A private key.
#[derive(Clone)]
pub enum SigningKey {
    /// NIST P-256.
    P256(p256::ecdsa::SigningKey),
    /// NIST P-384.
    P384(p384::ecdsa::SigningKey),
    /// secp256k1.
    Secp256k1(secp256k1::SecretKey),
    /// Ed25519.
    Ed25519(ed25519_dalek::SigningKey),
    /// RSA over two Mersenne primes: 3,482 bits, as in the vectors of the WebAuthn specification.
    Rsa,
}

impl SigningKey {
    /// The P-256 key with these private bytes.
    ///
    /// # Panics
    ///
    /// If they are zero or not below the order, which no digest in practice is.
    pub fn p256(private: [u8; 32]) -> Self {
        Self::P256(p256::ecdsa::SigningKey::from_slice(&private).expect("a scalar of P-256"))
    }

    /// The P-384 key with these private bytes in the low two thirds.
    ///
    /// # Panics
    ///
    /// If they are all zero.
    pub fn p384(private: [u8; 32]) -> Self {
        let mut scalar = [0; 48];
        scalar[16..].copy_from_slice(&private);
        Self::P384(p384::ecdsa::SigningKey::from_slice(&scalar).expect("a scalar of P-384"))
    }

    /// The secp256k1 key with these private bytes.
    ///
    /// # Panics
    ///
    /// If they are zero or not below the order.
    pub fn secp256k1(private: [u8; 32]) -> Self {
        let key = secp256k1::SecretKey::from_secret_bytes(private);
        Self::Secp256k1(key.expect("a scalar of secp256k1"))
    }

    /// The Ed25519 key with this seed.
    pub fn ed25519(seed: [u8; 32]) -> Self {
        Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The key for a COSE algorithm, from a label.
    ///
    /// # Panics
    ///
    /// If the algorithm is none of those in [`alg`] that we can sign with.
    pub fn for_algorithm(algorithm: i64, label: &str) -> Self {
        let private = sha256(&[b"testkit key", &algorithm.to_be_bytes(), label.as_bytes()]);
        match algorithm {
            alg::ES256 => Self::p256(private),
            alg::ES384 => Self::p384(private),
            alg::ES256K => Self::secp256k1(private),
            alg::EDDSA => Self::ed25519(private),
            alg::RS256 | alg::PS256 | alg::RS1 => Self::Rsa,
            other => panic!("no signing key for COSE algorithm {other}"),
        }
    }

    /// SEC1 compressed, or the 32 bytes of Ed25519.
    ///
    /// # Panics
    ///
    /// For RSA, which has no such form.
    pub fn public_key_compressed(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(true).as_bytes().to_vec(),
            Self::Secp256k1(key) => secp256k1_public(key).serialize().to_vec(),
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Rsa => panic!("an RSA key is not a point"),
        }
    }

    /// SEC1 uncompressed; x and y are its two halves after the first byte.
    ///
    /// # Panics
    ///
    /// For keys that are not ECDSA.
    pub fn public_key_uncompressed(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Secp256k1(key) => secp256k1_public(key).serialize_uncompressed().to_vec(),
            Self::Ed25519(_) | Self::Rsa => panic!("not an ECDSA key"),
        }
    }

    /// The COSE_Key with this algorithm written in.
    pub fn cose(&self, algorithm: i64) -> Cbor {
        let ec2 = |curve: i64| {
            let point = self.public_key_uncompressed();
            let (x, y) = point[1..].split_at(point.len() / 2);
            vec![
                (Cbor::Int(1), Cbor::Int(2)),
                (Cbor::Int(3), Cbor::Int(algorithm)),
                (Cbor::Int(-1), Cbor::Int(curve)),
                (Cbor::Int(-2), bytes(x)),
                (Cbor::Int(-3), bytes(y)),
            ]
        };
        Cbor::Map(match self {
            Self::P256(_) => ec2(1),
            Self::P384(_) => ec2(2),
            Self::Secp256k1(_) => ec2(8),
            Self::Ed25519(_) => vec![
                (Cbor::Int(1), Cbor::Int(1)),
                (Cbor::Int(3), Cbor::Int(algorithm)),
                (Cbor::Int(-1), Cbor::Int(6)),
                (Cbor::Int(-2), bytes(self.public_key_compressed())),
            ],
            Self::Rsa => vec![
                (Cbor::Int(1), Cbor::Int(3)),
                (Cbor::Int(3), Cbor::Int(algorithm)),
                (Cbor::Int(-1), bytes(rsa::modulus().to_bytes_be())),
                (Cbor::Int(-2), bytes([1, 0, 1])),
            ],
        })
    }

    /// The SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> Vec<u8> {
        let ec = |curve: &[u32]| {
            let algorithm =
                der::sequence(&[&der::oid(&[1, 2, 840, 10045, 2, 1]), &der::oid(curve)]);
            der::sequence(&[&algorithm, &der::bits(&self.public_key_uncompressed())])
        };
        match self {
            Self::P256(_) => ec(&[1, 2, 840, 10045, 3, 1, 7]),
            Self::P384(_) => ec(&[1, 3, 132, 0, 34]),
            Self::Secp256k1(_) => ec(&[1, 3, 132, 0, 10]),
            Self::Ed25519(_) => der::sequence(&[
                &der::sequence(&[&der::oid(&[1, 3, 101, 112])]),
                &der::bits(&self.public_key_compressed()),
            ]),
            Self::Rsa => der::sequence(&[
                &der::sequence(&[&der::oid(&[1, 2, 840, 113549, 1, 1, 1]), &der::NULL]),
                &der::bits(&der::sequence(&[
                    &der::integer(&rsa::modulus()),
                    &der::small(65537),
                ])),
            ]),
        }
    }

    /// Signs `message` the way the key's usual COSE algorithm does: ES256, ES384, ES256K (each in
    /// DER), EdDSA or RS256.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256(_) | Self::Secp256k1(_) => self.sign_digest(sha256(&[message])),
            Self::P384(key) => {
                let digest = digest::digest(&digest::SHA384, message);
                let signature: p384::ecdsa::Signature = key
                    .sign_prehash(digest.as_ref())
                    .expect("a digest of the right length");
                ecdsa_der(&signature.to_bytes())
            }
            Self::Ed25519(key) => {
                use ed25519_dalek::Signer;
                key.sign(message).to_bytes().to_vec()
            }
            Self::Rsa => rsa::sign_pkcs1(&digest::SHA256, message),
        }
    }

    /// Signs a digest with ECDSA; the signature in DER.
    ///
    /// # Panics
    ///
    /// For keys of other kinds.
    pub fn sign_digest(&self, digest: [u8; 32]) -> Vec<u8> {
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key
                    .sign_prehash(&digest)
                    .expect("a digest of the right length");
                ecdsa_der(&signature.to_bytes())
            }
            Self::Secp256k1(key) => {
                let message = secp256k1::Message::from_digest(digest);
                secp256k1::ecdsa::sign(message, key)
                    .serialize_der()
                    .to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature =
                    key.sign_prehash(&digest).expect("a digest long enough");
                ecdsa_der(&signature.to_bytes())
            }
            Self::Ed25519(_) | Self::Rsa => panic!("does not sign digests"),
        }
    }
}

/// The order of P-256.
pub fn p256_order() -> BigUint {
    hex_number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
}

/// The order of secp256k1.
pub fn secp256k1_order() -> BigUint {
    hex_number("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
}

/// The two integers of an ECDSA signature in DER with short lengths.
///
/// # Panics
///
/// If it is not one.
pub fn ecdsa_integers(signature: &[u8]) -> (BigUint, BigUint) {
    let r_length = usize::from(signature[3]);
    let r = &signature[4..4 + r_length];
    let s = &signature[4 + r_length + 2..];
    (BigUint::from_bytes_be(r), BigUint::from_bytes_be(s))
}

/// The same signature with the other of the two equivalent values of s.
pub fn p256_twin(signature: &[u8]) -> Vec<u8> {
    let (r, s) = ecdsa_integers(signature);
    der::ecdsa(&r, &(p256_order() - s))
}

/// A number from hexadecimal.
///
/// # Panics
///
/// If the text is something else.
pub fn hex_number(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 16).expect("hexadecimal digits")
}

fn ecdsa_der(fixed: &[u8]) -> Vec<u8> {
    let (r, s) = fixed.split_at(fixed.len() / 2);
    der::ecdsa(&BigUint::from_bytes_be(r), &BigUint::from_bytes_be(s))
}

fn secp256k1_public(key: &secp256k1::SecretKey) -> secp256k1::PublicKey {
    secp256k1::PublicKey::from_secret_key(key)
}

/// RSA over the Mersenne primes 2^2203 - 1 and 2^1279 - 1.
pub mod rsa {
    use std::sync::LazyLock;

    use aws_lc_rs::digest::{self, Algorithm};
    use num_bigint::BigUint;

    use crate::encode::{der, digest as hash};

    static KEY: LazyLock<(BigUint, BigUint)> = LazyLock::new(|| {
        let one = BigUint::from(1_u32);
        let p = (&one << 2203) - &one;
        let q = (&one << 1279) - &one;
        let d = BigUint::from(65537_u32).modinv(&((&p - &one) * (&q - &one)));
        (p * q, d.expect("65537 is prime to the order of the group"))
    });

    /// Bytes in the modulus and in a signature.
    pub const LENGTH: usize = 436;

    /// The modulus: the product of the two primes.
    pub fn modulus() -> BigUint {
        KEY.0.clone()
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1).
    ///
    /// # Panics
    ///
    /// If the digest is neither SHA-1 nor SHA-256.
    pub fn sign_pkcs1(algorithm: &'static Algorithm, message: &[u8]) -> Vec<u8> {
        let oid = if *algorithm == digest::SHA256 {
            der::oid(&[2, 16, 840, 1, 101, 3, 4, 2, 1])
        } else if *algorithm == digest::SHA1_FOR_LEGACY_USE_ONLY {
            der::oid(&[1, 3, 14, 3, 2, 26])
        } else {
            panic!("no identifier for {algorithm:?}")
        };
        let info = der::sequence(&[
            &der::sequence(&[&oid, &der::NULL]),
            &der::octets(&hash(algorithm, message)),
        ]);
        let padding = vec![0xff; LENGTH - info.len() - 3];
        raise(&[&[0, 1], &*padding, &[0], &*info].concat())
    }

    /// RSASSA-PSS with SHA-256 and MGF1 over it (RFC 8017 §8.1.1), with the given salt.
    pub fn sign_pss(message: &[u8], salt: &[u8]) -> Vec<u8> {
        // emBits is one less than the 3,482 bits of the modulus, which takes all 436 bytes.
        const UNUSED_BITS: u32 = 8 * LENGTH as u32 - 3481;
        let h = hash(
            &digest::SHA256,
            &[&[0; 8], &*hash(&digest::SHA256, message), salt].concat(),
        );
        let zeros = vec![0; LENGTH - salt.len() - h.len() - 2];
        let mut block = [&*zeros, &[1], salt].concat();
        for (index, chunk) in block.chunks_mut(32).enumerate() {
            let mask = hash(
                &digest::SHA256,
                &[&*h, &(index as u32).to_be_bytes()].concat(),
            );
            chunk
                .iter_mut()
                .zip(mask)
                .for_each(|(byte, mask)| *byte ^= mask);
        }
        block[0] &= 0xff >> UNUSED_BITS;
        raise(&[&*block, &*h, &[0xbc]].concat())
    }

    /// The private operation: the block to the power of d.
    fn raise(block: &[u8]) -> Vec<u8> {
        let (n, d) = &*KEY;
        let bytes = BigUint::from_bytes_be(block).modpow(d, n).to_bytes_be();
        [vec![0; LENGTH - bytes.len()], bytes].concat()
    }
}
