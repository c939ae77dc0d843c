//! `AKEY`: certified by Android's keystore.

use super::super::draft::{RegistrationDraft, key, other_key};
use super::super::{ACCEPT, Corpus};
use super::Maker;
use crate::authenticator::statement::{AuthorizationList, KeyDescription, android_key};
use crate::encode::cbor::Cbor;
use crate::encode::certificate::extension;
use crate::encode::der;
use crate::keys::{SigningKey, alg};

/// Which key signs and which is in the certificate.
#[derive(Clone, Copy)]
enum By {
    Credential,
    Other,
}

impl By {
    fn key(self) -> SigningKey {
        match self {
            Self::Credential => key(alg::ES256),
            Self::Other => other_key(alg::ES256),
        }
    }
}

/// What the certificate says about the key.
type Describe = fn(&[u8; 32]) -> Vec<Vec<u8>>;

fn attest(draft: &mut RegistrationDraft, signer: By, certified: By, describe: Describe) {
    draft.attest("android-key", move |data, hash| {
        let leaf = leaf(certified, describe(hash));
        android_key(&signer.key(), &[&leaf], data, hash)
    });
}

fn leaf(certified: By, extensions: Vec<Vec<u8>>) -> Vec<u8> {
    let maker = Maker::new();
    let mut leaf = maker.root.leaf(&certified.key());
    leaf.extensions = extensions;
    leaf.sign(&maker.root_key)
}

fn good(hash: &[u8; 32]) -> Vec<Vec<u8>> {
    vec![KeyDescription::generated(hash).extension()]
}

/// The description with what is enforced changed.
fn enforced(hash: &[u8; 32], edit: fn(&mut KeyDescription)) -> Vec<Vec<u8>> {
    let mut description = KeyDescription::generated(hash);
    edit(&mut description);
    vec![description.extension()]
}

fn nothing_enforced(hash: &[u8; 32]) -> Vec<Vec<u8>> {
    enforced(hash, |description| {
        description.hardware = AuthorizationList::default()
    })
}

fn software_enforced(hash: &[u8; 32]) -> Vec<Vec<u8>> {
    enforced(hash, |description| {
        std::mem::swap(&mut description.software, &mut description.hardware);
    })
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("AKEY-{number:02}"), what, expect, |draft| {
            Maker::new().trust(draft);
            attest(draft, By::Credential, By::Credential, good);
            edit(draft);
        });
    };
    let described = |describe: Describe| {
        move |draft: &mut RegistrationDraft| {
            attest(draft, By::Credential, By::Credential, describe);
        }
    };
    let under = |policy: &'static str, describe: Describe| {
        move |draft: &mut RegistrationDraft| {
            attest(draft, By::Credential, By::Credential, describe);
            draft.context.attestation.android_key = Some(policy.to_owned());
        }
    };
    let statement =
        |edit: fn(&mut Cbor)| move |draft: &mut RegistrationDraft| draft.edit_statement(edit);
    let invalid = "att_android_key_signature_invalid";
    next("a good one", ACCEPT, &|_| {});
    next("the certificate of another key", invalid, &|draft| {
        attest(draft, By::Credential, By::Other, good);
    });
    next(
        "certificate and signature of another key",
        "att_android_key_pubkey_mismatch",
        &|draft| {
            attest(draft, By::Other, By::Other, good);
        },
    );
    let challenge = "att_android_key_challenge_mismatch";
    next(
        "for another challenge",
        challenge,
        &described(|_| good(&[7; 32])),
    );
    next(
        "for an empty challenge",
        challenge,
        &described(|hash| enforced(hash, |description| description.challenge.clear())),
    );
    next(
        "no description",
        "att_android_key_ext_missing",
        &described(|_| vec![]),
    );
    next(
        "a description of another shape",
        "att_android_key_ext_malformed",
        &described(|_| {
            let value = der::sequence(&[&der::small(3)]);
            vec![extension(
                &[1, 3, 6, 1, 4, 1, 11129, 2, 1, 17],
                false,
                &value,
            )]
        }),
    );
    let all = "att_android_key_all_applications";
    next(
        "for all applications, in hardware",
        all,
        &described(|hash| {
            enforced(hash, |description| {
                description.hardware.all_applications = true
            })
        }),
    );
    next(
        "for all applications, in software",
        all,
        &described(|hash| {
            enforced(hash, |description| {
                description.software.all_applications = true
            })
        }),
    );
    let origin = "att_android_key_origin";
    next(
        "imported",
        origin,
        &described(|hash| enforced(hash, |description| description.hardware.origin = Some(2))),
    );
    next(
        "nobody says where it came from",
        origin,
        &described(nothing_enforced),
    );
    next(
        "the same, lenient",
        ACCEPT,
        &under("lenient", nothing_enforced),
    );
    next(
        "for encryption",
        "att_android_key_purpose",
        &described(|hash| enforced(hash, |description| description.hardware.purpose = Some(0))),
    );
    next(
        "enforced in software, hardware demanded",
        origin,
        &under("tee", software_enforced),
    );
    next(
        "enforced in software",
        ACCEPT,
        &under("union", software_enforced),
    );
    next(
        "alg RS256",
        invalid,
        &statement(|s| s.set("alg", alg::RS256.into())),
    );
    next("the root first", invalid, &|draft| {
        draft.attest("android-key", |data, hash| {
            let leaf = leaf(By::Credential, good(hash));
            android_key(&key(alg::ES256), &[&Maker::new().root(), &leaf], data, hash)
        });
    });
    next(
        "no x5c",
        "att_android_key_x5c_missing",
        &statement(|s| s.remove("x5c")),
    );
}
