use super::*;

const KEY: &str = "028e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3";
const DER: &str = "30440220056281b741a713e61d28564963f366347d731e80db74e05ee5cb3ad39e6f5cf5022010e2523afdf0323e8feb0305448182ec9c7de00f464584f0ca5b4f0311ec3900";
const P256: &str = "SIGNATURE_SCHEME_TK_API_P256";

fn p256() -> ApiKeyStamp {
    ApiKeyStamp {
        public_key: hex::decode(KEY).unwrap(),
        scheme: Scheme::P256,
        signature: hex::decode(DER).unwrap(),
    }
}

fn object(public_key: &str, scheme: &str, signature: &str) -> String {
    format!(r#"{{"publicKey":"{public_key}","scheme":"{scheme}","signature":"{signature}"}}"#)
}

fn parse_json(json: &str) -> Result<ApiKeyStamp, StampError> {
    ApiKeyStamp::parse(&base64url::encode(json.as_bytes()))
}

fn passkey() -> WebAuthnStamp {
    WebAuthnStamp {
        credential_id: b"cred-0001".to_vec(),
        client_data_json: br#"{"type":"webauthn.get"}"#.to_vec(),
        authenticator_data: vec![0xfb; 37],
        signature: vec![0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01],
    }
}

#[test]
fn reads_back_what_it_writes_in_either_order() {
    for order in [MemberOrder::SchemeFirst, MemberOrder::SignatureFirst] {
        assert_eq!(
            ApiKeyStamp::parse(&p256().to_header_ordered(order)),
            Ok(p256())
        );
    }
    assert_eq!(WebAuthnStamp::parse(&passkey().to_header()), Ok(passkey()));
}

#[test]
fn tolerates_spaces_and_any_order_of_members() {
    let json = format!(
        "{{ \"signature\": \"{DER}\",\n\"publicKey\": \"{KEY}\", \"scheme\": \"{P256}\" }}\n"
    );
    assert_eq!(parse_json(&json), Ok(p256()));
    let spaced = passkey().to_header().replace("\",\"", "\" ,\n\t\"");
    assert_eq!(WebAuthnStamp::parse(&spaced), Ok(passkey()));
}

#[test]
fn reads_a_webauthn_stamp_in_base64url_too() {
    let header = base64url::encode(passkey().to_header().as_bytes());
    assert_eq!(WebAuthnStamp::parse(&header), Ok(passkey()));
}

#[test]
fn t15_takes_exactly_one_stamp_from_a_request() {
    let request = |stamp: Option<String>, webauthn_stamp: Option<String>| RawRequest {
        path: "/public/v1/query/whoami".to_owned(),
        body: b"{}".to_vec(),
        stamp,
        webauthn_stamp,
    };
    let key = || Some(p256().to_header());
    let pass = || Some(passkey().to_header());
    assert_eq!(Stamp::of(&request(None, None)), Err(StampError::Absent));
    assert_eq!(
        Stamp::of(&request(key(), pass())),
        Err(StampError::Ambiguous)
    );
    assert_eq!(Stamp::of(&request(key(), None)), Ok(Stamp::ApiKey(p256())));
    assert_eq!(
        Stamp::of(&request(None, pass())),
        Ok(Stamp::WebAuthn(passkey()))
    );
}

#[test]
fn t17_refuses_every_other_spelling_of_the_header() {
    // One space more each time, so that the last group of the encoding has every length.
    for filler in 0..3 {
        let json = object(KEY, P256, DER) + &" ".repeat(filler);
        let header = base64url::encode(json.as_bytes());
        assert_eq!(ApiKeyStamp::parse(&header), Ok(p256()));
        for other in [
            format!("{header}="),
            format!("{header}=="),
            format!(" {header}"),
            format!("{header}\n"),
            format!("{}+{}", &header[..8], &header[9..]),
            format!("{}/{}", &header[..8], &header[9..]),
        ] {
            assert_eq!(
                ApiKeyStamp::parse(&other),
                Err(StampError::NotBase64Url),
                "{other}"
            );
        }
        if !header.len().is_multiple_of(4) {
            let last = header.as_bytes()[header.len() - 1];
            let stray = format!("{}{}", &header[..header.len() - 1], char::from(last + 1));
            assert_eq!(ApiKeyStamp::parse(&stray), Err(StampError::NotBase64Url));
        }
    }
    assert_eq!(
        ApiKeyStamp::parse(&object(KEY, P256, DER)),
        Err(StampError::NotBase64Url)
    );
    assert_eq!(ApiKeyStamp::parse(""), Err(StampError::NotJson));
}

#[test]
fn t17_no_changed_character_leaves_the_stamp_as_it_was() {
    let header = p256().to_header();
    for index in 0..header.len() {
        for other in ["A", "Q", "g", "w", "9", "-", "_", "=", "+", "/", " ", ""] {
            let changed = format!("{}{other}{}", &header[..index], &header[index + 1..]);
            if changed != header {
                assert_ne!(
                    ApiKeyStamp::parse(&changed),
                    Ok(p256()),
                    "{index} {other:?}"
                );
            }
        }
    }
}

#[test]
fn t17_refuses_every_other_spelling_of_a_hexadecimal_member() {
    let at = |member, fault| Err(StampError::At(member, fault));
    for (key, signature, expected) in [
        (
            KEY.to_uppercase(),
            DER.to_owned(),
            at(Member::PublicKey, Fault::NotHex),
        ),
        (
            format!("0x{KEY}"),
            DER.to_owned(),
            at(Member::PublicKey, Fault::NotHex),
        ),
        (
            format!("{KEY} "),
            DER.to_owned(),
            at(Member::PublicKey, Fault::NotHex),
        ),
        (
            KEY[1..].to_owned(),
            DER.to_owned(),
            at(Member::PublicKey, Fault::NotHex),
        ),
        (
            KEY[2..].to_owned(),
            DER.to_owned(),
            at(Member::PublicKey, Fault::Length),
        ),
        (
            format!("04{}", &KEY[2..]),
            DER.to_owned(),
            at(Member::PublicKey, Fault::Length),
        ),
        (
            format!("{KEY}00"),
            DER.to_owned(),
            at(Member::PublicKey, Fault::Length),
        ),
        (
            String::new(),
            DER.to_owned(),
            at(Member::PublicKey, Fault::Empty),
        ),
        (
            KEY.to_owned(),
            DER.to_uppercase(),
            at(Member::Signature, Fault::NotHex),
        ),
        (
            KEY.to_owned(),
            format!("0x{DER}"),
            at(Member::Signature, Fault::NotHex),
        ),
        (
            KEY.to_owned(),
            format!("{DER}{DER}"),
            at(Member::Signature, Fault::Length),
        ),
        (
            KEY.to_owned(),
            "30".to_owned(),
            at(Member::Signature, Fault::Length),
        ),
        (
            KEY.to_owned(),
            String::new(),
            at(Member::Signature, Fault::Empty),
        ),
    ] {
        assert_eq!(
            parse_json(&object(&key, P256, &signature)),
            expected,
            "{key} {signature}"
        );
    }
}

#[test]
fn t17_refuses_every_other_spelling_of_a_base64url_member() {
    let good = passkey().to_header();
    let credential = base64url::encode(&passkey().credential_id);
    let stray = base64url::encode(b"cred-0001x").replace("eA", "eB");
    for other in [
        format!("{credential}="),
        format!(" {credential}"),
        "a+b/".to_owned(),
        stray,
    ] {
        assert_eq!(
            WebAuthnStamp::parse(&good.replace(&credential, &other)),
            Err(StampError::At(Member::CredentialId, Fault::NotBase64Url)),
            "{other}"
        );
    }
    let long = base64url::encode([7; 1024]);
    assert_eq!(
        WebAuthnStamp::parse(&good.replace(&credential, &long)),
        Err(StampError::At(Member::CredentialId, Fault::Length))
    );
}

#[test]
fn t3_refuses_repeated_missing_and_foreign_members() {
    let twice = format!(r#"{{"publicKey":"{KEY}","\u0070ublicKey":"{KEY}","scheme":"x"}}"#);
    assert_eq!(parse_json(&twice), Err(StampError::Duplicate));
    for (name, member) in [
        ("publicKey", Member::PublicKey),
        ("scheme", Member::Scheme),
        ("signature", Member::Signature),
    ] {
        let json = object(KEY, P256, DER).replace(name, &name.to_uppercase());
        assert_eq!(
            parse_json(&json),
            Err(StampError::At(member, Fault::Missing))
        );
    }
    let extra = object(KEY, P256, DER).replace('{', r#"{"timestamp":"1","#);
    assert_eq!(parse_json(&extra), Err(StampError::UnknownMember));
    let number = object(KEY, P256, DER).replace(&format!("\"{DER}\""), "1");
    assert_eq!(
        parse_json(&number),
        Err(StampError::At(Member::Signature, Fault::NotText))
    );
}

#[test]
fn refuses_what_is_not_one_json_object() {
    for (json, expected) in [
        ("", StampError::NotJson),
        ("{", StampError::NotJson),
        ("{} {}", StampError::NotJson),
        ("\u{feff}{}", StampError::NotJson),
        ("[]", StampError::NotAnObject),
        ("\"text\"", StampError::NotAnObject),
        ("null", StampError::NotAnObject),
    ] {
        assert_eq!(parse_json(json), Err(expected), "{json:?}");
    }
    assert_eq!(WebAuthnStamp::parse("[]"), Err(StampError::NotAnObject));
    assert_eq!(WebAuthnStamp::parse("not JSON"), Err(StampError::NotJson));
}

#[test]
fn refuses_a_header_beyond_eight_kibibytes() {
    let header = passkey().to_header();
    let padded = |length: usize| header.replace('{', &format!("{{{}", " ".repeat(length)));
    let room = MAX_HEADER_LENGTH - header.len();
    assert_eq!(WebAuthnStamp::parse(&padded(room)), Ok(passkey()));
    assert_eq!(
        WebAuthnStamp::parse(&padded(room + 1)),
        Err(StampError::TooLarge)
    );
    assert_eq!(
        ApiKeyStamp::parse(&"A".repeat(8193)),
        Err(StampError::TooLarge)
    );
}

#[test]
fn t21_ties_the_length_of_key_and_signature_to_the_scheme() {
    let ed_key = &KEY[2..];
    let ed_signature = "00".repeat(64);
    for scheme in Scheme::ALL {
        let ecdsa = parse_json(&object(KEY, scheme.as_str(), DER));
        let ed25519 = parse_json(&object(ed_key, scheme.as_str(), &ed_signature));
        let (fits, refused) = match scheme.curve() {
            Curve::Ed25519 => (ed25519, ecdsa),
            Curve::P256 | Curve::Secp256k1 => (ecdsa, ed25519),
        };
        assert_eq!(fits.map(|stamp| stamp.scheme), Ok(scheme));
        assert_eq!(
            refused,
            Err(StampError::At(Member::PublicKey, Fault::Length))
        );
    }
    for scheme in [
        "SIGNATURE_SCHEME_UNSPECIFIED",
        "SIGNATURE_SCHEME_TK_WEBAUTHN",
        "ES256",
    ] {
        assert_eq!(
            parse_json(&object(KEY, scheme, DER)),
            Err(StampError::UnknownScheme)
        );
    }
}

#[test]
fn an_error_names_the_member_and_the_remedy() {
    let error = StampError::At(Member::PublicKey, Fault::NotHex);
    assert_eq!(
        error.to_string(),
        "publicKey is not lower-case hexadecimal; write two digits 0-9a-f per byte, without 0x"
    );
    assert_eq!(error.code(), "stamp_public_key_hex");
}
