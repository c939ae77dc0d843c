//! Every example of W3C WebAuthn Level 3 §16, through the public doors.

use serde::Deserialize;
use verify::webauthn::{
    AndroidKeyPolicy, AssertionExpect, AttestationTrust, CredentialRecord, CrossOrigin,
    ExpectedUser, ParsedKey, RegistrationExpect, Rejection, RelyingParty, TopOrigins, TrustStore,
    UserVerification, VerifiedAssertion, VerifiedRegistration, assertion, registration,
};
use wire::Timestamp;
use wire::encoding::{base64url, hex};
use wire::webauthn::{AssertionResponse, CoseAlgorithm, RegistrationResponse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    #[serde(rename = "about")]
    _about: String,
    rp_id: String,
    attestation_root: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    origin: String,
    cross_origin: bool,
    top_origin: Option<String>,
    algorithm: i64,
    format: String,
    kind: String,
    credential_id: String,
    public_key: String,
    aaguid: String,
    registration: Registration,
    authentication: Authentication,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    challenge: String,
    client_data_json: String,
    attestation_object: String,
    flags: u8,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    challenge: String,
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    flags: u8,
    expect: String,
}

/// Midsummer 2026: the certificates are valid from 2024 to 3024.
const NOW: Timestamp = Timestamp::from_millis(1_782_000_000_000);

fn vectors() -> Vectors {
    testkit::vectors::read("webauthn/w3c.json")
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("vectors are hexadecimal")
}

/// A relying party that judges every chain and would take any algorithm.
fn strict(vectors: &Vectors, case: &Case) -> (RelyingParty, TrustStore) {
    let mut rp = RelyingParty::new(&vectors.rp_id, &[&case.origin]);
    rp.user_verification = UserVerification::Preferred;
    rp.algorithms = CoseAlgorithm::ALL.to_vec();
    rp.attestation.trust = AttestationTrust::IfPresent;
    if case.cross_origin {
        let listed = case.top_origin.iter().cloned().collect();
        rp.cross_origin = CrossOrigin::Allow(TopOrigins::Listed(listed));
    }
    let mut trust = TrustStore::empty();
    trust
        .add(&bytes(&vectors.attestation_root))
        .expect("the root is a certificate");
    (rp, trust)
}

fn register(
    (rp, trust): &(RelyingParty, TrustStore),
    case: &Case,
    edit: impl FnOnce(&mut RegistrationResponse),
) -> Result<VerifiedRegistration, Rejection> {
    let mut response = RegistrationResponse {
        credential_id: bytes(&case.credential_id),
        client_data_json: bytes(&case.registration.client_data_json),
        attestation_object: bytes(&case.registration.attestation_object),
        ..RegistrationResponse::default()
    };
    edit(&mut response);
    let challenge = bytes(&case.registration.challenge);
    registration::finish(
        rp,
        &RegistrationExpect::new(&challenge),
        &response,
        NOW,
        trust,
    )
}

fn authenticate(
    rp: &RelyingParty,
    case: &Case,
    edit: impl FnOnce(&mut AssertionResponse),
) -> Result<VerifiedAssertion, Rejection> {
    let id = bytes(&case.credential_id);
    let mut response = AssertionResponse {
        credential_id: id.clone(),
        client_data_json: bytes(&case.authentication.client_data_json),
        authenticator_data: bytes(&case.authentication.authenticator_data),
        signature: bytes(&case.authentication.signature),
        ..AssertionResponse::default()
    };
    edit(&mut response);
    let key = ParsedKey::from_cose(&bytes(&case.public_key))?;
    let credential = CredentialRecord {
        id: &id,
        key: &key,
        user_handle: b"user",
        rp_id_hash: None,
        sign_count: 0,
        backup_eligible: None,
        enabled: true,
    };
    let challenge = bytes(&case.authentication.challenge);
    let expect = AssertionExpect::new(&challenge, ExpectedUser::Identified(b"user"));
    assertion::finish(rp, &expect, &response, Some(&credential))
}

/// `ok`, or the code of the rejection.
fn outcome<T>(result: &Result<T, Rejection>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(rejection) => rejection.code(),
    }
}

/// The one example that follows §8.4 only leniently.
fn is_silent_about_origin(case: &Case) -> bool {
    case.format == "android-key"
}

