//! Personas are deterministic and make what the wire accepts.

use testkit::authenticator::{UV, statement};
use testkit::keys::alg;
use testkit::{ApiKey, Passkey};
use wire::stamp::{ApiKeyStamp, Scheme, WebAuthnStamp};
use wire::webauthn::{
    AssertionResponse, AttestationObject, AuthenticatorData, RegistrationResponse,
};

#[test]
fn an_api_key_stamps_the_same_body_the_same_way() {
    for scheme in Scheme::ALL {
        let (_, stamp) = ApiKey::new(scheme, 7).stamp(b"{}");
        assert_eq!(ApiKey::new(scheme, 7).stamp(b"{}").1, stamp);
        assert_ne!(ApiKey::new(scheme, 8).stamp(b"{}").1, stamp);
        let read = ApiKeyStamp::parse(&stamp).unwrap();
        assert_eq!(read.scheme, scheme);
        assert_eq!(read.public_key, ApiKey::new(scheme, 7).public_key());
    }
}

#[test]
fn a_passkey_registers_and_stamps() {
    for algorithm in [alg::ES256, alg::ES384, alg::ES256K, alg::EDDSA, alg::RS256] {
        let passkey = Passkey::new(algorithm, 7, "example.org", "https://example.org");
        let attestation = passkey.attestation(b"challenge");
        let object = AttestationObject::parse(&attestation.attestation_object).unwrap();
        let data = AuthenticatorData::parse(object.authenticator_data).unwrap();
        let credential = data.attested_credential.unwrap();
        assert_eq!(credential.credential_id, passkey.credential_id());
        assert_eq!(credential.public_key, passkey.public_key());
        assert_eq!(data.rp_id_hash, &passkey.rp_id_hash());

        let (_, stamp) = passkey.stamp(b"{}");
        assert_eq!(passkey.stamp(b"{}").1, stamp);
        assert_eq!(
            WebAuthnStamp::parse(&stamp).unwrap().credential_id,
            passkey.credential_id()
        );
    }
}

#[test]
fn answers_are_written_as_pages_post_them() {
    let passkey = Passkey::es256(7, "example.org", "https://example.org");
    let attestation = passkey.attestation(b"challenge");
    let read = RegistrationResponse::from_json(attestation.to_json().to_string().as_bytes());
    assert_eq!(
        read.unwrap().attestation_object,
        attestation.attestation_object
    );

    let assertion = passkey.assertion(b"challenge");
    for handle in [None, Some(&b"user"[..])] {
        let json = assertion.to_json(handle).to_string();
        let read = AssertionResponse::from_json(json.as_bytes()).unwrap();
        assert_eq!(read.signature, assertion.signature);
        assert_eq!(read.user_handle.as_deref(), handle);
    }
}

#[test]
fn every_part_of_an_answer_can_be_changed_before_it_is_signed() {
    let passkey = Passkey::es256(7, "example.org", "https://example.org");
    let assertion = passkey.assertion_with(b"challenge", |client, data| {
        client.set("crossOrigin", true);
        data.flags &= !UV;
        data.sign_count = 9;
    });
    let client = String::from_utf8(assertion.client_data_json).unwrap();
    assert!(client.ends_with(r#""crossOrigin":true}"#));
    let data = AuthenticatorData::parse(&assertion.authenticator_data).unwrap();
    assert!(!data.flags.user_verified());
    assert_eq!(data.sign_count, 9);

    let attestation = passkey.attestation_with(
        b"challenge",
        |_, data| data.credential().aaguid = [7; 16],
        |key, data, hash| {
            (
                "packed",
                statement::packed_self(alg::ES256, key, data, hash),
            )
        },
    );
    let object = AttestationObject::parse(&attestation.attestation_object).unwrap();
    assert_eq!(object.format, "packed");
}
