use serde_json::json;

use super::*;

fn validate(message: &str) -> Fault {
    Fault::Validate(message.to_owned())
}

fn process(message: &str) -> Fault {
    Fault::Process(message.to_owned())
}

fn read<T>(body: Value, read: impl Fn(&[u8]) -> Read<T>) -> Read<T> {
    read(body.to_string().as_bytes())
}

#[test]
fn a_registration_needs_a_user_and_a_name() {
    let begin = |body| read(body, |body| begin_registration(body, false));
    let profile = |name: &str, display_name: &str, icon: Option<&str>| UserProfile {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        icon: icon.map(str::to_owned),
    };
    let begun = |profile| {
        Ok(Command::BeginRegistration {
            user_id: "u".to_owned(),
            profile,
            purpose: Purpose::Passkey,
            conditional: false,
        })
    };
    assert_eq!(
        begin(json!({ "user_id": "u", "username": "n", "other": [1] })),
        begun(profile("n", "n", None))
    );
    assert_eq!(
        begin(json!({
            "User_ID": "u", "USERNAME": "n", "display_name": "D", "icon": "https://x.example/i",
        })),
        begun(profile("n", "D", Some("https://x.example/i")))
    );
    assert_eq!(
        begin(json!({ "user_id": "u", "username": "n", "display_name": " ", "icon": null })),
        begun(profile("n", "n", None))
    );
    assert_eq!(
        begin(json!({ "username": "", "icon": "x", "display_name": "d".repeat(129) })),
        Err(validate(
            "user_id is a required field and username is a required field and icon must be a \
             valid URL and display_name cannot have more than 128 entries"
        ))
    );
    // Runes are counted, not bytes.
    assert!(begin(json!({ "user_id": "u", "username": "é".repeat(128) })).is_ok());
    assert_eq!(
        begin(json!({ "user_id": "u", "username": "é".repeat(129) })),
        Err(validate("username cannot have more than 128 entries"))
    );
    assert_eq!(
        begin(json!({ "user_id": 7, "username": "n" })),
        Err(process(
            "Unmarshal type error: expected=string, got=number, field=user_id"
        ))
    );
    assert_eq!(
        begin(json!({ "user_id": "u\0", "username": "n" })),
        Err(validate("user_id must not contain the character NUL"))
    );
}

#[test]
fn a_body_is_one_strict_document() {
    let begin = |body: &str| begin_login(body.as_bytes(), false);
    for body in ["{}", "null", r#"{"other":1}"#, r#"{"user_id":null}"#] {
        let anybody = Command::BeginLogin {
            mfa: false,
            user_id: None,
        };
        assert_eq!(begin(body), Ok(anybody), "{body}");
    }
    for body in [
        "",
        "{",
        "{}{}",
        r#"{"user_id":"u","user_id":"u"}"#,
        r#"{"user_id":"u","User_id":"v"}"#,
        r#"{"user_id":"u","us\u0065r_id":"v"}"#,
    ] {
        let refused = begin(body).unwrap_err();
        assert!(
            matches!(&refused, Fault::Process(why) if why.starts_with("Syntax error")),
            "{body}: {refused:?}"
        );
    }
    for body in ["[]", "7", "\"u\""] {
        assert!(matches!(begin(body), Err(Fault::Process(_))), "{body}");
    }
}

#[test]
fn a_login_names_a_user_or_nobody() {
    let begin = |body, mfa| read(body, |body| begin_login(body, mfa));
    assert_eq!(
        begin(json!({ "user_id": "" }), false),
        Err(validate("user_id must at least have 1 entry"))
    );
    assert_eq!(
        begin(json!({}), true),
        Err(validate("user_id is a required field"))
    );
    let named = |mfa| {
        Ok(Command::BeginLogin {
            mfa,
            user_id: Some("u".to_owned()),
        })
    };
    assert_eq!(begin(json!({ "user_id": "u" }), false), named(false));
    assert_eq!(begin(json!({ "user_id": "u" }), true), named(true));
}