#[test]
fn every_registration_comes_out_as_expected() {
    let vectors = vectors();
    assert_eq!(vectors.cases.len(), 15);
    for case in &vectors.cases {
        let mut party = strict(&vectors, case);
        if is_silent_about_origin(case) {
            party.0.attestation.android_key = AndroidKeyPolicy::Lenient;
        }
        let result = register(&party, case, |_| {});
        assert_eq!(outcome(&result), case.registration.expect, "{}", case.name);
        let Ok(verified) = result else { continue };
        assert_eq!(
            verified.credential_id(),
            bytes(&case.credential_id),
            "{}",
            case.name
        );
        assert_eq!(
            verified.public_key(),
            bytes(&case.public_key),
            "{}",
            case.name
        );
        assert_eq!(
            verified.algorithm().number(),
            case.algorithm,
            "{}",
            case.name
        );
        assert_eq!(
            verified.flags().as_byte(),
            case.registration.flags,
            "{}",
            case.name
        );
        assert_eq!(verified.aaguid()[..], bytes(&case.aaguid), "{}", case.name);
        let attestation = verified.attestation();
        assert_eq!(
            attestation.format.identifier(),
            case.format,
            "{}",
            case.name
        );
        assert_eq!(attestation.kind.name(), case.kind, "{}", case.name);
        let has_chain = !["none", "self"].contains(&case.kind.as_str());
        assert_eq!(attestation.trusted, has_chain, "{}", case.name);
    }
}

#[test]
fn every_authentication_comes_out_as_expected() {
    let vectors = vectors();
    for case in &vectors.cases {
        let (rp, _) = strict(&vectors, case);
        let result = authenticate(&rp, case, |_| {});
        assert_eq!(
            outcome(&result),
            case.authentication.expect,
            "{}",
            case.name
        );
        let Ok(verified) = result else { continue };
        assert_eq!(
            verified.flags().as_byte(),
            case.authentication.flags,
            "{}",
            case.name
        );
    }
}

#[test]
fn refuses_each_registration_with_one_bit_flipped() {
    let vectors = vectors();
    for case in vectors
        .cases
        .iter()
        .filter(|case| case.registration.expect == "ok")
    {
        let party = strict(&vectors, case);
        let challenge = register(&party, case, |response| {
            // The challenge begins at byte 38, after `{"type":"webauthn.create","challenge":"`.
            response.client_data_json[39] ^= 0x01;
        });
        assert_eq!(outcome(&challenge), "challenge_mismatch", "{}", case.name);
    }
}

#[test]
fn refuses_each_authentication_with_one_byte_changed() {
    let vectors = vectors();
    for case in vectors
        .cases
        .iter()
        .filter(|case| case.authentication.expect == "ok")
    {
        let (rp, _) = strict(&vectors, case);
        let counter = authenticate(&rp, case, |response| response.authenticator_data[36] ^= 1);
        assert_eq!(outcome(&counter), "signature_invalid", "{}", case.name);
        let rp_id = authenticate(&rp, case, |response| response.authenticator_data[0] ^= 1);
        assert_eq!(outcome(&rp_id), "rp_id_hash_mismatch", "{}", case.name);
        let presence = authenticate(&rp, case, |response| response.authenticator_data[32] ^= 1);
        assert_eq!(outcome(&presence), "user_presence_missing", "{}", case.name);
    }
}

#[test]
fn refuses_every_chain_without_its_root() {
    let vectors = vectors();
    for case in vectors
        .cases
        .iter()
        .filter(|case| case.registration.expect == "ok")
    {
        let (rp, _) = strict(&vectors, case);
        let has_chain = !["none", "self"].contains(&case.kind.as_str());
        let expected = match has_chain {
            true if is_silent_about_origin(case) => "att_android_key_origin",
            true => "att_untrusted_root",
            false => "ok",
        };
        let result = register(&(rp, TrustStore::empty()), case, |_| {});
        assert_eq!(outcome(&result), expected, "{}", case.name);
    }
}

#[test]
fn refuses_statements_that_say_nothing_where_trust_is_required() {
    let vectors = vectors();
    for case in &vectors.cases {
        let mut party = strict(&vectors, case);
        party.0.attestation.trust = AttestationTrust::Required;
        let expected = match case.kind.as_str() {
            "none" => "att_fmt_not_allowed",
            "self" => "att_type_not_allowed",
            _ => continue,
        };
        assert_eq!(
            outcome(&register(&party, case, |_| {})),
            expected,
            "{}",
            case.name
        );
    }
}

