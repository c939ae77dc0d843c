//! Stamps, through the functions that a server calls: published vectors first, then one test for
//! each numbered threat.

use serde::Deserialize;
use testkit::keys::{alg, p256_twin};
use testkit::{ApiKey, Passkey, vectors};
use verify::stamp::api_key::ApiKeyProof;
use verify::stamp::{self, Body, KeyCache, KeyError, PasskeyRecord, PublicKey, Rejection};
use verify::webauthn::{self, CounterPolicy, RelyingParty, UserVerification};
use wire::encoding::{base64url, hex};
use wire::keys::Curve;
use wire::stamp::{ApiKeyStamp, MemberOrder, Scheme, StampError, WebAuthnStamp};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    body: String,
    body_sha256: String,
    api_keys: Vec<ApiKeyVector>,
    command_line: CommandLine,
    passkey: PasskeyVector,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiKeyVector {
    name: String,
    curve: Curve,
    scheme: String,
    private_key: String,
    public_key: String,
    signature: String,
    header: String,
}

#[derive(Deserialize)]
struct CommandLine {
    body: String,
    header: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PasskeyVector {
    rp_id: String,
    origin: String,
    public_key: String,
    challenge: String,
    header: String,
}

fn published() -> Vectors {
    vectors::read("stamps/stamps.json")
}

/// Checks a stamp against the key it names, registered on `curve`.
fn check(stamp: &ApiKeyStamp, curve: Curve, body: &[u8]) -> Result<ApiKeyProof, Rejection> {
    let cache = KeyCache::new(8);
    let body = Body::new(body);
    let fresh = stamp::api_key::check(stamp, curve, &stamp.public_key, &body, &cache);
    // What was cached by the first check must not change the verdict of the second.
    assert_eq!(
        stamp::api_key::check(stamp, curve, &stamp.public_key, &body, &cache),
        fresh
    );
    fresh
}

#[test]
fn accepts_the_published_stamps_of_every_scheme() {
    let published = published();
    for vector in &published.api_keys {
        let stamp = ApiKeyStamp::parse(&vector.header).expect(&vector.name);
        assert_eq!(stamp.scheme.as_str(), vector.scheme);
        assert_eq!(hex::encode(&stamp.public_key), vector.public_key);
        assert_eq!(hex::encode(&stamp.signature), vector.signature);
        let proof = check(&stamp, vector.curve, published.body.as_bytes()).expect(&vector.name);
        assert_eq!(proof.scheme(), stamp.scheme);
        assert_eq!(proof.public_key().as_bytes(), stamp.public_key);
        assert_eq!(hex::encode(proof.body_sha256()), published.body_sha256);
        assert_eq!(stamp.to_header(), vector.header);

        let other = format!("{} ", published.body);
        let refused = check(&stamp, vector.curve, other.as_bytes());
        assert_eq!(refused, Err(Rejection::SignatureInvalid), "{}", vector.name);
    }
}

#[test]
fn personas_have_the_published_keys() {
    for vector in published().api_keys {
        let scheme = Scheme::ALL
            .into_iter()
            .find(|known| known.as_str() == vector.scheme);
        let private_key = hex::decode_array(&vector.private_key).unwrap();
        let key = ApiKey::from_private_key(scheme.unwrap(), private_key);
        assert_eq!(key.public_key_hex(), vector.public_key, "{}", vector.name);
    }
}

#[test]
fn accepts_the_published_stamp_of_the_command_line_tool() {
    let CommandLine { body, header } = published().command_line;
    let stamp = ApiKeyStamp::parse(&header).unwrap();
    assert!(check(&stamp, Curve::P256, body.as_bytes()).is_ok());
    assert_eq!(stamp.to_header_ordered(MemberOrder::SignatureFirst), header);
}

#[test]
fn accepts_what_personas_stamp() {
    for scheme in Scheme::ALL {
        for body in [&b""[..], b"{}", &[0xff; 300]] {
            let stamp = ApiKey::new(scheme, 1).make_stamp(body);
            assert!(check(&stamp, scheme.curve(), body).is_ok(), "{scheme:?}");
        }
    }
}

#[test]
fn a_forged_stamp_leaves_no_key_in_the_cache() {
    let cache = KeyCache::new(8);
    let key = ApiKey::p256(1);
    let stamp = key.make_stamp(b"{}");
    let check = |body: &[u8]| {
        stamp::api_key::check(
            &stamp,
            Curve::P256,
            &key.public_key(),
            &Body::new(body),
            &cache,
        )
    };
    assert_eq!(check(b"{ }"), Err(Rejection::SignatureInvalid));
    assert_eq!(format!("{cache:?}"), "KeyCache(0 API keys, 0 passkeys)");
    assert!(check(b"{}").is_ok());
    assert_eq!(format!("{cache:?}"), "KeyCache(1 API keys, 0 passkeys)");
}

#[test]
fn refuses_a_stamp_by_another_key_than_the_registered_one() {
    let stamp = ApiKey::p256(1).make_stamp(b"{}");
    let registered = ApiKey::p256(2).public_key();
    let cache = KeyCache::new(8);
    let refused =
        stamp::api_key::check(&stamp, Curve::P256, &registered, &Body::new(b"{}"), &cache);
    assert_eq!(refused, Err(Rejection::KeyMismatch));
}

#[test]
fn t1_refuses_a_body_that_was_written_anew() {
    let body = br#"{"a": 1, "b": "\u00e9"}"#;
    let stamp = ApiKey::p256(1).make_stamp(body);
    for other in [
        r#"{"a":1,"b":"\u00e9"}"#,
        r#"{"b": "\u00e9", "a": 1}"#,
        r#"{"a": 1, "b": "é"}"#,
    ] {
        let refused = check(&stamp, Curve::P256, other.as_bytes());
        assert_eq!(refused, Err(Rejection::SignatureInvalid), "{other}");
    }
}

#[test]
fn t17_refuses_any_second_spelling_of_a_stamp() {
    for vector in published().api_keys {
        let header = vector.header;
        for other in [
            format!("{header}="),
            format!("{header}=="),
            format!("{header}\r\n"),
            format!(" {header}"),
            header.replacen('e', "e\n", 1),
        ] {
            assert_eq!(
                ApiKeyStamp::parse(&other),
                Err(StampError::NotBase64Url),
                "{other}"
            );
        }
    }
}

#[test]
fn t18_refuses_non_der_signatures() {
    for key in [ApiKey::p256(1), ApiKey::secp256k1(1), ApiKey::eip191(1)] {
        let good = key.make_stamp(b"{}");
        let signature = &good.signature;
        let (length, content) = (signature[1], &signature[2..]);
        let r = &content[2..2 + usize::from(content[1])];
        let s = &content[2 + r.len() + 2..];
        let padded = [
            &[0x30, length + 2, 0x02, content[1] + 2, 0, 0],
            r,
            &content[2 + r.len()..],
        ];
        for (what, bytes) in [
            ("a byte after it", [signature, &[0][..]].concat()),
            (
                "the length in long form",
                [&[0x30, 0x81, length], content].concat(),
            ),
            (
                "the length indefinite",
                [&[0x30, 0x80], content, &[0, 0]].concat(),
            ),
            ("r padded", padded.concat()),
            ("cut short", signature[..signature.len() - 1].to_vec()),
            ("no integers", vec![0x30, 0x00]),
            (
                "r and s without DER",
                [&r[r.len() - 32..], &s[s.len() - 32..]].concat(),
            ),
        ] {
            let stamp = ApiKeyStamp {
                signature: bytes,
                ..good.clone()
            };
            let refused = check(&stamp, key.curve(), b"{}");
            assert_eq!(refused, Err(Rejection::SignatureNotDer), "{what}");
        }
        for (what, bytes) in [
            ("r zero", vec![0x30, 6, 2, 1, 0, 2, 1, 1]),
            ("s zero", vec![0x30, 6, 2, 1, 1, 2, 1, 0]),
            (
                "both zero (CVE-2022-21449)",
                vec![0x30, 6, 2, 1, 0, 2, 1, 0],
            ),
        ] {
            let stamp = ApiKeyStamp {
                signature: bytes,
                ..good.clone()
            };
            let refused = check(&stamp, key.curve(), b"{}");
            assert_eq!(refused, Err(Rejection::SignatureInvalid), "{what}");
        }
    }
}

#[test]
fn t19_accepts_both_values_of_s_as_one_body() {
    let key = ApiKey::p256(1);
    let stamp = key.make_stamp(b"{}");
    let twin = ApiKeyStamp {
        signature: p256_twin(&stamp.signature),
        ..stamp.clone()
    };
    assert_ne!(stamp, twin);
    // Equal proofs: nothing that a signature could vary tells the two apart.
    assert_eq!(
        check(&stamp, Curve::P256, b"{}"),
        check(&twin, Curve::P256, b"{}")
    );
    assert!(check(&twin, Curve::P256, b"{}").is_ok());

    let key = ApiKey::secp256k1(1);
    let stamp = key.make_stamp(b"{}");
    let (r, s) = testkit::keys::ecdsa_integers(&stamp.signature);
    let signature = testkit::encode::der::ecdsa(&r, &(testkit::keys::secp256k1_order() - s));
    let twin = ApiKeyStamp { signature, ..stamp };
    assert!(check(&twin, Curve::Secp256k1, b"{}").is_ok());
}

#[test]
fn t20_refuses_what_is_no_public_key() {
    for curve in [Curve::P256, Curve::Secp256k1] {
        let key = match curve {
            Curve::P256 => ApiKey::p256(1),
            _ => ApiKey::secp256k1(1),
        };
        let good = key.public_key();
        assert_eq!(
            PublicKey::parse(curve, &good).map(|key| key.as_bytes().to_vec()),
            Ok(good.clone())
        );
        let tagged = |tag: u8, x: &[u8]| [&[tag], x].concat();
        for (bytes, error) in [
            (vec![0], KeyError::Length),
            (good[1..].to_vec(), KeyError::Length),
            ([&good[..], &[0]].concat(), KeyError::Length),
            (tagged(4, &[1; 64]), KeyError::Length),
            (tagged(6, &[1; 64]), KeyError::Length),
            (tagged(0, &good[1..]), KeyError::NotCompressed),
            (tagged(4, &good[1..]), KeyError::NotCompressed),
            (tagged(6, &good[1..]), KeyError::NotCompressed),
            (tagged(2, &[0xff; 32]), KeyError::NotOnCurve),
        ] {
            assert_eq!(
                PublicKey::parse(curve, &bytes),
                Err(error),
                "{curve} {bytes:02x?}"
            );
        }
        let off_curve = (1..=u8::MAX)
            .map(|last| tagged(2, &[&[0; 31][..], &[last]].concat()))
            .filter(|bytes| PublicKey::parse(curve, bytes) == Err(KeyError::NotOnCurve));
        assert!(
            off_curve.count() > 64,
            "about half of all x are on no point"
        );
    }
}

#[test]
fn t20_refuses_edwards_points_of_small_order_and_second_spellings() {
    let parse = |text: &str| PublicKey::parse(Curve::Ed25519, &hex::decode(text).unwrap());
    for small in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    ] {
        assert_eq!(parse(small), Err(KeyError::SmallOrder), "{small}");
    }
    for no_point in [
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ] {
        assert_eq!(parse(no_point), Err(KeyError::NotOnCurve), "{no_point}");
    }
    assert_eq!(parse("00"), Err(KeyError::Length));
    assert!(PublicKey::parse(Curve::Ed25519, &ApiKey::ed25519(1).public_key()).is_ok());
}

