//! From what the operator wrote to networks.

use std::path::Path;

use serde_json::json;
use wire::environment::Environment;

use super::Stub;
use super::stub::KEY;
use crate::config::SessionsConfig;
use crate::solana::networks;

/// A configuration of devnet, beside whose files it stands.
fn devnet(place: &Path, keys: &str) -> SessionsConfig {
    let keys = keys.replace("PLACE", place.to_str().unwrap());
    toml::from_str(&format!("[solana.devnet]\n{keys}")).unwrap()
}

#[tokio::test]
async fn the_address_may_stand_in_a_file_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let stub = Stub::result(json!(480));
    std::fs::write(place.path().join("url"), format!("{}\n", stub.url)).unwrap();
    for keys in [
        "rpc-url-file = \"PLACE/url\"".to_owned(),
        format!("rpc-url = \"{}\"", stub.url),
    ] {
        let networks = networks(&devnet(place.path(), &keys)).unwrap();
        assert_eq!(networks.len(), 1);
        let height = networks[&Environment::Devnet].block_height().await;
        assert_eq!(height, Ok(480));
    }
    assert!(networks(&SessionsConfig::default()).unwrap().is_empty());
}

#[test]
fn t105_a_network_that_cannot_be_is_refused_without_its_address() {
    let place = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).unwrap();
    write("plain", &format!("http://rpc.example/{KEY}\n"));
    write(
        "two",
        &format!("https://rpc.example/{KEY} https://rpc.example/{KEY}\n#"),
    );
    write("empty", "");
    for (keys, expected) in [
        ("rpc-url-file = \"PLACE/none\"", "cannot read"),
        ("rpc-url-file = \"PLACE/plain\"", "must begin with https://"),
        ("rpc-url-file = \"PLACE/two\"", "the address of the node"),
        ("rpc-url-file = \"PLACE/empty\"", "is not an address"),
        (
            "rpc-url = \"https://rpc.example/hunter2\"\nca-file = \"PLACE/none\"",
            "cannot read",
        ),
        (
            "rpc-url = \"https://rpc.example/hunter2\"\nca-file = \"PLACE/empty\"",
            "there is no certificate",
        ),
    ] {
        let refused = networks(&devnet(place.path(), keys)).err().unwrap();
        let refused = format!("{refused:#}");
        assert!(refused.contains("[sessions.solana.devnet]"), "{refused}");
        assert!(refused.contains(expected), "{refused}");
        assert!(!refused.contains(KEY), "{refused}");
    }
}
