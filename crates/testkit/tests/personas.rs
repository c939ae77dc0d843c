//! Personas are deterministic and make what the wire accepts.

use testkit::keys::alg;
use testkit::{ApiKey, Passkey};
use wire::stamp::{ApiKeyStamp, Scheme, WebAuthnStamp};
use wire::webauthn::{AttestationObject, AuthenticatorData};

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
