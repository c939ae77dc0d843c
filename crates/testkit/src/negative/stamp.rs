//! `SP`: stamps by passkeys.
//!
//! Two of the cases are decided differently from what one might expect, see SP-16 and SP-30.

use serde_json::{Map, Value, json};

use super::context::{CHALLENGE, Context, ORIGIN, TOP_ORIGIN};
use super::draft::{AssertionDraft, CREDENTIAL_ID, Edit, other_key};
use super::{ACCEPT, Ceremony, Corpus};
use crate::authenticator::{ClientData, UP, UV};
use crate::encode::{base64url, digest, sha256};
use crate::keys::alg;

const BODY: &str =
    r#"{"organizationId": "11111111-2222-4333-8444-555555555555", "name": "caf\u00e9"}"#;
const CHALLENGE_CODE: &str = "challenge_mismatch";

/// A stamped request before it is put together.
struct Draft {
    assertion: AssertionDraft,
    /// The body that is sent.
    body: Vec<u8>,
    edit_members: Edit<Map<String, Value>>,
    edit_header: Box<dyn FnOnce(String) -> String>,
}

impl Draft {
    fn new(body: &[u8]) -> Self {
        let mut draft = Self {
            assertion: AssertionDraft::new(),
            body: body.to_vec(),
            edit_members: Box::new(|_| {}),
            edit_header: Box::new(|header| header),
        };
        draft.challenge(hex::encode(sha256(&[body])));
        draft
    }

    fn challenge(&mut self, challenge: impl AsRef<[u8]>) {
        self.assertion.client = ClientData::get(challenge.as_ref(), ORIGIN);
    }

    fn context(&mut self) -> &mut Context {
        &mut self.assertion.context
    }

    fn finish(self) -> (Value, Context) {
        let (parts, _, context) = self.assertion.sign_all();
        let mut members = Map::from_iter([
            ("authenticatorData".to_owned(), json!(base64url(parts.data))),
            ("clientDataJson".to_owned(), json!(base64url(parts.client))),
            ("credentialId".to_owned(), json!(base64url(CREDENTIAL_ID))),
            ("signature".to_owned(), json!(base64url(parts.signature))),
        ]);
        (self.edit_members)(&mut members);
        let header = (self.edit_header)(Value::Object(members).to_string());
        (
            json!({ "header": header, "body": base64url(self.body) }),
            context,
        )
    }
}

struct Stamps<'a> {
    corpus: &'a mut Corpus,
    number: u32,
}

impl Stamps<'_> {
    /// The next case: a good stamp over [`BODY`], changed by `edit`.
    fn next(&mut self, what: &str, expect: &str, edit: impl FnOnce(&mut Draft)) {
        self.number += 1;
        let mut draft = Draft::new(BODY.as_bytes());
        edit(&mut draft);
        let (input, context) = draft.finish();
        let id = format!("SP-{:02}", self.number);
        self.corpus
            .push(&id, what, Ceremony::Stamp, input, context, expect);
    }

    fn challenge(&mut self, what: &str, challenge: impl AsRef<[u8]>) {
        self.next(what, CHALLENGE_CODE, |draft| draft.challenge(challenge));
    }

    /// The next case: the body that arrives is not the one that was signed.
    fn body(&mut self, what: &str, body: impl Into<Vec<u8>>) {
        self.next(what, CHALLENGE_CODE, |draft| draft.body = body.into());
    }

    fn header(&mut self, what: &str, expect: &str, edit: impl FnOnce(String) -> String + 'static) {
        self.next(what, expect, |draft| draft.edit_header = Box::new(edit));
    }

    fn members(
        &mut self,
        what: &str,
        expect: &str,
        edit: impl FnOnce(&mut Map<String, Value>) + 'static,
    ) {
        self.next(what, expect, |draft| draft.edit_members = Box::new(edit));
    }
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut stamps = Stamps { corpus, number: 0 };
    stamps.next("a good stamp", ACCEPT, |_| {});
    stamps.next("an empty body", ACCEPT, |draft| *draft = Draft::new(b""));
    stamps.next("a body that is not text", ACCEPT, |draft| {
        *draft = Draft::new(&[0, 0xff, 0x80])
    });
    challenges(&mut stamps);
    headers(&mut stamps);
    credentials(&mut stamps);
    ceremonies(&mut stamps);
    reuse(&mut stamps);
}

fn challenges(stamps: &mut Stamps<'_>) {
    let digest_of_body = sha256(&[BODY.as_bytes()]);
    let hexadecimal = hex::encode(digest_of_body);
    stamps.challenge("the digest itself", digest_of_body);
    stamps.challenge("hexadecimal in capitals", hexadecimal.to_uppercase());
    stamps.challenge("hexadecimal with 0x", format!("0x{hexadecimal}"));
    stamps.challenge("base64 of the hexadecimal", base64url(&hexadecimal));
    let sha512 = digest(&aws_lc_rs::digest::SHA512, BODY.as_bytes());
    stamps.challenge("hexadecimal of SHA-512", hex::encode(sha512));
    stamps.challenge(
        "the digest of the digest",
        hex::encode(sha256(&[&digest_of_body])),
    );
    stamps.body("a newline after the body", format!("{BODY}\n"));
    stamps.body(
        "the body without its spaces",
        BODY.replace(": ", ":").replace(", ", ","),
    );
    stamps.body(
        "the body's members in another order",
        r#"{"name": "caf\u00e9", "organizationId": "11111111-2222-4333-8444-555555555555"}"#,
    );
    stamps.body(
        "a byte order mark before the body",
        format!("\u{feff}{BODY}"),
    );
    stamps.body(
        "an escape in the body written out",
        BODY.replace(r"\u00e9", "é"),
    );
}

