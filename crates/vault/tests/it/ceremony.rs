//! Ceremonies, which only `verify` can see through: a software authenticator does its part.

use testkit::authenticator::{AuthData, Passkey};
use testkit::encode::cbor::Cbor;
use verify::webauthn::{
    AssertionExpect, CredentialRecord, ExpectedUser, ParsedKey, RegistrationExpect, RelyingParty,
    TrustStore, UserVerification, VerifiedAssertion, VerifiedRegistration, assertion, registration,
};
use wire::Timestamp;
use wire::webauthn::{AssertionResponse, RegistrationResponse};

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const CHALLENGE: &[u8] = b"a challenge";

/// The registration of passkey number `passkey` and an assertion by it, both with their
/// authenticator data changed by `edit`.
pub fn ceremonies(
    passkey: u64,
    edit: impl Fn(&mut AuthData),
) -> (VerifiedRegistration, VerifiedAssertion) {
    let passkey = Passkey::es256(passkey, RP_ID, ORIGIN);
    let mut rp = RelyingParty::new(RP_ID, &[ORIGIN]);
    rp.user_verification = UserVerification::Preferred;

    let none = |_: &_, _: &[u8], _: &[u8; 32]| ("none", Cbor::Map(vec![]));
    let made = passkey.attestation_with(CHALLENGE, |_, data| edit(data), none);
    let response = RegistrationResponse {
        credential_id: made.credential_id,
        client_data_json: made.client_data_json,
        attestation_object: made.attestation_object,
        ..RegistrationResponse::default()
    };
    let (expect, now) = (
        RegistrationExpect::new(CHALLENGE),
        Timestamp::from_millis(1_782_000_000_000),
    );
    let registered =
        registration::finish(&rp, &expect, &response, now, &TrustStore::default()).unwrap();

    let answer = passkey.assertion_with(CHALLENGE, |_, data| edit(data));
    let response = AssertionResponse {
        credential_id: answer.credential_id,
        client_data_json: answer.client_data_json,
        authenticator_data: answer.authenticator_data,
        signature: answer.signature,
        ..AssertionResponse::default()
    };
    let record = CredentialRecord {
        id: passkey.credential_id(),
        key: &ParsedKey::from_cose(&passkey.public_key()).unwrap(),
        user_handle: b"u-42",
        rp_id_hash: None,
        sign_count: 0,
        backup_eligible: None,
        enabled: true,
    };
    let expect = AssertionExpect::new(CHALLENGE, ExpectedUser::Identified(b"u-42"));
    let asserted = assertion::finish(&rp, &expect, &response, Some(&record)).unwrap();
    (registered, asserted)
}