#[test]
fn t21_ties_the_scheme_to_the_registered_curve() {
    for scheme in Scheme::ALL {
        let stamp = ApiKey::new(scheme, 1).make_stamp(b"{}");
        for curve in Curve::ALL {
            let verdict = check(&stamp, curve, b"{}").map(|proof| proof.scheme());
            let expected = if curve == scheme.curve() {
                Ok(scheme)
            } else {
                Err(Rejection::SchemeMismatch)
            };
            assert_eq!(verdict, expected, "{scheme:?} on {curve}");
        }
        // Nor does naming another scheme of the same curve help.
        for other in Scheme::ALL.into_iter().filter(|other| *other != scheme) {
            let relabelled = ApiKeyStamp {
                scheme: other,
                ..stamp.clone()
            };
            assert!(
                check(&relabelled, scheme.curve(), b"{}").is_err(),
                "{scheme:?} as {other:?}"
            );
        }
    }
}

/// A server that takes stamps from anybody on this page, as the protocol prescribes.
fn relying_party(rp_id: &str, origin: &str) -> RelyingParty {
    let mut rp = RelyingParty::new(rp_id, &[origin]);
    rp.user_verification = UserVerification::Preferred;
    rp.counter = CounterPolicy::Report;
    rp
}

fn record(passkey: &Passkey) -> PasskeyRecord {
    PasskeyRecord {
        credential_id: passkey.credential_id().to_vec(),
        public_key: passkey.public_key(),
        rp_id_hash: passkey.rp_id_hash(),
        backup_eligible: false,
        sign_count: 0,
        enabled: true,
    }
}

