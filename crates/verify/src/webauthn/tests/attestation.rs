use testkit::authenticator::statement::{self, CertInfo, KeyDescription, PublicArea};
use testkit::encode::cbor::{Cbor, map};
use testkit::encode::certificate::{Certificate, extension};
use testkit::encode::{der, sha256};
use testkit::keys::SigningKey;
use wire::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::super::attestation::{
    AndroidKeyPolicy, Attestation, AttestationFault as Fault, AttestationFormat as Format,
    AttestationKind, AttestationRejection as R, AttestationTrust, TrustStore,
};
use super::super::registration::finish;
use super::super::{Profile, Rejection};
use super::registration::Draft;
use super::{ES256, NOW, key};

const AAGUID: [u8; 16] = [0xab; 16];

/// A registration with a statement, judged with an anchor for the root of [`Pki`].
struct Scene {
    draft: Draft,
    now: Timestamp,
    trust: TrustStore,
}

/// What a statement is made over.
struct Over {
    auth_data: Vec<u8>,
    hash: [u8; 32],
}

impl Over {
    fn message(&self) -> Vec<u8> {
        [&self.auth_data[..], &self.hash].concat()
    }
}

fn root() -> Certificate {
    Certificate::root("Testkit Root", &key("root"))
}

impl Scene {
    fn new() -> Self {
        let mut draft = Draft::of(ES256, &key("credential"));
        draft.data.credential().aaguid = AAGUID;
        draft.rp.attestation.trust = AttestationTrust::IfPresent;
        let mut trust = TrustStore::empty();
        trust.add(&root().sign(&key("root"))).unwrap();
        Self {
            draft,
            now: NOW,
            trust,
        }
    }

    fn judge(
        mut self,
        format: &str,
        make: impl FnOnce(&Over) -> Cbor,
    ) -> Result<Attestation, Rejection> {
        self.draft.response.client_data_json = self.draft.client.encode();
        let over = Over {
            auth_data: self.draft.data.encode(),
            hash: sha256(&[&self.draft.response.client_data_json]),
        };
        let object = map([
            ("fmt", format.into()),
            ("attStmt", make(&over)),
            ("authData", Cbor::Bytes(over.auth_data.clone())),
        ]);
        self.draft.response.attestation_object = object.encode();
        let Draft {
            rp,
            expect,
            response,
            ..
        } = &self.draft;
        finish(rp, expect, response, self.now, &self.trust).map(|verified| verified.attestation())
    }
}

/// A packed statement by `attestation`, over these certificates.
fn packed(over: &Over, chain: &[Vec<u8>]) -> Cbor {
    let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    statement::packed_full(&key("attestation"), &chain, &over.auth_data, &over.hash)
}

/// A leaf directly under the root.
fn leaf() -> Certificate {
    root().leaf(&key("attestation"))
}

fn judge_chain(chain: &[Vec<u8>], edit: impl FnOnce(&mut Scene)) -> Result<Attestation, Rejection> {
    let mut scene = Scene::new();
    edit(&mut scene);
    scene.judge("packed", |over| packed(over, chain))
}

fn refuses_chain(expected: R, chain: &[Vec<u8>], edit: impl FnOnce(&mut Scene)) {
    assert_eq!(
        judge_chain(chain, edit),
        Err(Rejection::Attestation(expected))
    );
}

fn faults(format: Format, fault: Fault) -> Result<Attestation, Rejection> {
    Err(Rejection::Attestation(R::Statement(format, fault)))
}

#[test]
fn trusts_a_chain_to_an_anchor() {
    let direct = [leaf().sign(&key("root"))];
    let attestation = judge_chain(&direct, |_| {}).unwrap();
    assert!(attestation.trusted);
    assert_eq!(attestation.kind, AttestationKind::Basic);

    let intermediate = root().intermediate("Testkit Intermediate", &key("intermediate"));
    let long = [
        intermediate
            .leaf(&key("attestation"))
            .sign(&key("intermediate")),
        intermediate.sign(&key("root")),
    ];
    assert!(judge_chain(&long, |_| {}).unwrap().trusted);
    // What is an anchor itself needs no issuer.
    let pinned = judge_chain(&direct, |scene| {
        scene.trust = TrustStore::empty();
        scene.trust.add(&leaf().sign(&key("root"))).unwrap();
    });
    assert!(pinned.unwrap().trusted);
}

