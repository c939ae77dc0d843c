//! Attestation statements and certificate chains, good ones and each wrong in one way.

mod chain;
mod metadata;
mod statement;

use testkit::authenticator::statement as forge;
use testkit::encode::cbor::{Cbor, map};
use testkit::encode::certificate::Certificate;
use testkit::encode::sha256;
use wire::Timestamp;

use super::super::attestation::{
    Attestation, AttestationFault as Fault, AttestationFormat as Format, AttestationRejection as R,
    AttestationTrust, TrustStore,
};
use super::super::registration::finish;
use super::super::{Profile, Rejection};
use super::registration::Draft;
use super::{ES256, NOW, key};

const AAGUID: [u8; 16] = [0xab; 16];

/// A registration with a statement, judged with an anchor for [`root`].
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
    forge::packed_full(&key("attestation"), &chain, &over.auth_data, &over.hash)
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