#[test]
fn accepts_the_published_stamp_of_a_passkey() {
    let published = published();
    let PasskeyVector {
        rp_id,
        origin,
        public_key,
        challenge,
        header,
    } = published.passkey;
    // The credential's key is that of the first vector, whose private key is published.
    let private_key = hex::decode_array(&published.api_keys[0].private_key).unwrap();
    let key = testkit::keys::SigningKey::p256(private_key);
    assert_eq!(hex::encode(key.public_key_compressed()), public_key);
    let stamp = WebAuthnStamp::parse(&header).unwrap();
    assert!(String::from_utf8_lossy(&stamp.client_data_json).contains(&challenge));
    let passkey = PasskeyRecord {
        credential_id: stamp.credential_id.clone(),
        public_key: key.cose(alg::ES256).encode(),
        rp_id_hash: testkit::encode::sha256(&[rp_id.as_bytes()]),
        backup_eligible: false,
        sign_count: 0,
        enabled: true,
    };
    let (rp, cache) = (relying_party(&rp_id, &origin), KeyCache::new(8));
    let body = Body::new(published.body.as_bytes());
    let proof = stamp::webauthn::check(&stamp, &body, &rp, &passkey, &cache).unwrap();
    assert_eq!(proof.body_sha256(), body.sha256());
    assert_eq!(proof.assertion().sign_count(), 1);
    assert_eq!(stamp.to_header(), header);
}

