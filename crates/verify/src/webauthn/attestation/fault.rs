//! What may be wrong with an attestation, by its stable names.

use std::fmt;

use super::policy::AttestationFormat;

/// Why an attestation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationRejection {
    /// The format is not one we know.
    #[error("the attestation format is not supported")]
    FormatUnsupported,
    /// The format is not accepted here, or says nothing where something is required.
    #[error("the attestation format is not accepted")]
    FormatNotAllowed,
    /// Self attestation where a certificate is required.
    #[error("the attestation type is not accepted")]
    KindNotAllowed,
    /// The statement does not hold.
    #[error("{format} attestation: {fault}", format = .0.identifier(), fault = .1)]
    Statement(AttestationFormat, AttestationFault),
    /// The chain does not end in an anchor for this authenticator.
    #[error("the attestation certificate does not lead to a trust anchor")]
    UntrustedRoot,
    /// The authenticator model was revoked, or its keys are not safe.
    #[error("the authenticator model is known to be compromised")]
    Compromised,
    /// A certificate does not certify the one before it.
    #[error("the attestation certificates do not form a chain")]
    ChainInvalid,
    /// More certificates than any authenticator sends.
    #[error("the attestation has too many certificates")]
    ChainTooLong,
    /// A certificate authority has a key that is too weak.
    #[error("an attestation certificate has a weak key")]
    WeakKey,
    /// A certificate or the statement is signed with a hash that is too weak.
    #[error("the attestation is signed with a weak hash")]
    WeakHash,
    /// A certificate has expired.
    #[error("an attestation certificate has expired")]
    CertificateExpired,
    /// A certificate is not valid yet.
    #[error("an attestation certificate is not valid yet")]
    CertificateNotYetValid,
    /// A certificate has a critical extension that we do not know.
    #[error("an attestation certificate has an unknown critical extension")]
    CriticalExtension,
    /// Conformance profile: the chain contains its own root.
    #[error("the attestation certificates contain the root")]
    ContainsRoot,
}

impl AttestationRejection {
    /// The stable name of this failure.
    pub fn code(self) -> &'static str {
        match self {
            Self::FormatUnsupported => "att_fmt_unsupported",
            Self::FormatNotAllowed => "att_fmt_not_allowed",
            Self::KindNotAllowed => "att_type_not_allowed",
            Self::Statement(format, fault) => fault.code(format),
            Self::UntrustedRoot => "att_untrusted_root",
            Self::Compromised => "att_authenticator_compromised",
            Self::ChainInvalid => "att_chain_invalid",
            Self::ChainTooLong => "att_chain_too_long",
            Self::WeakKey => "att_chain_weak_key",
            Self::WeakHash => "att_chain_weak_hash",
            Self::CertificateExpired => "att_cert_expired",
            Self::CertificateNotYetValid => "att_cert_not_yet_valid",
            Self::CriticalExtension => "att_cert_critical_extension",
            Self::ContainsRoot => "att_x5c_contains_root",
        }
    }
}

/// One row per fault: its name in Rust, the end of its code, and what it means. The code of a
/// fault begins with that of the format it occurred in.
macro_rules! faults {
    ($($name:ident, $code:literal, $meaning:literal;)*) => {
        /// What is wrong with a statement.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AttestationFault { $(#[doc = $meaning] $name,)* }

        impl fmt::Display for AttestationFault {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $meaning,)* })
            }
        }

        impl AttestationFault {
            fn code(self, format: AttestationFormat) -> &'static str {
                macro_rules! under {
                    ($prefix:literal) => {
                        match self { $(Self::$name => concat!($prefix, $code),)* }
                    };
                }
                match format {
                    AttestationFormat::None => under!("att_none_"),
                    AttestationFormat::Packed => under!("att_packed_"),
                    AttestationFormat::Tpm => under!("att_tpm_"),
                    AttestationFormat::AndroidKey => under!("att_android_key_"),
                    AttestationFormat::Apple => under!("att_apple_"),
                    AttestationFormat::FidoU2f => under!("att_fido_u2f_"),
                    AttestationFormat::Compound => under!("att_compound_"),
                }
            }
        }
    };
}

