//! Receipts of confirmed transactions, and everything near them that proves nothing.

mod documents;

use documents::*;
use serde::Deserialize;
use serde_json::{Value, json};
use testkit::encode::{base64url, sha256};
use testkit::keys::alg;
use testkit::{BrowserKey, Passkey};
use verify::evidence::{self, EvidenceRejection, VerifiedConfirmation};
use verify::{receipt, transaction};
use wire::tenants::ConfirmationMethod;

fn judge(document: &str) -> Result<VerifiedConfirmation, EvidenceRejection> {
    evidence::verify(document, &log())
}

fn code(record: &Value) -> &'static str {
    judge(&document(record)).map_or_else(EvidenceRejection::code, |_| "accept")
}

/// `base` with the member at `pointer` set to `value`.
fn with(mut base: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    base.pointer_mut(parent).unwrap()[name] = value;
    base
}

fn without(mut base: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = base.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    base
}

/// `vectors/receipts/confirmations.json`, for verifiers in other languages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    log: String,
    confirmations: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    what: String,
    document: String,
    expect: String,
}

#[test]
fn t76_every_vector_ends_as_expected() {
    let vectors: Vectors = testkit::vectors::read("receipts/confirmations.json");
    let log = vectors.log.parse().expect("the vectors' key is in form");
    assert_eq!(vectors.confirmations.len(), 14);
    for case in vectors.confirmations {
        let judged = evidence::verify(&case.document, &log);
        let got = judged.map_or_else(EvidenceRejection::code, |_| "accept");
        assert_eq!(got, case.expect, "{} ({})", case.id, case.what);
    }
}

#[test]
fn t76_accepts_each_way_of_confirming_and_says_what_was_confirmed() {
    let verified = judge(&document(&by_webauthn())).unwrap();
    assert_eq!(verified.payment(), Some(&payment()));
    assert_eq!(verified.transaction().transaction_id, "order-1");
    assert_eq!(verified.tenant().to_string(), TENANT);
    assert_eq!(
        verified.event().to_string(),
        "01938b5e-7c00-7a00-8000-000000000001"
    );
    assert_eq!(verified.credential().id, passkey().credential_id());
    assert_eq!(verified.receipt().index(), 1);
    assert_eq!(verified.assertion().origin(), ORIGIN);

    let verified = judge(&document(&by_spc(None))).unwrap();
    assert_eq!(verified.assertion().origin(), SHOP);
    assert_eq!(verified.assertion().browser_bound_key(), None);

    for algorithm in [alg::ES256, alg::ES384, alg::RS256] {
        let browser = BrowserKey::new(algorithm, 1);
        let verified = judge(&document(&by_spc(Some(&browser)))).unwrap();
        assert_eq!(
            verified.assertion().browser_bound_key(),
            Some(&browser.public_key()[..])
        );
    }

    let verified = judge(&document(&compatible())).unwrap();
    assert_eq!(verified.payment(), None);
    assert_eq!(
        verified.transaction().payment,
        r#"{"payload":"\u003cLorem \u0026 Ipsum\u003e"}"#
    );
}

/// A byte changed in any of three ways, left out, or doubled, anywhere in the document that has
/// every member; and changed in one way in the others.
#[test]
fn t76_no_change_of_any_byte_survives() {
    let whole = document(&by_spc(Some(&BrowserKey::new(alg::ES256, 1))));
    let mut tried = 0;
    for document in [&whole, &document(&by_webauthn()), &document(&compatible())] {
        judge(document).expect("the document itself is good");
        for at in 0..document.len() {
            let byte = document.as_bytes()[at];
            let with = |middle: &[u8]| {
                let (before, after) = (&document.as_bytes()[..at], &document.as_bytes()[at + 1..]);
                [before, middle, after].concat()
            };
            let changes = [
                with(&[byte ^ 0x01]),
                with(&[byte ^ 0x20]),
                with(&[byte.wrapping_add(1)]),
                with(&[]),
                with(&[byte, byte]),
            ];
            let ways = if *document == whole { 5 } else { 1 };
            for changed in changes.into_iter().take(ways) {
                // What is not UTF-8 is no text, and so no document.
                let Ok(changed) = String::from_utf8(changed) else {
                    continue;
                };
                tried += 1;
                assert!(judge(&changed).is_err(), "byte {at} of\n{changed}");
            }
        }
    }
    assert!(tried > 20_000, "only {tried} changes were text");
}

