//! Tending passkey sessions: keys for one environment, session keys, and the chains.

use std::net::TcpListener;

use serde_json::{Value, json};
use testkit::Passkey;
use wire::encoding::{base64url, hex};
use wire::solana::Address;

use crate::solana::node;
use crate::support::{Done, Server, http};

/// A server with a tenant, and the id and key of the tenant.
fn served() -> (Server, String, String) {
    let server = Server::start();
    let made = tend(
        &server,
        &[
            "tenants",
            "create",
            "--name",
            "App",
            "--rp-id",
            "app.example",
            "--origin",
            "https://app.example",
        ],
    )
    .json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (id, key) = (text(&made["id"]), text(&made["api_key"]["secret"]));
    (server, id, key)
}

fn tend(server: &Server, words: &[&str]) -> Done {
    server.run(&[&["--json"], words, &["--data-dir", "data"]].concat())
}

fn call(server: &Server, key: &str, environment: &str, path: &str, body: &Value) -> (u16, Value) {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-grid-environment", environment),
        ("content-type", "application/json"),
    ];
    let url = format!("{}/api/grid/v1/{path}", server.url());
    let (status, answer) = http("POST", &url, &headers, &body.to_string());
    (status, serde_json::from_str(&answer).unwrap_or_default())
}

/// Makes the account of a passkey, with a session key, and tells its address.
fn account(server: &Server, key: &str, environment: &str, seed: u64) -> String {
    let asked = json!({ "sessionKey": {
        "key": Address::from_bytes([9; 32]), "expiration": 900,
    } });
    let (status, opened) = call(server, key, environment, "passkeys", &asked);
    assert_eq!(status, 200, "{opened:#}");
    let url = opened["url"].as_str().unwrap();
    let query = url.split_once("challenge=").unwrap().1;
    let challenge = base64url::decode(query.split('&').next().unwrap()).unwrap();
    // The page's host is the relying party.
    let (origin, _) = url.rsplit_once("/create?").unwrap();
    let (_, host) = origin.split_once("://").unwrap();
    let (host, _) = host.rsplit_once(':').unwrap();
    let passkey = Passkey::es256(seed, host, origin);
    let made = passkey.assertion(&challenge);
    let cose = passkey.public_key();
    let head = hex::decode("3059301306072a8648ce3d020106082a8648ce3d03010703420004").unwrap();
    let spki = [&head, &cose[10..42], &cose[45..77]].concat();
    let text = |bytes: &[u8]| base64url::encode(bytes);
    let body = json!({
        "ceremonyType": "create",
        "authenticatorResponse": { "response": {
            "clientDataJSON": text(&made.client_data_json),
            "authenticatorData": text(&made.authenticator_data),
            "signature": text(&made.signature),
            "publicKey": text(&spki),
        } },
    });
    let (status, bound) = call(server, key, environment, "passkeys/submit", &body);
    assert_eq!(status, 200, "{bound:#}");
    bound["address"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_is_made_for_one_environment() {
    let (server, id, _) = served();
    let new = ["tenants", "keys", "new", &id, "--name"];
    let devnet = [&new[..], &["staging", "--environment", "devnet"]].concat();
    let made = tend(&server, &devnet).json();
    assert_eq!(made["environment"], "devnet");
    let key = made["secret"].as_str().unwrap();
    let open = |environment| {
        let find = json!({ "action": "get" });
        call(&server, key, environment, "passkeys", &find).0
    };
    assert_eq!((open("devnet"), open("sandbox")), (200, 403));
    // As the flag is called elsewhere, and as the command is.
    let create = ["tenants", "keys", "create", &id, "--name", "live"];
    let create = [&create[..], &["--environment", "production"]].concat();
    assert_eq!(tend(&server, &create).json()["environment"], "mainnet");
    let listed = server.run(&["tenants", "keys", "list", &id, "--data-dir", "data"]);
    let lines: Vec<Vec<&str>> = listed
        .stdout
        .lines()
        .map(|line| line.split_whitespace().skip(2).collect())
        .collect();
    assert_eq!(lines[1], ["all", "Initial", "API", "Key"], "{listed:?}");
    assert_eq!(lines[2], ["devnet", "staging"], "{listed:?}");
    assert_eq!(lines[3], ["mainnet", "live"], "{listed:?}");
    let misspelt = [&new[..], &["misspelt", "--environment", "testnet"]].concat();
    let refused = tend(&server, &misspelt);
    assert_eq!(refused.code, 2, "{refused:?}");
    let said = "is not sandbox, devnet or mainnet";
    assert!(refused.stderr.contains(said), "{refused:?}");
}

#[test]
fn sessions_are_listed_and_taken_away() {
    let (server, id, key) = served();
    let of = ["--tenant", id.as_str()];
    let tend = |words: &[&str]| tend(&server, &[words, &of].concat());
    let nothing = [&["sessions", "list", "--data-dir", "data"], &of[..]].concat();
    assert_eq!(server.run(&nothing).stdout, "There is none.\n");
    let first = account(&server, &key, "sandbox", 1);
    let second = account(&server, &key, "devnet", 2);

    let listed = tend(&["sessions", "list"]).json();
    assert_eq!(listed["total"], 2);
    let devnet = tend(&["sessions", "list", "--environment", "devnet", "--live"]).json();
    assert_eq!(devnet["total"], 1);
    assert_eq!(devnet["accounts"][0]["address"], second);

    let revoke = |account: &str, environment: &str| {
        tend(&["sessions", "revoke", account, "--environment", environment])
    };
    assert_eq!(revoke(&first, "devnet").problem(1), "NOT_FOUND");
    assert_eq!(revoke(&first, "sandbox").json()["revoked"], true);
    let live = tend(&["sessions", "list", "--live"]).json();
    assert_eq!(live["total"], 1);
    let human = [&["sessions", "list", "--data-dir", "data"], &of[..]].concat();
    let human = server.run(&human).stdout;
    let line = human.lines().find(|line| line.contains(&first)).unwrap();
    assert!(line.ends_with("revoked"), "{human}");
}

#[test]
fn whoever_pays_on_a_chain_is_shown_with_what_to_do() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("sandbox=http://{}/", gone.local_addr().unwrap());
    drop(gone);
    let devnet = format!("devnet={}", node().0);
    let server = Server::start_with(&["--solana", &devnet, "--solana", &nobody]);
    let payer = |environment: &str| server.greeting["payers"][environment].as_str().unwrap();
    let networks = tend(&server, &["networks"]).json()["networks"].clone();
    let network = |environment, lamports: Value| {
        json!({
            "environment": environment, "payer": payer(environment),
            "reachable": lamports.is_number(), "lamports": lamports,
            "minimumLamports": 100_000_000,
        })
    };
    let expected = json!([network("sandbox", json!(null)), network("devnet", json!(0))]);
    assert_eq!(networks, expected);
    let human = server.run(&["networks", "--data-dir", "data"]).stdout;
    let payer = payer("devnet");
    for said in [
        format!("{payer}  0    poor\n"),
        "unreachable\n".to_owned(),
        format!("The payer of devnet is poor: send at least 0.1 SOL to {payer}.\n"),
        "sandbox does not answer: look at rpc-url".to_owned(),
    ] {
        assert!(human.contains(&said), "{said:?} is not in {human}");
    }
    let without = Server::start();
    assert_eq!(
        tend(&without, &["networks"]).json(),
        json!({ "networks": [] })
    );
    let human = without.run(&["networks", "--data-dir", "data"]).stdout;
    assert!(human.starts_with("No environment has a chain"), "{human}");
}
