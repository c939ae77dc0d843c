//! Which client data the external signature program can rebuild, and what the rest is called.

use verify::solana::{Assertion, Expect, Rebuilt, TemplateRejection as R};
use wire::encoding::base64url;
use wire::solana::external_signature::{Ceremony, ProgramError, RpIdError};
use wire::webauthn::ClientDataError;

const RP_ID: &str = "auth.example.com";
const CHALLENGE: [u8; 32] = [0xc4; 32];

/// Authenticator data for an RP ID, with flags and counter.
fn authenticator_data(rp_id: &str, flags: u8, counter: u32) -> Vec<u8> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, rp_id.as_bytes());
    [hash.as_ref(), &[flags], &counter.to_be_bytes()].concat()
}

fn rebuild_with(
    rp_id: &str,
    authenticator_data: &[u8],
    client_data: &str,
    counter: u64,
) -> Result<Rebuilt, R> {
    let challenge = base64url::encode(CHALLENGE);
    let client_data = client_data.replace("$C", &challenge);
    let assertion = Assertion {
        authenticator_data,
        client_data_json: client_data.as_bytes(),
        signature: &[],
    };
    assertion.rebuild(&Expect {
        rp_id,
        challenge: &CHALLENGE,
        counter,
    })
}

/// Rebuilds client data, in which `$C` stands for the challenge.
fn rebuild(client_data: &str) -> Result<Rebuilt, R> {
    let data = authenticator_data(RP_ID, 0x05, 0);
    rebuild_with(RP_ID, &data, client_data, 0)
}

fn refuses(client_data: &str, expected: R) {
    assert_eq!(rebuild(client_data), Err(expected), "{client_data}");
}

