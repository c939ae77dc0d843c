//! The little DER that the ceremonies need themselves: ECDSA signatures and RSA keys.

/// Whether `bytes` are `SEQUENCE { r INTEGER, s INTEGER }` in DER with non-negative numbers.
///
/// The library behind us is strict too; this check exists to tell "not DER" from "does not
/// verify", and so that strictness does not depend on it (threat T18).
pub(crate) fn is_ecdsa_signature(bytes: &[u8]) -> bool {
    let Some((content, [])) = element(bytes, SEQUENCE) else {
        return false;
    };
    let Some((r, rest)) = element(content, INTEGER) else {
        return false;
    };
    let Some((s, [])) = element(rest, INTEGER) else {
        return false;
    };
    is_unsigned(r) && is_unsigned(s)
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1) of big-endian numbers without leading zeros.
pub(super) fn rsa_public_key(n: &[u8], e: &[u8]) -> Vec<u8> {
    let numbers = [unsigned_integer(n), unsigned_integer(e)].concat();
    [vec![SEQUENCE], length(numbers.len()), numbers].concat()
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// Splits off one element with this tag and a definite length in its shortest form.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [first, length @ 0..=0x7f, rest @ ..] if *first == tag => (*length, rest),
        [first, 0x81, length @ 0x80..=0xff, rest @ ..] if *first == tag => (*length, rest),
        _ => return None, // No ECDSA signature we know needs more than 255 bytes.
    };
    rest.split_at_checked(usize::from(length))
}

/// Whether the content of an INTEGER is minimal and not negative.
fn is_unsigned(content: &[u8]) -> bool {
    match content {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => false,
        [_, ..] => true,
    }
}

fn unsigned_integer(number: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if number.first().is_some_and(|first| first & 0x80 != 0) {
        &[0]
    } else {
        &[]
    };
    [
        vec![INTEGER],
        length(sign.len() + number.len()),
        sign.to_vec(),
        number.to_vec(),
    ]
    .concat()
}

fn length(length: usize) -> Vec<u8> {
    match length {
        0..=0x7f => vec![length as u8],
        0x80..=0xff => vec![0x81, length as u8],
        // RSA numbers are bounded at 8192 bits, so two length bytes always do.
        _ => vec![0x82, (length >> 8) as u8, length as u8],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_der() {
        for signature in [
            &[0x30, 6, 2, 1, 1, 2, 1, 1][..],
            &[0x30, 6, 2, 1, 0, 2, 1, 0],
            &[0x30, 7, 2, 2, 0, 0x80, 2, 1, 1],
        ] {
            assert!(is_ecdsa_signature(signature), "{signature:02x?}");
        }
        for signature in [
            &[][..],
            &[0; 64],
            &[0x30, 6, 2, 1, 1, 2, 1],
            &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 7, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
        ] {
            assert!(!is_ecdsa_signature(signature), "{signature:02x?}");
        }
    }

    #[test]
    fn accepts_the_long_form_where_p521_needs_it() {
        let number = [&[2, 66][..], &[1; 66]].concat();
        let signature = [&[0x30, 0x81, 136][..], &number, &number].concat();
        assert!(is_ecdsa_signature(&signature));
    }

    #[test]
    fn spells_rsa_keys() {
        assert_eq!(
            rsa_public_key(&[0x80], &[3]),
            [0x30, 7, 2, 2, 0, 0x80, 2, 1, 3]
        );
        assert_eq!(
            rsa_public_key(&[1; 256], &[3])[..8],
            [0x30, 0x82, 1, 7, 2, 0x82, 1, 0]
        );
    }
}