/// A log that signs for anything, and members changed one at a time: what the passkey signed still
/// holds them together. Only the credential id is nothing but a name.
#[test]
fn t76_not_even_the_log_can_change_what_was_signed() {
    for (pointer, value, expected) in [
        (
            "/detail/transaction/tenantId",
            json!("0d8f4b8e-27c5-4b3a-9c55-0f5f8a3f6a12"),
            "record_of_another_event",
        ),
        (
            "/detail/transaction/userId",
            json!("bob"),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/transactionId",
            json!("order-2"),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/rpId",
            json!("shop.example"),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/expiresMs",
            json!(EXPIRES_MS + 1),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/digest",
            json!("00".repeat(32)),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/digest",
            json!("AA".repeat(32)),
            "record_malformed",
        ),
        (
            "/detail/transaction/version",
            json!(1),
            "payment_not_canonical",
        ),
        ("/detail/transaction/version", json!(3), "record_malformed"),
        (
            "/detail/transaction/method",
            json!("secure_payment_confirmation"),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/payment",
            json!("{}"),
            "payment_not_canonical",
        ),
        (
            "/detail/transaction/payment",
            json!(payment().canonical().replace("123", "923")),
            "digest_mismatch",
        ),
        (
            "/detail/transaction/payment",
            json!(format!(" {}", payment().canonical())),
            "payment_not_canonical",
        ),
        ("/detail/credential/id", json!("AAAA"), "accept"),
        (
            "/detail/credential/publicKey",
            json!(base64url(Passkey::es256(2, RP_ID, ORIGIN).public_key())),
            "signature_invalid",
        ),
        (
            "/detail/credential/backupEligible",
            json!(true),
            "backup_eligibility_changed",
        ),
        (
            "/detail/credential/backupState",
            json!(true),
            "credential_mismatch",
        ),
        (
            "/detail/credential/signCount",
            json!(7),
            "credential_mismatch",
        ),
        (
            "/detail/assertion/browserBoundSignature",
            json!("AAAA"),
            "terms_do_not_fit_method",
        ),
        (
            "/detail/expected/origins",
            json!(["https://other.example"]),
            "origin_mismatch",
        ),
        ("/detail/expected/origins", json!([]), "origin_mismatch"),
        ("/error", json!("declined"), "record_of_another_event"),
        (
            "/type",
            json!("webauthn_transaction_final_failed"),
            "record_of_another_event",
        ),
        ("/v", json!(2), "record_malformed"),
        ("/more", json!(1), "record_malformed"),
        ("/detail/more", json!(1), "record_malformed"),
        ("/detail/transaction/more", json!(1), "record_malformed"),
        ("/detail/credential/more", json!(1), "record_malformed"),
        ("/detail/assertion/more", json!(1), "record_malformed"),
        ("/detail/expected/more", json!(1), "record_malformed"),
    ] {
        assert_eq!(
            code(&with(by_webauthn(), pointer, value)),
            expected,
            "{pointer}"
        );
    }
}

/// The bytes the passkey signed, exchanged for others that it signed as well.
#[test]
fn t63_refuses_an_assertion_for_something_else() {
    let other = |challenge: &[u8]| {
        let answer = passkey().assertion(challenge);
        code(&with(by_webauthn(), "/detail/assertion", signed(&answer)))
    };
    let digest = digest(ConfirmationMethod::Webauthn);
    assert_eq!(other(&transaction::challenge([6; 32], digest)), "accept");
    assert_eq!(
        other(&transaction::challenge([5; 32], [0; 32])),
        "challenge_not_for_transaction"
    );
    assert_eq!(
        other(&transaction::challenge(digest, [5; 32])),
        "challenge_not_for_transaction"
    );
    assert_eq!(other(&digest), "challenge_not_for_transaction");
    assert_eq!(
        other(&[&[5; 33], &digest[..]].concat()),
        "challenge_not_for_transaction"
    );
}

