//! `fido-u2f` (§8.6): the registration message of U2F, put together again.

use wire::encoding::cbor::{Map, Value};
use wire::webauthn::{CoseAlgorithm, KeyMaterial};

use super::super::relying_party::Profile;
use super::certificate::KeyKind;
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::{AttestationFormat, AttestationKind};
use super::statement::Fields;
use super::{Evidence, Shown};

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
) -> Result<Shown<'a>, AttestationRejection> {
    let fields = Fields {
        format: AttestationFormat::FidoU2f,
        map: statement,
    };
    let signature = fields.signature()?;
    // Step 2: exactly one certificate, on P-256.
    if statement
        .text("x5c")
        .and_then(Value::as_array)
        .is_some_and(|items| items.len() != 1)
    {
        return Err(fields.refuse(Fault::X5cCount));
    }
    let chain = fields.chain()?;
    if chain.leaf().key_kind() != Some(KeyKind::P256) {
        return Err(fields.refuse(Fault::CertNotP256));
    }
    // Steps 3–4: U2F knows P-256 alone.
    let KeyMaterial::Ec2 { x, y } = evidence.cose.material else {
        return Err(fields.refuse(Fault::Alg));
    };
    if evidence.cose.algorithm != CoseAlgorithm::Es256 {
        return Err(fields.refuse(Fault::Alg));
    }
    // U2F has no AAGUID, and the conformance suite wants none; Level 3's own example has one.
    if evidence.profile == Profile::FidoConformance && *evidence.credential.aaguid != [0; 16] {
        return Err(fields.refuse(Fault::AaguidNotZero));
    }
    // Steps 5–6.
    let message = [
        &[0x00][..],
        evidence.rp_id_hash,
        evidence.client_data_hash,
        evidence.credential.credential_id,
        &[0x04],
        x,
        y,
    ]
    .concat();
    if !chain
        .leaf()
        .verifies(CoseAlgorithm::Es256, &message, signature)
    {
        return Err(fields.refuse(Fault::SignatureInvalid));
    }
    Ok(Shown {
        kind: AttestationKind::Basic,
        chain: chain.into_certificates(),
    })
}
