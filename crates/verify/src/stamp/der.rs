//! Strict DER of ECDSA signatures.

/// Whether `signature` is `SEQUENCE { r INTEGER, s INTEGER }` in DER and nothing more: definite
/// short lengths, integers non-negative and without needless zeros (threat T18).
///
/// Verifiers differ in what else they forgive. Asking first makes all curves refuse the same
/// spellings; the range of `r` and `s` is left to the verifier, which knows the order.
pub(super) fn is_strict(signature: &[u8]) -> bool {
    let Some((content, b"")) = element(0x30, signature) else {
        return false;
    };
    let Some((r, rest)) = element(0x02, content) else {
        return false;
    };
    let Some((s, b"")) = element(0x02, rest) else {
        return false;
    };
    is_positive(r) && is_positive(s)
}

/// The content of an element with this tag and a short-form length, and what follows it.
fn element(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes {
        [first, length @ 0..=0x7f, rest @ ..] if *first == tag => {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// Whether the content of an INTEGER is non-negative and minimal.
fn is_positive(integer: &[u8]) -> bool {
    match integer {
        [] | [0x80..=0xff, ..] => false,
        [0, second, ..] => *second >= 0x80,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_accepts_der_and_refuses_every_ber_variant() {
        let accepted: &[&[u8]] = &[
            &[0x30, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 0x80, 2, 1, 0x7f],
            &[0x30, 6, 2, 1, 0, 2, 1, 0],
        ];
        for signature in accepted {
            assert!(is_strict(signature), "{signature:x?}");
        }
        let refused: &[&[u8]] = &[
            &[],
            &[0x30],
            &[0x30, 0],
            &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 6, 2, 1, 1, 2, 1],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
            &[0x30, 7, 2, 0x81, 1, 1, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 3, 1, 1, 2, 1, 1],
            &[0x30, 3, 2, 1, 1],
        ];
        for signature in refused {
            assert!(!is_strict(signature), "{signature:x?}");
        }
    }
}
