//! FIDO metadata: which authenticator models there are, who vouches for them, and which of them
//! are no longer to be trusted (FIDO Metadata Service 3).
//!
//! The alliance publishes one signed document, the BLOB. Somebody else fetches it; here it is
//! bytes that must prove themselves. Nothing is fetched either to learn whether the signer's
//! certificates were revoked: a BLOB that a thief signed is found out by whoever fetches.

use std::collections::HashMap;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use wire::Timestamp;
use wire::encoding::{base64, base64url, hex};
use x509_parser::extensions::GeneralName;

use super::certificate::{Certificate, KeyKind, PublicKey};
use super::fault::AttestationRejection;
use super::trust::{NotACertificate, TrustStore};

/// Who may sign a BLOB.
#[derive(Clone, Debug)]
pub struct MdsSigner {
    roots: TrustStore,
    name: Option<String>,
}

impl MdsSigner {
    /// The name in the certificate that signs the alliance's own BLOB. Its root signs the
    /// certificates of many others as well, so the name is what tells them apart.
    pub const FIDO_ALLIANCE: &'static str = "mds.fidoalliance.org";

    /// Signers under one of these roots (DER) whose certificate is for the DNS name `name`.
    ///
    /// # Errors
    ///
    /// [`NotACertificate`], of a root.
    pub fn named<R: AsRef<[u8]>>(
        name: &str,
        roots: impl IntoIterator<Item = R>,
    ) -> Result<Self, NotACertificate> {
        let mut signer = Self::any_below(roots)?;
        signer.name = Some(name.to_owned());
        Ok(signer)
    }

    /// Every signer under one of these roots: right only for a root that serves nothing else.
    ///
    /// # Errors
    ///
    /// [`NotACertificate`], of a root.
    pub fn any_below<R: AsRef<[u8]>>(
        roots: impl IntoIterator<Item = R>,
    ) -> Result<Self, NotACertificate> {
        let mut store = TrustStore::empty();
        for root in roots {
            store.add(root.as_ref())?;
        }
        Ok(Self {
            roots: store,
            name: None,
        })
    }
}

/// What becomes of a BLOB whose day of replacement is over. It is authentic, but whoever holds it
/// does not know what was revoked since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// It is refused.
    Refused,
    /// It is read all the same.
    Accepted,
}

/// A BLOB whose signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    number: u64,
    next_update: Timestamp,
    entries: HashMap<[u8; 16], Entry>,
}

/// What the metadata say about one authenticator model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The model's name, in English; empty if there is none.
    pub description: String,
    /// Certificates (DER) that vouch for it. Not parsed yet.
    pub roots: Vec<Vec<u8>>,
    /// What happened to it.
    pub reports: Vec<StatusReport>,
}

/// One thing that happened to an authenticator model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct StatusReport {
    /// Its name in MDS 3 §3.1.4, or one that came later.
    pub status: String,
    /// From when on, as `YYYY-MM-DD`.
    #[serde(rename = "effectiveDate")]
    pub effective_date: Option<String>,
}

/// Why a BLOB was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MdsRejection {
    /// The bytes are not a JWS.
    #[error("the metadata are not a JWS in compact serialisation")]
    NotJws,
    /// The header demands that something is understood which is not.
    #[error("the JWS header has critical parameters")]
    Critical,
    /// There is no chain in the header.
    #[error("x5c is not a list of one to eight certificates")]
    X5c,
    /// The chain leads nowhere.
    #[error("the metadata signer is not trusted: {0}")]
    Untrusted(AttestationRejection),
    /// The chain leads to the root, and to somebody else.
    #[error("the signing certificate is not for the name that signs metadata")]
    OtherSigner,
    /// Neither ES256 nor RS256, or not what the certificate's key is for.
    #[error("the signature algorithm is not ES256 or RS256, or not that of the certificate")]
    Algorithm,
    /// The signature does not verify.
    #[error("the signature over the metadata does not verify")]
    Signature,
    /// What was signed is not a BLOB.
    #[error("the payload is not a metadata BLOB of version 3")]
    Payload,
    /// The BLOB should have been replaced.
    #[error(
        "the metadata were to be replaced by a newer BLOB; what was revoked since is not known"
    )]
    Overdue,
}

impl Blob {
    /// Reads a BLOB as it is published: a JWS in compact serialisation (RFC 7515 §7.1) with the
    /// signer's certificates in `x5c`. White space around it does not matter.
    ///
    /// # Errors
    ///
    /// [`MdsRejection`]; `Overdue` comes last, so that it is said only of an authentic BLOB.
    pub fn read(
        bytes: &[u8],
        signer: &MdsSigner,
        now: Timestamp,
        overdue: Overdue,
    ) -> Result<Self, MdsRejection> {
        let jws = Jws::split(bytes.trim_ascii()).ok_or(MdsRejection::NotJws)?;
        jws.verify(signer, now)?;
        let blob = Self::parse(&jws.payload).ok_or(MdsRejection::Payload)?;
        if overdue == Overdue::Refused && blob.is_overdue(now) {
            return Err(MdsRejection::Overdue);
        }
        Ok(blob)
    }