#[test]
fn judges_no_chain_unless_told_to() {
    let chain = [leaf().sign(&key("root"))];
    let judged = judge_chain(&chain, |scene| {
        scene.draft.rp.attestation.trust = AttestationTrust::NotJudged;
        scene.trust = TrustStore::empty();
    });
    assert!(!judged.unwrap().trusted);
}

#[test]
fn refuses_chains_that_end_elsewhere() {
    let chain = [leaf().sign(&key("root"))];
    refuses_chain(R::UntrustedRoot, &chain, |scene| {
        scene.trust = TrustStore::empty()
    });
    // An anchor of another authenticator model.
    refuses_chain(R::UntrustedRoot, &chain, |scene| {
        scene.trust = TrustStore::empty();
        scene
            .trust
            .add_for([1; 16], &root().sign(&key("root")))
            .unwrap();
    });
    // An attacker's root that bears the anchor's name, sent along (GHSA-6hxq-p678-4hr2).
    let forged = [
        leaf().sign(&key("attacker")),
        Certificate::root("Testkit Root", &key("attacker")).sign(&key("attacker")),
    ];
    refuses_chain(R::UntrustedRoot, &forged, |_| {});
    // A leaf that vouches for itself.
    let mut own = leaf();
    own.issuer = own.subject.clone();
    refuses_chain(R::UntrustedRoot, &[own.sign(&key("attestation"))], |_| {});
}

#[test]
fn refuses_chains_that_do_not_hold_together() {
    let stranger = Certificate::root("Stranger", &key("stranger")).sign(&key("stranger"));
    refuses_chain(
        R::ChainInvalid,
        &[leaf().sign(&key("root")), stranger],
        |_| {},
    );

    let mut not_an_authority = root().intermediate("Intermediate", &key("intermediate"));
    not_an_authority.authority = Some(false);
    let below = not_an_authority
        .leaf(&key("attestation"))
        .sign(&key("intermediate"));
    refuses_chain(
        R::ChainInvalid,
        &[below.clone(), not_an_authority.sign(&key("root"))],
        |_| {},
    );

    // Key usage of digital signatures only.
    let mut no_cert_sign = root().intermediate("Intermediate", &key("intermediate"));
    no_cert_sign.extensions = vec![extension(&[2, 5, 29, 15], true, &[3, 2, 7, 0x80])];
    refuses_chain(
        R::ChainInvalid,
        &[below, no_cert_sign.sign(&key("root"))],
        |_| {},
    );

    let chain = vec![leaf().sign(&key("root")); 12];
    refuses_chain(R::ChainTooLong, &chain, |_| {});
}

#[test]
fn refuses_a_path_longer_than_its_constraint() {
    // An intermediate that may issue end entities only, with another intermediate below it.
    let mut upper = root().intermediate("Upper", &key("upper"));
    upper.authority = None;
    let constraints = der::sequence(&[&der::TRUE, &der::small(0)]);
    upper.extensions = vec![extension(&[2, 5, 29, 19], true, &constraints)];
    let lower = upper.intermediate("Lower", &key("lower"));
    let chain = [
        lower.leaf(&key("attestation")).sign(&key("lower")),
        lower.sign(&key("upper")),
        upper.sign(&key("root")),
    ];
    refuses_chain(R::ChainInvalid, &chain, |_| {});
    let direct = [
        upper.leaf(&key("attestation")).sign(&key("upper")),
        upper.sign(&key("root")),
    ];
    assert!(judge_chain(&direct, |_| {}).unwrap().trusted);
}

#[test]
fn refuses_certificates_outside_their_validity() {
    let chain = [leaf().sign(&key("root"))];
    // Testkit's certificates are valid from 2024 to 2049.
    refuses_chain(R::CertificateNotYetValid, &chain, |scene| {
        scene.now = Timestamp::from_millis(1_704_067_199_000);
    });
    assert!(
        judge_chain(&chain, |scene| scene.now =
            Timestamp::from_millis(1_704_067_200_000))
        .is_ok()
    );
    assert!(
        judge_chain(&chain, |scene| scene.now =
            Timestamp::from_millis(2_524_607_999_999))
        .is_ok()
    );
    refuses_chain(R::CertificateExpired, &chain, |scene| {
        scene.now = Timestamp::from_millis(2_524_608_000_000);
    });
}

