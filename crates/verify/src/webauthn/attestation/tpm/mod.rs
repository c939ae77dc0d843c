//! `tpm` (§8.3): a TPM certifies with an attestation identity key (AIK) that it holds the
//! credential key.

mod structures;

use aws_lc_rs::digest;
use wire::encoding::cbor::{Map, Value};
use wire::webauthn::{CoseAlgorithm, CoseKey, KeyMaterial};
use x509_parser::extensions::GeneralName;

use self::structures::{CertInfo, CertInfoError, PublicArea, PublicAreaError, PublicId};
use super::certificate::Certificate;
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::packed::check_aaguid;
use super::policy::{AttestationFormat, AttestationKind};
use super::statement::Fields;
use super::{Evidence, Shown};

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
) -> Result<Shown<'a>, AttestationRejection> {
    let fields = Fields {
        format: AttestationFormat::Tpm,
        map: statement,
    };
    let version = statement
        .text("ver")
        .ok_or(fields.refuse(Fault::VerMissing))?;
    if *version != Value::Text("2.0") {
        return Err(fields.refuse(Fault::Ver));
    }
    let algorithm = fields.algorithm(evidence.profile)?;
    let chain = fields.chain()?;
    let signature = fields.signature()?;
    let cert_info = fields.bytes("certInfo", Fault::CertInfoMissing, Fault::CertInfoMalformed)?;
    let pub_area = fields.bytes("pubArea", Fault::PubAreaMissing, Fault::PubAreaMalformed)?;

    let refuse = |fault| fields.refuse(fault);
    let public = check_pub_area(pub_area, evidence.cose).map_err(refuse)?;
    let attested = evidence.signed();
    check_cert_info(cert_info, &attested, algorithm, &public, pub_area).map_err(refuse)?;
    let leaf = chain.leaf();
    if !algorithm.is_some_and(|alg| leaf.verifies(alg, cert_info, signature)) {
        return Err(fields.refuse(Fault::SignatureInvalid));
    }
    check_certificate(leaf).map_err(refuse)?;
    check_aaguid(leaf, evidence, &fields)?;
    Ok(Shown {
        kind: AttestationKind::AttestationCa,
        chain: chain.into_certificates(),
    })
}

/// Whether `pubArea` is the credential public key.
fn check_pub_area<'a>(bytes: &'a [u8], cose: &CoseKey<'_>) -> Result<PublicArea<'a>, Fault> {
    let public = PublicArea::parse(bytes).map_err(|error| match error {
        PublicAreaError::Malformed => Fault::PubAreaMalformed,
        PublicAreaError::UnknownType => Fault::PubAreaType,
    })?;
    let is_credential_key = match (&public.id, cose.material) {
        (
            PublicId::Ecc { curve, x, y },
            KeyMaterial::Ec2 {
                x: cose_x,
                y: cose_y,
            },
        ) => {
            Some(*curve) == curve_id(cose.algorithm)
                && is_same_number(x, cose_x)
                && is_same_number(y, cose_y)
        }
        (PublicId::Rsa { exponent, modulus }, KeyMaterial::Rsa { n, e }) => {
            is_same_number(modulus, n) && is_same_number(&exponent.to_be_bytes(), e)
        }
        _ => false,
    };
    if is_credential_key {
        Ok(public)
    } else {
        Err(Fault::PubAreaKeyMismatch)
    }
}

/// Whether `certInfo` certifies `pubArea` for this very ceremony.
fn check_cert_info(
    bytes: &[u8],
    attested: &[u8],
    algorithm: Option<CoseAlgorithm>,
    public: &PublicArea<'_>,
    pub_area: &[u8],
) -> Result<(), Fault> {
    let info = CertInfo::parse(bytes).map_err(|error| match error {
        CertInfoError::Malformed => Fault::CertInfoMalformed,
        CertInfoError::Magic => Fault::Magic,
        CertInfoError::Type => Fault::CertInfoType,
    })?;
    let hash = algorithm
        .and_then(hash_of)
        .ok_or(Fault::ExtraDataMismatch)?;
    if digest::digest(hash, attested).as_ref() != info.extra_data {
        return Err(Fault::ExtraDataMismatch);
    }
    // A name is the hash of the public area, after the identifier of that hash.
    let name_hash = name_hash(public.name_algorithm).ok_or(Fault::NameMismatch)?;
    let name = [
        &public.name_algorithm.to_be_bytes(),
        digest::digest(name_hash, pub_area).as_ref(),
    ]
    .concat();
    if name == info.name {
        Ok(())
    } else {
        Err(Fault::NameMismatch)
    }
}

