//! Metadata BLOBs, signed by an authority made here.

use testkit::encode::base64url;
use testkit::encode::certificate::extension;
use testkit::encode::der;
use testkit::keys::{SigningKey, alg, ecdsa_integers};
use wire::encoding::base64;

use super::super::super::attestation::mds::{Blob, MdsRejection, MdsSigner, Overdue};
use super::*;

const SIGNER: &str = "mds.example.org";
const OTHER_MODEL: [u8; 16] = [0xcd; 16];

/// A BLOB before it is signed; change a field, then [`Draft::sign`] it.
struct Draft {
    signer: SigningKey,
    chain: Vec<Vec<u8>>,
    algorithm: &'static str,
    /// Further members of the header.
    header: &'static str,
    payload: String,
}

impl Draft {
    fn new() -> Self {
        Self::signed_by(key("signer"), "ES256")
    }

    fn signed_by(signer: SigningKey, algorithm: &'static str) -> Self {
        let certificate = certificate(&signer, SIGNER).sign(&key("mds root"));
        Self {
            signer,
            chain: vec![certificate],
            algorithm,
            header: "",
            payload: payload("[]"),
        }
    }

    fn sign(&self) -> String {
        let chain: Vec<String> = self.chain.iter().map(base64::encode).collect();
        let header = format!(
            r#"{{"alg":"{}","typ":"JWT","x5c":{}{}}}"#,
            self.algorithm,
            serde_json::to_string(&chain).unwrap(),
            self.header
        );
        let signed = format!("{}.{}", base64url(header), base64url(&self.payload));
        let signature = self.signer.sign(signed.as_bytes());
        let signature = match self.signer {
            SigningKey::P256(_) => fixed(&signature),
            _ => signature,
        };
        format!("{signed}.{}", base64url(signature))
    }

    fn read(&self) -> Result<Blob, MdsRejection> {
        read(&self.sign())
    }
}

fn read(text: &str) -> Result<Blob, MdsRejection> {
    Blob::read(text.as_bytes(), &signer(), NOW, Overdue::Refused)
}

fn signer() -> MdsSigner {
    MdsSigner::named(SIGNER, [mds_root().sign(&key("mds root"))]).unwrap()
}

fn mds_root() -> Certificate {
    Certificate::root("Metadata Root", &key("mds root"))
}

fn certificate(key: &SigningKey, name: &str) -> Certificate {
    let mut certificate = mds_root().leaf(key);
    let dns_name = der::element(0x82, name.as_bytes());
    let names = der::sequence(&[&dns_name]);
    certificate
        .extensions
        .push(extension(&[2, 5, 29, 17], false, &names));
    certificate
}

/// r and s, 32 bytes each.
fn fixed(signature: &[u8]) -> Vec<u8> {
    let (r, s) = ecdsa_integers(signature);
    let mut both = vec![0; 64];
    for (number, place) in [(r, 32), (s, 64)] {
        let bytes = number.to_bytes_be();
        both[place - bytes.len()..place].copy_from_slice(&bytes);
    }
    both
}

