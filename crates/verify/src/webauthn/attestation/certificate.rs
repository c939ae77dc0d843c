//! Attestation certificates: the few questions we ask of X.509.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use wire::webauthn::{CoseAlgorithm, CoseKey, KeyMaterial};
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Version};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::super::{der, key};
use super::asn1::{self, Reader};

/// A parsed certificate. Nothing about it has been judged.
pub(super) struct Certificate<'a> {
    pub(super) der: &'a [u8],
    pub(super) x509: X509Certificate<'a>,
}

/// An extension's criticality and the DER inside its `extnValue`.
pub(super) struct Extension<'c> {
    pub critical: bool,
    pub value: &'c [u8],
}

/// The parts of a subject that §8.2.1 asks for.
#[derive(Clone, Copy)]
pub(super) enum SubjectAttribute {
    Country,
    Organisation,
    OrganisationalUnit,
    CommonName,
}

impl<'a> Certificate<'a> {
    /// Reads one certificate to its last byte. No extension may occur twice (RFC 5280 §4.2), so
    /// that what we read is what any other verifier reads.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        match X509Certificate::from_der(der) {
            Ok(([], x509)) if has_one_spelling(der) && x509.extensions_map().is_ok() => {
                Some(Self { der, x509 })
            }
            _ => None,
        }
    }

    /// Whether `signature` over `message` is by this certificate's key, with `algorithm`.
    pub(super) fn verifies(
        &self,
        algorithm: CoseAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let is_well_formed = !key::is_ecdsa(algorithm) || der::is_ecdsa_signature(signature);
        is_well_formed
            && PublicKey::of(self.x509.public_key()).is_some_and(|public| {
                public.kind.fits(algorithm)
                    && public.verifies(key::scheme(algorithm), message, signature)
            })
    }

    /// Whether the certificate is for exactly this credential key.
    pub(super) fn is_for(&self, cose: &CoseKey<'_>) -> bool {
        let Some(public) = PublicKey::of(self.x509.public_key()) else {
            return false;
        };
        let expected = match cose.material {
            KeyMaterial::Ec2 { x, y } => [&[0x04], x, y].concat(),
            KeyMaterial::Okp { x } => x.to_vec(),
            KeyMaterial::Rsa { n, e } => der::rsa_public_key(n, e),
            KeyMaterial::Akp { .. } => return false, // No certificate profile yet.
        };
        public.kind.fits(cose.algorithm) && public.bytes == expected
    }

    pub(super) fn key_kind(&self) -> Option<KeyKind> {
        PublicKey::of(self.x509.public_key()).map(|public| public.kind)
    }

    pub(super) fn is_version_3(&self) -> bool {
        self.x509.version() == X509Version::V3
    }

    pub(super) fn is_ca(&self) -> bool {
        self.x509.is_ca()
    }

    /// The first attribute of this type in the subject, if it is text.
    pub(super) fn subject(&self, attribute: SubjectAttribute) -> Option<&str> {
        let name = self.x509.subject();
        let found = match attribute {
            SubjectAttribute::Country => name.iter_country().next(),
            SubjectAttribute::Organisation => name.iter_organization().next(),
            SubjectAttribute::OrganisationalUnit => name.iter_organizational_unit().next(),
            SubjectAttribute::CommonName => name.iter_common_name().next(),
        };
        found.and_then(|attribute| attribute.as_str().ok())
    }

    /// The extension with this object identifier, given as the content of its DER.
    pub(super) fn extension(&self, oid: &[u8]) -> Option<Extension<'_>> {
        let mut extensions = self.x509.extensions().iter();
        let found = extensions.find(|extension| extension.oid.as_bytes() == oid)?;
        Some(Extension {
            critical: found.critical,
            value: found.value,
        })
    }
}

/// Whether the parts of a certificate that its signature does not cover are DER, and the
/// algorithm outside is, byte for byte, the one inside (RFC 5280 §4.1.1.2). The parser overlooks
/// wrong tags and unused bits there, and a certificate should have one spelling.
fn has_one_spelling(certificate: &[u8]) -> bool {
    let read = || {
        let mut parts = Reader::new(Reader::new(certificate).only(asn1::SEQUENCE)?);
        let mut signed = Reader::new(parts.expect(asn1::SEQUENCE)?);
        let outside = parts.expect(asn1::SEQUENCE)?;
        let signature = parts.expect(asn1::BIT_STRING)?;
        let mut field = signed.next()?;
        if field.tag == asn1::context(0) {
            field = signed.next()?; // The version went before; this is the serial number.
        }
        let inside = signed.expect(asn1::SEQUENCE)?;
        let is_number = field.tag == asn1::INTEGER;
        Some(is_number && inside == outside && signature.starts_with(&[0]) && parts.is_empty())
    };
    read() == Some(true)
}

/// The key types that attestation certificates use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    P256,
    P384,
    P521,
    Rsa,
    Ed25519,
}

