//! The negative corpus, through the functions that a server calls: every case is refused by the
//! check it is meant for, and every control beside it accepted.

use serde_json::Value;
use testkit::negative::{self, Case, Ceremony, Context, StampCase};
use verify::stamp::{self, Body, KeyCache, PasskeyRecord};
use verify::webauthn::{
    AndroidKeyPolicy, AssertionExpect, AttestationFormat, AttestationTrust, CredentialRecord,
    CrossOrigin, ExpectedUser, Origins, ParsedKey, Profile, RegistrationExpect, RelyingParty,
    TopOrigins, TrustStore, UserVerification, assertion, registration,
};
use wire::Timestamp;
use wire::stamp::{ApiKeyStamp, WebAuthnStamp};
use wire::webauthn::{AssertionResponse, CoseAlgorithm, RegistrationResponse};

/// Within the validity of every certificate of the corpus.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

#[test]
fn every_case_ends_as_the_corpus_says() {
    let cases: Vec<Case> = testkit::vectors::read(negative::FILE);
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let got = judge(case);
            let line = format!("{} ({}): {got}, not {}", case.id, case.what, case.expect);
            (got != case.expect).then_some(line)
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_stamp_by_an_api_key_ends_as_its_corpus_says() {
    let cases: Vec<StampCase> = testkit::vectors::read(negative::STAMPS_FILE);
    assert_eq!(cases.len(), negative::stamp_cases().len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let got = api_key(case).map_or_else(|code| code, |()| "accept".to_owned());
            let line = format!("{} ({}): {got}, not {}", case.id, case.what, case.expect);
            (got != case.expect).then_some(line)
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn api_key(case: &StampCase) -> Result<(), String> {
    let stamp = ApiKeyStamp::parse(&case.header).map_err(|error| error.code())?;
    let registered = wire::encoding::hex::decode(&case.public_key).expect("a key is hexadecimal");
    let body = bytes(&case.body);
    let body = Body::new(&body);
    stamp::api_key::check(&stamp, case.curve, &registered, &body, &KeyCache::new(0))
        .map(|proof| assert_eq!(proof.public_key().as_bytes(), registered))
        .map_err(|rejection| rejection.code().to_owned())
}

#[test]
fn the_corpus_has_every_number_of_every_group() {
    let cases: Vec<Case> = testkit::vectors::read(negative::FILE);
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let mut expected = Vec::new();
    for (group, count) in [
        ("ENV", 35),
        ("CD", 144),
        ("AO", 25),
        ("AD", 32),
        ("CK", 38),
        ("NONE", 2),
        ("SELF", 20),
        ("FULL", 28),
        ("U2F", 14),
        ("TPM", 29),
        ("AKEY", 18),
        ("APPLE", 8),
        ("CMP", 9),
        ("AE", 33),
        ("AA", 25),
        ("SG", 33),
        ("SP", 45),
    ] {
        expected.extend((1..=count).map(|number| format!("{group}-{number:02}")));
    }
    assert_eq!(ids, expected);
    assert_eq!(ids.len(), 538);
}

/// `accept`, or the code of the refusal.
fn judge(case: &Case) -> String {
    let verdict = match case.ceremony {
        Ceremony::Registration => register(case),
        Ceremony::Assertion => assert(case),
        Ceremony::Stamp => stamp(case),
    };
    verdict.map_or_else(|code| code, |()| "accept".to_owned())
}

fn register(case: &Case) -> Result<(), String> {
    let context = &case.context;
    let response = RegistrationResponse::from_json(text(&case.input, "body").as_bytes())
        .map_err(|error| error.code().to_owned())?;
    let registered: Vec<Vec<u8>> = context.registered.iter().map(|id| bytes(id)).collect();
    let registered: Vec<&[u8]> = registered.iter().map(Vec::as_slice).collect();
    let challenge = bytes(&context.challenge);
    let expect = RegistrationExpect {
        conditional: context.conditional,
        registered: &registered,
        ..RegistrationExpect::new(&challenge)
    };
    let mut trust = TrustStore::empty();
    for anchor in context.attestation.anchors.iter().flatten() {
        trust
            .add(&bytes(anchor))
            .expect("an anchor is a certificate");
    }
    registration::finish(&relying_party(context), &expect, &response, NOW, &trust)
        .map(|verified| assert_eq!(verified.credential_id(), response.credential_id))
        .map_err(|rejection| rejection.code().to_owned())
}

fn assert(case: &Case) -> Result<(), String> {
    let context = &case.context;
    let response = AssertionResponse::from_json(text(&case.input, "body").as_bytes())
        .map_err(|error| error.code().to_owned())?;
    let stored = context.credential.as_ref().map(|stored| {
        let key = ParsedKey::from_cose(&bytes(&stored.public_key)).expect("a stored key is good");
        (bytes(&stored.id), key, bytes(&stored.user_handle), stored)
    });
    let record = stored
        .as_ref()
        .map(|(id, key, user_handle, stored)| CredentialRecord {
            id,
            key,
            user_handle,
            rp_id_hash: None,
            sign_count: stored.sign_count,
            backup_eligible: Some(stored.backup_eligible),
            enabled: stored.enabled,
        });
    let user = context.user.as_ref().map(|handle| bytes(handle));
    let allowed: Vec<Vec<u8>> = context.allowed.iter().map(|id| bytes(id)).collect();
    let allowed: Vec<&[u8]> = allowed.iter().map(Vec::as_slice).collect();
    let challenge = bytes(&context.challenge);
    let expect = AssertionExpect {
        allowed: &allowed,
        app_id: context.app_id.as_deref(),
        ..AssertionExpect::new(
            &challenge,
            user.as_deref()
                .map_or(ExpectedUser::Discoverable, ExpectedUser::Identified),
        )
    };
    assertion::finish(&relying_party(context), &expect, &response, record.as_ref())
        .map(|verified| assert_eq!(verified.credential_id(), response.credential_id))
        .map_err(|rejection| rejection.code().to_owned())
}

fn stamp(case: &Case) -> Result<(), String> {
    let context = &case.context;
    let stamp = WebAuthnStamp::parse(text(&case.input, "header")).map_err(|error| error.code())?;
    // A store that has no such credential in this tenant leaves nothing to check against.
    let stored = context.credential.as_ref().ok_or("credential_unknown")?;
    let passkey = PasskeyRecord {
        credential_id: bytes(&stored.id),
        public_key: bytes(&stored.public_key),
        rp_id_hash: testkit::encode::sha256(&[context.rp_id.as_bytes()]),
        backup_eligible: stored.backup_eligible,
        sign_count: stored.sign_count,
        enabled: stored.enabled,
    };
    let body = bytes(text(&case.input, "body"));
    let body = Body::new(&body);
    stamp::webauthn::check(
        &stamp,
        &body,
        &relying_party(context),
        &passkey,
        &KeyCache::new(0),
    )
    .map(|proof| assert_eq!(proof.body_sha256(), body.sha256()))
    .map_err(|rejection| rejection.code().to_owned())
}

fn relying_party(context: &Context) -> RelyingParty {
    let judgement = &context.attestation;
    let mut rp = RelyingParty::new(&context.rp_id, &[]);
    rp.origins = Origins::Exact(context.origins.clone());
    if let Some(listed) = &context.top_origins {
        rp.cross_origin = CrossOrigin::Allow(TopOrigins::Listed(listed.clone()));
    }
    rp.user_verification = match context.user_verification.as_str() {
        "required" => UserVerification::Required,
        "preferred" => UserVerification::Preferred,
        "discouraged" => UserVerification::Discouraged,
        other => panic!("user verification {other}"),
    };
    rp.algorithms = context
        .algorithms
        .iter()
        .map(|number| CoseAlgorithm::from_number(*number).expect("an algorithm we know"))
        .collect();
    if context.conformance {
        rp.profile = Profile::FidoConformance;
    }
    if let Some(formats) = &judgement.formats {
        rp.attestation.formats = formats
            .iter()
            .map(|name| AttestationFormat::from_identifier(name).expect("a format we know"))
            .collect();
    }
    rp.attestation.trust = match (&judgement.anchors, judgement.demand_certificates) {
        (_, true) => AttestationTrust::Required,
        (Some(_), false) => AttestationTrust::IfPresent,
        (None, false) => AttestationTrust::NotJudged,
    };
    rp.attestation.aaguids = judgement.aaguids.as_ref().map(|listed| {
        listed
            .iter()
            .map(|id| wire::encoding::hex::decode_array(id).expect("an AAGUID"))
            .collect()
    });
    rp.attestation.android_key = match judgement.android_key.as_deref() {
        None | Some("union") => AndroidKeyPolicy::Either,
        Some("tee") => AndroidKeyPolicy::TrustedEnvironment,
        Some("lenient") => AndroidKeyPolicy::Lenient,
        Some(other) => panic!("android key policy {other}"),
    };
    rp
}

fn text<'a>(input: &'a Value, name: &str) -> &'a str {
    input[name].as_str().expect("inputs are text")
}

fn bytes(text: &str) -> Vec<u8> {
    wire::encoding::base64url::decode(text).expect("bytes in a vector are base64url")
}
