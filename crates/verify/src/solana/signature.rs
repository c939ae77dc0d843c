//! P-256 signatures as the chain takes them.

use p256::ecdsa::Signature;

use crate::webauthn::der;

/// r ‖ s, big endian, with s at most n/2: the only one of a signature's two spellings that the
/// chain takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LowS([u8; 64]);

/// Why a signature is none, or not this key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRejection {
    /// Not a DER signature with numbers from 1 to n − 1.
    #[error("not a P-256 signature in DER")]
    Malformed,
    /// The key is not a point on the curve.
    #[error("the public key is not a point on P-256")]
    Key,
    /// The signature is not the key's over this message, or no key's at all.
    #[error("the signature does not verify")]
    Mismatch,
    /// The message is longer than an instruction, or what it is sent in, can hold.
    #[error("the signed message is longer than can be sent")]
    TooLong,
}

impl LowS {
    /// Reads a DER signature, as authenticators write them, and takes n − s for a high s.
    ///
    /// # Errors
    ///
    /// [`SignatureRejection::Malformed`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, SignatureRejection> {
        read(bytes).map(|signature| Self::of(&signature))
    }

    pub(super) fn of(signature: &Signature) -> Self {
        Self(signature.normalize_s().to_bytes().into())
    }

    /// The 64 bytes.
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// Reads a DER signature, s as it came.
pub(super) fn read(bytes: &[u8]) -> Result<Signature, SignatureRejection> {
    if !der::is_ecdsa_signature(bytes) {
        return Err(SignatureRejection::Malformed);
    }
    Signature::from_der(bytes).map_err(|_| SignatureRejection::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (n − 1)/2, the highest low s, and its neighbours.
    const HALF: &str = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";
    const ABOVE: &str = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a9";
    const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

    fn der(s: &str) -> Vec<u8> {
        let s = hex::decode(s).unwrap();
        let sign: &[u8] = if s[0] < 0x80 { &[] } else { &[0] };
        let s = [&[2, (sign.len() + s.len()) as u8], sign, &s].concat();
        [&[0x30, (3 + s.len()) as u8, 2, 1, 5][..], &s].concat()
    }

    fn s_of(text: &str) -> Result<String, SignatureRejection> {
        LowS::from_der(&der(text)).map(|low| {
            assert_eq!(low.as_bytes()[..32], [&[0; 31][..], &[5]].concat());
            hex::encode(&low.as_bytes()[32..])
        })
    }

    #[test]
    fn a_low_s_stays_and_a_high_one_turns_over() {
        assert_eq!(s_of(HALF).as_deref(), Ok(HALF));
        assert_eq!(s_of(ABOVE).as_deref(), Ok(HALF));
        let one = format!("{}01", "00".repeat(31));
        assert_eq!(s_of("01"), Ok(one.clone()));
        assert_eq!(s_of(&ORDER.replace("2551", "2550")), Ok(one));
    }

    #[test]
    fn refuses_what_is_no_signature() {
        let malformed = Err(SignatureRejection::Malformed);
        assert_eq!(s_of(ORDER), malformed);
        assert_eq!(s_of("00"), malformed);
        assert_eq!(s_of(&"ff".repeat(32)), malformed);
        let good = der(HALF);
        for end in 0..good.len() {
            assert!(LowS::from_der(&good[..end]).is_err());
        }
        assert!(LowS::from_der(&[&good[..], &[0]].concat()).is_err());
        assert!(LowS::from_der(&[1; 64]).is_err(), "r and s without DER");
    }
}
