//! `apple` (§8.8): a certificate for the credential key, with a nonce of the ceremony in it.

use wire::encoding::cbor::Map;

use super::super::sha256;
use super::asn1::{self, Reader};
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::{AttestationFormat, AttestationKind};
use super::statement::Fields;
use super::{Evidence, Shown};

pub(super) fn verify<'a>(
    evidence: &Evidence<'_>,
    statement: &Map<'a>,
) -> Result<Shown<'a>, AttestationRejection> {
    let fields = Fields {
        format: AttestationFormat::Apple,
        map: statement,
    };
    let chain = fields.chain()?;
    let leaf = chain.leaf();
    // Steps 2–4.
    let extension = leaf
        .extension(NONCE_EXTENSION)
        .ok_or(fields.refuse(Fault::NonceExtMissing))?;
    let nonce = read_nonce(extension.value).ok_or(fields.refuse(Fault::NonceExtMalformed))?;
    if nonce != sha256(&evidence.signed()) {
        return Err(fields.refuse(Fault::NonceMismatch));
    }
    // Step 5.
    if !leaf.is_for(evidence.cose) {
        return Err(fields.refuse(Fault::PubkeyMismatch));
    }
    Ok(Shown {
        kind: AttestationKind::AnonymisationCa,
        chain: chain.into_certificates(),
    })
}

/// `SEQUENCE { [1] { OCTET STRING } }`
fn read_nonce(value: &[u8]) -> Option<&[u8]> {
    let sequence = Reader::new(value).only(asn1::SEQUENCE)?;
    let tagged = Reader::new(sequence).only(asn1::context(1))?;
    Reader::new(tagged).only(asn1::OCTET_STRING)
}

/// 1.2.840.113635.100.8.2
const NONCE_EXTENSION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2];