#[test]
fn t34_refuses_frames_where_none_are_allowed() {
    let vectors = vectors();
    for case in vectors.cases.iter().filter(|case| case.cross_origin) {
        let mut party = strict(&vectors, case);
        party.0.cross_origin = CrossOrigin::Deny;
        let result = register(&party, case, |_| {});
        assert_eq!(
            outcome(&result),
            "cross_origin_not_allowed",
            "{}",
            case.name
        );
        if case.top_origin.is_some() {
            party.0.cross_origin = CrossOrigin::Allow(TopOrigins::Listed(Vec::new()));
            let result = register(&party, case, |_| {});
            assert_eq!(outcome(&result), "top_origin_mismatch", "{}", case.name);
        }
    }
}

/// The limited verification algorithm of §5.8.1.2, which never parses: a second opinion on every
/// client data that the full parse believed (threat T46).
fn passes_limited_verification(
    client_data: &[u8],
    kind: &str,
    challenge: &str,
    case: &Case,
) -> bool {
    let mut expected = format!(
        r#"{{"type":"{kind}","challenge":"{}","origin":"{}","crossOrigin":{}"#,
        base64url::encode(bytes(challenge)),
        case.origin,
        case.cross_origin,
    );
    if let Some(top_origin) = &case.top_origin {
        expected.push_str(&format!(r#","topOrigin":"{top_origin}""#));
    }
    match client_data.strip_prefix(expected.as_bytes()) {
        Some(rest) => rest == b"}" || rest.starts_with(b","),
        None => false,
    }
}

#[test]
fn t46_the_limited_verification_algorithm_agrees() {
    let vectors = vectors();
    for case in &vectors.cases {
        for (kind, challenge, client_data) in [
            (
                "webauthn.create",
                &case.registration.challenge,
                &case.registration.client_data_json,
            ),
            (
                "webauthn.get",
                &case.authentication.challenge,
                &case.authentication.client_data_json,
            ),
        ] {
            let client_data = bytes(client_data);
            assert!(
                passes_limited_verification(&client_data, kind, challenge, case),
                "{} {kind}",
                case.name
            );
        }
    }
}

#[test]
fn refuses_every_registration_with_any_signed_byte_changed() {
    let vectors = vectors();
    // `none` signs nothing, and U2F neither flags, counter nor AAGUID.
    let is_all_signed = |case: &&Case| !["none", "fido-u2f"].contains(&case.format.as_str());
    for case in vectors.cases.iter().filter(is_all_signed) {
        let mut party = strict(&vectors, case);
        party.0.attestation.android_key = AndroidKeyPolicy::Lenient;
        for index in 0..case.registration.attestation_object.len() / 2 {
            let result = register(&party, case, |response| {
                response.attestation_object[index] ^= 1 << (index % 8);
            });
            assert!(result.is_err(), "{} byte {index}", case.name);
        }
    }
}

#[test]
fn refuses_every_authentication_with_any_byte_changed() {
    type Part = fn(&mut AssertionResponse) -> &mut Vec<u8>;
    let parts: [Part; 3] = [
        |response| &mut response.client_data_json,
        |response| &mut response.authenticator_data,
        |response| &mut response.signature,
    ];
    let vectors = vectors();
    for case in &vectors.cases {
        let (rp, _) = strict(&vectors, case);
        for part in parts {
            let mut length = 0;
            let _ = authenticate(&rp, case, |response| length = part(response).len());
            for index in 0..length {
                let result = authenticate(&rp, case, |response| {
                    part(response)[index] ^= 1 << (index % 8);
                });
                assert!(result.is_err(), "{} byte {index}", case.name);
            }
        }
    }
}

#[test]
fn refuses_every_registration_that_is_cut_short() {
    let vectors = vectors();
    for case in &vectors.cases {
        let party = strict(&vectors, case);
        for length in 0..case.registration.attestation_object.len() / 2 {
            let result = register(&party, case, |response| {
                response.attestation_object.truncate(length);
            });
            assert_eq!(outcome(&result), "attobj_cbor", "{} at {length}", case.name);
        }
    }
}
