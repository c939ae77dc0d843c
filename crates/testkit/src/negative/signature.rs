//! `SG`: the signature of an assertion.

use aws_lc_rs::digest;
use num_bigint::BigUint;

use super::draft::{AssertionDraft, key, other_key};
use super::{ACCEPT, Corpus};
use crate::authenticator::UV;
use crate::encode::{der, sha256};
use crate::keys::{SigningKey, alg, ecdsa_integers, p256_order, p256_twin, rsa};

const INVALID: &str = "signature_invalid";
const NOT_DER: &str = "sig_not_der";

/// Something to be done to a signature.
type Change = fn(Vec<u8>) -> Vec<u8>;

pub(super) fn cases(corpus: &mut Corpus) {
    let mut number = 0;
    let mut next = |what: &str, expect: &str, edit: &dyn Fn(&mut AssertionDraft)| {
        number += 1;
        corpus.assertion(&format!("SG-{number:02}"), what, expect, edit);
    };
    // Signs well with this algorithm, then changes the signature.
    let change = |algorithm: i64, change: Change| {
        move |draft: &mut AssertionDraft| {
            let key = draft.use_algorithm(algorithm);
            draft.sign(move |message| change(key.sign(message)));
        }
    };
    let es256 = |apply: Change| change(alg::ES256, apply);
    // Stores a key of this algorithm and signs in another way.
    let instead = |algorithm: i64, sign: fn(&SigningKey, &[u8]) -> Vec<u8>| {
        move |draft: &mut AssertionDraft| {
            let key = draft.use_algorithm(algorithm);
            draft.sign(move |message| sign(&key, message));
        }
    };

    next(
        "the last byte changed",
        INVALID,
        &es256(|mut signature| {
            *signature.last_mut().expect("a signature has bytes") ^= 1;
            signature
        }),
    );
    next("by another key", INVALID, &|draft| {
        draft.sign(|message| other_key(alg::ES256).sign(message));
    });
    next(
        "over other client data",
        INVALID,
        &instead(alg::ES256, |key, message| {
            let (data, _) = message.split_at(message.len() - 32);
            key.sign(&[data, &sha256(&[b"{}"])].concat())
        }),
    );
    next(
        "authenticator data changed after signing",
        INVALID,
        &|draft| {
            draft.edit_signed_data = Box::new(|data| data[32] ^= UV);
        },
    );
    next(
        "over the hash of the message",
        INVALID,
        &instead(alg::ES256, |key, message| key.sign(&sha256(&[message]))),
    );
    next(
        "the higher s",
        ACCEPT,
        &es256(|signature| extreme(signature, true)),
    );
    next(
        "the lower s",
        ACCEPT,
        &es256(|signature| extreme(signature, false)),
    );
    next(
        "r is zero",
        INVALID,
        &es256(|signature| der::ecdsa(&BigUint::ZERO, &ecdsa_integers(&signature).1)),
    );
    next(
        "s is zero",
        INVALID,
        &es256(|signature| der::ecdsa(&ecdsa_integers(&signature).0, &BigUint::ZERO)),
    );
    next(
        "r is the order",
        INVALID,
        &es256(|signature| der::ecdsa(&p256_order(), &ecdsa_integers(&signature).1)),
    );
    next(
        "s plus the order",
        INVALID,
        &es256(|signature| {
            let (r, s) = ecdsa_integers(&signature);
            der::ecdsa(&r, &(s + p256_order()))
        }),
    );
    next(
        "r and s without DER",
        NOT_DER,
        &es256(|signature| {
            let (r, s) = ecdsa_integers(&signature);
            [r, s].iter().flat_map(fixed).collect()
        }),
    );
    next(
        "a zero too many before r",
        NOT_DER,
        &es256(|signature| {
            let (r, s) = ecdsa_integers(&signature);
            let r = der::element(0x02, &[&[0, 0], &*fixed(&r)].concat());
            der::sequence(&[&r, &der::integer(&s)])
        }),
    );
    next(
        "a byte after the sequence",
        NOT_DER,
        &es256(|mut signature| {
            signature.push(0);
            signature
        }),
    );
    next(
        "the length in long form",
        NOT_DER,
        &es256(|mut signature| {
            signature.insert(1, 0x81);
            signature
        }),
    );
    next(
        "the length left indefinite",
        NOT_DER,
        &es256(|mut signature| {
            signature[1] = 0x80;
            signature.extend([0, 0]);
            signature
        }),
    );
    next(
        "r is negative",
        NOT_DER,
        &es256(|signature| {
            let (_, s) = ecdsa_integers(&signature);
            let r = der::element(0x02, &[0xff; 32]);
            der::sequence(&[&r, &der::integer(&s)])
        }),
    );
    next("RS256", ACCEPT, &change(alg::RS256, |signature| signature));
    next(
        "RS256 with PSS padding",
        INVALID,
        &instead(alg::RS256, |_, message| rsa::sign_pss(message, &[7; 32])),
    );
    next(
        "RS256 with SHA-1",
        INVALID,
        &instead(alg::RS256, |_, message| {
            rsa::sign_pkcs1(&digest::SHA1_FOR_LEGACY_USE_ONLY, message)
        }),
    );
    next(
        "PS256",
        ACCEPT,
        &instead(alg::PS256, |_, message| rsa::sign_pss(message, &[7; 32])),
    );
    next(
        "PS256 with PKCS #1 padding",
        INVALID,
        &change(alg::PS256, |signature| signature),
    );
    next(
        "PS256 without salt",
        INVALID,
        &instead(alg::PS256, |_, message| rsa::sign_pss(message, &[])),
    );
    next(
        "RS256 with a zero in front",
        INVALID,
        &change(alg::RS256, |signature| [&[0], &*signature].concat()),
    );
    next("EdDSA", ACCEPT, &change(alg::EDDSA, |signature| signature));
    next(
        "EdDSA, 63 bytes",
        INVALID,
        &change(alg::EDDSA, |signature| signature[..63].to_vec()),
    );
    next(
        "EdDSA, S plus the order",
        INVALID,
        &change(alg::EDDSA, add_edwards_order),
    );
    next(
        "EdDSA in DER",
        INVALID,
        &change(alg::EDDSA, |signature| {
            let (r, s) = signature.split_at(32);
            der::ecdsa(&BigUint::from_bytes_be(r), &BigUint::from_bytes_be(s))
        }),
    );
    next("ES384", ACCEPT, &change(alg::ES384, |signature| signature));
    next(
        "ES384 with SHA-256",
        INVALID,
        &instead(alg::ES384, |key, message| {
            key.sign_digest(sha256(&[message]))
        }),
    );
    next(
        "ES256K",
        ACCEPT,
        &change(alg::ES256K, |signature| signature),
    );
    next(
        "ES256K, signed on P-256",
        INVALID,
        &instead(alg::ES256K, |_, message| key(alg::ES256).sign(message)),
    );
    next(
        "both numbers zero (CVE-2022-21449)",
        INVALID,
        &es256(|_| der::ecdsa(&BigUint::ZERO, &BigUint::ZERO)),
    );
}

/// The twin of a P-256 signature whose s is the higher, or the lower, of the two.
fn extreme(signature: Vec<u8>, high: bool) -> Vec<u8> {
    let is_high = ecdsa_integers(&signature).1 > p256_order() / 2_u32;
    if is_high == high {
        signature
    } else {
        p256_twin(&signature)
    }
}

/// A number in 32 bytes.
pub(super) fn fixed(number: &BigUint) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; 32 - bytes.len()], bytes].concat()
}

/// An Ed25519 signature with its second half raised by the order of the group.
pub(super) fn add_edwards_order(signature: Vec<u8>) -> Vec<u8> {
    let order = (BigUint::from(1_u32) << 252_u32)
        + BigUint::from(27_742_317_777_372_353_535_851_937_790_883_648_493_u128);
    let (r, s) = signature.split_at(32);
    let mut raised = (BigUint::from_bytes_le(s) + order).to_bytes_le();
    raised.resize(32, 0);
    [r, &*raised].concat()
}
