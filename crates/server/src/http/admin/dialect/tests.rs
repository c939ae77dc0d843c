use rules::tenant::config::Profile;
use serde_json::json;

use super::*;

fn tenant() -> TenantId {
    TenantId::from_bytes([7; 16])
}

/// The least a tenant must be given.
fn least() -> Value {
    json!({
        "display_name": "T",
        "config": {
            "cors": { "allowed_origins": ["https://app.example"], "allow_unsafe_wildcard": false },
            "webauthn": {
                "relying_party": {
                    "id": "example", "display_name": "T", "origins": ["https://app.example"],
                },
                "timeout": 60000,
            },
        },
    })
}

/// The least, with one member set.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = least();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

fn created(body: &Value) -> Read<Config> {
    match creation(tenant(), body.to_string().as_bytes())? {
        Command::CreateTenant { config, .. } => Ok(*config),
        other => panic!("{other:?}"),
    }
}

/// What is told of a body that is not taken.
fn fault(body: &Value) -> String {
    told(created(body))
}

fn told<T: std::fmt::Debug>(read: Read<T>) -> String {
    match read.unwrap_err() {
        Fault::Process(told) | Fault::Validate(told) => told,
        Fault::Envelope(code) => panic!("{code}"),
    }
}

fn read<T>(body: &Value, read: impl Fn(&[u8]) -> Read<T>) -> Read<T> {
    read(body.to_string().as_bytes())
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_protocol() {
    let command = read(&least(), |body| creation(tenant(), body)).unwrap();
    let Command::CreateTenant {
        tenant: made,
        name,
        config,
        with_key,
    } = command
    else {
        panic!("{command:?}");
    };
    assert_eq!((made, name.as_str(), with_key), (tenant(), "T", false));
    let passkeys = Ceremonies {
        timeout: 60_000,
        ..PASSKEY
    };
    assert_eq!(config.webauthn.ceremonies, passkeys);
    let second_factors = Ceremonies {
        timeout: 60_000,
        ..MFA
    };
    assert_eq!(config.mfa, second_factors);
    assert_eq!(config.zegel, Extras::default());
    // As somebody reads it who looks the tenant up.
    assert_eq!(
        serde_json::to_value(&config.mfa).unwrap(),
        json!({
            "timeout": 60000, "user_verification": "preferred", "attachment": "cross-platform",
            "attestation_preference": "direct", "resident_key_requirement": "discouraged",
        })
    );
    assert_eq!(
        serde_json::to_value(&config.webauthn).unwrap(),
        json!({
            "relying_party": {
                "id": "example", "display_name": "T", "origins": ["https://app.example"],
            },
            "timeout": 60000, "user_verification": "required",
            "attestation_preference": "direct", "resident_key_requirement": "required",
        })
    );
}

#[test]
fn what_is_said_is_taken() {
    let mut body = least();
    body["create_api_key"] = json!(true);
    body["config"]["webauthn"]["user_verification"] = json!("preferred");
    body["config"]["webauthn"]["attachment"] = json!("platform");
    body["config"]["webauthn"]["relying_party"]["icon"] = json!("https://app.example/i.png");
    body["config"]["mfa"] = json!({
        "timeout": 1000, "attachment": "platform", "resident_key_requirement": "required",
    });
    body["config"]["zegel"] = json!({
        "token_algorithm": "ES256", "profile": "fido_conformance",
        "return_urls": ["https://app.example/done"],
    });
    let config = created(&body).unwrap();
    assert_eq!(
        config.webauthn.ceremonies.attachment,
        Some(Attachment::Platform)
    );
    assert_eq!(config.mfa.timeout, 1000);
    assert_eq!(config.mfa.user_verification, Preference::Preferred);
    assert_eq!(config.mfa.resident_key_requirement, Preference::Required);
    assert_eq!(config.zegel.profile, Profile::FidoConformance);
}

#[test]
fn a_configuration_that_was_read_can_be_written_back() {
    let mut body = least();
    body["config"]["zegel"] = json!({ "issuer": "https://keys.example" });
    let config = created(&body).unwrap();
    let shown = serde_json::to_value(&config).unwrap();
    let Command::ConfigureTenant { config: again } = read(&shown, configuration).unwrap() else {
        panic!("another command");
    };
    assert_eq!(*again, config);
}

#[test]
fn an_empty_body_is_told_everything_that_is_missing_in_the_order_clients_know() {
    let expected = "display_name is a required field and allowed_origins is a required field and \
                    allow_unsafe_wildcard is a required field and id is a required field and \
                    display_name is a required field and origins is a required field and \
                    timeout is a required field";
    for body in [json!({}), json!(null), json!({ "config": null })] {
        assert_eq!(fault(&body), expected);
    }
    assert_eq!(
        told(read(&json!({}), configuration)),
        expected
            .strip_prefix("display_name is a required field and ")
            .unwrap()
    );
    assert_eq!(
        told(read(&json!({}), renaming)),
        "display_name is a required field"
    );
    for named in [api_key, token_key] {
        assert_eq!(told(read(&json!({}), named)), "name is a required field");
    }
}

#[test]
fn what_is_wrong_is_named_in_the_words_clients_know() {
    for (pointer, value, expected) in [
        (
            "/display_name",
            json!(""),
            "display_name is a required field",
        ),
        (
            "/config/cors/allowed_origins",
            json!([]),
            "allowed_origins must at least have 1 entry",
        ),
        (
            "/config/webauthn/relying_party/origins",
            json!([]),
            "origins must at least have 1 entry",
        ),
        (
            "/config/webauthn/relying_party/icon",
            json!("no url"),
            "icon must be a valid URL",
        ),
        (
            "/config/webauthn/timeout",
            json!(0),
            "timeout is a required field",
        ),
        (
            "/config/webauthn/timeout",
            json!(-1),
            "timeout must be between 1 and 3600000 milliseconds",
        ),
        (
            "/config/webauthn/timeout",
            json!(u64::MAX),
            "timeout must be between 1 and 3600000 milliseconds",
        ),
        (
            "/config/webauthn/user_verification",
            json!("always"),
            "user_verification must be one of 'required preferred discouraged'",
        ),
        (
            "/config/webauthn/attachment",
            json!(""),
            "attachment must be one of 'platform cross-platform'",
        ),
        (
            "/config/webauthn/attestation_preference",
            json!("DIRECT"),
            "attestation_preference must be one of 'none indirect direct enterprise'",
        ),
        (
            "/config/webauthn/resident_key_requirement",
            json!("never"),
            "resident_key_requirement must be one of 'discouraged preferred required'",
        ),
        ("/config/mfa", json!({}), "timeout is a required field"),
        (
            "/display_name",
            json!("x".repeat(256)),
            "display_name cannot have more than 255 entries",
        ),
        (
            "/display_name",
            json!("a\0b"),
            "display_name must not contain the character NUL",
        ),
        (
            "/config/webauthn/relying_party/id",
            json!("https://example.com"),
            "id must be a domain such as example.com, without scheme, port and path",
        ),
    ] {
        assert_eq!(fault(&with(pointer, value)), expected, "{pointer}");
    }
}

#[test]
fn a_wrong_shape_ends_the_reading() {
    for (pointer, value, expected) in [
        (
            "/display_name",
            json!(1),
            "expected=string, got=number, field=display_name",
        ),
        (
            "/config",
            json!([]),
            "expected=object, got=array, field=config",
        ),
        (
            "/config/cors/allowed_origins",
            json!("https://app.example"),
            "expected=[]string, got=string, field=config.cors.allowed_origins",
        ),
        (
            "/config/cors/allow_unsafe_wildcard",
            json!("no"),
            "expected=bool, got=string, field=config.cors.allow_unsafe_wildcard",
        ),
        (
            "/config/webauthn/timeout",
            json!(1.5),
            "expected=int, got=number, field=config.webauthn.timeout",
        ),
    ] {
        let fault = fault(&with(pointer, value));
        assert_eq!(fault, format!("Unmarshal type error: {expected}"));
    }
}

#[test]
fn names_of_members_match_in_any_case_and_null_is_nothing() {
    let body = json!({ "Display_Name": "Other", "display_NAME": null });
    assert!(
        read(&body, renaming).is_err(),
        "two spellings are one too many"
    );
    let body = json!({ "DISPLAY_NAME": "Other", "unknown": [1] });
    let renamed = read(&body, renaming).unwrap();
    assert_eq!(
        renamed,
        Command::RenameTenant {
            name: "Other".to_owned()
        }
    );
}

#[test]
fn origins_are_kept_as_browsers_spell_them() {
    for (given, kept) in [
        ("https://app.example", "https://app.example"),
        ("https://APP.example/", "https://app.example"),
        ("https://app.example:443", "https://app.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (
            "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck",
            "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck",
        ),
    ] {
        let body = with("/config/webauthn/relying_party/origins", json!([given]));
        let config = created(&body).unwrap();
        assert_eq!(config.webauthn.relying_party.origins, [kept]);
    }
    for given in [
        "",
        "app.example",
        "https://",
        "https://app.example/path",
        "https://app.example?q",
        "https://ada@app.example",
        "https://*.example",
        "chrome-extension://abc",
        "android:",
    ] {
        let body = with("/config/webauthn/relying_party/origins", json!([given]));
        let expected = format!("origins: {given:?} is not an origin such as https://example.com");
        assert_eq!(fault(&body), expected);
    }
}

#[test]
fn t138_an_unknown_member_of_ours_is_refused() {
    let body = with("/config/zegel", json!({ "return_url": [] }));
    assert!(fault(&body).starts_with("zegel: unknown field `return_url`"));
    let body = with(
        "/config/zegel",
        json!({ "attestation": { "require": true } }),
    );
    assert!(fault(&body).starts_with("zegel: unknown field `require`"));
    let body = with("/config/zegel", json!({ "token_algorithm": "none" }));
    assert!(fault(&body).starts_with("zegel: unknown variant `none`"));
}

#[test]
fn t50_people_are_led_back_to_whole_addresses_only() {
    for row in testkit::vectors::addresses("https://app.example") {
        let listed = with("/config/zegel", json!({ "return_urls": [row.address] }));
        // Pages lead back to the web alone.
        if row.back && row.address.starts_with("http") {
            created(&listed).unwrap();
        } else {
            let fault = fault(&listed);
            assert!(fault.starts_with("zegel.return_urls: "), "{row:?}: {fault}");
        }
    }
    created(&with(
        "/config/zegel",
        json!({ "return_urls": ["http://localhost:3000/a", "https://app.example/done"] }),
    ))
    .unwrap();
}