#[test]
fn refuses_an_unknown_critical_extension() {
    let mut leaf = leaf();
    leaf.extensions
        .push(extension(&[1, 3, 6, 1, 4, 1, 99999, 1], true, &der::NULL));
    refuses_chain(R::CriticalExtension, &[leaf.sign(&key("root"))], |_| {});
}

#[test]
fn refuses_a_weak_authority() {
    let modulus = [&[0x00, 0xc1][..], &[0x55; 127]].concat();
    let rsa = der::sequence(&[&der::element(0x02, &modulus), &der::small(65537)]);
    let algorithm = der::sequence(&[&der::oid(&[1, 2, 840, 113549, 1, 1, 1]), &der::NULL]);
    let mut weak = root().intermediate("Weak", &key("weak"));
    weak.spki = der::sequence(&[&algorithm, &der::bits(&rsa)]);
    let chain = [
        weak.leaf(&key("attestation")).sign(&key("weak")),
        weak.sign(&key("root")),
    ];
    refuses_chain(R::WeakKey, &chain, |_| {});
    refuses_chain(R::WeakKey, &chain[..1], |scene| {
        scene.trust.add(&chain[1]).unwrap()
    });
}

#[test]
fn accepts_sha1_only_in_a_certificate_that_is_pinned() {
    let chain = [with_sha1(&leaf().sign(&key("root")))];
    refuses_chain(R::WeakHash, &chain, |_| {});
    let pinned = judge_chain(&chain, |scene| scene.trust.add(&chain[0]).unwrap());
    assert!(pinned.unwrap().trusted);
}

/// The certificate, claiming to be signed with ECDSA and SHA-1. The signature does not verify.
fn with_sha1(certificate: &[u8]) -> Vec<u8> {
    let sha256 = der::sequence(&[&der::oid(&[1, 2, 840, 10045, 4, 3, 2])]);
    let sha1 = der::sequence(&[&der::oid(&[1, 2, 840, 10045, 4, 1])]);
    let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
    let tbs = parsed.tbs_certificate.as_ref();
    let at = tbs
        .windows(sha256.len())
        .position(|window| window == sha256)
        .unwrap();
    // Past the four bytes of the outer sequence's header, which is written anew.
    let tbs = der::sequence(&[&tbs[4..at], &sha1, &tbs[at + sha256.len()..]]);
    der::sequence(&[&tbs, &sha1, &der::bits(&parsed.signature_value.data)])
}

#[test]
fn refuses_certificates_with_more_than_one_spelling() {
    let signed = leaf().sign(&key("root"));
    let (_, parsed) = X509Certificate::from_der(&signed).unwrap();
    let sha1 = der::sequence(&[&der::oid(&[1, 2, 840, 10045, 4, 1])]);
    let tbs = parsed.tbs_certificate.as_ref();
    let relabelled = der::sequence(&[tbs, &sha1, &der::bits(&parsed.signature_value.data)]);
    let mut trailing = signed.clone();
    trailing.push(0);
    let mut retagged = signed;
    retagged[0] |= 0x80;
    for certificate in [relabelled, trailing, retagged] {
        let judged = judge_chain(&[certificate], |_| {});
        assert_eq!(judged, faults(Format::Packed, Fault::CertParse));
    }
}

#[test]
fn refuses_the_root_in_the_chain_only_for_the_conformance_suite() {
    let chain = [leaf().sign(&key("root")), root().sign(&key("root"))];
    assert!(judge_chain(&chain, |_| {}).unwrap().trusted);
    refuses_chain(R::ContainsRoot, &chain, |scene| {
        scene.draft.rp.profile = Profile::FidoConformance;
    });
}