/// §8.3.1.
fn check_certificate(aik: &Certificate<'_>) -> Result<(), Fault> {
    if !aik.is_version_3() {
        return Err(Fault::CertVersion);
    }
    if aik.x509.subject().iter().next().is_some() {
        return Err(Fault::CertSubjectNotEmpty);
    }
    check_alternative_name(aik)?;
    let usages = aik.x509.extended_key_usage().map_err(|_| Fault::CertEku)?;
    if !usages.is_some_and(|usages| {
        usages
            .value
            .other
            .iter()
            .any(|oid| oid.as_bytes() == AIK_USAGE)
    }) {
        return Err(Fault::CertEku);
    }
    if aik.is_ca() {
        Err(Fault::CertIsCa)
    } else {
        Ok(())
    }
}

/// The alternative name tells the TPM's manufacturer, model and version (TPM v2.0 EK profile
/// §3.2.9). Who is a real manufacturer is for the trust anchors to say.
fn check_alternative_name(aik: &Certificate<'_>) -> Result<(), Fault> {
    let extension = aik
        .x509
        .subject_alternative_name()
        .map_err(|_| Fault::CertSanAttr)?;
    let names = &extension.ok_or(Fault::CertSanMissing)?.value.general_names;
    let has = |oid: &[u8]| {
        names.iter().any(|name| match name {
            GeneralName::DirectoryName(name) => name
                .iter_attributes()
                .any(|attribute| attribute.attr_type().as_bytes() == oid),
            _ => false,
        })
    };
    if TPM_ATTRIBUTES.iter().all(|oid| has(oid)) {
        Ok(())
    } else {
        Err(Fault::CertSanAttr)
    }
}

/// TPMs may drop leading zeros where COSE keeps them.
fn is_same_number(a: &[u8], b: &[u8]) -> bool {
    without_leading_zeros(a) == without_leading_zeros(b)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    &number[start..]
}

/// `TPM_ECC_CURVE` of the curve that a COSE algorithm pins.
fn curve_id(algorithm: CoseAlgorithm) -> Option<u16> {
    use CoseAlgorithm as A;
    match algorithm {
        A::Es256 | A::Esp256 => Some(0x0003),
        A::Es384 | A::Esp384 => Some(0x0004),
        A::Es512 | A::Esp512 => Some(0x0005),
        _ => None,
    }
}

/// The hash that a COSE algorithm signs.
fn hash_of(algorithm: CoseAlgorithm) -> Option<&'static digest::Algorithm> {
    use CoseAlgorithm as A;
    match algorithm {
        A::Rs1 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        A::Es256 | A::Esp256 | A::Es256K | A::Rs256 | A::Ps256 => Some(&digest::SHA256),
        A::Es384 | A::Esp384 | A::Rs384 | A::Ps384 => Some(&digest::SHA384),
        A::Es512 | A::Esp512 | A::Rs512 | A::Ps512 => Some(&digest::SHA512),
        A::EdDsa | A::Ed25519 | A::MlDsa44 | A::MlDsa65 | A::MlDsa87 => None,
    }
}

/// The hash a `TPM_ALG_ID` stands for. SHA-1 names are those of the oldest TPM 2.0 parts.
fn name_hash(algorithm: u16) -> Option<&'static digest::Algorithm> {
    match algorithm {
        0x0004 => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        0x000b => Some(&digest::SHA256),
        0x000c => Some(&digest::SHA384),
        0x000d => Some(&digest::SHA512),
        _ => None,
    }
}

/// 2.23.133.8.3, `tcg-kp-AIKCertificate`
const AIK_USAGE: &[u8] = &[0x67, 0x81, 5, 8, 3];
/// 2.23.133.2.1 to .3: `tpmManufacturer`, `tpmModel`, `tpmVersion`
const TPM_ATTRIBUTES: [&[u8]; 3] = [
    &[0x67, 0x81, 5, 2, 1],
    &[0x67, 0x81, 5, 2, 2],
    &[0x67, 0x81, 5, 2, 3],
];