faults! {
    StatementNotEmpty, "stmt_not_empty", "the statement is not empty";
    AlgMissing, "alg_missing", "alg is missing";
    AlgType, "alg_type", "alg is not an integer";
    Alg, "alg", "the credential key has the wrong algorithm";
    SigMissing, "sig_missing", "sig is missing";
    SigType, "sig_type", "sig is not a byte string";
    SignatureInvalid, "signature_invalid", "the signature does not verify";
    SelfAlgMismatch, "self_alg_mismatch", "alg is not that of the credential key";
    EcdaaUnsupported, "ecdaa_unsupported", "ECDAA was removed from WebAuthn";

    X5cMissing, "x5c_missing", "x5c is missing";
    X5cMalformed, "x5c_malformed", "x5c is not a list of certificates";
    X5cCount, "x5c_count", "x5c has the wrong number of certificates";
    CertParse, "cert_parse", "a certificate is not DER";
    CertVersion, "cert_version", "the certificate is not version 3";
    CertIsCa, "cert_is_ca", "the certificate is that of a CA";
    CertNotP256, "cert_not_p256", "the certificate's key is not on P-256";
    CertSubjectC, "cert_subject_c", "the subject has no country";
    CertSubjectO, "cert_subject_o", "the subject has no organisation";
    CertSubjectOu, "cert_subject_ou", "the subject's unit is not Authenticator Attestation";
    CertSubjectCn, "cert_subject_cn", "the subject has no common name";
    CertSubjectNotEmpty, "cert_subject_not_empty", "the subject is not empty";
    CertSanMissing, "cert_san_missing", "there is no subject alternative name";
    CertSanAttr, "cert_san_attr", "the alternative name lacks a TPM attribute";
    CertEku, "cert_eku", "the extended key usage is not that of an AIK";
    PubkeyMismatch, "pubkey_mismatch", "the certificate's key is not the credential key";

    AaguidMismatch, "aaguid_mismatch", "the certificate is for another AAGUID";
    AaguidExtCritical, "aaguid_ext_critical", "the AAGUID extension is critical";
    AaguidExtMalformed, "aaguid_ext_malformed", "the AAGUID extension is malformed";
    AaguidNotZero, "aaguid_not_zero", "a U2F authenticator has no AAGUID";

    Ver, "ver", "ver is not 2.0";
    VerMissing, "ver_missing", "ver is missing";
    CertInfoMissing, "certInfo_missing", "certInfo is missing";
    CertInfoMalformed, "certinfo_malformed", "certInfo is malformed";
    PubAreaMissing, "pubArea_missing", "pubArea is missing";
    PubAreaMalformed, "pubarea_malformed", "pubArea is malformed";
    PubAreaType, "pubarea_type", "pubArea is of an unknown type";
    PubAreaKeyMismatch, "pubarea_key_mismatch", "pubArea is not the credential key";
    Magic, "magic", "certInfo was not generated by a TPM";
    CertInfoType, "type", "certInfo certifies something else";
    ExtraDataMismatch, "extradata_mismatch", "extraData is not the hash of what is attested";
    NameMismatch, "name_mismatch", "the certified name is not that of pubArea";

    ExtMissing, "ext_missing", "the key description is missing";
    ExtMalformed, "ext_malformed", "the key description is malformed";
    ChallengeMismatch, "challenge_mismatch", "the key was attested for another challenge";
    AllApplications, "all_applications", "the key is not bound to one application";
    Origin, "origin", "the key was not generated in the device";
    Purpose, "purpose", "the key is not for signing";

    NonceExtMissing, "nonce_ext_missing", "the nonce extension is missing";
    NonceExtMalformed, "nonce_ext_malformed", "the nonce extension is malformed";
    NonceMismatch, "nonce_mismatch", "the nonce is of another ceremony";

    Count, "count", "there are not two or more statements";
    Nested, "nested", "a compound statement is inside another";
    SubMalformed, "sub_malformed", "a statement inside is malformed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_the_format_and_the_fault() {
        use AttestationFormat as F;
        for (format, fault, code) in [
            (
                F::None,
                AttestationFault::StatementNotEmpty,
                "att_none_stmt_not_empty",
            ),
            (
                F::Packed,
                AttestationFault::CertSubjectOu,
                "att_packed_cert_subject_ou",
            ),
            (F::Tpm, AttestationFault::CertInfoType, "att_tpm_type"),
            (
                F::AndroidKey,
                AttestationFault::Origin,
                "att_android_key_origin",
            ),
            (
                F::Apple,
                AttestationFault::NonceMismatch,
                "att_apple_nonce_mismatch",
            ),
            (F::FidoU2f, AttestationFault::Alg, "att_fido_u2f_alg"),
            (F::Compound, AttestationFault::Count, "att_compound_count"),
        ] {
            assert_eq!(AttestationRejection::Statement(format, fault).code(), code);
        }
    }
}