#[test]
fn refuses_models_and_formats_that_are_not_welcome() {
    let chain = [leaf().sign(&key("root"))];
    let refused = judge_chain(&chain, |scene| {
        scene.draft.rp.attestation.aaguids = Some(vec![[0; 16]]);
    });
    assert_eq!(refused, Err(Rejection::AaguidNotAllowed));
    refuses_chain(R::FormatNotAllowed, &chain, |scene| {
        scene.draft.rp.attestation.formats = vec![Format::None];
    });
    let empty = |_: &Over| Cbor::Map(vec![]);
    for format in ["android-safetynet", "None", "not-a-format", ""] {
        let judged = Scene::new().judge(format, empty);
        assert_eq!(
            judged,
            Err(Rejection::Attestation(R::FormatUnsupported)),
            "{format}"
        );
    }
}

#[test]
fn packed_certificates_follow_their_profile() {
    use testkit::encode::certificate::{COMMON_NAME, COUNTRY, ORGANISATION, UNIT};
    let check = |fault: Fault, edit: &dyn Fn(&mut Certificate)| {
        let mut certificate = leaf();
        edit(&mut certificate);
        let judged = judge_chain(&[certificate.sign(&key("root"))], |_| {});
        assert_eq!(judged, faults(Format::Packed, fault));
    };
    check(Fault::CertVersion, &|leaf| leaf.version = 1);
    check(Fault::CertIsCa, &|leaf| leaf.authority = Some(true));
    for (attribute, fault) in [
        (COUNTRY, Fault::CertSubjectC),
        (ORGANISATION, Fault::CertSubjectO),
        (UNIT, Fault::CertSubjectOu),
        (COMMON_NAME, Fault::CertSubjectCn),
    ] {
        check(fault, &|leaf| {
            leaf.subject.retain(|(known, _)| *known != attribute)
        });
    }
    check(Fault::AaguidMismatch, &|leaf| {
        leaf.extensions.push(statement::aaguid_extension(&[1; 16]))
    });
    check(Fault::AaguidExtMalformed, &|leaf| {
        leaf.extensions
            .push(extension(statement::AAGUID, false, &AAGUID));
    });
    check(Fault::AaguidExtCritical, &|leaf| {
        leaf.extensions
            .push(extension(statement::AAGUID, true, &der::octets(&AAGUID)));
    });
    let mut named = leaf();
    named.extensions.push(statement::aaguid_extension(&AAGUID));
    assert!(judge_chain(&[named.sign(&key("root"))], |_| {}).is_ok());
}

#[test]
fn self_attestation_is_by_the_credential_key_with_its_algorithm() {
    let own = |label: &'static str, algorithm: i64| {
        move |over: &Over| {
            statement::packed_self(algorithm, &key(label), &over.auth_data, &over.hash)
        }
    };
    let judged = Scene::new()
        .judge("packed", own("credential", ES256))
        .unwrap();
    assert_eq!(
        (judged.kind, judged.trusted),
        (AttestationKind::Itself, false)
    );
    let judged = Scene::new().judge("packed", own("another", ES256));
    assert_eq!(judged, faults(Format::Packed, Fault::SignatureInvalid));
    let judged = Scene::new().judge("packed", own("credential", -257));
    assert_eq!(judged, faults(Format::Packed, Fault::SelfAlgMismatch));
    let mut scene = Scene::new();
    scene.draft.rp.attestation.trust = AttestationTrust::Required;
    let judged = scene.judge("packed", own("credential", ES256));
    assert_eq!(judged, Err(Rejection::Attestation(R::KindNotAllowed)));
}

/// An Apple certificate for the credential key, with the nonce of the ceremony.
fn apple(over: &Over) -> Cbor {
    let mut certificate = root().leaf(&key("credential"));
    let nonce = statement::apple_nonce(&over.auth_data, &over.hash);
    certificate.extensions = vec![statement::apple_extension(&nonce)];
    map([("x5c", statement::x5c(&[&certificate.sign(&key("root"))]))])
}