fn headers(stamps: &mut Stamps<'_>) {
    stamps.header("not JSON", "stamp_not_json", |_| "signature=AA".to_owned());
    // The protocol's own description asks for this spelling and its clients send the other one.
    // The two cannot be confused, so both are read.
    stamps.header("base64url of the JSON", ACCEPT, base64url);
    stamps.header("an array", "stamp_not_object", |header| {
        format!("[{header}]")
    });
    for (name, code) in [
        ("credentialId", "stamp_credential_id_missing"),
        ("authenticatorData", "stamp_authenticator_data_missing"),
        ("clientDataJson", "stamp_client_data_json_missing"),
    ] {
        stamps.members(&format!("no {name}"), code, move |members| {
            members.remove(name);
        });
    }
    stamps.members(
        "clientDataJSON in another case",
        "stamp_client_data_json_missing",
        |members| {
            let value = members.remove("clientDataJson").unwrap_or_default();
            members.insert("clientDataJSON".to_owned(), value);
        },
    );
    stamps.members("no signature", "stamp_signature_missing", |members| {
        members.remove("signature");
    });
    let mut signature = |what, expect, edit: fn(&str) -> Value| {
        stamps.members(what, expect, move |members| {
            let changed = edit(members["signature"].as_str().unwrap_or_default());
            members.insert("signature".to_owned(), changed);
        });
    };
    signature("signature is a number", "stamp_signature_type", |_| {
        json!(1)
    });
    signature("signature is empty", "stamp_signature_empty", |_| json!(""));
    // 71 bytes: read as base64url, their digits would leave bits over.
    signature(
        "signature in hexadecimal",
        "stamp_signature_base64url",
        |_| json!(format!("3045{}", "1f".repeat(69))),
    );
    stamps.members(
        "authenticatorData in padded base64",
        "stamp_authenticator_data_base64url",
        |members| {
            let text = members["authenticatorData"].as_str().unwrap_or_default();
            let text = format!("{}==", text.replace('-', "+").replace('_', "/"));
            members.insert("authenticatorData".to_owned(), json!(text));
        },
    );
    stamps.members("a member nobody knows", "stamp_unknown_field", |members| {
        members.insert("userHandle".to_owned(), json!("AA"));
    });
    stamps.header("signature twice", "stamp_duplicate_key", |header| {
        header.replacen('{', r#"{"signature":"AAAA","#, 1)
    });
}

fn credentials(stamps: &mut Stamps<'_>) {
    stamps.members(
        "the id of another credential",
        "credential_unknown",
        |members| {
            members.insert(
                "credentialId".to_owned(),
                json!(base64url(b"another credential")),
            );
        },
    );
    // A lookup never leaves its tenant: from here a foreign credential is no credential at all.
    stamps.next(
        "a credential of another tenant",
        "credential_unknown",
        |draft| {
            draft.context().credential = None;
        },
    );
    stamps.next("a disabled credential", "credential_disabled", |draft| {
        draft.assertion.stored().enabled = false;
    });
    stamps.next("signed by another key", "signature_invalid", |draft| {
        draft
            .assertion
            .sign(|message| other_key(alg::ES256).sign(message));
    });
}

fn ceremonies(stamps: &mut Stamps<'_>) {
    stamps.next("client data of a registration", "type_mismatch", |draft| {
        draft.assertion.client.set("type", "webauthn.create");
    });
    stamps.next("another origin", "origin_mismatch", |draft| {
        draft
            .assertion
            .client
            .set("origin", "https://attacker.example");
    });
    stamps.next("another RP ID", "rp_id_hash_mismatch", |draft| {
        draft.assertion.data.rp_id_hash = sha256(&[b"attacker.example"]);
    });
    stamps.next("nobody present", "user_presence_missing", |draft| {
        draft.assertion.data.flags &= !UP;
    });
    stamps.next(
        "unverified, verification required",
        "user_verification_missing",
        |draft| {
            draft.assertion.data.flags &= !UV;
            draft.context().user_verification = "required".to_owned();
        },
    );
    stamps.next("unverified, verification preferred", ACCEPT, |draft| {
        draft.assertion.data.flags &= !UV;
    });
    stamps.next("framed, not allowed", "cross_origin_not_allowed", |draft| {
        draft.assertion.client.set("crossOrigin", true);
    });
    stamps.next("framed by a listed page", ACCEPT, |draft| {
        draft.assertion.client.set("crossOrigin", true);
        draft.assertion.client.set("topOrigin", TOP_ORIGIN);
        draft.context().top_origins = Some(vec![TOP_ORIGIN.to_owned()]);
    });
    stamps.next(
        "counter below what it was",
        "sign_count_not_increased",
        |draft| {
            draft.assertion.data.sign_count = 4;
            draft.assertion.stored().sign_count = 5;
        },
    );
    stamps.header("a header of 16 KiB", "stamp_too_large", |header| {
        header.replacen('{', &format!("{{{}", " ".repeat(16 * 1024)), 1)
    });
}

fn reuse(stamps: &mut Stamps<'_>) {
    stamps.body("the stamp of one body on another", "{}");
    stamps.challenge("an assertion made to log in", CHALLENGE);
    let challenge = hex::encode(sha256(&[BODY.as_bytes()]));
    stamps
        .corpus
        .assertion("SP-45", "a stamp used to log in", CHALLENGE_CODE, |draft| {
            draft.client = ClientData::get(challenge.as_bytes(), ORIGIN);
        });
}