#[test]
fn refuses_absent_presence_verification_and_rp_id() {
    use testkit::authenticator::{AuthData, UP, UV};
    type Edit = fn(&mut AuthData);
    let cases: [(Edit, &str); 3] = [
        (|data| data.flags = UV, "user_presence_missing"),
        (|data| data.flags = UP, "user_verification_missing"),
        (
            |data| data.rp_id_hash = sha256(&[b"shop.example"]),
            "rp_id_hash_mismatch",
        ),
    ];
    let challenge = transaction::challenge([5; 32], digest(ConfirmationMethod::Webauthn));
    for (edit, expected) in cases {
        let answer = passkey().assertion_with(&challenge, |_, data| edit(data));
        let record = with(by_webauthn(), "/detail/assertion", signed(&answer));
        assert_eq!(code(&record), expected);
    }
}

/// A frame is believed only where the record says which pages were accepted around it.
#[test]
fn refuses_a_frame_the_server_did_not_accept() {
    let challenge = transaction::challenge([5; 32], digest(ConfirmationMethod::Webauthn));
    let answer = passkey().assertion_with(&challenge, |client, _| {
        client.set("crossOrigin", true);
        client.set("topOrigin", SHOP);
    });
    let framed = with(by_webauthn(), "/detail/assertion", signed(&answer));
    assert_eq!(code(&framed), "cross_origin_not_allowed");
    let below = |origin| {
        with(
            framed.clone(),
            "/detail/expected/topOrigins",
            json!([origin]),
        )
    };
    assert_eq!(code(&below(ORIGIN)), "top_origin_mismatch");
    assert_eq!(code(&below(SHOP)), "accept");
}

#[test]
fn refuses_payment_confirmations_on_other_terms() {
    let browser = BrowserKey::new(alg::ES256, 1);
    let spc = || by_spc(Some(&browser));
    for (pointer, value, expected) in [
        (
            "/detail/expected/spc/callerOrigin",
            json!(ORIGIN),
            "origin_mismatch",
        ),
        (
            "/detail/expected/spc/topOrigin",
            json!(ORIGIN),
            "spc_top_origin_mismatch",
        ),
        (
            "/detail/expected/spc/payeeOrigin",
            json!(ORIGIN),
            "spc_payee_origin_mismatch",
        ),
        (
            "/detail/expected/spc/instrument/displayName",
            json!("X"),
            "spc_instrument_display_name_mismatch",
        ),
        (
            "/detail/expected/spc/instrument/icon",
            json!("X"),
            "spc_instrument_icon_mismatch",
        ),
        (
            "/detail/expected/spc/instrument/details",
            json!("X"),
            "spc_instrument_details_mismatch",
        ),
        (
            "/detail/expected/spc/instrument/iconMustBeShown",
            json!(false),
            "spc_icon_must_be_shown_mismatch",
        ),
        ("/detail/expected/spc/more", json!(1), "record_malformed"),
        (
            "/detail/assertion/browserBoundSignature",
            json!("MAA"),
            "browser_bound_signature_invalid",
        ),
    ] {
        assert_eq!(code(&with(spc(), pointer, value)), expected, "{pointer}");
    }
    assert_eq!(
        code(&without(spc(), "/detail/assertion/browserBoundSignature")),
        "browser_bound_signature_missing"
    );
    assert_eq!(
        code(&without(spc(), "/detail/expected/spc")),
        "terms_do_not_fit_method"
    );
}

