//! Stamps that are well-formed and do not hold.

use num_bigint::BigUint;
use serde_json::json;
use sha3::{Digest as _, Keccak256};
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, Scheme};

use super::super::signature::{add_edwards_order, fixed};
use super::{BODY, Stamps, everybody};
use crate::ApiKey;
use crate::encode::{der, sha256};
use crate::keys::{ecdsa_integers, p256_order};

pub(super) fn cases(stamps: &mut Stamps) {
    bodies(stamps);
    signatures(stamps);
    schemes(stamps);
    keys(stamps);
}

fn bodies(stamps: &mut Stamps) {
    let text = std::str::from_utf8(BODY).expect("the body is text");
    for (name, key) in everybody() {
        for (what, body) in [
            ("another body", "{}".to_owned()),
            ("a newline after the body", format!("{text}\n")),
            ("the body without its spaces", text.replace(' ', "")),
            (
                "an escape for a character of the body",
                text.replace('é', r"\u00e9"),
            ),
        ] {
            let header = key.make_stamp(BODY).to_header();
            let what = format!("{name}, {what}");
            let public_key = key.public_key();
            stamps.add(
                &what,
                INVALID,
                header,
                body.as_bytes(),
                key.curve(),
                &public_key,
            );
        }
    }
}

const INVALID: &str = "signature_invalid";

/// Writes the two integers of a signature.
type Encode = fn(BigUint, BigUint) -> Vec<u8>;
/// Changes a signature in place.
type Change = fn(&mut Vec<u8>);

fn signatures(stamps: &mut Stamps) {
    let key = ApiKey::p256(1);
    let edits: [(&str, &str, Encode); 11] = [
        ("r is zero", INVALID, |_, s| der::ecdsa(&BigUint::ZERO, &s)),
        ("s is zero", INVALID, |r, _| der::ecdsa(&r, &BigUint::ZERO)),
        ("both are zero (CVE-2022-21449)", INVALID, |_, _| {
            der::ecdsa(&BigUint::ZERO, &BigUint::ZERO)
        }),
        ("r is the order", INVALID, |_, s| {
            der::ecdsa(&p256_order(), &s)
        }),
        ("r and s swapped", INVALID, |r, s| der::ecdsa(&s, &r)),
        ("r and s without DER", NOT_DER, |r, s| {
            [fixed(&r), fixed(&s)].concat()
        }),
        ("a zero too many before r", NOT_DER, |_, s| {
            let r = der::element(0x02, &[0, 1]);
            der::sequence(&[&r, &der::integer(&s)])
        }),
        ("r is negative", NOT_DER, |_, s| {
            der::sequence(&[&der::element(0x02, &[0xff; 32]), &der::integer(&s)])
        }),
        ("a third number", NOT_DER, |r, _| {
            der::sequence(&[&der::integer(&r), &der::small(1), &der::small(1)])
        }),
        ("one number", NOT_DER, |r, _| {
            der::sequence(&[&der::integer(&r)])
        }),
        ("a set", NOT_DER, |r, s| {
            der::set(&[der::integer(&r), der::integer(&s)].concat())
        }),
    ];
    for (what, expect, edit) in edits {
        stamps.stamp(what, expect, &key, |stamp| {
            let (r, s) = ecdsa_integers(&stamp.signature);
            stamp.signature = edit(r, s);
        });
    }
    let edits: [(&str, Change); 4] = [
        ("a byte inside the sequence too many", |signature| {
            signature[1] += 1
        }),
        ("the length in long form", |signature| {
            signature.insert(1, 0x81)
        }),
        ("the length left indefinite", |signature| {
            signature[1] = 0x80
        }),
        ("cut short", |signature| {
            signature.truncate(signature.len() - 1)
        }),
    ];
    for (what, edit) in edits {
        stamps.stamp(what, NOT_DER, &key, |stamp| {
            // Not every body's signature leaves room for a byte more, so a short one stands in.
            stamp.signature = der::ecdsa(&BigUint::from(0x505_u32), &BigUint::from(7_u32));
            edit(&mut stamp.signature);
        });
    }
    stamps.stamp("by another key", INVALID, &key, |stamp| {
        stamp.signature = ApiKey::p256(2).make_stamp(BODY).signature;
    });
    stamps.stamp(
        "Ed25519, S plus the order",
        INVALID,
        &ApiKey::ed25519(1),
        |stamp| {
            stamp.signature = add_edwards_order(std::mem::take(&mut stamp.signature));
        },
    );
    stamps.stamp(
        "Ed25519 over the digest",
        INVALID,
        &ApiKey::ed25519(1),
        |stamp| {
            stamp.signature = ApiKey::ed25519(1).make_stamp(&sha256(&[BODY])).signature;
        },
    );
}