#[test]
fn apple_certifies_the_nonce_and_the_key() {
    let judged = Scene::new().judge("apple", apple).unwrap();
    assert_eq!(
        (judged.kind, judged.trusted),
        (AttestationKind::AnonymisationCa, true)
    );
    let judged = Scene::new().judge("apple", |over| {
        apple(&Over {
            hash: [0; 32],
            auth_data: over.auth_data.clone(),
        })
    });
    assert_eq!(judged, faults(Format::Apple, Fault::NonceMismatch));
    let judged = Scene::new().judge("apple", |_| {
        map([("x5c", statement::x5c(&[&leaf().sign(&key("root"))]))])
    });
    assert_eq!(judged, faults(Format::Apple, Fault::NonceExtMissing));
}

#[test]
fn compound_needs_two_statements_that_all_hold() {
    let part =
        |format: &str, statement: Cbor| map([("fmt", format.into()), ("attStmt", statement)]);
    let own = |over: &Over, label: &str| {
        statement::packed_self(ES256, &key(label), &over.auth_data, &over.hash)
    };
    let judged = Scene::new().judge("compound", |over| {
        Cbor::Array(vec![
            part("packed", own(over, "credential")),
            part("apple", apple(over)),
        ])
    });
    let judged = judged.unwrap();
    assert_eq!(judged.format, Format::Compound);
    assert_eq!(
        (judged.kind, judged.trusted),
        (AttestationKind::AnonymisationCa, true)
    );

    let judged = Scene::new().judge("compound", |over| {
        Cbor::Array(vec![
            part("apple", apple(over)),
            part("packed", own(over, "another")),
        ])
    });
    assert_eq!(judged, faults(Format::Packed, Fault::SignatureInvalid));
    let judged = Scene::new().judge("compound", |over| {
        Cbor::Array(vec![part("apple", apple(over))])
    });
    assert_eq!(judged, faults(Format::Compound, Fault::Count));
    let judged = Scene::new().judge("compound", |over| {
        Cbor::Array(vec![
            part("apple", apple(over)),
            part("compound", Cbor::Array(vec![])),
        ])
    });
    assert_eq!(judged, faults(Format::Compound, Fault::Nested));
}

#[test]
fn fido_u2f_signs_its_own_message() {
    let u2f = |certificates: usize| {
        move |over: &Over| {
            let point = key("credential").public_key_uncompressed();
            let message =
                statement::u2f_message(&over.auth_data, &over.hash, b"credential", &point);
            let certificate = leaf().sign(&key("root"));
            let chain = vec![certificate.as_slice(); certificates];
            statement::u2f(&key("attestation").sign(&message), &chain)
        }
    };
    assert!(Scene::new().judge("fido-u2f", u2f(1)).unwrap().trusted);
    for count in [0, 2] {
        let judged = Scene::new().judge("fido-u2f", u2f(count));
        assert_eq!(judged, faults(Format::FidoU2f, Fault::X5cCount));
    }
    let mut scene = Scene::new();
    scene.draft.rp.profile = Profile::FidoConformance;
    assert_eq!(
        scene.judge("fido-u2f", u2f(1)),
        faults(Format::FidoU2f, Fault::AaguidNotZero)
    );
}

#[test]
fn android_key_reads_its_lists_as_the_policy_says() {
    let judge = |policy, edit: &dyn Fn(&mut KeyDescription)| {
        let mut scene = Scene::new();
        scene.draft.rp.attestation.android_key = policy;
        scene.judge("android-key", |over| {
            let mut description = KeyDescription::generated(&over.hash);
            edit(&mut description);
            let mut certificate = root().leaf(&key("credential"));
            certificate.extensions.push(description.extension());
            let chain = [certificate.sign(&key("root"))];
            statement::android_key(
                &key("credential"),
                &[&chain[0]],
                &over.auth_data,
                &over.hash,
            )
        })
    };
    use AndroidKeyPolicy::{Either, Lenient, TrustedEnvironment};
    assert!(judge(TrustedEnvironment, &|_| {}).unwrap().trusted);
    let moved = |description: &mut KeyDescription| {
        description.software = std::mem::take(&mut description.hardware);
    };
    assert!(judge(Either, &moved).is_ok());
    assert_eq!(
        judge(TrustedEnvironment, &moved),
        faults(Format::AndroidKey, Fault::Origin)
    );
    let silent = |description: &mut KeyDescription| {
        description.hardware.origin = None;
        description.hardware.purpose = None;
    };
    assert!(judge(Lenient, &silent).is_ok());
    assert_eq!(
        judge(Either, &silent),
        faults(Format::AndroidKey, Fault::Origin)
    );
    for (fault, edit) in [
        (
            Fault::Origin,
            (|d| d.hardware.origin = Some(2)) as fn(&mut KeyDescription),
        ),
        (Fault::Purpose, |d| d.hardware.purpose = Some(0)),
        (Fault::AllApplications, |d| {
            d.hardware.all_applications = true
        }),
        (Fault::AllApplications, |d| {
            d.software.all_applications = true
        }),
        (Fault::ChallengeMismatch, |d| d.challenge.clear()),
    ] {
        assert_eq!(judge(Lenient, &edit), faults(Format::AndroidKey, fault));
    }
}