/// Neither kind of signed bytes proves the other kind of confirmation.
#[test]
fn a_login_and_a_payment_never_stand_in_for_one_another() {
    let spc = by_spc(None);
    let terms = spc["detail"]["expected"]["spc"].clone();
    let superfluous = with(by_webauthn(), "/detail/expected/spc", terms.clone());
    assert_eq!(code(&superfluous), "terms_do_not_fit_method");

    let method = ConfirmationMethod::SecurePaymentConfirmation;
    let answer = passkey().assertion(&transaction::challenge([5; 32], digest(method)));
    let as_payment = with(spc, "/detail/assertion", signed(&answer));
    assert_eq!(code(&as_payment), "type_mismatch");

    let mut compatible = compatible();
    compatible["detail"]["transaction"]["method"] = json!(method);
    compatible["detail"]["expected"]["spc"] = terms;
    assert_eq!(code(&compatible), "terms_do_not_fit_method");
}

#[test]
fn refuses_compatible_data_in_another_spelling() {
    for data in [
        "{\"payload\":\"<Lorem & Ipsum>\"}",
        "{ }",
        "nonsense",
        "{\"a\":1,\"a\":2}",
    ] {
        let record = with(compatible(), "/detail/transaction/payment", json!(data));
        assert_eq!(code(&record), "payment_not_canonical", "{data}");
    }
    let record = with(compatible(), "/detail/transaction/payment", json!("{}"));
    assert_eq!(code(&record), "digest_mismatch");
}

#[test]
fn refuses_leaves_of_anything_else() {
    let record = by_webauthn().to_string();
    for (name, value) in [
        ("status", json!("FAILED")),
        ("type", json!("WEBAUTHN_TRANSACTION_INIT")),
        ("type", json!("WEBAUTHN_AUTHENTICATION_FINAL")),
    ] {
        let mut leaf = leaf(&record);
        leaf[name] = value;
        let judged = judge(&document_of(&record, &leaf_text(&leaf)));
        assert_eq!(judged.unwrap_err(), EvidenceRejection::NotAConfirmation);
    }
    let mut activity = leaf(&record);
    activity["kind"] = json!("activity");
    for (old, new) in [("tenantId", "organizationId"), ("eventId", "activityId")] {
        let id = activity.as_object_mut().unwrap().remove(old).unwrap();
        activity[new] = id;
    }
    let judged = judge(&document_of(&record, &leaf_text(&activity)));
    assert_eq!(judged.unwrap_err(), EvidenceRejection::NotAConfirmation);
}

#[test]
fn t30_refuses_a_confirmation_that_came_too_late() {
    let record = by_webauthn().to_string();
    let at = |ms: u64| {
        let mut leaf = leaf(&record);
        leaf["timeMs"] = json!(ms);
        judge(&document_of(&record, &leaf_text(&leaf)))
    };
    assert!(at(EXPIRES_MS - 1).is_ok());
    for late in [EXPIRES_MS, EXPIRES_MS + 1] {
        assert_eq!(at(late).unwrap_err(), EvidenceRejection::Late);
    }
}

#[test]
fn refuses_another_record_salt_version_or_log() {
    let record = by_webauthn().to_string();
    let leaf = leaf_text(&leaf(&record));
    let other = document_of(&compatible().to_string(), &leaf);
    assert_eq!(judge(&other).unwrap_err(), EvidenceRejection::Commitment);

    let document = document_of(&record, &leaf);
    let salted = document.replace(&hex::encode(SALT), &hex::encode([8; 32]));
    assert_eq!(judge(&salted).unwrap_err(), EvidenceRejection::Commitment);
    let versioned = document.replace("\"version\":1}", "\"version\":2}");
    assert_ne!(versioned, document);
    assert_eq!(judge(&versioned).unwrap_err(), EvidenceRejection::Document);

    let another = receipt::verifier_key(LOG, [7; 32]);
    assert_eq!(
        evidence::verify(&document, &another).unwrap_err().code(),
        "receipt_rejected"
    );
}