const NOT_DER: &str = "sig_not_der";

fn schemes(stamps: &mut Stamps) {
    for scheme in [
        "SIGNATURE_SCHEME_UNSPECIFIED",
        "SIGNATURE_SCHEME_TK_WEBAUTHN",
        "ES256",
    ] {
        stamps.members(
            &format!("scheme {scheme}"),
            "stamp_scheme_unknown",
            |members| {
                members.insert("scheme".to_owned(), json!(scheme));
            },
        );
    }
    for (scheme, expect) in [
        (Scheme::Secp256k1, "scheme_mismatch"),
        (Scheme::Secp256k1Eip191, "scheme_mismatch"),
        (Scheme::Ed25519, "stamp_public_key_length"),
    ] {
        let what = format!("a P-256 stamp as {}", scheme.as_str());
        stamps.stamp(&what, expect, &ApiKey::p256(1), |stamp| {
            stamp.scheme = scheme
        });
    }
    let wallet = ApiKey::eip191(1);
    stamps.stamp("EIP-191 named as SHA-256", INVALID, &wallet, |stamp| {
        stamp.scheme = Scheme::Secp256k1;
    });
    stamps.stamp(
        "SHA-256 named as EIP-191",
        INVALID,
        &ApiKey::secp256k1(1),
        |stamp| {
            stamp.scheme = Scheme::Secp256k1Eip191;
        },
    );
    let signer = wallet.signing_key();
    let characters = std::str::from_utf8(BODY)
        .expect("the body is text")
        .chars()
        .count();
    for (what, digest) in [
        ("EIP-191 without its frame", Keccak256::digest(BODY)),
        (
            "EIP-191 with the length in characters",
            framed(&characters.to_string(), BODY),
        ),
        ("EIP-191 over the digest", framed("32", &sha256(&[BODY]))),
        (
            "EIP-191 over the digest in hexadecimal",
            framed("64", hex::encode(sha256(&[BODY])).as_bytes()),
        ),
    ] {
        stamps.stamp(what, INVALID, &wallet, |stamp| {
            stamp.signature = signer.sign_digest(digest.into());
        });
    }
}

/// Keccak-256 of a message framed with this length.
fn framed(length: &str, message: &[u8]) -> sha3::digest::Output<Keccak256> {
    let frame = format!("\x19Ethereum Signed Message:\n{length}");
    Keccak256::new()
        .chain_update(frame)
        .chain_update(message)
        .finalize()
}

fn keys(stamps: &mut Stamps) {
    let key = ApiKey::p256(1);
    let header = key.make_stamp(BODY).to_header();
    let other = ApiKey::p256(2).public_key();
    stamps.add(
        "another key is registered",
        "key_mismatch",
        header.clone(),
        BODY,
        key.curve(),
        &other,
    );
    for curve in [Curve::Secp256k1, Curve::Ed25519] {
        let what = format!("the key is registered as {curve}");
        stamps.add(
            &what,
            "scheme_mismatch",
            header.clone(),
            BODY,
            curve,
            &key.public_key(),
        );
    }
    let negated =
        |stamps: &mut Stamps, what: &str, expect: &str, scheme: Scheme, bytes: Vec<u8>| {
            let stamp = ApiKeyStamp {
                public_key: bytes.clone(),
                ..ApiKey::new(scheme, 1).make_stamp(BODY)
            };
            stamps.add(
                what,
                expect,
                stamp.to_header(),
                BODY,
                scheme.curve(),
                &bytes,
            );
        };
    let mut flipped = key.public_key();
    flipped[0] ^= 1;
    negated(
        stamps,
        "the key's mirror image",
        INVALID,
        Scheme::P256,
        flipped,
    );
    let beyond = [&[2][..], &[0xff; 32]].concat();
    for scheme in [Scheme::P256, Scheme::Secp256k1] {
        let what = format!("a key beyond the field, {}", scheme.curve());
        negated(stamps, &what, "key_not_on_curve", scheme, beyond.clone());
    }
    let mut identity = vec![0; 32];
    identity[0] = 1;
    negated(
        stamps,
        "an Ed25519 key of order 1",
        "key_small_order",
        Scheme::Ed25519,
        identity,
    );
}
