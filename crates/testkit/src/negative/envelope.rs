//! `ENV` and `AE`: the JSON around a response, the allow list and whose credential it is.

use serde_json::{Value, json};

use super::draft::{CREDENTIAL_ID, USER};
use super::{ACCEPT, Corpus};
use crate::encode::base64url;

/// Puts `value` at a JSON pointer, or takes the member away.
fn put(envelope: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer
        .rsplit_once('/')
        .expect("pointers begin with a slash");
    let parent = envelope.pointer_mut(parent).and_then(Value::as_object_mut);
    let parent = parent.expect("pointers lead into an object");
    match value {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
}

/// The same bytes with other bits in the part of the last character that carries none.
fn stray(text: &str) -> String {
    let last = text.chars().last().expect("some text");
    let next = char::from(last as u8 + 1);
    format!("{}{next}", &text[..text.len() - 1])
}

pub(super) fn registration(corpus: &mut Corpus) {
    let id = base64url(CREDENTIAL_ID);
    let padded = format!("{id}==");
    let bad_id = |text: &str| {
        let text = text.to_owned();
        move |envelope: &mut Value| {
            put(envelope, "/id", Some(json!(text)));
            put(envelope, "/rawId", Some(json!(text)));
        }
    };
    let mut at = |number: u32, what: &str, expect: &str, pointer: &str, value: Option<Value>| {
        let pointer = pointer.to_owned();
        corpus.registration(&format!("ENV-{number:02}"), what, expect, |draft| {
            draft.edit_envelope(move |envelope| put(envelope, &pointer, value));
        });
    };
    at(
        1,
        "a good registration",
        ACCEPT,
        "/clientExtensionResults",
        Some(json!({})),
    );
    at(4, "no id", "id_missing", "/id", None);
    at(5, "id is a number", "id_type", "/id", Some(json!(7)));
    at(6, "id is null", "id_type", "/id", Some(json!(null)));
    at(9, "id is empty", "id_empty", "/id", Some(json!("")));
    at(11, "no rawId", "raw_id_missing", "/rawId", None);
    at(
        12,
        "rawId is another id",
        "raw_id_mismatch",
        "/rawId",
        Some(json!("AAAA")),
    );
    at(14, "no type", "type_missing", "/type", None);
    at(15, "type is a number", "type_type", "/type", Some(json!(1)));
    at(
        16,
        "type with an underscore",
        "type_not_public_key",
        "/type",
        Some(json!("public_key")),
    );
    at(
        17,
        "type in capitals",
        "type_not_public_key",
        "/type",
        Some(json!("PUBLIC-KEY")),
    );
    at(18, "no response", "response_missing", "/response", None);
    at(
        19,
        "response is a string",
        "response_type",
        "/response",
        Some(json!("{}")),
    );
    at(
        20,
        "response is an array",
        "response_type",
        "/response",
        Some(json!([])),
    );
    for (number, what, name, code, value) in [
        (
            21,
            "no clientDataJSON",
            "clientDataJSON",
            "client_data_json_missing",
            None,
        ),
        (
            22,
            "clientDataJSON is an object",
            "clientDataJSON",
            "client_data_json_type",
            Some(json!({})),
        ),
        (
            23,
            "clientDataJSON is empty",
            "clientDataJSON",
            "client_data_json_empty",
            Some(json!("")),
        ),
        (
            24,
            "clientDataJSON is not base64url",
            "clientDataJSON",
            "client_data_json_base64url",
            Some(json!("{}")),
        ),
        (
            25,
            "no attestationObject",
            "attestationObject",
            "attestation_object_missing",
            None,
        ),
        (
            26,
            "attestationObject is a number",
            "attestationObject",
            "attestation_object_type",
            Some(json!(1)),
        ),
        (
            27,
            "attestationObject is empty",
            "attestationObject",
            "attestation_object_empty",
            Some(json!("")),
        ),
        (
            29,
            "transports is a string",
            "transports",
            "transports_type",
            Some(json!("usb")),
        ),
        (
            30,
            "a transport is a number",
            "transports",
            "transports_type",
            Some(json!(["usb", 1])),
        ),
        (
            31,
            "a transport nobody knows",
            "transports",
            ACCEPT,
            Some(json!(["telepathy"])),
        ),
    ] {
        at(number, what, code, &format!("/response/{name}"), value);
    }
    at(
        32,
        "an attachment nobody knows",
        ACCEPT,
        "/authenticatorAttachment",
        Some(json!("cloud")),
    );
    at(
        33,
        "client extension results are an array",
        "client_extension_results_type",
        "/clientExtensionResults",
        Some(json!([])),
    );
    at(
        34,
        "a client extension nobody asked for",
        ACCEPT,
        "/clientExtensionResults",
        Some(json!({"largeBlob": {"supported": true}})),
    );

    for (id, what, expect, body) in [
        ("ENV-02", "the body is an array", "body_not_object", "[]"),
        ("ENV-03", "the body is not JSON", "body_not_json", "id=1"),
    ] {
        corpus.registration(id, what, expect, |draft| draft.body = Some(body.to_owned()));
    }
    for (case, what, text) in [
        ("ENV-07", "id has foreign characters", "!!"),
        ("ENV-08", "id is padded", &padded),
        ("ENV-10", "id has stray bits at its end", &stray(&id)),
    ] {
        corpus.registration(case, what, "bad_base64url", |draft| {
            draft.edit_envelope(bad_id(text));
        });
    }
    corpus.registration(
        "ENV-13",
        "id is not the one that was signed",
        "credential_id_mismatch",
        |draft| draft.edit_envelope(bad_id("AAAA")),
    );
    corpus.registration(
        "ENV-28",
        "white space in attestationObject",
        "attestation_object_base64url",
        |draft| {
            draft.edit_envelope(|envelope| {
                let text = envelope["response"]["attestationObject"]
                    .as_str()
                    .unwrap_or_default();
                let spaced = format!("{}\n{}", &text[..8], &text[8..]);
                envelope["response"]["attestationObject"] = json!(spaced);
            });
        },
    );
    corpus.registration(
        "ENV-35",
        "an assertion instead of a registration",
        "attestation_object_missing",
        |draft| {
            draft.edit_envelope(|envelope| {
                put(envelope, "/response/attestationObject", None);
                put(envelope, "/response/authenticatorData", Some(json!("AA")));
                put(envelope, "/response/signature", Some(json!("AA")));
            });
        },
    );
    sort(corpus, "ENV-");
}

pub(super) fn assertion(corpus: &mut Corpus) {
    let mut at = |number: u32, what: &str, expect: &str, pointer: &str, value: Option<Value>| {
        let pointer = pointer.to_owned();
        corpus.assertion(&format!("AE-{number:02}"), what, expect, |draft| {
            draft.edit_envelope(move |envelope| put(envelope, &pointer, value));
        });
    };
    at(
        1,
        "a good discoverable assertion",
        ACCEPT,
        "/clientExtensionResults",
        Some(json!({})),
    );
    at(2, "no id", "id_missing", "/id", None);
    at(3, "id is a number", "id_type", "/id", Some(json!(7)));
    at(
        4,
        "id has foreign characters",
        "bad_base64url",
        "/id",
        Some(json!("!!")),
    );
    at(5, "no type", "type_missing", "/type", None);
    at(
        6,
        "type is a boolean",
        "type_type",
        "/type",
        Some(json!(true)),
    );
    at(
        7,
        "type is another",
        "type_not_public_key",
        "/type",
        Some(json!("password")),
    );
    at(8, "no response", "response_missing", "/response", None);
    at(
        9,
        "response is a string",
        "response_type",
        "/response",
        Some(json!("{}")),
    );
    for (first, name, code) in [
        (10, "clientDataJSON", "client_data_json"),
        (13, "authenticatorData", "authenticator_data"),
        (17, "signature", "signature"),
    ] {
        let pointer = format!("/response/{name}");
        let mut number = first;
        for (fault, what, value) in [
            ("missing", "is missing", None),
            ("type", "is a number", Some(json!(1))),
            ("base64url", "is not base64url", Some(json!("*"))),
            ("empty", "is empty", Some(json!(""))),
        ] {
            if name == "clientDataJSON" && fault == "base64url" {
                continue;
            }
            at(
                number,
                &format!("{name} {what}"),
                &format!("{code}_{fault}"),
                &pointer,
                value,
            );
            number += 1;
        }
    }
    let handle = "/response/userHandle";
    let stranger = Some(json!(base64url(b"user-2")));
    at(
        21,
        "userHandle is a number",
        "user_handle_type",
        handle,
        Some(json!(1)),
    );
    at(
        22,
        "userHandle is not base64url",
        "user_handle_base64url",
        handle,
        Some(json!("*")),
    );
    at(
        24,
        "nobody identified and no userHandle",
        "user_handle_missing",
        handle,
        None,
    );
    at(
        25,
        "nobody identified, userHandle empty",
        "user_handle_missing",
        handle,
        Some(json!("")),
    );
    at(
        26,
        "userHandle of another user",
        "user_handle_mismatch",
        handle,
        stranger.clone(),
    );

    let identified = |draft: &mut super::AssertionDraft| {
        draft.context.user = Some(base64url(USER));
    };
    corpus.assertion(
        "AE-23",
        "user identified, userHandle null",
        ACCEPT,
        |draft| {
            identified(draft);
            draft.edit_envelope(|envelope| put(envelope, handle, Some(json!(null))));
        },
    );
    corpus.assertion(
        "AE-27",
        "user identified, userHandle of another",
        "user_handle_mismatch",
        |draft| {
            identified(draft);
            draft.edit_envelope(move |envelope| put(envelope, handle, stranger));
        },
    );
    corpus.assertion(
        "AE-28",
        "user identified, credential of another (CVE-2026-46419)",
        "credential_wrong_user",
        |draft| {
            identified(draft);
            draft.stored().user_handle = base64url(b"user-2");
        },
    );
    corpus.assertion(
        "AE-29",
        "no such credential",
        "credential_unknown",
        |draft| {
            draft.context.credential = None;
        },
    );
    corpus.assertion(
        "AE-30",
        "credential was not asked for",
        "credential_not_allowed",
        |draft| {
            draft.context.allowed = vec!["AAAA".to_owned()];
        },
    );
    corpus.assertion("AE-31", "credential was asked for", ACCEPT, |draft| {
        draft.context.allowed = vec!["AAAA".to_owned(), base64url(CREDENTIAL_ID)];
    });
    corpus.assertion(
        "AE-32",
        "credential is disabled",
        "credential_disabled",
        |draft| {
            draft.stored().enabled = false;
        },
    );
    corpus.assertion(
        "AE-33",
        "a registration instead of an assertion",
        "authenticator_data_missing",
        |draft| {
            draft.edit_envelope(|envelope| {
                put(envelope, "/response/authenticatorData", None);
                put(envelope, "/response/attestationObject", Some(json!("oA")));
            });
        },
    );
    sort(corpus, "AE-");
}

/// Puts the cases of one group, which were made kind by kind, in the order of their numbers.
fn sort(corpus: &mut Corpus, group: &str) {
    let first = corpus.0.iter().position(|case| case.id.starts_with(group));
    corpus.0[first.unwrap_or_default()..].sort_by(|a, b| a.id.cmp(&b.id));
}
