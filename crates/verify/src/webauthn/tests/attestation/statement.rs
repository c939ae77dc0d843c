use testkit::authenticator::statement::{CertInfo, KeyDescription, PublicArea};
use testkit::encode::certificate::extension;
use testkit::encode::der;
use testkit::keys::SigningKey;

use super::super::super::attestation::{AndroidKeyPolicy, AttestationKind};
use super::*;

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
        leaf.extensions.push(forge::aaguid_extension(&[1; 16]))
    });
    check(Fault::AaguidExtMalformed, &|leaf| {
        leaf.extensions
            .push(extension(forge::AAGUID, false, &AAGUID));
    });
    check(Fault::AaguidExtCritical, &|leaf| {
        leaf.extensions
            .push(extension(forge::AAGUID, true, &der::octets(&AAGUID)));
    });
    let mut named = leaf();
    named.extensions.push(forge::aaguid_extension(&AAGUID));
    assert!(judge_chain(&[named.sign(&key("root"))], |_| {}).is_ok());
}

#[test]
fn self_attestation_is_by_the_credential_key_with_its_algorithm() {
    let own = |label: &'static str, algorithm: i64| {
        move |over: &Over| forge::packed_self(algorithm, &key(label), &over.auth_data, &over.hash)
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
    let nonce = forge::apple_nonce(&over.auth_data, &over.hash);
    certificate.extensions = vec![forge::apple_extension(&nonce)];
    map([("x5c", forge::x5c(&[&certificate.sign(&key("root"))]))])
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
        map([("x5c", forge::x5c(&[&leaf().sign(&key("root"))]))])
    });
    assert_eq!(judged, faults(Format::Apple, Fault::NonceExtMissing));
}

#[test]
fn compound_needs_two_statements_that_all_hold() {
    let part =
        |format: &str, statement: Cbor| map([("fmt", format.into()), ("attStmt", statement)]);
    let own = |over: &Over, label: &str| {
        forge::packed_self(ES256, &key(label), &over.auth_data, &over.hash)
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
            let message = forge::u2f_message(&over.auth_data, &over.hash, b"credential", &point);
            let certificate = leaf().sign(&key("root"));
            let chain = vec![certificate.as_slice(); certificates];
            forge::u2f(&key("attestation").sign(&message), &chain)
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
            forge::android_key(
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
    let mut aik = forge::aik(&root(), &key("attestation"));
    edit(&mut area, &mut info, &mut aik);
    let aik = aik.sign(&key("root"));
    forge::tpm(&key("attestation"), &[&aik], &area.encode(), &info.encode())
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
        forge::packed_full(&forger, &[&chain], &over.auth_data, &over.hash)
    });
    assert_eq!(judged, faults(Format::Packed, Fault::SignatureInvalid));
    let judged = Scene::new().judge("android-key", |over| {
        let chain = leaf().sign(&key("root"));
        forge::android_key(&key("attestation"), &[&chain], &over.auth_data, &over.hash)
    });
    assert_eq!(judged, faults(Format::AndroidKey, Fault::PubkeyMismatch));
}

#[test]
fn sha1_statements_are_for_the_conformance_suite() {
    for (profile, expected) in [
        (Profile::Default, R::WeakHash),
        // Our key is on P-256, so RS1 fails later there.
        (
            Profile::FidoConformance,
            R::Statement(Format::Packed, Fault::SignatureInvalid),
        ),
    ] {
        let mut scene = Scene::new();
        scene.draft.rp.profile = profile;
        let judged = scene.judge("packed", |over| {
            let mut statement = packed(over, &[leaf().sign(&key("root"))]);
            statement.set("alg", Cbor::from(-65535));
            statement
        });
        assert_eq!(judged, Err(Rejection::Attestation(expected)));
    }
}
