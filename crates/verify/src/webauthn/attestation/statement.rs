//! The members that statements of several formats share: `alg`, `sig` and `x5c`.

use wire::encoding::cbor::{Map, Value};
use wire::webauthn::CoseAlgorithm;

use super::super::relying_party::Profile;
use super::certificate::Certificate;
use super::fault::{AttestationFault as Fault, AttestationRejection};
use super::policy::AttestationFormat;

/// More certificates than this are refused unread. Real chains have up to four.
const MAX_CHAIN: usize = 8;

/// A statement and the format it is of, which the codes of its faults name.
#[derive(Clone, Copy)]
pub(super) struct Fields<'m, 'a> {
    pub format: AttestationFormat,
    pub map: &'m Map<'a>,
}

impl<'a> Fields<'_, 'a> {
    pub(super) fn refuse(&self, fault: Fault) -> AttestationRejection {
        AttestationRejection::Statement(self.format, fault)
    }

    /// `alg`: `None` if it is a number we do not verify. SHA-1 is for the conformance suite.
    pub(super) fn algorithm(
        &self,
        profile: Profile,
    ) -> Result<Option<CoseAlgorithm>, AttestationRejection> {
        let value = self.map.text("alg").ok_or(self.refuse(Fault::AlgMissing))?;
        let number = value.as_integer().ok_or(self.refuse(Fault::AlgType))?;
        match CoseAlgorithm::from_number(number) {
            Some(CoseAlgorithm::Rs1) if profile == Profile::Default => {
                Err(AttestationRejection::WeakHash)
            }
            algorithm => Ok(algorithm),
        }
    }

    /// `sig`.
    pub(super) fn signature(&self) -> Result<&'a [u8], AttestationRejection> {
        let value = self.map.text("sig").ok_or(self.refuse(Fault::SigMissing))?;
        value.as_bytes().ok_or(self.refuse(Fault::SigType))
    }

    /// A byte string of the format's own.
    pub(super) fn bytes(
        &self,
        name: &str,
        missing: Fault,
        malformed: Fault,
    ) -> Result<&'a [u8], AttestationRejection> {
        let value = self.map.text(name).ok_or(self.refuse(missing))?;
        value.as_bytes().ok_or(self.refuse(malformed))
    }

    /// `x5c` with at least one certificate, the attesting one first.
    pub(super) fn chain(&self) -> Result<Chain<'a>, AttestationRejection> {
        let value = self.map.text("x5c").ok_or(self.refuse(Fault::X5cMissing))?;
        let items = value.as_array().ok_or(self.refuse(Fault::X5cMalformed))?;
        if items.len() > MAX_CHAIN {
            return Err(AttestationRejection::ChainTooLong);
        }
        let mut certificates = Vec::with_capacity(items.len());
        for item in items {
            let der = Value::as_bytes(item).ok_or(self.refuse(Fault::X5cMalformed))?;
            certificates.push(Certificate::parse(der).ok_or(self.refuse(Fault::CertParse))?);
        }
        if certificates.is_empty() {
            return Err(self.refuse(Fault::X5cMalformed));
        }
        Ok(Chain(certificates))
    }
}

/// Certificates from an `x5c`; there is at least one.
pub(super) struct Chain<'a>(Vec<Certificate<'a>>);

impl<'a> Chain<'a> {
    /// The certificate whose key signed the statement.
    pub(super) fn leaf(&self) -> &Certificate<'a> {
        &self.0[0] // Not empty by construction.
    }

    pub(super) fn into_certificates(self) -> Vec<Certificate<'a>> {
        self.0
    }
}
