//! Trust anchors, and whether a chain of certificates ends in one (§7.1 steps 23–24).

use std::collections::HashSet;
use std::fmt;

use wire::Timestamp;
use x509_parser::public_key::PublicKey as ParsedPublicKey;

use super::certificate::{Certificate, KeyKind, has_weak_hash, is_signed_by};
use super::fault::AttestationRejection as R;

/// The certificates an attestation may lead to. Build it once, when configuration is read.
#[derive(Clone, Default)]
pub struct TrustStore {
    anchors: Vec<Anchor>,
    refused: HashSet<[u8; 16]>,
}

#[derive(Clone)]
struct Anchor {
    der: Vec<u8>,
    /// The authenticator model it speaks for; `None` for all.
    aaguid: Option<[u8; 16]>,
}

/// The bytes are not one DER certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a DER certificate")]
pub struct NotACertificate;

impl TrustStore {
    /// A store without anchors: no chain is trusted.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds an anchor for every authenticator. An anchor may be a root, an intermediate or an
    /// attestation certificate itself.
    ///
    /// # Errors
    ///
    /// [`NotACertificate`].
    pub fn add(&mut self, der: &[u8]) -> Result<(), NotACertificate> {
        self.insert(der, None)
    }

    /// Adds an anchor for one authenticator model, as FIDO metadata lists them.
    ///
    /// # Errors
    ///
    /// [`NotACertificate`].
    pub fn add_for(&mut self, aaguid: [u8; 16], der: &[u8]) -> Result<(), NotACertificate> {
        self.insert(der, Some(aaguid))
    }

    /// Refuses one authenticator model, wherever its chain leads: what metadata call revoked or
    /// compromised.
    pub fn refuse(&mut self, aaguid: [u8; 16]) {
        self.refused.insert(aaguid);
    }

    fn insert(&mut self, der: &[u8], aaguid: Option<[u8; 16]>) -> Result<(), NotACertificate> {
        Certificate::parse(der).ok_or(NotACertificate)?;
        self.anchors.push(Anchor {
            der: der.to_vec(),
            aaguid,
        });
        Ok(())
    }

    /// Whether `chain`, attesting certificate first, leads to an anchor for `aaguid` at `now`.
    ///
    /// The order given is the only one tried: §8.2 and its siblings prescribe it. A certificate
    /// that is an anchor ends the walk; what follows it is not looked at.
    pub(super) fn check(
        &self,
        chain: &[Certificate<'_>],
        aaguid: &[u8; 16],
        now: Timestamp,
        is_root_welcome: bool,
    ) -> Result<(), R> {
        if self.refused.contains(aaguid) {
            return Err(R::Compromised);
        }
        for (below, certificate) in chain.iter().enumerate() {
            check_validity(certificate, now)?;
            if self
                .anchors(aaguid)
                .any(|anchor| anchor.der == certificate.der)
            {
                let is_root = below > 0 && is_self_issued(certificate);
                return if is_root && !is_root_welcome {
                    Err(R::ContainsRoot)
                } else {
                    Ok(())
                };
            }
            if has_weak_hash(certificate) {
                return Err(R::WeakHash);
            }
            check_critical_extensions(certificate)?;
            match chain.get(below + 1) {
                Some(issuer) => check_issuer(certificate, issuer, below)?,
                None => return self.check_last(certificate, aaguid, below),
            }
        }
        Err(R::UntrustedRoot)
    }

    /// Whether an anchor certifies the last certificate of a chain.
    fn check_last(&self, last: &Certificate<'_>, aaguid: &[u8; 16], below: usize) -> Result<(), R> {
        for anchor in self.anchors(aaguid) {
            let anchor = Certificate::parse(&anchor.der).ok_or(R::UntrustedRoot)?;
            match check_issuer(last, &anchor, below) {
                Err(R::ChainInvalid) => {} // Another anchor may do.
                verdict => return verdict,
            }
        }
        Err(R::UntrustedRoot)
    }

    fn anchors(&self, aaguid: &[u8; 16]) -> impl Iterator<Item = &Anchor> {
        self.anchors
            .iter()
            .filter(move |anchor| anchor.aaguid.is_none_or(|known| known == *aaguid))
    }
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustStore({} anchors)", self.anchors.len())
    }
}

/// RFC 5280 §6.1: `issuer` certifies `certificate`, with `below` certificates between `issuer`
/// and the attesting one.
fn check_issuer(
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    below: usize,
) -> Result<(), R> {
    let is_named = certificate.x509.issuer().as_raw() == issuer.x509.subject().as_raw();
    if !is_named || !may_certify(issuer, below) {
        return Err(R::ChainInvalid);
    }
    if is_weak(issuer) {
        return Err(R::WeakKey);
    }
    if is_signed_by(certificate, issuer) {
        Ok(())
    } else {
        Err(R::ChainInvalid)
    }
}

fn may_certify(issuer: &Certificate<'_>, below: usize) -> bool {
    let Ok(Some(constraints)) = issuer.x509.basic_constraints() else {
        return false;
    };
    let Ok(usage) = issuer.x509.key_usage() else {
        return false;
    };
    constraints.value.ca
        && constraints
            .value
            .path_len_constraint
            .is_none_or(|limit| below <= limit as usize)
        && usage.is_none_or(|usage| usage.value.key_cert_sign())
}

fn check_validity(certificate: &Certificate<'_>, now: Timestamp) -> Result<(), R> {
    let validity = certificate.x509.validity();
    let now = i64::try_from(now.as_seconds()).unwrap_or(i64::MAX);
    if now < validity.not_before.timestamp() {
        Err(R::CertificateNotYetValid)
    } else if now > validity.not_after.timestamp() {
        Err(R::CertificateExpired)
    } else {
        Ok(())
    }
}

/// Whether the key is RSA with fewer than 2048 bits.
fn is_weak(issuer: &Certificate<'_>) -> bool {
    issuer.key_kind() == Some(KeyKind::Rsa)
        && match issuer.x509.public_key().parsed() {
            Ok(ParsedPublicKey::RSA(key)) => key.key_size() < 2048,
            _ => true,
        }
}

fn check_critical_extensions(certificate: &Certificate<'_>) -> Result<(), R> {
    let mut extensions = certificate.x509.extensions().iter();
    let is_known = |oid: &[u8]| KNOWN_EXTENSIONS.contains(&oid);
    if extensions.any(|extension| extension.critical && !is_known(extension.oid.as_bytes())) {
        return Err(R::CriticalExtension);
    }
    Ok(())
}

fn is_self_issued(certificate: &Certificate<'_>) -> bool {
    certificate.x509.issuer().as_raw() == certificate.x509.subject().as_raw()
}

/// Extensions of which being critical is in order: key usage, subject alternative name, basic
/// constraints, certificate policies and extended key usage (RFC 5280 §4.2.1).
const KNOWN_EXTENSIONS: &[&[u8]] = &[
    &[0x55, 29, 15],
    &[0x55, 29, 17],
    &[0x55, 29, 19],
    &[0x55, 29, 32],
    &[0x55, 29, 37],
];