/// Due a month after [`NOW`].
fn payload(entries: &str) -> String {
    format!(r#"{{"legalHeader":"…","no":7,"nextUpdate":"2026-07-21","entries":{entries}}}"#)
}

/// An entry whose only anchor is [`root`].
fn entry(aaguid: [u8; 16], reports: &[&str]) -> String {
    let digits = wire::encoding::hex::encode(aaguid);
    let reports: Vec<String> = reports
        .iter()
        .map(|status| format!(r#"{{"status":"{status}","effectiveDate":"2026-01-31"}}"#))
        .collect();
    format!(
        r#"{{"aaguid":"{}-{}-{}-{}-{}",
            "metadataStatement":{{"description":"A key","protocolFamily":"fido2",
                "attestationRootCertificates":["{}"]}},
            "statusReports":[{}],"timeOfLastStatusChange":"2026-01-31"}}"#,
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
        base64::encode(root().sign(&key("root"))),
        reports.join(",")
    )
}

fn blob(entries: &[String]) -> Blob {
    let mut draft = Draft::new();
    draft.payload = payload(&format!("[{}]", entries.join(",")));
    draft.read().unwrap()
}

#[test]
fn reads_what_the_signer_says() {
    let u2f = r#"{"attestationCertificateKeyIdentifiers":["00"],"statusReports":[]}"#;
    let blob = blob(&[
        entry(AAGUID, &["FIDO_CERTIFIED", "FIDO_CERTIFIED_L1"]),
        u2f.to_owned(),
    ]);
    assert_eq!(blob.number(), 7);
    assert_eq!(
        blob.next_update(),
        Timestamp::from_millis(1_784_592_000_000)
    );
    assert_eq!(blob.entries().count(), 1);
    let known = blob.entry(&AAGUID).unwrap();
    assert_eq!(known.description, "A key");
    assert_eq!(known.roots, [root().sign(&key("root"))]);
    assert_eq!(known.reports[1].status, "FIDO_CERTIFIED_L1");
    assert_eq!(
        known.reports[1].effective_date.as_deref(),
        Some("2026-01-31")
    );
    assert_eq!(blob.entry(&OTHER_MODEL), None);
}

#[test]
fn accepts_rsa_an_intermediate_and_white_space_around() {
    let rsa = SigningKey::for_algorithm(alg::RS256, "signer");
    assert!(Draft::signed_by(rsa, "RS256").read().is_ok());

    let between = mds_root().intermediate("Between", &key("between"));
    let mut leaf = certificate(&key("signer"), SIGNER);
    leaf.issuer.clone_from(&between.subject);
    let mut draft = Draft::new();
    draft.chain = vec![leaf.sign(&key("between")), between.sign(&key("mds root"))];
    assert!(draft.read().is_ok());
    // As x5c of the alliance has it: the root at the end.
    draft.chain.push(mds_root().sign(&key("mds root")));
    assert!(draft.read().is_ok());
    assert!(read(&format!("\n{}\r\n", draft.sign())).is_ok());
}

#[test]
fn refuses_a_signer_that_leads_elsewhere() {
    let mut draft = Draft::new();
    draft.chain = vec![certificate(&key("signer"), SIGNER).sign(&key("attacker"))];
    assert_eq!(draft.read(), Err(MdsRejection::Untrusted(R::UntrustedRoot)));
    // Its certificate expired.
    let late = Timestamp::from_millis(2_556_144_000_000);
    let read = Blob::read(
        Draft::new().sign().as_bytes(),
        &signer(),
        late,
        Overdue::Accepted,
    );
    assert_eq!(read, Err(MdsRejection::Untrusted(R::CertificateExpired)));
}

#[test]
fn refuses_another_name_under_the_same_root() {
    for name in [
        "shop.example",
        "mds.example.org.shop.example",
        "example.org",
    ] {
        let mut draft = Draft::new();
        draft.chain = vec![certificate(&key("signer"), name).sign(&key("mds root"))];
        assert_eq!(draft.read(), Err(MdsRejection::OtherSigner), "{name}");
    }
    let mut nameless = Draft::new();
    nameless.chain = vec![mds_root().leaf(&key("signer")).sign(&key("mds root"))];
    assert_eq!(nameless.read(), Err(MdsRejection::OtherSigner));
    // Where the root serves nothing else, no name is asked for.
    let anybody = MdsSigner::any_below([mds_root().sign(&key("mds root"))]).unwrap();
    let text = nameless.sign();
    assert!(Blob::read(text.as_bytes(), &anybody, NOW, Overdue::Refused).is_ok());
}

#[test]
fn refuses_what_was_changed_after_signing() {
    let text = Draft::new().sign();
    let (signed, signature) = text.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let forged = base64url(payload("[]").replace("\"no\":7", "\"no\":8"));
    assert_eq!(
        read(&format!("{header}.{forged}.{signature}")),
        Err(MdsRejection::Signature)
    );
    // ECDSA in DER is not how JOSE spells it.
    let der = base64url(key("signer").sign(signed.as_bytes()));
    assert_eq!(
        read(&format!("{signed}.{der}")),
        Err(MdsRejection::Signature)
    );
}

#[test]
fn refuses_algorithms_that_prove_nothing() {
    for algorithm in ["none", "HS256", "RS256", "es256", "ES384"] {
        let mut draft = Draft::new();
        draft.algorithm = algorithm;
        assert_eq!(draft.read(), Err(MdsRejection::Algorithm), "{algorithm}");
    }
    let mut draft = Draft::new();
    draft.header = r#","crit":["b64"],"b64":false"#;
    assert_eq!(draft.read(), Err(MdsRejection::Critical));
}

#[test]
fn refuses_what_is_no_chain() {
    let certificate = certificate(&key("signer"), SIGNER).sign(&key("mds root"));
    for chain in [vec![], vec![vec![0x30]], vec![certificate; 9]] {
        let mut draft = Draft::new();
        draft.chain = chain;
        assert_eq!(draft.read(), Err(MdsRejection::X5c));
    }
    assert!(MdsSigner::any_below([b"-----BEGIN CERTIFICATE-----"]).is_err());
}

#[test]
fn refuses_what_is_no_jws() {
    let text = Draft::new().sign();
    for broken in ["", "..", "e30.e30", "{}", &text[1..], &format!("{text}=")] {
        assert_eq!(read(broken), Err(MdsRejection::NotJws), "{broken:.20}");
    }
    assert_eq!(read(&format!("{text}.{text}")), Err(MdsRejection::NotJws));
}

#[test]
fn refuses_what_is_no_blob() {
    for payload in [
        "",
        "[]",
        r#"{"no":1,"entries":[]}"#,
        r#"{"no":1,"nextUpdate":"soon","entries":[]}"#,
        r#"{"no":-1,"nextUpdate":"2026-07-21","entries":[]}"#,
        r#"{"no":1,"nextUpdate":"2026-07-21","entries":[{"aaguid":"AB","statusReports":[]}]}"#,
        r#"{"no":1,"nextUpdate":"2026-07-21","entries":[{"aaguid":"abababab-abab-abab-abab-abababababab"}]}"#,
    ] {
        let mut draft = Draft::new();
        draft.payload = payload.to_owned();
        assert_eq!(draft.read(), Err(MdsRejection::Payload), "{payload}");
    }
}

#[test]
fn refuses_an_overdue_blob_unless_told_otherwise() {
    let text = Draft::new().sign();
    let at = |seconds: u64, overdue| {
        let now = Timestamp::from_millis(seconds * 1000);
        Blob::read(text.as_bytes(), &signer(), now, overdue).map(|blob| blob.is_overdue(now))
    };
    // 22 July 2026 begins: the day it was due on is over.
    let over = 1_784_678_400;
    assert_eq!(at(over - 1, Overdue::Refused), Ok(false));
    assert_eq!(at(over, Overdue::Refused), Err(MdsRejection::Overdue));
    assert_eq!(at(over, Overdue::Accepted), Ok(true));
}

#[test]
fn some_reports_mean_that_a_model_is_compromised() {
    for (reports, expected) in [
        (&["REVOKED"][..], true),
        (&["USER_VERIFICATION_BYPASS"], true),
        (&["ATTESTATION_KEY_COMPROMISE"], true),
        (&["USER_KEY_REMOTE_COMPROMISE"], true),
        (&["USER_KEY_PHYSICAL_COMPROMISE"], true),
        (&["FIDO_CERTIFIED", "REVOKED", "FIDO_CERTIFIED_L2"], true),
        (&["FIDO_CERTIFIED"], false),
        (&["UPDATE_AVAILABLE"], false),
        (&["A_STATUS_OF_LATER_YEARS"], false),
        (&[], false),
    ] {
        let blob = blob(&[entry(AAGUID, reports)]);
        assert_eq!(blob.is_compromised(&AAGUID), expected, "{reports:?}");
        assert!(!blob.is_compromised(&OTHER_MODEL));
    }
}

#[test]
fn a_second_entry_for_a_model_adds_to_the_first() {
    let blob = blob(&[
        entry(AAGUID, &["REVOKED"]),
        entry(AAGUID, &["FIDO_CERTIFIED"]),
    ]);
    assert!(blob.is_compromised(&AAGUID));
    assert_eq!(blob.entry(&AAGUID).unwrap().roots.len(), 2);
}

#[test]
fn metadata_are_anchors_for_their_model_alone() {
    let chain = [leaf().sign(&key("root"))];
    let trusting = |blob: &Blob| {
        let mut trust = TrustStore::empty();
        assert_eq!(trust.add_metadata(blob), 0);
        judge_chain(&chain, |scene| scene.trust = trust)
    };
    let known = blob(&[entry(AAGUID, &["FIDO_CERTIFIED"])]);
    assert!(trusting(&known).unwrap().trusted);
    let other = blob(&[entry(OTHER_MODEL, &["FIDO_CERTIFIED"])]);
    assert_eq!(
        trusting(&other),
        Err(Rejection::Attestation(R::UntrustedRoot))
    );
}

#[test]
fn refuses_a_compromised_model_whatever_its_chain() {
    let mut draft = Draft::new();
    draft.payload = payload(&format!("[{}]", entry(AAGUID, &["REVOKED"])));
    let blob = draft.read().unwrap();
    // The operator's own anchor is still there.
    refuses_chain(R::Compromised, &[leaf().sign(&key("root"))], |scene| {
        scene.trust.add_metadata(&blob);
    });
}

#[test]
fn leaves_out_roots_that_are_no_certificates() {
    let good = entry(AAGUID, &[]);
    let bad = good.replacen(
        r#""attestationRootCertificates":["#,
        r#""attestationRootCertificates":["MA==","?","#,
        1,
    );
    let blob = blob(&[bad]);
    let mut trust = TrustStore::empty();
    assert_eq!(trust.add_metadata(&blob), 2);
    let judged = judge_chain(&[leaf().sign(&key("root"))], |scene| scene.trust = trust);
    assert!(judged.unwrap().trusted);
}
