//! `none` (§8.7): the statement is an empty map.

use wire::encoding::cbor::Map;

use super::Shown;
use super::fault::{AttestationFault, AttestationRejection};
use super::policy::{AttestationFormat, AttestationKind};

pub(super) fn verify<'a>(statement: &Map<'_>) -> Result<Shown<'a>, AttestationRejection> {
    if statement.is_empty() {
        Ok(Shown::without_chain(AttestationKind::None))
    } else {
        let fault = AttestationFault::StatementNotEmpty;
        Err(AttestationRejection::Statement(
            AttestationFormat::None,
            fault,
        ))
    }
}
