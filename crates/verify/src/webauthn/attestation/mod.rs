//! Attestation statements (§8): what an authenticator says about its own make.
//!
//! The statement of every format we know is verified, and its certificates are judged as far as
//! the policy asks. A statement that does not verify is always refused; whether an unknown
//! maker matters is policy, and by default it does not.

mod android_key;
mod apple;
mod asn1;
mod certificate;
mod compound;
mod fault;
mod fido_u2f;
pub mod mds;
mod none;
mod packed;
mod policy;
mod statement;
mod tpm;
mod trust;

pub use fault::{AttestationFault, AttestationRejection};
pub use policy::{
    AndroidKeyPolicy, Attestation, AttestationFormat, AttestationKind, AttestationPolicy,
    AttestationTrust,
};
pub use trust::{NotACertificate, TrustStore};

use wire::Timestamp;
use wire::encoding::cbor::Map;
use wire::webauthn::{AttestedCredential, CoseKey, Statement};

use self::certificate::Certificate;
use super::key::ParsedKey;
use super::rejection::Rejection;
use super::relying_party::{Profile, RelyingParty};

/// What a statement is about: everything already read from the ceremony.
#[derive(Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub format: &'a str,
    pub statement: &'a Statement<'a>,
    pub authenticator_data: &'a [u8],
    pub client_data_hash: &'a [u8; 32],
    pub rp_id_hash: &'a [u8; 32],
    pub credential: &'a AttestedCredential<'a>,
    pub cose: &'a CoseKey<'a>,
    pub key: &'a ParsedKey,
    pub profile: Profile,
}

impl Evidence<'_> {
    /// `authenticatorData ‖ clientDataHash`, which most formats sign.
    fn signed(&self) -> Vec<u8> {
        [self.authenticator_data, self.client_data_hash].concat()
    }
}

/// What verifying a statement showed: the kind, and the chain that would have to be trusted.
struct Shown<'a> {
    kind: AttestationKind,
    chain: Vec<Certificate<'a>>,
}

impl Shown<'_> {
    fn without_chain(kind: AttestationKind) -> Self {
        Self {
            kind,
            chain: Vec::new(),
        }
    }
}

/// §7.1 steps 21–24.
pub(super) fn judge(
    evidence: &Evidence<'_>,
    rp: &RelyingParty,
    now: Timestamp,
    trust: &TrustStore,
) -> Result<Attestation, Rejection> {
    let policy = &rp.attestation;
    // Step 21: case-sensitive.
    let format = AttestationFormat::from_identifier(evidence.format)
        .ok_or(AttestationRejection::FormatUnsupported)?;
    if !policy.formats.contains(&format) {
        return Err(AttestationRejection::FormatNotAllowed.into());
    }
    // Step 22.
    let statements = match (format, evidence.statement) {
        (AttestationFormat::Compound, Statement::Array(items)) => {
            compound::verify(evidence, items, rp)?
        }
        (AttestationFormat::Compound, Statement::Map(_)) => {
            return Err(compound::refuse(AttestationFault::Count).into());
        }
        (_, Statement::Map(map)) => vec![verify(format, evidence, map, rp)?],
        // Reading the object allowed an array to compound alone.
        (_, Statement::Array(_)) => {
            return Err(wire::webauthn::AttestationObjectError::StatementType.into());
        }
    };
    // Steps 23–24.
    if policy
        .aaguids
        .as_ref()
        .is_some_and(|known| !known.contains(evidence.credential.aaguid))
    {
        return Err(Rejection::AaguidNotAllowed);
    }
    let mut is_trusted = false;
    for shown in &statements {
        is_trusted |= is_trusted_chain(shown, evidence, rp, now, trust)?;
    }
    if policy.trust == AttestationTrust::Required && !is_trusted {
        return Err(
            match statements
                .iter()
                .any(|shown| shown.kind == AttestationKind::Itself)
            {
                true => AttestationRejection::KindNotAllowed.into(),
                false => AttestationRejection::FormatNotAllowed.into(),
            },
        );
    }
    let kind = statements
        .iter()
        .map(|shown| shown.kind)
        .max()
        .unwrap_or(AttestationKind::None);
    Ok(Attestation {
        format,
        kind,
        trusted: is_trusted,
    })
}

/// Verifies a statement by the procedure of its format. Never called for `compound`.
fn verify<'a>(
    format: AttestationFormat,
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
    rp: &RelyingParty,
) -> Result<Shown<'a>, AttestationRejection> {
    match format {
        AttestationFormat::None => none::verify(statement),
        AttestationFormat::Packed => packed::verify(evidence, statement),
        AttestationFormat::Tpm => tpm::verify(evidence, statement),
        AttestationFormat::AndroidKey => {
            android_key::verify(evidence, statement, rp.attestation.android_key)
        }
        AttestationFormat::Apple => apple::verify(evidence, statement),
        AttestationFormat::FidoU2f => fido_u2f::verify(evidence, statement),
        AttestationFormat::Compound => Err(compound::refuse(AttestationFault::Nested)),
    }
}

/// Whether the statement's chain ends in an anchor. A chain that does not is refused unless the
/// policy leaves trust unjudged.
fn is_trusted_chain(
    shown: &Shown<'_>,
    evidence: &Evidence<'_>,
    rp: &RelyingParty,
    now: Timestamp,
    trust: &TrustStore,
) -> Result<bool, AttestationRejection> {
    if shown.chain.is_empty() || rp.attestation.trust == AttestationTrust::NotJudged {
        return Ok(false);
    }
    let is_root_welcome = rp.profile == Profile::Default;
    trust.check(
        &shown.chain,
        evidence.credential.aaguid,
        now,
        is_root_welcome,
    )?;
    Ok(true)
}