#[test]
fn accepts_everything_the_program_can_write() {
    let reminder = r#","other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex""#;
    for (kind, ceremony, kind_bits) in [
        ("create", Ceremony::Create, 0x00),
        ("get", Ceremony::Get, 0x10),
    ] {
        for (cross_origin, cross_bits) in [(false, 0), (true, 1)] {
            for (scheme, scheme_bits) in [("https", 0), ("http", 2)] {
                for (extra, extra_bits) in [("", 0), (reminder, 4)] {
                    for (port, port_bytes) in [("", &[0][..]), (":8080", &[1, 0x90, 0x1f])] {
                        let text = format!(
                            r#"{{"type":"webauthn.{kind}","challenge":"$C","origin":"{scheme}://{RP_ID}{port}","crossOrigin":{cross_origin}{extra}}}"#
                        );
                        let shape = rebuild(&text).expect(&text).shape;
                        assert_eq!(shape.ceremony, ceremony);
                        let byte = kind_bits | cross_bits | scheme_bits | extra_bits;
                        assert_eq!(shape.to_bytes(), [&[byte], port_bytes].concat(), "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn refuses_a_framed_page_whose_browser_names_the_frame() {
    for text in [
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":true,"topOrigin":"https://shop.example"}"#,
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false,"topOrigin":"https://auth.example.com"}"#,
    ] {
        refuses(text, R::TopOrigin);
    }
}

#[test]
fn refuses_client_data_without_cross_origin() {
    refuses(
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com"}"#,
        R::CrossOriginMissing,
    );
}

#[test]
fn refuses_origins_the_program_cannot_write() {
    for (origin, expected) in [
        ("https://login.auth.example.com", R::OriginSubdomain),
        ("https://login.auth.example.com:8443", R::OriginSubdomain),
        ("https://example.com", R::OriginHost),
        ("https://evilauth.example.com", R::OriginHost),
        ("https://auth.example.com.evil", R::OriginHost),
        ("https://auth.example.com/", R::OriginHost),
        ("https://AUTH.example.com", R::OriginHost),
        ("https://auth.example.com:", R::OriginPort),
        ("https://auth.example.com:0443", R::OriginPort),
        ("https://auth.example.com:+443", R::OriginPort),
        ("https://auth.example.com:65536", R::OriginPort),
        ("https://auth.example.com:443/", R::OriginPort),
        ("HTTPS://auth.example.com", R::OriginScheme),
        ("android:apk-key-hash:AAAA", R::OriginScheme),
        ("chrome-extension://abc", R::OriginScheme),
        ("", R::OriginScheme),
    ] {
        refuses(
            &format!(
                r#"{{"type":"webauthn.get","challenge":"$C","origin":"{origin}","crossOrigin":false}}"#
            ),
            expected,
        );
    }
}

#[test]
fn refuses_members_that_the_program_does_not_write() {
    for text in [
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false,"new":1}"#,
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false,"androidPackageName":"com.android.chrome"}"#,
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","hashAlgorithm":"SHA-256"}"#,
    ] {
        refuses(text, R::UnknownMember);
    }
    for reminder in ["\"\"", "\"do compare\"", "true"] {
        refuses(
            &format!(
                r#"{{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false,"other_keys_can_be_added_here":{reminder}}}"#
            ),
            R::Reminder,
        );
    }
}

#[test]
fn refuses_another_order_and_another_spelling_by_their_names() {
    for text in [
        r#"{"challenge":"$C","type":"webauthn.get","origin":"https://auth.example.com","crossOrigin":false}"#,
        r#"{"type":"webauthn.get","challenge":"$C","crossOrigin":false,"origin":"https://auth.example.com"}"#,
        r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex","crossOrigin":false}"#,
    ] {
        refuses(text, R::MemberOrder);
    }
    for text in [
        "{\"type\": \"webauthn.get\",\"challenge\":\"$C\",\"origin\":\"https://auth.example.com\",\"crossOrigin\":false}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"$C\",\"origin\":\"https:\\/\\/auth.example.com\",\"crossOrigin\":false}",
        "{\"type\":\"webauthn.get\",\"challenge\":\"$C\",\"origin\":\"https://auth.example.com\",\"crossOrigin\":false}\n",
        "\u{feff}{\"type\":\"webauthn.get\",\"challenge\":\"$C\",\"origin\":\"https://auth.example.com\",\"crossOrigin\":false}",
    ] {
        refuses(text, R::Spelling);
    }
}

#[test]
fn refuses_other_ceremonies_and_what_is_no_client_data() {
    refuses(
        r#"{"type":"payment.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false}"#,
        R::Ceremony,
    );
    refuses(
        r#"{"type":"webauthn.get","challenge":"$C=","origin":"https://auth.example.com","crossOrigin":false}"#,
        R::Challenge,
    );
    refuses("nope", R::ClientData(ClientDataError::NotJson));
    refuses(
        r#"{"type":"webauthn.get","type":"webauthn.get"}"#,
        R::ClientData(ClientDataError::DuplicateMember),
    );
}

#[test]
fn refuses_relying_parties_the_program_cannot_hold() {
    let of = |rp_id: &str| {
        let data = authenticator_data(rp_id, 0x01, 0);
        let text =
            r#"{"type":"webauthn.get","challenge":"$C","origin":"https://$R","crossOrigin":false}"#;
        rebuild_with(rp_id, &data, &text.replace("$R", rp_id), 0)
    };
    assert!(of(&"a".repeat(32)).is_ok());
    for (rp_id, error, program) in [
        (
            "a".repeat(33),
            RpIdError::TooLong,
            Some(ProgramError::RpIdTooLong),
        ),
        (
            "a\"b".to_owned(),
            RpIdError::Quote,
            Some(ProgramError::RpIdQuote),
        ),
        (String::new(), RpIdError::Empty, None),
    ] {
        let refused = of(&rp_id).unwrap_err();
        assert_eq!(refused, R::RpId(error));
        assert_eq!(refused.program_error(), program);
    }
}

#[test]
fn refuses_authenticator_data_as_the_program_does() {
    let plain = r#"{"type":"webauthn.get","challenge":"$C","origin":"https://auth.example.com","crossOrigin":false}"#;
    let of = |data: &[u8], counter| {
        rebuild_with(RP_ID, data, plain, counter).map(|it| (it.sign_count, it.user_verified))
    };
    let data = |flags, counter| authenticator_data(RP_ID, flags, counter);
    assert_eq!(of(&data(0x05, 0), 7), Ok((0, true)), "0 is no counter");
    assert_eq!(of(&data(0x01, 8), 7), Ok((8, false)), "UV is not asked");
    assert_eq!(of(&data(0x04, 0), 0), Err(R::UserPresence));
    for counter in [1, 6, 7] {
        let refused = R::Counter {
            stored: 7,
            found: counter,
        };
        assert_eq!(of(&data(0x05, counter), 7), Err(refused));
    }
    assert_eq!(of(&data(0x05, 0)[..36], 0), Err(R::AuthenticatorData));
    assert_eq!(
        of(&authenticator_data("example.com", 0x05, 0), 0),
        Err(R::RpIdHash)
    );
    let with_extensions = [&data(0x85, 0)[..], &[0xa0]].concat();
    assert_eq!(of(&with_extensions, 0), Ok((0, true)));
}

#[test]
fn names_are_stable_and_distinct() {
    let all = [
        R::RpId(RpIdError::Empty),
        R::RpId(RpIdError::TooLong),
        R::RpId(RpIdError::Quote),
        R::AuthenticatorData,
        R::RpIdHash,
        R::UserPresence,
        R::Counter {
            stored: 0,
            found: 0,
        },
        R::ClientData(ClientDataError::NotJson),
        R::Ceremony,
        R::Challenge,
        R::OriginScheme,
        R::OriginSubdomain,
        R::OriginHost,
        R::OriginPort,
        R::TopOrigin,
        R::CrossOriginMissing,
        R::UnknownMember,
        R::Reminder,
        R::MemberOrder,
        R::Spelling,
    ];
    let mut codes: Vec<_> = all.iter().map(|rejection| rejection.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
}
