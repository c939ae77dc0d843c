//! `CD`: client data, each case once for either ceremony.

use serde_json::json;

use super::context::{ANDROID, CHALLENGE, Context, ORIGIN, RELATED, TOP_ORIGIN};
use super::{ACCEPT, Corpus};
use crate::authenticator::ClientData;
use crate::encode::base64url;

/// Adds the cases `number` (registration) and `number + 1` (assertion).
struct Both<'a> {
    corpus: &'a mut Corpus,
    number: u32,
}

impl Both<'_> {
    /// The next pair, with changes to members and context.
    fn next(&mut self, what: &str, expect: &str, edit: impl Fn(&mut ClientData, &mut Context)) {
        self.pair(what, expect, |client, context| {
            edit(client, context);
            None
        });
    }

    /// The next pair, with the text made from the good one.
    fn text(&mut self, what: &str, expect: &str, edit: impl Fn(&str) -> Vec<u8>) {
        self.pair(what, expect, |client, _| {
            let good = String::from_utf8(client.encode()).expect("client data is text");
            Some(edit(&good))
        });
    }

    fn pair(
        &mut self,
        what: &str,
        expect: &str,
        edit: impl Fn(&mut ClientData, &mut Context) -> Option<Vec<u8>>,
    ) {
        let [registration, assertion] = [0, 1].map(|add| format!("CD-{:02}", self.number + add));
        self.number += 2;
        self.corpus
            .registration(&registration, what, expect, |draft| {
                draft.client_text = edit(&mut draft.client, &mut draft.context);
            });
        self.corpus.assertion(&assertion, what, expect, |draft| {
            draft.client_text = edit(&mut draft.client, &mut draft.context);
        });
    }

    /// The next pair, with one member replaced.
    fn member(&mut self, what: &str, expect: &str, name: &str, value: serde_json::Value) {
        self.next(what, expect, |client, _| client.set(name, value.clone()));
    }

    /// The next pair, without one member.
    fn without(&mut self, name: &str, expect: &str) {
        self.next(&format!("no {name}"), expect, |client, _| {
            client.remove(name)
        });
    }
}

pub(super) fn cases(corpus: &mut Corpus) {
    let mut both = Both { corpus, number: 1 };
    both.next("good client data", ACCEPT, |_, _| {});
    kind(&mut both);
    challenge(&mut both);
    origin(&mut both);
    frame(&mut both);
    members(&mut both);
    text(&mut both);
}

fn kind(both: &mut Both<'_>) {
    both.without("type", "clientdata_type_missing");
    both.member(
        "type is a number",
        "clientdata_type_not_string",
        "type",
        json!(1),
    );
    for kind in ["", "webauthn.sign"] {
        both.member(
            &format!("type {kind:?}"),
            "type_mismatch",
            "type",
            json!(kind),
        );
    }
    both.next(
        "type of the other ceremony",
        "type_mismatch",
        |client, _| {
            let swapped = match client.0[0].1.as_str() {
                Some("webauthn.get") => "webauthn.create",
                _ => "webauthn.get",
            };
            client.set("type", swapped);
        },
    );
    both.member(
        "type of a payment",
        "type_mismatch",
        "type",
        json!("payment.get"),
    );
}

fn challenge(both: &mut Both<'_>) {
    let good = base64url(CHALLENGE);
    both.without("challenge", "clientdata_challenge_missing");
    both.member(
        "challenge is a number",
        "clientdata_challenge_not_string",
        "challenge",
        json!(1),
    );
    let longer = [&CHALLENGE[..], &[0]].concat();
    let mut stray = good.clone();
    // 32 bytes leave two bits of the last character unused.
    let last = stray.pop().expect("some text");
    stray.push(char::from(last as u8 + 1));
    for (what, challenge) in [
        ("challenge empty", String::new()),
        ("challenge is not base64url", "!!!".to_owned()),
        ("challenge of another ceremony", base64url([7; 32])),
        ("challenge padded", format!("{good}=")),
        (
            "challenge in the standard alphabet",
            good.replace('-', "+").replace('_', "/"),
        ),
        ("challenge in hexadecimal", hex::encode(CHALLENGE)),
        ("challenge encoded twice", base64url(&good)),
        ("challenge one byte short", base64url(&CHALLENGE[..31])),
        ("challenge one byte long", base64url(longer)),
        ("challenge with stray bits at its end", stray),
    ] {
        both.member(what, "challenge_mismatch", "challenge", json!(challenge));
    }
}