#[test]
fn accepts_passkeys_of_every_algorithm_that_is_offered() {
    let (rp_id, origin) = ("example.org", "https://example.org");
    let (rp, cache) = (relying_party(rp_id, origin), KeyCache::new(8));
    for algorithm in [alg::ES256, alg::RS256, alg::EDDSA] {
        let passkey = Passkey::new(algorithm, 1, rp_id, origin);
        let stamp = passkey.make_stamp(b"{}");
        for body in [b"{}", b"[]"] {
            let body = Body::new(body);
            let verdict = stamp::webauthn::check(&stamp, &body, &rp, &record(&passkey), &cache);
            assert_eq!(verdict.is_ok(), body.bytes() == b"{}", "{algorithm}");
        }
    }
    assert_eq!(format!("{cache:?}"), "KeyCache(0 API keys, 3 passkeys)");
}

#[test]
fn t27_takes_no_challenge_but_the_hexadecimal_digest_of_the_body() {
    let passkey = Passkey::es256(1, "example.org", "https://example.org");
    let rp = relying_party("example.org", "https://example.org");
    let body = Body::new(b"{}");
    let stamp = |challenge: &[u8]| {
        let assertion = passkey.assertion(challenge);
        let stamp = WebAuthnStamp {
            credential_id: assertion.credential_id,
            client_data_json: assertion.client_data_json,
            authenticator_data: assertion.authenticator_data,
            signature: assertion.signature,
        };
        let cache = KeyCache::new(8);
        stamp::webauthn::check(&stamp, &body, &rp, &record(&passkey), &cache).map(|_| ())
    };
    let digest = body.sha256();
    let good = hex::encode(digest);
    assert_eq!(stamp(good.as_bytes()), Ok(()));

    let flipped = |bit: usize| {
        let mut digest = digest;
        digest[bit / 8] ^= 1 << (bit % 8);
        hex::encode(digest).into_bytes()
    };
    let mut others: Vec<Vec<u8>> = (0..256).map(flipped).collect();
    others.extend([
        vec![],
        digest.to_vec(),
        good.to_uppercase().into_bytes(),
        format!("0x{good}").into_bytes(),
        format!("{good}\n").into_bytes(),
        good.as_bytes()[..63].to_vec(),
        base64url::encode(digest).into_bytes(),
        base64url::encode(&good).into_bytes(),
        hex::encode(&good).into_bytes(),
    ]);
    let refused = Err(Rejection::WebAuthn(webauthn::Rejection::ChallengeMismatch));
    for other in others {
        assert_eq!(
            stamp(&other),
            refused,
            "{}",
            String::from_utf8_lossy(&other)
        );
    }
}