/// A TPM's certification, with an attestation key under the root.
fn tpm(over: &Over, edit: impl FnOnce(&mut PublicArea, &mut CertInfo, &mut Certificate)) -> Cbor {
    let mut area = PublicArea::p256(&key("credential"));
    let mut info = CertInfo::certify(&area, &over.message());
    let mut aik = statement::aik(&root(), &key("attestation"));
    edit(&mut area, &mut info, &mut aik);
    let aik = aik.sign(&key("root"));
    statement::tpm(&key("attestation"), &[&aik], &area.encode(), &info.encode())
}

#[test]
fn tpm_certifies_the_credential_key_for_this_ceremony() {
    let judged = Scene::new()
        .judge("tpm", |over| tpm(over, |_, _, _| {}))
        .unwrap();
    assert_eq!(
        (judged.kind, judged.trusted),
        (AttestationKind::AttestationCa, true)
    );
    type Edit = fn(&mut PublicArea, &mut CertInfo, &mut Certificate);
    let table: [(Fault, Edit); 12] = [
        (Fault::Magic, |_, info, _| info.magic = 0),
        (Fault::CertInfoType, |_, info, _| info.kind = 0x8018),
        (Fault::ExtraDataMismatch, |_, info, _| {
            info.extra_data.clear()
        }),
        (Fault::NameMismatch, |_, info, _| info.name[2] ^= 1),
        (Fault::CertInfoMalformed, |_, info, _| info.trailing.push(0)),
        (Fault::PubAreaType, |area, _, _| area.kind = 8),
        (Fault::PubAreaKeyMismatch, |area, _, _| area.curve = 4),
        (Fault::PubAreaKeyMismatch, |area, _, _| {
            area.unique[0][0] ^= 1
        }),
        (Fault::CertSubjectNotEmpty, |_, _, aik| {
            aik.subject = leaf().subject
        }),
        (Fault::CertSanMissing, |_, _, aik| {
            drop(aik.extensions.remove(0))
        }),
        (Fault::CertEku, |_, _, aik| drop(aik.extensions.pop())),
        (Fault::CertIsCa, |_, _, aik| aik.authority = Some(true)),
    ];
    for (fault, edit) in table {
        let judged = Scene::new().judge("tpm", |over| tpm(over, edit));
        assert_eq!(judged, faults(Format::Tpm, fault));
    }
}

#[test]
fn tpm_hashes_its_name_as_it_says() {
    let judged = Scene::new().judge("tpm", |over| {
        tpm(over, |area, info, _| {
            area.name_algorithm = 0x0c;
            info.name = area.name();
        })
    });
    assert!(judged.is_ok());
}

#[test]
fn a_statement_by_another_key_never_verifies() {
    let forger: SigningKey = key("forger");
    let judged = Scene::new().judge("packed", |over| {
        let chain = leaf().sign(&key("root"));
        statement::packed_full(&forger, &[&chain], &over.auth_data, &over.hash)
    });
    assert_eq!(judged, faults(Format::Packed, Fault::SignatureInvalid));
    let judged = Scene::new().judge("android-key", |over| {
        let chain = leaf().sign(&key("root"));
        statement::android_key(&key("attestation"), &[&chain], &over.auth_data, &over.hash)
    });
    assert_eq!(judged, faults(Format::AndroidKey, Fault::PubkeyMismatch));
}
