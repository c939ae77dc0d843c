use std::collections::BTreeSet;

use k256::elliptic_curve::ff::PrimeField;
use sha2::Digest;

use super::*;

fn key(curve: Curve, secret: u8) -> SigningKey {
    SigningKey::new(curve, &mut Zeroizing::new([secret; 32]), &Arena::new(1)).unwrap()
}

/// The secret of one key with the public half of another: what a glitch in signing looks like.
fn glitching(curve: Curve) -> SigningKey {
    match (key(curve, 1), key(curve, 2)) {
        (SigningKey::Secp256k1(one), SigningKey::Secp256k1(two)) => {
            SigningKey::Secp256k1(Secp256k1Key {
                secret: one.secret,
                ..two
            })
        }
        (SigningKey::P256(one), SigningKey::P256(two)) => SigningKey::P256(P256Key {
            secret: one.secret,
            ..two
        }),
        (SigningKey::Ed25519(one), SigningKey::Ed25519(two)) => SigningKey::Ed25519(Ed25519Key {
            secret: one.secret,
            ..two
        }),
        _ => unreachable!("both keys are on one curve"),
    }
}

#[test]
fn t107_a_signature_that_does_not_verify_is_not_released() {
    let digest = [7; 32];
    for curve in [Curve::Secp256k1, Curve::P256] {
        assert!(key(curve, 1).sign_digest(&digest).is_ok());
        assert_eq!(
            glitching(curve).sign_digest(&digest),
            Err(Error::FaultySignature)
        );
    }
    assert!(key(Curve::Ed25519, 1).sign_message(b"x").is_ok());
    assert_eq!(
        glitching(Curve::Ed25519).sign_message(b"x"),
        Err(Error::FaultySignature)
    );
    assert!(key(Curve::Secp256k1, 1).sign_taproot(&digest).is_ok());
    assert_eq!(
        glitching(Curve::Secp256k1).sign_taproot(&digest),
        Err(Error::FaultySignature)
    );
}

/// A nonce with even a few predictable bits gives the key away over some hundred signatures. With
/// the key in hand the nonces can be computed, and each high bit must be set about half the time.
#[test]
fn t107_nonces_neither_repeat_nor_lean() {
    let signer = key(Curve::P256, 1);
    let secret = p256::Scalar::from_repr([1; 32].into()).unwrap();
    let mut seen = BTreeSet::new();
    let mut set = [0; 16];
    for number in 0..1000u32 {
        let digest: [u8; 32] = Sha256::digest(number.to_be_bytes()).into();
        let signature = signer.sign_digest(&digest).unwrap();
        let scalar = |bytes: [u8; 32]| p256::Scalar::from_repr(bytes.into()).unwrap();
        let (r, s) = (scalar(signature.r), scalar(signature.s));
        // Digests above the group order (one in 2³²) would need reducing first.
        let nonce = (scalar(digest) + r * secret) * s.invert().unwrap();
        let nonce: [u8; 32] = nonce.to_bytes().into();
        assert!(seen.insert(nonce));
        let high = u16::from_be_bytes([nonce[0], nonce[1]]);
        (0..16).for_each(|bit| set[bit] += usize::from(high >> bit & 1));
    }
    // Six standard deviations around one half.
    assert!(
        set.iter().all(|count| (400..=600).contains(count)),
        "{set:?}"
    );
}

#[test]
fn t107_signing_is_deterministic() {
    for curve in [Curve::Secp256k1, Curve::P256] {
        let sign = || key(curve, 1).sign_digest(&[7; 32]).unwrap();
        assert_eq!(sign(), sign());
    }
    let taproot = || key(Curve::Secp256k1, 1).sign_taproot(&[7; 32]).unwrap();
    assert_eq!(taproot(), taproot());
}

#[test]
fn taking_in_a_key_wipes_the_original() {
    for curve in Curve::ALL {
        let mut secret = Zeroizing::new([1; 32]);
        SigningKey::new(curve, &mut secret, &Arena::new(1)).unwrap();
        assert_eq!(*secret, [0; 32]);
    }
}

#[test]
fn a_public_key_reads_back_from_either_form() {
    for curve in [Curve::Secp256k1, Curve::P256] {
        let public = key(curve, 1).public();
        let long = public.to_uncompressed().unwrap();
        assert_eq!(PublicKey::from_bytes(curve, public.as_bytes()), Ok(public));
        assert_eq!(PublicKey::from_bytes(curve, &long), Ok(public));
    }
    let public = key(Curve::Ed25519, 1).public();
    assert_eq!(public.to_uncompressed(), Err(Error::WrongCurve));
}
