//! The negative corpus: answers of an authenticator that are wrong in exactly one way.
//!
//! Every case is correctly signed unless the signature is what is wrong, so a refusal must come
//! from the check that is meant and not from a broken signature; the code that is expected says
//! which. Beside the refusals stand controls that must be accepted. The cases are made here and
//! kept in `vectors/webauthn/negative.json`, which servers in other languages can read as well;
//! `cargo run -p testkit --example negative_vectors` writes it anew, byte for byte the same.
//!
//! An `id` is a group and a number. The groups: `ENV` and `AE` envelopes, `CD` client data, `AO`
//! attestation object, `AD` and `AA` authenticator data, `CK` credential public key, `SG`
//! signature, `SP` stamps, and one for each attestation format.

mod api_key;
mod attestation;
mod authenticator_data;
mod client_data;
mod context;
mod draft;
mod envelope;
mod public_key;
mod signature;
mod stamp;
mod unusual;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use api_key::{STAMPS_FILE, StampCase, stamp_cases, stamps_text};
pub use context::{Context, Credential, Judgement};
use draft::{AssertionDraft, RegistrationDraft};

/// Where the corpus lies, for [`crate::vectors`].
pub const FILE: &str = "webauthn/negative.json";

/// What a case is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ceremony {
    /// Finishing a registration: `input.body` is the response in JSON.
    Registration,
    /// Finishing an assertion: `input.body` is the response in JSON.
    Assertion,
    /// A stamped request: `input.header` is the `X-Stamp-Webauthn` header and `input.body` the
    /// request's body in base64url.
    Stamp,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Group and number.
    pub id: String,
    /// What is wrong, or what a control shows.
    pub what: String,
    /// What it is for.
    pub ceremony: Ceremony,
    /// What the client sends.
    pub input: Value,
    /// What the server knows and how it is configured; members left out have their default.
    pub context: Context,
    /// `accept`, or the code of the refusal.
    pub expect: String,
}

/// All cases, in the order of their groups.
pub fn cases() -> Vec<Case> {
    let mut corpus = Corpus(vec![]);
    envelope::registration(&mut corpus);
    client_data::cases(&mut corpus);
    unusual::cases(&mut corpus);
    authenticator_data::registration(&mut corpus);
    public_key::cases(&mut corpus);
    attestation::cases(&mut corpus);
    envelope::assertion(&mut corpus);
    authenticator_data::assertion(&mut corpus);
    signature::cases(&mut corpus);
    stamp::cases(&mut corpus);
    corpus.0
}

/// The text of the corpus file: one case a line, so that a change shows as one.
pub fn text() -> String {
    lines(&cases())
}

/// A JSON array with one element a line.
fn lines<T: Serialize>(cases: &[T]) -> String {
    let lines: Vec<String> = cases
        .iter()
        .map(|case| serde_json::to_string(case).expect("a case is plain data"))
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// Cases as they are collected.
struct Corpus(Vec<Case>);

impl Corpus {
    /// Adds a registration: a good one, changed by `edit`.
    fn registration(
        &mut self,
        id: &str,
        what: &str,
        expect: &str,
        edit: impl FnOnce(&mut RegistrationDraft),
    ) {
        let mut draft = RegistrationDraft::new();
        edit(&mut draft);
        let (body, context) = draft.finish();
        self.add(id, what, Ceremony::Registration, body, context, expect);
    }

    /// Adds an assertion: a good one, changed by `edit`.
    fn assertion(
        &mut self,
        id: &str,
        what: &str,
        expect: &str,
        edit: impl FnOnce(&mut AssertionDraft),
    ) {
        let mut draft = AssertionDraft::new();
        edit(&mut draft);
        let (body, context) = draft.finish();
        self.add(id, what, Ceremony::Assertion, body, context, expect);
    }

    fn add(
        &mut self,
        id: &str,
        what: &str,
        ceremony: Ceremony,
        body: String,
        context: Context,
        expect: &str,
    ) {
        self.push(
            id,
            what,
            ceremony,
            serde_json::json!({ "body": body }),
            context,
            expect,
        );
    }

    fn push(
        &mut self,
        id: &str,
        what: &str,
        ceremony: Ceremony,
        input: Value,
        context: Context,
        expect: &str,
    ) {
        self.0.push(Case {
            id: id.to_owned(),
            what: what.to_owned(),
            ceremony,
            input,
            context,
            expect: expect.to_owned(),
        });
    }
}

/// What a control expects.
const ACCEPT: &str = "accept";