    /// The BLOB's number; each is higher than the one before. Going back to a lower one would
    /// forget what was revoked.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The day it is to be replaced by, at midnight UTC.
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// Whether that day is over.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        now >= self.next_update.plus_seconds(SECONDS_OF_A_DAY)
    }

    /// What is known about a model. Models without an AAGUID, as U2F has them, are left out.
    pub fn entry(&self, aaguid: &[u8; 16]) -> Option<&Entry> {
        self.entries.get(aaguid)
    }

    /// Every model.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8; 16], &Entry)> {
        self.entries.iter()
    }

    /// Whether a model was revoked, or its keys or its users' verification may be in other hands.
    /// Unknown models are not.
    pub fn is_compromised(&self, aaguid: &[u8; 16]) -> bool {
        self.entry(aaguid).is_some_and(Entry::is_compromised)
    }

    fn parse(payload: &[u8]) -> Option<Self> {
        let payload: Payload = serde_json::from_slice(payload).ok()?;
        let mut blob = Self {
            number: payload.no,
            next_update: midnight(&payload.next_update)?,
            entries: HashMap::new(),
        };
        for entry in payload.entries {
            let Some(aaguid) = &entry.aaguid else {
                continue;
            };
            let statement = entry.metadata_statement.unwrap_or_default();
            let known = blob.entries.entry(read_aaguid(aaguid)?).or_default();
            known.description = statement.description;
            let roots = statement.attestation_root_certificates;
            known
                .roots
                .extend(roots.iter().map(|root| read_certificate(root)));
            known.reports.extend(entry.status_reports);
        }
        Some(blob)
    }
}

impl Entry {
    /// Whether any report says that an attestation or assertion of this model proves little.
    /// Later reports do not heal it: which authenticators were repaired, no attestation tells.
    pub fn is_compromised(&self) -> bool {
        self.reports
            .iter()
            .any(|report| COMPROMISED.contains(&&*report.status))
    }
}

/// MDS 3 §3.1.4: reports after which a model is not to be trusted.
const COMPROMISED: &[&str] = &[
    "REVOKED",
    "USER_VERIFICATION_BYPASS",
    "ATTESTATION_KEY_COMPROMISE",
    "USER_KEY_REMOTE_COMPROMISE",
    "USER_KEY_PHYSICAL_COMPROMISE",
];

impl TrustStore {
    /// Takes in what metadata say: the anchors of each model for that model alone, and a refusal
    /// of those that are compromised. Answers how many certificates were left out because they
    /// are not DER; no chain can lead to those.
    pub fn add_metadata(&mut self, blob: &Blob) -> usize {
        let mut unreadable = 0;
        for (aaguid, entry) in blob.entries() {
            if entry.is_compromised() {
                self.refuse(*aaguid);
            }
            for root in &entry.roots {
                unreadable += usize::from(self.add_for(*aaguid, root).is_err());
            }
        }
        unreadable
    }
}

/// A JWS taken apart.
struct Jws<'a> {
    header: Header,
    /// Header and payload as they were signed.
    signed: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    x5c: Vec<String>,
    crit: Option<serde::de::IgnoredAny>,
}

impl<'a> Jws<'a> {
    fn split(text: &'a [u8]) -> Option<Self> {
        let last = text.iter().rposition(|byte| *byte == b'.')?;
        let (signed, signature) = (&text[..last], &text[last + 1..]);
        let first = signed.iter().position(|byte| *byte == b'.')?;
        let (header, payload) = (&signed[..first], &signed[first + 1..]);
        let header = base64url::decode(header).ok()?;
        Some(Self {
            header: serde_json::from_slice(&header).ok()?,
            signed,
            // A third dot would be outside the alphabet.
            payload: base64url::decode(payload).ok()?,
            signature: base64url::decode(signature).ok()?,
        })
    }

    fn verify(&self, signer: &MdsSigner, now: Timestamp) -> Result<(), MdsRejection> {
        if self.header.crit.is_some() {
            return Err(MdsRejection::Critical); // RFC 7515 §4.1.11: none is known here.
        }
        if self.header.x5c.len() > MAX_CHAIN {
            return Err(MdsRejection::X5c);
        }
        // RFC 7515 §4.1.6: standard base64 of DER, the signer's certificate first.
        let x5c: Option<Vec<Vec<u8>>> = self
            .header
            .x5c
            .iter()
            .map(|text| base64::decode(text).ok())
            .collect();
        let x5c = x5c.ok_or(MdsRejection::X5c)?;
        let chain: Option<Vec<Certificate<'_>>> =
            x5c.iter().map(|der| Certificate::parse(der)).collect();
        let chain = chain.ok_or(MdsRejection::X5c)?;
        let leaf = chain.first().ok_or(MdsRejection::X5c)?;
        signer
            .roots
            .check(&chain, &NO_MODEL, now, true)
            .map_err(MdsRejection::Untrusted)?;
        if signer.name.as_ref().is_some_and(|name| !is_for(leaf, name)) {
            return Err(MdsRejection::OtherSigner);
        }
        let public = PublicKey::of(leaf.x509.public_key()).ok_or(MdsRejection::Algorithm)?;
        // RFC 7518 §3.3 and §3.4; ECDSA signatures are r and s, 32 bytes each.
        let scheme: &dyn VerificationAlgorithm = match (&*self.header.alg, public.kind) {
            ("ES256", KeyKind::P256) => &ECDSA_P256_SHA256_FIXED,
            ("RS256", KeyKind::Rsa) => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(MdsRejection::Algorithm),
        };
        UnparsedPublicKey::new(scheme, public.bytes)
            .verify(self.signed, &self.signature)
            .map_err(|_| MdsRejection::Signature)
    }
}

