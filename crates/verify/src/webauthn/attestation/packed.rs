//! `packed` (§8.2): signed with a batch certificate's key, or with the credential key itself.

use wire::encoding::cbor::Map;
use wire::webauthn::CoseAlgorithm;

use super::certificate::{Certificate, SubjectAttribute};
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::{AttestationFormat, AttestationKind};
use super::statement::Fields;
use super::{Evidence, Shown};

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
) -> Result<Shown<'a>, AttestationRejection> {
    let fields = Fields {
        format: AttestationFormat::Packed,
        map: statement,
    };
    if statement.text("ecdaaKeyId").is_some() {
        return Err(fields.refuse(Fault::EcdaaUnsupported));
    }
    let algorithm = fields.algorithm(evidence.profile)?;
    let signature = fields.signature()?;
    if statement.text("x5c").is_none() {
        return verify_self(evidence, &fields, algorithm, signature);
    }
    let chain = fields.chain()?;
    let leaf = chain.leaf();
    if !algorithm.is_some_and(|alg| leaf.verifies(alg, &evidence.signed(), signature)) {
        return Err(fields.refuse(Fault::SignatureInvalid));
    }
    check_certificate(leaf, &fields)?;
    check_aaguid(leaf, evidence, &fields)?;
    Ok(Shown {
        kind: AttestationKind::Basic,
        chain: chain.into_certificates(),
    })
}

fn verify_self<'a>(
    evidence: &Evidence<'_>,
    fields: &Fields<'_, '_>,
    algorithm: Option<CoseAlgorithm>,
    signature: &[u8],
) -> Result<Shown<'a>, AttestationRejection> {
    if algorithm != Some(evidence.cose.algorithm) {
        return Err(fields.refuse(Fault::SelfAlgMismatch));
    }
    evidence
        .key
        .verify(&evidence.signed(), signature)
        .map_err(|_| fields.refuse(Fault::SignatureInvalid))?;
    Ok(Shown::without_chain(AttestationKind::Itself))
}

/// §8.2.1.
fn check_certificate(
    certificate: &Certificate<'_>,
    fields: &Fields<'_, '_>,
) -> Result<(), AttestationRejection> {
    use SubjectAttribute as S;

    let unit = certificate.subject(S::OrganisationalUnit);
    let broken = if !certificate.is_version_3() {
        Fault::CertVersion
    } else if certificate.subject(S::Country).is_none_or(str::is_empty) {
        Fault::CertSubjectC
    } else if certificate
        .subject(S::Organisation)
        .is_none_or(str::is_empty)
    {
        Fault::CertSubjectO
    } else if unit != Some("Authenticator Attestation") {
        Fault::CertSubjectOu
    } else if certificate.subject(S::CommonName).is_none_or(str::is_empty) {
        Fault::CertSubjectCn
    } else if certificate.is_ca() {
        Fault::CertIsCa
    } else {
        return Ok(());
    };
    Err(fields.refuse(broken))
}

/// The `id-fido-gen-ce-aaguid` extension, if present, names the authenticator's model.
pub(super) fn check_aaguid(
    certificate: &Certificate<'_>,
    evidence: &Evidence<'_>,
    fields: &Fields<'_, '_>,
) -> Result<(), AttestationRejection> {
    let Some(extension) = certificate.extension(AAGUID_EXTENSION) else {
        return Ok(());
    };
    if extension.critical {
        return Err(fields.refuse(Fault::AaguidExtCritical));
    }
    // The extension's value wraps an OCTET STRING of sixteen bytes.
    match extension.value {
        [0x04, 16, aaguid @ ..] if aaguid == evidence.credential.aaguid => Ok(()),
        [0x04, 16, aaguid @ ..] if aaguid.len() == 16 => Err(fields.refuse(Fault::AaguidMismatch)),
        _ => Err(fields.refuse(Fault::AaguidExtMalformed)),
    }
}

/// 1.3.6.1.4.1.45724.1.1.4
const AAGUID_EXTENSION: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];
