//! Stamps by the keys of passkey sessions.

use std::collections::BTreeSet;

use testkit::{ApiKey, Passkey};
use verify::session::key_from_cose;
use verify::stamp::{self, KeyCache};
use verify::webauthn::RelyingParty;
use verify::{Claim, Credential, CredentialKey, Reach, Rejection, SessionCredential, Signer};
use wire::activities::SigningType;
use wire::id::{OrganisationId, UserId};
use wire::{RawRequest, Timestamp};

const HERE: OrganisationId = OrganisationId::from_bytes([1; 16]);
const BODY: &[u8] = br#"{"organizationId":"01010101-0101-0101-0101-010101010101"}"#;
const END: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const BEFORE: Timestamp = Timestamp::from_millis(1_799_999_999_999);

fn session(key: &ApiKey) -> SessionCredential {
    SessionCredential {
        public_key: key.public_key().try_into().unwrap(),
        expires_at: END,
        is_revoked: false,
        may: [SigningType::RawPayload].into(),
    }
}

fn stamped((header, value): (&'static str, String)) -> RawRequest {
    let of = |name| (header == name).then(|| value.clone());
    RawRequest {
        path: "/public/v1/query/whoami".to_owned(),
        stamp: of("X-Stamp"),
        webauthn_stamp: of("X-Stamp-Webauthn"),
        body: BODY.to_vec(),
    }
}

/// How far the stamp goes, or why it is not believed.
fn judge(raw: RawRequest, session: SessionCredential, now: Timestamp) -> Result<Reach, Rejection> {
    let claim = Claim::read(&raw)?;
    let credential = Credential {
        tenant: HERE,
        signer: Signer {
            home: HERE,
            user: UserId::from_bytes([2; 16]),
        },
        key: CredentialKey::Session(session),
    };
    let rp = RelyingParty::new("example.org", &["https://example.org"]);
    let keys = KeyCache::new(1);
    let believed = verify::authenticate(raw, claim, &credential, &rp, &keys, now)?;
    let submitted = believed.read(|_, _| Ok::<_, Rejection>(()))?;
    Ok(submitted.reach().clone())
}

#[test]
fn t48_a_session_key_reaches_no_further_than_it_may() {
    let key = ApiKey::ed25519(1);
    let may: BTreeSet<_> = [SigningType::RawPayload].into();
    let reach = judge(stamped(key.stamp(BODY)), session(&key), BEFORE).unwrap();
    assert_eq!(reach, Reach::Session(may));
}

#[test]
fn t47_a_session_that_is_over_or_was_taken_away_is_refused() {
    let key = ApiKey::ed25519(1);
    let raw = || stamped(key.stamp(BODY));
    assert!(judge(raw(), session(&key), BEFORE).is_ok());
    for now in [END, END.plus_seconds(1)] {
        let refused = judge(raw(), session(&key), now).unwrap_err();
        assert!(matches!(refused, Rejection::Expired), "{refused}");
    }
    let taken = SessionCredential {
        is_revoked: true,
        ..session(&key)
    };
    let refused = judge(raw(), taken, BEFORE).unwrap_err();
    assert!(matches!(refused, Rejection::Expired), "{refused}");
}

#[test]
fn t26_only_the_holder_of_the_key_is_told_that_the_session_is_over() {
    let key = ApiKey::ed25519(1);
    let mut forged = key.make_stamp(BODY);
    forged.signature[0] ^= 1;
    let raw = stamped(("X-Stamp", forged.to_header()));
    let refused = judge(raw, session(&key), END).unwrap_err();
    assert!(matches!(refused, Rejection::Signature(_)), "{refused}");
}

#[test]
fn t49_no_other_key_and_no_other_scheme_stamps_for_a_session() {
    let key = ApiKey::ed25519(1);
    for other in [ApiKey::ed25519(2), ApiKey::p256(1), ApiKey::secp256k1(1)] {
        let refused = judge(stamped(other.stamp(BODY)), session(&key), BEFORE).unwrap_err();
        let mismatch = Rejection::Signature(stamp::Rejection::KeyMismatch);
        assert_eq!(refused.to_string(), mismatch.to_string());
    }
    // The same bytes, said to be of another scheme.
    let mut other = key.make_stamp(BODY);
    other.scheme = ApiKey::p256(1).scheme();
    let refused = judge(
        stamped(("X-Stamp", other.to_header())),
        session(&key),
        BEFORE,
    );
    assert!(refused.is_err());
    let passkey = Passkey::es256(1, "example.org", "https://example.org");
    let refused = judge(stamped(passkey.stamp(BODY)), session(&key), BEFORE).unwrap_err();
    let mismatch = Rejection::Signature(stamp::Rejection::KeyMismatch);
    assert_eq!(refused.to_string(), mismatch.to_string());
}

#[test]
fn only_a_p256_key_is_found_in_a_cose_key() {
    let passkey = |algorithm| Passkey::new(algorithm, 1, "example.org", "https://example.org");
    let whole = Passkey::es256(1, "example.org", "https://example.org").public_key();
    let key = key_from_cose(&whole).unwrap();
    assert_eq!(&key.as_bytes()[1..], &whole[10..42], "its x");
    assert_eq!(key.as_bytes()[0] & 1, whole[76] & 1, "the sign of its y");
    let mut off_curve = whole.clone();
    off_curve[76] ^= 2;
    assert_eq!(key_from_cose(&off_curve), None);
    assert_eq!(key_from_cose(&[&whole[..], &[0]].concat()), None);
    assert_eq!(key_from_cose(&[]), None);
    for algorithm in [
        testkit::keys::alg::ES384,
        testkit::keys::alg::EDDSA,
        testkit::keys::alg::RS256,
    ] {
        assert_eq!(key_from_cose(&passkey(algorithm).public_key()), None);
    }
}