impl KeyKind {
    fn fits(self, algorithm: CoseAlgorithm) -> bool {
        use CoseAlgorithm as A;
        let needed = match algorithm {
            A::Es256 | A::Esp256 => Self::P256,
            A::Es384 | A::Esp384 => Self::P384,
            A::Es512 | A::Esp512 => Self::P521,
            A::EdDsa | A::Ed25519 => Self::Ed25519,
            A::Rs256 | A::Rs384 | A::Rs512 | A::Rs1 | A::Ps256 | A::Ps384 | A::Ps512 => Self::Rsa,
            A::Es256K | A::MlDsa44 | A::MlDsa65 | A::MlDsa87 => return false,
        };
        self == needed
    }
}

/// A subject public key in the encoding that the signature library takes.
pub(super) struct PublicKey<'a> {
    pub kind: KeyKind,
    /// An uncompressed point, a PKCS #1 `RSAPublicKey` or 32 bytes of Ed25519.
    pub bytes: &'a [u8],
}

impl<'a> PublicKey<'a> {
    pub(super) fn of(info: &'a SubjectPublicKeyInfo<'_>) -> Option<Self> {
        let kind = match info.algorithm.algorithm.as_bytes() {
            EC_PUBLIC_KEY => {
                let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
                match curve.as_bytes() {
                    SECP256R1 => KeyKind::P256,
                    SECP384R1 => KeyKind::P384,
                    SECP521R1 => KeyKind::P521,
                    _ => return None,
                }
            }
            RSA_ENCRYPTION => KeyKind::Rsa,
            ED25519 => KeyKind::Ed25519,
            _ => return None,
        };
        Some(Self {
            kind,
            bytes: &info.subject_public_key.data,
        })
    }

    fn verifies(
        &self,
        scheme: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        UnparsedPublicKey::new(scheme, self.bytes)
            .verify(message, signature)
            .is_ok()
    }
}

/// Whether `issuer`'s key signed `certificate`, with SHA-2. The signed bytes are the very bytes
/// that were parsed: some deployed certificates do not survive re-encoding.
pub(super) fn is_signed_by(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> bool {
    let x509 = &certificate.x509;
    let Some(public) = PublicKey::of(issuer.x509.public_key()) else {
        return false;
    };
    let Some(scheme) =
        certificate_scheme(x509.signature_algorithm.algorithm.as_bytes(), public.kind)
    else {
        return false;
    };
    public.verifies(
        scheme,
        x509.tbs_certificate.as_ref(),
        &x509.signature_value.data,
    )
}

/// Whether the certificate's signature rests on SHA-1 or MD5.
pub(super) fn has_weak_hash(certificate: &Certificate<'_>) -> bool {
    matches!(
        certificate.x509.signature_algorithm.algorithm.as_bytes(),
        MD5_WITH_RSA | SHA1_WITH_RSA | ECDSA_WITH_SHA1
    )
}

/// The library's name for a certificate signature algorithm used with a key of this kind.
fn certificate_scheme(oid: &[u8], issuer: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
    use KeyKind as K;
    Some(match (oid, issuer) {
        (ECDSA_WITH_SHA256, K::P256) => &signature::ECDSA_P256_SHA256_ASN1,
        (ECDSA_WITH_SHA256, K::P384) => &signature::ECDSA_P384_SHA256_ASN1,
        (ECDSA_WITH_SHA256, K::P521) => &signature::ECDSA_P521_SHA256_ASN1,
        (ECDSA_WITH_SHA384, K::P256) => &signature::ECDSA_P256_SHA384_ASN1,
        (ECDSA_WITH_SHA384, K::P384) => &signature::ECDSA_P384_SHA384_ASN1,
        (ECDSA_WITH_SHA384, K::P521) => &signature::ECDSA_P521_SHA384_ASN1,
        (ECDSA_WITH_SHA512, K::P256) => &signature::ECDSA_P256_SHA512_ASN1,
        (ECDSA_WITH_SHA512, K::P384) => &signature::ECDSA_P384_SHA512_ASN1,
        (ECDSA_WITH_SHA512, K::P521) => &signature::ECDSA_P521_SHA512_ASN1,
        (SHA256_WITH_RSA, K::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (SHA384_WITH_RSA, K::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (SHA512_WITH_RSA, K::Rsa) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (ED25519, K::Ed25519) => &signature::ED25519,
        _ => return None,
    })
}

// Object identifiers, as the content of their DER.
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const SECP384R1: &[u8] = &[0x2b, 0x81, 4, 0, 34];
const SECP521R1: &[u8] = &[0x2b, 0x81, 4, 0, 35];
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const ECDSA_WITH_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const ECDSA_WITH_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
const ECDSA_WITH_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
const MD5_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4];
const SHA1_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5];
const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
const SHA384_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
const SHA512_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