/// Whether a certificate is for this DNS name.
fn is_for(certificate: &Certificate<'_>, name: &str) -> bool {
    let Ok(Some(names)) = certificate.x509.subject_alternative_name() else {
        return false;
    };
    names.value.general_names.iter().any(
        |given| matches!(given, GeneralName::DNSName(given) if given.eq_ignore_ascii_case(name)),
    )
}

/// Most certificates in `x5c`.
const MAX_CHAIN: usize = 8;

/// The roots of a signer are for no authenticator model in particular.
const NO_MODEL: [u8; 16] = [0; 16];

/// MDS 3 §3.1.6. Members that are not looked at, and those that may be added, are many.
#[derive(Deserialize)]
struct Payload {
    no: u64,
    #[serde(rename = "nextUpdate")]
    next_update: String,
    entries: Vec<PayloadEntry>,
}

/// MDS 3 §3.1.1
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PayloadEntry {
    aaguid: Option<String>,
    metadata_statement: Option<MetadataStatement>,
    status_reports: Vec<StatusReport>,
}

/// FIDO Metadata Statement 3 §3
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataStatement {
    #[serde(default)]
    description: String,
    #[serde(default)]
    attestation_root_certificates: Vec<String>,
}

/// `08987058-cadc-4b81-b6e1-30de50dcbe96`, in either case.
fn read_aaguid(text: &str) -> Option<[u8; 16]> {
    let lengths = text.split('-').map(str::len);
    if !lengths.eq([8, 4, 4, 4, 12]) {
        return None;
    }
    hex::decode_array(text.replace('-', "").to_ascii_lowercase()).ok()
}

/// Standard base64; published statements break lines and put blanks around. What is none becomes
/// no bytes, which are no anchor: one slip of one maker is no reason to distrust all others.
fn read_certificate(text: &str) -> Vec<u8> {
    let text: String = text.split_ascii_whitespace().collect();
    base64::decode(text).unwrap_or_default()
}

/// The start of a day spelt `YYYY-MM-DD`, in UTC.
fn midnight(date: &str) -> Option<Timestamp> {
    let mut parts = date.split('-');
    let mut number = |length: usize| -> Option<u64> {
        let part = parts.next()?;
        let is_number = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !is_date || parts.next().is_some() {
        return None;
    }
    // Count from March on, so that a leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    let since_epoch = days.checked_sub(DAYS_TO_EPOCH)?;
    Some(Timestamp::from_millis(0).plus_seconds(since_epoch * SECONDS_OF_A_DAY))
}

const SECONDS_OF_A_DAY: u64 = 86_400;

/// 1 January 1970, counted as above.
const DAYS_TO_EPOCH: u64 = 719_469;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_of_the_calendar() {
        for (date, seconds) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400),
            ("2000-03-01", 951_868_800),
            ("2024-12-31", 1_735_603_200),
            ("2026-09-01", 1_788_220_800),
        ] {
            assert_eq!(
                midnight(date),
                Some(Timestamp::from_millis(seconds * 1000)),
                "{date}"
            );
        }
        for date in [
            "2026-9-1",
            "2026-13-01",
            "2026-00-10",
            "2026-01-01T00:00:00Z",
            "26-01-01",
            "",
        ] {
            assert_eq!(midnight(date), None, "{date}");
        }
    }

    #[test]
    fn reads_aaguids_in_either_case() {
        let expected = Some([
            0x08, 0x98, 0x70, 0x58, 0xca, 0xdc, 0x4b, 0x81, 0xb6, 0xe1, 0x30, 0xde, 0x50, 0xdc,
            0xbe, 0x96,
        ]);
        assert_eq!(
            read_aaguid("08987058-cadc-4b81-b6e1-30de50dcbe96"),
            expected
        );
        assert_eq!(
            read_aaguid("08987058-CADC-4B81-B6E1-30DE50DCBE96"),
            expected
        );
        for text in [
            "08987058cadc4b81b6e130de50dcbe96",
            "08987058-cadc-4b81-b6e1-30de50dcbe9",
            "08987058-cadc-4b81-b6e1-30de50dcbe9g",
        ] {
            assert_eq!(read_aaguid(text), None, "{text}");
        }
    }
}
