use testkit::encode::certificate::{Certificate, extension};
use testkit::encode::der;
use wire::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::super::super::attestation::AttestationKind;
use super::*;

#[test]
fn t42_trusts_a_chain_to_an_anchor() {
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
    let mut repeated = leaf();
    let mut twice = vec![forge::aaguid_extension(&AAGUID); 2];
    repeated.extensions.append(&mut twice);
    let mut retagged = signed;
    retagged[0] |= 0x80;
    for certificate in [relabelled, trailing, retagged, repeated.sign(&key("root"))] {
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
