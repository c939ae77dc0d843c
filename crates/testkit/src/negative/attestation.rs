//! `NONE`, `SELF`, `FULL`, `U2F`, `TPM`, `AKEY`, `APPLE` and `CMP`: attestation statements.

mod android_key;
mod apple;
mod fido_u2f;
mod packed;
mod tpm;

use super::draft::{RegistrationDraft, key};
use super::{ACCEPT, Corpus};
use crate::authenticator::statement;
use crate::encode::base64url;
use crate::encode::cbor::{Cbor, bytes, map};
use crate::encode::certificate::Certificate;
use crate::encode::sha256;
use crate::keys::{SigningKey, alg};

/// The authenticator model of the corpus.
const AAGUID: [u8; 16] = *b"testkit-model-01";

pub(super) fn cases(corpus: &mut Corpus) {
    none(corpus);
    packed::by_itself(corpus);
    packed::full(corpus);
    fido_u2f::cases(corpus);
    tpm::cases(corpus);
    android_key::cases(corpus);
    apple::cases(corpus);
    compound(corpus);
}

/// A maker of authenticators: a root that the server trusts and a key that attests.
#[derive(Clone)]
struct Maker {
    root_key: SigningKey,
    root: Certificate,
    key: SigningKey,
}

impl Maker {
    fn new() -> Self {
        Self::named("maker")
    }

    /// Another maker whose root has the same name and another key.
    fn named(label: &str) -> Self {
        let root_key = SigningKey::for_algorithm(alg::ES256, &format!("{label} root"));
        Self {
            root: Certificate::root("Testkit Root", &root_key),
            root_key,
            key: SigningKey::for_algorithm(alg::ES256, &format!("{label} attestation")),
        }
    }

    /// The root in DER.
    fn root(&self) -> Vec<u8> {
        self.root.sign(&self.root_key)
    }

    /// The attestation certificate, changed by `edit`, in DER.
    fn leaf(&self, edit: impl FnOnce(&mut Certificate)) -> Vec<u8> {
        let mut leaf = self.root.leaf(&self.key);
        leaf.extensions = vec![statement::aaguid_extension(&AAGUID)];
        edit(&mut leaf);
        leaf.sign(&self.root_key)
    }

    /// Lets the server judge trust, with this maker's root as its only anchor, and gives the
    /// authenticator its model.
    fn trust(&self, draft: &mut RegistrationDraft) {
        draft.data.credential().aaguid = AAGUID;
        draft.context.attestation.anchors = Some(vec![base64url(self.root())]);
    }
}

/// The bytes under a key of a statement.
fn member(statement: &mut Cbor, name: &str) -> Vec<u8> {
    let entry = statement
        .entries()
        .iter()
        .find(|(key, _)| *key == name.into());
    match entry {
        Some((_, Cbor::Bytes(bytes))) => bytes.clone(),
        other => panic!("{name} is not there as bytes but {other:?}"),
    }
}

fn none(corpus: &mut Corpus) {
    let code = "att_none_stmt_not_empty";
    corpus.registration(
        "NONE-01",
        "a statement with something in it",
        code,
        |draft| {
            draft.attest = Box::new(|_, _| map([("x", Cbor::Int(1))]));
        },
    );
    corpus.registration("NONE-02", "a packed statement", code, |draft| {
        let maker = Maker::new();
        let leaf = maker.leaf(|_| {});
        draft.attest =
            Box::new(move |data, hash| statement::packed_full(&maker.key, &[&leaf], data, hash));
    });
}

fn compound(corpus: &mut Corpus) {
    fn item(format: &str, statement: Cbor) -> Cbor {
        map([("fmt", format.into()), ("attStmt", statement)])
    }
    fn packed(data: &[u8], hash: &[u8; 32]) -> Cbor {
        let signed = statement::packed_self(alg::ES256, &key(alg::ES256), data, hash);
        item("packed", signed)
    }
    fn apple(data: &[u8], hash: &[u8; 32]) -> Cbor {
        let maker = Maker::new();
        let mut leaf = maker.root.leaf(&key(alg::ES256));
        let nonce = statement::apple_nonce(data, hash);
        leaf.extensions = vec![statement::apple_extension(&nonce)];
        let leaf = leaf.sign(&maker.root_key);
        item("apple", map([("x5c", statement::x5c(&[&leaf]))]))
    }
    let mut number = 0;
    let mut next = |what: &str, expect: &str, make: fn(&[u8], &[u8; 32]) -> Cbor| {
        number += 1;
        corpus.registration(&format!("CMP-{number:02}"), what, expect, |draft| {
            Maker::new().trust(draft);
            draft.attest("compound", make);
        });
    };
    let count = "att_compound_count";
    let malformed = "att_compound_sub_malformed";
    next("packed and apple", ACCEPT, |data, hash| {
        Cbor::Array(vec![packed(data, hash), apple(data, hash)])
    });
    next("a map", count, packed);
    next("one statement", count, |data, hash| {
        Cbor::Array(vec![packed(data, hash)])
    });
    next("no statement", count, |_, _| Cbor::Array(vec![]));
    next("a compound inside", "att_compound_nested", |data, hash| {
        let inner = Cbor::Array(vec![packed(data, hash), apple(data, hash)]);
        Cbor::Array(vec![packed(data, hash), item("compound", inner)])
    });
    next(
        "a format nobody knows",
        "att_fmt_unsupported",
        |data, hash| {
            Cbor::Array(vec![
                packed(data, hash),
                item("not-a-format", Cbor::Map(vec![])),
            ])
        },
    );
    next(
        "a second that does not hold",
        "att_packed_signature_invalid",
        |data, hash| Cbor::Array(vec![apple(data, hash), packed(data, &sha256(&[b"other"]))]),
    );
    next("a statement that is text", malformed, |data, hash| {
        Cbor::Array(vec![packed(data, hash), "apple".into()])
    });
    next("a statement without attStmt", malformed, |data, hash| {
        Cbor::Array(vec![
            packed(data, hash),
            map([("fmt", "apple".into()), ("x", bytes([1]))]),
        ])
    });
}
