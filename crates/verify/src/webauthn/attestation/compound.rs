//! `compound` (§8.9): several statements about one credential, all of which must hold.

use wire::encoding::cbor::Value;

use super::super::relying_party::RelyingParty;
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::AttestationFormat;
use super::{Evidence, Shown};

/// Refuses the compound statement itself.
pub(super) fn refuse(fault: Fault) -> AttestationRejection {
    AttestationRejection::Statement(AttestationFormat::Compound, fault)
}

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    items: &[Value<'a>],
    rp: &RelyingParty,
) -> Result<Vec<Shown<'a>>, AttestationRejection> {
    if items.len() < 2 {
        return Err(refuse(Fault::Count));
    }
    items
        .iter()
        .map(|item| verify_one(evidence, item, rp))
        .collect()
}

fn verify_one<'a>(
    evidence: &Evidence<'_>,
    item: &Value<'a>,
    rp: &RelyingParty,
) -> Result<Shown<'a>, AttestationRejection> {
    let malformed = refuse(Fault::SubMalformed);
    let map = item.as_map().ok_or(malformed)?;
    let identifier = map.text("fmt").and_then(Value::as_text).ok_or(malformed)?;
    let statement = map.text("attStmt").ok_or(malformed)?;
    let format = AttestationFormat::from_identifier(identifier)
        .ok_or(AttestationRejection::FormatUnsupported)?;
    if format == AttestationFormat::Compound {
        return Err(refuse(Fault::Nested));
    }
    if !rp.attestation.formats.contains(&format) {
        return Err(AttestationRejection::FormatNotAllowed);
    }
    super::verify(format, evidence, statement.as_map().ok_or(malformed)?, rp)
}