fn origin(both: &mut Both<'_>) {
    both.without("origin", "clientdata_origin_missing");
    both.member(
        "origin is null",
        "clientdata_origin_not_string",
        "origin",
        json!(null),
    );
    for (what, origin) in [
        ("origin empty", ""),
        ("origin of another site", "https://attacker.example"),
        ("origin without TLS", "http://example.org"),
        (
            "origin with the default port spelt out",
            "https://example.org:443",
        ),
        ("origin with another port", "https://example.org:8443"),
        ("origin with a slash", "https://example.org/"),
        ("origin with a path", "https://example.org/login"),
        ("origin of a subdomain", "https://login.example.org"),
        (
            "origin that begins with the RP ID",
            "https://example.org.evil.com",
        ),
        ("origin that ends with the RP ID", "https://notexample.org"),
        ("origin in capitals", "https://EXAMPLE.ORG"),
        ("origin with a user", "https://user@example.org"),
        ("opaque origin", "null"),
        ("origin with a Cyrillic letter", "https://ex\u{430}mple.org"),
        (
            "origin with a dot at the end of the host",
            "https://example.org.",
        ),
        ("origin with a NUL", "https://example.org\0"),
    ] {
        both.member(what, "origin_mismatch", "origin", json!(origin));
    }
    both.member(
        "a related origin that is listed",
        ACCEPT,
        "origin",
        json!(RELATED),
    );
    both.member(
        "an Android application that is listed",
        ACCEPT,
        "origin",
        json!(ANDROID),
    );
    let padded = format!("{}=", ANDROID.replace('-', "+").replace('_', "/"));
    for (what, origin) in [
        (
            "an Android application that is not listed",
            "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ),
        (
            "a listed Android application spelt in padded base64",
            &padded,
        ),
        ("an iOS application", "ios:bundle-id:org.example.app"),
        (
            "a browser extension",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ),
    ] {
        both.member(what, "origin_mismatch", "origin", json!(origin));
    }
}

fn frame(both: &mut Both<'_>) {
    let allow = |context: &mut Context| context.top_origins = Some(vec![TOP_ORIGIN.to_owned()]);
    both.member(
        "framed, not allowed",
        "cross_origin_not_allowed",
        "crossOrigin",
        json!(true),
    );
    both.next(
        "framed, allowed, no topOrigin told",
        ACCEPT,
        |client, context| {
            client.set("crossOrigin", true);
            allow(context);
        },
    );
    for (what, value) in [("a string", json!("true")), ("a number", json!(1))] {
        let what = format!("crossOrigin is {what}");
        both.member(
            &what,
            "clientdata_crossorigin_not_bool",
            "crossOrigin",
            value,
        );
    }
    both.next("no crossOrigin", ACCEPT, |client, _| {
        client.remove("crossOrigin")
    });
    for (what, expect, top_origin) in [
        ("framed by a listed page", ACCEPT, TOP_ORIGIN),
        (
            "framed by a page not listed",
            "top_origin_mismatch",
            "https://attacker.example",
        ),
    ] {
        both.next(what, expect, |client, context| {
            client.set("crossOrigin", true);
            client.set("topOrigin", top_origin);
            allow(context);
        });
    }
    both.next(
        "framed with topOrigin, not allowed",
        "cross_origin_not_allowed",
        |client, _| {
            client.set("crossOrigin", true);
            client.set("topOrigin", TOP_ORIGIN);
        },
    );
    both.next(
        "topOrigin without a frame",
        "top_origin_without_cross_origin",
        |client, context| {
            client.set("topOrigin", TOP_ORIGIN);
            allow(context);
        },
    );
    both.next(
        "topOrigin is a number",
        "clientdata_toporigin_not_string",
        |client, context| {
            client.set("crossOrigin", true);
            client.set("topOrigin", 1);
            allow(context);
        },
    );
}

fn members(both: &mut Both<'_>) {
    let note = "do not compare clientDataJSON against a template";
    both.member(
        "members nobody knows",
        ACCEPT,
        "other_keys_can_be_added_here",
        json!(note),
    );
    both.member(
        "tokenBinding is not looked at",
        ACCEPT,
        "tokenBinding",
        json!("unused"),
    );
    for (what, expect, value) in [
        (
            "tokenBinding is a string",
            "token_binding_not_object",
            json!("unused"),
        ),
        (
            "tokenBinding has no status",
            "token_binding_status_missing",
            json!({}),
        ),
        (
            "tokenBinding has a status nobody knows",
            "token_binding_status_unknown",
            json!({"status": "maybe"}),
        ),
    ] {
        both.next(
            &format!("conformance: {what}"),
            expect,
            |client, context| {
                client.set("tokenBinding", value.clone());
                context.conformance = true;
            },
        );
    }
}

fn text(both: &mut Both<'_>) {
    let json = "clientdata_not_json";
    both.text("a byte order mark", ACCEPT, |good| {
        format!("\u{feff}{good}").into()
    });
    both.text("two byte order marks", json, |good| {
        format!("\u{feff}\u{feff}{good}").into()
    });
    both.text("a byte that is not UTF-8", "clientdata_not_utf8", |good| {
        let mut bytes = good.replace('}', r#","x":"?"}"#).into_bytes();
        let at = bytes
            .iter()
            .position(|byte| *byte == b'?')
            .expect("the mark just set");
        bytes[at] = 0xff;
        bytes
    });
    both.text("UTF-16", "clientdata_not_utf8", |good| {
        let mark = 0xfeff_u16;
        std::iter::once(mark)
            .chain(good.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    });
    both.text("not JSON", json, |_| b"type=webauthn.get".to_vec());
    both.text("text after the object", json, |good| {
        format!("{good}x").into()
    });
    both.text("two objects", json, |good| format!("{good}{{}}").into());
    both.text("an array", "clientdata_not_object", |good| {
        format!("[{good}]").into()
    });
    let duplicate = "clientdata_duplicate_key";
    both.text("origin twice, the good one last", duplicate, |good| {
        good.replacen('{', r#"{"origin":"https://attacker.example","#, 1)
            .into()
    });
    both.text("challenge twice", duplicate, |good| {
        good.replacen('{', r#"{"challenge":"AAAA","#, 1).into()
    });
    both.text("type twice, once with an escape", duplicate, |good| {
        good.replacen('{', r#"{"\u0074ype":"webauthn.get","#, 1)
            .into()
    });
    both.text("origin with an escape", ACCEPT, |good| {
        good.replace(ORIGIN, r"https:\/\/example.\u006frg").into()
    });
    both.pair(
        "members in another order and with white space",
        ACCEPT,
        |client, _| {
            client.0.reverse();
            let text = String::from_utf8(client.encode()).expect("client data is text");
            Some(
                text.replace(",\"", ",\n  \"")
                    .replace("\":", "\" : ")
                    .into_bytes(),
            )
        },
    );
    both.member(
        "64 KiB of another member",
        ACCEPT,
        "padding",
        json!("x".repeat(64 * 1024)),
    );
}