#[test]
fn a_transaction_takes_any_json_but_null() {
    let begin = |data: Value| {
        let body = json!({ "user_id": "u", "transaction_id": "t", "transaction_data": data });
        read(body, begin_transaction)
    };
    for (data, text) in [
        (json!({ "b": 1.0, "a": "<" }), r#"{"a":"\u003c","b":1}"#),
        (json!(0), "0"),
        (json!(""), r#""""#),
        (json!([]), "[]"),
        (json!(false), "false"),
    ] {
        let Ok(Command::BeginTransaction { data, .. }) = begin(data) else {
            panic!("{text} is refused");
        };
        assert_eq!(data, text);
    }
    assert_eq!(
        begin(Value::Null),
        Err(validate("transaction_data is a required field"))
    );
    assert_eq!(
        read(
            json!({ "transaction_id": "t".repeat(129) }),
            begin_transaction
        ),
        Err(validate(
            "user_id is a required field and transaction_id cannot have more than 128 entries \
             and transaction_data is a required field"
        ))
    );
}

#[test]
fn an_answer_without_readable_client_data_is_refused_at_once() {
    let answer = |client: &[u8]| {
        json!({
            "id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": {
                "clientDataJSON": wire::encoding::base64url::encode(client),
                "authenticatorData": "AAAA", "attestationObject": "AAAA", "signature": "AAAA",
            },
            "transports": ["usb", 7],
        })
    };
    for (client, code) in [
        (&b"{"[..], "clientdata_not_json"),
        (
            br#"{"type":"webauthn.get"}"#,
            "clientdata_challenge_missing",
        ),
    ] {
        for refused in [
            read(answer(client), |body| finish_registration(body, false)),
            read(answer(client), |body| finish_login(body, false)),
            read(answer(client), |body| confirm(body, None)),
        ] {
            assert_eq!(refused, Err(Fault::Envelope(code)));
        }
    }
    let plain = br#"{"type":"webauthn.create","challenge":"AAAA","origin":"https://x.example"}"#;
    let finished = read(answer(plain), |body| finish_registration(body, true));
    let Ok(Command::FinishRegistration { mfa, response }) = finished else {
        panic!("{finished:?}");
    };
    assert!(mfa);
    assert_eq!(response.transports, ["usb"]);
}

fn payment_body() -> Value {
    json!({
        "user_id": "u", "transaction_id": "t",
        "payment": { "amount": "1.00", "currency": "EUR", "payee": { "name": "Shop" } },
    })
}

#[test]
fn a_payment_is_typed_and_strict() {
    let Ok(Command::BeginPayment {
        expires_in_seconds,
        method,
        return_url,
        ..
    }) = read(payment_body(), begin_payment)
    else {
        panic!("a good payment is refused");
    };
    assert_eq!(
        (expires_in_seconds, method, return_url),
        (300, Method::WebAuthn, None)
    );
    for (pointer, value, expected) in [
        ("amount", json!("1.0"), "payment.amount must have exactly 2"),
        ("amount", json!(1), "payment.amount must be a string"),
        ("currency", json!("EURO"), "payment.currency must be"),
        ("payee", json!({}), "payment.payee.name is required"),
        ("more", json!(1), "payment.more is not a member"),
    ] {
        let mut body = payment_body();
        body["payment"][pointer] = value;
        let Err(Fault::Validate(refused)) = read(body, begin_payment) else {
            panic!("{expected}");
        };
        assert!(refused.starts_with(expected), "{refused}");
    }
    for (name, value, expected) in [
        ("payment", Value::Null, "payment is a required field"),
        (
            "expires_in_seconds",
            json!(29),
            "expires_in_seconds must be between 30 and 3600",
        ),
        (
            "expires_in_seconds",
            json!(3601),
            "expires_in_seconds must be between 30 and 3600",
        ),
        (
            "method",
            json!("sms"),
            "method must be \"webauthn\" or \"secure_payment_confirmation\"",
        ),
        (
            "spc",
            json!({}),
            "spc goes with the method secure_payment_confirmation and no other",
        ),
        (
            "method",
            json!("secure_payment_confirmation"),
            "spc is a required field for secure_payment_confirmation",
        ),
    ] {
        let mut body = payment_body();
        body[name] = value;
        assert_eq!(read(body, begin_payment), Err(validate(expected)), "{name}");
    }
    for (name, value) in [
        ("User_Id", json!("u")),
        ("amount", json!("1")),
        ("expires_in_seconds", json!(-1)),
        ("expires_in_seconds", json!(300.5)),
    ] {
        let mut body = payment_body();
        body[name] = value;
        assert!(
            matches!(read(body, begin_payment), Err(Fault::Process(_))),
            "{name}"
        );
    }
}

#[test]
fn what_the_browser_shows_is_read_whole() {
    let with = |spc: Value| {
        let mut body = payment_body();
        body["method"] = "secure_payment_confirmation".into();
        body["spc"] = spc;
        read(body, begin_payment)
    };
    let good = json!({
        "caller_origin": "https://shop.example",
        "payee_origin": "https://payee.example",
        "instrument": { "display_name": "Card", "icon": "data:image/png;base64,AA" },
    });
    let Ok(Command::BeginPayment {
        method: Method::SecurePaymentConfirmation(terms),
        ..
    }) = with(good.clone())
    else {
        panic!("good terms are refused");
    };
    assert_eq!(terms.top_origin, "https://shop.example");
    assert!(terms.instrument.icon_must_be_shown);
    for origin in ["http://payee.example", "https://payee.example/", "payee"] {
        let mut bad = good.clone();
        bad["payee_origin"] = origin.into();
        assert!(matches!(with(bad), Err(Fault::Validate(_))), "{origin}");
    }
    assert_eq!(
        with(json!({})),
        Err(validate(
            "spc.caller_origin is a required field and spc.instrument.display_name is a required \
             field and spc.instrument.icon is a required field"
        ))
    );
    assert_eq!(
        with(json!({ "instrument": { "name": 1 } })),
        Err(process(
            "spc.instrument.name is not known here: send display_name, icon, details, \
             icon_must_be_shown"
        ))
    );
}
