//! `U2F`: the format of authenticators from before WebAuthn.

use super::super::draft::{CREDENTIAL_ID, RegistrationDraft, key, other_key};
use super::super::{ACCEPT, Corpus};
use super::{AAGUID, Maker};
use crate::authenticator::statement::{u2f, u2f_message, x5c};
use crate::encode::cbor::Cbor;
use crate::keys::{SigningKey, alg};

const INVALID: &str = "att_fido_u2f_signature_invalid";

/// Makes the message to sign from authenticator data and hash.
type Message = fn(&[u8], &[u8; 32]) -> Vec<u8>;

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("U2F-{number:02}"), what, expect, |draft| {
            let maker = Maker::new();
            maker.trust(draft);
            draft.data.credential().aaguid = [0; 16];
            attest(draft, maker.key, good);
            edit(draft);
        });
    };
    let over = |message: Message| {
        move |draft: &mut RegistrationDraft| attest(draft, Maker::new().key, message)
    };
    let statement =
        |edit: fn(&mut Cbor)| move |draft: &mut RegistrationDraft| draft.edit_statement(edit);
    next("a good one", ACCEPT, &|_| {});
    next(
        "conformance: with a model",
        "att_fido_u2f_aaguid_not_zero",
        &|draft| {
            draft.data.credential().aaguid = AAGUID;
            draft.context.conformance = true;
        },
    );
    next("with a model", ACCEPT, &|draft| {
        draft.data.credential().aaguid = AAGUID
    });
    next("by another key", INVALID, &|draft| {
        draft.attest("fido-u2f", |data, hash| {
            let signature = other_key(alg::ES256).sign(&good(data, hash));
            u2f(&signature, &[&certificate(&Maker::new().key)])
        });
    });
    next(
        "over what packed signs",
        INVALID,
        &over(|data, hash| [data, hash].concat()),
    );
    next(
        "without the zero in front",
        INVALID,
        &over(|data, hash| good(data, hash)[1..].to_vec()),
    );
    next(
        "over the compressed key",
        INVALID,
        &over(|data, hash| {
            u2f_message(
                data,
                hash,
                &CREDENTIAL_ID,
                &key(alg::ES256).public_key_compressed(),
            )
        }),
    );
    let count = "att_fido_u2f_x5c_count";
    next(
        "two certificates",
        count,
        &statement(|s| {
            let maker = Maker::new();
            s.set("x5c", x5c(&[&certificate(&maker.key), &maker.root()]));
        }),
    );
    next(
        "x5c is empty",
        count,
        &statement(|s| s.set("x5c", x5c(&[]))),
    );
    next(
        "no x5c",
        "att_fido_u2f_x5c_missing",
        &statement(|s| s.remove("x5c")),
    );
    next(
        "no sig",
        "att_fido_u2f_sig_missing",
        &statement(|s| s.remove("sig")),
    );
    for (what, algorithm) in [("P-384", alg::ES384), ("RSA", alg::RS256)] {
        let what = format!("a certificate of {what}");
        next(&what, "att_fido_u2f_cert_not_p256", &|draft| {
            attest(
                draft,
                SigningKey::for_algorithm(algorithm, "attestation"),
                good,
            );
        });
    }
    next("an EdDSA credential", "att_fido_u2f_alg", &|draft| {
        draft.use_algorithm(alg::EDDSA);
    });
}

fn good(data: &[u8], hash: &[u8; 32]) -> Vec<u8> {
    u2f_message(
        data,
        hash,
        &CREDENTIAL_ID,
        &key(alg::ES256).public_key_uncompressed(),
    )
}

fn certificate(key: &SigningKey) -> Vec<u8> {
    let maker = Maker::new();
    maker.root.leaf(key).sign(&maker.root_key)
}

fn attest(draft: &mut RegistrationDraft, key: SigningKey, message: Message) {
    draft.attest("fido-u2f", move |data, hash| {
        u2f(&key.sign(&message(data, hash)), &[&certificate(&key)])
    });
}
