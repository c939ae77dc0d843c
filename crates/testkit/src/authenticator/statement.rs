//! Attestation statements of every format, over any keys and certificates.
//!
//! Each function takes what it needs and nothing is checked, so a caller can hand in the wrong
//! certificate, the wrong key or the wrong bytes.

use num_bigint::BigUint;

use crate::encode::cbor::{Cbor, bytes, map};
use crate::encode::certificate::{Certificate, extension, name};
use crate::encode::{der, sha256};
use crate::keys::{SigningKey, alg};

/// `id-fido-gen-ce-aaguid`
pub const AAGUID: &[u32] = &[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// The extension that names the authenticator model.
pub fn aaguid_extension(aaguid: &[u8; 16]) -> Vec<u8> {
    extension(AAGUID, false, &der::octets(aaguid))
}

/// `x5c`: the certificates in the order given.
pub fn x5c(certificates: &[&[u8]]) -> Cbor {
    Cbor::Array(certificates.iter().map(bytes).collect())
}

/// Packed, by the credential itself.
pub fn packed_self(algorithm: i64, key: &SigningKey, auth_data: &[u8], hash: &[u8]) -> Cbor {
    let signature = key.sign(&[auth_data, hash].concat());
    map([("alg", algorithm.into()), ("sig", bytes(signature))])
}

/// Packed, by an attestation key with certificates; ES256.
pub fn packed_full(key: &SigningKey, chain: &[&[u8]], auth_data: &[u8], hash: &[u8]) -> Cbor {
    let mut statement = packed_self(alg::ES256, key, auth_data, hash);
    statement.set("x5c", x5c(chain));
    statement
}

/// What a U2F token signs: `0x00`, RP ID hash, client data hash, credential id, public key.
pub fn u2f_message(auth_data: &[u8], hash: &[u8], credential_id: &[u8], key: &[u8]) -> Vec<u8> {
    [&[0], &auth_data[..32], hash, credential_id, key].concat()
}

/// FIDO U2F.
pub fn u2f(signature: &[u8], chain: &[&[u8]]) -> Cbor {
    map([("sig", bytes(signature)), ("x5c", x5c(chain))])
}

/// Android Key: like packed, the certificate being of the credential key.
pub fn android_key(key: &SigningKey, chain: &[&[u8]], auth_data: &[u8], hash: &[u8]) -> Cbor {
    packed_full(key, chain, auth_data, hash)
}

/// What Android says about a key, for the extension in its certificate.
#[derive(Clone)]
pub struct KeyDescription {
    /// The attestation challenge.
    pub challenge: Vec<u8>,
    /// What software enforces.
    pub software: AuthorizationList,
    /// What the trusted environment enforces.
    pub hardware: AuthorizationList,
}

/// The members of an authorisation list that WebAuthn looks at.
#[derive(Clone, Default)]
pub struct AuthorizationList {
    /// What the key may do: 2 is signing.
    pub purpose: Option<u32>,
    /// Where it came from: 0 is generated.
    pub origin: Option<u32>,
    /// Whether any application may use it.
    pub all_applications: bool,
}

impl KeyDescription {
    /// A key generated for signing inside the trusted environment.
    pub fn generated(challenge: &[u8]) -> Self {
        Self {
            challenge: challenge.to_vec(),
            software: AuthorizationList::default(),
            hardware: AuthorizationList {
                purpose: Some(2),
                origin: Some(0),
                all_applications: false,
            },
        }
    }

    /// The certificate extension.
    pub fn extension(&self) -> Vec<u8> {
        let level = der::element(0x0a, &[1]);
        let description = der::sequence(&[
            &der::small(3),
            &level,
            &der::small(4),
            &level,
            &der::octets(&self.challenge),
            &der::octets(&[]),
            &self.software.encode(),
            &self.hardware.encode(),
        ]);
        extension(&[1, 3, 6, 1, 4, 1, 11129, 2, 1, 17], false, &description)
    }
}

impl AuthorizationList {
    fn encode(&self) -> Vec<u8> {
        let purpose = self
            .purpose
            .map(|value| der::explicit(1, &der::set(&der::small(value))));
        let all = self
            .all_applications
            .then(|| der::explicit(600, &der::NULL));
        let origin = self
            .origin
            .map(|value| der::explicit(702, &der::small(value)));
        let members: Vec<u8> = [purpose, all, origin]
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        der::sequence(&[&members])
    }
}

/// The nonce that Apple certifies.
pub fn apple_nonce(auth_data: &[u8], hash: &[u8]) -> [u8; 32] {
    sha256(&[auth_data, hash])
}

/// The certificate extension with Apple's nonce.
pub fn apple_extension(nonce: &[u8]) -> Vec<u8> {
    extension(
        APPLE_NONCE,
        false,
        &der::sequence(&[&der::explicit(1, &der::octets(nonce))]),
    )
}

/// The type of Apple's nonce extension.
pub const APPLE_NONCE: &[u32] = &[1, 2, 840, 113635, 100, 8, 2];

/// A TPM's public area, in parts.
#[derive(Clone)]
pub struct PublicArea {
    /// `TPM_ALG_ID` of the key: 0x23 ECC, 1 RSA, 8 keyed hash.
    pub kind: u16,
    /// `TPM_ALG_ID` of the name: 0x0b SHA-256, 0x0c SHA-384.
    pub name_algorithm: u16,
    /// `TPM_ECC_CURVE`: 3 P-256, 4 P-384.
    pub curve: u16,
    /// The coordinates, or the modulus and nothing.
    pub unique: [Vec<u8>; 2],
}

impl PublicArea {
    /// The area of a P-256 key.
    pub fn p256(key: &SigningKey) -> Self {
        let point = key.public_key_uncompressed();
        Self {
            kind: 0x23,
            name_algorithm: 0x0b,
            curve: 3,
            unique: [point[1..33].to_vec(), point[33..].to_vec()],
        }
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        out.extend(self.kind.to_be_bytes());
        out.extend(self.name_algorithm.to_be_bytes());
        out.extend(0x0006_0472_u32.to_be_bytes());
        out.extend(sized(&[]));
        match self.kind {
            0x01 => {
                out.extend([0x00, 0x10, 0x00, 0x10, 0x08, 0x00, 0, 0, 0, 0]);
                out.extend(sized(&self.unique[0]));
            }
            _ => {
                out.extend([0x00, 0x10, 0x00, 0x10]);
                out.extend(self.curve.to_be_bytes());
                out.extend([0x00, 0x10]);
                out.extend(sized(&self.unique[0]));
                out.extend(sized(&self.unique[1]));
            }
        }
        out
    }

    /// The name: the algorithm, then the digest of the area.
    pub fn name(&self) -> Vec<u8> {
        let algorithm = match self.name_algorithm {
            0x0c => &aws_lc_rs::digest::SHA384,
            _ => &aws_lc_rs::digest::SHA256,
        };
        let digest = crate::encode::digest(algorithm, &self.encode());
        [&self.name_algorithm.to_be_bytes(), &*digest].concat()
    }
}

/// A TPM's certification of a key, in parts.
#[derive(Clone)]
pub struct CertInfo {
    /// `TPM_GENERATED_VALUE`.
    pub magic: u32,
    /// `TPM_ST`: 0x8017 certifies, 0x8018 quotes.
    pub kind: u16,
    /// Digest of what is attested.
    pub extra_data: Vec<u8>,
    /// Name of the certified key.
    pub name: Vec<u8>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
}

impl CertInfo {
    /// The certification of `area` over `message`.
    pub fn certify(area: &PublicArea, message: &[u8]) -> Self {
        Self {
            magic: 0xff54_4347,
            kind: 0x8017,
            extra_data: sha256(&[message]).to_vec(),
            name: area.name(),
            trailing: vec![],
        }
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.magic.to_be_bytes().to_vec();
        out.extend(self.kind.to_be_bytes());
        out.extend(sized(&[0x00, 0x0b, 1, 2, 3, 4]));
        out.extend(sized(&self.extra_data));
        // Clock, reset count, restart count, safe; firmware version.
        out.extend([0; 25]);
        out.extend(sized(&self.name));
        out.extend(sized(&self.name));
        out.extend(&self.trailing);
        out
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// TPM, signed with ES256 by the attestation key.
pub fn tpm(key: &SigningKey, chain: &[&[u8]], area: &[u8], info: &[u8]) -> Cbor {
    map([
        ("ver", "2.0".into()),
        ("alg", alg::ES256.into()),
        ("x5c", x5c(chain)),
        ("sig", bytes(key.sign(info))),
        ("certInfo", bytes(info)),
        ("pubArea", bytes(area)),
    ])
}

/// Manufacturer, model and version, as an attestation key's certificate names them.
pub const TPM_NAMES: &[(&[u32], &str)] = &[
    (&[2, 23, 133, 2, 1], "id:494E5443"),
    (&[2, 23, 133, 2, 2], "Testkit"),
    (&[2, 23, 133, 2, 3], "id:00010002"),
];

/// The subject alternative name of a TPM's attestation key.
pub fn tpm_names(attributes: &[(&'static [u32], &'static str)]) -> Vec<u8> {
    let directory = der::element(0xa4, &name(attributes));
    extension(&[2, 5, 29, 17], true, &der::sequence(&[&directory]))
}

/// Extended key usage: one purpose.
pub fn purpose(arcs: &[u32]) -> Vec<u8> {
    extension(&[2, 5, 29, 37], false, &der::sequence(&[&der::oid(arcs)]))
}

/// `tcg-kp-AIKCertificate`
pub const AIK: &[u32] = &[2, 23, 133, 8, 3];

/// The certificate of a TPM's attestation key under `issuer`.
pub fn aik(issuer: &Certificate, key: &SigningKey) -> Certificate {
    let mut certificate = issuer.leaf(key);
    certificate.subject = vec![];
    certificate.extensions = vec![tpm_names(TPM_NAMES), purpose(AIK)];
    certificate
}

/// A modulus for areas that only look like RSA.
pub fn some_modulus() -> Vec<u8> {
    ((BigUint::from(1_u32) << 2048_u32) - BigUint::from(159_u32)).to_bytes_be()
}
