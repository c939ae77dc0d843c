//! Keys and stamps.

use serde_json::{Value, json};
use verify::stamp::{Body, KeyCache, api_key};
use wire::stamp::ApiKeyStamp;

use crate::support::{Server, run};

/// The published example's body, which is made of bytes and not of JSON that is printed again.
const MESSAGE: &str = r#"{"payload": "hello from TKHQ"}"#;

fn verifies(header: &str, body: &str, public_key: &str) -> bool {
    let stamp = ApiKeyStamp::parse(header).unwrap();
    let key = wire::encoding::hex::decode(public_key).unwrap();
    let body = Body::new(body.as_bytes());
    api_key::check(&stamp, stamp.scheme.curve(), &key, &body, &KeyCache::new(1)).is_ok()
}

#[cfg(unix)]
#[test]
fn a_new_key_is_its_owners_alone_and_never_written_over_another() {
    let place = tempfile::tempdir().unwrap();
    let made = run(
        place.path(),
        &["--json", "keys", "new", "--out", "ada.json"],
    )
    .json();
    assert_eq!(crate::support::mode(&place.path().join("ada.json")), 0o600);
    let file: Value =
        serde_json::from_slice(&std::fs::read(place.path().join("ada.json")).unwrap()).unwrap();
    assert_eq!(file["publicKey"], made["publicKey"]);
    assert!(
        !made
            .to_string()
            .contains(file["privateKey"].as_str().unwrap())
    );

    let again = run(
        place.path(),
        &["--json", "keys", "new", "--out", "ada.json"],
    );
    assert_eq!(again.problem(1), "KEY_FILE_EXISTS");
    let kept = std::fs::read(place.path().join("ada.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap(), file);
}

#[test]
fn keys_of_every_curve_stamp() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("body"), MESSAGE).unwrap();
    for curve in ["p256", "secp256k1", "ed25519"] {
        let out = format!("{curve}.json");
        let new = ["--json", "keys", "new", "--curve", curve, "--out", &out];
        let made = run(place.path(), &new).json();
        let public_key = made["publicKey"].as_str().unwrap();
        let stamped = run(place.path(), &["--json", "stamp", "--key", &out, "body"]).json();
        assert_eq!(stamped["header"], "X-Stamp");
        let value = stamped["value"].as_str().unwrap();
        assert!(verifies(value, MESSAGE, public_key), "{curve}");
        assert!(
            !verifies(value, &MESSAGE.replace("hello", "Hello"), public_key),
            "{curve}"
        );
    }
}

#[test]
fn no_post_prints_what_the_published_example_prints() {
    let place = tempfile::tempdir().unwrap();
    let made = run(place.path(), &["--json", "keys", "new", "--out", "k.json"]).json();
    let printed = run(
        place.path(),
        &[
            "request",
            "--no-post",
            "--key",
            "k.json",
            "--host",
            "api.turnkey.com",
            "--path",
            "/api/v1/sign",
            "--body",
            MESSAGE,
        ],
    )
    .json();
    let members: Vec<_> = printed.as_object().unwrap().keys().collect();
    assert_eq!(members, ["curlCommand", "message", "stamp"]);
    assert_eq!(printed["message"], MESSAGE);
    let stamp = printed["stamp"].as_str().unwrap();
    assert!(verifies(
        stamp,
        MESSAGE,
        made["publicKey"].as_str().unwrap()
    ));
    let decoded = wire::encoding::base64url::decode(stamp).unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    let places: Vec<_> = ["publicKey", "signature", "scheme"]
        .iter()
        .map(|name| decoded.find(name))
        .collect();
    assert!(places.is_sorted() && places[0].is_some(), "{decoded}");
    let curl = format!(
        "curl -X POST -d'{MESSAGE}' -H'X-Stamp: {stamp}' -v 'https://api.turnkey.com/api/v1/sign'"
    );
    assert_eq!(printed["curlCommand"], curl);
}

#[test]
fn the_published_examples_own_stamp_verifies() {
    const STAMP: &str = "eyJwdWJsaWNLZXkiOiIwMzI3YTUwMDMyZTZmMDYzMWQ1NjA1YjZhZGEzMmI3NzkwNzRmMzQ2ZTgxYjY4ZTEyODAxNjQwZjFjOWVlMDNkYWUiLCJzaWduYXR1cmUiOiIzMDQ0MDIyMDM2MjNkZWZkNjE4ZWIzZTIxOTk3MDQ5NjQwN2ViZTkyNDQ3MzE3ZGFkNzVlNDEyYmQ0YTYyNjdjM2I1ZTIyMjMwMjIwMjQ1Yjc0MDg0OGE3MmQwOGI2MGQ2Yzg0ZjMzOTczN2I2M2RiM2JjYmFkYjNiZDBkY2IxYmZiODY1NzE1ZDhiNSIsInNjaGVtZSI6IlNJR05BVFVSRV9TQ0hFTUVfVEtfQVBJX1AyNTYifQ";
    let key = wire::encoding::hex::encode(ApiKeyStamp::parse(STAMP).unwrap().public_key);
    assert!(verifies(STAMP, MESSAGE, &key));
}

#[test]
fn a_wrong_key_is_refused_with_exit_code_3() {
    let server = Server::start();
    let root = server.init();
    server.run(&["keys", "new", "--out", "stranger.json"]);
    let body = json!({ "organizationId": root.organisation });
    let refused = server.request("stranger.json", "/public/v1/query/whoami", &body);
    assert_eq!(refused.code, 3, "{refused:?}");
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_so() {
    let place = tempfile::tempdir().unwrap();
    run(place.path(), &["keys", "new", "--out", "k.json"]);
    let done = run(
        place.path(),
        &[
            "--json",
            "request",
            "--key",
            "k.json",
            "--host",
            "http://127.0.0.1:9",
            "--path",
            "/",
            "--body",
            "{}",
        ],
    );
    assert_eq!(done.problem(1), "UNREACHABLE");
}
