//! A passkey's answer to the challenge of a session.
//!
//! The clients of this protocol ask browsers for ES256 alone and need not tell which passkey
//! answered: the key is told when it is new, and recovered from the signature otherwise.

use p256::ecdsa::VerifyingKey;
use wire::solana::secp256r1::CompressedKey;
use wire::webauthn::{AssertionResponse, CoseAlgorithm, CoseKey, KeyMaterial};

use crate::solana::Assertion;
use crate::webauthn::{
    AssertionExpect, CredentialRecord, ExpectedUser, ParsedKey, Rejection, RelyingParty,
    UserVerification, VerifiedAssertion, assertion, sha256,
};

/// What a session's answer is judged by.
#[derive(Clone, Copy, Debug)]
pub struct SessionExpect<'a> {
    /// The RP ID: the host of the page.
    pub rp_id: &'a str,
    /// The page's origin.
    pub origin: &'a str,
    /// The challenge that was issued.
    pub challenge: &'a [u8],
    /// The last signature counter seen of this passkey; zero of a new one.
    pub sign_count: u32,
}

/// SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480 §2.1.1): every such key begins
/// with these bytes.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The P-256 key of a SubjectPublicKeyInfo, as `getPublicKey()` answers it; `None` if it is another
/// kind of key, or no point on the curve.
pub fn key_from_spki(spki: &[u8]) -> Option<CompressedKey> {
    let point = spki.strip_prefix(&SPKI)?;
    let key = VerifyingKey::from_sec1_bytes(point).ok()?;
    // One form of the point alone: uncompressed.
    let is_uncompressed = key.to_sec1_point(false).as_bytes() == point;
    let compressed = key.to_sec1_point(true);
    let bytes = compressed.as_bytes().try_into().ok()?;
    CompressedKey::from_bytes(bytes)
        .ok()
        .filter(|_| is_uncompressed)
}

/// The P-256 key of a COSE_Key, as authenticators give it when a passkey is made; `None` if it is
/// another kind of key, or no point on the curve. Two spellings of one key are one here.
pub fn key_from_cose(cose: &[u8]) -> Option<CompressedKey> {
    let key = CoseKey::parse(cose).ok()?;
    let (CoseAlgorithm::Es256 | CoseAlgorithm::Esp256, KeyMaterial::Ec2 { x, y }) =
        (key.algorithm, key.material)
    else {
        return None;
    };
    let key = VerifyingKey::from_sec1_bytes(&[&[0x04], x, y].concat()).ok()?;
    let bytes = key.to_sec1_point(true).as_bytes().try_into().ok()?;
    CompressedKey::from_bytes(bytes).ok()
}

/// The hash of an RP ID, as authenticators sign it.
pub fn rp_id_hash(rp_id: &str) -> [u8; 32] {
    sha256(rp_id.as_bytes())
}

/// Judges an answer by the key it is said to be of, by every step of WebAuthn §7.2. User presence
/// is demanded, verification is not: clients ask for either.
///
/// # Errors
///
/// The [`Rejection`] of the first step that failed.
pub fn judge(
    expect: &SessionExpect<'_>,
    answer: &Assertion<'_>,
    key: &CompressedKey,
) -> Result<VerifiedAssertion, Rejection> {
    let mut rp = RelyingParty::new(expect.rp_id, &[expect.origin]);
    rp.user_verification = UserVerification::Preferred;
    rp.algorithms = vec![CoseAlgorithm::Es256];
    let parsed = ParsedKey::from_cose(&cose(key)?)?;
    // The credential id may not be told; what stands for it is made of the key.
    let id = sha256(key.as_bytes());
    let response = AssertionResponse {
        credential_id: id.to_vec(),
        client_data_json: answer.client_data_json.to_vec(),
        authenticator_data: answer.authenticator_data.to_vec(),
        signature: answer.signature.to_vec(),
        ..AssertionResponse::default()
    };
    let record = CredentialRecord {
        id: &id,
        key: &parsed,
        user_handle: &[],
        rp_id_hash: None,
        sign_count: expect.sign_count,
        backup_eligible: None,
        enabled: true,
    };
    let expected = AssertionExpect::new(expect.challenge, ExpectedUser::Owner);
    assertion::finish(&rp, &expected, &response, Some(&record))
}

/// The key as a COSE_Key (RFC 9053 §7.1.1): ES256 on P-256.
fn cose(key: &CompressedKey) -> Result<Vec<u8>, Rejection> {
    let point =
        VerifyingKey::from_sec1_bytes(key.as_bytes()).map_err(|_| Rejection::SignatureInvalid)?;
    let point = point.to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    Ok([&head[..], x, &[0x22, 0x58, 0x20], y].concat())
}

#[cfg(test)]
mod tests {
    use testkit::authenticator::Passkey;

    use super::*;

    const ORIGIN: &str = "https://auth.example.com";
    const RP_ID: &str = "auth.example.com";
    const CHALLENGE: [u8; 32] = [7; 32];

    fn expect() -> SessionExpect<'static> {
        SessionExpect {
            rp_id: RP_ID,
            origin: ORIGIN,
            challenge: &CHALLENGE,
            sign_count: 0,
        }
    }

    fn spki(passkey: &Passkey) -> Vec<u8> {
        let cose = passkey.public_key();
        let (x, y) = (&cose[10..42], &cose[45..77]);
        [&SPKI[..], &[4], x, y].concat()
    }

    #[test]
    fn the_key_is_told_or_recovered_and_is_the_same() {
        let passkey = Passkey::es256(1, RP_ID, ORIGIN);
        let made = passkey.assertion(&CHALLENGE);
        let answer = Assertion {
            authenticator_data: &made.authenticator_data,
            client_data_json: &made.client_data_json,
            signature: &made.signature,
        };
        let told = key_from_spki(&spki(&passkey)).unwrap();
        assert!(answer.candidates().unwrap().contains(&told));
        assert!(judge(&expect(), &answer, &told).is_ok());
        let other = key_from_spki(&spki(&Passkey::es256(2, RP_ID, ORIGIN))).unwrap();
        assert_eq!(
            judge(&expect(), &answer, &other).unwrap_err(),
            Rejection::SignatureInvalid
        );
    }

    #[test]
    fn another_challenge_page_or_relying_party_is_refused() {
        let passkey = Passkey::es256(1, RP_ID, ORIGIN);
        let key = key_from_spki(&spki(&passkey)).unwrap();
        let made = passkey.assertion(&CHALLENGE);
        let answer = Assertion {
            authenticator_data: &made.authenticator_data,
            client_data_json: &made.client_data_json,
            signature: &made.signature,
        };
        let refused = |expect: SessionExpect<'_>| judge(&expect, &answer, &key).unwrap_err();
        let other = SessionExpect {
            challenge: &[8; 32],
            ..expect()
        };
        assert_eq!(refused(other).code(), "challenge_mismatch");
        let other = SessionExpect {
            origin: "https://example.com",
            ..expect()
        };
        assert_eq!(refused(other), Rejection::OriginMismatch);
        let other = SessionExpect {
            rp_id: "example.com",
            ..expect()
        };
        assert_eq!(refused(other).code(), "rp_id_hash_mismatch");
    }

    #[test]
    fn no_other_spelling_of_a_key_is_taken() {
        let whole = spki(&Passkey::es256(1, RP_ID, ORIGIN));
        assert!(key_from_spki(&whole).is_some());
        let longer = [&whole[..], &[0]].concat();
        let mut off_curve = whole.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        for other in [&whole[1..], &whole[..90], &longer, &off_curve, &[]] {
            assert_eq!(key_from_spki(other), None);
        }
    }
}
