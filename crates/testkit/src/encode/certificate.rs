//! X.509 certificates for attestation, good and bad.

use crate::encode::der;
use crate::keys::SigningKey;

/// One attribute of a name: the arcs of its type and its text.
pub type Attribute = (&'static [u32], &'static str);

/// `C`
pub const COUNTRY: &[u32] = &[2, 5, 4, 6];
/// `O`
pub const ORGANISATION: &[u32] = &[2, 5, 4, 10];
/// `OU`
pub const UNIT: &[u32] = &[2, 5, 4, 11];
/// `CN`
pub const COMMON_NAME: &[u32] = &[2, 5, 4, 3];

/// What a certificate says. Change a field, then [`Certificate::sign`] it.
#[derive(Clone)]
pub struct Certificate {
    /// Version as counted from one.
    pub version: u32,
    /// Serial number.
    pub serial: u32,
    /// Name of the issuer.
    pub issuer: Vec<Attribute>,
    /// Name of the holder; may be empty.
    pub subject: Vec<Attribute>,
    /// The holder's SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// Whether it may issue others; `None` leaves the basic constraints out.
    pub authority: Option<bool>,
    /// Further extensions, each in DER as [`extension`] makes them.
    pub extensions: Vec<Vec<u8>>,
}

/// An extension: type, whether critical, and the DER of its value.
pub fn extension(arcs: &[u32], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &der::TRUE } else { &[] };
    der::sequence(&[&der::oid(arcs), flag, &der::octets(value)])
}

impl Certificate {
    /// An authority that certifies itself.
    pub fn root(common_name: &'static str, key: &SigningKey) -> Self {
        let name = vec![
            (COUNTRY, "NL"),
            (ORGANISATION, "Testkit"),
            (UNIT, "Authenticator Attestation CA"),
            (COMMON_NAME, common_name),
        ];
        Self {
            version: 3,
            serial: 1,
            issuer: name.clone(),
            subject: name,
            spki: key.spki(),
            authority: Some(true),
            extensions: vec![key_usage(0x06, 1)],
        }
    }

    /// An authority under this one.
    pub fn intermediate(&self, common_name: &'static str, key: &SigningKey) -> Self {
        let mut child = Self::root(common_name, key);
        child.issuer.clone_from(&self.subject);
        child.serial = 2;
        child
    }

    /// An attestation certificate under this one that meets §8.2.1 of WebAuthn.
    pub fn leaf(&self, key: &SigningKey) -> Self {
        Self {
            version: 3,
            serial: 3,
            issuer: self.subject.clone(),
            subject: vec![
                (COUNTRY, "NL"),
                (ORGANISATION, "Testkit"),
                (UNIT, "Authenticator Attestation"),
                (COMMON_NAME, "Testkit Authenticator"),
            ],
            spki: key.spki(),
            authority: Some(false),
            extensions: vec![],
        }
    }

    /// The certificate in DER, signed by `issuer` with ECDSA on P-256.
    pub fn sign(&self, issuer: &SigningKey) -> Vec<u8> {
        let algorithm = der::sequence(&[&der::oid(&[1, 2, 840, 10045, 4, 3, 2])]);
        let version = match self.version {
            1 => vec![],
            version => der::explicit(0, &der::small(version - 1)),
        };
        let extensions = match self.version {
            3 => self.all_extensions(),
            _ => vec![],
        };
        let tbs = der::sequence(&[
            &version,
            &der::small(self.serial),
            &algorithm,
            &name(&self.issuer),
            &validity(),
            &name(&self.subject),
            &self.spki,
            &extensions,
        ]);
        let signature = der::bits(&issuer.sign(&tbs));
        der::sequence(&[&tbs, &algorithm, &signature])
    }

    fn all_extensions(&self) -> Vec<u8> {
        let constraints = self.authority.map(|authority| {
            let flag: &[u8] = if authority { &der::TRUE } else { &[] };
            extension(&[2, 5, 29, 19], true, &der::sequence(&[flag]))
        });
        let all: Vec<u8> = constraints
            .into_iter()
            .chain(self.extensions.iter().cloned())
            .flatten()
            .collect();
        if all.is_empty() {
            vec![]
        } else {
            der::explicit(3, &der::sequence(&[&all]))
        }
    }
}

/// A name, each attribute in a set of its own.
pub fn name(attributes: &[Attribute]) -> Vec<u8> {
    let sets: Vec<u8> = attributes
        .iter()
        .flat_map(|(arcs, text)| {
            // PrintableString for the country, as X.520 asks.
            let text = match *arcs {
                COUNTRY => der::element(0x13, text.as_bytes()),
                _ => der::utf8(text),
            };
            der::set(&der::sequence(&[&der::oid(arcs), &text]))
        })
        .collect();
    der::sequence(&[&sets])
}

/// From 2024 to 2049.
fn validity() -> Vec<u8> {
    der::sequence(&[
        &der::element(0x17, b"240101000000Z"),
        &der::element(0x17, b"491231235959Z"),
    ])
}

/// Key usage from its first byte and the number of bits unused in it.
fn key_usage(bits: u8, unused: u8) -> Vec<u8> {
    extension(&[2, 5, 29, 15], true, &der::element(0x03, &[unused, bits]))
}
