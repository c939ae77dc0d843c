//! `APPLE`: certified by Apple, anonymously.

use super::super::draft::{RegistrationDraft, key, other_key};
use super::super::{ACCEPT, Corpus};
use super::Maker;
use crate::authenticator::statement::{APPLE_NONCE, apple_extension, apple_nonce, x5c};
use crate::encode::cbor::{Cbor, map};
use crate::encode::certificate::extension;
use crate::encode::der;
use crate::keys::{SigningKey, alg};

/// What the certificate says, from the nonce.
type Say = fn(&[u8; 32]) -> Vec<Vec<u8>>;

fn good(nonce: &[u8; 32]) -> Vec<Vec<u8>> {
    vec![apple_extension(nonce)]
}

fn attest(draft: &mut RegistrationDraft, certified: SigningKey, say: Say) {
    draft.attest("apple", move |data, hash| {
        let maker = Maker::new();
        let mut leaf = maker.root.leaf(&certified);
        leaf.extensions = say(&apple_nonce(data, hash));
        map([("x5c", x5c(&[&leaf.sign(&maker.root_key)]))])
    });
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("APPLE-{number:02}"), what, expect, |draft| {
            Maker::new().trust(draft);
            attest(draft, key(alg::ES256), good);
            edit(draft);
        });
    };
    let saying =
        |say: Say| move |draft: &mut RegistrationDraft| attest(draft, key(alg::ES256), say);
    let statement =
        |edit: fn(&mut Cbor)| move |draft: &mut RegistrationDraft| draft.edit_statement(edit);
    let malformed = "att_apple_nonce_ext_malformed";
    next("a good one", ACCEPT, &|_| {});
    next(
        "another nonce",
        "att_apple_nonce_mismatch",
        &saying(|_| good(&[7; 32])),
    );
    next(
        "no nonce",
        "att_apple_nonce_ext_missing",
        &saying(|_| vec![]),
    );
    next(
        "the nonce without its wrapping",
        malformed,
        &saying(|nonce| vec![extension(APPLE_NONCE, false, &der::octets(nonce))]),
    );
    next(
        "a byte after the nonce",
        malformed,
        &saying(|nonce| {
            let value = der::sequence(&[&der::explicit(1, &der::octets(nonce))]);
            vec![extension(APPLE_NONCE, false, &[&*value, &[0]].concat())]
        }),
    );
    next(
        "the certificate of another key",
        "att_apple_pubkey_mismatch",
        &|draft| {
            attest(draft, other_key(alg::ES256), good);
        },
    );
    next(
        "no x5c",
        "att_apple_x5c_missing",
        &statement(|s| s.remove("x5c")),
    );
    next(
        "x5c is empty",
        "att_apple_x5c_malformed",
        &statement(|s| s.set("x5c", x5c(&[]))),
    );
}
