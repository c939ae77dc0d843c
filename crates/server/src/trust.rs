//! Whose attestations count: the operator's roots and FIDO metadata, read from files at start.

use std::path::Path;

use anyhow::{Context, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use verify::webauthn::TrustStore;
use verify::webauthn::attestation::mds::{Blob, MdsRejection, MdsSigner, Overdue};
use wire::Timestamp;

use crate::config::AttestationConfig;

/// What the files say.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The anchors for attestations, with compromised models refused.
    pub store: TrustStore,
    /// The metadata they come from, if there are any.
    pub metadata: Option<Blob>,
}

/// Reads the files that the configuration names.
///
/// Metadata that are overdue are read with a warning: what was known of revoked models still is,
/// and a server that refused to start over it would help nobody.
pub fn open(config: &AttestationConfig, now: Timestamp) -> anyhow::Result<Trust> {
    let mut store = TrustStore::empty();
    for path in &config.roots {
        for certificate in certificates(path)? {
            store
                .add(&certificate)
                .with_context(|| format!("a certificate in {}", path.display()))?;
        }
    }
    let metadata = match (&config.mds_blob, &config.mds_root) {
        (Some(blob), Some(root)) => Some(metadata(blob, root, &config.mds_name, now)?),
        _ => None,
    };
    if let Some(blob) = &metadata {
        let left_out = store.add_metadata(blob);
        let (number, models) = (blob.number(), blob.entries().count());
        tracing::info!(number, models, left_out, "read FIDO metadata");
    }
    Ok(Trust { store, metadata })
}

fn metadata(blob: &Path, root: &Path, name: &str, now: Timestamp) -> anyhow::Result<Blob> {
    let signer = MdsSigner::named(name, certificates(root)?)
        .with_context(|| format!("a certificate in {}", root.display()))?;
    let bytes = read(blob)?;
    let read = Blob::read(&bytes, &signer, now, Overdue::Refused).or_else(|why| match why {
        MdsRejection::Overdue => {
            tracing::warn!(file = %blob.display(), "{why}");
            Blob::read(&bytes, &signer, now, Overdue::Accepted)
        }
        other => Err(other),
    });
    read.with_context(|| format!("the FIDO metadata in {}", blob.display()))
}

/// The certificates of a file: one in DER, or any number in PEM.
fn certificates(path: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let bytes = read(path)?;
    if bytes.starts_with(&[DER_SEQUENCE]) {
        return Ok(vec![bytes]);
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.with_context(|| format!("cannot read PEM in {}", path.display()))?;
    ensure!(
        !found.is_empty(),
        "there is no certificate in {}",
        path.display()
    );
    Ok(found.iter().map(|der| der.to_vec()).collect())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What every certificate in DER begins with, and no PEM.
const DER_SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use testkit::encode::base64url;
    use testkit::encode::certificate::{Certificate, extension};
    use testkit::encode::der;
    use testkit::keys::{SigningKey, alg};
    use wire::encoding::base64;

    use super::*;

    const NAME: &str = "mds.example.org";
    const MODEL: [u8; 16] = [0xab; 16];
    /// Midsummer 2026.
    const NOW: Timestamp = Timestamp::from_millis(1_782_000_000_000);

    struct Files {
        place: tempfile::TempDir,
        config: AttestationConfig,
    }

    impl Files {
        /// A root in PEM, and metadata signed below it that name one revoked model.
        fn new() -> Self {
            let key = |label| SigningKey::for_algorithm(alg::ES256, label);
            let signer = SigningKey::for_algorithm(alg::RS256, "signer");
            let root = Certificate::root("Metadata Root", &key("root"));
            let mut leaf = root.leaf(&signer);
            let names = der::sequence(&[&der::element(0x82, NAME.as_bytes())]);
            leaf.extensions
                .push(extension(&[2, 5, 29, 17], false, &names));
            let header = format!(
                r#"{{"alg":"RS256","x5c":["{}"]}}"#,
                base64::encode(leaf.sign(&key("root")))
            );
            let payload = r#"{"no":1,"nextUpdate":"2026-07-01","entries":[{
                "aaguid":"abababab-abab-abab-abab-abababababab",
                "statusReports":[{"status":"REVOKED"}]}]}"#;
            let signed = format!("{}.{}", base64url(header), base64url(payload));
            let blob = format!("{signed}.{}\n", base64url(signer.sign(signed.as_bytes())));

            let mut files = Self {
                place: tempfile::tempdir().unwrap(),
                config: AttestationConfig {
                    mds_name: NAME.to_owned(),
                    ..AttestationConfig::default()
                },
            };
            let root = root.sign(&key("root"));
            let der = files.write("root.der", &root);
            let pem = files.write("root.pem", pem(&root).as_bytes());
            files.config.roots = vec![der, pem.clone()];
            files.config.mds_root = Some(pem);
            files.config.mds_blob = Some(files.write("blob.jwt", blob.as_bytes()));
            files
        }

        fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.place.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        }

        fn refusal(&self) -> String {
            format!("{:#}", open(&self.config, NOW).unwrap_err())
        }
    }

    fn pem(der: &[u8]) -> String {
        format!(
            "# The root.\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            base64::encode(der)
        )
    }

    #[test]
    fn reads_roots_and_metadata() {
        let files = Files::new();
        let trust = open(&files.config, NOW).unwrap();
        assert!(trust.metadata.unwrap().is_compromised(&MODEL));
        assert_eq!(format!("{:?}", trust.store), "TrustStore(2 anchors)");
    }

    #[test]
    fn trusts_nobody_unless_told_to() {
        let trust = open(&AttestationConfig::default(), NOW).unwrap();
        assert_eq!(trust.metadata, None);
        assert_eq!(format!("{:?}", trust.store), "TrustStore(0 anchors)");
    }

    #[test]
    fn overdue_metadata_are_better_than_none() {
        let late = NOW.plus_seconds(365 * 86_400);
        let trust = open(&Files::new().config, late).unwrap();
        assert!(trust.metadata.unwrap().is_compromised(&MODEL));
    }

    #[test]
    fn refuses_to_start_over_files_that_are_not_what_they_should_be() {
        let mut files = Files::new();
        files.config.mds_name = "mds.fidoalliance.org".to_owned();
        assert!(files.refusal().contains("not for the name"));

        let mut files = Files::new();
        files.config.mds_blob = Some(files.write("blob.jwt", b"<html>"));
        assert!(files.refusal().contains("not a JWS"));

        for (bytes, expected) in [
            (&b""[..], "there is no certificate"),
            (b"\x30\x00", "not a DER certificate"),
            (b"-----BEGIN CERTIFICATE-----\n", "cannot read PEM"),
        ] {
            let mut files = Files::new();
            files.config.roots = vec![files.write("root", bytes)];
            let refusal = files.refusal();
            assert!(refusal.contains(expected), "{refusal}");
        }

        let mut files = Files::new();
        files.config.roots = vec![files.place.path().join("missing")];
        assert!(files.refusal().contains("cannot read"));
    }
}
