//! Headers that are no stamp.

use serde_json::json;

use super::Stamps;
use crate::encode::base64url;
use crate::keys::SigningKey;

pub(super) fn cases(stamps: &mut Stamps) {
    headers(stamps);
    members(stamps);
}

fn headers(stamps: &mut Stamps) {
    let not_base64url = "stamp_not_base64url";
    stamps.header("padded", not_base64url, |header| format!("{header}="));
    stamps.header("a newline at its end", not_base64url, |header| {
        format!("{header}\n")
    });
    stamps.header("a space in front", not_base64url, |header| {
        format!(" {header}")
    });
    stamps.header("the JSON as it is", not_base64url, |header| {
        let json = wire::encoding::base64url::decode(header).expect("just written");
        String::from_utf8(json).expect("just written")
    });
    stamps.header("empty", "stamp_not_json", |_| String::new());
    for (what, expect, json) in [
        ("not JSON", "stamp_not_json", "publicKey=02"),
        ("two objects", "stamp_not_json", "{}{}"),
        ("a byte order mark", "stamp_not_json", "\u{feff}{}"),
        ("an array", "stamp_not_object", "[]"),
        ("null", "stamp_not_object", "null"),
    ] {
        stamps.header(what, expect, |_| base64url(json));
    }
    stamps.header("more than 8 KiB", "stamp_too_large", |header| {
        "A".repeat(8193) + &header
    });
}

/// Spells a member in another way.
type Respell = fn(&str) -> String;

fn members(stamps: &mut Stamps) {
    for (name, code) in [
        ("publicKey", "public_key"),
        ("scheme", "scheme"),
        ("signature", "signature"),
    ] {
        for (fault, what, value) in [
            ("missing", "is missing", None),
            ("type", "is a number", Some(json!(1))),
            ("empty", "is empty", Some(json!(""))),
        ] {
            let code = format!("stamp_{code}_{fault}");
            stamps.members(&format!("{name} {what}"), &code, |members| {
                match value {
                    Some(value) => members.insert(name.to_owned(), value),
                    None => members.remove(name),
                };
            });
        }
    }
    for (name, code) in [("publicKey", "public_key"), ("signature", "signature")] {
        let edits: [(&str, &str, Respell); 5] = [
            ("hex", "in capitals", |text| text.to_uppercase()),
            ("hex", "with 0x", |text| format!("0x{text}")),
            ("hex", "with half a byte", |text| text[1..].to_owned()),
            ("hex", "in base64url", |text| {
                base64url(hex::decode(text).expect("hexadecimal"))
            }),
            ("length", "twice over", |text| text.repeat(2)),
        ];
        for (fault, what, edit) in edits {
            let code = format!("stamp_{code}_{fault}");
            stamps.members(&format!("{name} {what}"), &code, |members| {
                let text = edit(members[name].as_str().expect("members are text"));
                members.insert(name.to_owned(), json!(text));
            });
        }
    }
    let key = |stamps: &mut Stamps, what: &str, bytes: Vec<u8>| {
        stamps.members(what, "stamp_public_key_length", |members| {
            members.insert("publicKey".to_owned(), json!(hex::encode(bytes)));
        });
    };
    let point = SigningKey::p256([7; 32]).public_key_uncompressed();
    key(stamps, "publicKey uncompressed", point.clone());
    key(stamps, "publicKey hybrid", [&[6], &point[1..]].concat());
    key(
        stamps,
        "publicKey marked uncompressed",
        [&[4], &point[1..33]].concat(),
    );
    key(stamps, "publicKey the point at infinity", vec![0]);
    stamps.members("a member nobody knows", "stamp_unknown_field", |members| {
        members.insert("timestampMs".to_owned(), json!("1"));
    });
    stamps.header(
        "publicKey twice, once with an escape",
        "stamp_duplicate_key",
        |header| {
            let json = wire::encoding::base64url::decode(header).expect("just written");
            let json = String::from_utf8(json).expect("just written");
            base64url(json.replacen('{', r#"{"\u0070ublicKey":"02","#, 1))
        },
    );
}
