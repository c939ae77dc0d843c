//! `CK`: credential public keys.

use num_bigint::BigUint;

use super::draft::{RegistrationDraft, key};
use super::{ACCEPT, Corpus};
use crate::encode::cbor::{Cbor, bytes, text};
use crate::keys::{alg, hex_number};

const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;

/// The prime of P-256.
const P256_PRIME: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

/// A number of this many bits with the given parity.
fn modulus(bits: u32, odd: bool) -> Vec<u8> {
    let number = (BigUint::from(1_u32) << bits) - BigUint::from(if odd { 159_u32 } else { 160 });
    number.to_bytes_be()
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut RegistrationDraft)| {
        number += 1;
        corpus.registration(&format!("CK-{number:02}"), what, expect, edit);
    };
    // Changes the ES256 key of the draft.
    let es256 = |edit: fn(&mut Cbor)| {
        move |draft: &mut RegistrationDraft| edit(&mut draft.data.credential().public_key)
    };
    // Uses the key of another algorithm, offered, and changes it.
    let other = |algorithm: i64, edit: fn(&mut Cbor)| {
        move |draft: &mut RegistrationDraft| {
            draft.use_algorithm(algorithm);
            edit(&mut draft.data.credential().public_key);
        }
    };
    // Uses this key, offered.
    let exactly = |algorithm: i64, parameters: Vec<(i64, Cbor)>| {
        move |draft: &mut RegistrationDraft| {
            let entries = parameters
                .iter()
                .map(|(label, v)| (Cbor::Int(*label), v.clone()));
            draft.data.credential().public_key = Cbor::Map(entries.collect());
            draft.context.algorithms = vec![algorithm];
        }
    };
    let curve = "cose_curve_alg_mismatch";
    let kind = "cose_kty_alg_mismatch";
    let length = "cose_coord_length";
    let off_curve = "cose_point_not_on_curve";

    next(
        "an array",
        "cose_not_map",
        &es256(|key| *key = Cbor::Array(vec![Cbor::Int(2)])),
    );
    next("no kty", "cose_kty_missing", &es256(|key| key.remove(KTY)));
    next("no alg", "cose_alg_missing", &es256(|key| key.remove(ALG)));
    next(
        "an algorithm that was not offered",
        "alg_not_allowed",
        &|draft| {
            draft.data.credential().public_key = key(alg::ES384).cose(alg::ES384);
        },
    );
    let unsupported = "cose_alg_unsupported";
    next(
        "an algorithm nobody knows",
        unsupported,
        &es256(|key| key.set(ALG, Cbor::Int(-999))),
    );
    next(
        "alg is text",
        unsupported,
        &es256(|key| key.set(ALG, text("ES256"))),
    );
    next("kty is text", kind, &es256(|key| key.set(KTY, text("EC2"))));
    next(
        "kty OKP for ES256",
        kind,
        &es256(|key| key.set(KTY, Cbor::Int(1))),
    );
    next(
        "kty RSA for ES256",
        kind,
        &es256(|key| key.set(KTY, Cbor::Int(3))),
    );
    next(
        "curve P-384 for ES256",
        curve,
        &es256(|key| key.set(CRV, Cbor::Int(2))),
    );
    next(
        "curve secp256k1 for ES256",
        curve,
        &es256(|key| key.set(CRV, Cbor::Int(8))),
    );
    next("a P-384 key for ES256", curve, &|draft| {
        draft.data.credential().public_key = key(alg::ES384).cose(alg::ES256);
    });
    next("no curve", curve, &es256(|key| key.remove(CRV)));
    next("no x", "cose_coord_missing", &es256(|key| key.remove(X)));
    next("no y", "cose_coord_missing", &es256(|key| key.remove(Y)));
    next(
        "y is a sign",
        "cose_compressed_point",
        &es256(|key| key.set(Y, Cbor::Bool(true))),
    );
    next(
        "x of 31 bytes",
        length,
        &es256(|key| key.set(X, bytes([1; 31]))),
    );
    next(
        "x of 33 bytes",
        length,
        &es256(|key| key.set(X, bytes([0; 33]))),
    );
    next(
        "y off the curve",
        off_curve,
        &es256(|key| {
            let entries = key.entries();
            if let Cbor::Bytes(y) = &mut entries[4].1 {
                y[31] ^= 1;
            }
        }),
    );
    next(
        "the point (0, 0)",
        off_curve,
        &es256(|key| {
            key.set(X, bytes([0; 32]));
            key.set(Y, bytes([0; 32]));
        }),
    );
    next(
        "x beyond the field",
        off_curve,
        &es256(|key| {
            key.set(X, bytes(hex_number(P256_PRIME).to_bytes_be()));
        }),
    );
    next(
        "curve X25519 for EdDSA",
        curve,
        &other(alg::EDDSA, |key| key.set(CRV, Cbor::Int(4))),
    );
    next(
        "EdDSA, x of 31 bytes",
        length,
        &other(alg::EDDSA, |key| key.set(X, bytes([1; 31]))),
    );
    next("EdDSA", ACCEPT, &other(alg::EDDSA, |_| {}));
    next(
        "curve Ed448 for EdDSA",
        curve,
        &other(alg::EDDSA, |key| {
            key.set(CRV, Cbor::Int(7));
            key.set(X, bytes([1; 57]));
        }),
    );
    let rsa = |n: Vec<u8>, e: &[u8]| {
        exactly(
            alg::RS256,
            vec![
                (KTY, Cbor::Int(3)),
                (ALG, Cbor::Int(alg::RS256)),
                (-1, bytes(n)),
                (-2, bytes(e)),
            ],
        )
    };
    let exponent = "cose_rsa_bad_exponent";
    next(
        "RSA of 1,024 bits",
        "cose_rsa_too_small",
        &rsa(modulus(1024, true), &[1, 0, 1]),
    );
    next("RSA exponent 1", exponent, &rsa(modulus(2048, true), &[1]));
    next(
        "RSA exponent even",
        exponent,
        &rsa(modulus(2048, true), &[1, 0, 0]),
    );
    next(
        "RSA modulus even",
        "cose_rsa_bad_modulus",
        &rsa(modulus(2048, false), &[1, 0, 1]),
    );
    next(
        "no RSA modulus",
        "cose_rsa_param_missing",
        &other(alg::RS256, |key| key.remove(-1)),
    );
    next("RSA of 3,482 bits", ACCEPT, &other(alg::RS256, |_| {}));
    for (what, algorithm) in [("RS1", alg::RS1), ("ES256K", alg::ES256K)] {
        next(
            &format!("{what}, which was not offered"),
            "alg_not_allowed",
            &|draft| {
                draft.data.credential().public_key = key(algorithm).cose(algorithm);
            },
        );
    }
    next(
        "ML-DSA-44, one byte short",
        length,
        &exactly(
            alg::ML_DSA_44,
            vec![
                (KTY, Cbor::Int(7)),
                (ALG, Cbor::Int(alg::ML_DSA_44)),
                (-1, bytes([1; 1311])),
            ],
        ),
    );
    next(
        "kty OKP for ML-DSA-65",
        kind,
        &exactly(
            alg::ML_DSA_65,
            vec![
                (KTY, Cbor::Int(1)),
                (ALG, Cbor::Int(alg::ML_DSA_65)),
                (-1, bytes([1; 1952])),
            ],
        ),
    );
    let cbor = "authdata_pubkey_cbor";
    next(
        "alg twice",
        cbor,
        &es256(|key| {
            let again = key.entries()[1].clone();
            key.entries().insert(1, again);
        }),
    );
    next(
        "a map of indefinite length",
        cbor,
        &es256(|key| {
            let encoded = key.encode();
            *key = Cbor::Raw([&[0xbf], &encoded[1..], &[0xff]].concat());
        }),
    );
    next(
        "cut short",
        cbor,
        &es256(|key| {
            let encoded = key.encode();
            *key = Cbor::Raw(encoded[..encoded.len() - 1].to_vec());
        }),
    );
}
