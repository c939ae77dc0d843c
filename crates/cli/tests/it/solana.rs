//! A Solana network behind passkey sessions, as the operator meets it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{Done, Server, http, run, zegel};

/// A part of the node's address that is a provider's key.
const KEY: &str = "hunter2";

/// A node of an empty chain: where it is, and what it was asked.
pub fn node() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/{KEY}?api-key={KEY}",
        listener.local_addr().unwrap()
    );
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut reader = BufReader::new(&connection);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut request = vec![0; length];
            reader.read_exact(&mut request).unwrap();
            let request: Value = serde_json::from_slice(&request).unwrap();
            let result = match request["method"].as_str().unwrap() {
                "getBlockHeight" => json!(480),
                _ => json!({ "context": { "slot": 500 }, "value": null }),
            };
            let body = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result });
            log.lock().unwrap().push(request);
            let (body, head) = (body.to_string(), "HTTP/1.1 200 OK\r\nConnection: close");
            let length = body.len();
            write!(
                connection,
                "{head}\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    (url, asked)
}

#[test]
fn t105_the_key_of_a_node_is_in_no_log_and_no_error() {
    let (url, asked) = node();
    let place = tempfile::tempdir().unwrap();
    let config = place.path().join("zegel.toml");
    let sections =
        format!("[log]\nlevel = \"trace\"\n[sessions.solana.devnet]\nrpc-url = \"{url}\"");
    std::fs::write(&config, sections).unwrap();
    let arguments = [
        "--config",
        config.to_str().unwrap(),
        "--metrics-listen",
        "127.0.0.1:0",
    ];
    let server = Server::start_with(&arguments);
    let payer = server.greeting["payers"]["devnet"]
        .as_str()
        .unwrap()
        .to_owned();

    // The first look at the balance follows the greeting at once.
    let metrics = server.greeting["metricsUrl"].as_str().unwrap();
    let balance = "zegel_solana_payer_lamports{environment=\"devnet\"} 0";
    let is_told = || http("GET", metrics, &[], "").1.contains(balance);
    assert!((0..10_000).any(|_| is_told()), "no balance");
    {
        let asked = asked.lock().unwrap();
        let mut accounts = asked.iter().filter(|it| it["method"] == "getAccountInfo");
        assert_eq!(accounts.next().unwrap()["params"][0], payer);
    }

    let greeting = server.line.clone();
    let (code, stdout, stderr) = server.stop();
    assert_eq!(code, Some(0));
    let warned = stderr
        .lines()
        .filter(|line| line.contains("running out of lamports"));
    let [warned] = warned.collect::<Vec<_>>().try_into().unwrap();
    assert!(
        warned.contains(&payer) && warned.contains("WARN"),
        "{warned}"
    );
    assert!(
        !format!("{greeting}{stdout}{stderr}").contains(KEY),
        "{stderr}"
    );
}

#[test]
fn a_network_keeps_its_payer() {
    let (url, _) = node();
    let network = format!("sandbox={url}");
    let place = Arc::new(tempfile::tempdir().unwrap());
    let payers = [(); 2].map(|()| {
        let server = Server::start_in(Arc::clone(&place), &["--solana", &network]);
        let payers = server.greeting["payers"].clone();
        assert_eq!(server.stop().0, Some(0));
        payers
    });
    assert!(payers[0]["sandbox"].is_string(), "{payers:?}");
    assert_eq!(payers[0], payers[1]);
    // Without a network nobody pays.
    let server = Server::start_in(place, &[]);
    assert_eq!(server.greeting["payers"], json!({}));
}

/// What `zegel doctor` finds with `ZEGEL_SOLANA` set so.
fn doctor(place: &Path, networks: &str) -> String {
    let examined = zegel()
        .args(["--json", "doctor", "--listen", "127.0.0.1:0"])
        .env("ZEGEL_SOLANA", networks)
        .current_dir(place)
        .output()
        .unwrap();
    String::from_utf8([examined.stdout, examined.stderr].concat()).unwrap()
}

#[test]
fn networks_may_be_named_in_the_environment_and_the_doctor_asks_them() {
    let place = tempfile::tempdir().unwrap();
    let (here, gone) = (node().0, TcpListener::bind("127.0.0.1:0").unwrap());
    let nobody = format!("http://{}/{KEY}", gone.local_addr().unwrap());
    drop(gone);
    let said = doctor(place.path(), &format!("sandbox={here} devnet={nobody}"));
    assert!(said.contains("sandbox is at block 480"), "{said}");
    assert!(
        said.contains("devnet: the chain cannot be reached"),
        "{said}"
    );
    assert!(!said.contains(KEY), "{said}");
    assert!(!doctor(place.path(), "").contains("solana"));
}

#[test]
fn refuses_a_node_that_others_could_listen_to() {
    let place = tempfile::tempdir().unwrap();
    let serve = |network: &str| -> Done {
        run(
            place.path(),
            &["serve", "--listen", "127.0.0.1:0", "--solana", network],
        )
    };
    for (network, expected) in [
        (
            "devnet=http://rpc.example/hunter2",
            "must begin with https://",
        ),
        (
            "devnet=https://ada:hunter2@rpc.example",
            "must not hold a user",
        ),
        ("devnet=hunter2", "is not an address"),
        (
            "testnet=https://rpc.example/hunter2",
            "--solana is not an environment",
        ),
        (
            "https://rpc.example/hunter2",
            "--solana is not an environment",
        ),
    ] {
        let refused = serve(network);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(expected), "{refused:?}");
        assert!(!refused.stderr.contains(KEY), "{refused:?}");
    }
    // Nothing was made for it.
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}
