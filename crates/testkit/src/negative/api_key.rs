//! `AK`: stamps by API keys, in a file of their own.

mod form;
mod truth;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::keys::Curve;
use wire::stamp::ApiKeyStamp;

use super::ACCEPT;
use crate::ApiKey;
use crate::encode::{base64url, der};
use crate::keys::{ecdsa_integers, p256_twin};

/// Where these cases lie, for [`crate::vectors`].
pub const STAMPS_FILE: &str = "stamps/negative.json";

/// One stamped request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StampCase {
    /// Group and number.
    pub id: String,
    /// What is wrong, or what a control shows.
    pub what: String,
    /// The `X-Stamp` header.
    pub header: String,
    /// The body, in base64url.
    pub body: String,
    /// The curve of the key that is registered.
    pub curve: Curve,
    /// The key that is registered, in hexadecimal.
    pub public_key: String,
    /// `accept`, or the code of the refusal.
    pub expect: String,
}

/// All stamps by API keys, in the order of their numbers.
pub fn stamp_cases() -> Vec<StampCase> {
    let mut stamps = Stamps(vec![]);
    controls(&mut stamps);
    form::cases(&mut stamps);
    truth::cases(&mut stamps);
    stamps.0
}

/// The text of their file: one case a line.
pub fn stamps_text() -> String {
    super::lines(&stamp_cases())
}

const BODY: &[u8] =
    r#"{"organizationId": "11111111-2222-4333-8444-555555555555", "é": 1}"#.as_bytes();

struct Stamps(Vec<StampCase>);

impl Stamps {
    /// A good P-256 stamp whose header is changed.
    fn header(&mut self, what: &str, expect: &str, edit: impl FnOnce(String) -> String) {
        let key = ApiKey::p256(1);
        let header = edit(key.make_stamp(BODY).to_header());
        self.add(what, expect, header, BODY, key.curve(), &key.public_key());
    }

    /// A good P-256 stamp whose members are changed.
    fn members(&mut self, what: &str, expect: &str, edit: impl FnOnce(&mut Map<String, Value>)) {
        let stamp = ApiKey::p256(1).make_stamp(BODY);
        let mut members = Map::from_iter([
            (
                "publicKey".to_owned(),
                json!(hex::encode(&stamp.public_key)),
            ),
            ("scheme".to_owned(), json!(stamp.scheme.as_str())),
            ("signature".to_owned(), json!(hex::encode(&stamp.signature))),
        ]);
        edit(&mut members);
        self.header(what, expect, |_| {
            base64url(Value::Object(members).to_string())
        });
    }

    /// A good stamp of this key that is changed, and checked against the key as it was.
    fn stamp(
        &mut self,
        what: &str,
        expect: &str,
        key: &ApiKey,
        edit: impl FnOnce(&mut ApiKeyStamp),
    ) {
        let mut stamp = key.make_stamp(BODY);
        edit(&mut stamp);
        self.add(
            what,
            expect,
            stamp.to_header(),
            BODY,
            key.curve(),
            &key.public_key(),
        );
    }

    fn add(
        &mut self,
        what: &str,
        expect: &str,
        header: String,
        body: &[u8],
        curve: Curve,
        public_key: &[u8],
    ) {
        self.0.push(StampCase {
            id: format!("AK-{:02}", self.0.len() + 1),
            what: what.to_owned(),
            header,
            body: base64url(body),
            curve,
            public_key: hex::encode(public_key),
            expect: expect.to_owned(),
        });
    }
}

fn everybody() -> [(&'static str, ApiKey); 4] {
    [
        ("P-256", ApiKey::p256(1)),
        ("secp256k1", ApiKey::secp256k1(1)),
        ("EIP-191", ApiKey::eip191(1)),
        ("Ed25519", ApiKey::ed25519(1)),
    ]
}

fn controls(stamps: &mut Stamps) {
    for (name, key) in everybody() {
        stamps.stamp(name, ACCEPT, &key, |_| {});
    }
    stamps.header("white space between the members", ACCEPT, |header| {
        let json = wire::encoding::base64url::decode(header).expect("just written");
        let json = String::from_utf8(json).expect("just written");
        base64url(json.replace(':', ": ").replace(',', ",\n ") + "\n")
    });
    stamps.members("members in the order of their names", ACCEPT, |_| {});
    stamps.stamp(
        "P-256, the other value of s",
        ACCEPT,
        &ApiKey::p256(1),
        |stamp| {
            stamp.signature = p256_twin(&stamp.signature);
        },
    );
    stamps.stamp(
        "secp256k1, the other value of s",
        ACCEPT,
        &ApiKey::secp256k1(1),
        |stamp| {
            let (r, s) = ecdsa_integers(&stamp.signature);
            stamp.signature = der::ecdsa(&r, &(crate::keys::secp256k1_order() - s));
        },
    );
}
